"""Comparison of stored runs: what is exact first, then times, as far as stored times can tell."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from assay.comparison.exact_metrics import changes, other_work, same_work
from assay.comparison.history import differences
from assay.comparison.ratio_of_ratios import NormalizedCell
from assay.comparison.ratio_of_ratios import judge as judge_normalized
from assay.comparison.row_timings import epochs, median_s, operations, ratio_to_baseline, readings
from assay.comparison.session_drift import Session
from assay.comparison.session_drift import judge as judge_sessions
from assay.comparison.status_change import RENAMED, status_change
from assay.environment.command_line import command_line, is_command
from assay.environment.describe import now
from assay.errors import AssayError, NotComparable
from assay.execute.run_command import store_options
from assay.records.metric_catalogue import of_plugins
from assay.records.metric_clock import ratio_clock
from assay.records.plugin_code import other_code
from assay.records.results import LocatedRun, Measurement, Outcome, Status
from assay.records.verdicts import Change, Clock, Compared, Comparison, Judgement, Verdict
from assay.store.baselines import differing
from assay.store.location import RESULTS, Where
from assay.store.lookup import find

MOST_NAMED = 4


def compare(
    *runs: str | Outcome,
    results: Where = RESULTS,
    allowance: float | None = None,
) -> Comparison:
    """Compare stored runs: the first is the baseline, each later one a candidate. Nothing is measured.

    A run is an id of the store in `results` or its beginning, the path of an accepted baseline, or what `assay.run`
    returned. `allowance` is the share that two ratios of the same code may be apart, see docs/reports.md. Raises
    `AssayError` for fewer than two runs and for the same run twice, `NotComparable` for runs that share no case.
    """
    names = [one for one in runs if isinstance(one, str)]
    stored = iter(find(names, results) if names else ())
    located = [next(stored) if isinstance(one, str) else LocatedRun(name=one.run.id, outcome=one) for one in runs]
    given = [*(one.name for one in located), *store_options(results)]
    given += ["--allowance", str(allowance)] if allowance else []
    return compare_runs(
        located, allowance=allowance, command=None if is_command() else shlex.join(["assay", "compare", *given])
    )


def compare_runs(
    runs: Sequence[LocatedRun], *, allowance: float | None = None, command: str | None = None
) -> Comparison:
    """Compare runs that were read: see `compare`. `command` is what repeats it, by default this process's own."""
    if len({one.outcome.run.id for one in runs}) < max(2, len(runs)):
        raise AssayError("a comparison takes two different runs or more", remedy="see `assay show --runs`")
    baseline, *candidates = runs
    pairs = [_Pair(baseline, one, allowance) for one in candidates]
    return Comparison(
        baseline=baseline.name,
        candidate=", ".join(one.name for one in candidates),
        suite=", ".join(dict.fromkeys(one.outcome.run.suite for one in runs)),
        started=now(),
        command=command or command_line(),
        environment=candidates[-1].outcome.run.environment,
        budget_s=0.0,
        seconds=0.0,
        changes=tuple(change for pair in pairs for change in pair.changes()),
        judgements=tuple(judgement for pair in pairs for judgement in pair.judgements()),
        warnings=tuple(dict.fromkeys(warning for pair in pairs for warning in pair.warnings())),
        runs=tuple(_compared(one) for one in runs),
    )


def _compared(one: LocatedRun) -> Compared:
    run = one.outcome.run
    return Compared(name=one.name, id=run.id, started=run.started, suite=run.suite, git=run.environment.get("git"))


@dataclass(frozen=True, slots=True)
class _Cell:
    """An operation that both sides timed, doing the same work."""

    name: str
    operation: str
    before: Measurement
    after: Measurement

    @property
    def clock(self) -> Clock:
        """The clock for both sides: wall time where one of them was told by it."""
        both = [ratio_clock(row, self.operation) for row in (self.before, self.after)]
        return "wall" if "wall" in both else "cpu"

    def seconds(self, clock: Clock) -> tuple[float, float] | tuple[None, None]:
        """The median times of a call on both sides by one clock, where both are known."""
        before, after = (median_s(row, self.operation, clock) for row in (self.before, self.after))
        return (None, None) if before is None or after is None else (before, after)


