"""What the machine can do at this moment: fixed pieces of work that every round samples beside the cases."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import partial

from assay.measure.subject import Operation
from assay.records.results import Metrics

LOOP = 20_000
COPY_BYTES = 8 << 20
STREAM_BYTES = 64 << 20
GEMM_WIDTH = 384
DEVICE_GEMM_WIDTH = 4096
DEVICE_STREAM_BYTES = 1 << 30


class ProbeSubject:
    """Nothing but its operations: there is nothing to predict, and no output to check."""

    def predict(self) -> Metrics:
        """Anchors are small."""
        return Metrics()

    def check(self) -> Metrics:
        """Anchors have no output to check."""
        return Metrics()

    def operations(self) -> tuple[Operation, ...]:
        """Give the anchors; tokens are what one call handles: steps of the loop, bytes, FLOP."""
        raise NotImplementedError

    def memory(self) -> Metrics:
        """Anchors are small."""
        return Metrics()

    def recheck(self) -> None:
        """Anchors have no output to check."""


class Machine(ProbeSubject):
    """A pure-Python loop, and a copy of 8 MiB: no torch in the process, which would make the loop slower."""

    def operations(self) -> tuple[Operation, ...]:
        """Give `python` and `copy`."""
        source = bytearray(COPY_BYTES)
        return (
            Operation(name="python", call=_python_loop, audit=_pass, tokens=LOOP),
            Operation(name="copy", call=lambda: bytearray(source), audit=_pass, tokens=COPY_BYTES, size=COPY_BYTES),
        )


class Arithmetic(ProbeSubject):
    """What torch can do in one dtype on one device: a square product, and a copy that no cache holds."""

    def __init__(self, dtype: str, device: str) -> None:
        self.dtype, self.device = dtype, device

    def operations(self) -> tuple[Operation, ...]:
        """Give `gemm`, 384³ on a CPU, and `stream`, 64 MiB read and written there; none without torch."""
        if importlib.util.find_spec("torch") is None:
            return ()
        import torch

        from assay.attention.inputs import DTYPES
        from assay.measure.gpu_timer import most_loops, on_gpu, reader

        width = DEVICE_GEMM_WIDTH if on_gpu(self.device) else GEMM_WIDTH
        size = DEVICE_STREAM_BYTES if on_gpu(self.device) else STREAM_BYTES
        # Random numbers: a GPU multiplies equal ones faster, since fewer bits change and it stays cooler.
        left, right, product = (
            torch.randn(width, width, dtype=DTYPES[self.dtype], device=self.device) for _ in range(3)
        )
        source, target = (torch.zeros(size, dtype=torch.uint8, device=self.device) for _ in range(2))
        calls = (
            ("gemm", partial(torch.mm, left, right, out=product), 2 * width**3),
            ("stream", partial(target.copy_, source), 2 * size),
        )
        read = reader(self.device)
        return tuple(
            Operation(
                name=name,
                call=call,
                audit=_pass,
                tokens=work,
                context=torch.inference_mode,
                read=read,
                most_loops=most_loops(self.device),
            )
            for name, call, work in calls
        )


def _python_loop() -> int:
    total = 0
    for number in range(LOOP):
        total += number & 3
    return total


def _pass(outputs: Sequence[object]) -> None:
    """Anchors have no output to check."""
