"""Groups in words."""

from __future__ import annotations

import pytest

from assay.records.results import TokenizerCase
from assay.records.workload import Workload
from assay.report.tables.group_words import group_words, workload_words


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (TokenizerCase(tokenizer="t", corpus="c"), "c, whole text"),
        (TokenizerCase(tokenizer="t", corpus="c", held_out=0.1), "c, unseen text (last 10 %)"),
        (TokenizerCase(tokenizer="t", corpus="c", sample=0.01), "c, whole text, a sample good to 1 %"),
        (TokenizerCase(tokenizer="t", corpus="c", shards=True), "c, shards"),
    ],
)
def test_texts(case: TokenizerCase, words: str) -> None:
    assert group_words(case) == words


@pytest.mark.parametrize(
    ("id", "words"),
    [
        (
            "module/fwd/causal/b8.h4.s4.d64.m256/f32/cpu.t1/the-verdict+gpt2",
            "causal forward, whole module, batch 8, 4 heads x 64, length 4, float32, CPU, text the-verdict by gpt2",
        ),
        (
            "decode/fwd/causal/b1.h8:2.s1:512.d64.m512/bf16/cuda.t2",
            "causal forward, decoding, batch 1, 8 (of k and v 2) heads x 64, length 1 of 512, bfloat16, cuda, 2",
        ),
        ("core/fwd_bwd/weightless/b1.h1.s7.d5/f32/cpu.t1", "parameter-free forward and backward, batch 1, 1 head x 5"),
    ],
)
def test_workloads(id: str, words: str) -> None:  # noqa: A002
    workload = Workload.parse(id)
    assert workload_words(workload).startswith(words)
    assert ", length" not in workload_words(workload, length=False)
