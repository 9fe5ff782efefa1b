"""A whole text and every token of it, small enough for a page."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

import assay
from assay_html.escape import paired, show_unseen


def token_view(tokenized: assay.TokenizedText) -> dict[str, object]:
    """Return a text and its tokenizers as JSON.

    Of each tokenizer the numbers of its tokens, three for each: the distance of its start from the last one's start
    (zigzag), its length, both in UTF-16 units, and 4 * id + 2 * unknown + whether its bytes are no whole characters.
    `lost` has two for each stretch that no token covers: the distance of its start from the last one's end, and its
    length. Both are `packed`, and written as the place of their pack in `packs`. `hex` has the bytes of the tokens that
    are no whole characters, by number.
    """
    ends = list(accumulate((2 if ord(char) > 0xFFFF else 1 for char in tokenized.text), initial=0))
    packs: dict[str, int] = {}  # those of equal tokens are written once
    tokenizers = [_tokens(one, ends, tokenized.text, packs) for one in tokenized.pieces]
    return {"text": paired(tokenized.text), "packs": list(packs), "tokenizers": tokenizers}


def _tokens(pieces: assay.TokenAlignment, ends: Sequence[int], text: str, packs: dict[str, int]) -> dict[str, object]:
    if pieces.status is not assay.Status.OK:
        return {"name": show_unseen(pieces.tokenizer), "reason": show_unseen(pieces.reason or pieces.status.value)}
    numbers: list[int] = []
    split: dict[int, str] = {}
    last = 0
    for place, token in enumerate(pieces.tokens):
        start, end = (ends[at] for at in token.span.characters)
        first, until = token.span.characters
        partial = token.hex is not None and bytes.fromhex(token.hex) != text[first:until].encode(
            "utf-8", "surrogatepass"
        )
        if partial and token.hex is not None:
            split[place] = token.hex
        numbers += [_zigzag(start - last), end - start, 4 * token.id + 2 * token.unknown + partial]
        last = start
    lost: list[int] = []
    last = 0
    for span in sorted(pieces.uncovered, key=lambda span: span.characters):
        start, end = (ends[at] for at in span.characters)
        lost += [start - last, end - start]
        last = end
    return {
        "name": show_unseen(pieces.tokenizer),
        "count": len(pieces.tokens),
        "unknown": pieces.unknown,
        "lost": _place(packed(lost), packs),
        "exact": pieces.decoded == text,
        "hex": split,
        "packed": _place(packed(numbers), packs),
    }


def packed(numbers: Iterable[int]) -> str:
    """Pack whole numbers from 0 on: LEB128, deflate without a header (RFC 1951), base64."""
    data = bytes(byte for number in numbers for byte in _leb128(number))
    squeezed = zlib.compressobj(9, zlib.DEFLATED, -15)
    return base64.b64encode(squeezed.compress(data) + squeezed.flush()).decode("ascii")


def _place(pack: str, packs: dict[str, int]) -> int:
    """Return where a pack stands among all, the last where it is new."""
    return packs.setdefault(pack, len(packs))


def _zigzag(number: int) -> int:
    return 2 * number if number >= 0 else -2 * number - 1


def _leb128(number: int) -> Iterator[int]:
    while number >= 0x80:
        yield number & 0x7F | 0x80
        number >>= 7
    yield number
