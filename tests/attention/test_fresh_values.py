"""Fresh values: a judge makes the inputs of any call again, and no call has those of another."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from assay.attention.fresh_values import MOST_MOVES, MOST_PARTS, FreshValues, part_sizes
from assay.attention.inputs import Inputs, make_inputs, make_upstream
from assay.errors import WrongOutput
from assay.records.workload import Workload

IDS = (
    "core/fwd/causal/b2.h2.s9.d4/f32/cpu.t1",
    "core/bwd/causal/b1.h4:2.s5:8.d4:3/f32/cpu.t1",
    "core/fwd_bwd/full/b2.h2.s6.d4/bf16/cpu.t1",
    "core/fwd/padding/b3.h2.s6.d4/f32/cpu.t1",
    "core/fwd_bwd/padding/b3.h2.s6.d4/f16/cpu.t1",
    "core/bwd/padding/b2.h4.s7.d16/f32/cpu.t1",
    "core/fwd/weightless/b1.h1.s6.d5/f32/cpu.t1",
    "qkv/fwd/full/b2.h2.s6.d4.m8/f32/cpu.t1",
    "decode/fwd/causal/b2.h4.s1:9.d16.m64/f32/cpu.t1",
)
WORKLOADS = [Workload.parse(text) for text in IDS]
CAUSAL, PADDED = WORKLOADS[0], WORKLOADS[4]
BY_ID = pytest.mark.parametrize("workload", WORKLOADS, ids=IDS)
BATCHES = st.lists(st.tuples(st.integers(0, 2**48), st.integers(1, 4 * MOST_PARTS)), min_size=1, max_size=3)


def made(workload: Workload, seed: int = 0) -> tuple[Inputs, Tensor | None]:
    inputs = make_inputs(workload, None, 4, seed)
    return inputs, None if workload.phase == "fwd" else make_upstream(workload, 4, seed, inputs.lengths)


def all_of(inputs: Inputs, upstream: Tensor | None) -> list[Tensor]:
    return [*inputs.tensors, *(tensor for tensor in (inputs.past, upstream) if tensor is not None)]


def calls(workload: Workload, seed: int, iterations: int, run: int = 0) -> Iterator[tuple[list[Tensor], Inputs]]:
    """The values of each call of a batch."""
    inputs, upstream = made(workload)
    fresh = FreshValues(workload, inputs, upstream, run)
    fresh.begin(seed, iterations)
    for size in part_sizes(iterations):
        fresh.prepare()
        for _ in range(size):
            yield [tensor.clone() for tensor in all_of(inputs, upstream)], inputs


@given(
    workload=st.sampled_from(WORKLOADS),
    run=st.integers(0, 2**33),
    batches=BATCHES,
    which=st.randoms(use_true_random=False),
)
def test_a_judges_copy_goes_through_the_same_values(
    workload: Workload, run: int, batches: list[tuple[int, int]], which: random.Random
) -> None:
    """The judge goes to one call of some batches; the process that runs them all went through every one."""
    ours, theirs = made(workload), made(workload)
    worker, judge = FreshValues(workload, *ours, run), FreshValues(workload, *theirs, run)
    for seed, iterations in batches:
        asked = which.randrange(iterations)
        worker.begin(seed, iterations)
        call = 0
        for size in part_sizes(iterations):
            worker.prepare()
            if call <= asked < call + size:
                judge.at(seed, iterations, asked)
                assert all(map(torch.equal, all_of(*ours), all_of(*theirs)))
            call += size
        worker.check_unchanged()


@BY_ID
def test_other_runs_and_other_batches_have_other_values(workload: Workload) -> None:
    def last(seed: int, iterations: int, run: int) -> list[Tensor]:
        return list(calls(workload, seed, iterations, run))[-1][0]

    def same(one: list[Tensor], other: list[Tensor]) -> bool:
        return all(map(torch.equal, one, other))

    first = last(7, 5, 0)
    assert same(first, last(7, 5, 0))
    assert not same(first, last(8, 5, 0))
    assert not same(first, last(7, 5, 1))


@BY_ID
def test_hardly_any_call_has_the_values_of_another(workload: Workload) -> None:
    """Nor one of another batch: what a step remembers of an earlier call is wrong in the next."""
    seen: set[bytes] = set()
    for seed in range(12):
        for values, _ in calls(workload, seed, MOST_PARTS):
            moving = [tensor.reshape(-1).view(torch.uint8) for tensor in values]
            seen.add(bytes(torch.cat(moving).tolist()))
    assert len(seen) >= 0.95 * 12 * MOST_PARTS


@pytest.mark.parametrize(
    ("iterations", "sizes"), [(1, [1]), (12, [1] * 12), (13, [2, *[1] * 11]), (30, [3] * 6 + [2] * 6)]
)
def test_a_batch_has_twelve_parts_at_most(iterations: int, sizes: list[int]) -> None:
    assert part_sizes(iterations) == sizes


def test_calls_of_one_part_have_the_same_values_and_others_not() -> None:
    values = [found for found, _ in calls(CAUSAL, 3, 30)]
    same = [all(map(torch.equal, one, other)) for one, other in itertools.pairwise(values)]
    assert [number + 1 for number, equal in enumerate(same) if not equal] == [3, 6, 9, 12, 15, 18, 20, 22, 24, 26, 28]


@pytest.mark.parametrize("iterations", [1, 5, 12, 100])
def test_all_values_move_five_times_at_most_and_else_one_row_of_each_tensor(iterations: int) -> None:
    moved, before = 0, None
    for values, _ in calls(CAUSAL, 3, iterations):
        if before is not None and not all(map(torch.equal, before, values)):
            changed = [(old != new).any(dim=-1).any(dim=0).any(dim=0) for old, new in zip(before, values, strict=True)]
            rows = [int(one.sum()) for one in changed]
            assert rows in ([1, 1, 1], [CAUSAL.q_len, CAUSAL.kv_len, CAUSAL.kv_len])
            moved += rows != [1, 1, 1]
        before = values
    assert moved == min(len(part_sizes(iterations)), MOST_MOVES if iterations <= MOST_MOVES else 4) - 1


@BY_ID
def test_values_are_those_that_were_drawn(workload: Workload) -> None:
    """So that they are as large as before, and no kernel meets others than it was judged on."""
    inputs, upstream = made(workload)
    known = [set(tensor.flatten().tolist()) for tensor in all_of(inputs, upstream)]
    signs = [set((-tensor).flatten().tolist()) for tensor in all_of(inputs, upstream)]
    for values, _ in calls(workload, 5, 9):
        for found, own, turned in zip(values, known, signs, strict=True):
            assert set(found.flatten().tolist()) <= own | turned


@pytest.mark.parametrize("workload", [one for one in WORKLOADS if one.phase == "bwd"], ids=lambda one: one.id)
def test_in_phase_bwd_only_the_upstream_gradient_changes(workload: Workload) -> None:
    inputs, upstream = made(workload)
    assert upstream is not None
    for values, _ in calls(workload, 5, 9):
        *others, moved = values
        assert all(map(torch.equal, others, inputs.tensors))
        assert not torch.equal(moved, upstream)


@pytest.mark.parametrize("phase", ["bwd", "fwd_bwd"])
def test_padded_rows_of_the_upstream_gradient_stay_zero(phase: str) -> None:
    workload = replace(PADDED, phase=phase)
    lengths = made(workload)[0].lengths
    assert lengths is not None
    padded = torch.arange(workload.q_len) >= lengths[:, None]
    assert padded.any()
    for seed in range(5):
        for values, _ in calls(workload, seed, 120):
            rows = values[-1].abs().amax(dim=-1)
            assert not rows[padded[:, None].expand_as(rows)].any()
            assert rows[~padded[:, None].expand_as(rows)].all()


@BY_ID
def test_tensors_stay_where_they_are_and_lengths_and_pasts_as_they_are(workload: Workload) -> None:
    inputs, upstream = made(workload)
    places = [tensor.data_ptr() for tensor in all_of(inputs, upstream)]
    kept = [tensor.clone() for tensor in (inputs.lengths, inputs.past) if tensor is not None]
    fresh = FreshValues(workload, inputs, upstream, 0)
    fresh.at(3, 60, 59)
    assert [tensor.data_ptr() for tensor in all_of(inputs, upstream)] == places
    assert all(map(torch.equal, kept, [one for one in (inputs.lengths, inputs.past) if one is not None]))


class TestUnchanged:
    @pytest.mark.parametrize("which", [0, 1, 2, 3])
    @pytest.mark.parametrize("parts_before", [0, 1, 7])
    def test_a_write_in_place_is_noticed(self, which: int, parts_before: int) -> None:
        """Also one that leaves the values as they were, as a step that restores them does."""
        workload = replace(CAUSAL, phase="fwd_bwd")
        inputs, upstream = made(workload)
        fresh = FreshValues(workload, inputs, upstream, 0)
        fresh.begin(3, 100)
        for _ in range(parts_before):
            fresh.prepare()
        fresh.check_unchanged()
        all_of(inputs, upstream)[which].add_(0.0)
        with pytest.raises(WrongOutput, match=r"^inputs: the inputs were changed while it was timed"):
            fresh.check_unchanged()

    def test_what_was_written_is_written_over_with_the_next_batch(self) -> None:
        inputs, upstream = made(CAUSAL)
        fresh = FreshValues(CAUSAL, inputs, upstream, 0)
        fresh.at(3, 5, 2)
        wanted = [tensor.clone() for tensor in inputs.tensors]
        for tensor in inputs.tensors:
            tensor.zero_()
        fresh.at(3, 5, 2)
        fresh.check_unchanged()
        assert all(map(torch.equal, inputs.tensors, wanted))


def test_the_query_that_is_new_is_known() -> None:
    before, inputs = None, made(CAUSAL)[0]
    fresh = FreshValues(CAUSAL, inputs, None, 0)
    for call in range(12):
        fresh.at(3, 12, call)
        q = inputs.tensors[0].clone()
        if before is not None:
            changed = (q != before).any(dim=-1).any(dim=0).any(dim=0).nonzero().flatten().tolist()
            assert fresh.query in changed
            assert len(changed) in (1, CAUSAL.q_len)
        before = q
