"""The engine measured: what it finds between equals, what it costs, how soon it begins.

Run it by `python -m pytest tests/perf --benchmark-only -s`, alone on the machine. Speeds are recorded and not judged;
ratios within one run are held to what the engine promises. `--benchmark-json FILE` keeps the figures.
"""

from __future__ import annotations

import itertools
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.environment.cpu_affinity import pinned
from assay.execute.group import SAMPLE_NS, run_group
from assay.execute.rounds import FEWEST, sample_rounds
from assay.execute.timed_operation import TimedOperation, calibrate
from assay.execute.worker.process import Worker
from assay.execute.worker.requests import Load, Verify
from assay.execute.worker_pool import WorkerPool
from assay.measure.bench import Bench
from assay.records.results import Status, TokenizerCase
from assay.records.settings import Settings
from assay.stats.noise_floor import PROBE

CORPUS = "the-verdict"
BUSY = 2
REPETITIONS = 20
EPOCHS = 6
PAIRS = EPOCHS * FEWEST
MEDIAN_PROMISED, WORST_PROMISED = 0.01, 0.025
ROUNDS = 400
OVERHEAD_PROMISED = 0.03
SPENT = 1e-3  # a budget that is spent at once: each epoch makes the fewest rounds

PLUGIN = """
import assay
from assay_regex.tokenizer import RegexTokenizer

@assay.hookimpl
def assay_tokenizers():
    for name in {names}:
        yield assay.TokenizerPlugin(name=name, summary=name, build=RegexTokenizer, lossless=False)
"""


class Enough(Exception):
    """The first sample is about to be taken."""


@pytest.fixture
def alike(tmp_path: Path) -> Callable[[int], tuple[str, tuple[TokenizerCase, ...]]]:
    """The same tokenizer under so many names: the file of the plugin, and a case for each."""

    def make(count: int) -> tuple[str, tuple[TokenizerCase, ...]]:
        names = [f"same-{number}" for number in range(count)]
        file = tmp_path / "alike.py"
        file.write_text(PLUGIN.format(names=names), encoding="utf-8")
        return str(file), tuple(TokenizerCase(tokenizer=name, corpus=CORPUS) for name in names)

    return make


