"""What a run would do and take, as a table and as a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from assay.execute.sharded.cost_estimate import CostEstimate
from assay.records.results import Case, TokenizerCase
from assay.report.tables.results import Table
from assay.report.text.escape import NO_BREAK
from assay.report.text.significant_digits import three

MACHINES = (1, 10, 100)
UNITS = ((86_400.0, "days"), (3_600.0, "h"), (60.0, "min"), (1.0, "s"))
PREFIXES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "bytes"))


def tables_of(cases: Sequence[Case], forecasts: Sequence[CostEstimate], budget_s: float) -> tuple[Table, ...]:
    """Return a table of what is timed or tried here, and one for each corpus of shards."""
    return (*filter(lambda table: table.rows, [_timed(cases, budget_s)]), *map(_counted, forecasts))


def document_of(cases: Sequence[Case], forecasts: Sequence[CostEstimate]) -> dict[str, object]:
    """Return the same for programs: seconds and bytes, unrounded."""
    return {
        "cases": [case.id for case in cases],
        "forecasts": [
            asdict(each)
            | {
                "core_s": each.core_s,
                "answers": each.answers,
                "wall_s": {str(machines): each.wall_s(machines) for machines in MACHINES},
                "paces": [asdict(pace) | {"width": _finite(pace.width)} for pace in each.paces],
            }
            for each in forecasts
        ],
    }


def duration(seconds: float) -> str:
    """Return a time in the unit that people would use: `3.2 s`, `14 min`, `2.5 h`, `41 days`."""
    if seconds < 1.0:
        return f"<1{NO_BREAK}s"
    factor, unit = next((one for one in UNITS if seconds >= 2 * one[0]), UNITS[-1])
    return f"{three(seconds / factor)}{NO_BREAK}{unit}"


def size(count: float) -> str:
    """Return a number of bytes with a prefix: `1.02 GB`."""
    factor, unit = next((one for one in PREFIXES if count >= one[0]), PREFIXES[-1])
    return f"{three(count / factor)}{NO_BREAK}{unit}"


def _timed(cases: Sequence[Case], budget_s: float) -> Table:
    groups: dict[str, list[Case]] = {}
    for case in cases:
        if not (isinstance(case, TokenizerCase) and case.shards):
            groups.setdefault(case.group, []).append(case)
    return Table(
        title="plan: measured in this run, one case at a time, on this machine alone",
        columns=("group", "cases"),
        rows=tuple((name, str(len(members))) for name, members in groups.items()),
        numeric=frozenset({"cases"}),
        notes=(f"timing takes {duration(budget_s)} at most, checks come on top",),
    )


def _counted(plan: CostEstimate) -> Table:
    drawn = plan.text * plan.share
    costs: list[tuple[str, float | None]] = [("(reading)", plan.text * plan.read_s), ("(words)", drawn * plan.words_s)]
    costs += [(pace.tokenizer, drawn / pace.bytes_per_s if pace.bytes_per_s else None) for pace in plan.paces]
    costs += [("all together", plan.core_s)]
    speeds = [1.0 / plan.read_s if plan.read_s else None, 1.0 / plan.words_s if plan.words_s else None]
    speeds += [pace.bytes_per_s for pace in plan.paces]
    walls = [plan.wall_s(machines) / plan.core_s for machines in MACHINES]
    stored, text = size(plan.stored), size(plan.text)
    notes = [
        f"{plan.shards:,} shards, {stored} as they lie there: about {text} of text in {plan.documents:,} documents",
        "all that if the other shards are like the one that was read",
        f"measured here on documents of that shard; a machine is one like this, with {plan.workers} workers",
        f"workers send the host {size(plan.answers)} at most, whatever the executor",
    ]
    if plan.share < 1.0:
        notes.append(f"a sample of {plan.share * 100:.2g} % of the documents would do; all of them are read to draw it")
    if plan.wall_s(MACHINES[-1]) > plan.core_s / (MACHINES[-1] * plan.workers) * 1.01:
        notes.append(f"the largest shard takes {duration(plan.core_s * plan.largest)}: more machines do not help")
    notes += [f"{pace.tokenizer}: {pace.reason}" for pace in plan.paces if pace.reason]
    return Table(
        title=f"plan: {plan.corpus}, counted shard by shard",
        columns=("tokenizer", "MB/s a core", "core time", "here", *(f"{count} machines" for count in MACHINES[1:])),
        rows=tuple(
            (
                name,
                "-" if speed is None else three(speed / 1e6),
                *("-" if cost is None else duration(cost * share) for share in (1.0, *walls)),
            )
            for (name, cost), speed in zip(costs, [*speeds, None], strict=True)
        ),
        numeric=frozenset({"MB/s a core", "core time", "here", *(f"{count} machines" for count in MACHINES[1:])}),
        notes=tuple(notes),
    )


def _finite(value: float) -> float | None:
    return value if value < float("inf") else None
