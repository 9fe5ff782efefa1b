"""The reference: attention by its definition, against PyTorch's own and against loops in plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from assay.attention.inputs import Inputs, convert_weights, make_inputs, make_weights
from assay.attention.reference import attend, chunks, looked_at, slopes, visible
from assay.records.semantics import Semantics
from assay.records.workload import Workload

Vector = list[float]
PLAIN = Workload(level="core", batch=2, q_len=6, kv_len=9, q_heads=4, kv_heads=2, d_qk=6, d_v=5, d_model=24)
LABELS = ["full", "causal", "window3", "prefix4", "causal+alibi", "full+alibi", "window3+rope", "full+rope", "prefix2"]


def exact(workload: Workload, trial: int = 0) -> Inputs:
    return make_inputs(workload, None, trial).map(Tensor.double)


def same(found: Tensor, wanted: Tensor) -> None:
    torch.testing.assert_close(found, wanted, rtol=0.0, atol=1e-12)


def sees(semantics: Semantics, own: int, key: int) -> bool:
    """Whether the query at position `own` sees a key, in words of the docstring of `Semantics`."""
    if semantics.mask == "causal":
        return key <= own
    if semantics.mask == "window":
        return own - semantics.reach < key <= own
    if semantics.mask == "prefix":
        return key <= own or key < semantics.reach
    return True


def turned(vector: Vector, position: int) -> Vector:
    """Rotary positions, by complex numbers."""
    half = len(vector) // 2
    numbers = [complex(vector[i], vector[i + half]) for i in range(half)]
    angles = [position * 10_000 ** (-2 * i / len(vector)) for i in range(half)]
    found = [number * complex(math.cos(angle), math.sin(angle)) for number, angle in zip(numbers, angles, strict=True)]
    return [number.real for number in found] + [number.imag for number in found]


def one_query(
    semantics: Semantics, query: Vector, keys: list[Vector], values: list[Vector], own: int, slope: float
) -> Vector:
    """Softmax attention of one query of one head at position `own`."""
    scores = []
    for position, key in enumerate(keys):
        left, right = (turned(query, own), turned(key, position)) if semantics.bias == "rope" else (query, key)
        score = sum(a * b for a, b in zip(left, right, strict=True)) / math.sqrt(len(query))
        scores.append(score - slope * abs(own - position))
    shares = [math.exp(score) if sees(semantics, own, position) else 0.0 for position, score in enumerate(scores)]
    return [
        sum(share * value[i] for share, value in zip(shares, values, strict=True)) / sum(shares)
        for i in range(len(values[0]))
    ]


def slowly(workload: Workload, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Softmax attention, number by number."""
    group, before = workload.q_heads // workload.kv_heads, workload.kv_len - workload.q_len
    alibi = workload.semantics.bias == "alibi"
    return torch.tensor(
        [
            [
                [
                    one_query(
                        workload.semantics,
                        query,
                        k[item, head // group].tolist(),
                        v[item, head // group].tolist(),
                        before + row,
                        2 ** (-8 * (head + 1) / workload.q_heads) if alibi else 0.0,
                    )
                    for row, query in enumerate(q[item, head].tolist())
                ]
                for head in range(workload.q_heads)
            ]
            for item in range(workload.batch)
        ],
        dtype=torch.float64,
    )


class TestAgainstPyTorch:
    @pytest.mark.parametrize("kv_heads", [4, 2, 1], ids=["heads", "grouped", "multi-query"])
    def test_without_mask(self, kv_heads: int) -> None:
        workload = replace(PLAIN, kv_heads=kv_heads)
        inputs = exact(workload)
        same(attend(workload, inputs, None), scaled_dot_product_attention(*inputs.tensors, enable_gqa=True))

    def test_causal(self) -> None:
        workload = replace(PLAIN, kv_len=6, kv_heads=4, semantics=Semantics(mask="causal"))
        inputs = exact(workload)
        same(attend(workload, inputs, None), scaled_dot_product_attention(*inputs.tensors, is_causal=True))

    @pytest.mark.parametrize("label", ["causal", "window1", "window3", "prefix4"])
    def test_with_a_mask_aligned_at_the_last_key(self, label: str) -> None:
        workload = replace(PLAIN, semantics=Semantics.parse(label))
        mask = torch.tensor([[sees(workload.semantics, 3 + row, key) for key in range(9)] for row in range(6)])
        assert torch.equal(visible(workload, torch.arange(6)), mask[None, None])
        inputs = exact(workload)
        wanted = scaled_dot_product_attention(*inputs.tensors, attn_mask=mask, enable_gqa=True)
        same(attend(workload, inputs, None), wanted)

    def test_of_padded_items_the_valid_part_is_attention_of_the_shorter_text(self) -> None:
        workload = replace(PLAIN, batch=3, q_len=9, semantics=Semantics(mask="padding"))
        inputs = exact(workload)
        found = attend(workload, inputs, None)
        assert inputs.lengths is not None
        assert inputs.lengths.tolist() == list(workload.lengths) == [3, 6, 9]
        for item, length in enumerate(workload.lengths):
            q, k, v = (tensor[item : item + 1, :, :length] for tensor in inputs.tensors[:3])
            same(found[item : item + 1, :, :length], scaled_dot_product_attention(q, k, v, enable_gqa=True))
        seen = looked_at(workload, torch.arange(9))
        assert seen.sum(dim=1).tolist() == [3, 6, 9]

    def test_weightless(self) -> None:
        workload = Workload.self_attention("core", batch=2, length=7, d_model=5, semantics=Semantics(kind="weightless"))
        inputs = exact(workload)
        same(attend(workload, inputs, None), scaled_dot_product_attention(*inputs.tensors, scale=1.0))


class TestAgainstLoops:
    @pytest.mark.long
    @given(
        label=st.sampled_from(LABELS),
        queries=st.integers(1, 5),
        past=st.integers(0, 3),
        kv_heads=st.integers(1, 2),
        group=st.integers(1, 2),
        width=st.sampled_from([2, 4, 6]),
    )
    def test_softmax_with_every_mask_and_bias(
        self, label: str, queries: int, past: int, kv_heads: int, group: int, width: int
    ) -> None:
        workload = Workload(
            level="core", batch=1, q_len=queries, kv_len=queries + past, q_heads=kv_heads * group, kv_heads=kv_heads,
            d_qk=width, d_v=3, d_model=1, semantics=Semantics.parse(label),
        )  # fmt: skip
        inputs = exact(workload)
        same(attend(workload, inputs, None), slowly(workload, *inputs.tensors))

    @pytest.mark.parametrize("mask", ["none", "causal"])
    @pytest.mark.parametrize("queries", [9, 4])
    def test_linear_attention_is_a_recurrent_network(self, mask: str, queries: int) -> None:
        """Katharopoulos et al. 2020, equations 16 to 20: a state and a normaliser that every key adds to."""
        workload = replace(
            PLAIN, q_len=queries, semantics=Semantics.parse({"none": "linear", "causal": "linear+causal"}[mask])
        )
        inputs = exact(workload)
        q, k, v = inputs.tensors
        wanted = torch.zeros(2, 4, queries, 5, dtype=torch.float64)
        for item in range(2):
            for head in range(4):
                state, total = torch.zeros(6, 5, dtype=torch.float64), torch.zeros(6, dtype=torch.float64)
                states = []
                for key, value in zip(k[item, head // 2], v[item, head // 2], strict=True):
                    state, total = state + torch.outer(positive(key), value), total + positive(key)
                    states.append((state, total))
                for row in range(queries):
                    state, total = states[9 - queries + row] if mask == "causal" else states[-1]
                    query = positive(q[item, head, row])
                    wanted[item, head, row] = query @ state / (query @ total)
        same(attend(workload, inputs, None), wanted)


def positive(x: Tensor) -> Tensor:
    """elu(x) + 1."""
    return torch.where(x > 0, x + 1, x.exp())


def published(heads: int) -> list[float]:
    """The slopes as the authors' code makes them, and that of BLOOM and MPT."""

    def of_power(power: int) -> list[float]:
        start = 2 ** (-(2 ** -(math.log2(power) - 3)))
        return [start * start**i for i in range(power)]

    closest = 2 ** math.floor(math.log2(heads))
    if closest == heads:
        return of_power(heads)
    return of_power(closest) + published(2 * closest)[0::2][: heads - closest]


class TestSlopes:
    @pytest.mark.parametrize("heads", range(1, 41))
    def test_are_those_that_are_published(self, heads: int) -> None:
        assert slopes(heads).tolist() == pytest.approx(published(heads))

    def test_of_twelve_heads(self) -> None:
        powers = [1, 2, 3, 4, 5, 6, 7, 8, 0.5, 1.5, 2.5, 3.5]
        assert slopes(12).tolist() == pytest.approx([2.0**-power for power in powers])

    def test_they_are_what_is_subtracted(self) -> None:
        """Keys that are all 0 leave only the distances: the weights are those of softmax(-slope * distance)."""
        workload = replace(
            PLAIN, q_heads=3, kv_heads=3, q_len=4, kv_len=4, d_v=4, semantics=Semantics.parse("full+alibi")
        )
        q, k, v = exact(workload).tensors
        values = torch.eye(4, dtype=torch.float64).expand_as(v)
        found = attend(workload, Inputs(tensors=(q, torch.zeros_like(k), values)), None)
        for head, slope in enumerate([2.0**-4, 2.0**-8, 2.0**-2]):
            raw = [[math.exp(-slope * abs(i - j)) for j in range(4)] for i in range(4)]
            wanted = [[value / sum(row) for value in row] for row in raw]
            same(found[0, head], torch.tensor(wanted, dtype=torch.float64))


class TestLevels:
    @pytest.mark.parametrize("label", ["full", "causal", "causal+rope", "window2+alibi"])
    def test_a_module_projects_attends_head_by_head_and_projects(self, label: str) -> None:
        workload = replace(PLAIN, level="module", q_len=6, kv_len=6, d_model=7, semantics=Semantics.parse(label))
        weights, inputs = convert_weights(make_weights(workload), Tensor.double), exact(workload)
        (x,) = inputs.tensors
        q, k = (
            torch.stack([x @ w[:, 6 * head : 6 * head + 6] for head in range(heads)], dim=1)
            for w, heads in ((weights.wq, 4), (weights.wk, 2))
        )
        v = torch.stack([x @ weights.wv[:, 5 * head : 5 * head + 5] for head in range(2)], dim=1)
        heads = slowly(workload, q, k, v)
        joined = torch.cat([heads[:, head] for head in range(4)], dim=-1)
        same(attend(workload, inputs, weights), joined @ weights.wo)
        half = replace(workload, level="qkv")
        same(attend(half, inputs, replace(weights, wo=None)), joined)

    @pytest.mark.parametrize("queries", [1, 3])
    @pytest.mark.parametrize("label", ["causal", "causal+rope", "causal+alibi", "window3", "linear+causal"])
    def test_decoding_gives_the_last_rows_of_the_module(self, label: str, queries: int) -> None:
        module = replace(PLAIN, level="module", q_len=9, d_model=7, semantics=Semantics.parse(label))
        decode = replace(module, level="decode", q_len=queries)
        inputs, weights = exact(decode), convert_weights(make_weights(decode), Tensor.double)
        assert inputs.past is not None
        assert inputs.past.shape == (2, 9 - queries, 7)
        everything = Inputs(tensors=(torch.cat([inputs.past, *inputs.tensors], dim=1),))
        same(attend(decode, inputs, weights), attend(module, everything, weights)[:, -queries:])


class TestRows:
    @pytest.mark.long
    @given(
        label=st.sampled_from([*LABELS, "linear+causal", "linear"]),
        rows=st.lists(st.integers(0, 5), min_size=1, max_size=8),
    )
    def test_those_asked_for_are_those_of_the_whole(self, label: str, rows: list[int]) -> None:
        workload = replace(PLAIN, semantics=Semantics.parse(label))
        inputs = exact(workload)
        wanted = attend(workload, inputs, None)[:, :, rows]
        same(attend(workload, inputs, None, torch.tensor(rows)), wanted)

    def test_of_a_module_they_stand_in_the_place_of_the_queries(self) -> None:
        workload = replace(PLAIN, level="module", q_len=9, semantics=Semantics(mask="causal"))
        inputs, weights = exact(workload), convert_weights(make_weights(workload), Tensor.double)
        wanted = attend(workload, inputs, weights)[:, [8, 2]]
        same(attend(workload, inputs, weights, torch.tensor([8, 2])), wanted)

    @pytest.mark.parametrize("label", ["causal", "causal+alibi", "window3+rope", "linear+causal"])
    def test_parts_are_put_together(self, label: str, monkeypatch: pytest.MonkeyPatch) -> None:
        workload = replace(PLAIN, semantics=Semantics.parse(label))
        inputs = exact(workload)
        whole = attend(workload, inputs, None)
        monkeypatch.setattr("assay.attention.reference.CHUNK", 2 * 4 * 9 * 2)
        assert [len(part) for part in chunks(workload, torch.arange(6))] == [2, 2, 2]
        same(attend(workload, inputs, None), whole)


@pytest.mark.parametrize("label", ["causal", "window2", "linear+causal"])
def test_a_query_that_sees_no_key_gives_nan_and_is_not_looked_at(label: str) -> None:
    workload = replace(PLAIN, q_len=6, kv_len=4, semantics=Semantics.parse(label))
    found = attend(workload, exact(workload), None)
    assert found[:, :, :2].isnan().all()
    assert not found[:, :, 2:].isnan().any()
    assert looked_at(workload, torch.arange(6)).tolist() == [[False] * 2 + [True] * 4]


@pytest.mark.parametrize("change", [Tensor.half, Tensor.bfloat16, Tensor.float])
def test_in_a_lower_precision_the_output_is_near_and_has_that_precision(change: Callable[[Tensor], Tensor]) -> None:
    inputs = make_inputs(PLAIN, None, 0)
    low = attend(PLAIN, inputs.map(change), None)
    assert low.dtype == change(inputs.tensors[0]).dtype
    wanted = attend(PLAIN, inputs.map(change).map(Tensor.double), None)
    assert (low.double() - wanted).abs().max() <= 8 * torch.finfo(low.dtype).eps * wanted.abs().max()
