"""What every tokenizer must do: ids, text, and the same each time."""

from __future__ import annotations

from assay.errors import AssayError, WrongOutput, guard, raised_by, reason_of
from assay.measure import short_conformance
from assay.measure.memory import in_bytes
from assay.measure.round_trip import text_or_none
from assay.measure.short_conformance import has_added
from assay.measure.token_ids import as_ints
from assay.plugins.types import TokenizerPlugin
from assay.testkit.context import Context
from assay.testkit.registry import Check
from assay.testkit.result import ConformanceError, Skip
from assay.testkit.shrinking import hold, quoted, shown
from assay.testkit.subprocess import ask
from assay.tokenizer import answers

BETWEEN = "In between, something else: 1, 2, 3."


def builds(plugin: TokenizerPlugin, context: Context) -> None:
    """Building it on a text gives an object with vocab_size, unk_id, encode and decode."""
    answers.as_tokenizer(context.tokenizer)


def memory_kept(plugin: TokenizerPlugin, context: Context) -> str:
    """Memory does not grow with each call that encodes and decodes the same text."""
    grown = short_conformance.memory_kept(context.tokenizer, context.training)
    return "memory cannot be read here" if grown is None else f"{in_bytes(grown)} a call"


def vocabulary_size(plugin: TokenizerPlugin, context: Context) -> str:
    """Its vocab_size is one more than the largest id, and decode knows that id."""
    return f"{short_conformance.sane_size(context.tokenizer):,}"


def any_length(plugin: TokenizerPlugin, context: Context) -> None:
    """A text has tokens, and a longer one has more."""
    ids = context.ids(context.training)
    if ids is not None:
        short_conformance.has_tokens([context.training], [ids])
    short_conformance.not_capped(context.tokenizer, context.training)


def ids_in_range(plugin: TokenizerPlugin, context: Context) -> str:
    """Ids are integers from 0 to below vocab_size."""
    tokenizer = context.tokenizer

    def rule(text: str) -> None:
        try:
            with guard():
                ids = as_ints(tokenizer.encode(text))
        except WrongOutput as error:  # not integers
            raise ConformanceError(f"{error.message}, on {quoted(text)}", remedy=error.remedy) from None
        except AssayError:  # a text that is refused is another check's concern
            return
        size = context.vocabulary_size
        wrong = next((value for value in ids if not 0 <= value < size), None)
        if wrong is not None:
            raise ConformanceError(
                f"{quoted(text)} encodes to {shown(ids)}, and {wrong} is not below vocab_size, {size}"
                if wrong >= 0
                else f"{quoted(text)} encodes to {shown(ids)}, and {wrong} is below 0",
                remedy="fix encode or vocab_size",
            )

    return hold(rule, context.strings)


def deterministic(plugin: TokenizerPlugin, context: Context) -> str:
    """The same text gives the same ids, whatever is encoded in between."""

    def rule(text: str) -> None:
        first = context.ids(text)
        context.ids(BETWEEN)
        second = context.ids(text)
        if first != second:
            raise ConformanceError(
                f"{quoted(text)} encodes to {_told(first)}, and then to {_told(second)}",
                remedy="let encode depend on nothing but the text and what build made",
            )

    return hold(rule, context.strings)


def second_process(plugin: TokenizerPlugin, context: Context) -> str:
    """A process of its own with another PYTHONHASHSEED gives the same ids, and the same text from the ids alone."""
    texts, documents = ([pair[place] for pair in context.encoded] for place in (0, 1))
    asked = {"name": plugin.name, "training": context.training, "texts": texts, "documents": documents}
    files = [file for file in context.host.files if file.name == plugin.name]
    answer = ask(context.origin, "encode", files=files, **asked)
    elsewhere = f"in a process with PYTHONHASHSEED={answer.seed}"
    for (text, ours), theirs in zip(context.encoded, answer.content["ids"], strict=True):
        if ours != theirs:
            raise ConformanceError(
                f"{quoted(text)} encodes to {_told(ours)} here, and to {_told(theirs)} {elsewhere}",
                remedy="sort what comes from a set, and use no hash of Python's",
            )
    for (text, ids), decoded in zip(context.encoded, answer.content["texts"], strict=True):
        if decoded != text_or_none(context.tokenizer, ids):
            told = "nothing" if decoded is None else quoted(decoded)
            raise ConformanceError(
                f"{shown(ids)}, the ids of {quoted(text)}, are decoded to {told} {elsewhere}, which has not encoded it",
                remedy="let the text depend on nothing but the ids",
            )
    return f"{len(texts):,} strings"


