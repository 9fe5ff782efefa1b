"""Arguments of `assay.run` as Python has them: lists of many kinds, and plugins that are objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import assay
from assay.errors import AssayError
from assay.execute.from_python import pickled, refuse_failed, with_lists

ID = "core/fwd/causal/b1.h8.s1024.d64/f32/cpu.t1"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"tokenizers": "gpt2,regex"}, {"tokenizers": "gpt2,regex"}),
        ({"tokenizers": (name for name in ("gpt2", "regex"))}, {"tokenizers": "gpt2,regex"}),
        ({"corpora": [Path("a,b.txt"), "c"]}, {"corpora": r"a\,b.txt,c"}),
        ({"corpora": Path("a.txt")}, {"corpora": "a.txt"}),
        ({"baselines": "gpt2, sdpa"}, {"baselines": ("gpt2", "sdpa")}),
        ({"workloads": assay.Workload.parse(ID)}, {"workloads": (ID,)}),
        ({"workloads": {ID: 1}}, {"workloads": (ID,)}),
        ({"plugins": "a,b.py"}, {"plugins": ("a,b.py",)}),
        ({"plugins": SystemExit}, {"plugins": (SystemExit,)}),
        ({"budget_s": 2.0}, {"budget_s": 2.0}),
    ],
)
def test_what_lists_things_takes_lists(given: dict[str, Any], found: dict[str, Any]) -> None:
    assert with_lists(given) == found


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"tokenizers": [len]}, "lists a builtin_function_or_method, not a name"),
        ({"block": 3}, "is an int, not a list"),
    ],
)
def test_anything_else_is_refused(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AssayError, match=sentence):
        with_lists(given)


def test_paths_stay_and_objects_become_paths(tmp_path: Path) -> None:
    plugin = assay.TokenizerPlugin(name="mine", summary="s", build=lambda text: None)  # type: ignore[arg-type,return-value]
    file, one, two = pickled([Path("mine.py"), plugin, plugin], tmp_path)
    assert (file, Path(one).parent) == ("mine.py", tmp_path)
    assert Path(two).name.endswith("-mine-2.assay-object")


def test_a_name_of_two_lines_is_refused(tmp_path: Path) -> None:
    plugin = assay.TokenizerPlugin(name="a\nb", summary="s", build=lambda text: None)  # type: ignore[arg-type,return-value]
    with pytest.raises(AssayError, match="a plugin object cannot be named"):
        pickled([plugin], tmp_path)


def test_an_object_that_fails_is_told_at_once() -> None:
    host = assay.discover([object()], load="none")
    with pytest.raises(AssayError, match="python:object cannot be registered: it implements no hook"):
        refuse_failed(host)
