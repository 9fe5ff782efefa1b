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

from assay.attention.fresh_values import MOST_ROWS, FreshValues
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
BATCHES = st.lists(st.tuples(st.integers(0, 2**48), st.integers(1, 4 * MOST_ROWS)), min_size=1, max_size=3)


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
    for call in fresh.calls(lambda: None, iterations):
        call()
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
        batch = list(worker.calls(lambda: None, iterations))
        for call in batch[: asked + 1]:
            call()
        judge.at(seed, iterations, asked)
        assert all(map(torch.equal, all_of(*ours), all_of(*theirs)))
        worker.check_unchanged()
        for call in batch[asked + 1 :]:
            call()


@BY_ID
def test_other_runs_and_other_batches_have_other_values(workload: Workload) -> None:
    def last(seed: int, iterations: int, run: int) -> list[Tensor]:
        return list(calls(workload, seed, iterations, run))[-1][0]

    def same(one: list[Tensor], other: list[Tensor]) -> bool:
        return all(map(torch.equal, one, other))

    first = last(7, 5, 0)
    assert same(first, last(7, 5, 0))
    assert not same(first, last(8, 5, 0))
    assert not same(first, last(7, 4, 0))
    assert not same(first, last(7, 5, 1))


@BY_ID
def test_hardly_any_call_has_the_values_of_another(workload: Workload) -> None:
    """Nor one of another batch: what a step remembers of an earlier call is wrong in the next."""
    seen: set[bytes] = set()
    for seed in range(12):
        for values, _ in calls(workload, seed, MOST_ROWS):
            moving = [tensor.reshape(-1).view(torch.uint8) for tensor in values]
            seen.add(bytes(torch.cat(moving).tolist()))
    assert len(seen) >= 0.95 * 12 * MOST_ROWS


@pytest.mark.parametrize(("iterations", "every"), [(12, 1), (13, 2), (24, 2), (25, 3), (40, 4)])
def test_of_many_calls_some_have_the_values_of_the_one_before(iterations: int, every: int) -> None:
    """Twelve rows are written at most; the first call of a batch has one already."""
    before, changed = None, []
    for number, (values, _) in enumerate(calls(CAUSAL, 3, iterations)):
        if before is None or not all(map(torch.equal, values, before)):
            changed.append(number)
        before = values
    assert changed == list(range(0, iterations, every))


def test_one_row_of_one_tensor_changes_at_a_time_and_each_in_turn() -> None:
    before, places = None, []
    for values, _ in calls(CAUSAL, 3, 7):
        if before is not None:
            changed = [(old != new).any(dim=-1).any(dim=0).any(dim=0) for old, new in zip(before, values, strict=True)]
            assert sum(int(rows.sum()) for rows in changed) == 1
            places.append(next(number for number, rows in enumerate(changed) if rows.any()))
        before = values
    assert places == [1, 2, 0, 1, 2, 0]


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
    @pytest.mark.parametrize("calls_before", [0, 1, 70])
    def test_a_write_in_place_is_noticed(self, which: int, calls_before: int) -> None:
        """Also one that leaves the values as they were, as a step that restores them does."""
        workload = replace(CAUSAL, phase="fwd_bwd")
        inputs, upstream = made(workload)
        fresh = FreshValues(workload, inputs, upstream, 0)
        fresh.begin(3, 100)
        for call in itertools.islice(fresh.calls(lambda: None, 100), calls_before):
            call()
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


def test_calls_of_a_batch_are_as_many_and_give_what_the_step_gives() -> None:
    inputs, upstream = made(CAUSAL)
    fresh = FreshValues(CAUSAL, inputs, upstream, 0)
    for iterations in (1, 12, 13, 100):
        fresh.begin(3, iterations)
        given = iter(range(iterations))
        assert [call() for call in fresh.calls(lambda: next(given), iterations)] == list(range(iterations))  # noqa: B023


def test_the_query_that_is_new_is_known() -> None:
    before, inputs = None, made(CAUSAL)[0]
    fresh = FreshValues(CAUSAL, inputs, None, 0)
    for call in range(9):
        fresh.at(3, 9, call)
        q = inputs.tensors[0].clone()
        if before is not None:
            changed = (q != before).any(dim=-1).any(dim=0).any(dim=0).nonzero().flatten().tolist()
            assert changed == ([] if fresh.query is None else [fresh.query])
        before = q
