"""What a workload's dtype and device are in torch, for what a build makes at level `core`, where no weights tell."""

from __future__ import annotations

import torch

import assay

DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}


def like(workload: assay.Workload) -> torch.Tensor:
    """Return an empty tensor of the workload's dtype on its device."""
    return torch.empty(0, dtype=DTYPES[workload.dtype], device=workload.device)
