"""Frozen dataclasses as JSON and back, by the types of their fields.

A class with the methods `to_plain` and `from_plain` has a form of its own. A class that is a mapping is an object.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache, partial
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
Read = Callable[[Any], Any]


def to_json(value: object) -> str:
    """Write dataclasses, and lists and mappings of them, as JSON."""
    return _ENCODE(value)


def from_json(kind: type[T], text: str | bytes) -> T:
    """Read a dataclass; raise `ValueError` as `read` does."""
    return read(kind, json.loads(text))


def read(kind: type[T], content: object) -> T:
    """Make a dataclass from what JSON has of it.

    Raises `ValueError` for what is not one of this type, with all of its fields and no others.
    """
    try:
        value: T = _reader(cast(Hashable, kind))(content)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{content!s:.200} is not a valid {kind.__name__}: {error}") from None
    return value


def _plain(value: Any) -> object:
    if hasattr(value, "to_plain"):
        return value.to_plain()
    if isinstance(value, Mapping):
        return dict(value)
    kind: Any = type(value)
    return {name: getattr(value, name) for name in _names(kind)}


_ENCODE = json.JSONEncoder(default=_plain, separators=(",", ":")).encode


@cache
def _names(kind: Any) -> Mapping[str, None]:
    return dict.fromkeys(field.name for field in fields(kind))


@cache
def _reader(kind: Hashable) -> Read:
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _choice([each for each in inside if each is not NoneType])
    if origin is tuple:
        item = _reader(inside[0])
        return partial(_several, item)
    if origin is Mapping:
        item = _reader(inside[1])
        return lambda content: {key: item(value) for key, value in content.items()}
    if is_dataclass(kind):
        own: Read | None = getattr(kind, "from_plain", None)
        return own or partial(_build, kind, _converted(kind))
    return kind if isinstance(kind, type) and issubclass(kind, (Enum, Mapping)) else _same


def _choice(kinds: list[Any]) -> Read:
    """Read what may be None, or one of several dataclasses, which are told apart by the names of their fields."""
    if all(_reader(kind) is _same for kind in kinds):
        return _same
    if len(kinds) == 1:
        only = _reader(kinds[0])
        return lambda content: None if content is None else only(content)
    readers = {frozenset(_names(kind)): _reader(kind) for kind in kinds}
    return lambda content: None if content is None else readers[frozenset(content)](content)


def _converted(kind: Any) -> Mapping[str, Read]:
    """Return the fields that JSON does not have as they are, each with what reads it."""
    hints = get_type_hints(kind)
    readers = {name: _reader(hints[name]) for name in _names(kind)}
    return {name: each for name, each in readers.items() if each is not _same}


def _build(kind: Any, converted: Mapping[str, Read], content: Any) -> Any:
    if content.keys() != _names(kind).keys():
        raise TypeError(f"its fields are {', '.join(_names(kind))}")
    return kind(**content | {name: each(content[name]) for name, each in converted.items()})


def _several(item: Read, content: Any) -> tuple[Any, ...]:
    if not isinstance(content, (list, tuple)):
        raise TypeError("it is not a list")
    return tuple(map(item, content))


def _same(content: Any) -> Any:
    return content
