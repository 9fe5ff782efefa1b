"""What an attention case computes and how much of it; the host derives the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["softmax", "weightless"]
Mask = Literal["none", "causal"]
Level = Literal["core", "qkv", "module"]
Phase = Literal["fwd"]
Dtype = Literal["f32", "bf16", "f16"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Semantics:
    """Which function is computed; rows are compared only within equal semantics.

    `softmax` is softmax(scale * q kᵀ) v with scale 1 / sqrt(d_qk) (Vaswani et al. 2017, equation 1);
    `weightless` is softmax(x xᵀ) x, with no scale and no trainable weight.
    `dropout` is the probability with which an attention weight is zeroed, the rest being scaled by
    1 / (1 - dropout).
    """

    kind: Kind = "softmax"
    mask: Mask = "none"
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.dropout < 1.0:
            raise ValueError(f"dropout must lie in [0, 1), not {self.dropout}")

    @property
    def label(self) -> str:
        """The semantics' part of a workload id, such as `causal` or `weightless`."""
        parts: list[str] = [] if self.kind == "softmax" else [self.kind]
        if self.mask != "none" or not parts:
            parts.append("full" if self.mask == "none" else self.mask)
        if self.dropout:
            parts.append(f"dropout{self.dropout:g}")
        return "+".join(parts)

    @property
    def scale_is_one(self) -> bool:
        """Whether scores are left unscaled instead of being divided by sqrt(d_qk)."""
        return self.kind == "weightless"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSource:
    """Where a workload's inputs come from: windows of a corpus, tokenized and embedded."""

    corpus: str
    tokenizer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One amount of one kind of attention.

    `level` says what a step receives and returns:

    - `core`: q [batch, q_heads, q_len, d_qk], k [batch, kv_heads, kv_len, d_qk] and
      v [batch, kv_heads, kv_len, d_v], giving [batch, q_heads, q_len, d_v]
      (for `weightless` semantics q, k and v are the same tensor);
    - `qkv`: x [batch, q_len, d_model] and the host's Wq, Wk, Wv, giving [batch, q_len, q_heads * d_v];
    - `module`: the same and the output projection Wo, giving [batch, q_len, d_model].
    """

    level: Level
    batch: int
    q_len: int
    kv_len: int
    q_heads: int
    kv_heads: int
    d_qk: int
    d_v: int
    d_model: int
    semantics: Semantics = field(default_factory=Semantics)
    phase: Phase = "fwd"
    dtype: Dtype = "f32"
    device: str = "cpu"
    threads: int = 1
    seed: int = 123
    source: TextSource | None = None

    def __post_init__(self) -> None:
        sizes = ("batch", "q_len", "kv_len", "q_heads", "kv_heads", "d_qk", "d_v", "d_model", "threads")
        for name in sizes:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.q_heads % self.kv_heads:
            raise ValueError(f"{self.q_heads} query heads cannot share {self.kv_heads} key heads evenly")
        if self.level != "core" and self.q_len != self.kv_len:
            raise ValueError(f"at level {self.level} queries and keys come from one x: q_len must equal kv_len")

    @classmethod
    def self_attention(
        cls,
        level: Level,
        *,
        batch: int,
        length: int,
        d_model: int,
        heads: int = 1,
        semantics: Semantics | None = None,
        source: TextSource | None = None,
        threads: int = 1,
    ) -> Workload:
        """Build the common case: one length, equal heads, and d_model divided evenly among the heads."""
        if d_model % heads:
            raise ValueError(f"d_model {d_model} is not divisible by {heads} heads")
        return cls(
            level=level,
            batch=batch,
            q_len=length,
            kv_len=length,
            q_heads=heads,
            kv_heads=heads,
            d_qk=d_model // heads,
            d_v=d_model // heads,
            d_model=d_model,
            semantics=semantics or Semantics(),
            source=source,
            threads=threads,
        )

    @property
    def id(self) -> str:
        """`level/phase/semantics/shape/dtype/device.threads`, and the text the inputs come from, if any."""
        heads, length, width = (
            str(a) if a == b else f"{a}:{b}"
            for a, b in ((self.q_heads, self.kv_heads), (self.q_len, self.kv_len), (self.d_qk, self.d_v))
        )
        shape = f"b{self.batch}.h{heads}.s{length}.d{width}"
        if self.level != "core":
            shape += f".m{self.d_model}"
        parts = [
            self.level,
            self.phase,
            self.semantics.label,
            shape,
            self.dtype,
            f"{self.device}.t{self.threads}",
        ]
        if self.source is not None:
            parts.append(f"{self.source.corpus}+{self.source.tokenizer}")
        return "/".join(parts)

    @property
    def tokens(self) -> int:
        """Query positions that one step computes: batch * q_len."""
        return self.batch * self.q_len

    @property
    def flop(self) -> int:
        """The floating-point operations that are credited, whatever a plugin executes.

        Forward: 2 * batch * q_heads * pairs * (d_qk + d_v), over exactly the unmasked pairs; projections of
        the level on top, at two operations a multiply-add; softmax never.
        """
        pairs = self.q_len * self.kv_len
        if self.semantics.mask == "causal":
            hidden = self.kv_len - self.q_len  # keys before the first query, when there are more keys
            pairs = sum(max(0, hidden + query + 1) for query in range(self.q_len))
        flop = 2 * self.batch * self.q_heads * pairs * (self.d_qk + self.d_v)
        if self.level == "core":
            return flop
        width = self.q_heads * self.d_qk + self.kv_heads * (self.d_qk + self.d_v)
        if self.level == "module":
            width += self.q_heads * self.d_v
        return flop + 2 * self.tokens * self.d_model * width
