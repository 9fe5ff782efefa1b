"""Memory that grows with each call."""

from __future__ import annotations

import pytest

from assay.measure import call_growth as module
from assay.measure.call_growth import MOST, WARM_UP, call_growth


def test_what_is_kept_of_each_call_is_measured() -> None:
    kept: list[bytearray] = []
    grown = call_growth(lambda: kept.append(bytearray(b"x") * 1_000_000))
    assert grown is not None
    assert 500_000 < grown < 1_200_000  # the least of two series, while other tests of this process free memory


@pytest.mark.parametrize("idle", [0, 5_000_000, 20_000_000])
def test_memory_that_was_left_over_hides_nothing(idle: int, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(module, "resident_bytes", lambda: 100_000_000 + max(0, 50_000 * len(calls) - idle))
    assert call_growth(lambda: calls.append(1)) == pytest.approx(50_000)


def test_what_is_dropped_or_kept_once_does_not_count() -> None:
    kept: dict[int, bytearray] = {}

    def call() -> None:
        kept.setdefault(0, bytearray(b"x") * 4_000_000)
        bytearray(b"x") * 100_000  # type: ignore[unused-ignore]

    grown = call_growth(call)
    assert grown is not None
    assert grown < 4_096


def test_cycles_that_are_collected_do_not_count() -> None:
    def call() -> None:
        cycle: list[object] = [bytearray(b"x") * 20_000]
        cycle.append(cycle)

    grown = call_growth(call)
    assert grown is not None
    assert grown < 4_096


def test_a_call_that_raises_has_no_growth() -> None:
    calls: list[int] = []

    def call() -> None:
        calls.append(1)
        if len(calls) > WARM_UP:
            raise ValueError("enough")

    assert call_growth(call) is None
    assert len(calls) < MOST
