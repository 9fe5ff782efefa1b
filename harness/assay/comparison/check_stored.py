"""A stored run as the baseline: exact figures are judged, and stored timings may warn."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from assay.comparison.exact_metrics import changes
from assay.comparison.row_timings import median_s
from assay.comparison.status_change import failed_on_both, missing_plugin, status_change
from assay.comparison.validity import busy_machine
from assay.environment.command_line import command_line
from assay.environment.describe import describe, now
from assay.errors import AssayError, NotComparable
from assay.execute.refused import try_corpora
from assay.execute.scheduler import execute
from assay.plugins.host import Host
from assay.plugins.types import AttentionPlugin, TokenizerPlugin
from assay.records.metric_catalogue import Definition
from assay.records.metric_clock import ratio_clock
from assay.records.results import AttentionCase, Case, LocatedRun, Measurement, Status
from assay.records.settings import Settings
from assay.records.verdicts import Change, Clock, Comparison, Judgement, Verdict
from assay.store.baselines import differing

WARN = 1.25
Pair = tuple[Measurement, Measurement]


def check_stored(
    host: Host,
    stored: LocatedRun,
    settings: Settings,
    *,
    candidate: str,
    doubts: Sequence[str] = (),
    wanted: Callable[[Case], bool] = lambda case: True,
    tick: Callable[[str, float], object] = lambda what, left_s: None,
) -> Comparison:
    """Measure the `wanted` cases of a stored run now, and compare what is exact.

    Stored timings drift by a third on shared machines, so a time more than a quarter longer is a warning, not a
    verdict. `doubts` are warnings to be shown first. Raises `NotComparable` where the run was measured on another
    machine, naming what differs, and `AssayError` where it has no such case.
    """
    name, then = stored.name, stored.outcome.run
    environment = describe(row.case for row in stored.outcome.measurements)
    other = differing(then.environment, environment)
    if other:
        raise NotComparable(
            f"{name} was measured elsewhere: {'; '.join(other)}", remedy="give a git revision as the baseline"
        )
    before = {row.case.id: row for row in stored.outcome.measurements if wanted(row.case)}
    if not before:
        raise AssayError(f"{name} has no case that was asked for", remedy="see `assay show` for what it has")
    gone = [row.case for row in before.values() if not _here(host, row.case)]
    cases = [row.case for row in before.values() if row.case not in gone]
    settings = replace(settings, grid=Settings.from_json(then.settings).grid)
    started, begun, busy = now(), time.monotonic(), busy_machine()
    rows: list[Measurement] = []
    interrupted = False
    try_corpora(host, cases)
    try:
        for result in execute(
            host, cases, settings, lambda group, phase, done, left: tick(f"{phase}: {group}", max(0.0, left))
        ):
            rows += result.measurements
    except KeyboardInterrupt:
        interrupted = True
    pairs = [(before[row.case.id], row) for row in rows]
    found = [_changes(*pair, settings.metrics) for pair in pairs]
    return Comparison(
        baseline=name,
        candidate=candidate,
        suite=then.suite,
        started=started,
        command=command_line(),
        environment=environment,
        budget_s=settings.budget_s,
        seconds=time.monotonic() - begun,
        changes=tuple(chain.from_iterable(found)),
        judgements=(*_judge(pairs, found), *(missing_plugin(case.id) for case in gone)),
        warnings=(
            *doubts,
            *([busy] if busy else []),
            *_slower(pairs),
            *(("interrupted: the rest of the cases was not compared",) if interrupted else ()),
        ),
        interrupted=interrupted,
    )


def _changes(baseline: Measurement, candidate: Measurement, added: Sequence[Definition]) -> tuple[Change, ...]:
    both = baseline.status is Status.OK and candidate.status is Status.OK
    return changes(baseline, candidate, added) if both else ()


def _judge(pairs: Sequence[Pair], found: Sequence[Sequence[Change]]) -> Iterator[Judgement]:
    """A judgement of each case but those whose exact figures differ: these are in the changes."""
    for (baseline, candidate), changed in zip(pairs, found, strict=True):
        judgement = status_change(baseline, candidate)
        if Status.OK not in (baseline.status, candidate.status) and candidate.blamed:
            yield failed_on_both(baseline, candidate)
        elif judgement is not None:
            yield judgement
        elif candidate.status is Status.OK and not changed:
            yield Judgement(
                cell=candidate.case.id,
                verdict=Verdict.NOT_JUDGED,
                same_figures=True,
                reason="every exact figure is the same; stored times are not judged",
            )


def _here(host: Host, case: Case) -> bool:
    kind = AttentionPlugin if isinstance(case, AttentionCase) else TokenizerPlugin
    return any(plugin.name == case.plugin for plugin in host.every(kind))


def _slower(pairs: Sequence[Pair]) -> Iterator[str]:
    """A warning for each timed operation that took a quarter longer than the stored one."""
    for baseline, candidate in pairs:
        for timing in candidate.timings:
            clocks: tuple[Clock, Clock] = (ratio_clock(candidate, timing.name), "wall")  # the one that both sides know
            sides = ([median_s(row, timing.name, clock) for row in (baseline, candidate)] for clock in clocks)
            before, after = next((found for found in sides if None not in found), (None, None))
            if before is not None and after is not None and before * WARN <= after:
                yield (
                    f"{candidate.case.id}: {timing.name} took {after / before - 1:.0%} longer than when it was stored;"
                    " stored times drift by a third, so check it against a revision"
                )
