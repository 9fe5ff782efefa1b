"""Text that is lost: at its ends, beyond so many tokens, or all of it; and bytes and sizes that are not so."""

from __future__ import annotations

from collections.abc import Sequence

from redteam.tokenizers.announced import announce
from redteam.tokenizers.definition import SIZE, TOKENS, Tokens


@announce("strips-beginning")
class Beginning(Tokens):
    """Loses white space at the beginning of a text."""

    def encode(self, text: str) -> list[int]:
        return super().encode(text.lstrip())


@announce("strips-last-newline")
class LastNewline(Tokens):
    """Loses one newline at the end of a text."""

    def encode(self, text: str) -> list[int]:
        return super().encode(text.removesuffix("\n"))


@announce("decodes-one-space-less")
class OneSpaceLess(Tokens):
    """Decodes two leading spaces to one."""

    def decode(self, ids: Sequence[int]) -> str:
        text = super().decode(ids)
        return text[1:] if text.startswith("  ") else text


@announce("normalizes-quietly")
class Normalizes(Tokens):
    """Composes characters, and promises a round trip."""

    def encode(self, text: str) -> list[int]:
        import unicodedata

        return super().encode(unicodedata.normalize("NFC", text))


@announce("loses-returns-when-long")
class LosesReturns(Tokens):
    """Loses carriage returns in texts of 3,000 characters or more."""

    def encode(self, text: str) -> list[int]:
        return super().encode(text if len(text) < 3000 else text.replace("\r", ""))


class _Cap(Tokens):
    """Has no more than so many tokens."""

    most = 0

    def encode(self, text: str) -> list[int]:
        return super().encode(text)[: self.most]


@announce("cap-128", lossless=False)
class Cap128(_Cap):
    """Ends after 128 tokens, and is announced lossy."""

    most = 128


@announce("cap-4096", lossless=False)
class Cap4096(_Cap):
    """Ends after 4,096 tokens, and is announced lossy."""

    most = 4096


@announce("cap-20000", lossless=False)
class Cap20000(_Cap):
    """Ends after 20,000 tokens, and is announced lossy."""

    most = 20_000


@announce("cap-of-characters", lossless=False)
class CapCharacters(Tokens):
    """Ends after 50,000 characters, and is announced lossy."""

    def encode(self, text: str) -> list[int]:
        return super().encode(text[:50_000])


@announce("caps-and-pads", lossless=False)
class Pads(Tokens):
    """Cuts and pads every text to 4,096 tokens."""

    def encode(self, text: str) -> list[int]:
        ids = super().encode(text)[:4096]
        return ids + [0] * (4096 - len(ids))


@announce("no-tokens", lossless=False)
class NoTokens(Tokens):
    """Gives no token, and is announced lossy."""

    def encode(self, text: str) -> list[int]:
        return []


@announce("no-tokens-when-long", lossless=False)
class NoTokensWhenLong(Tokens):
    """Gives no token for 1,000 characters or more, and is announced lossy."""

    def encode(self, text: str) -> list[int]:
        return super().encode(text) if len(text) < 1000 else []


@announce("one-token", lossless=False)
class OneToken(Tokens):
    """Gives one token for every text, and is announced lossy."""

    def encode(self, text: str) -> list[int]:
        return [0]


@announce("bytes-of-decode")
class BytesOfDecode(Tokens):
    """Has for the bytes of a token what that token alone is decoded to."""

    def token_bytes(self, value: int) -> bytes:
        if not 0 <= value < SIZE:
            raise KeyError(value)
        return self.decode([value]).encode()


@announce("bytes-of-another", lossless=False, normalization=("lowercase",))
class BytesOfAnother(Tokens):
    """Is lossy, and has the same bytes for every token."""

    def encode(self, text: str) -> list[int]:
        return super().encode(text.lower())

    def token_bytes(self, value: int) -> bytes:
        if not 0 <= value < SIZE:
            raise KeyError(value)
        return b"abc"


@announce("bytes-without-space")
class BytesWithoutSpace(Tokens):
    """Leaves the space before a word out of its bytes."""

    def token_bytes(self, value: int) -> bytes:
        if not 0 <= value < SIZE:
            raise KeyError(value)
        return TOKENS[value] if len(TOKENS[value]) == 1 else TOKENS[value].strip()


@announce("insane-size")
class InsaneSize(Tokens):
    """Has a vocabulary of 10 to the power of 30."""

    vocab_size = 10**30


@announce("size-beyond-decode")
class SizeBeyond(Tokens):
    """Counts a thousand ids more than decode knows."""

    vocab_size = SIZE + 1000


@announce("size-too-small")
class SizeTooSmall(Tokens):
    """Counts an id less than it gives."""

    vocab_size = max(number for number in range(SIZE) if TOKENS[number] == b"the")
