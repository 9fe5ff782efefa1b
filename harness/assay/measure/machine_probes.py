"""Machine probes: reference workloads that every round samples beside the cases."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from functools import cache, partial

from assay.measure.subject import Operation, Subject

LOOP = 20_000
COPY_BYTES = 8 << 20
STREAM_BYTES = 64 << 20
GEMM_WIDTHS = (384, 768)
HALVES = ("bf16", "f16")
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
    """What torch can do for rows of one dtype on one device, which move so many bytes; 0 where that is not known."""

    def __init__(self, dtype: str, device: str, moved: int = 0) -> None:
        self.dtype, self.device, self.moved = dtype, device, moved

    def operations(self) -> tuple[Operation, ...]:
        """Return `gemm`, `stream` and `own-copy`; none without torch.

        `gemm` is the fastest square product that rows of the dtype could use. `stream` copies what no cache holds:
        64 MiB on a CPU, read and written. `own-copy` reads and writes as many bytes together as a row moves, or as
        `stream` does where that is less.
        """
        if importlib.util.find_spec("torch") is None:
            return ()
        import torch

        from assay.measure.gpu_timer import most_iterations, on_gpu, reader

        size = DEVICE_STREAM_BYTES if on_gpu(self.device) else STREAM_BYTES
        dtype, width = (self.dtype, DEVICE_GEMM_WIDTH) if on_gpu(self.device) else fastest_product(self.dtype)
        calls = [
            ("gemm", _product(dtype, width, self.device), 2 * width**3),
            ("stream", _copy(size, self.device), 2 * size),
        ]
        if self.moved:
            own = min(size, max(1, self.moved // 2))
            calls.append(("own-copy", _copy(own, self.device), 2 * own))
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


@cache
def fastest_product(dtype: str) -> tuple[str, int]:
    """Return the dtype and the width of the fastest square product on a CPU that rows of a dtype could use.

    Half precision may be computed in float32, or in the other half where that is faster: many CPUs have only one of
    them natively, or none. Each is timed shortly.
    """
    from assay.measure.timer import read, typical_seconds

    def seconds(kind: str, width: int) -> float:
        product = _product(kind, width, "cpu")
        return typical_seconds(lambda iterations: read(product, iterations)[0]) / width**3

    kinds = dict.fromkeys((dtype, "f32", *HALVES)) if dtype in HALVES else (dtype,)
    fastest = min(kinds, key=lambda kind: seconds(kind, GEMM_WIDTHS[0]))
    return fastest, min(GEMM_WIDTHS, key=lambda width: seconds(fastest, width))


def _product(dtype: str, width: int, device: str) -> Callable[[], object]:
    import torch

    from assay.attention.inputs import DTYPES

    # Random numbers: a GPU multiplies equal ones faster, since fewer bits change and it stays cooler.
    left, right, product = (torch.randn(width, width, dtype=DTYPES[dtype], device=device) for _ in range(3))
    return partial(torch.mm, left, right, out=product)


def _copy(size: int, device: str) -> Callable[[], object]:
    import torch

    source, target = (torch.zeros(size, dtype=torch.uint8, device=device) for _ in range(2))
    return partial(target.copy_, source)


def _python_loop() -> int:
    total = 0
    for number in range(LOOP):
        total += number & 3
    return total


def _pass(outputs: Sequence[object]) -> None:
    """Probes have no output to check."""
