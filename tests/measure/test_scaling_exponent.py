"""Exponents of encoders whose growth is known."""

from __future__ import annotations

import pytest

from assay.measure import scaling_exponent as measured
from assay.measure.scaling_exponent import growth

LADDER = tuple("a" * length for length in (1000, 4000, 8000, 16_000, 32_000, 64_000))


class Clock:
    """CPU time that moves when encoding does, by a power of the length."""

    def __init__(self, exponent: float, scale: float) -> None:
        self.exponent, self.scale = exponent, scale
        self.now = 0.0
        self.asked: list[int] = []

    def encode(self, text: str) -> None:
        self.asked.append(len(text))
        self.now += self.scale * len(text) ** self.exponent

    def process_time(self) -> float:
        return self.now


@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.5, 2.0])
def test_a_power_law_is_found(monkeypatch: pytest.MonkeyPatch, exponent: float) -> None:
    clock = Clock(exponent, 1e-10)
    monkeypatch.setattr(measured, "time", clock)
    figures = dict(growth(clock.encode, LADDER[::-1]))
    assert figures["growth_exponent"] == pytest.approx(exponent)
    assert figures["growth_characters"] == 64_000
    assert min(clock.asked) == 4000


def test_nothing_longer_than_what_takes_a_second_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(2.0, 1.1 / 16_000**2)
    monkeypatch.setattr(measured, "time", clock)
    figures = dict(growth(clock.encode, LADDER))
    assert figures["growth_exponent"] == pytest.approx(2.0)
    assert figures["growth_characters"] == 16_000
    assert clock.asked == [4000] * 3 + [8000] * 3 + [16_000]


@pytest.mark.parametrize("ladder", [(), ("a" * 9000,), ("a" * 9000, "b" * 9000), ("short", "shorter")])
def test_one_length_has_no_exponent(ladder: tuple[str, ...]) -> None:
    assert growth(len, ladder) == {}


def test_a_quadratic_encoder_for_real() -> None:
    def encode(text: str) -> int:
        return sum(text[:place].count("b") for place in range(0, len(text), 8))

    found = dict(growth(encode, LADDER))
    assert 1.3 < float(found["growth_exponent"]) < 2.6  # beyond the caches more than quadratic
