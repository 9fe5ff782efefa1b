"""What the machine can do at this moment: fixed pieces of work that every round samples beside the cases."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

from assay.measure.subject import Operation
from assay.records import Metric

LOOP = 20_000
COPY_BYTES = 8 << 20
GEMM_WIDTH = 384
GEMM_FLOP = 2 * GEMM_WIDTH**3


class AnchorSubject:
    """A pure-Python loop, a copy of 8 MiB and, where torch is installed and wanted, a 384³ product in float32."""

    def __init__(self, *, gemm: bool) -> None:
        self._gemm = gemm and importlib.util.find_spec("torch") is not None

    def predict(self) -> tuple[Metric, ...]:
        """Anchors are small: there is nothing to predict."""
        return ()

    def check(self) -> tuple[Metric, ...]:
        """Anchors have no output to check."""
        return ()

    def operations(self) -> tuple[Operation, ...]:
        """Give the anchors; tokens are what one call handles: steps of the loop, bytes, FLOP."""
        source = bytearray(COPY_BYTES)
        operations = [
            Operation(name="python", call=_python_loop, audit=_pass, tokens=LOOP),
            Operation(name="copy", call=lambda: bytearray(source), audit=_pass, tokens=COPY_BYTES, size=COPY_BYTES),
        ]
        if self._gemm:
            import torch

            left, right = torch.ones(GEMM_WIDTH, GEMM_WIDTH), torch.ones(GEMM_WIDTH, GEMM_WIDTH)
            product = torch.empty(GEMM_WIDTH, GEMM_WIDTH)
            operations.append(
                Operation(
                    name="gemm",
                    call=lambda: torch.mm(left, right, out=product),
                    audit=_pass,
                    tokens=GEMM_FLOP,
                    context=torch.inference_mode,
                )
            )
        return tuple(operations)

    def memory(self) -> tuple[Metric, ...]:
        """Anchors are small."""
        return ()

    def recheck(self) -> None:
        """Anchors have no output to check."""


def _python_loop() -> int:
    total = 0
    for number in range(LOOP):
        total += number & 3
    return total


def _pass(outputs: Sequence[object]) -> None:
    """Anchors have no output to check."""
