"""What a tokenizer's output must pass: ids in range, the same twice, and a round trip to compare."""

from __future__ import annotations

from collections.abc import Sequence

from assay.errors import WrongOutput
from assay.measure.token_ids import as_ints, first_difference
from assay.plugins.types import Tokenizer
from assay.tokenizer.answers import as_text, of_size, outside, vocabulary_size
from assay.tokenizer.python_tokenizer import decodes
from assay.tokenizer.text_loss import TextLoss

EXCERPT = 12


def round_trip(
    tokenizer: Tokenizer, noun: str, text: str, ids: Sequence[int], loss: TextLoss | None = None
) -> str | None:
    """Return the first place where decoding the ids of a text differs from it, None where the text comes back.

    None too where a tokenizer from Python has no `decode`.

    Raises `WrongOutput` for an id outside the vocabulary, for other ids when the text is encoded again, and for what
    is decoded to something else than a text. `noun` names the text in what is said. `loss` counts what comes back.
    """
    size = vocabulary_size(tokenizer)
    wrong = outside(ids, size)
    if wrong is not None:
        raise WrongOutput(f"id {wrong[1]} at token {wrong[0]} of {noun} is outside the vocabulary{of_size(size)}")
    compare_ids(noun, tokenizer.encode(text), ids, "the second time")
    if not decodes(tokenizer):
        return None
    decoded = as_text(tokenizer.decode(ids))
    if loss is not None:
        loss.add(text, decoded)
    return None if decoded == text else difference(noun, text, decoded)


def compare_ids(noun: str, found: Sequence[int], expected: Sequence[int], when: str) -> None:
    """Raise `WrongOutput`, with the first place, where a text does not encode to the ids that it had before."""
    ours, theirs = list(expected), as_ints(found)
    if ours != theirs:
        place = first_difference(ours, theirs)
        detail = (
            f"{len(theirs)} tokens instead of {len(ours)}"
            if place is None
            else f"id {theirs[place]} instead of {ours[place]} at token {place}"
        )
        raise WrongOutput(f"{noun} encodes to other ids {when}: {detail}")


def difference(noun: str, text: str, decoded: str) -> str:
    """Return the first character at which two texts part, with a few characters around it."""
    place = first_difference(text, decoded)
    place = min(len(text), len(decoded)) if place is None else place
    start, end = max(0, place - EXCERPT), place + EXCERPT
    return f"{noun} differs at character {place}: {text[start:end]!r} became {decoded[start:end]!r}"


def text_or_none(tokenizer: Tokenizer, ids: Sequence[int]) -> str | None:
    """Decode ids; return None where that raises, or is no text."""
    try:
        return as_text(tokenizer.decode(list(ids)))
    except Exception:
        return None
