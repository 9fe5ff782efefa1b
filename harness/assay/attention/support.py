"""A ready-made `unsupported`: what an attention plugin offers, named."""

from __future__ import annotations

from dataclasses import dataclass

from assay.records.workload import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Supports:
    """A ready-made `unsupported`: an empty tuple or None places no limit.

    What a plugin written today cannot know about is out of bounds unless it is named: levels, masks, biases and
    phases beside the plain ones. `grouped` offers fewer key heads than query heads, `rectangular` a key length other
    than the query length, `uneven` a value width other than the query width.
    """

    levels: tuple[str, ...] = ("core", "qkv", "module")
    kinds: tuple[str, ...] = ("softmax",)
    masks: tuple[str, ...] = ("none", "causal")
    biases: tuple[str, ...] = ("none",)
    phases: tuple[str, ...] = ("fwd",)
    dtypes: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    max_heads: int | None = None
    min_heads: int = 1
    dropout: bool = True
    grouped: bool = False
    rectangular: bool = False
    uneven: bool = True

    def __call__(self, workload: Workload) -> str | None:
        """Return the first reason why the workload is out of bounds, or None."""
        semantics = workload.semantics
        listed = (
            ("level", workload.level, self.levels),
            ("kind", semantics.kind, self.kinds),
            ("mask", semantics.mask, self.masks),
            ("bias", semantics.bias, self.biases),
            ("phase", workload.phase, self.phases),
            ("dtype", workload.dtype, self.dtypes),
            ("device", workload.device.partition(":")[0], self.devices),
        )
        for noun, value, allowed in listed:
            if allowed and value not in allowed:
                return f"{noun} {value} is not offered, only {', '.join(allowed)}"
        if self.max_heads is not None and workload.q_heads > self.max_heads:
            return f"{workload.q_heads} heads are more than {self.max_heads}"
        if workload.q_heads < self.min_heads:
            return f"{workload.q_heads} heads are fewer than {self.min_heads}"
        if semantics.dropout and not self.dropout:
            return "dropout is not offered"
        if workload.kv_heads != workload.q_heads and not self.grouped:
            return "fewer key heads than query heads are not offered"
        if workload.level != "decode" and workload.kv_len != workload.q_len and not self.rectangular:
            return "a key length other than the query length is not offered"
        if workload.d_v != workload.d_qk and not self.uneven:
            return "a value width other than the query width is not offered"
        return None
