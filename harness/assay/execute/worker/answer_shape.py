"""Whether a value has a type with all its parts, as a worker that was taken over may answer anything."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from assay.records.metric_catalogue import definition
from assay.records.metrics import Metrics, Value

UNITS = {"text": str, "hex": str, "flag": bool}  # all others are numbers
LARGEST = 2**63  # what a database and a float can hold
Check = Callable[[Any], str | None]


def misfit(kind: Hashable, value: object) -> str | None:
    """Return how a value is not one of a type, or None; whole numbers must fit 64 bits."""
    return _check(kind)(value)


@cache
def _check(kind: Hashable) -> Check:
    origin, inside = get_origin(kind), get_args(kind)
    if kind == Value:
        return _figure
    if origin in (Union, UnionType):
        return _any_of([_check(each) for each in inside], kind)
    if origin is Literal:
        return lambda value: None if value in inside else _not(value, kind)
    if origin in (tuple, list):
        return _several(origin, _check(inside[0]))
    if origin is Mapping:
        return _mapping(Mapping, _check(inside[0]), _check(inside[1]))
    if kind is Metrics:
        return _metrics
    if is_dataclass(kind):
        return _object(kind)
    return _plain(kind)


def _not(value: object, kind: object) -> str:
    return f"{value!r:.100} is not of the type {getattr(kind, '__name__', kind)}"


def _plain(kind: Any) -> Check:
    if kind is int:
        return lambda value: None if type(value) is int and -LARGEST <= value < LARGEST else _not(value, kind)
    if kind is float:
        return lambda value: _figure(value) if type(value) in (float, int) and value == value else _not(value, kind)
    return lambda value: None if isinstance(value, kind) else _not(value, kind)


def _figure(value: object) -> str | None:
    """A figure of a row may be anything that is not too large, also not a number."""
    if (type(value) is int and not -LARGEST <= value < LARGEST) or not isinstance(value, Value):
        return _not(value, "figure")
    return None


def _any_of(checks: Sequence[Check], kind: object) -> Check:
    return lambda value: None if any(check(value) is None for check in checks) else _not(value, kind)


def _several(kind: type[Any], item: Check) -> Check:
    def check(value: Any) -> str | None:
        if not isinstance(value, kind):
            return _not(value, kind)
        return next((fault for each in value if (fault := item(each)) is not None), None)

    return check


def _mapping(kind: type[Any], key: Check, item: Check) -> Check:
    def check(value: Any) -> str | None:
        if not isinstance(value, kind):
            return _not(value, kind)
        return next((fault for pair in value.items() if (fault := key(pair[0]) or item(pair[1])) is not None), None)

    return check


def _metrics(value: Any) -> str | None:
    if not isinstance(value, Metrics):
        return _not(value, Metrics)
    return next((fault for pair in value.items() if (fault := _of_unit(*pair)) is not None), None)


def _of_unit(name: str, value: object) -> str | None:
    """Hold a figure to its unit, where the catalogue has it: the host computes with it."""
    meaning = definition(name)
    if (fault := _figure(value)) is not None or meaning is None:
        return fault
    kind: type | tuple[type, ...] = UNITS.get(meaning.unit, (int, float))
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        return f"{name}: {_not(value, meaning.unit)}"
    if meaning.exact and isinstance(value, float) and not math.isfinite(value):
        return f"{name}: {_not(value, 'figure')}"
    return None


def _object(kind: Any) -> Check:
    hints = get_type_hints(kind)
    checks = [(field.name, _check(hints[field.name])) for field in fields(kind)]

    def check(value: Any) -> str | None:
        if not isinstance(value, kind):
            return _not(value, kind)
        for name, field in checks:
            fault = field(getattr(value, name))
            if fault is not None:
                return f"{name}: {fault}"
        return None

    return check
