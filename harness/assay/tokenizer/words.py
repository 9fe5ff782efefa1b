"""Words as Unicode segments them: UAX 29, without a dictionary."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from regex import Pattern

# The rules of UAX 29, section 4.1.1, as one expression, since the `(?w)` word borders of the package `regex` are not
# these: it keeps `'a` and a lone flag letter with what follows. WB3c, emoji after a joiner, has no part in counting.
# WB4: marks, formats and joiners go with what is before them.
_WITH = r"[\p{WB=Extend}\p{WB=Format}\p{WB=ZWJ}]"
_LETTER = rf"(?:[\p{{WB=ALetter}}\p{{WB=Hebrew_Letter}}]++{_WITH}*+)"
_DIGIT = rf"(?:\p{{WB=Numeric}}++{_WITH}*+)"
_KATAKANA = rf"(?:\p{{WB=Katakana}}++{_WITH}*+)"
_CONNECTOR = rf"(?:\p{{WB=ExtendNumLet}}++{_WITH}*+)"
_AFTER_HEBREW = rf"(?<=\p{{WB=Hebrew_Letter}}{_WITH}*)"
# WB6, WB7: can't. WB7b, WB7c: a double quote between Hebrew letters. WB11, WB12: 3.14.
_IN_WORD = (
    rf"(?:[\p{{WB=MidLetter}}\p{{WB=MidNumLet}}\p{{WB=Single_Quote}}]{_WITH}*+"
    rf"|(?=\p{{WB=Double_Quote}}){_AFTER_HEBREW}\p{{WB=Double_Quote}}{_WITH}*+(?=\p{{WB=Hebrew_Letter}}))"
)
_IN_NUMBER = rf"(?:[\p{{WB=MidNum}}\p{{WB=MidNumLet}}\p{{WB=Single_Quote}}]{_WITH}*+)"
_LETTERS = rf"{_LETTER}++(?:{_IN_WORD}{_LETTER}++)*+"
_DIGITS = rf"{_DIGIT}++(?:{_IN_NUMBER}{_DIGIT}++)*+"
_CORE = rf"(?:(?:{_LETTERS}|{_DIGITS})++|{_KATAKANA}++)"
# WB7a: a Hebrew word keeps its last geresh. WB13a, WB13b: connectors such as `_` join on either side.
_END = rf"(?:(?=\p{{WB=Single_Quote}}){_AFTER_HEBREW}\p{{WB=Single_Quote}}{_WITH}*+|{_CONNECTOR}*+)"
# A run of connectors by itself is passed over as a whole, or it would be looked at again from each of them.
_LONE = rf"{_CONNECTOR}++(?![\p{{WB=ALetter}}\p{{WB=Hebrew_Letter}}\p{{WB=Numeric}}\p{{WB=Katakana}}])(*SKIP)(*FAIL)"
# A word of letters alone, before what joins nothing to it: the usual case, at once.
_PLAIN = r"\p{WB=ALetter}++(?=[ \n,;!?-])"
_WORD = rf"{_PLAIN}|{_CONNECTOR}*+{_CORE}(?:{_CONNECTOR}++{_CORE})*+{_END}|{_LONE}"
# The same for a text of ASCII alone, where few rules have a part: for `re`, in less than half the time. A word that a
# connector begins is not begun behind another connector, or a run of them would be looked at again from each.
_ASCII_CORE = r"(?:[A-Za-z]++(?:[:.'][A-Za-z]++)*+|[0-9]++(?:[.,;'][0-9]++)*+)++"
_ASCII_WORD = re.compile(rf"[A-Za-z]++(?=[ \n,;!?-])|(?<!_)_*+{_ASCII_CORE}(?:_++{_ASCII_CORE})*+_*+")
_SPACELESS = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Tibetan}\p{LB=SA}]++"


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return start and end, in code points, of every word of a text.

    A word is a segment between the default word boundaries of Unicode Standard Annex 29 that holds a letter, a
    digit or a Katakana (Word_Break ALetter, Hebrew_Letter, Numeric or Katakana): `can't`, `3.14`, `a_b` are one
    word, `e-mail` two, ideographs none. The character data are those of the installed `regex` package.
    """
    words = _ASCII_WORD if text.isascii() else _compiled(_WORD)
    return [match.span() for match in words.finditer(text)]


def spaceless(text: str) -> int:
    """Count the code points of scripts that put no spaces between words, for which UAX 29 wants a dictionary.

    Ideographs, Hiragana, Katakana, Tibetan, and South East Asian scripts (Line_Break SA: Thai, Lao, Khmer,
    Myanmar and others).
    """
    return 0 if text.isascii() else sum(map(len, _compiled(_SPACELESS).findall(text)))


def _compiled(expression: str) -> Pattern[str]:
    import regex  # here: a worker must not load it before the plugin that it times the building of

    return regex.compile(expression)
