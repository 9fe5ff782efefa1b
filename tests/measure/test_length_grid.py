"""Texts by length, and time by text."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.environment.cpu_affinity import every_core
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
