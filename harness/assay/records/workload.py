"""How much of which attention an attention case computes; the host derives the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from assay.records.semantics import Semantics

Level = Literal["core", "qkv", "module", "decode", "pipeline"]
Phase = Literal["fwd", "bwd", "fwd_bwd"]
Dtype = Literal["f32", "bf16", "f16"]
ITEM_BYTES = {"f32": 4, "bf16": 2, "f16": 2}
ID = re.compile(
    r"(?P<level>[a-z]+)/(?P<phase>[a-z_]+)/(?P<semantics>[^/]+)"
    r"/b(?P<batch>\d+)\.h(?P<q_heads>\d+)(?::(?P<kv_heads>\d+))?"
    r"\.s(?P<q_len>\d+)(?::(?P<kv_len>\d+))?\.d(?P<d_qk>\d+)(?::(?P<d_v>\d+))?(?:\.m(?P<d_model>\d+))?"
    r"/(?P<dtype>[a-z0-9]+)/(?P<device>[^/.]+)\.t(?P<threads>\d+)(?:/(?P<corpus>.+)\+(?P<tokenizer>[^+]+))?"
)


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
    - `module`: the same and the output projection Wo, giving [batch, q_len, d_model];
    - `decode`: as `module`, for the last q_len of kv_len positions: `step.prefill` is given the x of the
      positions before them, [batch, kv_len - q_len, d_model], and each call of the step the x that follows;
    - `pipeline`: as much of a text as fills `batch` windows of q_len tokens, tokenized, embedded and given to a step
      of level `module`.

    With the mask `padding` a step receives the valid lengths of the call, int64 [batch], as its last argument. Phase
    `bwd` is the gradient of the inputs q, k, v for a given gradient of the output, `fwd_bwd` both; they are asked for
    at level `core` only.
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
        for name, allowed in (("level", get_args(Level)), ("phase", get_args(Phase)), ("dtype", get_args(Dtype))):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}, not {getattr(self, name)!r}")
        if self.q_heads % self.kv_heads:
            raise ValueError(f"{self.q_heads} query heads cannot share {self.kv_heads} key heads evenly")
        self._refuse_contradictions()

    def _refuse_contradictions(self) -> None:
        if self.level not in ("core", "decode") and self.q_len != self.kv_len:
            raise ValueError(f"at level {self.level} queries and keys come from one x: q_len must equal kv_len")
        if self.level == "decode" and not self.q_len < self.kv_len:
            raise ValueError("at level decode there must be positions before the queries: q_len must be below kv_len")
        if self.semantics.mask == "padding" and self.q_len != self.kv_len:
            raise ValueError("padding is of queries and keys alike: q_len must equal kv_len")
        if self.phase != "fwd" and (self.level != "core" or self.semantics.dropout):
            raise ValueError(f"phase {self.phase} is asked for at level core only, and without dropout")
        if self.phase != "fwd" and self.q_len > self.kv_len:
            raise ValueError("a query before the first key has no gradient: q_len must not exceed kv_len")
        if self.level == "pipeline" and self.source is None:
            raise ValueError("at level pipeline there must be a text to begin with")
        even = self.q_heads == self.kv_heads and self.q_len == self.kv_len and self.d_qk == self.d_v
        if self.semantics.kind == "weightless" and not even:
            raise ValueError("weightless attention is of one x: queries, keys and values have one shape")
        if self.level == "core" and self.source is not None and not even:
            raise ValueError("at level core a text gives queries, keys and values of one shape")
        if self.semantics.bias == "rope" and self.d_qk % 2:
            raise ValueError(f"rope turns pairs: the head dimension must be even, not {self.d_qk}")

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
        phase: Phase = "fwd",
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
            phase=phase,
            source=source,
            threads=threads,
        )

    @classmethod
    def parse(cls, text: str) -> Workload:
        """Read an id: the inverse of `id` for the usual seed, and for q_heads * d_qk as d_model of level `core`.

        Raises ValueError for what is no id.
        """
        found = ID.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no workload id")
        sizes = {name: found[name] for name in ("batch", "q_heads", "q_len", "d_qk", "threads")}
        sizes["kv_heads"] = found["kv_heads"] or found["q_heads"]
        sizes["kv_len"] = found["kv_len"] or found["q_len"]
        sizes["d_v"] = found["d_v"] or found["d_qk"]
        sizes["d_model"] = found["d_model"] or str(int(found["q_heads"]) * int(found["d_qk"]))
        source = TextSource(corpus=found["corpus"], tokenizer=found["tokenizer"]) if found["corpus"] else None
        fields: dict[str, Any] = {name: int(size) for name, size in sizes.items()}
        fields |= {name: found[name] for name in ("level", "phase", "dtype", "device")}
        read = cls(**fields, semantics=Semantics.parse(found["semantics"]), source=source)
        if read.id != text:
            raise ValueError(f"{text!r} is written {read.id!r}")
        return read

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
    def of_step(self) -> Workload:
        """What a plugin is asked for: of a pipeline the attention of one window, at level `module`."""
        return replace(self, level="module") if self.level == "pipeline" else self

    @property
    def tokens(self) -> int:
        """Query positions that one step computes: batch * q_len, of padded items those that are valid."""
        return sum(self.lengths) if self.semantics.mask == "padding" else self.batch * self.q_len

    @property
    def lengths(self) -> tuple[int, ...]:
        """The valid positions of each item in timed calls: with padding from kv_len / batch in even steps to kv_len."""
        if self.semantics.mask != "padding":
            return (self.kv_len,) * self.batch
        return tuple(-(-self.kv_len * (item + 1) // self.batch) for item in range(self.batch))

    @property
    def pairs(self) -> int:
        """Pairs of a query and a key that it sees, over the whole batch, for one head."""
        if self.semantics.mask == "padding":
            return sum(length * length for length in self.lengths)
        return self.batch * self.semantics.pairs(self.q_len, self.kv_len)

    @property
    def flop(self) -> int:
        """The floating-point operations that are credited, whatever a plugin executes.

        Forward: 2 * q_heads * pairs * (d_qk + d_v), over exactly the unmasked pairs; backward: 2 * q_heads *
        pairs * (3 d_qk + 2 d_v). Linear attention writes a state for each key and reads it for each query: 2 * batch *
        q_heads * (q_len + kv_len) * d_qk * d_v forward, and twice that backward. Projections of the level on
        top, at two operations a multiply-add; softmax never.
        """
        if self.semantics.kind == "linear":
            forward = 2 * self.batch * self.q_heads * (self.q_len + self.kv_len) * self.d_qk * self.d_v
            backward = 2 * forward
        else:
            forward = 2 * self.q_heads * self.pairs * (self.d_qk + self.d_v)
            backward = 2 * self.q_heads * self.pairs * (3 * self.d_qk + 2 * self.d_v)
        flop = {"fwd": forward, "bwd": backward, "fwd_bwd": forward + backward}[self.phase]
        if self.level == "core":
            return flop
        width = self.q_heads * self.d_qk + self.kv_heads * (self.d_qk + self.d_v)
        if self.level != "qkv":
            width += self.q_heads * self.d_v
        return flop + 2 * self.tokens * self.d_model * width

    @property
    def _keys_seen(self) -> int:
        """Positions of the whole batch whose keys any query sees."""
        if self.semantics.mask == "window":
            return self.batch * min(self.kv_len, self.semantics.reach + self.q_len - 1)
        return sum(self.lengths)

    @property
    def bytes(self) -> int:
        """The bytes that must be moved at least: every input, weight, cache entry that is seen, and output once.

        Backward: q, k, v, the output and its gradient are read, and three gradients written.
        """
        query, output = (self.tokens * self.q_heads * width for width in (self.d_qk, self.d_v))
        keys = self._keys_seen * self.kv_heads * (self.d_qk + self.d_v)
        if self.level == "core":
            forward, backward = query + keys + output, 2 * (query + keys + output)
            moved = {"fwd": forward, "bwd": backward, "fwd_bwd": forward + backward}[self.phase]
        else:
            weights = self.q_heads * self.d_qk + self.kv_heads * (self.d_qk + self.d_v)
            width = self.q_heads * self.d_v
            moved = self.tokens * self.d_model + self.d_model * weights
            moved += self.tokens * width if self.level == "qkv" else (width + self.tokens) * self.d_model
            if self.level == "decode":
                moved += keys
        return moved * ITEM_BYTES[self.dtype]
