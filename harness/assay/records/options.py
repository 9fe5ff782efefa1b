"""Options by name, and the records that have fields for them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any


def take(record: type[Any], options: dict[str, Any]) -> dict[str, Any]:
    """Remove the options from `options` that are fields of a record, and return them."""
    return {each.name: options.pop(each.name) for each in fields(record) if each.name in options}