@pytest.fixture
def busy() -> Iterator[None]:
    """Other processes that want all that they can get."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(BUSY)]
    yield
    for other in others:
        other.kill()
        other.wait()


def report(benchmark: Any, title: str, figures: dict[str, Any]) -> None:
    """Keep the figures with the benchmark, and print them."""
    figures = {**figures, "load": round(os.getloadavg()[0], 2)}
    benchmark.extra_info |= figures
    print(f"\n{title}")
    for name, value in figures.items():
        print(f"  {name:34} {value:.2%}" if isinstance(value, float) and name != "load" else f"  {name:34} {value}")


def distances(title: str, ratios: Sequence[float]) -> dict[str, float]:
    off = [abs(ratio - 1.0) for ratio in ratios]
    return {f"{title} median": statistics.median(off), f"{title} worst": max(off)}


def ready(pool: WorkerPool, case: TokenizerCase) -> tuple[Worker, TimedOperation]:
    """A worker that has loaded and checked a case, and its first operation, calibrated."""
    worker = pool.worker(case)
    assert worker.ask(Load(setup=pool.setup, case=case)).refusal is None
    answer = worker.ask(Verify())
    assert answer.value is not None, answer
    first = answer.value.operations[0]
    operation = TimedOperation(**asdict(first), ask=lambda request: worker.ask(request).value, is_alive=lambda: True)
    calibrate([(operation, operation)], SAMPLE_NS)
    return worker, operation


# --- between equals


def interleaved(plugin: str, cases: Sequence[TokenizerCase], seed: int) -> dict[str, float]:
    """What the engine reports of two names of the same code, and how it sampled them."""
    settings = Settings(plugins=(plugin,), epochs=EPOCHS, precision=0.0, seed=seed, baselines=(cases[0].tokenizer,))
    with WorkerPool(assay.discover(settings.plugins), settings) as pool:
        result = run_group(cases[0].group, cases, pool, SPENT)
    other = result.measurements[1]
    assert other.status is Status.OK, other
    assert {timing.name: len(timing.samples) for timing in other.timings} == {"encode": PAIRS, "decode": PAIRS}
    ours, theirs = (row.timings[0].samples for row in result.measurements)
    return {
        **{name: float(value) for name, value in other.metrics.items() if "_ratio" in name},
        "same iterations": ours[0].iterations == theirs[0].iterations,
        "CPU ms": statistics.median(sample.cpu_ns for sample in (*ours, *theirs)) / 1e6,
    }


def one_after_the_other(plugin: str, cases: Sequence[TokenizerCase], seed: int) -> tuple[float, float]:
    """What a loop over one and then the other finds by wall time: the ratio of the means, and of the medians."""
    settings = Settings(plugins=(plugin,), seed=seed)
    walls: list[list[float]] = []
    with WorkerPool(assay.discover(settings.plugins), settings) as pool:
        for case in cases:
            operation = ready(pool, case)[1]
            for _ in range(PAIRS):
                operation.begin()
                operation.end()
            walls.append([sample.wall_ns / sample.iterations for sample in operation.samples])
    first, second = walls
    return statistics.fmean(second) / statistics.fmean(first), statistics.median(second) / statistics.median(first)


@pytest.mark.timeout(3600)
def test_identical_code_is_found_equal(benchmark: Any, alike: Callable[..., Any], busy: None) -> None:
    """60 pairs beside two busy processes, 20 times; in turn with a sequential loop of as many samples."""
    plugin, cases = alike(2)
    ours: list[dict[str, float]] = []
    sequential: list[tuple[float, float]] = []
    benchmark.pedantic(
        lambda: ours.append(interleaved(plugin, cases, len(ours))),
        setup=lambda: sequential.append(one_after_the_other(plugin, cases, len(sequential))),
        rounds=REPETITIONS,
    )
    covered = [found["encode_ratio_low"] <= 1.0 <= found["encode_ratio_high"] for found in ours]
    figures = {
        **distances("encode_ratio", [found["encode_ratio"] for found in ours]),
        "encode_ratio within its interval": statistics.fmean(covered),
        "encode with equal iterations": statistics.fmean(found["same iterations"] for found in ours),
        "encode sample, CPU ms, median": f"{statistics.median(found['CPU ms'] for found in ours):.2f}",
        **distances("decode_ratio", [found["decode_ratio"] for found in ours]),
        **distances("sequential means", [means for means, _ in sequential]),
        **distances("sequential medians", [medians for _, medians in sequential]),
    }
    benchmark.extra_info["ours"], benchmark.extra_info["sequential"] = ours, sequential
    report(benchmark, f"A/A: {REPETITIONS} times {PAIRS} pairs beside {BUSY} busy processes, |ratio - 1|", figures)
    assert len(ours) == len(sequential) == REPETITIONS
    assert figures["encode_ratio median"] <= MEDIAN_PROMISED
    assert figures["encode_ratio worst"] <= WORST_PROMISED
    assert figures["decode_ratio median"] <= MEDIAN_PROMISED
    assert figures["decode_ratio worst"] <= WORST_PROMISED


# --- what it costs


@pytest.mark.parametrize(("what", "promised"), [("probe", OVERHEAD_PROMISED), ("gpt2", None), ("regex-unk", None)])
def test_little_time_passes_outside_the_measured_calls(benchmark: Any, what: str, promised: float | None) -> None:
    """Samples of two readings of about 5 ms taken in rounds: the host's wall time beside that of the samples.

    The probe's calls give one number, so that what passes outside is the engine's own; those of a tokenizer
    give lists of ids, each of which is looked at and freed after the clock is read.
    """
    settings = Settings()
    with WorkerPool(assay.discover(), settings) as pool:
        if what == "probe":
            operation = pool.probes()[PROBE]
            calibrate([(operation, operation)], SAMPLE_NS)
            operation.judged = True
        else:
            operation = ready(pool, TokenizerCase(tokenizer=what, corpus=CORPUS))[1]
        moments: list[float] = []

        def tick(done: int, left: float) -> None:
            moments.append(time.perf_counter())
            if done == ROUNDS:
                raise Enough

        def sample() -> tuple[float, float]:
            operation.samples.clear()
            moments[:] = [time.perf_counter()]
            cpu = time.process_time()
            with pytest.raises(Enough), pinned(pool.core):
                sample_rounds([operation], [operation], budget_s=60.0, wanted=0.0, seed=1, tick=tick)
            return time.process_time() - cpu, moments[-1] - moments[0]

        host_s, wall_s = benchmark.pedantic(sample, rounds=1)
    assert len(operation.samples) == ROUNDS
    inside = [taken.wall_ns / 1e9 for taken in operation.samples]
    readings = operation.samples[0].iterations // operation.iterations
    rounds = [after - before for before, after in itertools.pairwise(moments)]
    figures = {
        "iterations": operation.iterations,
        "reading, median ms": f"{statistics.median(inside) / readings * 1e3:.2f}",
        "outside, median of the rounds, us": f"{statistics.median(map(_difference, rounds, inside)) * 1e6:.0f}",
        "outside / sample, median": statistics.median(map(_difference, rounds, inside)) / statistics.median(inside),
        "outside / sample, all": wall_s / sum(inside) - 1.0,
        "CPU time of the host / wall": host_s / wall_s,
    }
    report(benchmark, f"overhead: {ROUNDS} samples of {what}", figures)
    assert statistics.median(inside) / readings * 1e9 > 0.5 * SAMPLE_NS
    if promised is not None:
        assert figures["outside / sample, median"] <= promised
        assert figures["CPU time of the host / wall"] <= promised


def _difference(whole: float, part: float) -> float:
    return whole - part


# --- how soon it begins


def without_isolation(plugin: str, cases: Sequence[TokenizerCase]) -> float:
    """How long the same steps take in this process, up to the first sample."""
    start = time.perf_counter()
    bench = Bench(assay.discover([plugin]))
    for case in cases:
        bench.load(case)
        bench.predict()
        bench.check()
        for operation in bench.operations():
            bench.calibrate(operation.name, SAMPLE_NS)
    return time.perf_counter() - start


@pytest.mark.parametrize("count", [1, 10])
def test_time_to_the_first_sample(
    benchmark: Any, alike: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    plugin, cases = alike(count)

    def stop(operation: TimedOperation) -> None:
        raise Enough

    def begin() -> None:
        settings = Settings(plugins=(plugin,))
        with pytest.raises(Enough), WorkerPool(assay.discover(settings.plugins), settings) as pool:
            run_group(cases[0].group, cases, pool, 1.0)

    monkeypatch.setattr(TimedOperation, "begin", stop)
    alone = [without_isolation(plugin, cases) for _ in range(3)]
    benchmark.pedantic(begin, rounds=3)
    isolated = benchmark.stats.stats.median
    figures = {
        "to the first sample, s": f"{isolated:.2f}",
        "the same steps in one process, s": f"{statistics.median(alone):.2f}",
        "isolation, s a plugin": f"{(isolated - statistics.median(alone)) / count:.2f}",
    }
    report(benchmark, f"start: {count} plugin(s), median of 3", figures)
