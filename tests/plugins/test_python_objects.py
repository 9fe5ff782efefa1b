"""Plugins that are Python objects: found like any other, live or from the file that has them pickled."""

from __future__ import annotations

import types
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import cloudpickle
import pytest

import assay
from assay.errors import AssayError
from assay.plugins.python_objects import ObjectFile, as_plugin, distinct, named
from assay.records.plugin_label import plugin_label


def tokenizer(name: str = "mine") -> assay.TokenizerPlugin:
    return assay.TokenizerPlugin(name=name, summary="s", build=lambda text: SimpleNamespace(text=text))  # type: ignore[arg-type,return-value]


class Plugin:
    """A plugin that is a class."""

    @assay.hookimpl
    def assay_tokenizers(self) -> Iterator[assay.TokenizerPlugin]:
        yield tokenizer("of-a-class")


def module() -> types.ModuleType:
    made = types.ModuleType("a_package.mine")

    @assay.hookimpl
    def assay_tokenizers() -> Iterator[assay.TokenizerPlugin]:
        yield tokenizer("of-a-module")

    made.assay_tokenizers = assay_tokenizers  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize(
    ("plugin", "name", "entry_point"),
    [
        (tokenizer(), "mine", "python:mine"),
        (Plugin, "of-a-class", "python:Plugin"),
        (Plugin(), "of-a-class", "python:Plugin"),
        (module(), "of-a-module", "python:mine"),
    ],
)
def test_an_object_is_a_plugin(plugin: object, name: str, entry_point: str) -> None:
    host = assay.discover([plugin], load="none")
    found = host.one(assay.TokenizerPlugin, name)
    origin = host.origin(found)
    assert (str(origin), origin.is_object) == (entry_point, True)
    assert host.remedy(found) == "fix it, or leave it out"
    assert not host.failures


def test_objects_of_one_class_have_names_of_their_own() -> None:
    taken: set[str] = set()
    assert [distinct(named(each), taken) for each in (Plugin, Plugin(), Plugin)] == ["Plugin", "Plugin-2", "Plugin-3"]


def test_a_file_of_an_object_is_the_object(tmp_path: Path) -> None:
    content = cloudpickle.dumps(as_plugin(tokenizer()))
    file = ObjectFile.write(tmp_path, "mine", content, "ab" * 32, "what was pickled")
    host = assay.discover([file.path], load="none")
    origin = host.origin(host.one(assay.TokenizerPlugin, "mine"))
    assert (origin.entry_point, origin.sha256, origin.covers) == ("python:mine", "ab" * 32, "what was pickled")
    assert plugin_label(str(file.path)) == "python:mine"
    assert plugin_label("/a/mine.py") == "/a/mine.py"


def test_an_object_whose_class_is_not_here_is_a_failure(tmp_path: Path) -> None:
    content = b"cabsent_module\nthing\n."
    file = ObjectFile.write(tmp_path, "mine", content, "ab" * 32, "what was pickled")
    (failure,) = assay.discover([file.path], load="none").failures
    assert failure.message.startswith("ModuleNotFoundError: No module named 'absent_module'")
    assert failure.remedy == "pip install what provides 'absent_module', or leave it out"


def test_a_run_does_not_store_objects() -> None:
    with pytest.raises(AssayError, match="python:mine was a Python object, which no run stores"):
        assay.discover(["python:mine"], load="none")


def test_what_has_no_hooks_is_a_failure() -> None:
    (failure,) = assay.discover([SimpleNamespace()], load="none").failures
    assert failure.message == "it implements no hook"
