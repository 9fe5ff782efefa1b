"""PyTorch's scaled dot-product attention with one kernel and no other, which raises where that cannot serve."""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

import assay
from assay_attention.position import turned
from assay_attention.projected import projected
from assay_attention.sdpa import ScaledDotProduct


def build(backend: SDPBackend, workload: assay.Workload, weights: assay.Weights | None) -> assay.Step:
    """Return a step of one kernel: bare at level `core`, between projections at the others."""
    return projected(turned(OneBackend(backend, workload), workload), workload, weights)


math = partial(build, SDPBackend.MATH)  # plain matrix products
flash = partial(build, SDPBackend.FLASH_ATTENTION)  # Dao 2023, or its counterpart on a CPU
efficient = partial(build, SDPBackend.EFFICIENT_ATTENTION)  # Rabe and Staats 2021, as in xFormers
cudnn = partial(build, SDPBackend.CUDNN_ATTENTION)


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
