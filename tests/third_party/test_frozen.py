"""A plugin that was written for version 1 of the hooks works, as it is, for ever."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import MISSING, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.plugins.hookspecs import PROVIDES

FILE = Path(__file__).parent / "frozen_v1" / "frozen_v1.py"
SHA256 = "de6a6e09e9ad384735c9f59845640c19b555c1daa6b56c20646862f2aa5bed92"
KINDS = {kind.__name__: kind for kind in PROVIDES.values()} | {
    "SpecialTokens": assay.SpecialTokens,
    "Only": assay.Supports,
}


@pytest.fixture(scope="module")
def host() -> assay.Host:
    return assay.discover([FILE], load="none")


def written_out() -> dict[str, set[str]]:
    """The fields that the frozen plugin sets, by the class that it calls."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(FILE.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in KINDS:
            found.setdefault(node.func.attr, set()).update(str(each.arg) for each in node.keywords)
    return found


def test_it_is_as_it_was_frozen() -> None:
    told = "this file stands for plugins that nobody will edit: undo the change, or write a plugin for a later version"
    assert sha256(FILE.read_bytes()).hexdigest() == SHA256, told


def test_all_that_it_announces_is_taken(host: assay.Host) -> None:
    assert host.failures == ()
    (loading,) = host.loadings
    assert loading.written_for == 1
    assert [item.plugin.name for item in host.found] == [
        "frozen-fly",
        "frozen-words",
        "frozen-characters",
        "frozen-letters",
        "frozen-attention",
        "frozen_longest_run",
        "frozen_tokens_per_document",
        "frozen-lines",
    ]
    assert all(host.missing(item.plugin) is None for item in host.found)


def test_every_field_of_version_1_is_still_there_and_what_came_later_has_a_default() -> None:
    known = written_out()
    assert known.keys() == KINDS.keys() - {"ExecutorPlugin"}, "which came with version 2"
    for name in known:
        now = {field.name: field for field in fields(KINDS[name])}
        assert known[name] <= now.keys()
        later = [field for each, field in now.items() if each not in known[name]]
        assert [each.name for each in later if each.default is MISSING and each.default_factory is MISSING] == []
        if assay.HOOKS_VERSION == 1:
            assert later == [], f"{name} has a new field: raise HOOKS_VERSION, so that plugins that need it can say so"


def test_every_hook_of_version_1_is_still_there(host: assay.Host) -> None:
    (loading,) = host.loadings
    assert set(loading.hooks) == {
        "assay_corpora",
        "assay_tokenizers",
        "assay_attentions",
        "assay_metrics",
        "assay_reports",
    }
    if assay.HOOKS_VERSION == 1:
        assert set(loading.hooks) == PROVIDES.keys(), "there is a new hook: raise HOOKS_VERSION"


def test_its_tokenizer_and_metrics_answer(host: assay.Host) -> None:
    text = "a b b b a"
    words = host.one(assay.TokenizerPlugin, "frozen-words").build(text)
    ids = words.encode(text)
    assert words.decode(ids) == text
    with pytest.raises(assay.UnknownToken, match="the word 'c' is not in the vocabulary"):
        words.encode("c")
    of_tokens = host.one(assay.MetricPlugin, "frozen_longest_run").of_tokens
    assert of_tokens is not None
    assert of_tokens([assay.Tokenized(text=text, ids=ids)], words) == 3


@pytest.mark.long
def test_it_is_weighed_without_any_other_plugin(cli: Callable[..., Any], tmp_path: Path) -> None:
    workloads = (
        "core/fwd/causal/b1.h2.s24.d8/f32/cpu.t1",
        "core/fwd_bwd/full/b1.h2.s24.d8/f32/cpu.t1",
        "module/fwd/causal/b1.h2.s24.d8.m16/f32/cpu.t1",
        "decode/fwd/causal/b1.h2.s1:24.d8.m16/f32/cpu.t1",
    )
    ran = cli(
        *("run", "--load", "none", "--plugin", FILE, "--strict-plugins", "--budget", "0.3s", "--json"),
        *("--tokenizers", "frozen-*", "--attentions", "frozen-*", "--corpora", "frozen-fly", "--held-out", "0"),
        *(part for workload in workloads for part in ("--workload", workload)),
        *("--report", "rows.frozen"),
    )
    assert ran.rc == 0, ran.stderr
    tokens = {row["tokenizer"]: (row["status"], row["tokens"]) for row in ran.json["tokenizers"]}
    assert tokens == {
        "frozen-words": ("ok", 226),
        "frozen-characters": ("ok", 1159),
        "frozen-letters": ("ok", 1159),
    }
    assert [row["status"] for row in ran.json["attentions"]] == ["ok"] * len(workloads)
    lines = (tmp_path / "rows.frozen").read_text("utf-8").splitlines()
    assert lines[0] == "run of workloads/1"
    assert "frozen-words ok 226 -" in lines
    assert "metric frozen_longest_run ready" in lines
    assert len(lines) == 1 + 3 + len(workloads) + 8
