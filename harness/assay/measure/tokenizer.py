"""A tokenizer on the documents of a corpus: its counts, its gate, and its timed operations."""

from __future__ import annotations

import operator
import time
from collections.abc import Sequence

from assay.contracts import TokenizerPlugin
from assay.corpus import Parts
from assay.errors import GateFailed
from assay.measure.subject import Operation
from assay.metrics import token_counts
from assay.records import Metric

EXCERPT = 12


class TokenizerSubject:
    """Built on the training text; checked and timed on the measured documents."""

    def __init__(self, plugin: TokenizerPlugin, parts: Parts) -> None:
        self.plugin = plugin
        self.texts = tuple(document.text for document in parts.measured)
        start = time.perf_counter()
        self.tokenizer = self.plugin.build(parts.training)
        self.build_seconds = time.perf_counter() - start
        self.ids: tuple[Sequence[int], ...] = ()

    def check(self) -> tuple[Metric, ...]:
        """Encode and decode every document: ids in range, the same twice, and the round trip as declared."""
        tokenizer, plugin = self.tokenizer, self.plugin
        size = operator.index(tokenizer.vocab_size)
        self.ids = tuple(tokenizer.encode(text) for text in self.texts)
        exact, difference = 0, None
        for number, (text, ids) in enumerate(zip(self.texts, self.ids, strict=True)):
            listed = _as_ints(ids)
            wrong = next((index for index, value in enumerate(listed) if not 0 <= value < size), None)
            if wrong is not None:
                raise GateFailed(
                    f"id {listed[wrong]} at token {wrong} of document {number} is outside the vocabulary of {size}"
                )
            if _as_ints(tokenizer.encode(text)) != listed:
                raise GateFailed(f"document {number} encodes to other ids the second time")
            decoded = tokenizer.decode(ids)
            if not isinstance(decoded, str):
                raise GateFailed(f"decode gives {type(decoded).__name__}, not str")
            if decoded == text:
                exact += 1
            elif difference is None:
                difference = _difference(number, text, decoded)
        if difference is not None and plugin.lossless:
            raise GateFailed(
                f"it promises a lossless round trip, but {difference}",
                remedy="mend it, or announce it with lossless=False",
            )
        metrics = [
            *token_counts(self.texts, self.ids, vocabulary_size=size, unk_id=tokenizer.unk_id),
            Metric(name="round_trip", value=exact / len(self.texts)),
            Metric(name="special_tokens", value=plugin.specials.label),
            Metric(name="build_seconds", value=self.build_seconds),
        ]
        if difference is not None:
            metrics.append(Metric(name="round_trip_difference", value=difference))
        return tuple(metrics)

    def operations(self) -> tuple[Operation, ...]:
        """One call encodes, or decodes, every document."""
        encode, decode, texts, ids = self.tokenizer.encode, self.tokenizer.decode, self.texts, self.ids
        tokens = sum(map(len, ids))
        size = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)

        def encode_all() -> None:
            for text in texts:
                encode(text)

        def decode_all() -> None:
            for document in ids:
                decode(document)

        return (
            Operation(name="encode", call=encode_all, tokens=tokens, size=size),
            Operation(name="decode", call=decode_all, tokens=tokens, size=size),
        )


def _as_ints(ids: Sequence[int]) -> list[int]:
    try:
        return [operator.index(value) for value in ids]
    except TypeError:
        raise GateFailed(f"encode gives {type(ids).__name__} whose items are not all integers") from None


def _difference(number: int, text: str, decoded: str) -> str:
    """Show the first character at which two texts part, with a few characters around it."""
    pairs = zip(text, decoded, strict=False)
    place = next((index for index, (a, b) in enumerate(pairs) if a != b), min(len(text), len(decoded)))
    start, end = max(0, place - EXCERPT), place + EXCERPT
    return f"document {number} differs at character {place}: {text[start:end]!r} became {decoded[start:end]!r}"
