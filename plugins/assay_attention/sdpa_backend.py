"""PyTorch's scaled dot-product attention with one kernel and no other, which raises where that cannot serve."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

import assay
from assay_attention.position import turned
from assay_attention.projected import projected
from assay_attention.sdpa import ScaledDotProduct


def build_math(workload: assay.Workload, weights: assay.Weights | None) -> assay.Step:
    """Return a step of plain matrix products."""
    return _build(SDPBackend.MATH, workload, weights)


def build_flash(workload: assay.Workload, weights: assay.Weights | None) -> assay.Step:
    """Return a step of FlashAttention (Dao 2023), or of its counterpart on a CPU."""
    return _build(SDPBackend.FLASH_ATTENTION, workload, weights)


def build_efficient(workload: assay.Workload, weights: assay.Weights | None) -> assay.Step:
    """Return a step of the memory-efficient kernel (Rabe and Staats 2021), as in xFormers."""
    return _build(SDPBackend.EFFICIENT_ATTENTION, workload, weights)


def build_cudnn(workload: assay.Workload, weights: assay.Weights | None) -> assay.Step:
    """Return a step of NVIDIA's cuDNN."""
    return _build(SDPBackend.CUDNN_ATTENTION, workload, weights)


def _build(backend: SDPBackend, workload: assay.Workload, weights: assay.Weights | None) -> assay.Step:
    return projected(turned(OneBackend(backend, workload), workload), workload, weights)


class OneBackend(nn.Module):
    """The kernel call under a choice of one."""

    def __init__(self, backend: SDPBackend, workload: assay.Workload) -> None:
        super().__init__()
        self.backend = backend
        self.core = ScaledDotProduct(workload)

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Attend as `ScaledDotProduct` does; raise RuntimeError where the kernel cannot serve."""
        with sdpa_kernel(self.backend):
            context: Tensor = self.core(q, k, v)
        return context
