"""What a table shows of two rows of one group: its speeds and its ratio never contradict each other."""

from __future__ import annotations

import random
import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from assay.measure.throughput import busy, comparison, speeds
from assay.records.results import Manifest, Measurement, Metrics, Outcome, Run, Sample, Status, Timing, TokenizerCase
from assay.report.tables.results import result_tables
from assay.stats.paired_ratio import paired_ratio

TOKENS, SIZE = 5_000, 20_000


def timing(chance: random.Random, seconds: float, contention: float, machine: list[list[float]]) -> Timing:
    """Rounds in epochs, of a row that waits for its core in bursts: wall time is more than CPU time, at random."""
    samples = []
    for epoch, rounds in enumerate(machine):
        for speed in rounds:
            cpu = seconds * 1e9 * speed * chance.lognormvariate(0.0, 0.02)
            waits = contention * chance.expovariate(1.0) if chance.random() < 0.7 else 0.0
            samples.append(Sample(iterations=1, wall_ns=round(cpu * (1 + waits)), cpu_ns=round(cpu), epoch=epoch))
    return Timing(name="encode", samples=tuple(samples))


def row(name: str, own: Timing, baseline: Timing) -> Measurement:
    metrics = speeds(own, "cpu", tokens=TOKENS, size=SIZE)
    metrics |= comparison("encode", paired_ratio(own.samples, baseline.samples), itself=own is baseline)
    case = TokenizerCase(tokenizer=name, corpus="c")
    return Measurement(case=case, status=Status.OK, metrics=metrics | Metrics(busy=busy(metrics)), timings=(own,))


def shown(text: str) -> tuple[float, float]:
    """A figure as a table shows it, and its relative uncertainty."""
    value, _, spread = text.replace("\u00a0", " ").partition(" ")
    return float(value.replace(",", "")), float(re.sub("[^0-9.]", "", spread) or 0.0) / 100


@given(
    seed=st.integers(0, 2**32),
    times=st.tuples(st.floats(1e-3, 3e-3), st.floats(1e-3, 3e-3)),
    contention=st.tuples(st.floats(0.0, 20.0), st.floats(0.0, 20.0)),
    epochs=st.integers(1, 5),
)
def test_shown_speeds_and_ratio_never_contradict_each_other(
    seed: int, times: tuple[float, float], contention: tuple[float, float], epochs: int
) -> None:
    """By wall time they would: one of both may wait for its core far longer than the other."""
    chance = random.Random(seed)
    machine = [[chance.lognormvariate(0.0, 0.1) for _ in range(20)] for _ in range(epochs)]
    first, second = (timing(chance, *of, machine) for of in zip(times, contention, strict=True))
    rows = [row("baseline", first, first), row("other", second, first)]
    (table,) = result_tables(rows)
    baseline, other = (dict(zip(table.columns, cells, strict=True)) for cells in table.rows)
    (slow, slow_doubt), (fast, fast_doubt) = shown(baseline["encode MB/s"]), shown(other["encode MB/s"])
    metrics = rows[1].metrics
    doubt = (1 + slow_doubt) * (1 + fast_doubt) * 1.02  # and what the digits that are shown leave
    assert float(metrics["encode_ratio_low"]) / doubt <= slow / fast <= float(metrics["encode_ratio_high"]) * doubt
    if float(metrics["encode_ratio_low"]) > doubt:
        assert fast < slow
    if float(metrics["encode_ratio_high"]) < 1 / doubt:
        assert fast > slow


def outcome(*rows: Measurement) -> Outcome:
    run = Run(id="r", started="2026-11-29", suite="s/1", command="assay run", environment={})
    counts = Manifest(planned=len(rows), ok=len(rows), failed=0, skipped=0, unsupported=0, missing=0)
    return Outcome(run=run, manifest=counts, measurements=rows, noise=None)


def test_a_busy_run_says_so_once_and_a_quiet_one_does_not() -> None:
    chance = random.Random(1)
    quiet, waiting = (timing(chance, 1e-3, contention, [[1.0] * 20]) for contention in (0.0, 5.0))
    rows = [row("a", quiet, quiet), row("b", waiting, quiet)]
    assert [one.value("busy") for one in rows] == [False, True]
    not_timed = replace(rows[0], status=Status.FAILED, metrics=Metrics(tokens=5), timings=())
    told = "The machine was busy: 1 of 2 rows waited for a core for more than a tenth of their time; speeds and ratios"
    assert outcome(*rows, not_timed).warnings == (f"{told} are by CPU time.",)
    assert outcome(rows[0], not_timed).warnings == ()


def test_a_run_without_the_mark_says_that_its_speeds_are_by_wall_time() -> None:
    older = Measurement(
        case=TokenizerCase(tokenizer="a", corpus="c"),
        status=Status.OK,
        metrics=Metrics(encode_seconds=1.0, encode_samples=10, encode_ratio=1.0),
    )
    (told,) = outcome(older).warnings
    assert told.endswith("its speeds are by wall time, its ratios by CPU time.")
