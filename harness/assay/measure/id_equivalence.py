"""Whether a tokenizer gives the ids that it claims: those of another one, text by text."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from assay.errors import WrongOutput
from assay.measure.token_ids import as_ints, first_difference
from assay.plugins.types import TokenBytes, Tokenizer
from assay.records.results import Metrics
from assay.tokenizer.fuzzing import strings

FUZZ = 40_000
SEED = 50_257
EXCERPT = 16
Result = list[int] | Exception


class IdEquivalence:
    """The reference whose ids a tokenizer claims to give, by name."""

    def __init__(self, name: str, reference: Tokenizer) -> None:
        self.name = name
        self.reference = reference

    def fuzz(self, tokenizer: Tokenizer) -> Metrics:
        """Compare the ids of 40,000 short fuzz strings; raise `WrongOutput` with the first difference."""
        for number, text in enumerate(strings(FUZZ, SEED)):
            self.compare_on(f"fuzz string {number}, {text!r},", text, tokenizer)
        return Metrics(fuzz_strings=FUZZ)

    def compare_on(self, noun: str, text: str, tokenizer: Tokenizer) -> None:
        """Encode a text with the reference and with a tokenizer, and compare."""
        self.compare(noun, text, _ids(self.reference, text), _ids(tokenizer, text))

    def compare(self, noun: str, text: str, expected: Result, found: Result) -> None:
        """Raise `WrongOutput` where ids differ; where the reference raises, the tokenizer may do so too."""
        if found != expected and not (isinstance(found, Exception) and isinstance(expected, Exception)):
            raise WrongOutput(
                f"it claims the ids of {self.name}, but {noun} {self._difference(text, expected, found)}",
                remedy="fix it, or drop the claim same_ids_as",
            )

    def _difference(self, text: str, expected: Result, found: Result) -> str:
        if isinstance(found, Exception):
            return f"raises {type(found).__name__}: {' '.join(str(found).split())[:80]}"
        if isinstance(expected, Exception):
            return f"gives ids where {self.name} raises {type(expected).__name__}"
        place = first_difference(expected, found)
        if place is None:
            place = min(len(expected), len(found))
            what = f"has {len(found)} tokens instead of {len(expected)}"
        else:
            what = f"has id {found[place]} instead of {expected[place]} at token {place}"
        return f"{what}{self._at(text, expected[:place])}"

    def _at(self, text: str, before: Sequence[int]) -> str:
        """Return at which byte, and the bytes from there on; nothing where the reference does not tell bytes."""
        if not isinstance(self.reference, TokenBytes):
            return ""
        offset = sum(len(self.reference.token_bytes(value)) for value in before)
        return f", byte {offset}: {text.encode('utf-8', 'surrogatepass')[offset : offset + EXCERPT]!r}"


def fuzz_digest(tokenizer: Tokenizer, number: int, seed: int) -> str:
    """Return the SHA-256 of the ids of so many fuzz strings; all that a tokenizer may raise counts alike."""
    digest = hashlib.sha256()
    for text in strings(number, seed):
        ids = _ids(tokenizer, text)
        digest.update(repr(None if isinstance(ids, Exception) else ids).encode())
    return digest.hexdigest()


def _ids(tokenizer: Tokenizer, text: str) -> Result:
    try:
        return as_ints(tokenizer.encode(text))
    except Exception as error:
        return error
