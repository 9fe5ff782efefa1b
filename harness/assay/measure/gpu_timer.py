"""An accelerator as a worker sees it: time by its own events, with its caches emptied, and its memory."""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

from assay.measure import timer as clock
from assay.records.results import Sample

FLUSH_BYTES = 256 << 20
FLUSHES = 4
IDLE_BYTES = 1 << 30
MOST_ITERATIONS = 32
LAUNCHES = 20

Reader = Callable[[Callable[[], object], int], tuple[Sample, list[object]]]


def on_gpu(device: str) -> bool:
    """Whether a device, such as `cuda:1`, is a GPU."""
    return device.partition(":")[0] == "cuda"


def reader(device: str, *, from_idle: bool = False) -> Reader:
    """How calls on a device are timed: by the host's clocks on a CPU, by CUDA events on a GPU."""
    return partial(read_cuda, device, from_idle=from_idle) if on_gpu(device) else clock.read


def most_iterations(device: str) -> int:
    """How many calls a sample has at most: on a GPU emptying the cache takes longer than a short call."""
    return MOST_ITERATIONS if on_gpu(device) else clock.MOST_ITERATIONS


def read_cuda(
    device: str, call: Callable[[], object], iterations: int, *, from_idle: bool = False
) -> tuple[Sample, list[object]]:
    """Time `iterations` calls, each between two events of the device's stream; only the last output is kept.

    Before each call 256 MiB, more than any L2 cache holds, are written four times, so that it finds the cache cold.
    While the device writes, some 0.3 ms on an H200, the host launches the call: what launching takes beyond that
    counts, what it takes within does not. `from_idle` waits for the device before each call, so that all that the host
    does counts. A first call is not timed: it takes the memory that the last one released. Both times of the
    sample are the device's.
    """
    import torch

    with torch.cuda.device(device), clock.uncollected():
        call()
        flush = torch.empty(FLUSH_BYTES, dtype=torch.uint8, device=device)
        spans = [tuple(torch.cuda.Event(enable_timing=True) for _ in range(2)) for _ in range(iterations)]
        torch.cuda.synchronize()
        output: object = None
        for start, end in spans:
            for _ in range(FLUSHES):
                flush.zero_()
            if from_idle:
                torch.cuda.synchronize()
            start.record()
            output = call()
            end.record()
        torch.cuda.synchronize()
        del flush
        release_idle_memory(IDLE_BYTES)
    elapsed = max(1, round(sum(start.elapsed_time(end) for start, end in spans) * 1e6))
    return Sample(iterations=iterations, wall_ns=elapsed, cpu_ns=elapsed), [output]


def launch_seconds(device: str, call: Callable[[], object]) -> float:
    """How long a call keeps the host, the median of some calls: the GPU may still be at work when it returns."""
    spans = []
    for _ in range(LAUNCHES):
        wait(device)
        start = time.perf_counter()
        call()
        spans.append(time.perf_counter() - start)
    return statistics.median(spans)


def wake(device: str) -> None:
    """Have a GPU's context, its products and torch's profiler ready: seconds that all workers can spend at once."""
    if on_gpu(device):
        import torch

        from assay.measure.torch_ops import dispatched

        for dtype in (torch.float32, torch.float64):
            square = torch.ones(16, 16, dtype=dtype, device=device)
            dispatched(partial(torch.mm, square, square))
        torch.cuda.synchronize(device)


def wait(device: str) -> None:
    """Wait until a GPU has done what it was told; a CPU has already."""
    if on_gpu(device):
        import torch

        torch.cuda.synchronize(device)


def release_idle_memory(most: int = 0) -> None:
    """Return idle memory of torch's allocator to the GPU, where other processes may need it; keep up to `most`."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return
    for device in range(torch.cuda.device_count()):
        if torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device) > most:
            torch.cuda.empty_cache()


def room(device: str) -> int | None:
    """The memory that a case may take, in bytes: what is free on a GPU, the limit of this process on a CPU.

    None for no limit.
    """
    if on_gpu(device):
        import torch

        return int(torch.cuda.mem_get_info(device)[0])
    limit = resource.getrlimit(resource.RLIMIT_DATA)[0]
    return limit if limit >= 0 else None
