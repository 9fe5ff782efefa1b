"""Batches as the host sees them, beside what their process claims."""

from __future__ import annotations

from typing import Any

from assay.execute.timed_operation import TimedOperation
from assay.execute.worker.protocol import Request
from assay.records.results import Sample


def operation(answers: list[Sample | None], cpu: list[int | None]) -> TimedOperation:
    def ask(request: Request[Any]) -> Sample | None:
        return answers.pop(0)

    return TimedOperation(
        name="step",
        clock="cpu",
        tokens=1,
        size=None,
        ask=ask,
        is_alive=lambda: bool(answers),
        cpu_ns=lambda: cpu.pop(0),
        iterations=2,
    )


def test_every_batch_is_seen_from_outside() -> None:
    claimed = Sample(iterations=2, wall_ns=10, cpu_ns=7)
    made = operation([claimed, claimed, None], [100, 130, 200, 270])
    made.begin()
    made.end()
    assert [(each.claimed, each.cpu_ns) for each in made.seen] == [(claimed, 30), (claimed, 70)]
    assert all(each.wall_ns >= 0 for each in made.seen)
    assert [(each.iterations, each.cpu_ns) for each in made.samples] == [(4, 14)]


def test_a_clock_that_cannot_be_read_is_told_and_a_batch_that_failed_is_not() -> None:
    made = operation([Sample(iterations=2, wall_ns=10, cpu_ns=7), None], [None, None, None, None])
    made.begin()
    made.begin()
    assert [each.cpu_ns for each in made.seen] == [None]
