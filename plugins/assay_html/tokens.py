"""A whole text and every token of it, small enough for a page."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

import assay
from assay_html.inert import paired, visible


def token_view(reading: assay.Reading) -> dict[str, object]:
    """Give a text and its tokenizers as JSON.

    Of each tokenizer the numbers of its tokens, as `packed`, three for each: the distance of its start from the last
    one's start (zigzag), its length, both in UTF-16 units, and 4 * id + 2 * unknown + whether its bytes are no whole
    characters. `lost` has starts and ends of what no token covers, `hex` the bytes of the tokens that are no whole
    characters, by number.
    """
    ends = list(accumulate((2 if ord(char) > 0xFFFF else 1 for char in reading.text), initial=0))
    return {
        "text": paired(reading.text),
        "tokenizers": [_tokens(one, ends, reading.text) for one in reading.pieces],
    }


def _tokens(pieces: assay.Pieces, ends: Sequence[int], text: str) -> dict[str, object]:
    if pieces.status is not assay.Status.OK:
        return {"name": visible(pieces.tokenizer), "reason": visible(pieces.reason or pieces.status.value)}
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
    lost = [number for span in pieces.lost for number in (ends[span.characters[0]], ends[span.characters[1]])]
    return {
        "name": visible(pieces.tokenizer),
        "count": len(pieces.tokens),
        "unknown": pieces.unknown,
        "lost": lost,
        "exact": pieces.decoded == text,
        "hex": split,
        "packed": packed(numbers),
    }


def packed(numbers: Iterable[int]) -> str:
    """Pack whole numbers from 0 on: LEB128, deflate without a header (RFC 1951), base64."""
    data = bytes(byte for number in numbers for byte in _leb128(number))
    squeezed = zlib.compressobj(9, zlib.DEFLATED, -15)
    return base64.b64encode(squeezed.compress(data) + squeezed.flush()).decode("ascii")


def _zigzag(number: int) -> int:
    return 2 * number if number >= 0 else -2 * number - 1


def _leb128(number: int) -> Iterator[int]:
    while number >= 0x80:
        yield number & 0x7F | 0x80
        number >>= 7
    yield number
