"""Measure memory: torch's allocations exactly, everything else by the kernel's high-water mark."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from assay.measure.gpu_timer import on_gpu

STATUS = Path("/proc/self/status")
CLEAR_REFS = Path("/proc/self/clear_refs")
RESET_PEAK = "5"


def resident_bytes() -> int | None:
    """The memory of this process that is in RAM (VmRSS), or None where there is no /proc."""
    return _status("VmRSS")


def peak_resident_bytes(call: Callable[[], object]) -> int | None:
    """How far a call drives resident memory above where it was (VmHWM - VmRSS), in bytes; to a page or so."""
    try:
        CLEAR_REFS.write_text(RESET_PEAK)
    except OSError:
        return None
    before = _status("VmRSS")
    call()
    after = _status("VmHWM")
    return None if before is None or after is None else max(0, after - before)


def peak_torch_bytes(call: Callable[[], object]) -> int:
    """The largest sum of living CPU tensors that a call allocates, in bytes: exact and repeatable.

    It is the running sum of the profiler's signed memory events.
    """
    from torch.autograd.profiler import profile  # that of torch.profiler imports the compiler, a second of CPU time

    with profile(profile_memory=True) as profiler:
        call()
    results = profiler.kineto_results
    events = [] if results is None else [event for event in results.events() if event.name() == "[memory]"]
    living = peak = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        living += event.nbytes()
        peak = max(peak, living)
    return peak


def peak_device_bytes(call: Callable[[], object], device: str) -> int:
    """The largest sum of living tensors that a call allocates on its device, in bytes.

    On a GPU that of torch's allocator there, above what lived before; on a CPU that of `peak_torch_bytes`.
    """
    if not on_gpu(device):
        return peak_torch_bytes(call)
    import torch

    torch.cuda.synchronize(device)
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    call()
    torch.cuda.synchronize(device)
    return max(0, torch.cuda.max_memory_allocated(device) - before)


def _status(field: str) -> int | None:
    try:
        found = re.search(rf"^{field}:\s+(\d+) kB", STATUS.read_text("ascii"), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None
