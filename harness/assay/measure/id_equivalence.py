"""Whether a tokenizer gives the ids that it claims: those of another one, text by text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from assay.errors import WrongOutput, one_line
from assay.measure.token_ids import as_ints, first_difference
from assay.plugins.types import TokenBytes, Tokenizer
from assay.records.results import Metrics
from assay.records.text import quoted
from assay.tokenizer.fuzzing import smallest, special_strings, strings
from assay.tokenizer.special_names import special_names

FUZZ = 40_000
SEED = 50_257
EXCERPT = 16
SHOWN = 8
PATIENCE_S = 2.0
Result = list[int] | Exception
Encode = Callable[[str], Sequence[int]]


class IdEquivalence:
    """The reference whose ids a tokenizer claims to give, by name; `specials` are the tokens that it declares."""

    def __init__(self, name: str, reference: Tokenizer, specials: Sequence[str] = ()) -> None:
        self.name = name
        self.reference = reference
        self._specials = specials

    def fuzz(self, tokenizer: Tokenizer, specials: Sequence[str] = ()) -> Metrics:
        """Compare the ids of over 40,000 short fuzz strings; raise `WrongOutput` with the first difference.

        They hold the special tokens of both: `specials` are those that the tokenizer declares.
        """
        number = 0
        for number, text in enumerate(self.strings(FUZZ, SEED, tokenizer, specials), start=1):
            self.compare_on(f"fuzz string {number - 1}, {text!r},", text, tokenizer)
        return Metrics(fuzz_strings=number)

    def strings(self, count: int, seed: int, tokenizer: Tokenizer, specials: Sequence[str]) -> Iterator[str]:
        """Yield the special tokens of both in all their forms, and so many fuzz strings that have them."""
        ours, theirs = special_names(specials, tokenizer), special_names(self._specials, self.reference)
        names = tuple(dict.fromkeys([*ours, *theirs]))
        return chain(special_strings(names), strings(count, seed, names))

    def compare_on(self, noun: str, text: str, tokenizer: Tokenizer) -> None:
        """Encode a text with the reference and with a tokenizer, and compare."""
        expected, found = ids_or_error(self.reference, text), ids_or_error(tokenizer, text)
        self.compare(noun, text, expected, found, tokenizer.encode)

    def compare(self, noun: str, text: str, expected: Result, found: Result, encode: Encode | None = None) -> None:
        """Raise `WrongOutput` where ids differ; where the reference raises, the tokenizer may do so too.

        With `encode`, that of the tokenizer, the shortest part found whose ids differ is shown too.
        """
        if _differ(expected, found):
            shortest = "" if encode is None else self._shortest(text, encode)
            raise WrongOutput(
                f"it claims the ids of {self.name}, but {noun} {self._difference(text, expected, found)}{shortest}",
                remedy="fix it, or drop the claim same_ids_as",
            )

    def _shortest(self, text: str, encode: Encode) -> str:
        """Return the smallest text found whose ids differ, with both ids; nothing where there is none smaller."""

        def differs(part: str) -> bool:
            return _differ(ids_or_error(self.reference, part), _result(encode, part))

        shorter = smallest(text, differs, PATIENCE_S)
        if shorter == text:
            return ""
        theirs, ours = ids_or_error(self.reference, shorter), _result(encode, shorter)
        return f"; the smallest text that differs is {quoted(shorter)}: {_told(ours)} instead of {_told(theirs)}"

    def _difference(self, text: str, expected: Result, found: Result) -> str:
        if isinstance(found, Exception):
            return f"raises {type(found).__name__}: {one_line(str(found))[:80]}"
        if isinstance(expected, Exception):
            return f"gives ids where {self.name} raises {type(expected).__name__}"
        place = first_difference(expected, found)
        if place is None:
            place = min(len(expected), len(found))
            what = f"has {len(found)} token{'s' * (len(found) != 1)} instead of {len(expected)}"
        else:
            what = f"has id {found[place]} instead of {expected[place]} at token {place}"
        return f"{what}{self._at(text, expected[:place])}"

    def _at(self, text: str, before: Sequence[int]) -> str:
        """Return at which byte, and the bytes from there on; nothing where the reference does not tell bytes."""
        if not isinstance(self.reference, TokenBytes):
            return ""
        offset = sum(len(self.reference.token_bytes(value)) for value in before)
        return f", byte {offset}: {text.encode('utf-8', 'surrogatepass')[offset : offset + EXCERPT]!r}"


def _differ(expected: Result, found: Result) -> bool:
    return found != expected and not (isinstance(found, Exception) and isinstance(expected, Exception))


def _told(result: Result) -> str:
    if isinstance(result, Exception):
        return type(result).__name__
    return f"{result[:SHOWN]}" if len(result) <= SHOWN else f"{len(result)} ids"


def ids_or_error(tokenizer: Tokenizer, text: str) -> Result:
    """Encode a text; return what is raised."""
    return _result(tokenizer.encode, text)


def _result(encode: Encode, text: str) -> Result:
    try:
        return as_ints(encode(text))
    except WrongOutput:
        raise
    except Exception as error:
        return error
