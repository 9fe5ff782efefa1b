"""The word boundaries of Unicode Standard Annex 29, rule by rule and character by character, as it prints them."""

from __future__ import annotations

import itertools

import regex

CLASSES = [
    *("CR", "LF", "Newline", "Extend", "ZWJ", "Format", "Regional_Indicator", "Katakana", "Hebrew_Letter", "ALetter"),
    *("Single_Quote", "Double_Quote", "MidNumLet", "MidLetter", "MidNum", "Numeric", "ExtendNumLet", "WSegSpace"),
]
OF_CHARACTER = {name: regex.compile(rf"\p{{Word_Break={name}}}") for name in CLASSES}
EMOJI = regex.compile(r"\p{Extended_Pictographic}")
LETTERS = {"ALetter", "Hebrew_Letter"}
IGNORED = {"Extend", "Format", "ZWJ"}
LINE_ENDS = {"CR", "LF", "Newline"}
WORDS = {"ALetter", "Hebrew_Letter", "Numeric", "Katakana"}


def class_of(character: str) -> str:
    return next((name for name, expression in OF_CHARACTER.items() if expression.match(character)), "Other")


def is_boundary(text: str, classes: list[str], place: int) -> bool:  # noqa: C901 (one rule of the annex after the other)
    """Whether the text breaks before the character at `place`, by the first rule that applies."""
    before, after = classes[place - 1], classes[place]
    if before == "CR" and after == "LF":  # WB3
        return False
    if before in LINE_ENDS or after in LINE_ENDS:  # WB3a, WB3b
        return True
    if before == "ZWJ" and EMOJI.match(text[place]):  # WB3c
        return False
    if before == after == "WSegSpace":  # WB3d
        return False
    if after in IGNORED:  # WB4
        return False
    # WB4: the rules below see the text without what is ignored, except at the start of a line.
    seen = [name for index, name in enumerate(classes[:place]) if not ignored(classes, index)]
    rest = [name for index, name in enumerate(classes) if index > place and not ignored(classes, index)]
    left, lefter = seen[-1], seen[-2] if len(seen) > 1 else ""
    right = rest[0] if rest else ""
    if left in LETTERS and after in LETTERS:  # WB5
        return False
    middle = {"MidLetter", "MidNumLet", "Single_Quote"}
    if left in LETTERS and after in middle and right in LETTERS:  # WB6
        return False
    if lefter in LETTERS and left in middle and after in LETTERS:  # WB7
        return False
    if left == "Hebrew_Letter" and after == "Single_Quote":  # WB7a
        return False
    if left == "Hebrew_Letter" and after == "Double_Quote" and right == "Hebrew_Letter":  # WB7b
        return False
    if lefter == "Hebrew_Letter" and left == "Double_Quote" and after == "Hebrew_Letter":  # WB7c
        return False
    if left in LETTERS | {"Numeric"} and after in LETTERS | {"Numeric"}:  # WB8, WB9, WB10
        return False
    middle = {"MidNum", "MidNumLet", "Single_Quote"}
    if lefter == "Numeric" and left in middle and after == "Numeric":  # WB11
        return False
    if left == "Numeric" and after in middle and right == "Numeric":  # WB12
        return False
    if left == after == "Katakana":  # WB13
        return False
    if left in WORDS | {"ExtendNumLet"} and after == "ExtendNumLet":  # WB13a
        return False
    if left == "ExtendNumLet" and after in WORDS:  # WB13b
        return False
    if left == after == "Regional_Indicator":  # WB15, WB16
        run = 0
        while run < len(seen) and seen[-1 - run] == "Regional_Indicator":
            run += 1
        return run % 2 == 0
    return True  # WB999


def ignored(classes: list[str], index: int) -> bool:
    """Whether a character belongs to one before it."""
    while index and classes[index] in IGNORED:
        index -= 1
        if classes[index] not in IGNORED:
            return classes[index] not in LINE_ENDS
    return False


def word_spans(text: str) -> list[tuple[int, int]]:
    """The segments that hold a letter, a digit or a Katakana."""
    classes = [class_of(character) for character in text]
    edges = [0, *(place for place in range(1, len(text)) if is_boundary(text, classes, place)), len(text)]
    return [(start, end) for start, end in itertools.pairwise(edges) if WORDS & set(classes[start:end])]
