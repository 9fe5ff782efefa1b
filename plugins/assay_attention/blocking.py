"""How a length is cut into blocks, so that builds and the costs predicted for them agree."""

from __future__ import annotations

from dataclasses import dataclass

import assay

ROWS = 128
CHUNK = 64


@dataclass(frozen=True, slots=True)
class LocalShape:
    """Blocks of `block` queries, `number` of them, each of which meets a span of `span` keys."""

    block: int
    span: int
    number: int


def local_shape(workload: assay.Workload) -> LocalShape:
    """Half a window to a block, so that a query meets at most 1.5 windows of keys."""
    reach = min(workload.semantics.reach, workload.kv_len)
    block = max(16, -(-reach // 2))
    before = -(-(reach - 1) // block)
    return LocalShape(block=block, span=(before + 1) * block, number=-(-workload.q_len // block))


def block_bounds(workload: assay.Workload) -> list[tuple[slice, slice]]:
    """Return blocks of queries, and for each the keys from the first to the last that one of its queries sees."""
    semantics, before = workload.semantics, workload.kv_len - workload.q_len
    bounds = []
    for start in range(0, workload.q_len, ROWS):
        stop = min(start + ROWS, workload.q_len)
        low, high = 0, workload.kv_len
        if semantics.mask != "none":
            high = max(0, before + stop)
        if semantics.mask == "prefix":
            high = min(workload.kv_len, max(high, semantics.reach))
        if semantics.mask == "window":
            low = min(high, max(0, before + start + 1 - semantics.reach))
        bounds.append((slice(start, stop), slice(low, high)))
    return bounds
