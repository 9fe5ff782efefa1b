"""Claimed ids are compared with those of another process, whatever the tokenizer's own process says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from assay.execute.case_run import CaseRun
from assay.execute.claimed_ids import compare_claims
from assay.execute.judge_slot import JudgeSlot
from assay.execute.worker.process import Worker
from assay.execute.worker.protocol import Answer, Request
from assay.execute.worker.requests import EncodeTexts, NameSpecials, Unload
from assay.records.results import Metrics, TokenizerCase

SEED = 3


@dataclass
class Encoding:
    """A worker that gives each string these ids; it notes what it was asked."""

    ids: tuple[int, ...] = (1, 2)
    specials: tuple[str, ...] = ()
    memory: int = 1 << 30
    remedy: str = "fix it"
    asked: list[Request[Any]] = field(default_factory=list)

    def post(self, request: Request[Any]) -> None:
        self.asked.append(request)

    def collect(self) -> Answer[Any]:
        request = self.asked[-1]
        if isinstance(request, NameSpecials):
            return Answer(self.specials)
        return Answer([list(self.ids)] * len(request.texts) if isinstance(request, EncodeTexts) else None)


def checked(name: str, ids: str, worker: Encoding | None = None, claims: str | None = None) -> CaseRun:
    case = TokenizerCase(tokenizer=name, corpus="c")
    run = CaseRun(
        case=case,
        worker=cast("Worker", worker or Encoding()),
        on_death=lambda worker: None,
        judge=cast("JudgeSlot", None),
    )
    run.metrics, run.predicted = Metrics(ids_sha256=ids), Metrics(same_ids_as=claims)
    return run


def nobody(case: TokenizerCase, documents: int | None) -> CaseRun | None:
    raise AssertionError("all are among the runs")


def test_equal_ids_pass() -> None:
    runs = [checked("a", "x"), checked("port", "x", claims="a")]
    compare_claims(runs, nobody, SEED)
    assert [run.ended for run in runs] == [None, None]


@pytest.mark.parametrize(("ids", "given", "what"), [("y", (1, 2), "the documents"), ("x", (1, 3), "the fuzz string '")])
def test_other_ids_end_the_case(ids: str, given: tuple[int, ...], what: str) -> None:
    runs = [checked("a", "x"), checked("port", ids, Encoding(given), claims="a")]
    compare_claims(runs, nobody, SEED)
    assert runs[0].ended is None
    assert runs[1].ended is not None
    reason = f"it claims the ids of a, but in a process of its own a gives others for {what}"
    assert (runs[1].ended.reason or "").startswith(reason)
    assert runs[1].ended.remedy == "fix it, or drop the claim same_ids_as"


def test_the_strings_hold_the_special_tokens_of_both() -> None:
    ours, theirs = Encoding(specials=("<|ours|>",)), Encoding(specials=("<|theirs|>",))
    compare_claims([checked("a", "x", theirs), checked("port", "x", ours, claims="a")], nobody, SEED)
    (asked,) = [request for request in ours.asked if isinstance(request, EncodeTexts)]
    assert [request for request in theirs.asked if isinstance(request, EncodeTexts)] == [asked]
    assert any("<|ours|>" in text for text in asked.texts)
    assert any("<|theirs|>" in text for text in asked.texts)


def test_one_that_is_not_among_the_runs_is_checked_once_and_unloaded() -> None:
    started: list[tuple[str, int | None]] = []
    worker = Encoding()

    def start(case: TokenizerCase, documents: int | None) -> CaseRun:
        started.append((case.tokenizer, documents))
        return checked(case.tokenizer, "x", worker)

    runs = [checked("port", "x", claims="a"), checked("wrong", "y", claims="a")]
    for run in runs:
        run.documents = 5
    compare_claims(runs, start, SEED)
    assert started == [("a", 5)]
    assert [run.ended is None for run in runs] == [True, False]
    assert isinstance(worker.asked[-1], Unload)


def test_where_the_other_cannot_be_checked_nothing_is_compared() -> None:
    run = checked("port", "x", claims="a")
    compare_claims([run], lambda case, documents: None, SEED)
    assert run.ended is None
