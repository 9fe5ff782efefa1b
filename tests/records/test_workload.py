"""Workloads: the grammar of their ids, and what makes no sense."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from assay.attention.inputs import make_inputs, make_weights
from assay.attention.reference import looked_at, visible
from assay.execute.suites import SUITES, Suite
from assay.records.semantics import Semantics
from assay.records.workload import Level, Phase, TextSource, Workload

PLAIN = Workload(level="core", batch=1, q_len=4, kv_len=4, q_heads=2, kv_heads=2, d_qk=8, d_v=8, d_model=16)

SIZE = st.integers(1, 12)
WORD = st.text(st.characters(codec="utf-8", exclude_characters="+\n"), min_size=1)


@st.composite
def workloads(draw: st.DrawFn) -> Workload:
    """Whatever is valid, of the usual seed, and at level `core` of the usual d_model."""
    level: Level = draw(st.sampled_from(["core", "qkv", "module", "decode", "pipeline"]))
    phase: Phase = draw(st.sampled_from(["fwd", "bwd", "fwd_bwd"])) if level == "core" else "fwd"
    names = ["full", "causal", "window3", "prefix2", "padding", "causal+alibi", "full+rope", "weightless", "linear"]
    semantics = Semantics.parse(draw(st.sampled_from([*names, *(["causal+dropout0.2"] if phase == "fwd" else [])])))
    uneven = semantics.mask != "padding" and semantics.kind != "weightless"
    assume(level != "decode" or uneven)
    keys = draw(SIZE) + (level == "decode")
    queries = keys if level in ("qkv", "module", "pipeline") or not uneven else draw(SIZE)
    assume(level != "decode" or queries < keys)
    assume(phase == "fwd" or queries <= keys)
    key_heads, width = draw(st.integers(1, 3)), 2 * draw(SIZE)
    heads = key_heads * (1 if semantics.kind == "weightless" else draw(st.integers(1, 3)))
    source = draw(st.builds(TextSource, corpus=WORD, tokenizer=WORD))
    return Workload(
        level=level,
        phase=phase,
        semantics=semantics,
        batch=draw(SIZE),
        q_len=queries,
        kv_len=keys,
        q_heads=heads,
        kv_heads=key_heads,
        d_qk=width,
        d_v=width if semantics.kind == "weightless" else draw(SIZE),
        d_model=heads * width if level == "core" else draw(SIZE),
        dtype=draw(st.sampled_from(["f32", "bf16", "f16"])),
        device=draw(st.sampled_from(["cpu", "cuda", "cuda:1"])),
        threads=draw(SIZE),
        source=source if level == "pipeline" or (level != "core" and draw(st.booleans())) else None,
    )


class TestId:
    @pytest.mark.long
    @given(workload=workloads())
    def test_is_read_as_what_it_was(self, workload: Workload) -> None:
        assert Workload.parse(workload.id) == workload

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", "'' is no workload id"),
            ("core/fwd/causal/b1.h8.s1024.d64/f32/cpu", "is no workload id"),
            ("core/fwd/causal/b1.h8.s1024.d64/f32/cpu.t1\n", "is no workload id"),
            ("core/fwd/causal/b1.h8.s-4.d64/f32/cpu.t1", "is no workload id"),
            ("core/fwd/causal/h8.b1.s4.d64/f32/cpu.t1", "is no workload id"),
            ("kernel/fwd/causal/b1.h8.s4.d64/f32/cpu.t1", "level must be one of core, qkv, .*, not 'kernel'"),
            ("core/back/causal/b1.h8.s4.d64/f32/cpu.t1", "phase must be one of fwd, .*, not 'back'"),
            ("core/fwd/casual/b1.h8.s4.d64/f32/cpu.t1", "'casual' is no part of attention semantics"),
            ("core/fwd/causal/b1.h8.s4.d64/f64/cpu.t1", "dtype must be one of f32, bf16, f16, not 'f64'"),
            ("core/fwd/causal/b0.h8.s4.d64/f32/cpu.t1", "batch must be at least 1"),
            ("core/fwd/causal/b1.h8:3.s4.d64/f32/cpu.t1", "8 query heads cannot share 3 key heads"),
            ("core/fwd/causal/b01.h8.s4.d64/f32/cpu.t1", "is written 'core/fwd/causal/b1.h8"),
            ("core/fwd/causal/b1.h8:8.s4.d64/f32/cpu.t1", "is written 'core/fwd/causal/b1.h8.s4"),
            ("core/fwd/causal/b1.h8.s4.d64.m9/f32/cpu.t1", "is written 'core/fwd/causal/b1.h8.s4.d64/f32"),
            ("module/fwd/causal/b1.h8.s4.d64/f32/cpu.t1", "is written 'module/fwd/causal/b1.h8.s4.d64.m512/f32"),
            ("pipeline/fwd/causal/b1.h8.s4.d64.m512/f32/cpu.t1", "there must be a text to begin with"),
        ],
    )
    def test_nonsense_is_refused_with_a_sentence(self, text: str, words: str) -> None:
        with pytest.raises(ValueError, match=words):
            Workload.parse(text)

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

    @pytest.mark.parametrize("queries", [4, 5])
    def test_decoding_has_a_past(self, queries: int) -> None:
        with pytest.raises(ValueError, match="there must be positions before the queries: q_len must be below kv_len"):
            dataclasses.replace(PLAIN, level="decode", q_len=queries)
        assert dataclasses.replace(PLAIN, level="decode", q_len=3).tokens == 3

    @pytest.mark.parametrize("phase", ["bwd", "fwd_bwd"])
    def test_gradients_are_of_level_core_without_dropout(self, phase: Phase) -> None:
        assert dataclasses.replace(PLAIN, phase=phase).phase == phase
        for change in ({"level": "qkv"}, {"level": "module"}, {"semantics": Semantics(dropout=0.5)}):
            with pytest.raises(ValueError, match=f"phase {phase} is asked for at level core only, and without dropout"):
                dataclasses.replace(PLAIN, phase=phase, **change)
        with pytest.raises(ValueError, match="q_len must not exceed kv_len"):
            dataclasses.replace(PLAIN, phase=phase, kv_len=3)

    def test_padding_is_of_queries_and_keys_alike(self) -> None:
        with pytest.raises(ValueError, match="q_len must equal kv_len"):
            dataclasses.replace(PLAIN, kv_len=9, semantics=Semantics(mask="padding"))

    def test_rotary_positions_turn_pairs(self) -> None:
        with pytest.raises(ValueError, match="the head dimension must be even, not 7"):
            dataclasses.replace(PLAIN, d_qk=7, semantics=Semantics(bias="rope"))

    def test_a_pipeline_begins_with_a_text(self) -> None:
        with pytest.raises(ValueError, match="there must be a text to begin with"):
            dataclasses.replace(PLAIN, level="pipeline")

    @pytest.mark.parametrize(
        "change", [{"q_heads": 4}, {"q_len": 3}, {"kv_len": 9}, {"d_qk": 7}, {"d_v": 7}], ids=lambda one: str(*one)
    )
    def test_what_is_made_of_one_x_has_one_shape(self, change: dict[str, int]) -> None:
        weightless = dataclasses.replace(PLAIN, semantics=Semantics(kind="weightless"))
        with pytest.raises(ValueError, match="weightless attention is of one x: queries, keys and values have one"):
            dataclasses.replace(weightless, **change)
        text = dataclasses.replace(PLAIN, source=TextSource(corpus="c", tokenizer="t"))
        with pytest.raises(ValueError, match="at level core a text gives queries, keys and values of one shape"):
            dataclasses.replace(text, **change)

    def test_a_pipeline_needs_a_text_and_other_levels_may_have_one(self) -> None:
        text = TextSource(corpus="c", tokenizer="t")
        for level in ("qkv", "module", "pipeline"):
            assert dataclasses.replace(PLAIN, level=level, source=text).source == text
        assert dataclasses.replace(PLAIN, level="qkv").source is None

    def test_the_usual_seed_is_that_of_the_tutorial(self) -> None:
        assert PLAIN.seed == 123

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

    @pytest.mark.parametrize(
        ("text", "flop"),
        [
            ("core/fwd/full/b2.h3.s4:5.d6:7/f32/cpu.t1", 2 * 3 * 40 * 13),
            ("core/fwd/causal/b1.h2.s3:5.d4/f32/cpu.t1", 2 * 2 * 12 * 8),
            ("core/fwd/causal/b1.h1.s5:3.d1/f32/cpu.t1", 2 * 6 * 2),  # two queries come before the first key
            ("core/bwd/causal/b1.h2.s3:5.d4:6/f32/cpu.t1", 2 * 2 * 12 * (12 + 12)),
            ("core/fwd_bwd/causal/b1.h2.s3:5.d4:6/f32/cpu.t1", 2 * 2 * 12 * (10 + 24)),
            ("core/fwd/window2/b1.h1.s4.d2/f32/cpu.t1", 2 * (1 + 2 + 2 + 2) * 4),
            ("core/fwd/prefix3/b1.h1.s4.d2/f32/cpu.t1", 2 * (3 + 3 + 3 + 4) * 4),
            ("core/fwd/padding/b2.h1.s4.d2/f32/cpu.t1", 2 * (2 * 2 + 4 * 4) * 4),
            ("core/fwd/weightless/b2.h1.s3.d4/f32/cpu.t1", 2 * 18 * 8),
            ("core/fwd/linear/b2.h3.s4:5.d6:7/f32/cpu.t1", 2 * 2 * 3 * 9 * 42),
            ("core/bwd/linear/b2.h3.s4:5.d6:7/f32/cpu.t1", 2 * 2 * 2 * 3 * 9 * 42),
            ("core/fwd_bwd/linear/b2.h3.s4:5.d6:7/f32/cpu.t1", 3 * 2 * 2 * 3 * 9 * 42),
            ("qkv/fwd/full/b1.h4:2.s3.d2:5.m7/f32/cpu.t1", 504 + 2 * 3 * 7 * (8 + 4 + 10)),
            ("qkv/fwd/padding/b2.h1.s4.d2.m3/f32/cpu.t1", 160 + 2 * 6 * 3 * 6),
            ("module/fwd/full/b1.h4:2.s3.d2:5.m7/f32/cpu.t1", 504 + 2 * 3 * 7 * (8 + 4 + 10 + 20)),
            ("pipeline/fwd/full/b1.h4:2.s3.d2:5.m7/f32/cpu.t1/c+t", 504 + 2 * 3 * 7 * (8 + 4 + 10 + 20)),
            ("module/fwd/linear/b1.h2.s3.d2:5.m4/f32/cpu.t1", 2 * 2 * 6 * 10 + 2 * 3 * 4 * (4 + 4 + 10 + 10)),
            ("decode/fwd/causal/b2.h2.s1:9.d3.m6/f32/cpu.t1", 2 * 2 * 18 * 6 + 2 * 2 * 6 * (6 + 6 + 6 + 6)),
        ],
    )
    def test_every_branch_by_hand(self, text: str, flop: int) -> None:
        assert Workload.parse(text).flop == flop

    def test_dropout_earns_nothing(self) -> None:
        assert dataclasses.replace(PLAIN, semantics=Semantics(dropout=0.5)).flop == PLAIN.flop

    @given(workload=workloads())
    def test_is_that_of_the_products_by_hand(self, workload: Workload) -> None:
        """Each pair: a product of d_qk forward; of the gradients those of q, k, v and weights, and scores once more."""
        rows = torch.arange(workload.q_len)
        seen = (visible(workload, rows) & looked_at(workload, rows)[:, None, :, None]).expand(
            workload.batch, -1, -1, -1
        )
        pairs = workload.q_heads * int(seen.sum())
        score, mix = workload.d_qk, workload.d_v
        phases = {"fwd": [score, mix], "bwd": [score, mix, mix, score, score]}
        products = {**phases, "fwd_bwd": phases["fwd"] + phases["bwd"]}[workload.phase]
        flop = 2 * pairs * sum(products)
        if workload.semantics.kind == "linear":
            states = workload.batch * workload.q_heads * workload.d_qk * workload.d_v
            times = {"fwd": 1, "bwd": 2, "fwd_bwd": 3}[workload.phase]
            flop = 2 * states * (workload.q_len + workload.kv_len) * times
        weights = make_weights(dataclasses.replace(workload, device="cpu"))
        valid = (
            int(looked_at(workload, rows).expand(workload.batch, -1).sum())
            if workload.semantics.mask == "padding"
            else workload.batch * workload.q_len
        )
        if weights is not None:
            tensors = [weights.wq, weights.wk, weights.wv, *([] if weights.wo is None else [weights.wo])]
            flop += 2 * valid * sum(tensor.numel() for tensor in tensors)
        assert workload.flop == flop


class TestBytes:
    @given(workload=workloads())
    def test_are_those_of_the_tensors_that_a_step_meets(self, workload: Workload) -> None:
        assume(workload.semantics.kind != "weightless")  # its three inputs are one tensor
        assume(workload.semantics.mask not in ("window", "padding"))  # of their tensors a part is enough
        here = dataclasses.replace(workload, device="cpu", source=None, level=workload.of_step.level)
        inputs, weights = make_inputs(here, None, 0), make_weights(here)
        width = {"core": workload.q_heads * workload.d_v, "qkv": workload.q_heads * workload.d_v}
        numbers = workload.batch * workload.q_len * width.get(workload.level, workload.d_model)  # the output
        numbers += sum(tensor.numel() for tensor in inputs.tensors if tensor.is_floating_point())
        numbers *= {"fwd": 1, "bwd": 2, "fwd_bwd": 3}[workload.phase]
        if weights is not None:
            tensors = [weights.wq, weights.wk, weights.wv, *([] if weights.wo is None else [weights.wo])]
            numbers += sum(tensor.numel() for tensor in tensors)
        if workload.level == "decode":  # the cache: a key and a value for every position
            numbers += workload.batch * workload.kv_len * workload.kv_heads * (workload.d_qk + workload.d_v)
        assert workload.bytes == numbers * inputs.tensors[0].element_size()

    def test_of_a_window_only_the_keys_that_are_seen(self) -> None:
        whole = dataclasses.replace(PLAIN, level="decode", q_len=1, kv_len=64, semantics=Semantics(mask="causal"))
        window = dataclasses.replace(whole, semantics=Semantics(mask="window", reach=16))
        entry = whole.kv_heads * (whole.d_qk + whole.d_v) * 4
        assert whole.bytes - window.bytes == (64 - 16) * entry
        two = dataclasses.replace(window, q_len=2)
        assert two.bytes - window.bytes == entry + 2 * 4 * whole.d_model

    def test_of_padding_only_what_is_valid(self) -> None:
        padded = dataclasses.replace(PLAIN, batch=2, q_len=8, kv_len=8, semantics=Semantics(mask="padding"))
        assert padded.lengths == (4, 8)
        assert padded.tokens == 12
        single = dataclasses.replace(PLAIN, q_len=12, kv_len=12)
        assert padded.bytes == single.bytes


def test_a_plugin_is_asked_for_the_step_of_a_pipeline() -> None:
    text = TextSource(corpus="c", tokenizer="t")
    pipeline = dataclasses.replace(PLAIN, level="pipeline", source=text)
    assert pipeline.of_step == dataclasses.replace(PLAIN, level="module", source=text)
    assert (pipeline.of_step.flop, pipeline.of_step.bytes) == (pipeline.flop, pipeline.bytes)
    assert PLAIN.of_step is PLAIN
