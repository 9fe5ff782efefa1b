"""Which strings a tokenizer treats as special tokens, and what becomes of them in a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialTokens:
    """The special-token policy of a tokenizer: which string plays which role, and what `encode` makes of it.

    Roles: `bos` starts a sequence, `eos` ends it and stands between unrelated texts, `pad` fills a batch to
    one length, `unk` stands for a token outside the vocabulary; `other` has no fixed role.
    `in_text` says what happens where such a string occurs in a text: it is `recognised` as the special
    token, read as ordinary `text`, or `refused` with an error.
    """

    bos: str | None = None
    eos: str | None = None
    pad: str | None = None
    unk: str | None = None
    other: tuple[str, ...] = ()
    in_text: Literal["recognised", "text", "refused"] = "text"

    @property
    def tokens(self) -> tuple[str, ...]:
        """Every special token once, in the order bos, eos, pad, unk, other."""
        named = (self.bos, self.eos, self.pad, self.unk)
        return tuple(dict.fromkeys([token for token in named if token is not None] + list(self.other)))

    @property
    def label(self) -> str:
        """The policy in one cell of a table, such as `eos=<|endoftext|>, recognised`."""
        roles = [f"{role}={token}" for role in ("bos", "eos", "pad", "unk") if (token := getattr(self, role))]
        return ", ".join([*roles, *self.other, self.in_text]) if self.tokens else "none"
