"""Memory that grows with each call."""

from __future__ import annotations

import subprocess
import sys

import pytest

from assay.measure import call_growth as module
from assay.measure.call_growth import MOST, WARM_UP, call_growth

KEEPS = """
from assay.measure.call_growth import call_growth
kept = []
print(call_growth(lambda: kept.append(bytearray(b"x") * 1_000_000)))
"""


def test_what_is_kept_of_each_call_is_measured() -> None:
    """In a process of its own, since what other tests have freed would be taken first."""
    ran = subprocess.run([sys.executable, "-c", KEEPS], capture_output=True, text=True, check=True)
    assert float(ran.stdout) == pytest.approx(1_000_000, rel=0.2)


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
