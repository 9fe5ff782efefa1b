"""Reading memory: torch's allocations to the byte; pages to 4 MiB, since the kernel counts them core by core."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from assay.measure import memory
from assay.measure.memory import peak_resident_bytes, peak_torch_bytes, resident_bytes
from assay.measure.timer import uncollected

N = 10_000
BYTES = 4 * N
MIB = 1 << 20


@pytest.fixture(scope="module", autouse=True)
def _as_in_a_worker() -> Iterator[None]:
    """One thread, and no tensor of an earlier test is collected while memory is watched."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with uncollected():
        yield
    torch.set_num_threads(before)


def chain(x: torch.Tensor) -> torch.Tensor:
    """Three results in turn; while each is made, the one before still lives."""
    for _ in range(3):
        x = torch.add(x, x)
    return x


def tower(x: torch.Tensor) -> list[torch.Tensor]:
    """Three results that all live to the end."""
    return [torch.add(x, x) for _ in range(3)]


def joined(x: torch.Tensor) -> torch.Tensor:
    """Two parts and the whole, which is as large as both."""
    return torch.cat([torch.neg(x), torch.neg(x)])


def widened(x: torch.Tensor) -> torch.Tensor:
    """Twice as many bytes an element, and then one byte an element."""
    return torch.signbit(x.double())


def freed_first(x: torch.Tensor) -> torch.Tensor:
    """A large one that is gone before a small one is made."""
    large = torch.cat([x, x, x])
    del large
    return torch.neg(x)


CALLS: dict[str, tuple[Callable[[torch.Tensor], object], int]] = {
    "nothing": (lambda x: None, 0),
    "a view": (lambda x: x.view(100, -1).T, 0),
    "in place": (torch.neg_, 0),
    "one": (torch.neg, BYTES),
    "two, one after the other": (lambda x: [torch.neg(x) is None, torch.neg(x) is None], BYTES),
    "a chain": (chain, 2 * BYTES),
    "a tower": (tower, 3 * BYTES),
    "joined": (joined, 4 * BYTES),
    "widened": (widened, 2 * BYTES + N),
    "freed first": (freed_first, 3 * BYTES),
    "a product": (lambda x: x.view(100, 100) @ x.view(100, 100), BYTES),
}


class TestTorch:
    @pytest.mark.parametrize(("call", "expected"), CALLS.values(), ids=CALLS)
    def test_a_known_chain_of_operations_to_the_byte(
        self, call: Callable[[torch.Tensor], object], expected: int
    ) -> None:
        x = torch.ones(N)
        assert [peak_torch_bytes(lambda: call(x)) for _ in range(3)] == [expected] * 3

    def test_under_inference_mode(self) -> None:
        x = torch.ones(N)
        with torch.inference_mode():
            assert peak_torch_bytes(lambda: chain(x)) == 2 * BYTES

    @pytest.mark.parametrize("size", [1, 7, 1000, 123_457])
    def test_any_size(self, size: int) -> None:
        x = torch.ones(size)
        assert peak_torch_bytes(lambda: torch.neg(x)) == 4 * size

    def test_what_was_there_before_does_not_count(self) -> None:
        kept = [torch.ones(N)]

        def replace() -> None:
            kept.clear()
            kept.append(torch.ones(N))

        assert peak_torch_bytes(replace) == BYTES

    def test_an_error_is_passed_on(self) -> None:
        with pytest.raises(ZeroDivisionError):
            peak_torch_bytes(lambda: 1 / 0)
        assert peak_torch_bytes(lambda: torch.ones(N)) == BYTES


def touch(size: int) -> None:
    """Take fresh pages from the kernel, write to each, and give them back."""
    with mmap.mmap(-1, size) as pages:
        for start in range(0, size, mmap.PAGESIZE):
            pages[start] = 1


@pytest.mark.skipif(peak_resident_bytes(lambda: None) is None, reason="there is no /proc/self/clear_refs")
class TestResident:
    @pytest.mark.parametrize("size", [16 * MIB, 64 * MIB])
    def test_what_a_call_touches(self, size: int) -> None:
        peak = peak_resident_bytes(lambda: touch(size))
        assert peak is not None
        assert abs(peak - size) < 4 * MIB

    def test_what_a_call_leaves_alone(self) -> None:
        peak = peak_resident_bytes(lambda: mmap.mmap(-1, 64 * MIB).close())
        assert peak is not None
        assert 0 <= peak < 4 * MIB

    def test_an_earlier_peak_does_not_count(self) -> None:
        touch(64 * MIB)
        peak = peak_resident_bytes(lambda: touch(16 * MIB))
        assert peak is not None
        assert abs(peak - 16 * MIB) < 4 * MIB

    def test_two_after_each_other_are_not_added(self) -> None:
        peak = peak_resident_bytes(lambda: [touch(16 * MIB), touch(32 * MIB)])
        assert peak is not None
        assert abs(peak - 32 * MIB) < 4 * MIB

    def test_what_is_kept_shows_in_the_resident_memory(self) -> None:
        before = resident_bytes()
        pages = mmap.mmap(-1, 32 * MIB)
        pages.write(b"x" * (32 * MIB))
        after = resident_bytes()
        pages.close()
        assert before is not None
        assert after is not None
        assert after - before > 28 * MIB


def test_where_there_is_no_proc_there_is_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "STATUS", tmp_path / "absent" / "status")
    assert resident_bytes() is None
    monkeypatch.setattr(memory, "CLEAR_REFS", tmp_path / "absent" / "clear_refs")
    assert peak_resident_bytes(lambda: None) is None
    assert not (tmp_path / "absent").exists()


def test_a_status_without_the_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "status").write_text("Name:\tpython\nVmRSS:\t    12 kB\n")
    monkeypatch.setattr(memory, "STATUS", tmp_path / "status")
    monkeypatch.setattr(memory, "CLEAR_REFS", tmp_path / "clear_refs")
    assert resident_bytes() == 12 * 1024
    assert peak_resident_bytes(lambda: None) is None
