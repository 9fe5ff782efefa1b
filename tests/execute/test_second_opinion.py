"""What a worker claims against what the host saw: what is refused, and what a loaded machine must not have refused."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from assay.execute.case_run import CaseRun
from assay.execute.judge_slot import JudgeSlot
from assay.execute.second_opinion import (
    WorkerTimes,
    allowance_ns,
    between_fault,
    children_fault,
    clock_fault,
    compare_cores,
    compare_epoch,
    compare_limit,
)
from assay.execute.timed_operation import SeenBatch, TimedOperation
from assay.execute.worker.process import Worker
from assay.records.results import FRESH, AttentionCase, Metrics, ProbeTiming, Sample, Status, TokenizerCase
from assay.records.verdicts import Clock
from assay.records.workload import Workload

MS = 1_000_000
ALLOWANCE = 2 * MS


def batch(claimed: float, seen: float, wall: tuple[float, float] | None = None, *, read: bool = True) -> SeenBatch:
    """A batch by CPU time in milliseconds, claimed and seen, and perhaps by other wall times."""
    walls = wall or (claimed, seen)
    sample = Sample(iterations=1, wall_ns=round(walls[0] * MS), cpu_ns=round(claimed * MS))
    return SeenBatch(sample, round(walls[1] * MS), round(seen * MS) if read else None)


class TestClock:
    def test_a_clock_at_a_tenth_is_refused_with_both_times(self) -> None:
        found = clock_fault([batch(5, 50.1)] * 4, ALLOWANCE, by_wall=False)
        assert found == "clock: its process claims 5.0 ms of CPU time a batch and the host saw 50.1 ms"

    @pytest.mark.parametrize(("seen", "granted"), [(5.0, True), (7.4, True), (7.6, False)])
    def test_a_tenth_and_the_allowance_are_granted(self, seen: float, granted: bool) -> None:
        assert (clock_fault([batch(5, seen)] * 4, ALLOWANCE, by_wall=False) is None) is granted

    def test_one_batch_that_took_long_is_not_a_fault(self) -> None:
        assert clock_fault([batch(5, 5.3), batch(5, 300), batch(5, 5.4)], ALLOWANCE, by_wall=False) is None

    def test_waiting_for_a_core_is_not_a_fault(self) -> None:
        loaded = [batch(5, 5.3, wall=(40, 900))] * 4
        assert clock_fault(loaded, ALLOWANCE, by_wall=False) is None

    def test_one_that_waits_is_judged_by_the_wall_time_that_agrees_best(self) -> None:
        sleeper = [batch(0.01, 0.4, wall=(100, wall)) for wall in (800, 103, 400)]
        assert clock_fault(sleeper, ALLOWANCE, by_wall=False) is None
        slowed = [batch(0.01, 0.4, wall=(10, wall)) for wall in (800, 103, 400)]
        assert clock_fault(slowed, ALLOWANCE, by_wall=False) == (
            "clock: its process claims 10.0 ms a batch and the host saw 103.0 ms"
        )

    def test_several_threads_are_judged_by_both(self) -> None:
        threads = [batch(10, 10.4, wall=(0.5, 30))] * 4
        assert clock_fault(threads, ALLOWANCE, by_wall=False) is None
        assert clock_fault(threads, ALLOWANCE, by_wall=True) is not None

    def test_where_the_cpu_time_cannot_be_read_the_wall_time_is_left(self) -> None:
        assert clock_fault([batch(5, 9, read=False)] * 4, ALLOWANCE, by_wall=False) is None
        assert clock_fault([batch(5, 50, read=False)] * 4, ALLOWANCE, by_wall=False) is not None

    def test_nothing_sampled_is_nothing_wrong(self) -> None:
        assert clock_fault([], ALLOWANCE, by_wall=False) is None


def test_work_after_the_answer_is_refused() -> None:
    batches = [batch(5, 5.3)] * 100
    assert between_fault(batches, (530 + 40) * MS) is None
    assert between_fault(batches, 1_530 * MS) == (
        "clock: its process spent 1.0 s of CPU time after calls returned, which nobody counts"
    )


def test_work_in_other_processes_is_refused() -> None:
    batches = [batch(5, 5.3)] * 200
    assert children_fault(batches, 0.05, 1) is None
    assert children_fault(batches, 1.9, 1) == (
        "children: 1.9 s of CPU time in 1 other process(es), beside 1 s that its clock counts"
    )
    assert children_fault(batches[:4], 0.03, 1) is None  # three ticks of the system's clock
    assert children_fault(batches[:4], 0.04, 0) == (
        "children: 0.04 s of CPU time in other processes, which ended, beside 0.02 s that its clock counts"
    )


class Watched:
    """A worker whose times, seen from outside, are set."""

    def __init__(self, cpu_ms: float = 0.0, others_s: float = 0.0) -> None:
        self.cpu_ms, self.others_s = cpu_ms, others_s

    def cpu_ns(self) -> int:
        return round(self.cpu_ms * MS)

    def other_cpu_seconds(self) -> tuple[float, int]:
        return self.others_s, 1


def run(*seen: SeenBatch, worker: Watched | None = None, device: str = "cpu", clock: Clock = "cpu") -> CaseRun:
    workload = Workload.parse(f"core/fwd/causal/b1.h4.s256.d64/f32/{device}.t1")
    made = CaseRun(
        case=AttentionCase(attention="naive", workload=workload),
        worker=cast("Worker", worker or Watched()),
        on_death=lambda worker: None,
        judge=cast("JudgeSlot", None),
    )
    operation = TimedOperation(
        name="step", clock=clock, tokens=256, size=None, ask=lambda request: None, is_alive=lambda: True
    )
    operation.seen = list(seen)
    operation.samples = [each.claimed for each in seen]
    made.operations = [operation]
    return made


BEGIN = WorkerTimes(0, 0.0, 0)


@pytest.mark.parametrize(
    ("seen", "worker", "reason"),
    [
        (batch(5, 50), Watched(500), "clock: its process claims 5.0 ms of CPU time a batch and the host saw 50.0 ms"),
        (batch(5, 5.3), Watched(3_000), "clock: its process spent 2.9 s of CPU time after calls returned"),
        (batch(5, 5.3), Watched(60, 0.5), "children: 0.5 s of CPU time in 1 other process(es)"),
    ],
)
def test_what_does_not_agree_fails_the_case(seen: SeenBatch, worker: Watched, reason: str) -> None:
    item = run(*[seen] * 10, worker=worker)
    compare_epoch(item, BEGIN, 1)
    assert item.ended is not None
    assert item.ended.status is Status.FAILED
    assert (item.ended.reason or "").startswith(reason)
    assert not item.ended.timings


def test_what_agrees_goes_on() -> None:
    item = run(*[batch(5, 5.4)] * 10, worker=Watched(60, 0.02))
    compare_epoch(item, BEGIN, 1)
    assert item.ended is None


def test_a_gpu_has_a_clock_of_its_own() -> None:
    item = run(*[batch(5, 50)] * 10, device="cuda:0", clock="wall")
    compare_epoch(item, BEGIN, 1)
    assert item.ended is None


def test_the_allowance_grows_with_what_is_done_outside_the_clock() -> None:
    """Measured: 2 ms for 56 outputs of 20,479 ids; 1.4 ms for an attention of 33 MB."""
    attention = run()
    assert allowance_ns(attention, attention.operations[0]) == pytest.approx(2.72 * MS, rel=0.01)
    attention.operations[0].iterations = 1000
    assert allowance_ns(attention, attention.operations[0]) > 5 * MS
    case = TokenizerCase(tokenizer="bytes", corpus="the-verdict")
    tokenizer = CaseRun(
        case=case, worker=cast("Worker", Watched()), on_death=lambda worker: None, judge=cast("JudgeSlot", None)
    )
    tokenizer.metrics = Metrics(documents=1)
    encode = TimedOperation(
        name="encode", clock="cpu", tokens=20_479, size=20_479, ask=lambda request: None, is_alive=lambda: True
    )
    encode.iterations = 56
    assert allowance_ns(tokenizer, encode) > 10 * MS
    fresh = replace(encode, name=FRESH)
    made = allowance_ns(tokenizer, fresh) - allowance_ns(tokenizer, encode)
    assert made == pytest.approx(56 * (40_000 + 40 * 20_479))
    decode = replace(encode, name="decode", seen=[batch(7, 7)] * 3)
    tokenizer.operations = [encode, decode, fresh]
    assert allowance_ns(tokenizer, fresh) - allowance_ns(tokenizer, encode) == pytest.approx(made + 7 * MS)


@pytest.mark.parametrize(
    ("cpu", "threads", "clock", "offered", "refused"),
    [
        (1.9, 1, "wall", "cpu", True),
        (1.2, 1, "wall", "cpu", False),
        (1.9, 1, "cpu", "cpu", False),  # its CPU time counts all threads
        (1.9, 2, "wall", "cpu", False),
        (1.9, 1, "wall", "wall", False),  # a batch on two threads
        (3.9, 2, "wall", "wall", True),
    ],
)
def test_cores_that_were_not_granted(cpu: float, threads: int, clock: Clock, offered: Clock, refused: bool) -> None:
    item = run(*[batch(10 * cpu, 0, wall=(10, 0))] * 5, clock=clock)
    compare_cores(item, [offered], threads)
    assert (item.ended is not None) is refused
    if item.ended is not None and threads == 1:
        assert item.ended.reason == "cores: it used 1.9 cores where 1 was granted"


def test_what_is_faster_than_the_machine_fails() -> None:
    item, probe = run(*[batch(5, 5.3)] * 5), batch(5, 5).claimed
    copies = [ProbeTiming(group="g", name="own-copy", work=work, samples=(probe,)) for work in (10**6, 10**3)]
    compare_limit(item, copies[:1])
    assert item.ended is None
    compare_limit(item, copies[1:])
    assert item.ended is not None
    assert (item.ended.reason or "").startswith("limit: faster than this machine can: ")


@pytest.mark.parametrize(("fresh_ms", "refused"), [(100, False), (0.001, True)])
def test_the_same_text_again_may_be_faster_than_the_machine_where_fresh_text_is_not(
    fresh_ms: float, refused: bool
) -> None:
    def operation(name: str, milliseconds: float) -> TimedOperation:
        samples = [batch(milliseconds, milliseconds).claimed] * 5
        return TimedOperation(
            name=name, clock="cpu", tokens=9, size=10**6, ask=lambda _: None, is_alive=lambda: True, samples=samples
        )

    case = TokenizerCase(tokenizer="memo", corpus="the-verdict")
    item = CaseRun(case=case, worker=cast("Worker", Watched()), on_death=lambda _: None, judge=cast("JudgeSlot", None))
    item.operations = [operation("encode", 0.001), operation(FRESH, fresh_ms)]
    compare_limit(item, [ProbeTiming(group="g", name="copy", work=10**6, samples=(batch(5, 5).claimed,))])
    assert (item.ended is not None) is refused
