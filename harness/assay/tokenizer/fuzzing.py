"""Fuzz strings: short texts that tokenizers fail on, seeded, the same on every machine."""

from __future__ import annotations

import random
from collections.abc import Iterator

LONGEST = 12

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


def strings(count: int, seed: int) -> Iterator[str]:
    """Yield so many strings of up to 12 fragments each: words, numbers, runs of one character, marks, white space."""
    order = random.Random(seed)
    for _ in range(count):
        yield "".join(_fragment(order) for _ in range(order.randint(1, LONGEST)))


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
