"""Cases as JSON and back, whatever they hold."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.records.results import AttentionCase, Case, TokenizerCase
from assay.records.semantics import Semantics
from assay.records.serialization import (
    case_from_json,
    case_to_json,
    kind_of,
    subject_of,
)
from assay.records.workload import TextSource, Workload

SIZE = st.integers(1, 10**6)
NAME = st.text(st.characters())  # half characters too: what a file is called is not ours to choose


@st.composite
def workloads(draw: st.DrawFn) -> Workload:
    level = draw(st.sampled_from(["core", "qkv", "module"]))
    length, kv_heads = draw(SIZE), draw(st.integers(1, 64))
    kind, width = draw(st.sampled_from(["softmax", "weightless"])), draw(SIZE)
    source = draw(st.none() | st.builds(TextSource, corpus=NAME, tokenizer=NAME))
    even = kind == "weightless" or (level == "core" and source is not None)  # all of one x
    return Workload(
        level=level,
        batch=draw(SIZE),
        q_len=length,
        kv_len=draw(SIZE) if level == "core" and not even else length,
        q_heads=kv_heads * (1 if even else draw(st.integers(1, 8))),
        kv_heads=kv_heads,
        d_qk=width,
        d_v=width if even else draw(SIZE),
        d_model=draw(SIZE),
        semantics=Semantics(
            kind=kind,
            mask=draw(st.sampled_from(["none", "causal"])),
            dropout=draw(st.integers(0, 9_999)) / 10_000,
        ),
        dtype=draw(st.sampled_from(["f32", "bf16", "f16"])),
        device=draw(st.sampled_from(["cpu", "cuda:0"])),
        threads=draw(st.integers(1, 256)),
        seed=draw(st.integers(0, 2**63)),
        source=source,
    )


SHARE = st.floats(0.0, 1.0, exclude_max=True)
CASES = st.one_of(
    st.builds(TokenizerCase, tokenizer=NAME, corpus=NAME, held_out=SHARE, sample=SHARE),
    st.builds(AttentionCase, attention=NAME, workload=workloads()),
)


@given(case=CASES)
def test_a_case_comes_back_as_it_was(case: Case) -> None:
    found = case_from_json(case_to_json(case))
    assert found == case
    assert type(found) is type(case)
    assert hash(found) == hash(case)
    assert (found.id, found.group, found.plugin) == (case.id, case.group, case.plugin)


@given(case=CASES)
def test_it_is_one_json_object_with_its_kind(case: Case) -> None:
    text = case_to_json(case)
    content = json.loads(text)
    assert content.pop("kind") == kind_of(case)
    assert set(content) == {field.name for field in fields(case)}
    assert "\n" not in text
    assert text.isascii()


@pytest.mark.parametrize(
    ("case", "kind"),
    [
        (TokenizerCase(tokenizer="t", corpus="c"), "tokenizer"),
        (
            AttentionCase(attention="a", workload=Workload.self_attention("core", batch=1, length=2, d_model=4)),
            "attention",
        ),
    ],
)
def test_kinds(case: Case, kind: str) -> None:
    assert kind_of(case) == json.loads(case_to_json(case))["kind"] == kind


def test_what_an_older_case_does_not_say_has_its_default() -> None:
    content = '{"kind": "tokenizer", "tokenizer": "t", "corpus": "c"}'
    assert case_from_json(content) == TokenizerCase(tokenizer="t", corpus="c", held_out=0.0)


def test_a_workload_that_cannot_be_is_refused() -> None:
    case = AttentionCase(attention="a", workload=Workload.self_attention("core", batch=1, length=2, d_model=4))
    with pytest.raises(ValueError, match="batch must be at least 1"):
        case_from_json(case_to_json(case).replace('"batch": 1', '"batch": 0'))


def test_what_a_case_is_measured_on() -> None:
    """A corpus and its split, or a workload and the corpus of its text."""
    workload = Workload.self_attention("core", batch=1, length=2, d_model=4)
    source = TextSource(corpus="text", tokenizer="gpt2")
    texts = replace(workload, level="pipeline", source=source)
    assert subject_of(TokenizerCase(tokenizer="t", corpus="c", held_out=0.1)) == {
        "corpus": "c",
        "split": "held-out-10",
        "workload": None,
    }
    for found, corpus in ((workload, None), (texts, "text")):
        case = AttentionCase(attention="a", workload=found)
        assert subject_of(case) == {"corpus": corpus, "split": None, "workload": found.id}


def test_a_case_in_full() -> None:
    case = TokenizerCase(tokenizer="t", corpus="c", held_out=0.1, trained_on="d", sample=0.01, shards=True)
    assert json.loads(case_to_json(case)) == {
        "kind": "tokenizer",
        "tokenizer": "t",
        "corpus": "c",
        "held_out": 0.1,
        "trained_on": "d",
        "sample": 0.01,
        "shards": True,
    }
    assert case_from_json(case_to_json(case)) == case
