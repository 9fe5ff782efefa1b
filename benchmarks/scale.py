"""Counting at scale on this machine: equal figures, memory, overhead, killed workers, what is kept, and samples.

python -m benchmarks.shards FOLDER --size 1GB --shards 64
python -m benchmarks.scale FOLDER --out RESULT.json

Every step prints what it found as Markdown, for docs/scale.md; RESULT.json has it all, with the environment.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import psutil

from assay.environment.describe import describe
from assay.report.tables.results import Table, as_markdown
from benchmarks.draws import coverage
from benchmarks.worked import merge_s, worked

TOKENIZERS = "regex-unk,gpt2"
ADDED = "bytes"
EXECUTORS = ("local", "processes", "dask")
WORKERS = 2
KILLS = 10
STARTED_S = 1.2  # of CPU time, after which a worker is at work
LOOK_S = 0.05
HOW = re.compile("^(counted|shards_kept|restarts|reason|run$)")
WORKER = re.compile(r"assay\.execute\.chores|spawn_main")
STEPS = ("plain", "equal", "kill", "again", "sample", "costs")
BUILT_IN = "regex-unk,bytes,characters,whitespace,gpt2,r50k_base,p50k_base,cl100k_base,o200k_base"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One run: its wall time, the CPU time of all its processes, the peak memory of the host alone, its rows."""

    executor: str
    wall_s: float
    cpu_s: float
    peak_bytes: int
    kills: int
    rows: Mapping[str, Mapping[str, Any]]

    @property
    def exact(self) -> dict[str, dict[str, Any]]:
        """The rows without what tells how they were counted."""
        return {name: {key: row[key] for key in row if not HOW.match(key)} for name, row in self.rows.items()}

    @property
    def restarts(self) -> int:
        """The most that a row tells of shards that were started again."""
        return max(int(row.get("restarts", 0)) for row in self.rows.values())


@click.command(help=(__doc__ or "").partition("\n")[0])
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
@click.option("--step", "steps", multiple=True, type=click.Choice(STEPS), help="Only this; repeatable.  [default: all]")
@click.option("--repeats", default=2, show_default=True, help="Of the interleaved runs.")
@click.option("--draws", default=200, show_default=True, help="Samples whose intervals are held to the full value.")
@click.option("--width", default=0.01, show_default=True, help="Of those samples.")
def main(folder: Path, out: Path, steps: tuple[str, ...], repeats: int, draws: int, width: float) -> None:
    """Run the steps, one after the other."""
    chosen = steps or STEPS
    found: dict[str, Any] = {"environment": dict(describe()), "corpus": _corpus(folder)}
    with tempfile.TemporaryDirectory(prefix="assay-scale-") as place:
        here = Path(place)
        todo: dict[str, Callable[[], Any]] = {
            "plain": lambda: plain(folder),
            "equal": lambda: equal(folder, here, repeats),
            "kill": lambda: kill(folder, here),
            "again": lambda: again(folder, here),
            "sample": lambda: sample(folder, draws, width),
            "costs": lambda: costs(folder, here),
        }
        for step in STEPS:
            if step in chosen:
                found[step] = todo[step]()
                out.write_text(json.dumps(found, indent=1), "utf-8")


