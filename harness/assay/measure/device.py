"""Reading time on an accelerator: by events of the device, with its caches emptied before."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from assay import clock
from assay.records import Sample

FLUSH_BYTES = 256 << 20

Reader = Callable[[Callable[[], object], int], tuple[Sample, list[object]]]


def reader(device: str) -> Reader:
    """How calls on a device are timed: by the host's clocks on a CPU, by CUDA events on a GPU."""
    return partial(read_cuda, device) if device.partition(":")[0] == "cuda" else clock.read


def read_cuda(device: str, call: Callable[[], object], loops: int) -> tuple[Sample, list[object]]:
    """Time `loops` calls between two events of the device's stream; only the last output is kept.

    256 MiB are written first, more than any L2 cache holds, so that a single call finds it cold. Both times of the
    sample are the device's: the host only waits.
    """
    import torch

    with torch.cuda.device(device):
        torch.empty(FLUSH_BYTES, dtype=torch.uint8, device=device).zero_()
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        torch.cuda.synchronize()
        start.record()
        output: object = None
        for _ in range(loops):
            output = call()
        end.record()
        torch.cuda.synchronize()
    elapsed = max(1, round(start.elapsed_time(end) * 1e6))
    return Sample(loops=loops, wall_ns=elapsed, cpu_ns=elapsed), [output]
