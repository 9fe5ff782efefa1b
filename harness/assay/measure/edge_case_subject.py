"""A tokenizer on edge cases: the outcome of each text of a corpus that breaks some tokenizers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.errors import AssayError, UnknownToken, WrongOutput, guard, raised_by, reason_of
from assay.measure.id_equivalence import IdEquivalence
from assay.measure.round_trip import round_trip
from assay.measure.subject import Subject
from assay.measure.token_ids import as_ints
from assay.plugins.types import Document, TokenizerPlugin
from assay.records.results import Metrics
from assay.records.text import is_utf8
from assay.tokenizer.answers import as_tokenizer
from assay.tokenizer.python_tokenizer import decodes

EXACT, LOSSY, WRONG, MEMORY, ENCODED = "exact", "lossy", "wrong", "memory", "encoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeCaseTrial:
    """The outcome of one text, in a word or two, and in a sentence where it did not come back.

    `allowed` says that the descriptor does not promise better.
    """

    outcome: str
    detail: str | None = None
    allowed: bool = True

    @property
    def gravity(self) -> int:
        """From 0 for a text that came back to 3 for a promise that is broken."""
        return (
            3 if not self.allowed else 2 if self.outcome not in (EXACT, LOSSY, ENCODED) else int(self.outcome == LOSSY)
        )


class EdgeCaseFailed(WrongOutput):
    """A text did not come back, by more than the losses that are allowed; `expected` where an error is."""

    def __init__(self, message: str, metrics: Metrics, *, expected: bool) -> None:
        super().__init__(message)
        self.metrics, self.expected = metrics, expected


class EdgeCaseSubject(Subject):
    """Built on a training text from elsewhere; tried on every document, timed on none."""

    def __init__(self, plugin: TokenizerPlugin, documents: Sequence[Document], training: str) -> None:
        self.plugin, self.documents = plugin, documents
        self.tokenizer = as_tokenizer(plugin.build(training))
        self.equivalence: IdEquivalence | None = None

    def check(self) -> Metrics:
        """Try every document, and report the gravest one; raise `EdgeCaseFailed` where it is more than a loss."""
        trials = [self._try(document) for document in self.documents]
        worst = max(trials, key=lambda trial: trial.gravity)
        exact = sum(trial.outcome == EXACT for trial in trials)
        metrics = Metrics(limit=worst.outcome, round_trip=exact / len(trials) if decodes(self.tokenizer) else None)
        if worst.detail is None:
            return metrics
        others = f" ({exact} of {len(trials)} texts came back)" if len(trials) > 1 else ""
        if worst.gravity > 1:
            raise EdgeCaseFailed(f"{worst.detail}{others}", metrics, expected=worst.allowed)
        return metrics | {"round_trip_difference": f"{worst.detail}{others}"}

    def _try(self, document: Document) -> EdgeCaseTrial:
        noun, text = f"text {document.id!r}", document.text
        try:
            with guard(interrupts=True):
                ids = as_ints(self.tokenizer.encode(text))
                self._compare(noun, text, ids)
                difference = round_trip(self.tokenizer, noun, text, ids)
        except WrongOutput as error:
            return EdgeCaseTrial(outcome=WRONG, detail=error.message, allowed=False)
        except AssayError as error:
            raised = raised_by(error)
            outcome = MEMORY if isinstance(raised, MemoryError) else f"raises {type(raised).__name__}"
            return EdgeCaseTrial(
                outcome=outcome, detail=f"{noun}: {reason_of(error)}", allowed=self._announced(raised, text)
            )
        if difference is None:
            return EdgeCaseTrial(outcome=EXACT if decodes(self.tokenizer) else ENCODED)
        if self.plugin.lossless and is_utf8(text):
            detail = f"it promises a lossless round trip, but {difference}"
            return EdgeCaseTrial(outcome=LOSSY, detail=detail, allowed=False)
        return EdgeCaseTrial(outcome=LOSSY, detail=difference)

    def _compare(self, noun: str, text: str, ids: list[int]) -> None:
        """Compare with the ids that are claimed, where the reference gives any for a text that has UTF-8."""
        if self.equivalence is None or not is_utf8(text):
            return
        try:
            with guard(interrupts=True):
                expected = as_ints(self.equivalence.reference.encode(text))
        except AssayError:  # nobody need fail as the reference does
            return
        self.equivalence.compare(noun, text, expected, ids)

    def _announced(self, error: BaseException, text: str) -> bool:
        """Whether the descriptor allows an error: no UTF-8, a word outside a closed vocabulary, a special token."""
        if isinstance(error, UnknownToken):
            return self.plugin.closed_vocabulary
        specials = self.plugin.specials
        refused = specials.in_text == "refused" and any(token in text for token in specials.tokens)
        return isinstance(error, Exception) and not isinstance(error, MemoryError) and (refused or not is_utf8(text))
