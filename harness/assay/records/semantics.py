"""Which function an attention computes, and how many pairs of positions that takes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["softmax", "weightless", "linear"]
Mask = Literal["none", "causal", "window", "prefix", "padding"]
Bias = Literal["none", "alibi", "rope"]
DIGITS = 4
REACHING: tuple[Mask, ...] = ("window", "prefix")
WORDS = (("bias", get_args(Bias)), ("mask", get_args(Mask)), ("kind", get_args(Kind)))
FIELD_OF = {word: field for field, words in WORDS for word in words}


@dataclass(frozen=True, slots=True, kw_only=True)
class Semantics:
    """Which function is computed; rows are compared only within equal semantics.

    `kind`:

    - `softmax`: softmax(scale * q kᵀ) v with scale 1 / sqrt(d_qk) (Vaswani et al. 2017, equation 1);
    - `weightless`: softmax(x xᵀ) x, with no scale and no trainable weight;
    - `linear`: φ(q) φ(k)ᵀ v, each row divided by the sum of its φ(q) φ(k)ᵀ, with φ(x) = elu(x) + 1 and no
      scale (Katharopoulos et al. 2020, equations 4 and 7).

    `mask` says which keys a query sees. Queries are the last q_len of kv_len positions (aligned at the bottom
    right):

    - `none`: all; `causal`: its own position and those before it;
    - `window`: of these the last `reach`, its own included; `prefix`: of these all, and the first `reach`
      positions whatever its own;
    - `padding`: item b of a batch has only so many valid positions, which see each other; what comes out at the others
      is not looked at. The lengths change from call to call; those of timed calls are `Workload.lengths`.

    `bias` `alibi` adds -slope_h * distance to the scaled scores, slope_h = 2^(-8 (h + 1) / heads) for a power of two
    of heads, else as published: those of the largest power of two below, then every other one of twice as many
    (Press et al. 2022); `rope` turns the pairs (i, i + d/2) of query and key by position * 10000^(-2i/d) before the
    product (Su et al. 2021, in the half-split order of GPT-NeoX). `dropout` is the probability with which an attention
    weight is zeroed, the rest being scaled by 1 / (1 - dropout).
    """

    kind: Kind = "softmax"
    mask: Mask = "none"
    reach: int = 0
    bias: Bias = "none"
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.dropout < 1.0:
            raise ValueError(f"dropout must lie in [0, 1), not {self.dropout}")
        if self.dropout and self.dropout != round(self.dropout, DIGITS):
            raise ValueError(f"dropout is told to {DIGITS} decimal places, {self.dropout!r} has more")
        if (self.mask in REACHING) != (self.reach > 0) or self.reach < 0:
            raise ValueError(f"a mask {self.mask} cannot have the reach {self.reach}: window and prefix have one")
        if self.kind != "softmax" and (self.bias != "none" or self.mask not in ("none", "causal")):
            raise ValueError(f"{self.kind} attention has no bias, and no mask but a causal one")
        if self.kind == "linear" and self.dropout:
            raise ValueError("linear attention has no weights to drop")

    @property
    def label(self) -> str:
        """The semantics' part of a workload id, such as `causal`, `window256+alibi` or `weightless`."""
        parts: list[str] = [] if self.kind == "softmax" else [self.kind]
        if self.mask != "none" or not parts:
            parts.append("full" if self.mask == "none" else f"{self.mask}{self.reach or ''}")
        if self.bias != "none":
            parts.append(self.bias)
        if self.dropout:
            parts.append(f"dropout{self.dropout:.{DIGITS}f}".rstrip("0"))
        return "+".join(parts)

    @classmethod
    def parse(cls, label: str) -> Semantics:
        """Read a label; raise ValueError for what is not a valid label."""
        fields: dict[str, object] = {}
        for part in label.split("+"):
            word, number = _divided(part)
            if word == "full" and not number:
                found: dict[str, object] = {"mask": "none"}
            elif word in REACHING and number.isdecimal():
                found = {"mask": word, "reach": int(number)}
            elif word in FIELD_OF and word not in REACHING and not number:
                found = {FIELD_OF[word]: word}
            elif word == "dropout" and number.count(".") < 2 and number.strip("."):
                found = {"dropout": float(number)}
            else:
                raise ValueError(f"{part!r} is no part of attention semantics")
            if not fields.keys().isdisjoint(found):
                raise ValueError(f"{label!r} says {part!r} after another of its kind")
            fields |= found
        read = cls(**fields)  # type: ignore[arg-type]  # the words were looked up above
        if read.label != label:
            raise ValueError(f"{label!r} is written {read.label!r}")
        return read

    @property
    def scale_is_one(self) -> bool:
        """Whether scores are left unscaled instead of being divided by sqrt(d_qk)."""
        return self.kind != "softmax"

    def pairs(self, q_len: int, kv_len: int) -> int:
        """How many pairs of a query and a key that it sees there are, for one head of one item without padding."""
        hidden = kv_len - q_len  # keys before the first query, when there are more keys
        seen = range(hidden + 1, kv_len + 1)
        if self.mask == "causal":
            return sum(max(0, keys) for keys in seen)
        if self.mask == "window":
            return sum(min(self.reach, max(0, keys)) for keys in seen)
        if self.mask == "prefix":
            return sum(min(kv_len, max(self.reach, keys)) for keys in seen)
        return q_len * kv_len


def _divided(part: str) -> tuple[str, str]:
    found = re.fullmatch(r"([a-z]+)([0-9.]*)", part)
    if found is None:
        raise ValueError(f"{part!r} is no part of attention semantics")
    return found[1], found[2]
