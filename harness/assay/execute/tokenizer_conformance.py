"""The short part of conformance, once for each tokenizer of a run: in its own process, and in a fresh one.

The fresh one must give the same ids, and the text from the ids alone. Its strings follow from the run's seed, and the
host compares: what a process has seen or kept helps it nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from assay.execute.case_run import CaseRun
from assay.execute.worker.requests import DecodeIds, EncodeTexts, NameSpecials, VerifyShortly
from assay.execute.worker_pool import WorkerPool
from assay.plugins.types import TokenizerPlugin
from assay.records.refusal import Refusal
from assay.records.results import Metrics, TokenizerCase
from assay.records.text import quoted
from assay.tokenizer.fuzzing import NAMES, strings

SHORT, JOINED = 100, (50, 1_000)
ELSEWHERE = "let ids depend on nothing but the text, and the text on nothing but the ids"


class TokenizerConformance:
    """Verifies each tokenizer of a run when it is first measured; what was found counts for its other cases too."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        self._found: dict[str, Metrics | Refusal] = {}

    def begin(self, runs: Sequence[CaseRun]) -> Mapping[CaseRun, CaseRun]:
        """Start a fresh process for each tokenizer that was not verified yet; it is to be loaded with all others."""
        return {
            run: CaseRun(
                case=run.case, worker=self._pool.second(run.case), on_death=self._pool.mark_dead, judge=run.judge
            )
            for run in runs
            if isinstance(run.case, TokenizerCase) and run.case.tokenizer not in self._found
        }

    def verify(self, run: CaseRun, second: CaseRun | None) -> None:
        """Add what was found to a case that passed otherwise; fail the case where that is a fault."""
        name = run.case.plugin
        known = self._found.get(name)
        if second is not None and run.ended is None:
            known = self._verified(run, second)
            run.killed |= second.killed
            if not run.killed:
                self._found[name] = known
        if isinstance(known, Refusal):
            run.end(known)
        elif known is not None:
            run.metrics |= known
        if second is not None:
            self._pool.end_second(second.case)

    def _verified(self, run: CaseRun, second: CaseRun) -> Metrics | Refusal:
        metrics = run.ask(VerifyShortly())
        fault = None if metrics is None else self._compared(run, second)
        if run.ended is not None:
            return Refusal(reason=run.ended.reason or "", remedy=run.ended.remedy)
        return fault or metrics or Metrics()

    def _compared(self, run: CaseRun, second: CaseRun) -> Refusal | None:
        specials = run.ask(NameSpecials()) or ()
        texts = tuple(_texts(self._pool.settings.run_seed or 0, specials))
        ids = run.ask(EncodeTexts(texts=texts)) or ()
        known = [(text, given) for text, given in zip(texts, ids, strict=False) if given is not None]
        documents = tuple(given for _, given in known)
        here = run.ask(DecodeIds(documents=documents))
        there, again = second.ask(DecodeIds(documents=documents)), second.ask(EncodeTexts(texts=texts))
        if run.ended is not None:
            return None
        if second.ended is not None or here is None or there is None or again is None:
            reason = "it gave no answer" if second.ended is None else second.ended.reason
            return Refusal(reason=f"in a second process, {reason}", remedy=ELSEWHERE)
        text = next((text for text, ours, theirs in zip(texts, ids, again, strict=True) if ours != theirs), None)
        if text is not None:
            return Refusal(reason=f"{quoted(text)} has other ids in a second process", remedy=ELSEWHERE)
        lossless = self._pool.host.one(TokenizerPlugin, run.case.plugin).lossless
        for (text, _), ours, theirs in zip(known, here, there, strict=True):
            plain = lossless and not any(name in text for name in (*specials, *NAMES))
            if theirs != (text if plain else ours):
                what = "nothing" if theirs is None else quoted(theirs)
                reason = f"the ids of {quoted(text)} are decoded to {what} in a process that has not encoded it"
                return Refusal(reason=reason, remedy=ELSEWHERE)
        return None


def _texts(seed: int, specials: Sequence[str]) -> Iterator[str]:
    """Yield short strings, and two long ones that are made of many: of any, and of those without names of tokens.

    A text with names need not come back; the second long one must, where that is promised.
    """
    yield from strings(SHORT, seed, specials)
    some, most = JOINED
    yield " ".join(strings(some, seed + 1, specials))
    names = (*specials, *NAMES)
    yield " ".join(text for text in strings(most, seed + 2) if not any(name in text for name in names))
