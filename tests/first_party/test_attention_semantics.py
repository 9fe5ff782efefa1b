"""Every implementation in plain torch against the float64 reference, over all semantics and shapes that it offers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import assay
from assay.attention.calls import checked
from assay.attention.inputs import make_inputs, make_weights
from assay.attention.oracle import verify
from assay_attention import algorithms, decoding, kernels, tutorial
from covering import all_or_pairs

PLUGINS = {plugin.name: plugin for module in (tutorial, kernels, algorithms, decoding) for plugin in module.PLUGINS}
SOFTMAX = ("full", "causal", "window1", "window3", "window40", "prefix2", "prefix90", "padding")
LABELS = (
    *SOFTMAX,
    *(f"{'' if mask == 'full' else mask + '+'}{bias}" for mask in SOFTMAX for bias in ("alibi", "rope")),
    "weightless",
    "weightless+causal",
    "linear",
    "linear+causal",
)
SEMANTICS = {
    label: assay.Semantics.parse(label if label not in ("alibi", "rope") else f"full+{label}") for label in LABELS
}
SIZES = ("batch", "q_heads", "kv_heads", "q_len", "kv_len", "d_qk", "d_v")
EQUAL = (
    (2, 3, 3, 7, 7, 6, 6),
    (1, 1, 1, 1, 1, 4, 4),
    (2, 2, 2, 9, 9, 5, 5),
    (2, 2, 2, 9, 9, 4, 7),
    (1, 1, 1, 200, 200, 8, 8),
)
GROUPED = ((2, 6, 2, 9, 9, 8, 8), (1, 4, 1, 5, 5, 2, 3))
RECTANGULAR = ((2, 2, 2, 5, 12, 4, 4), (1, 3, 3, 1, 9, 6, 6), (1, 2, 2, 9, 5, 4, 4), (1, 2, 2, 70, 200, 4, 6))
BOTH = ((2, 4, 2, 3, 8, 4, 4), (1, 4, 1, 1, 6, 4, 4), (1, 4, 2, 140, 150, 2, 2))
WIDTH = 10
NO_DIGITS = str.maketrans("", "", "0123456789")
PLAIN = "full causal"
TURNED = "full causal rope causal+rope"
BIASED = " ".join(
    f"{mask}{bias}" for mask in ("causal", "window", "prefix", "padding") for bias in ("", "+alibi", "+rope")
)
DECODING = f"{TURNED} window window+rope"
# What each is there for, on a CPU; a window or prefix of any reach.
OFFERS = {
    "weightless": "weightless",
    "self-attention": "full",
    "causal": "causal",
    "multi-head-stack": "causal",
    "multi-head-split": "causal",
    "sdpa": f"{TURNED} weightless weightless+causal",
    "sdpa-math": TURNED,
    "sdpa-flash": TURNED,
    "sdpa-efficient": "",
    "sdpa-cudnn": "",
    "sdpa-mask": f"alibi {BIASED}",
    "fused-qkv": TURNED,
    "nn-mha": PLAIN,
    "nn-mha-weights": PLAIN,
    "naive": f"full alibi rope {BIASED}",
    "row-block": f"{PLAIN} window prefix",
    "local": "window",
    "linear": "linear linear+causal",
    "gqa-repeat": PLAIN,
    "gqa-fold": PLAIN,
    "kv-cache": DECODING,
    "kv-cache-naive": DECODING,
    "no-cache": DECODING,
}
DROPPING = {
    "causal",
    "multi-head-stack",
    "multi-head-split",
    "sdpa",
    "sdpa-math",
    "fused-qkv",
    "nn-mha",
    "nn-mha-weights",
}
LEVELS = ("core", "qkv", "module", "decode")


def grid(semantics: assay.Semantics) -> Iterator[assay.Workload]:
    """Every level, shape, dtype and phase for one semantics, less what no workload can be."""
    shapes = (*EQUAL, *GROUPED, *RECTANGULAR, *BOTH)
    for level, shape, dtype, phase in product(LEVELS, shapes, ("f32", "bf16"), ("fwd", "fwd_bwd")):
        sizes = dict(zip(SIZES, shape, strict=True))
        try:
            workload = assay.Workload(
                level=level, phase=phase, dtype=dtype, semantics=semantics, d_model=WIDTH, **sizes
            )
        except ValueError:
            continue
        # A query that sees no key has no gradient; where each sees one, the gradient is zero and without a scale.
        seen = workload.pairs / workload.batch
        blind = semantics.mask in ("causal", "window") and workload.q_len > workload.kv_len
        if phase == "fwd" or (not blind and seen > workload.q_len):
            yield workload


def shape_of(workload: assay.Workload) -> tuple[int, ...]:
    return tuple(getattr(workload, name) for name in SIZES)


def check(plugin: assay.AttentionPlugin, workload: assay.Workload) -> None:
    verified = verify(checked(plugin.build), workload, make_weights(workload), partial(make_inputs, workload, None))
    assert verified.checked == 1.0
    assert (verified.gradient is None) == (workload.phase == "fwd")


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class TestTheGate:
    @pytest.mark.long
    @pytest.mark.full
    @pytest.mark.parametrize("name", PLUGINS)
    def test_passes_wherever_an_implementation_offers_itself(self, name: str) -> None:
        """With `ASSAY_FULL` on all that it offers, otherwise on workloads that have every pair of choices."""
        plugin = PLUGINS[name]
        offered: dict[tuple[Any, ...], assay.Workload] = {}
        for label, semantics in SEMANTICS.items():
            for workload in grid(semantics):
                reason = plugin.unsupported(workload)
                if reason is None:
                    offered[(label, workload.level, workload.phase, workload.dtype, shape_of(workload))] = workload
                else:
                    assert "offered" in reason or "heads" in reason, workload.id
        wrong = []
        for choices in all_or_pairs(offered):
            try:
                check(plugin, offered[choices])
            except Exception as error:
                wrong.append(f"{offered[choices].id}: {type(error).__name__}: {error}")
        assert not wrong, "\n".join(wrong)

    @pytest.mark.parametrize("name", sorted(OFFERS))
    def test_is_passed_by_the_semantics_an_implementation_is_there_for(self, name: str) -> None:
        plugin = PLUGINS[name]
        labels = {label for label, one in SEMANTICS.items() if any(plugin.unsupported(w) is None for w in grid(one))}
        assert {label.translate(NO_DIGITS) for label in labels} == set(OFFERS[name].split())

    def test_every_implementation_has_its_semantics_named_here(self) -> None:
        assert set(OFFERS) == set(PLUGINS)


class TestLimits:
    @pytest.mark.parametrize("name", PLUGINS)
    def test_a_level_to_come_is_refused(self, name: str) -> None:
        source = assay.TextSource(corpus="a", tokenizer="b")
        for semantics in SEMANTICS.values():
            for workload in grid(semantics):
                if workload.level == "module" and workload.phase == "fwd":
                    assert PLUGINS[name].unsupported(replace(workload, level="pipeline", source=source))

    @pytest.mark.parametrize("name", sorted(set(PLUGINS) - DROPPING))
    def test_dropout_is_refused_by_those_that_have_none(self, name: str) -> None:
        plugin = PLUGINS[name]
        for semantics in SEMANTICS.values():
            if semantics.kind != "linear":
                dropping = replace(semantics, dropout=0.1)
                assert all(plugin.unsupported(workload) for workload in grid(dropping))


class TestGrouped:
    GROUPED = assay.Workload.parse("core/fwd/full/b1.h4:2.s6.d4/f32/cpu.t1")

    @pytest.mark.parametrize("name", ["gqa-repeat", "gqa-fold"])
    def test_equal_heads_have_no_groups(self, name: str) -> None:
        assert PLUGINS[name].unsupported(self.GROUPED) is None
        equal = replace(self.GROUPED, kv_heads=4)
        assert PLUGINS[name].unsupported(equal) == "only fewer key heads than query heads are offered"


class TestOneBackend:
    @pytest.mark.parametrize("name", ["sdpa-efficient", "sdpa-cudnn"])
    def test_kernels_of_a_gpu_are_not_offered_elsewhere(self, name: str) -> None:
        workload = assay.Workload.parse("core/fwd/causal/b1.h4.s16.d64/bf16/cpu.t1")
        assert PLUGINS[name].unsupported(workload) == "device cpu is not offered, only cuda"
        assert PLUGINS[name].unsupported(replace(workload, device="cuda")) is None
        assert PLUGINS[name].unsupported(replace(workload, device="cuda:1", d_qk=63, d_v=63, d_model=252))

    def test_cudnn_takes_more_than_one_key(self) -> None:
        workload = assay.Workload.parse("core/fwd/causal/b1.h4.s1.d64/bf16/cuda.t1")
        assert PLUGINS["sdpa-cudnn"].unsupported(workload) == "a single key is not offered"

    def test_flash_on_a_gpu_has_limits_of_its_own(self) -> None:
        flash = PLUGINS["sdpa-flash"].unsupported
        workload = assay.Workload.parse("core/fwd/causal/b1.h4.s16.d64/bf16/cuda.t1")
        assert flash(workload) is None
        assert "dtype f32" in str(flash(replace(workload, dtype="f32")))
        assert "up to 256" in str(flash(replace(workload, d_qk=264, d_v=264)))
        assert "key length" in str(flash(replace(workload, kv_len=20)))

    @pytest.mark.filterwarnings("ignore:.*[Ff]lash:UserWarning")
    def test_flash_raises_where_it_cannot_serve(self) -> None:
        workload = assay.Workload.parse("core/fwd/causal/b1.h2.s8.d4:6/f32/cpu.t1")
        assert PLUGINS["sdpa-flash"].unsupported(workload)
        step = PLUGINS["sdpa-flash"].build(workload, None)
        with torch.inference_mode(), pytest.raises(RuntimeError, match="No available kernel"):
            step(*make_inputs(workload, None, 0).tensors)


class TestDecoding:
    @pytest.mark.parametrize("name", [plugin.name for plugin in decoding.PLUGINS])
    @given(
        past=st.integers(1, 9),
        new=st.integers(1, 4),
        group=st.integers(1, 3),
        rope=st.booleans(),
        seed=st.integers(0, 99),
    )
    @settings(max_examples=15, deadline=None)
    def test_what_follows_comes_out_as_it_does_for_the_whole(
        self, name: str, past: int, new: int, group: int, rope: bool, seed: int
    ) -> None:
        whole = assay.Workload(
            level="module",
            batch=2,
            q_len=past + new,
            kv_len=past + new,
            q_heads=2 * group,
            kv_heads=2,
            d_qk=4,
            d_v=3,
            d_model=5,
            semantics=assay.Semantics(mask="causal", bias="rope" if rope else "none"),
            seed=seed,
        )
        part = replace(whole, level="decode", q_len=new)
        with torch.inference_mode():
            weights, inputs = make_weights(whole), make_inputs(whole, None, 0)
            expected = PLUGINS["sdpa"].build(whole, weights)(*inputs.tensors)[:, past:]
            step = PLUGINS[name].build(part, weights)
            assert isinstance(step, assay.Prefill)
            before, after = inputs.tensors[0].split((past, new), dim=1)
            step.prefill(torch.randn_like(before))
            step(after)
            step.prefill(before)  # what was known is forgotten
            for _ in range(2):  # a call does not move on
                torch.testing.assert_close(step(after), expected, rtol=1e-4, atol=1e-4)


class TestBlocks:
    """Lengths, reaches and groups of any size fall into blocks without a seam."""

    @given(
        q_len=st.integers(1, 300),
        hidden=st.integers(0, 150),
        label=st.sampled_from(["full", "causal", "window", "prefix"]),
        reach=st.integers(1, 400),
        group=st.integers(1, 2),
    )
    @settings(max_examples=40, deadline=None)
    def test_give_what_the_whole_gives(self, q_len: int, hidden: int, label: str, reach: int, group: int) -> None:
        semantics = assay.Semantics.parse(f"{label}{reach}" if label in ("window", "prefix") else label)
        names = ["row-block", "local"] if label == "window" and group == 1 else ["row-block"]
        self.agree(names, "naive", semantics, q_len, hidden, group)

    @given(q_len=st.integers(1, 300), hidden=st.integers(0, 150), group=st.integers(1, 2))
    @settings(max_examples=20, deadline=None)
    def test_linear_attention_does_not_depend_on_its_chunks(self, q_len: int, hidden: int, group: int) -> None:
        causal = assay.Semantics(kind="linear", mask="causal")
        workload = self.workload(causal, q_len, hidden, group)
        check(PLUGINS["linear"], workload)

    def workload(self, semantics: assay.Semantics, q_len: int, hidden: int, group: int) -> assay.Workload:
        return assay.Workload(
            level="core",
            batch=1,
            q_len=q_len,
            kv_len=q_len + hidden,
            q_heads=2 * group,
            kv_heads=2,
            d_qk=3,
            d_v=3,
            d_model=6 * group,
            semantics=semantics,
        )

    def agree(
        self, names: list[str], other: str, semantics: assay.Semantics, q_len: int, hidden: int, group: int
    ) -> None:
        workload = self.workload(semantics, q_len, hidden, group)
        with torch.inference_mode():
            tensors = make_inputs(workload, None, 0).tensors
            expected = PLUGINS[other].build(workload, None)(*tensors)
            for name in names:
                assert PLUGINS[name].unsupported(workload) is None
                torch.testing.assert_close(PLUGINS[name].build(workload, None)(*tensors), expected)
