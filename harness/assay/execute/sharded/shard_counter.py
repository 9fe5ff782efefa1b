"""One tokenizer on the passages of a shard: counted, and verified."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from assay.corpus.fields import LONGEST
from assay.corpus.shard_reader import Cut, Passage, too_long
from assay.errors import WrongOutput
from assay.execute.sharded.partial_counts import STRATA, WHOLE, Difference, MergeableCounts, bucket
from assay.measure.round_trip import compare_ids, difference
from assay.measure.short_conformance import has_tokens_where_long
from assay.measure.token_ids import as_ints
from assay.plugins.types import Tokenizer, TokenizerPlugin
from assay.tokenizer.answers import as_text, of_size, outside, unknown_id, vocabulary_size
from assay.tokenizer.metrics import Total, Vocabulary, bytes_of, packed, tally
from assay.tokenizer.text_loss import TextLoss

AROUND = 2_000
Spans = Sequence[tuple[int, int]]


def cut_of(plugins: Sequence[TokenizerPlugin]) -> Cut:
    """Where documents may be cut: before white space, where all tokenizers that declare `splits_at` allow it.

    So no word is cut, and those that declare nothing take documents whole.
    """
    declared = [re.compile(plugin.splits_at) for plugin in plugins if plugin.splits_at is not None]
    first = declared[0] if declared else re.compile(r"(?<=\S)(?=\s)")

    def cut(text: str, start: int) -> int | None:
        for match in first.finditer(text, start):
            place = match.start()
            if place >= len(text):
                return None
            if text[place].isspace() and not text[place - 1].isspace() and _empty(declared[1:], text, place):
                return place
        return None

    return cut


def _empty(expressions: Sequence[re.Pattern[str]], text: str, place: int) -> bool:
    return all(expression.match(text, place) is not None for expression in expressions)


class ShardCounter:
    """Counts the documents of one shard with one tokenizer; each begins where the one before has ended."""

    def __init__(self, plugin: TokenizerPlugin, tokenizer: Tokenizer, vocabulary: Vocabulary, shard: str) -> None:
        self.plugin = plugin
        self.tokenizer = tokenizer
        self.vocabulary = vocabulary
        self.shard = shard
        self._strata: dict[int, Total] = {}
        self._used: Counter[int] = Counter()
        self._lengths: Counter[int] = Counter()
        self._pieces: dict[int, bytes] = {}
        self._digest = self._changed = self._bad = self._whole = self._squares = self._counted = 0
        self._first: Difference | None = None
        self._loss = TextLoss(plugin.normalization)
        self._begin()

    def take(self, passage: Passage, spans: Spans, chance: int) -> None:
        """Count a document, or a part of it; `spans` are its words, `chance` a number that falls to the document.

        Raises `WrongOutput` for what is not a valid id or text or not the same twice, and whatever the plugin raises.
        """
        self._bad += passage.bad
        if self.plugin.splits_at is None and (self._held or not passage.last):
            self._hold(passage.text, spans)
            if not passage.last:
                return
            text, spans = "".join(self._held), self._spans
            self._whole += 1
        else:
            text = passage.text
        self._count(passage.document, text, spans)
        if passage.last:
            self._end(chance)

    def partial(self, *, seen: int = 0, seen_size: int = 0, passed_over: int = 0) -> MergeableCounts:
        """Return the counts of the documents; raise `WrongOutput` where a promise is broken."""
        if self._first is not None and self.plugin.lossless:
            raise WrongOutput(
                f"it promises a lossless round trip, but in {self._first.shard} {self._first.what}",
                remedy="fix it, or announce it with lossless=False",
            )
        return MergeableCounts(
            vocabulary=self.vocabulary,
            strata=self._strata,
            used=self._used,
            lengths=self._lengths,
            digest=self._digest,
            changed=self._changed,
            first=self._first,
            bad=self._bad,
            whole=self._whole,
            squares=self._squares,
            returned=self._loss.plain.back,
            returnable=self._loss.plain.of,
            returned_normalized=self._loss.after.back,
            returnable_normalized=self._loss.after.of,
            seen=seen,
            seen_size=seen_size,
            passed_over=passed_over,
        )

    def _begin(self) -> None:
        self._total, self._parts, self._same = Total(), 0, True
        self._hash = hashlib.sha256()
        self._held: list[str] = []
        self._spans: list[tuple[int, int]] = []
        self._length = 0
        self._before = ""

    def _hold(self, text: str, spans: Spans) -> None:
        self._spans += ((start + self._length, end + self._length) for start, end in spans)
        self._held.append(text)
        self._length += len(text)
        if self._length > LONGEST:
            raise too_long(f"a document of {self.shard}")

    def _count(self, number: int, text: str, spans: Spans) -> None:
        noun = f"document {number}"
        ids = as_ints(self.tokenizer.encode(text))
        if not self._counted:
            compare_ids(noun, self.tokenizer.encode(text), ids, "the second time")
        if self._before:
            self._verify_cut(noun, text)
        self._counted += 1
        has_tokens_where_long(text, ids)
        self._see(noun, ids)
        decoded = as_text(self.tokenizer.decode(ids))
        self._loss.add(text, decoded)
        if decoded != text:
            self._same = False
            self._first = self._first or Difference(
                shard=self.shard, document=number, what=difference(noun, text, decoded)
            )
        self._total += tally(text, ids, unknown_id(self.tokenizer), self._pieces, spans)
        self._parts += 1
        self._hash.update(packed(ids))
        self._before = text[-AROUND:]

    def _see(self, noun: str, ids: Sequence[int]) -> None:
        """Take note of ids, and of the bytes of those that are new; all must be of the vocabulary."""
        self._used.update(ids)
        new = set(ids).difference(self._pieces)
        if not new:
            return
        size = vocabulary_size(self.tokenizer)
        wrong = outside(new, size)
        if wrong is not None:
            raise WrongOutput(f"id {wrong[1]} in {noun} is outside the vocabulary{of_size(size)}")
        self._pieces |= dict.fromkeys(new, b"") | dict(bytes_of(self.tokenizer, new))

    def _verify_cut(self, noun: str, text: str) -> None:
        """At a cut, encode what is around it whole and in two parts."""
        encode, before, after = self.tokenizer.encode, self._before, text[:AROUND]
        if as_ints(encode(before + after)) != as_ints(encode(before)) + as_ints(encode(after)):
            raise WrongOutput(
                f"it declares that a text may be cut at {self.plugin.splits_at!r}, but {noun} gets other ids when it is"
                f" cut between {before[-12:]!r} and {after[:12]!r}",
                remedy="fix splits_at, or leave it out: documents are then taken whole",
            )

    def _end(self, chance: int) -> None:
        covered = self._total.covered == self._parts
        total = replace(
            self._total, documents=1, covered=int(covered), continued=self._total.continued if covered else 0
        )
        stratum = chance % STRATA
        self._strata[stratum] = self._strata.get(stratum, Total()) + total
        self._lengths[bucket(total.tokens)] += 1
        self._digest = (self._digest + int.from_bytes(self._hash.digest())) % WHOLE
        self._changed += not self._same
        self._squares += total.size**2
        self._begin()
