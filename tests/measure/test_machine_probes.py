"""The probes of torch: which product stands for a dtype, and a copy as large as what a row moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from assay.measure import machine_probes, timer
from assay.measure.machine_probes import STREAM_BYTES, TorchProbes, fastest_product
from assay.records.results import Sample

Product = Callable[[], tuple[str, int]]


@pytest.fixture(autouse=True)
def _chosen_anew() -> Iterator[None]:
    fastest_product.cache_clear()
    yield
    fastest_product.cache_clear()


def rates(monkeypatch: pytest.MonkeyPatch, **rates: float) -> list[tuple[str, int]]:
    """Have each dtype multiply at a rate, at width 768 a tenth faster; note what was tried."""
    tried: list[tuple[str, int]] = []

    def product(dtype: str, width: int, device: str) -> Product:
        return lambda: (dtype, width)

    def read(call: Product, iterations: int) -> tuple[Sample, list[object]]:
        dtype, width = call()
        tried.append((dtype, width))
        nanoseconds = round(width**3 / (rates[dtype] * (1.1 if width == 768 else 1.0)))
        return Sample(iterations=iterations, wall_ns=nanoseconds, cpu_ns=nanoseconds), []

    monkeypatch.setattr(machine_probes, "_product", product)
    monkeypatch.setattr(timer, "read", read)
    monkeypatch.setattr(timer, "typical_seconds", lambda sample: sample(1).wall_ns / 1e9)
    return tried


@pytest.mark.parametrize(
    ("dtype", "f32", "bf16", "f16", "chosen"),
    [
        ("bf16", 1.0, 0.1, 0.1, "f32"),  # as on a CPU without half precision
        ("bf16", 1.0, 2.0, 0.1, "bf16"),
        ("f16", 1.0, 2.0, 0.1, "bf16"),
        ("f32", 1.0, 2.0, 2.0, "f32"),  # half precision is not precise enough
    ],
)
def test_the_product_is_the_fastest_that_rows_could_use(
    monkeypatch: pytest.MonkeyPatch, dtype: str, f32: float, bf16: float, f16: float, chosen: str
) -> None:
    tried = rates(monkeypatch, f32=f32, bf16=bf16, f16=f16)
    assert fastest_product(dtype) == (chosen, 768)
    assert ("bf16" in {kind for kind, _ in tried}) is (dtype != "f32")


@pytest.mark.parametrize(("moved", "copied"), [(786_432, 393_216), (1, 1), (1 << 40, STREAM_BYTES)])
def test_a_copy_reads_and_writes_what_a_row_moves_or_as_much_as_no_cache_holds(
    monkeypatch: pytest.MonkeyPatch, moved: int, copied: int
) -> None:
    monkeypatch.setattr(machine_probes, "fastest_product", lambda dtype: (dtype, 16))
    sizes = []
    monkeypatch.setattr(machine_probes, "_copy", lambda size, device: sizes.append(size) or (lambda: None))
    work = {operation.name: operation.tokens for operation in TorchProbes("f32", "cpu", moved).operations()}
    assert work == {"gemm": 2 * 16**3, "stream": 2 * STREAM_BYTES, "own-copy": 2 * copied}
    assert sizes == [STREAM_BYTES, copied]


def test_they_can_be_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_probes, "fastest_product", lambda dtype: ("f32", 16))
    monkeypatch.setattr(machine_probes, "STREAM_BYTES", 4096)
    for operation in TorchProbes("bf16", "cpu", 1024).operations():
        with operation.context():
            sample, _ = operation.read(operation.call, 2)
        assert sample.iterations == 2
    assert "own-copy" not in {operation.name for operation in TorchProbes("bf16", "cpu").operations()}
