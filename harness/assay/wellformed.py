"""Whether a descriptor is what its class says: plugins need no type checker, so their mistakes are found here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

from assay.contracts import Descriptor, SpecialTokens

NOT_IN_NAMES = frozenset(",*?[]/\\\n\t ")
TEXTS = frozenset({"summary", "licence", "title", "author", "source", "language", "kind"})
CALLABLES = frozenset({"build", "unsupported", "documents"})
OPTIONAL_CALLABLES = frozenset({"missing", "peak_bytes"})
FLAGS = frozenset({"pretrained", "lossless", "closed_vocabulary"})


def fault_of(descriptor: Descriptor) -> str | None:
    """Say what is wrong with a descriptor, or None."""
    name: object = descriptor.name
    if not (isinstance(name, str) and name.strip() and not set(name) & NOT_IN_NAMES):
        return f"{name!r} cannot be a name: no white space, comma, slash or wildcard"
    for field in fields(descriptor):
        wanted = _wanted(field.name, getattr(descriptor, field.name))
        if wanted is not None:
            return f"{field.name} of {name} is {getattr(descriptor, field.name)!r}, not {wanted}"
    return None


def _wanted(name: str, value: object) -> str | None:
    """Say what a field should be, where it is not."""
    rules: tuple[tuple[frozenset[str], Callable[[object], bool], str], ...] = (
        (TEXTS, lambda found: isinstance(found, str), "text"),
        (CALLABLES, callable, "a callable"),
        (OPTIONAL_CALLABLES, lambda found: found is None or callable(found), "a callable or None"),
        (FLAGS, lambda found: isinstance(found, bool), "True or False"),
        (frozenset({"sha256", "same_ids_as"}), lambda found: found is None or isinstance(found, str), "text or None"),
        (frozenset({"specials"}), lambda found: isinstance(found, SpecialTokens), "assay.SpecialTokens"),
        (frozenset({"requires"}), _requirements, "a tuple of requirements"),
    )
    return next((wanted for names, fits, wanted in rules if name in names and not fits(value)), None)


def _requirements(value: object) -> bool:
    return isinstance(value, tuple | list) and all(isinstance(item, str) for item in value)
