from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

import pytest

from benchmarks import peers, rules, trials, venv

STEADY = ((1.0, 1.01, 1.02, 1.03, 1.04),)


def times(factor: float, readings: trials.Readings = STEADY) -> trials.Readings:
    return tuple(tuple(factor * value for value in process) for process in readings)


def noisy(factor: float, seed: int, processes: int = 20, values: int = 3) -> trials.Readings:
    chance = random.Random(seed)
    return tuple(tuple(factor * chance.gauss(1, 0.01) for _ in range(values)) for _ in range(processes))


def trial(tool: str, level: int, started: str, *sides: trials.Readings) -> trials.Trial:
    first, second, third = sides
    return trials.Trial(
        tool=tool,
        level=level,
        seconds=5.0,
        started=started,
        load=1.0,
        timed=7.5,
        wall=12.0,
        sides=(first, second, third),
    )


@pytest.mark.parametrize(("factor", "slower"), [(0.9, False), (1.0, False), (1.04, False), (1.06, True)])
def test_pytest_benchmark_fails_above_five_percent(factor: float, slower: bool) -> None:
    said = rules.pytest_benchmark(STEADY, times(factor))
    assert said == dict.fromkeys(
        ("pytest-benchmark min:5%", "pytest-benchmark mean:5%", "pytest-benchmark median:5%"), slower
    )


def test_pytest_benchmark_looks_at_the_statistic_that_was_asked_for() -> None:
    one_slow = ((1.0, 1.0, 1.0, 1.0, 2.0),)
    assert rules.pytest_benchmark(((1.0,) * 5,), one_slow) == {
        "pytest-benchmark min:5%": False,
        "pytest-benchmark mean:5%": True,
        "pytest-benchmark median:5%": False,
    }


def test_each_side_is_compared_with_the_one_before_it_and_with_the_baseline_saved_earlier() -> None:
    earlier = trial("pytest-benchmark", 3, "2026-01-01T00:00:00+00:00", STEADY, times(2.0), times(2.0))
    later = trial("pytest-benchmark", 10, "2026-01-01T00:01:00+00:00", times(2.0), times(2.0), times(2.2))
    said = [(d["rule"], d["level"], d["slower"]) for d in rules.decisions([earlier, later]) if "min" in d["rule"]]
    rule = "pytest-benchmark min:5%"
    assert said == [
        (rule, 0, True),
        (rule, 3, False),
        (rule, 0, False),
        (rule, 10, True),
        (f"{rule}, saved earlier", 0, True),
        (f"{rule}, saved earlier", 0, True),
        (f"{rule}, saved earlier", 10, True),
    ]


def test_trials_are_written_and_read_again_without_a_line_cut_off(tmp_path: Path) -> None:
    late = trial("asv", 3, "2026-01-01T00:01:00+00:00", STEADY, STEADY, STEADY)
    early = trial("asv", 2, "2026-01-01T00:00:00+00:00", STEADY, STEADY, STEADY)
    file = tmp_path / "trials.jsonl"
    file.write_text(f"{trials.as_line(late)}\n{trials.as_line(early)}\n{trials.as_line(late)[:50]}", "utf-8")
    assert trials.read(file) == [early, late]


def test_notes_say_how_it_was_measured() -> None:
    own = [trial("pytest-benchmark", 3, f"2026-01-01T00:0{m}:00+00:00", STEADY, STEADY, STEADY) for m in (0, 4)]
    assert peers.notes(own) == [
        "2 trials at a load average of 1.0 to 1.0, median 1.0",
        "pytest-benchmark, 5 s: a comparison read 5.0 s and took 8.0 s, on average",
        "pytest-benchmark, 5 s: baselines saved earlier were 4.0 min old",
    ]


@pytest.fixture
def python() -> Path:
    found = venv.interpreter(venv.usual())
    if not found.exists():
        pytest.skip("asv and pyperf are not installed: `python -m benchmarks.peers` does it, in a place of their own")
    return found


def decided(trial: trials.Trial, tmp_path: Path) -> list[tuple[str, int, bool]]:
    file = tmp_path / "trials.jsonl"
    file.write_text(f"{trials.as_line(trial)}\n", "utf-8")
    return [(said.rule, said.level, said.slower) for said in peers.decisions(file)]


@pytest.mark.usefixtures("python")
def test_asv_wants_more_than_its_factor_and_samples_that_differ(tmp_path: Path) -> None:
    slower = trial("asv", 10, "2026-01-01T00:00:00+00:00", noisy(1, 1), noisy(1, 2), noisy(1.08, 3))
    assert decided(slower, tmp_path) == [
        ("asv continuous, factor 1.1", 0, False),
        ("asv continuous, factor 1.05", 0, False),
        ("asv continuous, factor 1.1", 10, False),
        ("asv continuous, factor 1.05", 10, True),
    ]
    few = trial("asv", 10, "2026-01-01T00:00:00+00:00", ((1.0, 1.5),), ((1.0, 1.5),), ((1.2, 1.8),))
    assert not any(slower for _, _, slower in decided(few, tmp_path))


@pytest.mark.parametrize(("factor", "word"), [(1.02, "slower"), (0.98, "faster")])
def test_pyperf_says_what_its_command_says(python: Path, tmp_path: Path, factor: float, word: str) -> None:
    sides = (noisy(1, 1), noisy(1, 5), noisy(factor, 3))
    assert decided(trial("pyperf", 2, "2026-01-01T00:00:00+00:00", *sides), tmp_path) == [
        ("pyperf compare_to", 0, False),
        ("pyperf compare_to", 2, word == "slower"),
    ]
    files = []
    for index, side in enumerate(sides):
        files.append(f"{index}.json")
        document = {
            "version": "1.0",
            "metadata": {"name": "work", "unit": "second"},
            "benchmarks": [{"runs": [{"values": values} for values in side]}],
        }
        (tmp_path / files[-1]).write_text(json.dumps(document), "utf-8")
    outputs = [
        subprocess.run(
            [python, "-m", "pyperf", "compare_to", *pair], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout
        for pair in (files[:2], files[1:])
    ]
    assert "not significant" in outputs[0].lower()
    assert word in outputs[1]
    assert "not significant" not in outputs[1].lower()
