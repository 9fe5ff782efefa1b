"""Which of PyTorch's operations a call runs, such as the kernel that it chose for attention."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch._ops import OpOverload
    from torch.autograd.profiler_util import FunctionEvent

MOST = 8
ATEN = "aten::"
TELLING = "attention"
PRODUCTS = ("mm", "addmm", "bmm", "baddbmm")
COMPILED = "Torch-Compiled Region"
IDLE = ("empty", "new_empty", "resize", "detach", "_unsafe_view")


def dispatched(call: Callable[[], object]) -> tuple[str, ...]:
    """Make a call, and return the names of the ATen operations that ran, each once: kernels of attention come first.

    The others follow in the order in which they first ran, up to eight in all. An operation that is only made of others
    appears as those, unless it is one of attention; views and allocations, which compute nothing, are left out. Code
    of torch.compile appears as `Torch-Compiled Region`, beside the operations that it calls. The profiler tells, since
    under a `TorchDispatchMode` PyTorch refuses to run compiled code, then and afterwards.
    """
    from torch.autograd.profiler import profile  # that of torch.profiler imports the compiler, a second of CPU time

    with profile() as profiler:
        call()
    outermost = [event for event in profiler.function_events or () if event.cpu_parent is None]
    ran = dict.fromkeys(_names(outermost))
    return tuple(sorted(ran, key=lambda name: TELLING not in name)[:MOST])  # the sort is stable


def counted_flop(call: Callable[[], object]) -> int:
    """Make a call, and count the operations of its products, two for a multiply-add.

    A product that is part of another kernel counts nothing, such as those of PyTorch's own attention on a CPU. The
    profiler counts them: `torch.utils.flop_counter` imports the compiler, a second of CPU time, and code that was
    compiled before fails after it has looked into it.
    """
    from torch.autograd.profiler import profile  # that of torch.profiler imports the compiler too

    with profile(record_shapes=True, with_flops=True) as profiler:
        call()
    products = [event for event in profiler.function_events or [] if event.name.removeprefix(ATEN) in PRODUCTS]
    return sum(int(event.flops or 0) for event in products)


def _names(events: list[FunctionEvent]) -> Iterator[str]:
    for event in sorted(events, key=lambda event: event.time_range.start):
        name = event.name.removeprefix(ATEN)
        if event.name.startswith(COMPILED):
            yield COMPILED
        if TELLING in name and event.name.startswith(ATEN) and not any(TELLING in part.name for part in _within(event)):
            yield name
        elif not event.name.startswith(ATEN) or TELLING in name or _is_composite(name):
            yield from _names(event.cpu_children)
        elif not _is_idle(name):
            yield name


def _within(event: FunctionEvent) -> Iterator[FunctionEvent]:
    for part in event.cpu_children:
        yield part
        yield from _within(part)


def _is_composite(name: str) -> bool:
    """Whether an operation is only made of others, on every device."""
    import torch

    for overload in _overloads(name):
        try:
            if overload.has_kernel_for_dispatch_key(torch._C.DispatchKey.CompositeImplicitAutograd):
                return True
        except RuntimeError:  # an overload for numbers, which is TorchScript's alone
            continue
    return False


def _is_idle(name: str) -> bool:
    """Whether an operation computes nothing: it gives a view, or memory."""
    overloads = _overloads(name)
    return name.startswith(IDLE) or (any(overload.is_view for overload in overloads))


def _overloads(name: str) -> list[OpOverload]:
    import torch

    packet = getattr(torch.ops.aten, name, None)
    return [] if packet is None else [getattr(packet, overload) for overload in packet.overloads()]
