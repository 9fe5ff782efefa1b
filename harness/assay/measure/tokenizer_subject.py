"""A tokenizer on the documents of a corpus: its counts, its verification, and its timed operations."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from assay.corpus.loading import Parts
from assay.corpus.sampling import relative_uncertainty, sample_metrics, shuffled, size_of
from assay.environment.cpu_affinity import every_core
from assay.errors import UnknownToken, WrongOutput
from assay.measure import timer as clock
from assay.measure.cold_pass import ColdStart, words_seen_before
from assay.measure.extrapolation import extrapolate, extrapolate_seconds, probe_sizes
from assay.measure.fresh_encoding import FreshEncoding
from assay.measure.fresh_text import FreshTexts
from assay.measure.id_equivalence import IdEquivalence
from assay.measure.length_grid import latency, lengths
from assay.measure.memory import peak_resident_bytes, resident_bytes
from assay.measure.round_trip import compare_ids, round_trip
from assay.measure.scaling_exponent import growth
from assay.measure.short_conformance import added_ids, has_tokens, verify_shortly
from assay.measure.subject import Operation, Subject
from assay.measure.token_ids import RealIds, as_ints, is_real
from assay.plugins.types import PARALLEL, SCALING, Document, EncodeBatch, Tokenizer, TokenizerPlugin
from assay.records.results import Metrics, Sample
from assay.tokenizer.answers import as_batch, as_tokenizer, listed, notes_of, special_ids
from assay.tokenizer.metrics import ids_digest, token_counts
from assay.tokenizer.python_tokenizer import decodes
from assay.tokenizer.text_loss import TextLoss, loss_figures

STRIDE = 16
SHORT = 256
MANY = 100
PAST_OVERHEAD_S = 1e-4


class TokenizerSubject(Subject):
    """Built on the training text; checked and timed on the measured documents."""

    def __init__(self, plugin: TokenizerPlugin, parts: Parts, *, kind: str = "", grid: bool = False) -> None:
        """On a corpus of some `kind`; with `grid` also at several lengths and in batches."""
        self.plugin = plugin
        self.kind, self.grid = kind, grid
        self.equivalence: IdEquivalence | None = None
        self.documents = parts.measured
        self.texts = tuple(document.text for document in parts.measured)
        before = resident_bytes()
        start = time.perf_counter()
        self.tokenizer = as_tokenizer(plugin.build(parts.training))
        seconds, after = time.perf_counter() - start, resident_bytes()
        grown = None if before is None or after is None else max(0, after - before)
        self.built = parts.figures | Metrics(build_seconds=seconds, build_bytes=grown)
        self.ids: tuple[list[int], ...] = ()
        self._corpus: tuple[Document, ...] = ()  # in the order of the draw, where a sample is asked for
        self.encode = RealIds(self.tokenizer)
        self._pass = ColdStart(self.encode)
        self._fresh_encoding: FreshEncoding | None = None
        self._wrong: WrongOutput | UnknownToken | None = None
        self._predicted = 0
        self._pieces: Mapping[str, tuple[str, ...]] = {}

    def draw(self, documents: int) -> None:
        """Keep to a sample of so many documents, or of all where there are not more."""
        self._corpus = self._corpus or shuffled(self.documents)
        self.documents = self._corpus[:documents]
        self.texts = tuple(document.text for document in self.documents)

    def size(self, documents: int) -> float:
        """Draw a sample, encode what is new in it, and return its relative uncertainty."""
        self.draw(documents)
        try:
            self._pass.encode(self.texts, self.equivalence)
        except (WrongOutput, UnknownToken) as error:
            self._wrong = self._wrong or error
        if self._wrong is not None:
            return 0.0  # `check` raises it; more documents do not make it right
        sizes, tokens = tuple(map(size_of, self.documents)), tuple(map(len, self._pass.ids))
        return relative_uncertainty(sizes, tokens, len(self._corpus))

    def predict(self) -> Metrics:
        """Encode an eighth and a quarter of the text, few times; a part may have words that the whole has not."""
        metrics = Metrics(same_ids_as=None if self.equivalence is None else self.equivalence.name)
        if self.kind == SCALING:  # of whole documents, which a closed vocabulary knows
            metrics |= growth(self.encode, self.texts)
        try:
            return metrics | self._predict()
        except UnknownToken:
            return metrics

    def _predict(self) -> Metrics:
        size = sum(map(len, self.texts))
        sizes = probe_sizes(size)
        probes = [self._first(length) for length in sizes]
        cold = not self._pass.ids
        self._predicted = sizes[1]  # of a sample these were encoded first too, with what a tokenizer puts off till then
        first = _seconds(probes[0])
        low_s, high_s = (clock.typical_seconds(partial(_sample, probe), most=1) for probe in probes)
        seconds = extrapolate_seconds(sizes, (low_s, high_s), size, float)
        if high_s >= PAST_OVERHEAD_S:  # a smaller part that took as long was read while others were busy
            seconds = max(seconds, high_s * size / sizes[1])
        low, high = (peak_resident_bytes(probe) for probe in probes)
        return Metrics(
            predicted_seconds=seconds,
            first_call_seconds=first if cold else None,
            predicted_bytes=None if low is None or high is None else int(extrapolate(sizes, (low, high), size)),
        )

    def check(self) -> Metrics:
        """Encode and decode every document: ids in range, the same twice, and the round trip as declared."""
        tokenizer, plugin = self.tokenizer, self.plugin
        if self._wrong is not None:
            raise self._wrong
        self._pass.encode(self.texts, self.equivalence)
        self.ids = tuple(self._pass.ids)
        has_tokens(self.texts, self.ids)
        exact, difference, loss, back = 0, None, TextLoss(plugin.normalization), decodes(tokenizer)
        for number, (text, ids) in enumerate(zip(self.texts, self.ids, strict=True)):
            found = round_trip(tokenizer, f"document {number}", text, ids, loss)
            exact += found is None
            difference = difference or found
        if difference is not None and plugin.lossless:
            raise WrongOutput(
                f"it promises a lossless round trip, but {difference}",
                remedy="fix it, or announce it with lossless=False",
            )
        counts = token_counts(self.documents, self.ids, tokenizer, parallel=self.kind == PARALLEL)
        metrics = counts | (sample_metrics(self.documents, self._corpus, counts) if self._corpus else {})
        added = added_ids(tokenizer, self.texts[0])
        metrics |= {
            "added_ids_per_text": None if added is None else len(added),
            "round_trip": exact / len(self.texts) if back else None,
            "ids_as": type(tokenizer.encode(min(self.texts, key=len))).__name__,
            "special_tokens": _specials(plugin, tokenizer),
            "family": plugin.family,
            "pretrained_on": plugin.trained_on or None,
            "tokenizer_notes": notes_of(tokenizer),
            "words_seen_before": words_seen_before(self.texts),
        }
        metrics |= self.built | self._pass.metrics(self._predicted) | {"round_trip_difference": difference}
        metrics |= loss_figures(loss.plain, loss.after, plugin.normalization) if back else {}
        if self.grid:
            self._pieces = lengths(self.texts)
            metrics |= latency(self.encode.timed, self._pieces["line"])
        return metrics

    def verify_shortly(self) -> Metrics:
        """Verify what documents do not show: on short strings, a long text, and fuzz strings where ids are claimed."""
        metrics = verify_shortly(self.plugin, self.tokenizer, "\n".join(self.texts[:MANY]))
        if self.equivalence is not None:
            metrics |= self.equivalence.fuzz(self.tokenizer, self.plugin.specials.tokens)
        return metrics

    def ready(self) -> Metrics:
        """Encode every document; the digest says whether the ids are those that passed."""
        self._pass.encode(self.texts, None)
        self.ids = tuple(self._pass.ids)
        if self.grid:
            self._pieces = lengths(self.texts)
        return Metrics(ids_sha256=ids_digest(self.ids))

    def operations(self) -> tuple[Operation, ...]:
        """One call encodes every document, decodes it, or encodes fresh text; in the grid also pieces and batches."""
        whole = self._encoding("encode", partial(_each, self.encode.timed, self.texts), self.texts, self.ids)
        timed = (whole, *self._decoding(whole), *self._fresh())
        return (*timed, *self._lengths(), *self._batches()) if self.grid else timed

    def _decoding(self, whole: Operation) -> Iterator[Operation]:
        if not decodes(self.tokenizer):
            return
        decode, ids = self.tokenizer.decode, self.ids
        decoded = [decode(document) for document in ids]

        def decode_all() -> list[str]:
            return [decode(document) for document in ids]

        def compare_texts(outputs: Sequence[object]) -> None:
            if any(output != decoded for output in outputs):
                raise WrongOutput("decode gives another text in a timed call than before")

        yield Operation(name="decode", call=decode_all, spot_check=compare_texts, tokens=whole.tokens, size=whole.size)

    def _fresh(self) -> Iterator[Operation]:
        """The words of the documents in other orders; texts of a size sweep lose by it what makes them difficult."""
        whole_words = self.plugin.closed_vocabulary
        texts = None if self.kind == SCALING else FreshTexts.of(self.texts, whole_words=whole_words)
        if texts is not None:
            encoding = FreshEncoding(self.plugin, self.tokenizer, self.encode.timed, texts)
            fresh = encoding.operation(self.equivalence)
            if fresh is not None:
                self._fresh_encoding = encoding
                yield fresh

    def _lengths(self) -> Iterator[Operation]:
        encode = self.encode.timed
        for name, pieces in self._pieces.items():
            yield self._encoding(
                name, partial(_each, encode, pieces), pieces, [as_ints(encode(text)) for text in pieces]
            )

    def _batches(self) -> Iterator[Operation]:
        """All paragraphs in one call, where the tokenizer offers that, with one thread and with two."""
        tokenizer, pieces = self.tokenizer, self._pieces["paragraph"]
        if isinstance(tokenizer, EncodeBatch):
            ids = [as_ints(tokenizer.encode(text)) for text in pieces]
            for name, threads in (("batch", 1), ("batch2", 2)):
                operation = self._encoding(name, partial(tokenizer.encode_batch, pieces, threads), pieces, ids)
                operation.spot_check([tokenizer.encode_batch(pieces, threads)])
                yield (operation if threads == 1 else replace(operation, context=every_core, clock="wall"))

    def _encoding(
        self, name: str, call: Callable[[], Sequence[Sequence[int]]], texts: Sequence[str], ids: Sequence[list[int]]
    ) -> Operation:
        offsets = itertools.cycle(range(STRIDE))

        def compare(outputs: Sequence[object]) -> None:
            offset = next(offsets)
            for output in outputs:
                for number, found in enumerate(as_batch(output, len(ids))):
                    if not is_real(found):
                        raise WrongOutput(f"a timed call gives {type(found).__name__}, whose ids may not be there yet")
                    if not _alike(found, ids[number], offset):
                        compare_ids(f"document {number}", found, ids[number], "in a timed call")

        size = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
        return Operation(name=name, call=call, spot_check=compare, tokens=sum(map(len, ids)), size=size)

    def memory(self) -> Metrics:
        """The high-water mark of encoding every document once; and whether whole lists of ids are remembered."""
        peak = Metrics(peak_bytes=peak_resident_bytes(self._first(sum(map(len, self.texts)))))
        return peak | (self._fresh_encoding.decode_repeat() if self._fresh_encoding is not None else {})

    def recheck(self) -> None:
        """Encode every document once more."""
        for number, (text, ids) in enumerate(zip(self.texts, self.ids, strict=True)):
            compare_ids(f"document {number}", self.tokenizer.encode(text), ids, "after timing")

    def _first(self, length: int) -> Callable[[], object]:
        """A call that encodes about so many characters of the documents, cut at white space where there is any."""
        texts = []
        for text in self.texts:
            cut = next((at for at in range(min(length, len(text) - 1), 0, -1) if text[at].isspace()), length)
            texts.append(text if length >= len(text) else text[:cut])
            length -= len(text)
            if length <= 0:
                break
        return lambda: [self.encode(text) for text in texts]


def _specials(plugin: TokenizerPlugin, tokenizer: Tokenizer) -> str:
    """The policy that is declared; for one that declares none, how many the tokenizer lists."""
    listed = special_ids(tokenizer)
    return f"{len(listed)} listed, no role declared" if listed and not plugin.specials.tokens else plugin.specials.label


def _each(encode: Callable[[str], Sequence[int]], texts: Sequence[str]) -> list[Sequence[int]]:
    return [encode(text) for text in texts]


def _alike(found: Sequence[int], expected: list[int], offset: int) -> bool:
    """Compare cheaply: all of a short document; length, last id and every 16th of a long one, from an offset.

    The offset goes round from sample to sample, so that no place is left out for long.
    """
    if len(found) != len(expected):
        return False
    if not len(found):
        return True
    step = 1 if len(found) < SHORT else STRIDE
    ours, theirs = expected[offset % step :: step], found[offset % step :: step]
    return bool(found[-1] == expected[-1]) and ours == listed(theirs)


def _sample(call: Callable[[], object], iterations: int) -> Sample:
    return clock.read(call, iterations)[0]


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
