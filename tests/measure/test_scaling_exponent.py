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
    monkeypatch.setattr(measured, "process_time", clock.process_time)
    figures = dict(growth(clock.encode, LADDER[::-1]))
    assert figures["growth_exponent"] == pytest.approx(exponent)
    assert figures["growth_exponent_low"] == pytest.approx(exponent, abs=1e-6)  # without noise
    assert figures["growth_exponent_high"] == pytest.approx(exponent, abs=1e-6)
    assert figures["growth_characters"] == 64_000
    assert min(clock.asked) == 4000


def test_nothing_longer_than_what_takes_a_second_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(2.0, 1.1 / 16_000**2)
    monkeypatch.setattr(measured, "process_time", clock.process_time)
    figures = dict(growth(clock.encode, LADDER))
    assert figures["growth_exponent"] == pytest.approx(2.0)
    assert figures["growth_characters"] == 16_000
    assert clock.asked == [4000] * 3 + [8000] * 3 + [16_000]


@pytest.mark.parametrize("ladder", [(), ("a" * 9000,), ("a" * 9000, "b" * 9000), ("short", "shorter")])
def test_one_length_has_no_exponent(ladder: tuple[str, ...]) -> None:
    assert growth(len, ladder) == {}


@pytest.mark.long
def test_a_quadratic_encoder_for_real() -> None:
    def encode(text: str) -> int:
        return sum(text[:place].count("b") for place in range(0, len(text), 8))

    found = dict(growth(encode, LADDER))
    assert 1.3 < float(found["growth_exponent"]) < 2.6  # beyond the caches more than quadratic


class Script:
    """CPU time that moves by what is told, call by call."""

    def __init__(self, *seconds: float) -> None:
        self.seconds, self.now, self.asked = iter(seconds), 100.0, list[int]()

    def encode(self, text: str) -> None:
        self.asked.append(len(text))
        self.now += next(self.seconds)

    def process_time(self) -> float:
        return self.now


def told(monkeypatch: pytest.MonkeyPatch, lengths: tuple[int, ...], *seconds: float) -> tuple[dict[str, float], Script]:
    script = Script(*seconds)
    monkeypatch.setattr(measured, "process_time", script.process_time)
    found = growth(script.encode, ["a" * length for length in lengths])
    return {name: float(value) for name, value in found.items()}, script


def test_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """The medians 0.1, 0.1 and 0.4 of lengths that double: over two doublings fourfold, so an exponent of 1."""
    times = (0.1, 0.9, 0.05, 0.1, 0.1, 0.7, 0.3, 0.4, 0.6)
    found, script = told(monkeypatch, (16_000, 4_000, 8_000), *times)
    assert found == {
        "growth_exponent": pytest.approx(1.0),
        "growth_exponent_low": pytest.approx(1.0 - 12.7062 / 3**0.5, rel=1e-4),  # Student's t, one degree of freedom
        "growth_exponent_high": pytest.approx(1.0 + 12.7062 / 3**0.5, rel=1e-4),
        "growth_characters": 16_000,
        "growth_seconds": pytest.approx(0.4),
    }
    assert script.asked == [4_000] * 3 + [8_000] * 3 + [16_000] * 3


def test_a_text_of_4000_characters_is_long_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    found, script = told(monkeypatch, (3_999, 4_000, 8_000), *(0.1, 0.1, 0.1, 0.4, 0.4, 0.4))
    assert found["growth_exponent"] == pytest.approx(2.0)
    assert script.asked == [4_000] * 3 + [8_000] * 3
    assert told(monkeypatch, (3_999, 8_000), 0.1, 0.1, 0.1)[0] == {}


def test_a_second_is_not_too_long_and_more_is(monkeypatch: pytest.MonkeyPatch) -> None:
    found, script = told(monkeypatch, (4_000, 8_000, 16_000), *(1.0,) * 3, 2.0)
    assert script.asked == [4_000] * 3 + [8_000]
    assert (found["growth_characters"], found["growth_seconds"]) == (8_000, 2.0)


def test_only_the_first_of_three_ends_them_early(monkeypatch: pytest.MonkeyPatch) -> None:
    found, script = told(monkeypatch, (4_000, 8_000, 16_000), *(0.5, 3.0, 0.5), *(0.5, 3.0, 4.0))
    assert script.asked == [4_000] * 3 + [8_000] * 3
    assert found["growth_seconds"] == pytest.approx(3.0)


def test_a_clock_that_saw_nothing_has_seen_a_nanosecond(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = told(monkeypatch, (4_000, 8_000), *(0.0,) * 6)
    assert found == {"growth_exponent": 0.0, "growth_characters": 8_000, "growth_seconds": 1e-9}
