"""The alignment of tokens to a text: the span that each token covers, and the spans that none covers."""

from __future__ import annotations

import contextlib
import re
import sys
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import accumulate, groupby, pairwise
from typing import Any, Protocol, runtime_checkable

from assay.errors import AssayError, UnknownToken, guard
from assay.plugins.calling import calling
from assay.plugins.host import Host
from assay.plugins.supervision import Channel
from assay.plugins.types import Missing, TokenBytes, TokenizerPlugin
from assay.records.results import Status
from assay.records.segmentation import Piece, Range, Span, TokenAlignment
from assay.tokenizer.answers import as_bytes, as_ints, as_spans, as_text, as_tokenizer, unknown_id

WORD = re.compile(r"\S+")
REACH = 256  # how many characters past its place a token is searched, for each unplaced token before it
AHEAD = 4  # how many tokens after it confirm a place


@runtime_checkable
class Spans(Protocol):
    """An optional ability of a tokenizer: the spans of the tokens of a text."""

    def spans(self, text: str) -> Sequence[Range]:
        """Return [start, end) in characters for each id of `encode`, starts and ends ascending."""


def align(host: Host, plugins: Sequence[TokenizerPlugin], training: str, text: str) -> Iterator[TokenAlignment]:
    """Encode a text with each tokenizer, built on the training text, and align its tokens.

    A tokenizer of a third party is built and called in a child process, which it may end or hang.
    """
    for plugin in plugins:
        missing: Missing | None = host.missing(plugin)
        if missing is not None:
            yield TokenAlignment(
                tokenizer=plugin.name, status=Status.SKIPPED, reason=missing.what, remedy=missing.remedy
            )
        elif host.is_trusted(plugin):
            with calling(f"the tokenizer {plugin.name}"):
                yield _aligned(plugin, training, text)
        else:
            yield _aligned_apart(host, plugin, training, text)


def _aligned_apart(host: Host, plugin: TokenizerPlugin, training: str, text: str) -> TokenAlignment:
    def cut(channel: Channel) -> dict[str, Any]:
        cells = asdict(_aligned(plugin, training, text))
        return cells | {"status": str(cells["status"])}

    try:
        cells = host.call(plugin, "tokenizing", cut, long=True)
    except AssayError as error:
        remedy = error.remedy or host.remedy(plugin)
        return TokenAlignment(tokenizer=plugin.name, status=Status.FAILED, reason=error.message, remedy=remedy)
    tokens = tuple(Piece(**each | {"span": Span(**each["span"])}) for each in cells["tokens"])
    uncovered = tuple(Span(**each) for each in cells["uncovered"])
    return TokenAlignment(**cells | {"status": Status(cells["status"]), "tokens": tokens, "uncovered": uncovered})


def _aligned(plugin: TokenizerPlugin, training: str, text: str) -> TokenAlignment:
    try:
        with contextlib.redirect_stdout(sys.stderr), guard():
            return align_tokens(plugin, training, text)
    except AssayError as error:
        return TokenAlignment(
            tokenizer=plugin.name,
            status=Status.FAILED,
            reason=error.message,
            remedy=error.remedy,
            expected=isinstance(error, UnknownToken) and plugin.closed_vocabulary,
        )


def align_tokens(plugin: TokenizerPlugin, training: str, text: str) -> TokenAlignment:
    """Encode a text with one tokenizer, and align its tokens; raise what the plugin raises.

    The spans are exact where the bytes of the tokens are the text, or the tokenizer has `spans`. Otherwise
    the tokens are searched for in the text, in order.
    """
    tokenizer = as_tokenizer(plugin.build(training))
    ids = tuple(as_ints(tokenizer.encode(text)))
    decoded = as_text(tokenizer.decode(ids))
    if isinstance(tokenizer, TokenBytes):
        data = [as_bytes(tokenizer.token_bytes(token)) for token in ids]
        texts = [part.decode("utf-8", "backslashreplace") for part in data]
        hexes: list[str | None] = [part.hex() for part in data]
    else:
        texts = [as_text(tokenizer.decode([token])) for token in ids]
        data = [part.encode("utf-8", "surrogatepass") for part in texts]
        hexes = [None] * len(ids)
    unk_id = unknown_id(tokenizer)
    unknown = [token == unk_id for token in ids]
    offsets = OffsetMap(text)
    if b"".join(data) == text.encode("utf-8", "surrogatepass"):
        spans = [offsets.bytes(*ends) for ends in pairwise(accumulate(map(len, data), initial=0))]
    else:
        if isinstance(tokenizer, Spans):
            places = _checked(tokenizer.spans(text), len(ids), len(text))
        else:
            places = find(text, list(map(_needle, data, unknown)), unknown)
            places = _closed(places, len(text)) if plugin.lossless and decoded == text else places
        spans = [offsets.characters(*place) for place in places]
    return TokenAlignment(
        tokenizer=plugin.name,
        status=Status.OK,
        tokens=tuple(
            Piece(id=number, text=part, hex=digits, span=span, unknown=flag)
            for number, part, digits, span, flag in zip(ids, texts, hexes, spans, unknown, strict=True)
        ),
        uncovered=tuple(offsets.bytes(*gap) for gap in _gaps([span.bytes for span in spans], offsets.size)),
        decoded=decoded,
    )


class OffsetMap:
    """The offsets of a text in bytes and in characters."""

    def __init__(self, text: str) -> None:
        self._ends = list(accumulate((len(char.encode("utf-8", "surrogatepass")) for char in text), initial=0))
        self.size = self._ends[-1]

    def bytes(self, start: int, end: int) -> Span:
        """Return the span of some bytes."""
        first = bisect_right(self._ends, start) - 1
        return Span((start, end), (first, bisect_left(self._ends, end) if end > start else first))

    def characters(self, start: int, end: int) -> Span:
        """Return the span of some characters."""
        return Span((self._ends[start], self._ends[end]), (start, end))


