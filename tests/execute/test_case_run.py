"""What a worker foretells decides whether a case is measured; and what it says when memory is at an end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest

from assay.execute.case_run import CaseRun
from assay.execute.group import predict
from assay.execute.worker.process import Worker
from assay.execute.worker.protocol import Answer, Request
from assay.execute.worker.requests import Predicted
from assay.records.refusal import Refusal
from assay.records.results import AttentionCase, Metrics, Status
from assay.records.workload import Workload

GIB = 1 << 30


@dataclass
class Answering:
    """A worker that has one answer."""

    answer: Answer[Any]
    memory: int = 8 * GIB
    remedy: str = "fix it"

    def post(self, request: Request[Any]) -> None:
        pass

    def collect(self) -> Answer[Any]:
        return self.answer


def asked(answer: Answer[Any], device: str = "cuda:0") -> CaseRun:
    workload = Workload.parse(f"core/fwd/causal/b1.h8.s1024.d64/bf16/{device}.t1")
    case = AttentionCase(attention="naive", workload=workload)
    return CaseRun(case=case, worker=cast("Worker", Answering(answer)), on_death=lambda worker: None)


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
