"""The tutorial's attention implementations and PyTorch's own, one idea per file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import assay

X_LEVELS = ("qkv", "module")


def _nn_mha_unsupported(workload: assay.Workload) -> str | None:
    if not workload.d_qk == workload.d_v == workload.d_model / workload.q_heads:
        return "only heads that divide d_model among them are offered"
    return assay.Only(levels=("module",))(workload)


def _plugin(
    name: str, summary: str, target: str, unsupported: Callable[[assay.Workload], str | None]
) -> assay.AttentionPlugin:
    return assay.AttentionPlugin(
        name=name,
        summary=summary,
        requires=("torch>=2.6",),
        licence="MIT",
        build=assay.lazy(f"assay_attention.{target}"),
        unsupported=unsupported,
    )


@assay.hookimpl
def assay_attentions() -> Iterator[assay.AttentionPlugin]:
    """Announce seven implementations."""
    yield _plugin(
        "weightless",
        "softmax(x xᵀ) x, without trainable weights",
        "weightless:build",
        assay.Only(levels=("core",), kinds=("weightless",), masks=("none",), max_heads=1, dropout=False),
    )
    yield _plugin(
        "self-attention",
        "one head with trainable query, key and value weights",
        "self_attention:SelfAttention",
        assay.Only(levels=X_LEVELS, masks=("none",), max_heads=1, dropout=False),
    )
    yield _plugin(
        "causal",
        "one head that sees itself and the past, with dropout",
        "causal:CausalAttention",
        assay.Only(levels=X_LEVELS, masks=("causal",), max_heads=1),
    )
    yield _plugin(
        "multi-head-stack",
        "several heads as a stack of single causal heads",
        "multi_head_stack:MultiHeadStack",
        assay.Only(levels=X_LEVELS, masks=("causal",), min_heads=2),
    )
    yield _plugin(
        "multi-head-split",
        "several causal heads as one layer whose projections are split",
        "multi_head_split:MultiHeadSplit",
        assay.Only(levels=X_LEVELS, masks=("causal",), min_heads=2),
    )
    yield _plugin(
        "sdpa",
        "PyTorch's scaled_dot_product_attention, the kernel it chooses",
        "sdpa:build",
        assay.Only(kinds=("softmax", "weightless")),
    )
    yield _plugin(
        "nn-mha",
        "PyTorch's nn.MultiheadAttention, without returned weights",
        "nn_mha:TorchMultiHead",
        _nn_mha_unsupported,
    )
