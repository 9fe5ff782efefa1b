"""Fuzz strings: short texts that tokenizers fail on, seeded, the same on every machine."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence

LONGEST = 12
SPECIAL_SHARE = 1 / 5

SCRIPTS = (
    "abcdefghijklmnopqrstuvwxyz",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "0123456789",
    "äöüßéèçñøåłšžőąę",
    "абвгдежзийклмнопрстуфхцчшщ",
    "αβγδεζηθικλμνξοπρστυφχψω",
    "अआइईउकखगघचछजझटठडढतथदधनपफबभमयरलवशषसह",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "אבגדהוזחטיכלמנסעפצקרשת",
    "的一是不了人我在有他这中大来上国",
    "あいうえおかきくけこアイウエオカキクケコ",
    "가나다라마바사아자차카타파하",
    "กขคงจฉชซฌญดตถทธน",
    "தமிழ்கணினி",
)
SPACES = " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\u00a0\u2003\u2028\u3000\u200b\ufeff"
MARKS = "'’\"`.,;:!?-–—_()[]{}<>/\\|@#$%^&*+=~…«»¿¡§€£¥©™°²½"
ENDINGS = ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "'LL", "’s")
JOINING = "\u0300\u0301\u0308\u0323\u093f\u094d\u200d\ufe0f\u20e3"
EMOJI = ("😀", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "👍🏽", "1️⃣", "🫠", "❤️")
NAMES = ("<|endoftext|>", "<|unk|>", "<unk>", "[UNK]", "</s>", "<s>", "Ġ", "▁", "##ing", "\x00", "\u0120a")


def strings(count: int, seed: int, specials: Sequence[str] = ()) -> Iterator[str]:
    """Yield so many strings of up to 12 fragments each: words, numbers, runs of one character, marks, white space.

    A fifth of the fragments are one of the `specials`, where there are any, in one of the forms of `forms`.
    """
    order = random.Random(seed)
    for _ in range(count):
        yield "".join(_any_fragment(order, specials) for _ in range(order.randint(1, LONGEST)))


def forms(special: str) -> tuple[str, ...]:
    """Return what a text may have of a special token: alone, doubled, beside white space, cut, in other case."""
    half = max(1, len(special) // 2)
    return (
        *(special, special * 2, f"{special} {special}", f"{special}\n{special}"),
        *(f"{space}{special}{space}" for space in (" ", "  ", "\n", "\t", "\r\n", "\u00a0")),
        *(f"{space}{special}" for space in (" ", "   ", "\n")),
        *(f"{special}{space}" for space in (" ", "   ", "\n")),
        *(special[:half], special[half:], f"{special[:half]} {special[half:]}", special[:-1], special[1:]),
        *(special.upper(), special.lower(), special.swapcase(), special.title()),
    )


def special_strings(specials: Sequence[str]) -> Iterator[str]:
    """Yield each special token in each of its forms: alone, glued to words, among words, and beside another one."""
    for number, special in enumerate(specials):
        for form in dict.fromkeys(forms(special)):
            yield from (form, f"a{form}b", f"one {form} two", f"{form}.", f"1{form}\u4e00")
        yield special + specials[number - 1] + special


def edge_strings(words: Sequence[str]) -> Iterator[str]:
    """Yield words with white space of many kinds at both ends and in between, and white space alone."""
    spaces = (" ", "  ", "   ", "\t", "\n", "\n\n", "\r\n", " \n", "\n ", "\u00a0", "\u3000", "    \t")
    yield from spaces
    for space in spaces:
        for word in words:
            yield from (space + word, word + space, space + word + space, f"{word}{space}{word}")


def smallest(text: str, breaks: Callable[[str], bool], patience_s: float = float("inf")) -> str:
    """Leave out ever smaller parts of a text as long as it still breaks; return a text that loses nothing more.

    After so many seconds the shortest text found so far is returned.
    """
    end = time.monotonic() + patience_s
    size = len(text) // 2
    while size:
        place = 0
        while place < len(text) and time.monotonic() < end:
            shorter = text[:place] + text[place + size :]
            if shorter and breaks(shorter):
                text = shorter
            else:
                place += size
        size //= 2
    return text


def _any_fragment(order: random.Random, specials: Sequence[str]) -> str:
    """One fragment, perhaps a special token."""
    if specials and order.random() < SPECIAL_SHARE:
        return order.choice(forms(order.choice(specials)))
    return _fragment(order)


def _fragment(order: random.Random) -> str:
    """One fragment; words and spaces are the most frequent, so that words meet what stands between them."""
    kind = order.randrange(16)
    if kind < 5:
        return "".join(order.choices(order.choice(SCRIPTS), k=order.randint(1, 9)))
    if kind < 9:
        return order.choice((" ", " ", " ", "  ", "\n", "\n\n", " \n", order.choice(SPACES)))
    if kind == 9:
        return order.choice(SPACES + MARKS + "a0 ") * order.randint(1, 20)
    if kind == 10:
        return "".join(order.choices(MARKS, k=order.randint(1, 4)))
    if kind == 11:
        return order.choice(ENDINGS)
    if kind == 12:
        return order.choice(EMOJI) + order.choice(("", order.choice(JOINING)))
    if kind == 13:
        return order.choice("aeikн한か") + "".join(order.choices(JOINING, k=order.randint(1, 3)))
    if kind == 14:
        return order.choice(NAMES)
    return "".join(map(chr, (_scalar(order) for _ in range(order.randint(1, 4)))))


def _scalar(order: random.Random) -> int:
    """Any Unicode scalar value: not a surrogate."""
    value = order.randrange(0x110000 - 0x800)
    return value if value < 0xD800 else value + 0x800
