"""The other tools' error rates on this machine, as it is: `collect` readings, then `table` what they say of them.

python -m benchmarks.peers collect --seconds 5 --minutes 60 --load 3 --out peers.jsonl
python -m benchmarks.peers table peers.jsonl
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import click

from assay.report.tables.results import as_markdown
from benchmarks import venv
from benchmarks.load import busy
from benchmarks.rates import Decision, table
from benchmarks.rules import SAVED
from benchmarks.trials import LEVELS, TOOLS, Trial, as_line, read, steps

own_environment = click.option(
    "--venv",
    "folder",
    type=click.Path(path_type=Path),
    help="Folder of the tools' virtual environment, made if it is not there. [default: in the user's cache]",
)


@click.group(help=(__doc__ or "").partition("\n")[0])
def main() -> None:
    """Run a subcommand."""


@main.command()
@click.option("--seconds", type=float, multiple=True, default=(5.0,), show_default=True, help="Time of a comparison.")
@click.option("--minutes", type=float, default=10.0, show_default=True, help="Time of it all.")
@click.option("--tool", "tools", type=click.Choice(tuple(TOOLS)), multiple=True, help="[default: all]")
@click.option("--level", "levels", type=int, multiple=True, default=LEVELS, show_default=True, help="Slowdown in %.")
@click.option("--load", type=int, default=0, show_default=True, help="Processes of background load.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the order and of the load.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="JSON lines; trials are added at its end.")
@own_environment
def collect(
    seconds: Sequence[float],
    minutes: float,
    tools: Sequence[str],
    levels: Sequence[int],
    load: int,
    seed: int,
    out: Path,
    folder: Path | None,
) -> None:
    """Make trials until the time is over."""
    python = venv.make(folder or venv.usual())
    end = time.monotonic() + 60 * minutes
    with busy(load, seed), out.open("a", encoding="utf-8") as lines:
        for trial in steps(python, seconds, tools, levels, seed):
            print(as_line(trial), file=lines, flush=True)
            click.echo(
                f"{trial.tool} +{trial.level} % {trial.seconds:g} s: read {trial.timed:.1f} s of {trial.wall:.1f} s, "
                f"load {trial.load:.1f}",
                err=True,
            )
            if time.monotonic() > end:
                return


@main.command("table")
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@own_environment
def show(file: Path, folder: Path | None) -> None:
    """Print the error rates as Markdown."""
    title = "Error rates of other tools"
    click.echo(as_markdown(table(title, decisions(file, folder), notes(read(file)))), nl=False)


def decisions(file: Path, folder: Path | None = None) -> list[Decision]:
    """Let the tools' own code decide on the trials of a file; the folder is that of their virtual environment."""
    python = venv.make(folder or venv.usual())
    command = [f"{python}", "-m", "benchmarks.rules", f"{file.resolve()}"]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return [Decision(**json.loads(line)) for line in ran.stdout.splitlines()]


def notes(trials: Sequence[Trial]) -> list[str]:
    """Say how loaded the machine was, how long the readings took, and how old a saved baseline was."""
    loads = sorted(trial.load for trial in trials)
    load = f"{loads[0]:.1f} to {loads[-1]:.1f}, median {statistics.median(loads):.1f}"
    said = [f"{len(trials)} trials at a load average of {load}"]
    for tool, seconds in sorted({(trial.tool, trial.seconds) for trial in trials}):
        own = [trial for trial in trials if (trial.tool, trial.seconds) == (tool, seconds)]
        timed, wall = (
            2 / 3 * statistics.fmean(values) for values in zip(*((t.timed, t.wall) for t in own), strict=True)
        )
        said.append(f"{tool}, {seconds:g} s: a comparison read {timed:.1f} s and took {wall:.1f} s, on average")
        starts = [datetime.fromisoformat(trial.started) for trial in own]
        gaps = [(later - earlier).total_seconds() / 60 for earlier, later in pairwise(starts)]
        if tool in SAVED and gaps:
            said.append(f"{tool}, {seconds:g} s: baselines saved earlier were {statistics.median(gaps):.1f} min old")
    return said


if __name__ == "__main__":
    sys.exit(main())
