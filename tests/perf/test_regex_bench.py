"""Our word tokenizers beside the tutorial's own code on 10 MB of text, in turn in one process, by CPU time.

Run it by `python -m pytest tests/perf/test_regex_bench.py --benchmark-only -s`, alone on the machine. Speeds are
recorded and not judged; the ratios to the tutorial's code are held to what we promise.
"""

from __future__ import annotations

import gc
import os
import random
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.records.results import Sample
from assay.stats.paired_ratio import paired_ratio

TUTORIAL = Path(__file__).parents[1] / "tutorial_code.py"
CHARACTERS = 10_000_000
ROUNDS = 8  # each of four readings: theirs, ours, ours, theirs
# Times as fast as the tutorial's code. A compiled tokenizer decodes its own ids, an array, faster than a list.
PROMISED = {
    ("regex", "encode"): 2.0,
    ("regex", "decode"): 4.0,
    ("regex-unk", "encode"): 2.0,
    ("regex-unk", "decode"): 4.0,
    ("regex-fast", "encode"): 8.0,
    ("regex-fast", "decode"): 8.0,
    ("regex-fast", "decode a list"): 4.0,
    ("regex-unk-fast", "encode"): 8.0,
    ("regex-unk-fast", "decode"): 8.0,
    ("regex-unk-fast", "decode a list"): 4.0,
}


@pytest.fixture(scope="module")
def host() -> assay.Host:
    return assay.discover([TUTORIAL])


@pytest.fixture(scope="module")
def verdict(host: assay.Host) -> str:
    (document,) = host.one(assay.CorpusPlugin, "the-verdict").documents()
    return document.text


@pytest.fixture(scope="module")
def text(verdict: str) -> str:
    """The Verdict's words, shuffled anew each time round; all of its white space is kept."""
    chance = random.Random(1908)
    words = [word for line in verdict.splitlines(keepends=True) for word in line.split(" ")]
    parts: list[str] = []
    while sum(map(len, parts)) < CHARACTERS:
        chance.shuffle(words)
        parts.append(" ".join(words) + " ")
    return "".join(parts)[:CHARACTERS].rsplit(" ", 1)[0]  # no word is cut


def read(call: Callable[[Any], object], argument: object) -> Sample:
    """Take one reading; what the call gives is freed after the clocks."""
    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    output = call(argument)
    cpu, wall = time.process_time_ns() - cpu, time.perf_counter_ns() - wall
    del output
    return Sample(iterations=1, wall_ns=wall, cpu_ns=cpu)


def both(first: Sample, second: Sample) -> Sample:
    return Sample(iterations=2, wall_ns=first.wall_ns + second.wall_ns, cpu_ns=first.cpu_ns + second.cpu_ns)


def abba(
    theirs: Callable[[Any], object], their_argument: object, ours: Callable[[Any], object], our_argument: object
) -> tuple[list[Sample], list[Sample]]:
    """Read both in turn, in the order theirs, ours, ours, theirs."""
    baseline, candidate = [], []
    gc.collect()
    gc.disable()
    try:
        for _ in range(ROUNDS):
            a, b = read(theirs, their_argument), read(ours, our_argument)
            c, d = read(ours, our_argument), read(theirs, their_argument)
            baseline.append(both(a, d))
            candidate.append(both(b, c))
    finally:
        gc.enable()
    return baseline, candidate


def speed(samples: Sequence[Sample]) -> float:
    """MB of text per second of CPU time."""
    return CHARACTERS / 1e6 / statistics.median(sample.cpu_ns / sample.iterations / 1e9 for sample in samples)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("name", "what"), PROMISED)
def test_times_as_fast_as_the_tutorial(
    benchmark: Any, host: assay.Host, verdict: str, text: str, name: str, what: str
) -> None:
    if name.endswith("-fast"):
        pytest.importorskip("numba", reason='pip install "assay-bench[fast]"')
    ours = host.one(assay.TokenizerPlugin, name).build(verdict)
    theirs = host.one(assay.TokenizerPlugin, "tutorial-unk" if "unk" in name else "tutorial").build(verdict)
    ids, decoded = theirs.encode(text), theirs.decode(theirs.encode(text))
    our_ids = ours.encode(text)
    assert list(our_ids) == ids
    assert ours.decode(our_ids) == ours.decode(ids) == decoded
    operations: dict[str, tuple[Any, Any, Any, Any]] = {
        "encode": (theirs.encode, text, ours.encode, text),
        "decode": (theirs.decode, ids, ours.decode, our_ids),
        "decode a list": (theirs.decode, ids, ours.decode, ids),
    }
    baseline, candidate = benchmark.pedantic(lambda: abba(*operations[what]), rounds=1)
    ratio = paired_ratio(baseline, candidate)  # how often the tutorial's time holds ours
    figures = {
        "times as fast": round(ratio.value, 2),
        "95 % interval": f"{ratio.low:.2f} to {ratio.high:.2f}",
        "promised": PROMISED[name, what],
        "MB/s": round(speed(candidate), 1),
        "MB/s of the tutorial": round(speed(baseline), 1),
        "tokens": len(ids),
        "load": round(os.getloadavg()[0], 2),
    }
    benchmark.extra_info |= figures
    print(f"\n{name}, {what}: " + ", ".join(f"{figure} {value}" for figure, value in figures.items()))
    assert ratio.low >= PROMISED[name, what]
