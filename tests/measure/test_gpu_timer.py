"""A device as a worker sees it: the host's clocks for a CPU, events for a GPU; what memory there is."""

from __future__ import annotations

import resource
import time
from functools import partial

import pytest
import torch

from assay.measure import gpu_timer as devices
from assay.measure import timer as clock
from assay.measure.gpu_timer import (
    MOST_ITERATIONS,
    launch_seconds,
    most_iterations,
    on_gpu,
    read_cuda,
    reader,
    release_idle_memory,
    room,
    wait,
    wake,
)
from assay.measure.memory import peak_device_bytes

GIB = 1 << 30
on_a_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device on this machine")


def test_a_cpu_is_read_by_the_hosts_clocks() -> None:
    assert reader("cpu") is clock.read
    assert reader("cpu", from_idle=True) is clock.read
    assert most_iterations("cpu") == clock.MOST_ITERATIONS
    assert not on_gpu("cpu")


@pytest.mark.parametrize("device", ["cuda", "cuda:0", "cuda:3"])
def test_a_gpu_is_read_by_its_events(device: str) -> None:
    read = reader(device)
    assert isinstance(read, partial)
    assert (read.func, read.args, read.keywords) == (read_cuda, (device,), {"from_idle": False})
    assert most_iterations(device) == MOST_ITERATIONS
    assert on_gpu(device)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What torch's part for GPUs is asked for, on a machine that need not have one."""
    calls: list[object] = []
    for name in ("synchronize", "empty_cache"):
        monkeypatch.setattr(torch.cuda, name, lambda *arguments, name=name: calls.append((name, *arguments)))
    return calls


def test_a_cpu_has_done_what_it_was_told_and_gives_nothing_back(
    monkeypatch: pytest.MonkeyPatch, asked: list[object]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 9)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 0)
    wake("cpu")
    wait("cpu")
    release_idle_memory()
    assert asked == []
    wait("cuda:1")
    assert asked == [("synchronize", "cuda:1")]


@pytest.mark.parametrize(("most", "emptied"), [(0, 2), (6, 2), (7, 1), (8, 1), (9, 0)])
def test_idle_memory_beyond_what_may_be_kept_is_given_back(
    monkeypatch: pytest.MonkeyPatch, asked: list[object], most: int, emptied: int
) -> None:
    """Of two GPUs one has 7 idle bytes, the other 9."""
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: (10, 20)[device])
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: (3, 11)[device])
    release_idle_memory(most)
    assert asked == [("empty_cache",)] * emptied


def test_the_room_on_a_cpu_is_the_limit_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, wanted in ((123, 123), (resource.RLIM_INFINITY, None)):
        monkeypatch.setattr(resource, "getrlimit", lambda which, limit=limit: (limit, limit))
        assert room("cpu") == wanted


@on_a_gpu
class TestCuda:
    def test_the_last_output_is_kept_and_every_call_is_made(self) -> None:
        """And one before them, which is not timed."""
        calls = iter(range(100))
        sample, outputs = read_cuda("cuda", lambda: next(calls), 7)
        assert (sample.iterations, outputs, next(calls)) == (7, [7], 8)
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
        once, twice = (
            read_cuda("cuda", lambda: torch.mm(left, left), iterations)[0].wall_ns for iterations in (20, 40)
        )
        assert twice / once == pytest.approx(2.0, rel=0.3)

    def test_each_call_finds_the_cache_cold(self) -> None:
        """Of two sums over 16 MiB, which any L2 cache of today holds, the second finds it warm and takes less."""
        x = torch.randn(4 << 20, device="cuda")
        once, twice = (
            min(read_cuda("cuda", call, 50)[0].wall_ns for _ in range(5))
            for call in (x.sum, lambda: (x.sum(), x.sum()))
        )
        assert twice < 1.9 * once

    def test_from_idle_all_that_the_host_does_counts(self) -> None:
        sample, _ = read_cuda("cuda", lambda: time.sleep(2e-3), 5, from_idle=True)
        assert 10e6 <= sample.wall_ns < 20e6

    def test_idle_memory_is_given_back_and_what_lives_is_kept(self) -> None:
        kept = torch.ones(1 << 20, device="cuda")
        release_idle_memory()
        before = torch.cuda.memory_reserved()
        torch.empty(2 * GIB, dtype=torch.uint8, device="cuda")
        release_idle_memory(4 * GIB)
        assert torch.cuda.memory_reserved() >= before + 2 * GIB
        release_idle_memory(GIB)
        assert torch.cuda.memory_reserved() == before
        assert bool((kept == 1).all())

    def test_a_reading_leaves_no_more_than_a_bound(self) -> None:
        """What a call takes and lets go; its output is the reader's."""
        read_cuda("cuda", lambda: torch.zeros(2 * GIB, dtype=torch.uint8, device="cuda")[:1].clone(), 3)
        assert torch.cuda.memory_reserved() - torch.cuda.memory_allocated() <= devices.IDLE_BYTES

    def test_the_room_is_what_is_free(self) -> None:
        release_idle_memory()
        before = room("cuda")
        held = torch.empty(GIB, dtype=torch.uint8, device="cuda")
        after = room("cuda")
        assert before is not None
        assert after is not None
        assert before - after == pytest.approx(held.nbytes, rel=0.05)

    def test_memory_is_counted_exactly(self) -> None:
        assert peak_device_bytes(lambda: torch.ones(1 << 20, device="cuda") + 1, "cuda") == 8 << 20

    def test_what_the_host_does_meanwhile_is_hidden_and_told_apart(self) -> None:
        """The host takes 0.1 ms over a call, and the device writes for longer before it."""
        x = torch.ones(1, device="cuda")

        def call() -> torch.Tensor:
            time.sleep(1e-4)
            return x + 1

        sample, _ = read_cuda("cuda", call, 20)
        assert sample.wall_ns / 20 < 50e3
        assert launch_seconds("cuda", call) >= 1e-4

    def test_launching_does_not_wait_for_the_device(self) -> None:
        left = torch.randn(8192, 8192, device="cuda")
        torch.mm(left, left)
        sample, _ = read_cuda("cuda", lambda: torch.mm(left, left), 3)
        assert launch_seconds("cuda", lambda: torch.mm(left, left)) < sample.wall_ns / 3e9 / 10

    def test_waiting_waits(self) -> None:
        left = torch.randn(8192, 8192, device="cuda")
        for _ in range(10):
            torch.mm(left, left)
        wait("cuda")
        assert torch.cuda.current_stream().query()
