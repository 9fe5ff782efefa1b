"""Machine probes: reference workloads that every round samples beside the cases."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import partial

from assay.measure.subject import Operation, Subject

LOOP = 20_000
COPY_BYTES = 8 << 20
STREAM_BYTES = 64 << 20
GEMM_WIDTH = 384
DEVICE_GEMM_WIDTH = 4096
DEVICE_STREAM_BYTES = 1 << 30


class PythonProbes(Subject):
    """A pure-Python loop, and a copy of 8 MiB: no torch in the process, which would make the loop slower."""

    def operations(self) -> tuple[Operation, ...]:
        """Return `python` and `copy`; tokens are what one call handles, here steps of the loop and bytes."""
        source, size = bytearray(COPY_BYTES), COPY_BYTES
        return (
            Operation(name="python", call=_python_loop, spot_check=_pass, tokens=LOOP),
            Operation(name="copy", call=lambda: bytearray(source), spot_check=_pass, tokens=size, size=size),
        )


class TorchProbes(Subject):
    """What torch can do in one dtype on one device: a square product, and a copy that no cache holds."""

    def __init__(self, dtype: str, device: str) -> None:
        self.dtype, self.device = dtype, device

    def operations(self) -> tuple[Operation, ...]:
        """Return `gemm`, 384³ on a CPU, and `stream`, 64 MiB read and written there; none without torch."""
        if importlib.util.find_spec("torch") is None:
            return ()
        import torch

        from assay.attention.inputs import DTYPES
        from assay.measure.gpu_timer import most_iterations, on_gpu, reader

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
                spot_check=_pass,
                tokens=work,
                context=torch.inference_mode,
                read=read,
                most_iterations=most_iterations(self.device),
            )
            for name, call, work in calls
        )


def _python_loop() -> int:
    total = 0
    for number in range(LOOP):
        total += number & 3
    return total


def _pass(outputs: Sequence[object]) -> None:
    """Probes have no output to check."""