class _Pair:
    """A candidate beside the baseline; raises `NotComparable` where they share no case."""

    def __init__(self, baseline: LocatedRun, candidate: LocatedRun, allowance: float | None) -> None:
        self.baseline, self.candidate, self.allowance = baseline, candidate, allowance
        self.then, self.now = baseline.outcome.run, candidate.outcome.run
        self.before, self.after = (
            {row.case.id: row for row in one.outcome.measurements} for one in (baseline, candidate)
        )
        self.groups_before, self.groups_after = _groups(self.before), _groups(self.after)
        self.moved = differing(self.then.environment, self.now.environment)
        if self.before.keys().isdisjoint(self.after):
            raise NotComparable(
                f"{candidate.name} shares no case with {baseline.name}: {self._apart()}",
                remedy="compare runs of one suite",
            )
        added = (*of_plugins(self.then), *of_plugins(self.now))
        self.found = {
            name: changes(before, after, added)
            for name, before in self.before.items()
            if (after := self.after.get(name)) is not None and before.status is after.status is Status.OK
        }

    def changes(self) -> Iterator[Change]:
        """Yield the exact figures that changed, in the order of the baseline."""
        yield from (replace(change, run=self.now.id) for found in self.found.values() for change in found)

    def judgements(self) -> Iterator[Judgement]:
        """Yield a judgement of every operation that both timed, and of every case that one side lacks."""
        cells = [
            _Cell(f"{name}/{operation}", operation, self.before[name], self.after[name])
            for name, found in self.found.items()
            if same_work(found)
            for operation in self._timed(name)
        ]
        judged = {one.cell: one for one in self._judged(cells)}
        for name in dict.fromkeys((*self.before, *self.after)):
            for judgement in self._of_case(name, judged):
                yield replace(judgement, run=self.now.id)
        for group in [group for group in self.groups_before if group not in self.groups_after]:
            yield replace(_alone(group, gone=True), run=self.now.id)

    def warnings(self) -> Iterator[str]:
        """Yield what a reader should know before the figures."""
        for one in (self.baseline, self.candidate):
            manifest = one.outcome.manifest
            if manifest.missing:
                yield f"{one.name} is {one.outcome.run.state}: {manifest}"
        differs = "; ".join(differences(self.then.environment, self.now.environment))
        if differs:
            yield f"{self.candidate.name} was measured in another environment than {self.baseline.name}: {differs}"
        for changed in other_code(self.baseline.outcome.codes, self.candidate.outcome.codes):
            yield f"{self.candidate.name} is of other code than {self.baseline.name}: {changed}"
        before, after = self.groups_before, self.groups_after
        for one, here, there in ((self.baseline, before, after), (self.candidate, after, before)):
            groups = [group for group in here if group not in there]
            if groups:
                several = f"{len(groups):,} groups of cases are" if len(groups) > 1 else "1 group of cases is"
                yield f"{several} in {one.name} alone: {_listed(groups)}"

    def _of_case(self, name: str, judged: Mapping[str, Judgement]) -> Iterator[Judgement]:
        before, after = self.before.get(name), self.after.get(name)
        if before is None or after is None:
            row = before or after
            assert row is not None
            if row.case.group in (self.groups_after if after is None else self.groups_before):
                yield _alone(name, gone=after is None)
            return
        if name not in self.found:
            judgement = status_change(before, after)
            if judgement is not None:
                yield judgement
            return
        found = self.found[name]
        sides = operations(before), operations(after)
        for operation in dict.fromkeys((*sides[0], *sides[1])):
            if sides[0] and sides[1] and (operation in sides[0]) is not (operation in sides[1]):
                yield _alone(f"{name}/{operation}", gone=operation in sides[0])
        timed = [f"{name}/{operation}" for operation in self._timed(name)]
        if not same_work(found):
            yield from (other_work(cell, found) for cell in timed)
        elif timed:
            yield from (judged[cell] for cell in timed)
        elif not found:
            reason = "every exact figure is the same; no time is known of both runs"
            yield Judgement(cell=name, verdict=Verdict.NOT_JUDGED, same_figures=True, reason=reason)

    def _timed(self, name: str) -> list[str]:
        """The operations of a case that both sides timed."""
        after = operations(self.after[name])
        return [operation for operation in operations(self.before[name]) if operation in after]

    def _judged(self, cells: Sequence[_Cell]) -> Iterator[Judgement]:
        """Judge times: normalized by the group's baseline where there is one, else by themselves."""
        normalized = tuple(found for cell in cells if (found := self._normalized(cell)) is not None)
        sampled = {
            cell.name: (theirs, ours)
            for cell in cells
            if (theirs := readings(cell.before, cell.operation, cell.clock)) is not None
            and (ours := readings(cell.after, cell.operation, cell.clock)) is not None
        }
        then, now = (
            Session(source=one.name, environment={}, cells={name: pair[side] for name, pair in sampled.items()})
            for side, one in enumerate((self.baseline, self.candidate))
        )
        both = (*judge_sessions(now, [then]), *judge_normalized(normalized, allowance=self.allowance))
        judged = {one.cell: one for one in both}
        for cell in cells:
            before, after = cell.seconds(cell.clock)
            wall_before, wall_after = cell.seconds("wall")
            judgement = replace(
                judged.get(cell.name) or _without_samples(cell.name),
                clock=cell.clock,
                epochs=epochs(cell.after, cell.operation, self.now.settings),
                wall_ratio=wall_after / wall_before if wall_before and wall_after else None,
                baseline_s=before,
                candidate_s=after,
            )
            yield self._elsewhere(judgement) if self.moved else judgement

    def _elsewhere(self, judgement: Judgement) -> Judgement:
        reason = f"measured elsewhere: {'; '.join(self.moved)}"
        return replace(judgement, verdict=Verdict.INCONCLUSIVE, reason=reason, remedy=None)

    def _normalized(self, cell: _Cell) -> NormalizedCell | None:
        clock, plugin = cell.clock, cell.after.value("baseline")
        before = ratio_to_baseline(cell.before, self.before, cell.operation, clock, self.then.settings)
        after = ratio_to_baseline(cell.after, self.after, cell.operation, clock, self.now.settings)
        if before is None or after is None or plugin != cell.before.value("baseline"):
            return None
        return NormalizedCell(cell=cell.name, against=str(plugin), before=before, after=after)

    def _apart(self) -> str:
        before, after = self.groups_before, self.groups_after
        both = [group for group in before if group in after]
        if both:
            return f"of {both[0]} it has {_listed(after[both[0]])}, and the other {_listed(before[both[0]])}"
        return f"it measured {_listed(list(after))}, and the other {_listed(list(before))}"


def _groups(rows: Mapping[str, Measurement]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows.values():
        found.setdefault(row.case.group, []).append(row.case.plugin)
    return found


def _listed(names: Sequence[str]) -> str:
    told = ", ".join(names[:MOST_NAMED]) or "nothing"
    return told if len(names) <= MOST_NAMED else f"{told} and {len(names) - MOST_NAMED:,} more"


def _alone(name: str, *, gone: bool) -> Judgement:
    if gone:
        reason = "the baseline has it, the candidate has not"
        return Judgement(cell=name, verdict=Verdict.MISSING, reason=reason, remedy=RENAMED)
    return Judgement(cell=name, verdict=Verdict.ADDED, reason="the baseline has no such case")


def _without_samples(cell: str) -> Judgement:
    reason = "a run without samples, and no group baseline to normalize its time by"
    return Judgement(cell=cell, verdict=Verdict.INCONCLUSIVE, reason=reason, remedy="compare runs of the store")
