"""A tokenizer that was handed over in Python: a function, or an object with `encode` that may lack all else."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Mapping
from typing import Any

from assay.errors import WrongOutput
from assay.plugins.types import Tokenizer

SIZES = ("vocab_size", "vocabulary_size", "n_vocab", "get_vocab_size")
NEEDED = ("vocab_size", "unk_id", "encode", "decode")
OPTIONAL = ("token_bytes", "spans")
NO_DECODE = "it has no decode: round trip, lost text and the speed of decode are not checked or measured"
NO_SIZE = "it has no vocab_size: ids outside the vocabulary are not noticed"
PROBE = "a"


class PythonTokenizer:
    """What was handed over, with as much of `assay.Tokenizer` as it has: `decode` and `vocab_size` may be None.

    `encode` is the very function or method, so that nothing else is timed. `notes` say what could not be checked.
    """

    def __init__(self, given: Any) -> None:
        """Take an object with `encode`, or a function that encodes."""
        encode = given.encode if hasattr(given, "encode") else given
        if not callable(encode):
            raise WrongOutput(f"{type(given).__name__} has no encode that can be called", remedy="give encode(text)")
        self.given = given
        self.encode: Callable[[str], Any] = encode if not _wraps_ids(given) else _ids_of(encode)
        decode = getattr(given, "decode", None)
        self.decode = decode if callable(decode) else None
        self.vocab_size = _size(given)
        self.unk_id = getattr(given, "unk_id", None)
        for name in OPTIONAL:
            if callable(getattr(given, name, None)):
                setattr(self, name, getattr(given, name))
        if _takes_threads(getattr(given, "encode_batch", None)):
            self.encode_batch = given.encode_batch
        if isinstance(getattr(given, "special_tokens", None), Mapping):
            self.special_tokens = given.special_tokens
        lacks = [(NO_DECODE, self.decode), (NO_SIZE, self.vocab_size)]
        own = getattr(given, "notes", ())
        self.notes = (*(own if isinstance(own, tuple | list) else ()), *(note for note, has in lacks if has is None))


def as_whole(built: Any) -> Tokenizer:
    """Return an object that has all of `assay.Tokenizer` as it is, any other as a `PythonTokenizer`."""
    whole = all(hasattr(built, name) for name in NEEDED) and not callable(built.vocab_size)
    return built if whole else PythonTokenizer(built)  # type: ignore[return-value]


def decodes(tokenizer: object) -> bool:
    """Return whether a tokenizer has `decode`, which only one from Python may lack."""
    return not isinstance(tokenizer, PythonTokenizer) or tokenizer.decode is not None


def has_size(tokenizer: object) -> bool:
    """Return whether a tokenizer has `vocab_size`, which only one from Python may lack."""
    return not isinstance(tokenizer, PythonTokenizer) or tokenizer.vocab_size is not None


def _wraps_ids(given: Any) -> bool:
    """Whether ids come in an object that has them as `ids`, as those of the library tokenizers do."""
    return type(given).__module__.partition(".")[0] == "tokenizers"


def _ids_of(encode: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: encode(text).ids


def _size(given: Any) -> int | None:
    """The first size of a vocabulary that an object has, as a number or by a method."""
    for name in SIZES:
        found: Any = getattr(given, name, None)
        try:
            return operator.index(found() if callable(found) else found)
        except Exception:  # it is something else
            continue
    return None


def _takes_threads(method: Any) -> bool:
    """Whether a method can be called with texts and a number of threads, as `assay.EncodeBatch` is."""
    try:
        inspect.signature(method).bind([], 1)
    except (TypeError, ValueError):
        return False
    return True
