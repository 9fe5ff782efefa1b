"""Announces PyTorch's own attention: the kernels of its scaled dot product, and its layer."""

from __future__ import annotations

from dataclasses import replace

import assay
from assay_attention import cost
from assay_attention.announcing import HALF, PHASES, X_LEVELS, aligned, plugin

MASKS = ("none", "causal")
WEIGHTLESS = assay.Supports(levels=("core",), kinds=("weightless",), masks=MASKS, max_heads=1, phases=PHASES)
CHOSEN = assay.Supports(biases=("none", "rope"), phases=PHASES, grouped=True, rectangular=True)
MASKED = replace(CHOSEN, masks=("causal", "window", "prefix", "padding"), dropout=False)
BIASED = replace(MASKED, masks=("none", *MASKED.masks), biases=("alibi",))
ONE = replace(CHOSEN, dropout=False, uneven=False)
FLASH_CUDA = replace(ONE, dtypes=HALF, rectangular=False)
EFFICIENT = replace(ONE, devices=("cuda",), grouped=False)
CUDNN = replace(FLASH_CUDA, devices=("cuda",))


def chosen(workload: assay.Workload) -> str | None:
    """Limits of the kernels among which PyTorch chooses."""
    return (WEIGHTLESS if workload.semantics.kind == "weightless" else CHOSEN)(workload)


def masked(workload: assay.Workload) -> str | None:
    """Limits of the kernels with a mask; a bias is one too."""
    return (BIASED if workload.semantics.bias == "alibi" else MASKED)(workload)


def flash(workload: assay.Workload) -> str | None:
    """Limits of FlashAttention: it knows a mask on a CPU only, and no float32 elsewhere."""
    if workload.device == "cpu":
        return ONE(workload)
    return FLASH_CUDA(workload) or _widest(workload, 256)


def efficient(workload: assay.Workload) -> str | None:
    """Limits of the memory-efficient kernel, which loads 16 bytes at a time."""
    return EFFICIENT(workload) or aligned(workload, 4 if workload.dtype == "f32" else 8)


def cudnn(workload: assay.Workload) -> str | None:
    """Limits of cuDNN's kernel on all of its devices."""
    if workload.kv_len == 1:
        return "a single key is not offered"
    return CUDNN(workload) or aligned(workload, 8) or _widest(workload, 128)


def layer(workload: assay.Workload) -> str | None:
    """Limits of nn.MultiheadAttention."""
    if not workload.d_qk == workload.d_v == workload.d_model / workload.q_heads:
        return "only heads that divide d_model among them are offered"
    return assay.Supports(levels=("module",))(workload)


def _widest(workload: assay.Workload, most: int) -> str | None:
    return f"head width {workload.d_qk} is not offered, only up to {most}" if workload.d_qk > most else None


# Where PyTorch chooses the kernel `empty_rows` is unstated: that of a CPU gives zero, cuDNN's with a mask does not.
PLUGINS = (
    plugin(
        "sdpa",
        "PyTorch's scaled_dot_product_attention, the kernel it chooses",
        "sdpa:build",
        chosen,
        peak_bytes=cost.sdpa_bytes,
    ),
    plugin(
        "sdpa-math",
        "the same, of plain matrix products",
        "sdpa_backend:math",
        CHOSEN,
        peak_bytes=cost.math_bytes,
        flop=cost.square_flop,
        empty_rows="zero",
    ),
    plugin(
        "sdpa-flash",
        "the same, by FlashAttention",
        "sdpa_backend:flash",
        flash,
        peak_bytes=cost.flash_bytes,
        empty_rows="zero",
    ),
    plugin("sdpa-efficient", "the same, by the memory-efficient kernel", "sdpa_backend:efficient", efficient),
    plugin("sdpa-cudnn", "the same, by NVIDIA's cuDNN", "sdpa_backend:cudnn", cudnn),
    plugin(
        "sdpa-mask",
        "PyTorch's scaled_dot_product_attention with a mask made beforehand",
        "sdpa_mask:build",
        masked,
        peak_bytes=cost.mask_bytes,
    ),
    plugin(
        "fused-qkv",
        "one product for queries, keys and values, then PyTorch's kernel",
        "fused_qkv:FusedQKV",
        assay.Supports(levels=X_LEVELS, biases=("none", "rope"), grouped=True),
    ),
    plugin("nn-mha", "PyTorch's nn.MultiheadAttention, without returned weights", "nn_mha:TorchMultiHead", layer),
    plugin(
        "nn-mha-weights",
        "PyTorch's nn.MultiheadAttention, asked for the mean weights of its heads",
        "nn_mha:with_weights",
        layer,
        empty_rows="nan",
    ),
)
