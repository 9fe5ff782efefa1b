"""What other tools read of the same work twice, and of slower work: raw readings, nothing decided.

Each tool times in processes of its own, as its user would start them, with nothing pinned; those live in a virtual
environment made for them (`benchmarks.venv`). What is equal among the tools is the time of the readings, half of it
for each side; starting processes, finding the number of loops and warming up come on top of it, for all.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks import work

SESSIONS = Path(__file__).parent / "sessions"
LEVELS = (2, 3, 5, 10)  # percent
ROUNDS = 2  # asv's default: processes for each side
PROCESSES, VALUES = 20, 3  # pyperf's defaults: processes for each side, readings in each
MANY = 1_000_000  # samples: the time ends a round, not their number

LOOKED_AT = 50  # calls from which pyperf's number of loops comes

Levels = tuple[int, int, int]
Readings = tuple[tuple[float, ...], ...]  # seconds of one call of the work; a tuple for each process


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Three sides read by one tool: the work, the same again, and with `level` percent more of it.

    Each is to be compared with the one before it: a decision where nothing changed, and one where something did.
    `seconds` is the time meant for the readings of two sides, `timed` what all three took, `wall` the same with
    starting processes; `load` the load average of the last minute, at the start.
    """

    tool: str
    level: int
    seconds: float
    started: str
    load: float
    timed: float
    wall: float
    sides: tuple[Readings, Readings, Readings]


@dataclass(frozen=True, slots=True)
class ToolEnvironment:
    """The readings of one side so far, and how long they took."""

    readings: Readings = ()
    timed: float = 0.0


def one(tool: str, level: int, seconds: float, python: Path) -> Trial:
    """Let a tool (a name in `TOOLS`) read its three sides; `python` is that of the tools' virtual environment."""
    started, load, before = datetime.now(UTC), os.getloadavg()[0], time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        sides = TOOLS[tool](Starter(python, Path(folder)), (0, 0, level), seconds / 2)
    return Trial(
        tool=tool,
        level=level,
        seconds=seconds,
        started=started.isoformat(timespec="seconds"),
        load=load,
        timed=sum(side.timed for side in sides),
        wall=time.perf_counter() - before,
        sides=(sides[0].readings, sides[1].readings, sides[2].readings),
    )


def steps(
    python: Path, seconds: Sequence[float], tools: Sequence[str] = (), levels: Sequence[int] = LEVELS, seed: int = 0
) -> Iterator[Trial]:
    """Make trials without end: every tool (all if none is named), time and level, in random order, again and again."""
    chance = random.Random(seed)
    plan = list(product(tools or TOOLS, levels, seconds))
    while True:
        chance.shuffle(plan)
        for tool, level, each in plan:
            yield one(tool, level, each, python)


def as_line(trial: Trial) -> str:
    """Write a trial as one line of JSON."""
    return json.dumps(asdict(trial))


def read(file: Path) -> list[Trial]:
    """Read the trials of a file, in the order of time; a last line that was cut off is left out."""
    with file.open(encoding="utf-8") as lines:
        documents = [json.loads(line) for line in lines if line.endswith("\n")]
    trials = [Trial(**document | {"sides": _frozen(document["sides"])}) for document in documents]
    return sorted(trials, key=lambda trial: trial.started)


def _frozen(sides: Any) -> tuple[Readings, ...]:
    return tuple(tuple(tuple(process) for process in side) for side in sides)


@dataclass(frozen=True, slots=True)
class Starter:
    """Starts processes of one trial; `folder` is theirs, and is empty at first."""

    python: Path
    folder: Path

    def run(self, level: int, *command: str) -> None:
        """Run Python on a command line to the end; raise RuntimeError with what it wrote if it fails."""
        # Two digits for every level: the length of the environment moves the stack.
        environment = {**os.environ, work.LEVEL: f"{level:02d}"}
        ran = subprocess.run(
            [self.python, *command], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        if ran.returncode:
            raise RuntimeError(f"{' '.join(command)} ended with {ran.returncode}: {ran.stdout}{ran.stderr}")

    def result(self, name: str = "result.json") -> Any:
        """Read a JSON file that a process left, and remove it."""
        file = self.folder / name
        document = json.loads(file.read_text("utf-8"))
        file.unlink()
        return document


def pytest_benchmark(starter: Starter, levels: Levels, seconds: float) -> list[ToolEnvironment]:
    """One session for each side, one after the other, its length set by `--benchmark-max-time`."""
    starter.folder.joinpath("pytest.ini").write_text("[pytest]\n", "utf-8")
    own = ("-c", "pytest.ini", "-p", "no:cacheprovider", f"--benchmark-max-time={seconds}")
    sides = []
    for level in levels:
        starter.run(level, "-m", "pytest", f"{SESSIONS / 'pytest_work.py'}", *own, "--benchmark-json=result.json")
        (benchmark,) = starter.result()["benchmarks"]
        readings = tuple(benchmark["stats"]["data"])
        sides.append(ToolEnvironment((readings,), sum(readings) * benchmark["stats"]["iterations"]))
    return sides


def asv(starter: Starter, levels: Levels, seconds: float) -> list[ToolEnvironment]:
    """Two rounds for each side, forth and back: baseline, candidate, candidate, baseline, as asv does. Longer ones."""
    sides, numbers = [ToolEnvironment() for _ in levels], dict[int, int]()
    for index in (*range(len(levels)), *reversed(range(len(levels)))):
        parameters = {"rounds": ROUNDS, "repeat": [1, MANY, seconds / ROUNDS]}
        if index in numbers:  # the second round keeps the number of calls in a sample
            parameters["number"] = numbers[index]
        own = ("run", f"{SESSIONS}", "asv_work.time_work", json.dumps(parameters), "None", "result.json")
        starter.run(levels[index], "-m", "asv.benchmark", *own)
        result = starter.result()
        samples, numbers[index] = tuple(result["samples"]), result["number"]
        side = sides[index]
        sides[index] = ToolEnvironment((*side.readings, samples), side.timed + sum(samples) * numbers[index])
    return sides


def pyperf(starter: Starter, levels: Levels, seconds: float) -> list[ToolEnvironment]:
    """Twenty processes of three values for each side; the number of calls in a value is what fills the time."""
    call = work.work(0)
    took = statistics.fmean(_seconds(call) for _ in range(LOOKED_AT))
    loops = max(1, round(seconds / (PROCESSES * VALUES) / took))
    own = (f"--processes={PROCESSES}", f"--values={VALUES}", f"--loops={loops}", f"--inherit-environ={work.LEVEL}")
    sides = []
    for level in levels:
        starter.run(level, f"{SESSIONS / 'pyperf_work.py'}", *own, "--output=result.json")
        (benchmark,) = starter.result()["benchmarks"]
        readings = tuple(tuple(run["values"]) for run in benchmark["runs"] if "values" in run)
        sides.append(ToolEnvironment(readings, sum(map(sum, readings)) * loops))
    return sides


def _seconds(call: Callable[[], object]) -> float:
    before = time.perf_counter()
    call()
    return time.perf_counter() - before


TOOLS: Mapping[str, Callable[[Starter, Levels, float], list[ToolEnvironment]]] = MappingProxyType(
    {"pytest-benchmark": pytest_benchmark, "asv": asv, "pyperf": pyperf}
)