def takes_any_text(plugin: TokenizerPlugin, context: Context) -> str:
    """Text that UTF-8 can write is encoded and decoded; only what is announced raises: closed_vocabulary, in_text."""
    from assay.testkit.rules.unknown_tokens import refusal

    tokenizer = context.tokenizer

    def rule(text: str) -> None:
        try:
            with guard():
                ids = as_ints(tokenizer.encode(text))
        except WrongOutput:  # not integers, which another check says
            raise Skip("tells nothing unless ids are integers") from None
        except AssayError as error:
            wrong = refusal(plugin, text, raised_by(error))
            if wrong is not None:
                raise ConformanceError(f"encode({quoted(text)}) raises {reason_of(error)}", remedy=wrong) from None
            return
        try:
            with guard():
                answers.as_text(tokenizer.decode(list(ids)))
        except WrongOutput as error:
            found = f"{error.message}: decode({shown(ids)}), the ids of {quoted(text)}"
            raise ConformanceError(found, remedy=error.remedy) from None
        except AssayError as error:
            found = f"decode({shown(ids)}), the ids of {quoted(text)}, raises {reason_of(error)}"
            raise ConformanceError(found, remedy="decode every id that encode gives") from None

    return hold(rule, context.strings)


def empty_text(plugin: TokenizerPlugin, context: Context) -> None:
    """The empty text has ids that decode to the empty text."""
    ids = context.ids("")
    if ids is None:
        raise ConformanceError("encode('') raises", remedy="give no ids for no text")
    decoded = context.tokenizer.decode(list(ids))
    if decoded != "":
        raise ConformanceError(
            f"'' encodes to {shown(ids)}, which decodes to {quoted(decoded)}", remedy="give no text for these ids"
        )


def ids_kept(plugin: TokenizerPlugin, context: Context) -> str:
    """Decoding leaves the ids that it is given as they are."""

    def rule(text: str) -> None:
        ids = context.ids(text)
        if ids is None:
            return
        given = list(ids)
        context.tokenizer.decode(given)
        if given != ids:
            raise ConformanceError(
                f"decode makes {shown(given)} of the list {shown(ids)} that it was given, the ids of {quoted(text)}",
                remedy="work on a copy",
            )

    return hold(rule, context.strings)


def round_trip(plugin: TokenizerPlugin, context: Context) -> str:
    """Text comes back from its ids where lossless is declared."""
    lost: list[str] = []

    def rule(text: str) -> None:
        ids = context.ids(text)
        if ids is None:
            return
        decoded = context.tokenizer.decode(list(ids))
        if decoded != text and not has_added(ids, context.added):
            lost.append(text)
            if plugin.lossless:
                raise ConformanceError(
                    f"it declares lossless, and {quoted(text)} comes back as {quoted(decoded)}",
                    remedy="fix it, or announce it with lossless=False",
                )

    tried = hold(rule, context.strings)
    if plugin.lossless:
        return tried
    if not lost:
        return f"declared lossy, though every text came back: {tried}"
    return f"declared lossy: {quoted(min(lost, key=len))} does not come back"


def _told(ids: list[int] | None) -> str:
    return "nothing, it raises" if ids is None else shown(ids)


CHECKS = (
    Check.of(builds, "ready"),
    Check.of(memory_kept, "builds"),
    *Check.all_of((takes_any_text, ids_in_range, vocabulary_size, deterministic), "builds"),
    Check.of(any_length, "ids-in-range"),
    *Check.all_of((empty_text, ids_kept), "takes-any-text", "deterministic"),
    Check.of(round_trip, "takes-any-text", "deterministic", "ids-kept"),
    Check.of(second_process, "deterministic"),
)
