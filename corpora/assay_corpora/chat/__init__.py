"""Small talk in many languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import assay
from assay_corpora.archive import members, plain

FOLDER = "chatterbot_corpus/data/"
TURN = re.compile(r"(?P<mark>- - |  - |    )?(?P<said>.*)")


def documents(wheel: Path, languages: Mapping[str, str]) -> Iterator[assay.Document]:
    """Yield one document for each file of each language; `languages` names their folders."""
    found = members(wheel, lambda name: name.startswith(FOLDER) and name.endswith(".yml"))
    for name, content in found.items():
        path = PurePosixPath(name.removeprefix(FOLDER))
        language = languages.get(path.parts[0])
        if language is not None:
            yield assay.Document(text=dialogue(plain(content)), id=str(path), language=language)


def dialogue(yaml: str) -> str:
    """Return the turns of a file, one a line, with an empty line between conversations.

    These files are lists of lists of plain strings: the dashes are taken off, and quotes around a whole turn.
    """
    lines: list[str] = []
    _, _, turns = yaml.partition("conversations:\n")
    for line in turns.splitlines():
        found = TURN.fullmatch(line)
        mark, said = (found["mark"], found["said"].strip()) if found else (None, line.strip())
        if mark == "- - " and lines:
            lines.append("")
        if len(said) > 1 and said[0] == said[-1] and said[0] in "\"'":
            said = said[1:-1]
        if said and said not in ("|", "|-", ">"):
            lines.append(said)
    return "\n".join(lines) + "\n"
