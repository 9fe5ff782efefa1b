r"""Lists of names, paths and patterns in one text, with commas between them; `\,` is a comma inside a name."""

from __future__ import annotations

import re
from collections.abc import Iterable

_COMMA = re.compile(r"(\\*),")


def split_names(text: str) -> tuple[str, ...]:
    r"""Return the names of a list, without white space around them; empty ones are left out.

    `\,` is a comma that belongs to a name. Other backslashes stay, so that paths of Windows need none more; before a
    comma two stand for one.
    """
    names, held, start = [], "", 0
    for match in _COMMA.finditer(text):
        slashes = len(match[1])
        held += text[start : match.start()] + "\\" * (slashes // 2)
        start = match.end()
        if slashes % 2:
            held += ","
        else:
            names.append(held)
            held = ""
    names.append(held + text[start:])
    return tuple(filter(None, (name.strip() for name in names)))


def join_names(names: Iterable[str]) -> str:
    r"""Return the list of these names as one text, with `\` before each comma that belongs to a name."""
    written = [_COMMA.sub(lambda match: f"{match[1] * 2}\\,", str(name)) for name in names]
    return ",".join(
        name + "\\" * (len(name) - len(name.rstrip("\\"))) if place < len(written) else name
        for place, name in enumerate(written, start=1)
    )


def as_list(names: str | Iterable[str] | None) -> str | None:
    """Return what was given as a list in one text: names that stand apart already need no escape."""
    return names if names is None or isinstance(names, str) else join_names(names)
