"""One JSON document, with the version of its schema inside."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

SCHEMA = 1
BEYOND = re.compile("[\x7f-\U0010ffff]")  # json itself escapes what comes before the space
# Fields of records whose keys keep their former names, since documents of one schema have the same keys.
KEYS: Mapping[str, str] = MappingProxyType(
    {
        "aa_test": "alike",
        "equivalence_margin": "margin",
        "minimum_detectable_effect": "detectable",
        "minimum_effect": "effect",
    }
)


def write(content: Mapping[str, object]) -> str:
    """Write one document; figures that are no finite numbers become null.

    Characters that are not printable are escaped, so that a terminal obeys none; JSON reads them as they were.
    """
    text = json.dumps(_finite({"schema": SCHEMA, **content}), indent=2, ensure_ascii=False, allow_nan=False)
    return BEYOND.sub(lambda match: match[0] if match[0].isprintable() else json.dumps(match[0])[1:-1], text)


def keyed(items: Iterable[tuple[str, object]]) -> dict[str, Any]:
    """Name the fields of a record by the keys of documents: the `dict_factory` of `dataclasses.asdict`."""
    return {KEYS.get(name, name): value for name, value in items}


def _finite(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
