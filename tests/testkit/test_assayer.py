"""The fixture `assayer`, as the tests of a stranger's plugin use it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import assay
from assay.testkit import Assayer

OFFSET = 3  # a global of this module, which a worker cannot import
SOURCE = """
    import assay

    assay_hooks = 3

    @assay.hookimpl
    def assay_metrics():
        yield assay.MetricPlugin(
            name="documents_there", summary="how many", license="MIT", unit="documents",
            of_tokens=lambda documents, tokenizer: len(documents),
        )
"""


class Shifted:
    """Each byte has an id of its own, with an offset."""

    vocab_size, unk_id = 256 + OFFSET, None

    def encode(self, text: str) -> list[int]:
        return [byte + OFFSET for byte in text.encode()]

    def decode(self, ids: Sequence[int]) -> str:
        return bytes(each - OFFSET for each in ids).decode(errors="replace")


class Plugin:
    """A plugin that is a class without arguments."""

    assay_hooks = 3

    @assay.hookimpl
    def assay_tokenizers(self) -> Iterator[assay.TokenizerPlugin]:
        yield DESCRIPTOR


DESCRIPTOR = assay.TokenizerPlugin(
    name="shifted", summary="bytes with an offset", license="MIT", build=lambda text: Shifted()
)


def test_a_host_has_the_given_plugins_and_no_others(assayer: Assayer) -> None:
    host = assayer.host(SOURCE, Plugin)
    assert host.failures == ()
    assert [item.plugin.name for item in host.found] == ["documents_there", "shifted"]
    assert host.one(assay.TokenizerPlugin, "shifted").build("").encode("A") == [65 + OFFSET]
    assert len(assayer.host(load="assay").every(assay.TokenizerPlugin)) > 10


def test_a_plugin_that_fails_is_among_the_failures(assayer: Assayer) -> None:
    (failure,) = assayer.host("1 / 0").failures
    assert (failure.stage, failure.message) == ("import", "ZeroDivisionError: division by zero (plugin_1.py:1)")
    with pytest.raises(assay.AssayError, match="the plugin cannot be imported: ZeroDivisionError"):
        assayer.run("1 / 0")


@pytest.mark.parametrize("plugin", [Plugin, Plugin(), DESCRIPTOR], ids=["class", "object", "descriptor"])
def test_what_is_defined_in_the_test_is_found(assayer: Assayer, plugin: object) -> None:
    assert assayer.host(plugin).one(assay.TokenizerPlugin, "shifted").summary == "bytes with an offset"


def test_modules_and_files_are_plugins(
    assayer: Assayer, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path_factory.mktemp("site")
    (site / "its_name.py").write_text(SOURCE.replace("\n    ", "\n"), "utf-8")
    monkeypatch.syspath_prepend(str(site))
    module = __import__("its_name")
    try:
        for plugin in (module, site / "its_name.py"):
            assert assayer.host(plugin).failures == ()
            assert assayer.host(plugin).one(assay.MetricPlugin, "documents_there").unit == "documents"
    finally:
        del sys.modules["its_name"]


@pytest.mark.long
def test_rows_are_measured_and_stay_in_the_folder_of_the_test(assayer: Assayer, tmp_path: Path) -> None:
    outcome = assayer.run(SOURCE, Plugin)
    (row,) = outcome.measurements
    assert (row.status, row.case.plugin, row.value("documents_there")) == (assay.Status.OK, "shifted", 1)
    assert Path("results/assay.sqlite").is_file()
    assert list(assayer.frames().tokenizers["tokenizer"]) == ["shifted"]
    assert assayer.path == tmp_path == Path.cwd()


@pytest.mark.long
def test_what_is_not_announced_is_made_up_for(assayer: Assayer) -> None:
    (row,) = assayer.run(SOURCE).measurements
    assert (row.status, row.case.plugin, row.value("documents_there")) == (assay.Status.OK, "bytes", 1)


def test_a_selection_names_a_workload_that_the_attention_computes(assayer: Assayer, monkeypatch: Any) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr("assay.testkit.assayer.run", lambda **options: asked.update(options))
    linear = assay.AttentionPlugin(
        name="mine",
        summary="linear",
        build=print,  # type: ignore[arg-type]
        unsupported=lambda workload: None if "linear" in workload.id else "only linear",
    )
    assayer.run(linear, budget_s=2.0)
    assert (asked["attentions"], asked["tokenizers"], asked["budget_s"]) == ("mine", "none", 2.0)
    assert asked["workloads"] == ["core/fwd/linear/b2.h2.s40.d16/f32/cpu.t1"]


@pytest.mark.long
def test_one_plugin_is_checked_and_what_fails_is_told(assayer: Assayer) -> None:
    assert assayer.conform(SOURCE).failed == ()
    (failed,) = assayer.conform(SOURCE.replace("license='MIT'", "").replace('license="MIT", ', "")).failed
    assert failed.check == "licence"


def test_of_several_things_one_is_named(assayer: Assayer) -> None:
    several = SOURCE + SOURCE.partition("assay_hooks = 3\n")[2].replace("_there", "_here").replace(
        "def assay_metrics", "def more"
    ).replace("hookimpl", "hookimpl(specname='assay_metrics')")
    with pytest.raises(assay.AssayError, match=r"announces documents_there, documents_here|name one of them"):
        assayer.conform(several)


def test_what_cannot_travel_is_one_sentence(assayer: Assayer) -> None:
    plugin = Plugin()
    plugin.stream = sys.stdout  # type: ignore[attr-defined]
    with pytest.raises(assay.AssayError, match=r"'Plugin' holds an open file, as 'stream', so it cannot be sent"):
        assayer.host(plugin)


def test_a_path_that_is_a_string_is_told_apart_from_a_module(assayer: Assayer) -> None:
    with pytest.raises(assay.AssayError, match=r"for a file, give Path\('mine.py'\)"):
        assayer.run("mine.py")


def test_nothing_of_the_user_is_there(assayer: Assayer, tmp_path: Path) -> None:
    assert {name: value for name, value in os.environ.items() if name.startswith("ASSAY_")} == {
        "ASSAY_CACHE": str(tmp_path / "cache"),
        "ASSAY_DATA": str(tmp_path / "data"),
    }


def test_what_was_written_is_forgotten(tmp_path: Path) -> None:
    given = Assayer(tmp_path, tmp_path, __name__)
    given.host(SOURCE)
    assert isinstance(sys.modules["assay_file_plugin_1"], ModuleType)
    given.forget()
    assert "assay_file_plugin_1" not in sys.modules
