"""Reading time on a device: the host's clocks for a CPU, events for a GPU."""

from __future__ import annotations

import time
from functools import partial

import pytest
import torch

from assay import clock
from assay.measure.device import read_cuda, reader

on_a_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device on this machine")


def test_a_cpu_is_read_by_the_hosts_clocks() -> None:
    assert reader("cpu") is clock.read


@pytest.mark.parametrize("device", ["cuda", "cuda:0", "cuda:3"])
def test_a_gpu_is_read_by_its_events(device: str) -> None:
    read = reader(device)
    assert isinstance(read, partial)
    assert (read.func, read.args) == (read_cuda, (device,))


@on_a_gpu
class TestCuda:
    def test_the_last_output_is_kept_and_every_call_is_made(self) -> None:
        calls = iter(range(100))
        sample, outputs = read_cuda("cuda", lambda: next(calls), 7)
        assert (sample.loops, outputs, next(calls)) == (7, [6], 7)
        assert sample.wall_ns == sample.cpu_ns > 0

    def test_work_that_goes_on_after_the_call_is_counted(self) -> None:
        """A product returns at once; the device is busy for as long as the host waits for it."""
        left = torch.randn(4096, 4096, device="cuda")
        torch.mm(left, left)
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(20):
            torch.mm(left, left)
        torch.cuda.synchronize()
        waited = (time.perf_counter() - start) * 1e9
        sample, _ = read_cuda("cuda", lambda: torch.mm(left, left), 20)
        assert 0.5 * waited < sample.wall_ns < 2.0 * waited

    def test_work_before_it_is_not(self) -> None:
        left = torch.randn(8192, 8192, device="cuda")
        torch.mm(left, left)
        alone, _ = read_cuda("cuda", lambda: None, 1)
        for _ in range(20):
            torch.mm(left, left)
        after, _ = read_cuda("cuda", lambda: None, 1)
        product, _ = read_cuda("cuda", lambda: torch.mm(left, left), 1)
        assert max(alone.wall_ns, after.wall_ns) < product.wall_ns / 2

    def test_twice_the_work_takes_twice_the_time(self) -> None:
        left = torch.randn(4096, 4096, device="cuda")
        read_cuda("cuda", lambda: torch.mm(left, left), 5)
        once, twice = (read_cuda("cuda", lambda: torch.mm(left, left), loops)[0].wall_ns for loops in (20, 40))
        assert twice / once == pytest.approx(2.0, rel=0.3)
