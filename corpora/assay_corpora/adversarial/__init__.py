"""Text that finds what grows too fast: ladders of sizes, made by code and a fixed seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import assay

SIZES = tuple(1_000 * 2**step for step in range(7))
SYLLABLES = tuple(consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou")
# First letter and number of letters in a row: Latin, Greek, Cyrillic, Armenian, Hebrew, Arabic, Devanagari, Tamil,
# Thai, Georgian, Ethiopic, Hiragana, Han, Hangul.
SCRIPTS = (
    *((0x61, 26), (0x3B1, 17), (0x430, 32), (0x561, 38), (0x5D0, 27), (0x628, 19), (0x915, 20), (0xBAE, 12)),
    *((0xE01, 46), (0x10D0, 33), (0x1200, 7), (0x304A, 70), (0x4E00, 2_000), (0xAC00, 2_000)),
)
BLANKS = " \t\n\r\v\f\u00a0\u2003\u2009\u3000"
FIRST_MARK, MARKS = 0x0300, 112
JOINER, VARIATION, FIRST_TONE, FIRST_FLAG = "\u200d", "\ufe0f", 0x1F3FB, 0x1F1E6
PEOPLE, OBJECTS = "\U0001f468\U0001f469\U0001f9d1", "\U0001f33e\U0001f373\U0001f393\U0001f4bb\U0001f527\U0001f680"
BRACKETS = ("()", "[]", "{}", "<>", "\u00ab\u00bb", "\u300c\u300d")


def documents(family: str) -> Iterator[assay.Document]:
    """Yield the texts of a family by size: 1,000 characters, then each twice as long as the one before."""
    for size in SIZES:
        yield assay.Document(text=text(family, size), id=str(size))


def text(family: str, size: int) -> str:
    """Make a text of a family with that many characters, the same on every machine."""
    if family in PIECES:
        # Only random() is promised to give the same numbers in every version of Python.
        random, pieces, length = Random(f"assay {family}").random, [""], 0
        while length < size:
            pieces.append(PIECES[family](random))
            length += len(pieces[-1])
        return "".join(pieces)[:size]
    if family == "brackets":
        pairs = [BRACKETS[depth % len(BRACKETS)] for depth in range(size // 2)]
        return "".join(pair[0] for pair in pairs) + "".join(pair[1] for pair in reversed(pairs)) + "(" * (size % 2)
    return {"one-character": "a", "nul": "\0"}[family] * size


def _below(random: Callable[[], float], limit: int) -> int:
    return int(random() * limit)


def _glued(random: Callable[[], float]) -> str:
    return "".join(SYLLABLES[_below(random, len(SYLLABLES))] for _ in range(1 + _below(random, 4)))


def _scripts(random: Callable[[], float]) -> str:
    first, letters = SCRIPTS[_below(random, len(SCRIPTS))]
    return chr(first + _below(random, letters))


def _marks(random: Callable[[], float]) -> str:
    marks = (chr(FIRST_MARK + _below(random, MARKS)) for _ in range(1 + _below(random, 16)))
    return chr(ord("a") + _below(random, 26)) + "".join(marks)


def _emoji(random: Callable[[], float]) -> str:
    kind = _below(random, 3)
    if kind == 0:
        return chr(FIRST_FLAG + _below(random, 26)) + chr(FIRST_FLAG + _below(random, 26))
    person = PEOPLE[_below(random, len(PEOPLE))] + chr(FIRST_TONE + _below(random, 5))
    if kind == 1:
        return person + JOINER + OBJECTS[_below(random, len(OBJECTS))]
    family = (PEOPLE[_below(random, len(PEOPLE))] for _ in range(2 + _below(random, 3)))
    return JOINER.join(family) + JOINER + "\u2764" + VARIATION


def _bytes(random: Callable[[], float]) -> str:
    return bytes(_below(random, 256) for _ in range(1_000)).decode("utf-8", errors="replace")


def _digits(random: Callable[[], float]) -> str:
    return str(_below(random, 10))


def _blanks(random: Callable[[], float]) -> str:
    return BLANKS[_below(random, len(BLANKS))] * (1 + _below(random, 40))


PIECES: dict[str, Callable[[Callable[[], float]], str]] = {
    "no-spaces": _glued,
    "scripts": _scripts,
    "combining-marks": _marks,
    "emoji": _emoji,
    "bytes": _bytes,
    "digits": _digits,
    "white-space": _blanks,
}
