"""Each tokenizer once more in a second process, as the host compares the two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

import assay
from assay.execute.case_run import CaseRun
from assay.execute.judge_slot import JudgeSlot
from assay.execute.tokenizer_conformance import TokenizerConformance
from assay.execute.worker.process import Worker, WorkerDied
from assay.execute.worker.protocol import Answer, Request
from assay.execute.worker.requests import DecodeIds, EncodeTexts, NameSpecials, VerifyShortly
from assay.execute.worker_pool import WorkerPool
from assay.records.refusal import Refusal
from assay.records.results import Case, Metrics, TokenizerCase
from assay.records.settings import Settings

CASE = TokenizerCase(tokenizer="bytes", corpus="c")
Encode = Callable[[str], "list[int] | None"]


@dataclass
class Process:
    """A worker that encodes and decodes as a test says."""

    encode: Encode = lambda text: list(text.encode())
    decode: Callable[[list[int]], str | None] = lambda ids: bytes(ids).decode()
    fault: Refusal | None = None
    memory: int = 1 << 30
    remedy: str = "fix it"
    asked: list[Request[Any]] = field(default_factory=list)

    def post(self, request: Request[Any]) -> None:
        self.asked.append(request)

    def collect(self) -> Answer[Any]:
        request = self.asked[-1]
        if isinstance(request, VerifyShortly):
            return Answer(Metrics(added_ids_per_text=2), self.fault)
        if isinstance(request, NameSpecials):
            return Answer(("<|x|>",))
        if isinstance(request, EncodeTexts):
            return Answer(tuple(map(self.encode, request.texts)))
        assert isinstance(request, DecodeIds)
        return Answer(tuple(map(self.decode, request.documents)))


@dataclass
class Pool:
    """Has one tokenizer, and the second process that a test gives it."""

    other: Process
    lossless: bool = True
    settings: Settings = field(default_factory=lambda: Settings(run_seed=7))
    ended: list[Case] = field(default_factory=list)

    @property
    def host(self) -> Any:
        return self

    def one(self, kind: type, name: str) -> assay.TokenizerPlugin:
        return assay.TokenizerPlugin(
            name=name, summary="s", license="MIT", build=lambda text: None, lossless=self.lossless
        )  # type: ignore[arg-type, return-value]

    def second(self, case: Case) -> Process:
        return self.other

    def end_second(self, case: Case) -> None:
        self.ended.append(case)

    def mark_dead(self, worker: Worker) -> None:
        raise AssertionError("nobody dies")


def verified(first: Process, pool: Pool) -> tuple[CaseRun, TokenizerConformance]:
    conformance = TokenizerConformance(cast("WorkerPool", pool))
    run = begun(first)
    (second,) = conformance.begin([run]).values()
    conformance.verify(run, second)
    assert pool.ended == [CASE]
    return run, conformance


def begun(process: Process) -> CaseRun:
    return CaseRun(
        case=CASE,
        worker=cast("Worker", process),
        on_death=lambda worker: None,
        judge=cast("JudgeSlot", None),
    )


def test_what_is_the_same_in_both_passes_and_has_its_figures() -> None:
    run, _ = verified(Process(), Pool(Process()))
    assert run.ended is None
    assert run.metrics == {"added_ids_per_text": 2}


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (Process(), Process(encode=lambda text: [*text.encode(), 1]), "has other ids in a second process"),
        (Process(), Process(encode=lambda text: None), "has other ids in a second process"),
        (Process(), Process(decode=lambda ids: ""), "are decoded to '' in a process that has not encoded it"),
        (Process(), Process(decode=lambda ids: None), "are decoded to nothing in a process"),
    ],
)
def test_what_differs_ends_the_case(first: Process, second: Process, told: str, *, lossless: bool) -> None:
    run, _ = verified(first, Pool(second, lossless=lossless))
    assert run.ended is not None
    assert told in str(run.ended.reason)


def test_the_text_must_come_back_where_that_is_promised() -> None:
    lower = Process(decode=lambda ids: bytes(ids).decode().lower())
    assert verified(lower, Pool(lower, lossless=False))[0].ended is None
    ended = verified(lower, Pool(lower))[0].ended
    assert ended is not None
    assert "are decoded to" in str(ended.reason)


def test_a_long_text_must_come_back_too() -> None:
    def forgetful(text: str) -> list[int]:
        return list((text if len(text) < 5_000 else text.replace("\r", "")).encode())

    ended = verified(Process(encode=forgetful), Pool(Process(encode=forgetful)))[0].ended
    assert ended is not None
    assert "in a process that has not encoded it" in str(ended.reason)


def test_the_second_process_decodes_before_it_encodes_and_strings_follow_the_seed() -> None:
    first, second = Process(), Process()
    verified(first, Pool(second))
    kinds = [type(request) for request in second.asked]
    assert kinds == [DecodeIds, EncodeTexts]
    other = Process()
    verified(Process(), Pool(other, settings=Settings(run_seed=8)))
    assert second.asked[1] != other.asked[1]
    assert sum("<|x|>" in text for text in cast("EncodeTexts", second.asked[1]).texts) > 10


def test_what_was_found_counts_for_the_other_cases_of_the_tokenizer() -> None:
    fault = Refusal(reason="memory grows", remedy="keep nothing")
    for process, reason in ((Process(), None), (Process(fault=fault), "memory grows")):
        run, conformance = verified(process, Pool(Process()))
        another = begun(Process())
        assert conformance.begin([another]) == {}
        conformance.verify(another, None)
        for each in (run, another):
            assert (each.ended.reason if each.ended else None) == reason
        assert reason is not None or another.metrics == run.metrics


def test_a_case_that_has_failed_before_says_nothing_of_its_tokenizer() -> None:
    conformance = TokenizerConformance(cast("WorkerPool", Pool(Process())))
    run = begun(Process())
    (second,) = conformance.begin([run]).values()
    run.fail("its document differs", "fix it")
    conformance.verify(run, second)
    assert len(conformance.begin([begun(Process())])) == 1


class Killed(Process):
    """A process that somebody kills."""

    def collect(self) -> Answer[Any]:
        raise WorkerDied("killed by SIGKILL", "its process was killed", "fix it", killed=True)


@pytest.mark.parametrize(("first", "second"), [(Killed(), Process()), (Process(), Killed())])
def test_nothing_is_kept_of_a_process_that_somebody_killed(first: Process, second: Process) -> None:
    pool = Pool(second)
    pool.mark_dead = lambda worker: None  # type: ignore[method-assign]
    run, conformance = verified(first, pool)
    assert run.killed
    assert run.ended is not None
    assert list(conformance.begin([begun(Process())])) != []
