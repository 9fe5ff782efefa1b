"""What the announcements of this folder have in common; nothing here or in what it announces imports torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import assay

X_LEVELS = ("qkv", "module")
PHASES = ("fwd", "bwd", "fwd_bwd")
HALF = ("bf16", "f16")
CORE = assay.Supports(levels=("core",), phases=PHASES, dropout=False, grouped=True, rectangular=True)
TORCH = ("torch>=2.6",)
Number = Callable[[assay.Workload], int | None]


def plugin(
    name: str,
    summary: str,
    target: str,
    unsupported: Callable[[assay.Workload], str | None],
    *,
    peak_bytes: Number | None = None,
    flop: Number | None = None,
    empty_rows: Literal["zero", "nan", "unstated"] = "unstated",
    requires: tuple[str, ...] = TORCH,
    missing: Callable[[], assay.Missing | None] | None = None,
    compiles: bool = False,
) -> assay.AttentionPlugin:
    """Announce `target`, a `module:attribute` of this folder."""
    return assay.AttentionPlugin(
        name=name,
        summary=summary,
        requires=requires,
        license="MIT",
        missing=missing,
        build=assay.lazy(f"assay_attention.{target}"),
        unsupported=unsupported,
        peak_bytes=peak_bytes,
        flop=flop,
        empty_rows=empty_rows,
        compiles=compiles,
    )


def aligned(workload: assay.Workload, multiple: int) -> str | None:
    """Limits of kernels that load so many numbers at a time."""
    uneven = workload.d_qk % multiple
    return f"head width {workload.d_qk} is not offered, only multiples of {multiple}" if uneven else None
