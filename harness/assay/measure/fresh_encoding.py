"""The timed operation `fresh`: encoding texts that the tokenizer has not seen before."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from random import Random
from time import process_time_ns

from assay.errors import UnknownToken, WrongOutput
from assay.measure.fresh_text import FreshTexts
from assay.measure.id_equivalence import IdEquivalence
from assay.measure.round_trip import round_trip
from assay.measure.subject import Operation
from assay.measure.token_ids import as_ints, is_real
from assay.plugins.types import Tokenizer, TokenizerPlugin
from assay.records.results import FRESH, Metrics
from assay.tokenizer.answers import of_size, outside, vocabulary_size
from assay.tokenizer.python_tokenizer import decodes

MOST_BYTES, MOST_CALLS = 1 << 24, 256  # of a batch: making a short text takes longer than encoding it
DRAWS, FEW, LARGE, LEAST_NS = 9, 3, 200_000, 50_000
CHECKED = 20_000  # characters, before anything is timed
MOST_TOKENS = 1.5  # times as many, or as few, as the first texts had: their words are the same
FEWEST, MOST, PART = 64, 1000, 16  # characters of the beginning of a text, which is encoded by itself


class FreshEncoding:
    """Encodes texts of the words of documents; each call has texts of its own, made while the clock stands still."""

    def __init__(
        self, plugin: TokenizerPlugin, tokenizer: Tokenizer, encode: Callable[[str], Sequence[int]], texts: FreshTexts
    ) -> None:
        """With the `encode` that is timed."""
        self._plugin, self._tokenizer, self._encode, self._texts = plugin, tokenizer, encode, texts
        self._calls: list[list[str]] = []
        self._next: Iterator[list[str]] = iter(())
        self._chance = Random()
        self._tokens = 0

    def operation(self, equivalence: IdEquivalence | None) -> Operation | None:
        """Verify the first texts; None where a closed vocabulary does not know how their words meet.

        Raises `WrongOutput` for wrong ids, and for other ids than those of the tokenizer whose ids are claimed.
        """
        texts = self._texts.draw(Random(0))
        try:
            found = [as_ints(self._encode(text)) for text in texts]
            self._verify(texts, found, equivalence)
        except UnknownToken:
            return None
        self._tokens = sum(map(len, found))
        return Operation(
            name=FRESH,
            call=self._call,
            refresh=self._refresh,
            spot_check=self._spot_check,
            tokens=self._tokens,
            size=self._texts.size,
            most_iterations=max(1, min(MOST_CALLS, MOST_BYTES // self._texts.size)),
        )

    def decode_repeat(self) -> Metrics:
        """Return how much faster the ids of a text are decoded the second time, after those of other texts.

        By the median CPU time of nine texts, or of three large ones; without a figure where the time is too short.
        """
        if not decodes(self._tokenizer):
            return Metrics()
        number = DRAWS if self._texts.size < LARGE else FEW
        draws = [[as_ints(self._encode(text)) for text in self._texts.draw(self._chance)] for _ in range(number)]
        firsts = [self._decode_ns(documents) for documents in draws]
        first, again = (statistics.median(times) for times in (firsts, [self._decode_ns(each) for each in draws]))
        return Metrics(decode_repeat_speedup=first / max(1.0, again)) if first >= LEAST_NS else Metrics()

    def _decode_ns(self, documents: Sequence[list[int]]) -> int:
        decode, start = self._tokenizer.decode, process_time_ns()
        for ids in documents:
            decode(ids)
        return process_time_ns() - start

    def _verify(self, texts: Sequence[str], found: Sequence[list[int]], equivalence: IdEquivalence | None) -> None:
        left = CHECKED
        for number, (text, ids) in enumerate(zip(texts, found, strict=True)):
            left -= len(text)
            if left < 0 and number:
                return
            noun = f"fresh text {number}"
            self._promised(round_trip(self._tokenizer, noun, text, ids))
            if equivalence is not None:
                equivalence.compare(noun, text, as_ints(equivalence.reference.encode(text)), ids)

    def _promised(self, difference: str | None) -> None:
        if difference is not None and self._plugin.lossless:
            raise WrongOutput(
                f"it promises a lossless round trip, but {difference}",
                remedy="fix it, or announce it with lossless=False",
            )

    def _refresh(self, seed: int, iterations: int) -> None:
        self._chance = Random(seed)
        self._calls = [self._texts.draw(self._chance) for _ in range(iterations)]
        self._next = iter(self._calls)

    def _call(self) -> list[Sequence[int]]:
        encode = self._encode
        return [encode(text) for text in next(self._next)]

    def _spot_check(self, outputs: Sequence[object]) -> None:
        """Look at the types of all ids, at the number of tokens of one call, and at one text of it."""
        for output in outputs:
            for ids in output:  # type: ignore[attr-defined]
                if not is_real(ids):
                    raise WrongOutput(f"a timed call gives {type(ids).__name__}, whose ids may not be there yet")
        call = self._chance.randrange(len(outputs))
        texts, found = self._calls[call], outputs[call]
        tokens = sum(map(len, found))  # type: ignore[call-overload]
        if not self._tokens <= tokens * MOST_TOKENS <= self._tokens * MOST_TOKENS**2:
            raise WrongOutput(f"a timed call gives {tokens:,} tokens for words that had {self._tokens:,} before")
        number = self._chance.randrange(len(texts))
        text, ids = texts[number], as_ints(found[number])  # type: ignore[index]
        size = vocabulary_size(self._tokenizer)
        if outside(ids, size) is not None:
            raise WrongOutput(f"a timed call gives an id outside the vocabulary{of_size(size)}")
        lossless = self._plugin.lossless and decodes(self._tokenizer)
        if lossless and self._tokenizer.decode(ids) != text:
            self._promised(round_trip(self._tokenizer, "fresh text", text, ids))
            raise WrongOutput("decode gives another text for the same ids")
        if not lossless:
            self._begins_alike(text, ids)

    def _begins_alike(self, text: str, ids: Sequence[int]) -> None:
        """Compare the first ids with those of the beginning of the text; decoding shows little where text is lost."""
        length = min(MOST, max(FEWEST, len(text) // PART))
        cut = next((place for place in range(length, 0, -1) if text[place : place + 1].isspace()), length)
        try:
            beginning = as_ints(self._encode(text[:cut]))
        except UnknownToken:
            return
        half = len(beginning) // 2  # how a text goes on may change the last ids
        if ids[:half] != beginning[:half]:
            raise WrongOutput(
                f"a timed call gives other ids for a fresh text than for the {cut:,} characters that it begins with",
                remedy="let ids depend on nothing but the text",
            )
