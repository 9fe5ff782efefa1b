"""What the other tools say of readings: their own code decides, in their own virtual environment.

`python -m benchmarks.rules FILE` reads trials and writes a decision on each line, in JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks.trials import Readings, Trial, read

PYTEST_BENCHMARK = ("min:5%", "mean:5%", "median:5%")
ASV_FACTORS = (1.1, 1.05)  # the default, and the one that many set
SAVED = ("pytest-benchmark", "pyperf")  # the tools whose baseline is a file, as old as one likes


def pytest_benchmark(baseline: Readings, candidate: Readings) -> dict[str, bool]:
    """Whether `--benchmark-compare-fail` ends the session of the candidate."""
    from pytest_benchmark.utils import parse_compare_fail

    before, now = (_pytest_statistics(side) for side in (baseline, candidate))
    checks = {text: parse_compare_fail(text) for text in PYTEST_BENCHMARK}
    return {f"pytest-benchmark {text}": bool(check.fails(now, before)) for text, check in checks.items()}


def _pytest_statistics(side: Readings) -> dict[str, float]:
    from pytest_benchmark.stats import Stats

    stats = Stats()
    for reading in chain(*side):
        stats.update(reading)
    return {field: getattr(stats, field) for field in ("min", "mean", "median")}


def asv(baseline: Readings, candidate: Readings) -> dict[str, bool]:
    """Whether `asv continuous` marks the candidate `+`, from the samples of all rounds, as it keeps them."""
    from asv.commands.compare import _is_result_better
    from asv_runner.statistics import compute_stats

    sides = []
    for side in (baseline, candidate):
        samples = list(chain(*side))
        result, stats = compute_stats(samples, 1)
        sides.append((result, (stats, samples)))
    (before, kept), (now, taken) = sides
    return {
        f"asv continuous, factor {factor:g}": bool(_is_result_better(before, now, kept, taken, factor))
        for factor in ASV_FACTORS
    }


def pyperf(baseline: Readings, candidate: Readings) -> dict[str, bool]:
    """Whether `pyperf compare_to` says that the candidate is slower, and not that it is not significant."""
    from pyperf import Benchmark, Run
    from pyperf._compare import CompareData, CompareResult

    def benchmark(side: Readings) -> Any:
        metadata = {"name": "work", "unit": "second"}
        return Benchmark([Run(list(values), metadata=metadata, collect_metadata=False) for values in side])

    result = CompareResult(CompareData("baseline", benchmark(baseline)), CompareData("candidate", benchmark(candidate)))
    return {"pyperf compare_to": bool(result.significant and result.norm_mean > 1)}


def decisions(trials: Sequence[Trial]) -> Iterator[dict[str, Any]]:
    """Every decision that follows from the trials (in the order of time), as the fields of `rates.Decision`."""
    for trial in trials:
        for (_, baseline), (level, candidate) in pairwise(_sides(trial)):
            yield from _said(trial, level, baseline, candidate, "")
    for tool, seconds in dict.fromkeys((trial.tool, trial.seconds) for trial in trials):
        own = [trial for trial in trials if (trial.tool, trial.seconds) == (tool, seconds)]
        if tool in SAVED:
            for earlier, trial in pairwise(own):
                for level, candidate in _sides(trial):
                    yield from _said(trial, level, earlier.sides[0], candidate, ", saved earlier")


def _sides(trial: Trial) -> Iterator[tuple[int, Readings]]:
    return zip((0, 0, trial.level), trial.sides, strict=True)


def _said(trial: Trial, level: int, baseline: Readings, candidate: Readings, how: str) -> Iterator[dict[str, Any]]:
    for rule, slower in RULES[trial.tool](baseline, candidate).items():
        yield {"rule": f"{rule}{how}", "seconds": trial.seconds, "level": level, "slower": slower}


RULES: Mapping[str, Callable[[Readings, Readings], dict[str, bool]]] = MappingProxyType(
    {"pytest-benchmark": pytest_benchmark, "asv": asv, "pyperf": pyperf}
)

if __name__ == "__main__":
    for decision in decisions(read(Path(sys.argv[1]))):
        print(json.dumps(decision))
