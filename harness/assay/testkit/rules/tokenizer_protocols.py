"""What a tokenizer may be able to do besides: batches, threads, bytes, places in the text, another one's ids."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from assay.errors import UnknownName, WrongOutput
from assay.measure.id_equivalence import IdEquivalence
from assay.measure.short_conformance import bytes_agree, has_added
from assay.measure.token_ids import as_ints, is_real
from assay.plugins.types import EncodeBatch, TokenBytes, Tokenizer, TokenizerPlugin
from assay.testkit.context import Context
from assay.testkit.registry import Check
from assay.testkit.result import ConformanceError, Skip
from assay.testkit.shrinking import quoted, shown, smallest
from assay.tokenizer import answers
from assay.tokenizer.alignment import Spans
from assay.tokenizer.fuzzing import strings

THREADS = 4
TOGETHER_S = 0.2  # how long threads are given to meet: on a busy machine one may be done before the next begins
SWITCH_S = 1e-5  # how long Python lets a thread run when another one waits: short, so that they meet
CLAIMED = 4_000
CLAIM_SEED = 1_917


def batch(plugin: TokenizerPlugin, context: Context) -> str:
    """A batch gives the ids that its texts have one by one, by one thread and by two, and leaves the texts alone."""
    tokenizer = context.tokenizer
    if not isinstance(tokenizer, EncodeBatch):
        raise Skip("it has no encode_batch")
    texts = [text for text, _ in context.encoded]
    for threads in (1, 2):
        given = list(texts)
        results = answers.as_batch(tokenizer.encode_batch(given, threads), len(texts))
        found = [as_ints(ids, "encode_batch") for ids in results]
        named = f"encode_batch with {threads} thread{'s' * (threads > 1)}"
        if given != texts:
            raise ConformanceError(f"{named} changes the list of texts", remedy="work on a copy")
        late = next((ids for ids in results if not is_real(ids)), None)
        if late is not None:
            raise ConformanceError(
                f"{named} gives {answers.typed(late)} for a text, whose ids may not be there yet",
                remedy="give a list for each text",
            )
        pairs = zip(context.encoded, found, strict=True)
        wrong = next((text for (text, ours), theirs in pairs if ours != theirs), None)
        if wrong is not None:
            _told_apart(context, tokenizer, wrong, threads, named)
    if list(tokenizer.encode_batch([], 1)):
        raise ConformanceError("encode_batch gives ids for no text", remedy="give nothing for nothing")
    return f"{len(texts):,} strings in one call, by 1 and 2 threads"


def _told_apart(context: Context, tokenizer: EncodeBatch, text: str, threads: int, named: str) -> None:
    """Raise `ConformanceError` for a text that differs in a batch, made as short as it differs alone in one."""

    def alone(shorter: str) -> list[int]:
        return [value for ids in tokenizer.encode_batch([shorter], threads) for value in as_ints(ids)]

    if alone(text) != context.ids(text):
        text = smallest(text, lambda shorter: alone(shorter) != context.ids(shorter))
        told = f"gives {shown(alone(text))} for {quoted(text)}"
    else:
        told = f"among others gives other ids for {quoted(text)} than for it alone"
    raise ConformanceError(
        f"{named} {told}, and encode gives {shown(context.ids(text) or [])}", remedy="let both go the same way"
    )


def thread_safety(plugin: TokenizerPlugin, context: Context) -> str:
    """Threads that encode at the same time get the ids that one alone gets, unless thread_safe=False is declared."""
    if not plugin.thread_safe:
        raise Skip("it declares thread_safe=False")
    count = len(context.encoded)  # by one thread alone
    before, rounds, end = sys.getswitchinterval(), 0, time.monotonic() + TOGETHER_S
    sys.setswitchinterval(SWITCH_S)
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            while not rounds or time.monotonic() < end:
                rounds += 1
                _meet(pool, context)
    finally:
        sys.setswitchinterval(before)
    return f"{THREADS} threads, {count:,} strings each, {rounds} time{'s' * (rounds > 1)}"


def _meet(pool: ThreadPoolExecutor, context: Context) -> None:
    """Have all threads encode all texts, each beginning at another; raise `ConformanceError` for other ids."""
    texts = [text for text, _ in context.encoded]
    start = Barrier(THREADS)

    def encode(number: int) -> list[list[int] | None]:
        first = number * len(texts) // THREADS
        start.wait()
        found = [context.ids(text) for text in (*texts[first:], *texts[:first])]
        return [*found[len(texts) - first :], *found[: len(texts) - first]]

    results = pool.map(encode, range(THREADS))
    for (text, ours), *theirs in zip(context.encoded, *results, strict=True):
        wrong = next((ids for ids in theirs if ids != ours), ours)
        if wrong != ours:
            told = "raises" if wrong is None else f"encodes to {shown(wrong)}"
            raise ConformanceError(
                f"{quoted(text)} encodes to {shown(ours)}, and {told} while {THREADS - 1} other threads encode",
                remedy="keep what belongs to a call out of the object, or announce thread_safe=False",
            )


def token_bytes(plugin: TokenizerPlugin, context: Context) -> str:
    """The bytes of its tokens make up the text that decode gives, and an id beyond the vocabulary is a KeyError."""
    tokenizer = context.tokenizer
    if not isinstance(tokenizer, TokenBytes):
        raise Skip("it has no token_bytes")
    for text, ids in context.encoded:
        if not has_added(ids, context.added):
            bytes_agree(tokenizer, quoted(text), ids, tokenizer.decode(list(ids)), exactly=plugin.lossless)
    size = context.vocabulary_size
    try:
        found = tokenizer.token_bytes(size)
    except KeyError:
        return f"{len(context.encoded):,} strings"
    except Exception as error:
        told = f"raises {type(error).__name__}"
    else:
        told = f"gives {found!r}"
    raise ConformanceError(
        f"token_bytes({size}) {told}, and the vocabulary has {size}", remedy="raise KeyError for what is not assigned"
    )


def spans(plugin: TokenizerPlugin, context: Context) -> str:
    """The spans give each id its place in the text, in order, and the text there is what the token says."""
    tokenizer = context.tokenizer
    if not isinstance(tokenizer, Spans):
        raise Skip("it has no spans")
    for text, ids in context.encoded:
        _held(plugin, tokenizer, text, ids, answers.as_spans(tokenizer.spans(text)))
    return f"{len(context.encoded):,} strings"


def same_ids_as(plugin: TokenizerPlugin, context: Context) -> str:
    """The ids are those of the tokenizer whose ids it claims to give."""
    if plugin.same_ids_as is None:
        raise Skip("it claims nobody's ids")
    try:
        reference = context.host.one(TokenizerPlugin, plugin.same_ids_as)
    except UnknownName as error:
        raise ConformanceError(
            f"it claims the ids of {plugin.same_ids_as}, and {error.message}", remedy=error.remedy
        ) from None
    missing = context.host.missing(reference)
    if missing is not None:
        raise Skip(f"{reference.name}, whose ids it claims, {missing.what}")
    equivalence = IdEquivalence(reference.name, answers.as_tokenizer(reference.build(context.training)))
    texts = sorted({*context.strings, *strings(CLAIMED, CLAIM_SEED)}, key=lambda text: (len(text), text))
    for text in texts:
        try:
            equivalence.compare_on(quoted(text), text, context.tokenizer)
        except WrongOutput as error:
            raise ConformanceError(error.message, remedy=error.remedy) from None
    return f"{len(texts):,} strings"


def _held(
    plugin: TokenizerPlugin, tokenizer: Tokenizer, text: str, ids: Sequence[int], given: Sequence[tuple[int, int]]
) -> None:
    remedy = "give one [start, end) in characters for each id, in the order of the ids"
    if len(given) != len(ids):
        raise ConformanceError(f"{quoted(text)} has {len(ids)} ids and {len(given)} spans", remedy=remedy)
    reached = (0, 0)
    for value, (start, end) in zip(ids, given, strict=True):
        told = f"token {value} of {quoted(text)} has the span [{start}, {end})"
        if not 0 <= start <= end <= len(text):
            raise ConformanceError(f"{told}, and the text has {len(text)} characters", remedy=remedy)
        if start < reached[0] or end < reached[1]:
            raise ConformanceError(f"{told}, after [{reached[0]}, {reached[1]})", remedy=remedy)
        reached = (start, end)
        part = text[start:end]
        if not _agrees(plugin, tokenizer, text, value, part):
            raise ConformanceError(f"{told}, which is {quoted(part)}", remedy="give the place that the token covers")
    covered = bool(given) and given[0][0] == 0 and max(end for _, end in given) == len(text)
    if plugin.lossless and text and not covered:
        raise ConformanceError(
            f"the spans of {quoted(text)} leave out a part of it, and lossless is declared", remedy=remedy
        )


def _agrees(plugin: TokenizerPlugin, tokenizer: Tokenizer, text: str, value: int, part: str) -> bool:
    """Whether a token is what stands at its place, as far as that can be known.

    Exactly where its bytes are known. Else by what it decodes to alone, at whose ends a space may be lost, where that
    is text; a lossy one may cover something that reads otherwise, but not where the text has it nowhere.
    """
    if plugin.lossless and isinstance(tokenizer, TokenBytes):
        return _within(tokenizer.token_bytes(value), part)
    alone = tokenizer.decode([value]).strip()
    if not alone or "\ufffd" in alone or value == tokenizer.unk_id:
        return True
    if plugin.lossless:
        return alone == part.strip()
    return alone not in text or not text.isascii() or alone in part


def _within(data: bytes, part: str) -> bool:
    """Whether bytes are those of a part of a text, but for bytes of its first and of its last character."""
    place = part.encode()
    before = place.find(data)
    after = len(place) - before - len(data)
    if before < 0 or not part:
        return data == place
    return before < len(part[0].encode()) and after < len(part[-1].encode())


CHECKS = Check.all_of((batch, thread_safety, token_bytes, spans, same_ids_as), "takes-any-text", "deterministic")
