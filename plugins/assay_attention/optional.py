"""Announces attention of other packages, which need a GPU."""

from __future__ import annotations

from dataclasses import replace

import assay
from assay_attention.announcing import HALF, PHASES, TORCH, aligned, plugin

FLASH = assay.Supports(
    levels=("core",),
    masks=("none", "causal", "window"),
    phases=PHASES,
    dtypes=HALF,
    devices=("cuda",),
    rectangular=True,
    uneven=False,
)
DAO = replace(FLASH, biases=("none", "alibi"), grouped=True)
FLA = assay.Supports(
    levels=("core",), kinds=("linear",), masks=("causal",), phases=PHASES, dtypes=HALF, devices=("cuda",)
)


def efficient(workload: assay.Workload) -> str | None:
    """Limits of the kernels among which xformers chooses."""
    return FLASH(workload) or aligned(workload, 8)


PLUGINS = (
    plugin(
        "flash-attn",
        "Dao's FlashAttention",
        "dao_flash:FlashAttention",
        DAO,
        empty_rows="zero",
        requires=(*TORCH, "flash-attn>=2.6"),
    ),
    plugin(
        "xformers",
        "memory-efficient attention of xformers",
        "xformers_attention:build",
        efficient,
        requires=(*TORCH, "xformers>=0.0.30"),
    ),
    plugin(
        "fla-linear",
        "linear attention of flash-linear-attention",
        "fla_linear:ChunkedLinear",
        FLA,
        requires=("torch>=2.7", "fla-core>=0.6"),
        compiles=True,  # it tries its kernels out for each shape
    ),
)
