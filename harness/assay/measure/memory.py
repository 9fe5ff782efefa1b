"""Measure memory: torch's allocations exactly, everything else by the kernel's high-water mark."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from assay.measure.gpu_timer import on_gpu

if TYPE_CHECKING:
    from torch import Tensor

T = TypeVar("T")
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
    living = peak = 0
    for size in _allocations(call):
        living += size
        peak = max(peak, living)
    return peak


def held_torch_bytes(make: Callable[[], T]) -> tuple[T, int]:
    """Return what a call gives, and how many bytes of CPU tensors it leaves allocated while that lives."""
    made: list[T] = []
    events = _allocations(lambda: made.append(make()))
    return made[0], max(0, sum(events))


def held_device_bytes(make: Callable[[], T], device: str) -> tuple[T, int]:
    """Return what a call gives, and how many bytes it leaves allocated on a device while that lives."""
    if not on_gpu(device):
        return held_torch_bytes(make)
    import torch

    torch.cuda.synchronize(device)
    before = torch.cuda.memory_allocated(device)
    made = make()
    torch.cuda.synchronize(device)
    return made, max(0, torch.cuda.memory_allocated(device) - before)


def in_bytes(number: float) -> str:
    """Write a size: `1 byte`, `640 bytes`, `12.5 KiB`, `4.0 MiB`."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number:,.0f} byte{'s' * (number != 1)}"


def living_bytes() -> int:
    """Return the bytes of all tensors that Python holds, on whatever device: nothing is watched, but it takes a second.

    A tensor that only code in C++ holds is not seen.
    """
    import torch

    gc.collect()
    tensors = [found for found in gc.get_objects() if issubclass(type(found), torch.Tensor)]
    return sum(dict(filter(None, map(_storage, tensors))).values())


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


def _allocations(call: Callable[[], object]) -> list[int]:
    """The sizes of the CPU tensors that a call allocates, in order; those that it frees are negative."""
    from torch.autograd.profiler import profile  # that of torch.profiler imports the compiler, a second of CPU time

    with profile(profile_memory=True) as profiler:
        call()
    results = profiler.kineto_results
    events = [] if results is None else [event for event in results.events() if event.name() == "[memory]"]
    return [event.nbytes() for event in sorted(events, key=lambda event: event.start_ns())]


def _storage(tensor: Tensor) -> tuple[int, int] | None:
    """The address and the bytes of what a tensor lies in."""
    try:
        storage = tensor.untyped_storage()
        return storage.data_ptr(), storage.nbytes()
    except (RuntimeError, NotImplementedError):  # one that only describes a tensor
        return None


def _status(field: str) -> int | None:
    try:
        found = re.search(rf"^{field}:\s+(\d+) kB", STATUS.read_text("ascii"), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None
