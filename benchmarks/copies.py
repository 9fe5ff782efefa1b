"""How far identical code differs between processes, and between copies (forks) of the same processes.

python -m benchmarks.copies --pairs 30

Of each pair of fresh processes one reading of the same work is taken as they are, then one in each of eight copies of
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

from assay.comparison.paired_sampling import MOST_PADDING, READING_NS
from assay.comparison.side_process import SideProcess
from assay.comparison.sides import candidate
from assay.execute.case_run import CaseRun
from assay.execute.worker.cpu_affinity import one_core, pinned
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
    stations = [SideProcess(candidate(), Settings(), core) for _ in range(2)]
    as_they_are, copied = [], []
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "paragraph.txt")
        corpus.write_text(paragraph(training_text()), encoding="utf-8")
        case = TokenizerCase(tokenizer=tokenizer, corpus=str(corpus))
        for _ in range(pairs):
            hashes, padding = chance.randrange(2**32), chance.randrange(MOST_PADDING)
            for station in stations:
                station.renew(hashes, padding)
            items = [_ready(station, case) for station in stations]
            with pinned(core):
                as_they_are.append(_read(items, chance))
                copied.append([_copy(items, chance) for _ in range(COPIES)])
    for station in stations:
        station.leave()
    click.echo(as_markdown(_table(as_they_are, copied)), nl=False)


def _ready(station: SideProcess, case: TokenizerCase) -> CaseRun:
    """A process that has loaded and checked the case, warm."""
    item = station.begin(case)
    station.load(item, again=False)
    item.collect("load")
    item.check()
    if item.ended is not None:
        raise click.ClickException(f"{case.id}: {item.ended.reason}")
    item.entries[0].loops = item.entries[0].warm_up(READING_NS)
    return item


def _read(items: Sequence[CaseRun], chance: random.Random) -> float:
    """The median log ratio of the second to the first, taken in turn."""
    entries = [item.entries[0] for item in items]
    for entry in entries:
        entry.samples, entry.loops = [], entries[0].loops
    for _ in range(BLOCKS):
        first, second = chance.sample(entries, 2)
        for entry in (first, second, second, first):
            entry.take()
    return epoch_ratio(0, entries[1].samples, entries[0].samples, 0.0).cpu


def _copy(items: Sequence[CaseRun], chance: random.Random) -> float:
    for item in chance.sample(items, len(items)):
        if not item.ask("fork").get("forked"):
            raise click.ClickException("a process with several threads cannot be copied")
    for item in items:
        item.ask("sample", operation=item.entries[0].name, loops=1)
    found = _read(items, chance)
    for item in items:
        item.ask("join")
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
