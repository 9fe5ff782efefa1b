"""Workloads: the grammar of their ids, and what makes no sense."""

from __future__ import annotations

import dataclasses

import pytest

from assay.semantics import Semantics
from assay.suites import SUITES, Suite
from assay.workload import TextSource, Workload

PLAIN = Workload(level="core", batch=1, q_len=4, kv_len=4, q_heads=2, kv_heads=2, d_qk=8, d_v=8, d_model=16)


class TestId:
    def test_the_example_of_the_design(self) -> None:
        workload = Workload.self_attention(
            "core", batch=1, length=1024, d_model=512, heads=8, semantics=Semantics(mask="causal")
        )
        assert workload.id == "core/fwd/causal/b1.h8.s1024.d64/f32/cpu.t1"

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            ({}, "core/fwd/full/b1.h2.s4.d8/f32/cpu.t1"),
            ({"level": "qkv"}, "qkv/fwd/full/b1.h2.s4.d8.m16/f32/cpu.t1"),
            ({"level": "module", "d_model": 7}, "module/fwd/full/b1.h2.s4.d8.m7/f32/cpu.t1"),
            ({"kv_heads": 1}, "core/fwd/full/b1.h2:1.s4.d8/f32/cpu.t1"),
            ({"kv_len": 9}, "core/fwd/full/b1.h2.s4:9.d8/f32/cpu.t1"),
            ({"d_v": 5}, "core/fwd/full/b1.h2.s4.d8:5/f32/cpu.t1"),
            ({"dtype": "bf16", "device": "cuda", "threads": 3}, "core/fwd/full/b1.h2.s4.d8/bf16/cuda.t3"),
            ({"source": TextSource(corpus="c", tokenizer="t")}, "core/fwd/full/b1.h2.s4.d8/f32/cpu.t1/c+t"),
            ({"semantics": Semantics(dropout=0.25)}, "core/fwd/full+dropout0.25/b1.h2.s4.d8/f32/cpu.t1"),
        ],
    )
    def test_each_part(self, change: dict[str, object], expected: str) -> None:
        assert dataclasses.replace(PLAIN, **change).id == expected

    @pytest.mark.parametrize(
        ("semantics", "label"),
        [
            (Semantics(), "full"),
            (Semantics(mask="causal"), "causal"),
            (Semantics(mask="causal", dropout=0.1), "causal+dropout0.1"),
            (Semantics(kind="weightless"), "weightless"),
            (Semantics(kind="weightless", mask="causal"), "weightless+causal"),
        ],
    )
    def test_semantics(self, semantics: Semantics, label: str) -> None:
        assert semantics.label == label

    @pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
    def test_those_of_a_suite_are_unique_and_well_formed(self, suite: Suite) -> None:
        ids = [workload.id for workload in suite.workloads]
        assert len(set(ids)) == len(ids) > 0
        assert [Workload.parse(name).id for name in ids] == ids


class TestValidation:
    SIZES = ("batch", "q_len", "kv_len", "q_heads", "kv_heads", "d_qk", "d_v", "d_model", "threads")

    @pytest.mark.parametrize("name", SIZES)
    @pytest.mark.parametrize("size", [0, -1])
    def test_sizes_are_at_least_one(self, name: str, size: int) -> None:
        with pytest.raises(ValueError, match=f"{name} must be at least 1, not {size}"):
            dataclasses.replace(PLAIN, **{name: size})

    @pytest.mark.parametrize(("queries", "keys"), [(3, 2), (2, 3), (1, 2)])
    def test_key_heads_divide_query_heads(self, queries: int, keys: int) -> None:
        with pytest.raises(ValueError, match=f"{queries} query heads cannot share {keys} key heads"):
            dataclasses.replace(PLAIN, q_heads=queries, kv_heads=keys)

    @pytest.mark.parametrize("level", ["qkv", "module"])
    def test_one_x_has_one_length(self, level: str) -> None:
        with pytest.raises(ValueError, match="q_len must equal kv_len"):
            dataclasses.replace(PLAIN, level=level, kv_len=5)

    @pytest.mark.parametrize("dropout", [-0.1, 1.0, 1.5, float("nan")])
    def test_dropout_is_a_share_below_one(self, dropout: float) -> None:
        with pytest.raises(ValueError, match=r"dropout must lie in \[0, 1\)"):
            Semantics(dropout=dropout)

    def test_width_is_divided_among_the_heads(self) -> None:
        with pytest.raises(ValueError, match="d_model 10 is not divisible by 3 heads"):
            Workload.self_attention("core", batch=1, length=1, d_model=10, heads=3)

    def test_nothing_changes_afterwards(self) -> None:
        with pytest.raises(dataclasses.FrozenInstanceError):
            PLAIN.batch = 2


def test_the_common_case_in_full() -> None:
    text, semantics = TextSource(corpus="c", tokenizer="t"), Semantics(mask="causal")
    made = Workload.self_attention(
        "qkv", batch=3, length=5, d_model=12, heads=4, semantics=semantics, source=text, threads=2
    )
    assert made == Workload(
        level="qkv",
        batch=3,
        q_len=5,
        kv_len=5,
        q_heads=4,
        kv_heads=4,
        d_qk=3,
        d_v=3,
        d_model=12,
        semantics=semantics,
        source=text,
        threads=2,
    )
    assert made.tokens == 15


def test_only_weightless_attention_is_unscaled() -> None:
    assert Semantics(kind="weightless").scale_is_one
    assert not Semantics().scale_is_one


class TestFlop:
    @pytest.mark.parametrize("mask", ["none", "causal"])
    @pytest.mark.parametrize(("queries", "keys"), [(1, 1), (4, 4), (2, 5), (1, 9)])
    def test_core_against_a_count_of_pairs(self, mask: str, queries: int, keys: int) -> None:
        workload = dataclasses.replace(
            PLAIN, batch=3, q_len=queries, kv_len=keys, d_v=5, semantics=Semantics(mask=mask)
        )
        pairs = sum(mask == "none" or key <= keys - queries + query for query in range(queries) for key in range(keys))
        # For each pair a dot product of 8 and a sum of 5, two operations each; 3 batches of 2 heads.
        assert workload.flop == 3 * 2 * pairs * (2 * 8 + 2 * 5)

    def test_a_causal_square_has_half_its_pairs_and_the_diagonal(self) -> None:
        causal = dataclasses.replace(PLAIN, q_len=256, kv_len=256, semantics=Semantics(mask="causal"))
        assert causal.flop == 2 * 2 * (256 * 257 // 2) * (8 + 8)

    def test_projections_are_credited_where_the_level_has_them(self) -> None:
        core = dataclasses.replace(PLAIN, batch=3, d_model=7, kv_heads=1, d_v=5)
        qkv, module = (dataclasses.replace(core, level=level) for level in ("qkv", "module"))
        rows = 3 * 4
        assert qkv.flop - core.flop == 2 * rows * 7 * (2 * 8 + 1 * 8 + 1 * 5)
        assert module.flop - qkv.flop == 2 * rows * (2 * 5) * 7

    def test_dropout_earns_nothing(self) -> None:
        assert dataclasses.replace(PLAIN, semantics=Semantics(dropout=0.5)).flop == PLAIN.flop
