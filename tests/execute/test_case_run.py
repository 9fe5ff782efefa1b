"""What a worker predicts decides whether a case is measured; and what it says when memory is at an end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from assay.execute.case_run import CaseRun
from assay.execute.group import predict
from assay.execute.judge_slot import JudgeSlot
from assay.execute.worker.process import Worker
from assay.execute.worker.protocol import Answer, Request
from assay.execute.worker.requests import Predicted
from assay.records.refusal import Refusal
from assay.records.results import AttentionCase, Case, Metrics, Status
from assay.records.workload import Workload

GIB = 1 << 30


@dataclass
class Answering:
    """A worker that has one answer, or some, and then the last again and again."""

    answer: Answer[Any]
    later: list[Answer[Any]] = field(default_factory=list)
    asked: int = 0
    memory: int = 8 * GIB
    remedy: str = "fix it"

    def printed(self) -> int:
        return 0

    def post(self, request: Request[Any]) -> None:
        pass

    def collect(self) -> Answer[Any]:
        self.asked += 1
        if self.asked > 1 and self.later:
            self.answer = self.later.pop(0)
        return self.answer


class Nobody:
    """A judge that asks for nothing."""

    def request(self, case: Case, epoch: int, *, again: bool) -> None:
        pass


def asked(answer: Answer[Any], device: str = "cuda:0", later: Sequence[Answer[Any]] = ()) -> CaseRun:
    workload = Workload.parse(f"core/fwd/causal/b1.h8.s1024.d64/bf16/{device}.t1")
    case = AttentionCase(attention="naive", workload=workload)
    return CaseRun(
        case=case,
        worker=cast("Worker", Answering(answer, list(later))),
        on_death=lambda worker: None,
        judge=cast("JudgeSlot", Nobody()),
    )


def predicted(*, need: int, room: int | None) -> Answer[Predicted]:
    return Answer(Predicted(metrics=Metrics(predicted_bytes=need), room=room))


@pytest.mark.parametrize(
    ("device", "remedy"), [("cuda:0", "free memory of the device"), ("cpu", "free memory, or raise --memory")]
)
def test_what_has_no_room_where_it_is_computed_is_skipped(device: str, remedy: str) -> None:
    item = asked(predicted(need=7 * GIB, room=6 * GIB), device)
    predict(item, 30.0)
    assert item.ended is not None
    assert (item.ended.status, item.ended.reason) == (Status.SKIPPED, "predicted 7.0 GiB > 6.0 GiB")
    assert item.ended.remedy == remedy
    assert item.ended.value("predicted_bytes") == 7 * GIB


def lasting(seconds: float) -> Answer[Predicted]:
    return Answer(Predicted(metrics=Metrics(predicted_seconds=seconds, first_call_seconds=seconds), room=None))


@pytest.mark.parametrize(
    ("predictions", "readings", "seconds"),
    [([1.3], 1, 1.3), ([9.0, 0.06], 2, 0.06), ([9.0, 8.0, 0.06], 3, 0.06), ([9.0, 9.5, 0.06], 3, 0.06)],
)
def test_a_time_that_would_skip_a_case_is_predicted_again(
    predictions: list[float], readings: int, seconds: float
) -> None:
    """A busy machine stretches a reading, and a case must not be lost for that."""
    first, *later = map(lasting, predictions)
    item = asked(first, later=later)
    predict(item, 30.0)
    assert item.ended is None
    assert cast("Answering", item.worker).asked == readings
    assert dict(item.predicted) == {"predicted_seconds": seconds, "first_call_seconds": predictions[0]}


def test_what_takes_too_long_three_times_is_skipped_with_the_least_of_them() -> None:
    item = asked(lasting(9.0), later=[lasting(8.0), lasting(8.5), lasting(0.1)])
    predict(item, 30.0)
    assert item.ended is not None
    assert (item.ended.status, item.ended.reason) == (Status.SKIPPED, "predicted 8.0 s a call: 5 calls > 30 s")
    assert item.ended.value("predicted_seconds") == 8.0


@pytest.mark.parametrize("room", [9 * GIB, None])
def test_the_hosts_memory_is_no_limit_of_the_device(room: int | None) -> None:
    item = asked(predicted(need=9 * GIB, room=room))
    predict(item, 30.0)
    assert item.ended is None


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("MemoryError", "MemoryError (limit 8.0 GiB)"),
        ("OutOfMemoryError: CUDA out of memory. Tried to allocate 9 GiB", None),
    ],
)
def test_the_limit_is_told_of_the_hosts_memory_only(reason: str, said: str | None) -> None:
    item = asked(Answer(refusal=Refusal(reason=reason)))
    item.check()
    assert item.ended is not None
    assert item.ended.reason == (said or reason)


@pytest.mark.parametrize(
    ("caches", "reason"),
    [(True, "caches whole texts: 4,320 times as fast on the same text as on fresh text"), (False, None)],
)
def test_a_cache_of_whole_texts_is_noted_in_a_row_that_stays_ok(caches: bool, reason: str | None) -> None:
    item = asked(predicted(need=1, room=None))
    item.succeed(Metrics(repeat_speedup=4320.0, caches_whole_texts=caches), restarted=False)
    assert item.ended is not None
    assert (item.ended.status, item.ended.reason, item.ended.remedy) == (Status.OK, reason, None)


@pytest.mark.parametrize(
    ("metrics", "note"),
    [
        (Metrics(tokenizer_notes="cut by tea; no milk"), "cut by tea; no milk"),
        (Metrics(added_ids_per_text=2), "2 ids are added to every text"),
        (
            Metrics(decode_repeat_speedup=12.34),
            "decode caches whole texts: 12.3 times as fast on the same ids as on fresh ids",
        ),
        (Metrics(decode_repeat_speedup=2.9), None),
        (Metrics(added_ids_per_text=1), "1 id is added to every text"),
        (Metrics(added_ids_per_text=0, call_growth_bytes=900.0), None),
        (Metrics(call_growth_bytes=3072.0), "memory grows by 3.0 KiB with each call"),
    ],
)
def test_what_a_reader_of_the_figures_must_know_is_noted(metrics: Metrics, note: str | None) -> None:
    item = asked(predicted(need=1, room=None))
    item.succeed(metrics, restarted=False)
    assert item.ended is not None
    assert (item.ended.status, item.ended.reason) == (Status.OK, note)


@pytest.mark.parametrize("impossible", [lambda: 1 / 0, lambda: [][0], lambda: int("many"), lambda: 10**400 * 1.0])
def test_figures_that_cannot_be_computed_with_cost_their_case_only(impossible: Callable[[], object]) -> None:
    item = asked(Answer())
    with item.confined():
        impossible()
    assert item.ended is not None
    assert str(item.ended.reason).startswith("its process gave figures that cannot be used: ")
    assert item.ended.remedy == "fix it"