def plain(folder: Path) -> dict[str, float]:
    """The bare work in a bare loop: read JSON Lines, encode; what executors are held against."""
    code = (
        "import assay, json, sys, time\n"
        "from pathlib import Path\n"
        "from assay.corpus.loading import divide\n"
        "host = assay.discover()\n"
        "text = divide(host.one(assay.CorpusPlugin, 'the-verdict'), 0.0).training\n"
        f"built = [host.one(assay.TokenizerPlugin, name).build(text) for name in {TOKENIZERS.split(',')!r}]\n"
        "start, tokens = time.process_time(), 0\n"
        "for path in sorted(Path(sys.argv[1]).iterdir()):\n"
        "    for line in path.open('rb'):\n"
        "        document = json.loads(line)['text']\n"
        "        tokens += sum(len(one.encode(document)) for one in built)\n"
        "print(json.dumps({'cpu_s': time.process_time() - start, 'tokens': tokens}))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(ran.stdout)
    _show("the bare work", ("CPU s", "tokens"), [(f"{found['cpu_s']:.1f}", f"{found['tokens']:,}")])
    return found


def equal(folder: Path, place: Path, repeats: int) -> list[Any]:
    """Every executor in turn, several times; all must come to the same, to the last bit."""
    runs = [run(folder, place, executor) for _ in range(repeats) for executor in EXECUTORS]
    same = all(each.exact == runs[0].exact for each in runs)
    rows = [
        (
            each.executor,
            f"{each.wall_s:.1f}",
            f"{each.cpu_s:.1f}",
            f"{each.peak_bytes / 1e6:.0f}",
            "yes" if same else "NO",
        )
        for each in runs
    ]
    _show("executors in turn", ("executor", "wall s", "CPU s", "host peak MB", "same figures"), rows)
    _demand(same, "the executors do not agree")
    return [asdict(each) for each in runs]


def kill(folder: Path, place: Path) -> list[Any]:
    """Kill workers in mid-run, ten times for each executor that has any."""
    before = run(folder, place, "local")
    runs = [run(folder, place, executor, kills=KILLS, pause_s=before.wall_s / 4 / KILLS) for executor in EXECUTORS[1:]]
    rows = [
        (each.executor, str(each.kills), str(each.restarts), "yes" if each.exact == before.exact else "NO")
        for each in runs
    ]
    _show("kill -9 in mid-run", ("executor", "workers killed", "shards started again", "same figures"), rows)
    _demand(all(each.exact == before.exact for each in runs), "killed workers changed figures")
    return [asdict(each) for each in (before, *runs)]


def again(folder: Path, place: Path) -> list[Any]:
    """Run, run again, and run with one tokenizer more, all with what is kept."""
    runs = [
        run(folder, place, "processes", fresh=False, cache=place / "kept", tokenizers=tokenizers)
        for tokenizers in (TOKENIZERS, TOKENIZERS, f"{TOKENIZERS},{ADDED}")
    ]
    alone = run(folder, place, "processes", tokenizers=ADDED)
    names = ("first", "again", f"with {ADDED} added", f"{ADDED} alone")
    rows = [(name, f"{each.wall_s:.1f}", f"{each.cpu_s:.1f}") for name, each in zip(names, (*runs, alone), strict=True)]
    _show("what is kept", ("run", "wall s", "CPU s"), rows)
    return [asdict(each) for each in (*runs, alone)]


def sample(folder: Path, draws: int, width: float) -> dict[str, Any]:
    """Draw samples with many seeds, and see how often their interval holds the value of all documents."""
    found = coverage(folder, "gpt2", draws, width)
    _show(
        f"samples within {width:.1%}, {draws} seeds",
        ("bytes per token", "intervals that hold it", "documents of a sample", "of the corpus"),
        [(f"{found.value:.5f}", f"{found.held / draws:.1%}", f"{found.documents:,.0f}", f"{found.share:.2%}")],
    )
    return asdict(found)


def costs(folder: Path, place: Path) -> dict[str, Any]:
    """What each built-in tokenizer takes, as `assay run --dry-run` tells it."""
    command = [*_command(folder), "--tokenizers", BUILT_IN, "--executor", "local", "--dry-run"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=place)
    (forecast,) = json.loads(ran.stdout)["forecasts"]
    lines = [("(reading)", 1e9 * forecast["read_s"]), ("(words)", 1e9 * forecast["words_s"])]
    lines += [(pace["tokenizer"], 1e9 / pace["bytes_per_s"]) for pace in forecast["paces"] if pace["bytes_per_s"]]
    rows = [(name, f"{1e3 / seconds:.1f}", f"{seconds:.0f}") for name, seconds in lines]
    _show("cost on one core", ("tokenizer", "MB/s", "s per GB of text"), rows)
    merging = statistics.median(merge_s() for _ in range(5))
    gpt2 = run(folder, place, "processes", fresh=False, tokenizers="gpt2").rows["gpt2"]
    plan = worked(forecast, gpt2["bytes_per_token"], merging)
    told = [
        ("text", f"{plan.text / 1e12:.0f} TB in {plan.shards:,.0f} shards of 1 GB"),
        ("core hours", f"{plan.core_hours:,.0f}"),
        *((f"hours on {count} machines of 16 cores", f"{hours:,.1f}") for count, hours in plan.hours.items()),
        ("core hours, 1 % of the documents", f"{plan.sampled_core_hours:,.0f}"),
        ("to the host, at most", f"{plan.answers / 1e12:.2f} TB"),
        ("hours of the host adding up, on one core", f"{plan.host_hours:,.1f}"),
    ]
    _show("ten tokenizers over 15 trillion tokens", ("what", "how much"), told)
    return {"forecast": forecast, "merge_s": merging, "worked": asdict(plan)}


def run(
    folder: Path,
    place: Path,
    executor: str,
    *,
    tokenizers: str = TOKENIZERS,
    fresh: bool = True,
    cache: Path | None = None,
    kills: int = 0,
    pause_s: float = 0.0,
) -> Ran:
    """Run `assay run` in a process of its own and watch it; kill workers now and then, as often as is asked for."""
    command = [*_command(folder), "--tokenizers", tokenizers, "--executor", executor, "--timeout", "10m"]
    command += ["--fresh"] if fresh else []
    command += ["--workers", str(WORKERS)] if executor != "local" else []
    start = time.monotonic()
    env = os.environ | {"ASSAY_CACHE": str(cache or place / "unused")}
    with (place / "stdout").open("w+b") as out, (place / "stderr").open("w+b") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, cwd=place, env=env)
        watcher = _Watcher(psutil.Process(process.pid), kills, pause_s)
        watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        watcher.join()
        out.seek(0)
        err.seek(0)
        _demand(process.returncode == 0, err.read().decode("utf-8", "replace"))
        document = json.loads(out.read())
    return Ran(
        executor=executor,
        wall_s=time.monotonic() - start,
        cpu_s=max(usage.ru_utime + usage.ru_stime, watcher.cpu_s),
        peak_bytes=watcher.peak,
        kills=watcher.killed,
        rows={row["tokenizer"]: row for row in document["tokenizers"]},
    )


