"""How far identical code differs between processes, and between copies (forks) of the same processes.

python -m benchmarks.copies --pairs 30

Of each pair of fresh processes one sample of the same work is taken as they are, then one in each of eight copies of
both. If copies differ from each other as much as processes do, and not as the pair that they come from, then they are
worth as much as fresh processes, at a cost of milliseconds.
"""

from __future__ import annotations

import math
import random
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from assay.comparison.paired_sampling import BATCH_NS, MOST_PADDING
from assay.comparison.side_process import SideProcess
from assay.comparison.sides import candidate
from assay.environment.cpu_affinity import one_core, pinned
from assay.execute.case_run import CaseRun
from assay.execute.judge_slot import JudgeSlot
from assay.execute.worker.requests import Fork, Join, TakeSample
from assay.records.results import TokenizerCase
from assay.records.settings import Settings
from assay.report.tables.results import Table, as_markdown
from assay.stats.trimmed_mean import epoch_ratio
from benchmarks.work import paragraph, training_text

COPIES, BLOCKS = 8, 12


@click.command(help=(__doc__ or "").partition("\n")[0])
@click.option("--pairs", default=30, show_default=True, type=click.IntRange(3), help="Pairs of fresh processes.")
@click.option("--tokenizer", default="regex-unk", show_default=True)
@click.option("--seed", default=0, show_default=True)
def main(pairs: int, tokenizer: str, seed: int) -> None:
    """Measure, and print a table."""
    core, chance = one_core(), random.Random(seed)
    unused = JudgeSlot("", tempfile.gettempdir(), Settings(), lambda: None)  # no attention is judged
    sides = [SideProcess(candidate(), Settings(), core, unused) for _ in range(2)]
    as_they_are, copied = [], []
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "paragraph.txt")
        corpus.write_text(paragraph(training_text()), encoding="utf-8")
        case = TokenizerCase(tokenizer=tokenizer, corpus=str(corpus))
        for pair in range(pairs):
            hashes, padding = chance.randrange(2**32), chance.randrange(MOST_PADDING)
            for side in sides:
                side.restart(pair, hashes, padding)
            runs = [_ready(side, case) for side in sides]
            with pinned(core):
                as_they_are.append(_read(runs, chance))
                copied.append([_copy(runs, chance) for _ in range(COPIES)])
    for side in sides:
        side.stop()
    click.echo(as_markdown(_table(as_they_are, copied)), nl=False)


def _ready(side: SideProcess, case: TokenizerCase) -> CaseRun:
    """A process that has loaded and checked the case, warm."""
    run = side.begin(case)
    side.load(run, again=False)
    run.collect()
    run.check()
    if run.ended is not None:
        raise click.ClickException(f"{case.id}: {run.ended.reason}")
    run.operations[0].iterations = run.operations[0].warm_up(BATCH_NS)
    return run


def _read(runs: Sequence[CaseRun], chance: random.Random) -> float:
    """The median log ratio of the second to the first, taken in turn."""
    operations = [run.operations[0] for run in runs]
    for operation in operations:
        operation.samples, operation.iterations = [], operations[0].iterations
    for _ in range(BLOCKS):
        first, second = chance.sample(operations, 2)
        for operation in (first, second, second, first):
            operation.take()
    return epoch_ratio(0, operations[1].samples, operations[0].samples, 0.0).cpu


def _copy(runs: Sequence[CaseRun], chance: random.Random) -> float:
    for run in chance.sample(runs, len(runs)):
        if not run.ask(Fork()):
            raise click.ClickException("a process with several threads cannot be copied")
    for run in runs:
        run.ask(TakeSample(operation=run.operations[0].name, iterations=1))
    found = _read(runs, chance)
    for run in runs:
        run.ask(Join())
    return found


def _table(as_they_are: Sequence[float], copied: Sequence[Sequence[float]]) -> Table:
    means = [statistics.fmean(copies) for copies in copied]
    within = math.sqrt(statistics.fmean(statistics.variance(copies) for copies in copied))
    rows = (
        ("standard deviation between pairs of processes", f"{statistics.stdev(as_they_are):.2%}"),
        ("standard deviation between copies of one pair", f"{within:.2%}"),
        (f"standard deviation of the mean of {COPIES} copies", f"{statistics.stdev(means):.2%}"),
        ("the same, if copies were independent", f"{within / math.sqrt(COPIES):.2%}"),
        ("correlation of that mean with the pair itself", f"{statistics.correlation(as_they_are, means):+.2f}"),
    )
    title = f"Identical code, log ratio of CPU time: {len(copied)} pairs of processes, {COPIES} copies of each"
    return Table(title=title, columns=("", "value"), rows=rows, numeric=frozenset({"value"}))


if __name__ == "__main__":
    sys.exit(main())
