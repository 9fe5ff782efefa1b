"""The code of plugins as a record: how it reads, and what differs between two of them."""

from __future__ import annotations

from typing import Any

import pytest

from assay.records.plugin_code import PluginCode, by_package, changed_code, names_of, other_code


def code(name: str = "mine", **facts: Any) -> PluginCode:
    usual = {"kind": "tokenizer", "origin": "p 1.0 (p)", "source": "distribution", "recorded": "2026-11-30"}
    return PluginCode(name=name, **usual | {"distribution": "p", "version": "1.0", "sha256": "a" * 64} | facts)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "installed by name"),
        ({"direct_url": {"url": "https://x/p.whl", "archive_info": {}}}, "https://x/p.whl"),
        (
            {"direct_url": {"url": "https://x/p", "vcs_info": {"vcs": "git", "commit_id": "0123456789abcdef"}}},
            "https://x/p, at 0123456789ab",
        ),
        (
            {"direct_url": {"url": "file:///p", "dir_info": {"editable": True}}, "revision": "0123456789ab+"},
            "editable from file:///p, at 0123456789ab+",
        ),
        (
            {"direct_url": {"url": "file:///p", "dir_info": {"editable": True}}, "path": "/q"},
            "editable from file:///p, but loaded from /q",
        ),
        ({"source": "file", "distribution": None, "path": "/q/mine.py"}, "/q/mine.py"),
        ({"source": "object", "distribution": None}, "an object in Python"),
    ],
)
def test_where_code_came_from_is_a_phrase(facts: dict[str, Any], words: str) -> None:
    assert code(**facts).came_from == words


def test_what_differs_is_named_by_package_with_both_hashes() -> None:
    before = [code("a"), code("b"), code("c", kind="corpus"), code("gone")]
    after = [code(one.name, kind=one.kind, version="2.0", sha256="b" * 64) for one in before[:3]] + [code("new")]
    assert other_code(before, after) == ("p 1.0 (aaaaaaaaaaaa) -> p 2.0 (bbbbbbbbbbbb): tokenizers a, b; corpus c",)


@pytest.mark.parametrize("facts", [{}, {"version": "1.1"}, {"sha256": None}])
def test_the_same_files_and_files_that_nobody_knows_are_not_other_code(facts: dict[str, Any]) -> None:
    assert other_code([code()], [code(**facts)]) == ()


def test_a_run_that_went_on_with_other_code_warns_of_it() -> None:
    (warning,) = changed_code([code(), code("b"), code(sha256="b" * 64)])
    assert warning.startswith("The run was resumed with other code: p 1.0 (aaaaaaaaaaaa) -> p 1.0 (bbbbbbbbbbbb)")
    assert "mine" in warning
    assert changed_code([code(), code("b")]) == ()


def test_many_names_are_counted() -> None:
    assert names_of([code(f"t{number}") for number in range(9)]) == "tokenizers t0, t1, t2, t3 and 5 more"
    assert names_of([code("assay", kind="harness"), code("c", kind="corpus")]) == "the harness; corpus c"


def test_what_is_the_same_stands_together() -> None:
    codes = [code("a"), code("b", sha256="b" * 64), code("c", license="MIT")]
    assert [len(each) for each in by_package(codes)] == [2, 1]
    assert [len(each) for each in by_package(codes, licenses=True)] == [1, 1, 1]
