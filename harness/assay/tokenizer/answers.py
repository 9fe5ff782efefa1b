"""What a tokenizer answers: read as what it must be, or refused with one sentence."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from assay.errors import WrongOutput, one_line
from assay.plugins.types import SpecialIds, Tokenizer
from assay.tokenizer.python_tokenizer import NEEDED, PythonTokenizer, has_size

LONGEST = 40
MOST_IDS = 1 << 63
ABLE = ("encode_batch", "token_bytes", "spans")  # None stands for an ability that is absent
SHOWN = (str, bytes, int, float, bool, tuple)


def as_tokenizer(built: Any) -> Tokenizer:
    """Return what `build` made; raise `WrongOutput` where it lacks something, or a method cannot be called."""
    remedy = "give an object that has them, see assay.Tokenizer"
    given = "None" if built is None else type(built).__name__
    if isinstance(built, type):
        raise WrongOutput(f"build gives the class {built.__name__}, not an object of it", remedy=remedy)
    if isinstance(built, PythonTokenizer):
        return built  # type: ignore[return-value]
    lacking = [name for name in NEEDED if not hasattr(built, name)]
    if lacking:
        raise WrongOutput(f"build gives {given}, which has no {', '.join(lacking)}", remedy=remedy)
    methods = [*NEEDED[-2:], *(name for name in ABLE if getattr(built, name, None) is not None)]
    broken = next((name for name in methods if not callable(getattr(built, name))), None)
    if broken is not None:
        raise WrongOutput(f"build gives {given}, whose {broken} cannot be called", remedy=remedy)
    return built  # type: ignore[no-any-return]


def as_sequence(answer: object, method: str, wanted: str) -> Sequence[Any]:
    """Return an answer that has a length and items by number; raise `WrongOutput` for any other."""
    dimensions = getattr(answer, "ndim", 1)
    if dimensions != 1:
        raise WrongOutput(
            f"{method} gives {typed(answer)} of {dimensions} dimensions, not a sequence", remedy=f"give {wanted}"
        )
    whole = hasattr(answer, "__len__") and hasattr(answer, "__getitem__")
    if isinstance(answer, str | Mapping | type) or not whole:
        raise WrongOutput(f"{method} gives {typed(answer)}, not a sequence", remedy=f"give {wanted}")
    return answer  # type: ignore[return-value]


def as_ints(ids: object, method: str = "encode") -> list[int]:
    """Copy ids to a list of int; raise `WrongOutput` for what is not a sequence of integers."""
    items = as_sequence(ids, method, "a sequence of integers, such as a list")
    try:
        found = list(map(operator.index, listed(items)))
        if not (bool in set(map(type, items)) if type(items) in (list, tuple) else _flags(items)):
            return found
    except TypeError:
        if all(map(_is_integer, items)):  # what computes its items has raised this, and not for their type
            raise
    place, wrong = next((place, item) for place, item in enumerate(items) if not _is_integer(item))
    raise WrongOutput(
        f"{method} gives {typed(ids)} whose items are not all integers: item {place} is {described(wrong)}",
        remedy="give a sequence of integers, such as a list",
    )


def listed(items: Sequence[Any]) -> list[Any]:
    """Return a list of items; those of an array or a tensor at once, since each by itself takes a microsecond."""
    whole = type(items).__module__ in ("array", "numpy", "torch")
    return items.tolist() if whole else list(items)  # type: ignore[attr-defined]


def as_batch(answer: object, texts: int) -> Sequence[Any]:
    """Return the ids of so many texts; raise `WrongOutput` for what is not one result for each, there already."""
    wanted = "a list with the ids of each text"
    results = as_sequence(answer, "encode_batch", wanted)
    if type(results) not in (list, tuple):
        raise WrongOutput(
            f"encode_batch gives {typed(answer)}, whose ids may not be there yet", remedy=f"give {wanted}"
        )
    if len(results) != texts:
        raise WrongOutput(f"encode_batch gives {len(results)} results for {texts} texts", remedy="give one each")
    return results


def as_text(decoded: object) -> str:
    """Return what `decode` gives; raise `WrongOutput` for what is not a text."""
    if not isinstance(decoded, str):
        raise WrongOutput(f"decode gives {type(decoded).__name__}, not str", remedy="let decode give str")
    return decoded


def as_bytes(content: object) -> bytes:
    """Return what `token_bytes` gives; raise `WrongOutput` for what is not bytes."""
    if not isinstance(content, bytes):
        raise WrongOutput(f"token_bytes gives {type(content).__name__}, not bytes", remedy="give bytes")
    return content


def as_spans(answer: object) -> list[tuple[int, int]]:
    """Return the places that `spans` gives; raise `WrongOutput` for what is not pairs of integers."""
    wanted = "one [start, end) in characters for each id, in the order of the ids"
    places = []
    for place in as_sequence(answer, "spans", wanted):
        try:
            start, end = map(operator.index, place)
        except (TypeError, ValueError):
            raise WrongOutput(f"spans gives {described(place)} for a token", remedy=f"give {wanted}") from None
        places.append((start, end))
    return places


def vocabulary_size(tokenizer: Tokenizer) -> int | None:
    """Return `vocab_size`, which is 0 where white space has trained it; raise `WrongOutput` for what is no size.

    None where a tokenizer from Python has none.
    """
    if not has_size(tokenizer):
        return None
    remedy = "vocab_size is one more than the largest id"
    size = _integer(tokenizer.vocab_size, "vocab_size", remedy=remedy)
    if size < 0:
        raise WrongOutput(f"vocab_size is {size}, below 0", remedy=remedy)
    if size >= MOST_IDS:
        raise WrongOutput(f"vocab_size is {size:,}, more than ids have bits for", remedy=remedy)
    return size


def unknown_id(tokenizer: Tokenizer) -> int | None:
    """Return `unk_id`; raise `WrongOutput` for what is neither an integer nor None."""
    given: object = tokenizer.unk_id
    return None if given is None else _integer(given, "unk_id", remedy="give an id, or None where nothing is unknown")


def special_ids(tokenizer: Tokenizer) -> dict[str, int] | None:
    """Return `special_tokens`, None where there are none; raise `WrongOutput` for what does not map texts to ids."""
    if not isinstance(tokenizer, SpecialIds):
        return None
    given: object = tokenizer.special_tokens
    if given is None:
        return None
    remedy = "map the text of each special token to its id"
    if not isinstance(given, Mapping):
        raise WrongOutput(f"special_tokens is {described(given)}, not a mapping", remedy=remedy)
    strange = next((token for token in given if not isinstance(token, str)), None)
    if strange is not None:
        raise WrongOutput(f"special_tokens names {described(strange)}, not a text", remedy=remedy)
    return {
        token: _integer(value, f"the id of {token!r} in special_tokens", remedy=remedy)
        for token, value in given.items()
    }


def notes_of(tokenizer: Tokenizer) -> str | None:
    """Return `notes`, what a tokenizer says of itself, in one line; None where it says nothing."""
    notes = getattr(tokenizer, "notes", ())
    if not isinstance(notes, tuple | list) or not all(isinstance(note, str) for note in notes):
        raise WrongOutput(f"notes is {described(notes)}, not a tuple of texts", remedy="give sentences, or nothing")
    return one_line("; ".join(notes)) or None


def outside(ids: Iterable[int], size: int | None) -> tuple[int, int] | None:
    """Return the place and value of the first id outside a vocabulary of this size, None where there is none.

    Of a vocabulary whose size is not known only ids below 0 are outside.
    """
    most = MOST_IDS if size is None else size
    return next(((place, value) for place, value in enumerate(ids) if not 0 <= value < most), None)


def of_size(size: int | None) -> str:
    """Return the size of a vocabulary as the end of a sentence, nothing where it is not known."""
    return "" if size is None else f" of {size}"


def typed(value: object) -> str:
    """Return the type of a value with its article: `a generator`; None is itself."""
    if value is None:
        return "None"
    name, dtype = type(value).__name__, str(getattr(value, "dtype", ""))
    items = f" of {dtype}" if dtype not in ("", name) else ""
    return f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name}{items}"


def described(value: object) -> str:
    """Return a value in a few words: as Python writes it where that is short, and its type."""
    if type(value) in SHOWN and len(ascii(value)) <= LONGEST:
        return f"{value!a}, {typed(value)}"
    return typed(value)


def _integer(value: Any, name: str, remedy: str) -> int:
    if not _is_integer(value):
        raise WrongOutput(f"{name} is {described(value)}, not an integer", remedy=remedy)
    return operator.index(value)


def _is_integer(value: Any) -> bool:
    try:
        operator.index(value)
    except TypeError:
        return False
    return not isinstance(value, bool) and not _flags(value)


def _flags(value: object) -> bool:
    """Whether an array, a tensor or an item of one is of truth values."""
    return "bool" in str(getattr(value, "dtype", ""))
