"""Semantics: the grammar of their labels, what makes no sense, and how many pairs of positions a mask leaves."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from assay.attention.reference import visible
from assay.records.semantics import REACHING, Bias, Kind, Mask, Semantics
from assay.records.workload import Workload

LENGTH = st.integers(1, 24)


@st.composite
def all_semantics(draw: st.DrawFn) -> Semantics:
    """Whatever is valid, with a dropout of four decimals, as one writes it."""
    kind: Kind = draw(st.sampled_from(["softmax", "weightless", "linear"]))
    softmax = kind == "softmax"
    masks: list[Mask] = ["none", "causal", *(("window", "prefix", "padding") if softmax else ())]
    biases: list[Bias] = ["none", *(("alibi", "rope") if softmax else ())]
    mask = draw(st.sampled_from(masks))
    return Semantics(
        kind=kind,
        mask=mask,
        reach=draw(st.integers(1, 10**6)) if mask in REACHING else 0,
        bias=draw(st.sampled_from(biases)),
        dropout=0.0 if kind == "linear" else draw(st.integers(0, 9999)) / 10_000,
    )


class TestLabel:
    @given(semantics=all_semantics())
    def test_is_read_as_what_it_was(self, semantics: Semantics) -> None:
        assert Semantics.parse(semantics.label) == semantics

    @given(one=all_semantics(), other=all_semantics())
    def test_two_that_differ_have_two(self, one: Semantics, other: Semantics) -> None:
        assert (one == other) == (one.label == other.label)

    @pytest.mark.parametrize(
        ("semantics", "label"),
        [
            (Semantics(), "full"),
            (Semantics(mask="causal"), "causal"),
            (Semantics(mask="window", reach=256, bias="alibi"), "window256+alibi"),
            (Semantics(mask="prefix", reach=8), "prefix8"),
            (Semantics(mask="padding"), "padding"),
            (Semantics(bias="rope"), "full+rope"),
            (Semantics(mask="causal", dropout=0.1), "causal+dropout0.1"),
            (Semantics(kind="weightless"), "weightless"),
            (Semantics(kind="linear", mask="causal"), "linear+causal"),
        ],
    )
    def test_examples(self, semantics: Semantics, label: str) -> None:
        assert semantics.label == label

    @pytest.mark.parametrize(
        ("label", "words"),
        [
            ("", "'' is no part of attention semantics"),
            ("casual", "'casual' is no part of attention semantics"),
            ("causal+", "'' is no part"),
            ("causal ", "'causal ' is no part"),
            ("window", "'window' is no part"),
            ("causal5", "'causal5' is no part"),
            ("rope2", "'rope2' is no part"),
            ("dropout", "'dropout' is no part"),
            ("causal+window5", "says 'window5' after another of its kind"),
            ("causal+causal", "says 'causal' after another of its kind"),
            ("linear+weightless", "says 'weightless' after another of its kind"),
            ("window0", "cannot have the reach 0"),
            ("causal+dropout1", r"dropout must lie in \[0, 1\)"),
            ("linear+dropout0.1", "linear attention has no weights to drop"),
            ("linear+alibi", "linear attention has no bias"),
            ("weightless+window5", "no mask but a causal one"),
            ("softmax", "'softmax' is written 'full'"),
            ("weightless+full", "is written 'weightless'"),
            ("alibi+causal", "is written 'causal\\+alibi'"),
            ("window05", "is written 'window5'"),
            ("causal+dropout0.10", "is written 'causal\\+dropout0.1'"),
            ("causal+dropout0", "is written 'causal'"),
        ],
    )
    def test_what_is_none_is_refused(self, label: str, words: str) -> None:
        with pytest.raises(ValueError, match=words):
            Semantics.parse(label)


class TestValidation:
    @pytest.mark.parametrize("mask", ["window", "prefix"])
    @pytest.mark.parametrize("reach", [0, -1])
    def test_a_reach_is_needed(self, mask: Mask, reach: int) -> None:
        with pytest.raises(ValueError, match=f"a mask {mask} cannot have the reach {reach}"):
            Semantics(mask=mask, reach=reach)

    @pytest.mark.parametrize("mask", ["none", "causal", "padding"])
    def test_no_other_mask_has_one(self, mask: Mask) -> None:
        with pytest.raises(ValueError, match="window and prefix have one"):
            Semantics(mask=mask, reach=3)

    @pytest.mark.parametrize("dropout", [-0.1, 1.0, 1.5, float("nan")])
    def test_dropout_is_a_share_below_one(self, dropout: float) -> None:
        with pytest.raises(ValueError, match=r"dropout must lie in \[0, 1\)"):
            Semantics(dropout=dropout)

    @pytest.mark.parametrize("kind", ["weightless", "linear"])
    def test_only_softmax_has_a_bias_or_a_mask_with_a_shape(self, kind: Kind) -> None:
        for wrong in (
            lambda: Semantics(kind=kind, bias="rope"),
            lambda: Semantics(kind=kind, mask="window", reach=2),
            lambda: Semantics(kind=kind, mask="padding"),
        ):
            with pytest.raises(ValueError, match=f"{kind} attention has no bias, and no mask but a causal one"):
                wrong()

    def test_nothing_changes_afterwards(self) -> None:
        with pytest.raises(dataclasses.FrozenInstanceError):
            Semantics().mask = "causal"  # type: ignore[misc]


def test_only_softmax_is_scaled() -> None:
    assert not Semantics().scale_is_one
    assert Semantics(kind="weightless").scale_is_one
    assert Semantics(kind="linear").scale_is_one


class TestPairs:
    @given(semantics=all_semantics(), queries=LENGTH, keys=LENGTH, reach=LENGTH)
    def test_are_those_that_the_reference_leaves_visible(
        self, semantics: Semantics, queries: int, keys: int, reach: int
    ) -> None:
        """Also with fewer keys than queries, whose first queries see none."""
        near = dataclasses.replace(semantics, reach=reach if semantics.mask in REACHING else 0)
        if near.mask == "padding" or near.kind == "weightless":
            queries = keys
        workload = Workload(
            level="core", batch=1, q_len=queries, kv_len=keys, q_heads=1, kv_heads=1, d_qk=2, d_v=2, d_model=2,
            semantics=near,
        )  # fmt: skip
        seen = visible(workload, torch.arange(queries))
        assert near.pairs(queries, keys) == int(seen.sum()) == workload.pairs

    @given(batch=st.integers(1, 9), length=LENGTH)
    def test_of_padding_are_squares_of_valid_lengths(self, batch: int, length: int) -> None:
        """A padded query sees keys of its item, but is not looked at and not counted."""
        workload = Workload.self_attention(
            "core", batch=batch, length=length, d_model=2, semantics=Semantics(mask="padding")
        )
        seen = visible(workload, torch.arange(length))
        valid = [int(item[0, :used].sum()) for item, used in zip(seen, workload.lengths, strict=True)]
        assert workload.pairs == sum(valid)

    def test_in_figures(self) -> None:
        assert Semantics(mask="causal").pairs(4, 4) == 4 * 5 // 2
        assert Semantics(mask="window", reach=2).pairs(4, 4) == 1 + 2 + 2 + 2
        assert Semantics(mask="prefix", reach=3).pairs(4, 4) == 3 + 3 + 3 + 4
        assert Semantics(mask="causal").pairs(1, 9) == 9


@given(batch=st.integers(1, 40), length=st.integers(1, 200))
def test_padding_grows_in_even_steps_to_the_full_length(batch: int, length: int) -> None:
    lengths = Workload.self_attention(
        "core", batch=batch, length=length, d_model=2, semantics=Semantics(mask="padding")
    ).lengths
    assert len(lengths) == batch
    assert lengths[-1] == length
    assert lengths[0] >= 1
    steps = [after - before for before, after in pairwise(lengths)]
    assert all(length // batch <= step <= -(-length // batch) for step in steps)