class _Watcher(threading.Thread):
    """Looks at a run: the peak of its host, the CPU time of all its processes; and kills workers of it."""

    def __init__(self, host: psutil.Process, kills: int, pause_s: float) -> None:
        super().__init__(daemon=True)
        self.peak, self.killed = 0, 0
        self._host, self._kills = host, kills
        self._chance = random.Random(kills)
        self._spent: dict[int, float] = {}
        self._pause_s, self._next = pause_s, 0.0

    @property
    def cpu_s(self) -> float:
        """The CPU time of every process that was seen, up to when it was seen last."""
        return sum(self._spent.values())

    def run(self) -> None:
        """Look until the host has ended."""
        while True:
            try:
                self._look()
            except (psutil.Error, OSError):
                return
            time.sleep(LOOK_S)

    def _look(self) -> None:
        status = Path(f"/proc/{self._host.pid}/status").read_text("utf-8")
        peak = re.search(r"VmHWM:\s+(\d+) kB", status)
        self.peak = max(self.peak, int(peak[1]) * 1024 if peak else 0)
        workers = []
        for process in (self._host, *self._host.children(recursive=True)):
            try:
                times = process.cpu_times()
                self._spent[process.pid] = times.user + times.system
                worker = process is not self._host and WORKER.search(" ".join(process.cmdline()))
                if worker and self._spent[process.pid] > STARTED_S:
                    workers.append(process)
            except psutil.Error:
                continue
        if self.killed < self._kills and workers and time.monotonic() > self._next:
            self._chance.choice(workers).send_signal(signal.SIGKILL)
            self.killed += 1
            self._next = time.monotonic() + self._pause_s * (0.5 + self._chance.random())


def _command(folder: Path) -> list[str]:
    asked = ("--corpora", str(folder.resolve()), "--attentions", "none", "--json", "--quiet")
    return [sys.executable, "-m", "assay", "run", *asked]


def _corpus(folder: Path) -> dict[str, int]:
    sizes = [path.stat().st_size for path in folder.iterdir()]
    return {"shards": len(sizes), "bytes": sum(sizes)}


def _show(title: str, columns: Sequence[str], rows: Sequence[tuple[str, ...]]) -> None:
    click.echo(
        as_markdown(Table(title=title, columns=tuple(columns), rows=tuple(rows), numeric=frozenset(columns[1:])))
    )


def _demand(true: bool, otherwise: str) -> None:
    if not true:
        raise click.ClickException(otherwise)


if __name__ == "__main__":
    main()
