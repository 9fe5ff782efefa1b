"""The strings that a tokenizer may take for one token of its own: declared, listed, or with an outer id."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from assay.plugins.types import TokenBytes, Tokenizer
from assay.tokenizer.metrics import bytes_of

MOST = 48
FIRST, LAST = 8, 24
FARTHEST = 4096  # ids from an end: many at the end of a vocabulary may stand for nothing
SHORTEST, LONGEST = 2, 64


def special_names(declared: Sequence[str], tokenizer: Tokenizer) -> tuple[str, ...]:
    """Return at most 48 strings: those declared, those that the tokenizer lists, and what stands for its outer ids.

    Added tokens often have the first or the last ids of a vocabulary, and are not always declared. An id counts that
    its text alone is encoded to.
    """
    listed: object = getattr(tokenizer, "special_tokens", None)
    names = [*declared, *(_spread(list(listed)) if isinstance(listed, Mapping) else ())]
    known = dict.fromkeys(name for name in names if isinstance(name, str) and name)
    outer = (name for name in _outer(tokenizer) if name not in known)
    return tuple([*known, *outer][:MOST])


def _spread(names: Sequence[object]) -> Sequence[object]:
    """Half of the names from the beginning and half from the end, where there are too many."""
    return names if len(names) <= MOST // 2 else (*names[: MOST // 4], *names[-MOST // 4 :])


def _outer(tokenizer: Tokenizer) -> Iterator[str]:
    """Yield the texts of assigned ids at both ends; where the bytes of ids are not known, of the last id alone."""
    try:
        size = operator.index(tokenizer.vocab_size)
    except Exception:
        return
    last, first = range(size - 1, max(-1, size - 1 - FARTHEST), -1), range(min(FIRST, max(0, size)))
    assigned: Sequence[int] = last[:1]
    if isinstance(tokenizer, TokenBytes):
        known = [*islice(bytes_of(tokenizer, last), LAST), *bytes_of(tokenizer, first)]
        assigned = list(dict.fromkeys(token for token, _ in known))
    for token in assigned:
        try:
            name: object = tokenizer.decode([token])
            alone = isinstance(name, str) and list(tokenizer.encode(name)) == [token]
        except Exception:
            continue
        if isinstance(name, str) and alone and SHORTEST <= len(name) <= LONGEST and name.isprintable():
            yield name