def find(text: str, needles: Sequence[str], unknown: Sequence[bool]) -> list[Range]:
    """Find each needle in the text, in order, as [start, end) in characters; case and accents if need be.

    Unknown tokens, and needles that are not found, get the words between their neighbours: one each where
    there are as many words, otherwise all of them together, and an empty range where there are none.
    """
    searches = [_Search(text, needles, unknown, fold) for fold in (str, _folded)]
    return max((search.run() for search in searches), key=lambda found: found[0])[1]


class _Search:
    """One walk through a text whose characters are folded one by one."""

    def __init__(self, text: str, needles: Sequence[str], unknown: Sequence[bool], fold: Callable[[str], str]) -> None:
        folded = [fold(char) for char in text]
        self.text, self.unknown = text, unknown
        self.line = "".join(folded)
        self.home = [index for index, part in enumerate(folded) for _ in part]
        self.needles = ["".join(map(fold, needle)) for needle in needles]

    def run(self) -> tuple[int, list[Range]]:
        """Return how many needles were found, and the place of every one, found or assigned."""
        places: list[Range] = []
        at = end = hits = 0
        for number in range(len(self.needles)):
            hit = self._next(number, at, number - len(places))
            if hit is not None:
                start = self.home[hit[0]]
                places += self._shared(end, start, number - len(places))
                at, end = hit[1], self.home[hit[1] - 1] + 1
                places.append((start, end))
                hits += 1
        return hits, places + self._shared(end, len(self.text), len(self.needles) - len(places))

    def _next(self, number: int, at: int, waiting: int) -> Range | None:
        """Find one needle at a place or, if need be, beyond it, where so many tokens before it have none yet."""
        direct = self._here(number, at)
        if direct is not None and not waiting:
            return direct
        word = self.needles[number].strip()
        reach = self.line[at : at + REACH * (waiting + 1)]
        least = sum(self.unknown[number - waiting : number])

        def likely(start: int) -> tuple[bool, int, int, int]:
            fits = min(least, 1) <= len(self.line[at:start].split()) <= waiting
            return fits, self._run(number + 1, start + len(word)), self._edges(start, word), -start

        starts = [at + match.start() for match in re.finditer(f"(?={re.escape(word)})", reach)] if word else []
        return (best := max(starts, key=likely), best + len(word)) if starts else None

    def _here(self, number: int, at: int) -> Range | None:
        """Match a needle with its white space, or else its word behind any white space."""
        needle = self.needles[number]
        if needle and self.line.startswith(needle, at):
            return at, at + len(needle)
        word = needle.strip()
        while word and at < len(self.line) and self.line[at].isspace():
            at += 1
        return (at, at + len(word)) if word and self.line.startswith(word, at) else None

    def _run(self, number: int, at: int) -> int:
        """Count the needles that follow at once; behind the last one nothing but white space may be left."""
        for count, following in enumerate(range(number, number + AHEAD)):
            if following == len(self.needles):
                return count if self.line[at:].strip() else AHEAD
            hit = self._here(following, at)
            if hit is None:
                return count
            at = hit[1]
        return AHEAD

    def _edges(self, start: int, word: str) -> int:
        """Rate the two edges of a place: 2 for one at white space, 1 between words, 0 within a word."""
        pairs = (self.line[max(0, start - 1) : start + 1], self.line[start + len(word) - 1 : start + len(word) + 1])
        return sum(2 if pair[:1].isspace() or not pair[1:].strip() else not pair.isalnum() for pair in pairs)

    def _shared(self, start: int, end: int, count: int) -> list[Range]:
        words = [(match.start(), match.end()) for match in WORD.finditer(self.text, start, max(start, end))]
        if len(words) == count:
            return words
        return [(words[0][0], words[-1][1]) if words else (min(start, end),) * 2] * count


def _needle(data: bytes, unknown: bool) -> str:
    """The text to search for; nothing for an unknown token, or for bytes that are not text by themselves."""
    return "" if unknown or "\ufffd" in (text := data.decode("utf-8", "replace")) else text


def _folded(char: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part)).casefold()


def _checked(spans: object, count: int, length: int) -> list[Range]:
    places: list[Range] = as_spans(spans)
    starts, ends = [0, *(start for start, _ in places)], [*(end for _, end in places), length]
    ordered = starts == sorted(starts) and ends == sorted(ends) and all(start <= end for start, end in places)
    if len(places) != count or not ordered:
        raise AssayError(
            f"spans gives {len(places)} places for {count} ids, or places out of order",
            remedy="give one [start, end) in characters for each id, in order",
        )
    return places


def _closed(places: list[Range], length: int) -> list[Range]:
    """Extend the tokens of a lossless tokenizer: over the gap before each, and the last to the end."""
    last = places[-1] if places else None
    closed: list[Range] = []
    reached = 0
    for place, group in groupby(places):
        start, end = place
        if start < end or place == last:
            start, end = min(start, reached), length if place == last else end
            reached = max(reached, end)
        closed += [(start, end)] * len(list(group))
    return closed


def _gaps(ranges: Sequence[Range], size: int) -> list[Range]:
    """The parts of [0, size) that ranges with ascending starts do not cover."""
    reached = [0, *accumulate((end for _, end in ranges), max)]
    starts = [*(start for start, _ in ranges), size]
    return [(end, start) for end, start in zip(reached, starts, strict=True) if end < start]
