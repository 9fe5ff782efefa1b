"""How often `assay check` cries wolf, and how often it finds a slowdown, beside three other tools, on this machine.

python -m benchmarks.error_rates collect --minutes 90 --load 3 --out FOLDER
python -m benchmarks.error_rates table FOLDER

Ours and theirs take turns, so that all see the same machine; several may collect into one FOLDER at once, with other
seeds, and then load the machine for each other. What is read is kept, and the table is made of it again.
"""

from __future__ import annotations

import math
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from assay.environment.describe import describe
from assay.report.tables.results import as_markdown
from benchmarks import ours, peers, venv
from benchmarks.load import busy
from benchmarks.rates import Decision, table
from benchmarks.trials import as_line, read, steps

OURS, THEIRS = "ours", "peers"
BUDGET_S, SHORT_S, LONG_S = 20.0, 5.0, 60.0
EFFECT, SMALL_EFFECT = 0.01, 0.005
CELLS = {
    **{f"same-{number}": (0, BUDGET_S, EFFECT) for number in range(20)},
    **{f"two-{number}": (2, BUDGET_S, EFFECT) for number in range(5)},
    **{f"three-{number}": (3, BUDGET_S, EFFECT) for number in range(6)},
    **{f"five-{number}": (5, BUDGET_S, EFFECT) for number in range(2)},
    **{f"ten-{number}": (10, BUDGET_S, EFFECT) for number in range(1)},
    **{f"one-{number}": (1, LONG_S, SMALL_EFFECT) for number in range(2)},
    **{f"none-{number}": (0, LONG_S, SMALL_EFFECT) for number in range(1)},
}
SHORT_CELLS = {
    **{f"same-{number}": (0, SHORT_S, EFFECT) for number in range(16)},
    **{f"two-{number}": (2, SHORT_S, EFFECT) for number in range(6)},
    **{f"three-{number}": (3, SHORT_S, EFFECT) for number in range(8)},
    **{f"five-{number}": (5, SHORT_S, EFFECT) for number in range(3)},
    **{f"ten-{number}": (10, SHORT_S, EFFECT) for number in range(2)},
}
LEVELS = (2, 3, 5, 10)


@click.group(help=(__doc__ or "").partition("\n")[0])
def main() -> None:
    """Run a subcommand."""


@main.command()
@click.option("--minutes", type=float, default=90.0, show_default=True, help="Time of it all.")
@click.option("--share", type=float, default=0.6, show_default=True, help="Of the time that is ours.")
@click.option("--load", type=int, default=3, show_default=True, help="Processes of background load.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--short", is_flag=True, help=f"Begin with the checks of {SHORT_S:g} s.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True)
def collect(minutes: float, share: float, load: int, seed: int, short: bool, out: Path) -> None:
    """Read until the time is over, ours and theirs in turn."""
    out.mkdir(parents=True, exist_ok=True)
    python = venv.make(venv.usual())
    trials = steps(python, (SHORT_S, BUDGET_S), levels=LEVELS, seed=seed)
    begun = time.time()
    end = begun + 60 * minutes
    mine = others = 0.0
    rounds = 1 if short else 0
    with busy(load, seed):
        while time.time() < end:
            before = time.time()
            if mine * (1 - share) <= others * share:
                cells = (CELLS, SHORT_CELLS)[rounds % 2]
                _ours(cells, out / f"{OURS}-{seed}.jsonl", seed + int(before - begun), end)
                rounds += 1
                mine += time.time() - before
            else:
                trial = next(trials)
                with (out / f"{THEIRS}-{seed}.jsonl").open("a", encoding="utf-8") as lines:
                    print(as_line(trial), file=lines)
                click.echo(f"{trial.tool} +{trial.level} % {trial.seconds:g} s: load {trial.load:.1f}", err=True)
                others += time.time() - before


def _ours(cells: Mapping[str, tuple[int, float, float]], file: Path, seed: int, end: float) -> None:
    """Check all cells once; those without a verdict when the time is over are not kept, whatever they would give."""
    with tempfile.TemporaryDirectory() as folder:
        for decision in ours.round_of(cells, Path(folder), seed, until=end + LONG_S):
            ours.keep(decision, file)
            click.echo(
                f"ours +{decision.slowdown} %: {decision.verdict} after {decision.epochs} epochs,"
                f" {decision.seconds:.1f} s: load {decision.load:.1f}",
                err=True,
            )


@main.command("table")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def show(folder: Path) -> None:
    """Print the error rates as Markdown, with the environment of this machine."""
    kept = [decision for file in sorted(folder.glob(f"{OURS}*.jsonl")) for decision in ours.kept(file)]
    theirs = sorted(folder.glob(f"{THEIRS}*.jsonl"))
    decisions = [*_decided(kept), *(decision for file in theirs for decision in peers.decisions(file))]
    facts = describe()
    named = ", ".join(f"{name} {facts[name]}" for name in ("processor", "cores", "platform", "python") if name in facts)
    notes = [f"machine: {named}", *_notes(kept), *peers.notes([trial for file in theirs for trial in read(file)])]
    click.echo(as_markdown(table("Error rates", decisions, notes)), nl=False)


def _decided(kept: Sequence[ours.Decision]) -> Iterator[Decision]:
    for decision in kept:
        yield Decision(
            rule="assay check" if decision.effect == EFFECT else f"assay check, effect {SMALL_EFFECT:.1%}",
            seconds=decision.budget_s,
            level=decision.slowdown,
            slower=ours.raised(decision.verdict),
        )


def _notes(kept: Sequence[ours.Decision]) -> Iterator[str]:
    loads = sorted(decision.load for decision in kept)
    yield (
        f"{len(kept)} checks of ours at a load average of {loads[0]:.1f} to {loads[-1]:.1f},"
        f" median {statistics.median(loads):.1f}"
    )
    for budget, effect in sorted({(decision.budget_s, decision.effect) for decision in kept}):
        own = [decision for decision in kept if (decision.budget_s, decision.effect) == (budget, effect)]
        for level in sorted({decision.slowdown for decision in own}):
            same = [decision for decision in own if decision.slowdown == level]
            verdicts = sorted({decision.verdict for decision in same})
            counted = ", ".join(f"{sum(each.verdict == verdict for each in same)} {verdict}" for verdict in verdicts)
            spent = statistics.median(decision.seconds for decision in same)
            off = [abs(math.log(decision.ratio) - math.log1p(level / 100)) for decision in same if decision.ratio]
            yield (
                f"ours, {budget:g} s, effect {effect:.1%}, +{level} %: {counted}; stopped after {spent:.1f} s (median);"
                f" the ratio was off by {statistics.median(off):.2%} (median), {max(off):.2%} (worst)"
            )


if __name__ == "__main__":
    sys.exit(main())
