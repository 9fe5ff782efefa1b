"""How often the printed 95 % interval of a ratio holds the value that other runs come to in the long run.

python -m benchmarks.interval_coverage --runs 40

The same small job of tokenizers and attentions is run again and again, each time in a process of its own. For each
ratio of a run the long-run value is the median over all other runs. A second table tells how alike epochs are whose
processes are copies of one fork server, beside epochs of two servers.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from assay.execute.worker.fork_server import SERVERS
from assay.report.tables.results import Table, as_markdown
from assay.stats.paired_ratio import paired_ratio
from assay.store.location import locate
from assay.store.store import Store
from benchmarks.load import busy

TOKENIZERS = "regex,regex-unk,gpt2,r50k_base,characters,bytes"
ATTENTIONS = "naive,sdpa,row-block"
WORKLOADS = ("core/fwd/causal/b1.h4.s128.d64/f32/cpu.t1",)
OPERATIONS = ("encode", "decode", "step")


@dataclass(frozen=True, slots=True)
class Interval:
    """A printed ratio and the ends of its interval."""

    value: float
    low: float
    high: float


@click.command(help=(__doc__ or "").partition("\n")[0])
@click.option("--runs", default=40, show_default=True, type=click.IntRange(3), help="Runs of the same job.")
@click.option("--budget", default="1.5s", show_default=True, help="That of a run of the tokenizers, and of attention.")
@click.option("--epochs", default=0, help="Epochs of each run.  [default: that of assay run]")
@click.option(
    "--neighbours", default=0, show_default=True, help="Processes that are busy meanwhile, see benchmarks.load."
)
@click.option("--keep", type=click.Path(path_type=Path), help="A file to which the intervals are added as JSON lines.")
def main(runs: int, budget: str, epochs: int, neighbours: int, keep: Path | None) -> None:
    """Run, and print a table."""
    options = ("--budget", budget, *(("--epochs", str(epochs)) if epochs else ()))
    loads, found, epoch_ratios = [], [], []
    with busy(neighbours), tempfile.TemporaryDirectory() as folder:
        for number in range(runs):
            results = Path(folder, str(number))
            found.append(_run(results, options))
            epoch_ratios.append(_epochs(results))
            loads.append(os.getloadavg()[0])
            click.echo(f"run {number + 1} of {runs}: {len(found[-1])} ratios, load {loads[-1]:.1f}", err=True)
            if keep is not None:
                with keep.open("a", encoding="utf-8") as lines:
                    record = {name: (one.value, one.low, one.high) for name, one in found[-1].items()}
                    lines.write(json.dumps({"options": options, "load": loads[-1], "ratios": record}) + "\n")
    label = f"{runs} runs, load {min(loads):.1f} to {max(loads):.1f}"
    click.echo(as_markdown(Table(title="coverage", columns=COLUMNS, rows=(coverage_row(label, found),))))
    click.echo(as_markdown(Table(title="servers", columns=ALIKE, rows=(alike_row(label, epoch_ratios),))), nl=False)


COLUMNS = ("runs", "ratios of a run", "intervals", "hold the long-run value", "median half width", "spread of a ratio")


def coverage_row(label: str, runs: Sequence[Mapping[str, Interval]]) -> tuple[str, ...]:
    """Return a row: the share of intervals that hold the median of all other runs, and how wide they are."""
    held, widths, spreads = [], [], []
    names = [name for name in runs[0] if all(name in run for run in runs)]
    for name in names:
        values = [run[name].value for run in runs]
        spreads.append(statistics.stdev(map(math.log, values)))
        for place, run in enumerate(runs):
            truth = statistics.median([*values[:place], *values[place + 1 :]])
            held.append(run[name].low <= truth <= run[name].high)
            widths.append(math.log(run[name].high / run[name].low) / 2)
    return (
        label,
        str(len(names)),
        str(len(held)),
        f"{statistics.fmean(held):.1%}",
        f"{statistics.median(widths):.1%}",
        f"{statistics.median(spreads):.1%}",
    )


ALIKE = ("runs", "epochs", "spread of an epoch", "correlation, one server", "correlation, two servers")


def alike_row(label: str, runs: Sequence[Mapping[str, Sequence[float]]]) -> tuple[str, ...]:
    """Return a row: how far the epochs of a ratio are from its long-run value, and how alike two of a run are.

    `runs` have for each ratio the log of each epoch, in order; every `SERVERS`-th is of the same server.
    """
    spread: list[float] = []
    one: list[tuple[float, float]] = []
    two: list[tuple[float, float]] = []
    for name in [name for name in runs[0] if all(name in run for run in runs)]:
        centre = statistics.median(log for run in runs for log in run[name])
        for run in runs:
            off = [log - centre for log in run[name]]
            spread += off
            for (first, a), (second, b) in itertools.combinations(enumerate(off), 2):
                (two if (second - first) % SERVERS else one).append((a, b))
    variance = statistics.fmean(off * off for off in spread)
    alike = (f"{statistics.fmean(a * b for a, b in pairs) / variance:.2f}" if pairs else "" for pairs in (one, two))
    return (label, str(len(spread)), f"{math.sqrt(variance):.1%}", *alike)


def _epochs(results: Path) -> dict[str, list[float]]:
    """Return the log ratio of each epoch, by row and operation, of the runs in a folder."""
    found: dict[str, list[float]] = {}
    with Store(locate(None, results), create=False) as store:
        for run in store.runs():
            rows = {row.case.id: row for row in store.measurements(run.id)}
            for row in rows.values():
                baseline = rows.get(f"{row.case.group}/{row.value('baseline')}")
                if baseline is None or baseline is row:
                    continue
                for ours, theirs in zip(row.timings, baseline.timings, strict=True):
                    for epoch in sorted({sample.epoch for sample in ours.samples}):
                        parts = [[each for each in one.samples if each.epoch == epoch] for one in (ours, theirs)]
                        ratio = paired_ratio(*parts).value
                        found.setdefault(f"{row.case.id}/{ours.name}", []).append(math.log(ratio))
    return found


def _run(folder: Path, options: Sequence[str]) -> dict[str, Interval]:
    """Run the tokenizers, and the attentions, and return the ratios with an interval, by row and operation."""
    found: dict[str, Interval] = {}
    attention = ("--tokenizers", "none", "--attentions", ATTENTIONS, *_each("--workload", WORKLOADS))
    for job in (
        ("--suite", "tutorial", "--attentions", "none", "--tokenizers", TOKENIZERS, "--held-out", "0"),
        attention,
    ):
        command = [sys.executable, "-m", "assay", "run", *job, *options, "--results", str(folder), "--quiet", "--json"]
        ended = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
        document = json.loads(ended.stdout)
        for row in (*document["tokenizers"], *document["attentions"]):
            name = f"{row.get('workload') or row.get('corpus')}/{row.get('attention') or row.get('tokenizer')}"
            for operation in OPERATIONS:
                figures = [row.get(f"{operation}_ratio{end}") for end in ("", "_low", "_high")]
                if all(isinstance(figure, float) for figure in figures):
                    found[f"{name}/{operation}"] = Interval(*figures)
    return found


def _each(option: str, values: Sequence[str]) -> tuple[str, ...]:
    return tuple(part for value in values for part in (option, value))


if __name__ == "__main__":
    main()
