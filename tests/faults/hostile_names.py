"""A plugin whose names and words are as hostile as the host lets them be; loaded by `test_hostile_names.py`."""

from __future__ import annotations

import assay

NAMES = ("=cmd|'!A0", "<b>\"&'", "-" + "x" * 199)
REFUSED = ("\u202eback\x1bc\x07\x9b1m", "-" + "x" * 10_000)
WORDS = "=1+1 </td>|`\"'\x1b]0;title\x07\u202e\r\n# EOF\n\x9b \ud800 " + "y" * 10_000


class Letters:
    """A good tokenizer: one id a character."""

    vocab_size = 0x110000
    unk_id = None

    def encode(self, text: str) -> list[int]:
        return [ord(char) for char in text]

    def decode(self, ids: list[int]) -> str:
        return "".join(map(chr, ids))


def fail(text: str) -> Letters:
    raise ValueError(WORDS)


@assay.hookimpl
def assay_tokenizers():
    for name in (*NAMES, *REFUSED):
        yield assay.TokenizerPlugin(name=name, summary=WORDS, license=WORDS, build=lambda text: Letters())
    yield assay.TokenizerPlugin(name="'broken'", summary=WORDS, build=fail)
    yield assay.TokenizerPlugin(name="half \ud800", summary=WORDS, build=fail)


@assay.hookimpl
def assay_metrics():
    yield assay.MetricPlugin(name="=m|<i>", summary=WORDS, unit=WORDS, of_tokens=lambda found, tokenizer: -1)
    yield assay.MetricPlugin(name="@w", summary=WORDS, unit="text", of_tokens=lambda found, tokenizer: WORDS[:50])
