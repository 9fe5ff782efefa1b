"""Texts by length, and time by text."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.environment.cpu_affinity import every_core
from assay.measure import length_grid
from assay.measure.length_grid import FEWEST, PAGE, SIZE, latency, lengths

TEXTS = st.lists(st.text(alphabet="ab \n\r\x0b\u2028", max_size=60), max_size=6)


@given(TEXTS)
def test_small_texts_are_taken_whole(texts: list[str]) -> None:
    """Whatever is not white space is in exactly one piece of each kind."""
    wanted = sorted(character for text in texts for character in text if not character.isspace())
    for pieces in lengths(texts).values():
        assert sorted(character for piece in pieces for character in piece if not character.isspace()) == wanted
        assert all(piece.strip() for piece in pieces)


def test_what_the_pieces_are() -> None:
    text = "one\ntwo\n\nthree\n\n\nfour"
    found = lengths([text])
    assert set(found["line"]) == {"one\n", "two\n", "three\n", "four"}
    assert set(found["paragraph"]) == {"one\ntwo\n\n", "three\n\n\n", "four"}
    assert found["page"] == (text,)


def test_pages_are_long_and_not_too_long() -> None:
    pages = lengths(["word " * 20 + "\n"] * 1)["page"]
    assert len(pages) == 1
    pages = lengths(["word " * 20 + "\n", ("line of text\n") * 2000])["page"]
    assert all(len(page) <= PAGE for page in pages)
    assert len([page for page in pages if len(page) < PAGE / 2]) <= 2


def test_large_texts_are_drawn_without_replacement() -> None:
    text = "".join(f"line {number}\n" for number in range(50_000))
    lines = lengths([text])["line"]
    assert len(set(lines)) == len(lines)
    assert SIZE <= sum(map(len, lines)) < SIZE + 20
    assert lines != tuple(text.splitlines(keepends=True)[: len(lines)])
    assert lengths([text])["line"] == lines


def test_latency_takes_a_hundred_texts() -> None:
    calls: list[str] = []
    assert latency(calls.append, ["x"] * (FEWEST - 1)) == {}
    found = {name: float(value) for name, value in latency(calls.append, ["x"] * FEWEST).items()}
    assert 0.0 < found["latency_p50_seconds"] <= found["latency_p99_seconds"]
    assert len(calls) == 2 * FEWEST - 1


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system does not pin processes")
def test_every_core_for_a_while() -> None:
    whole = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(whole)})
        with every_core():
            assert os.sched_getaffinity(0) == whole
        assert os.sched_getaffinity(0) == {min(whole)}
    finally:
        os.sched_setaffinity(0, whole)


# --- by hand


def test_the_drawn_order_never_changes() -> None:
    assert "".join(lengths(["a\nb\nc\nd\ne\nf\ng\nh\n"])["line"]).split() == list("dgabfceh")


def test_pieces_are_drawn_until_they_hold_64_kib() -> None:
    """Sixteen lines of 4 KiB are enough; of shorter ones the last goes beyond."""
    text = "".join(f"{number:04d}" + "x" * 4091 + "\n" for number in range(40))
    assert len(lengths([text])["line"]) == 16
    text = "".join(f"{number:04d}" + "x" * 4090 + "\n" for number in range(40))
    assert len(lengths([text])["line"]) == 17


@pytest.mark.parametrize(
    ("lines", "pages"),
    [
        ((1500, 1500), [3000]),
        ((1500, 1501), [1500, 1501]),
        ((1000, 1000, 1000, 2), [3000, 2]),
        ((5000, 10), [5000, 10]),
        ((10, 5000, 10, 20), [10, 5000, 30]),
    ],
)
def test_a_page_has_3000_characters_at_most_or_one_line(lines: tuple[int, ...], pages: list[int]) -> None:
    text = "".join("x" * (length - 1) + "\n" for length in lines)
    assert sorted(map(len, lengths([text])["page"])) == sorted(pages)


def test_blank_pieces_are_left_out() -> None:
    found = lengths(["\n \n", "a\n\n\n\n", " \n\nb"])
    assert set(found["line"]) == {"a\n", "b"}
    assert set(found["paragraph"]) == {"a\n\n\n\n", "b"}
    assert set(found["page"]) == {"a\n\n\n\n", " \n\nb"}


def test_latency_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts that take 1 to 100 seconds in some order, but for 64, and one of 1,000; by CPU time the square of that."""

    class Clock:
        wall = cpu = 1000.0

        def encode(self, text: str) -> None:
            self.wall += len(text)
            self.cpu += len(text) ** 2

        def perf_counter(self) -> float:
            return self.wall

        def process_time(self) -> float:
            return self.cpu

    clock = Clock()
    monkeypatch.setattr(length_grid, "perf_counter", clock.perf_counter)
    monkeypatch.setattr(length_grid, "process_time", clock.process_time)
    found = latency(clock.encode, ["x" * (1 + 37 * number % 100) for number in range(99)] + ["x" * 1000])
    # The 99th percentile lies 99 hundredths of the way from the 99th value, 100, to the 100th.
    assert found == {
        "latency_p50_seconds": pytest.approx((50**2 + 51**2) / 2),
        "latency_p99_seconds": pytest.approx(100**2 + 0.99 * (1000**2 - 100**2)),
        "latency_p50_wall_seconds": 50.5,
        "latency_p99_wall_seconds": pytest.approx(100 + 0.99 * 900),
    }
