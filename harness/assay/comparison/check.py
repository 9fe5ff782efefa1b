"""The check: two versions of the code in the same run, from verification to the verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from assay.comparison.exact_metrics import changes, same_work
from assay.comparison.missing_plugins import lost
from assay.comparison.paired_sampling import PairedSampler, VerifiedCase, affordable
from assay.comparison.sides import SideEnvironment
from assay.comparison.tolerance import Budgets
from assay.environment.command_line import command_line
from assay.environment.describe import describe, now
from assay.errors import AssayError
from assay.execute.plan import Selection, plan
from assay.measure.plugin_metrics import chosen as chosen_metrics
from assay.plugins.host import Host
from assay.records.results import AttentionCase, Case, Measurement, Status, TokenizerCase
from assay.records.settings import Settings
from assay.records.verdicts import AATest, Change, Clock, Comparison, EpochRatio, Evidence, Judgement, Verdict
from assay.stats.aa_test import alike
from assay.stats.sequential_test import Q, begin, look, next_look

ALIKE_EVERY, ALIKE_FIRST = 5, 2
MOST_EPOCHS = 512
Tick = Callable[[str, float], object]


@dataclass(slots=True)
class _Cell:
    """An operation of a case that is timed on both sides."""

    case: Case
    clock: Clock
    readings: list[EpochRatio] = field(default_factory=list)
    twins: list[EpochRatio] = field(default_factory=list)


def check(
    host: Host,
    selection: Selection,
    settings: Settings,
    sides: tuple[SideEnvironment, SideEnvironment],
    *,
    budgets: Budgets,
    clock: Clock | None = None,
    operations: Sequence[str] = (),
    calibrate: bool = False,
    tick: Tick = lambda what, left_s: None,
) -> Comparison:
    """Check a candidate against a baseline, the two `sides` in that order.

    `settings.budget_s` is the wall time for timing, all cells together; starting processes, building and checking
    come on top. `clock` None judges by CPU time, and by wall time what runs elsewhere (a device, other processes). Of
    the operations only those named are timed, all for none. With `calibrate` the baseline is compared with itself for
    all the time. `tick` is told what goes on, and the seconds left. Ctrl-C ends the timing; what was read until then
    is judged. Raises `AssayError` for bad input, before anything is measured.
    """
    return _Check(host, selection, settings, sides, budgets, clock, operations, calibrate=calibrate, tick=tick).run()


class _Check:
    """One check on its way."""

    def __init__(
        self,
        host: Host,
        selection: Selection,
        settings: Settings,
        sides: tuple[SideEnvironment, SideEnvironment],
        budgets: Budgets,
        clock: Clock | None,
        operations: Sequence[str],
        *,
        calibrate: bool,
        tick: Tick,
    ) -> None:
        self.settings = replace(settings, metrics=chosen_metrics(host, selection.metrics))
        self.sides, self.budgets = sides, budgets
        self.clock, self.operations, self.calibrate, self.tick = clock, operations, calibrate, tick
        self.host, self.selection = host, selection
        self.suite = f"{selection.chosen.name}/{selection.chosen.version}"
        self.cases = [case for case in plan(host, selection) if not _is_edge_case(case)]
        spread = next((case.corpus for case in self.cases if isinstance(case, TokenizerCase) and case.shards), None)
        if spread is not None:
            raise AssayError(
                f"a check times what it compares, and {spread} can only be counted shard by shard",
                remedy="give a text file or a folder of them, or compare two runs with `assay compare`",
            )
        self.cells: dict[str, _Cell] = {}
        self.changes: list[Change] = []
        self.judged: dict[str, Judgement] = {}
        self.absent: list[Case] = []
        self.known: set[str] = set()
        self.spent = 0.0
        self.effort = 1.0
        self.interrupted = False

    def run(self) -> Comparison:
        """Carry it out."""
        started = now()
        with PairedSampler(*self.sides, self.settings) as versus:
            try:
                for number, case in enumerate(self.cases):
                    self.tick(f"checking {number + 1} of {len(self.cases)}: {case.id}", self.settings.budget_s)
                    self._admit(case, versus.verify(case))
                self._know()
                names = versus.baseline.names(), versus.candidate.names()
                self.judged |= {each.cell: each for each in lost(self.host, self.selection, *names)}
            except KeyboardInterrupt:
                self.interrupted = True
            self._time(versus)
        return Comparison(
            baseline=self.sides[0].name,
            candidate=self.sides[0 if self.calibrate else 1].name,
            suite=self.suite,
            started=started,
            command=command_line(),
            environment=describe(self.cases),
            budget_s=self.settings.budget_s,
            seconds=self.spent,
            changes=tuple(self.changes),
            judgements=tuple(self.judged[name] for name in self._order()),
            alike=self._alike(),
            warnings=tuple(self._warnings()),
            interrupted=self.interrupted,
        )

    def _admit(self, case: Case, verified: VerifiedCase) -> None:
        """Compare what is exact, and take up as cells what can be timed on both sides."""
        if _absent(verified):
            self.absent.append(case)
            return
        refused = _refusal(case, verified)
        if refused is not None:
            self.judged[refused.cell] = refused
            return
        found = changes(verified.baseline, verified.candidate, self.settings.metrics)
        self.changes += found
        self.known.update(verified.iterations)
        for operation in [name for name in verified.iterations if not self.operations or name in self.operations]:
            name = f"{case.id}/{operation}"
            if same_work(found):
                self.cells[name] = _Cell(case, self.clock or _clock_of(case, verified))
            else:
                what = ", ".join(change.metric for change in found)
                self.judged[name] = Judgement(
                    cell=name, verdict=Verdict.NOT_COMPARABLE, reason=f"it does other work now: {what} changed"
                )

    def _know(self) -> None:
        """Refuse an operation that no case has: a check that compares nothing must not pass."""
        unknown = [name for name in self.operations if name not in self.known]
        if unknown and self.known:
            there = ", ".join(sorted(self.known))
            raise AssayError(f"no case has an operation {unknown[0]!r}", remedy=f"there are: {there}")

    def _time(self, versus: PairedSampler) -> None:
        """Look again and again until all is settled or the time is spent."""
        if not self.cells:
            return
        live, epochs, state = dict(self.cells), 0, begin(len(self.cells), Q)
        while live:
            goal = min(next_look(epochs), MOST_EPOCHS)
            while epochs < goal and live and not self._over(epochs):
                try:
                    self._epoch(versus, epochs, live, twin=self.calibrate)
                    if not epochs:
                        self.effort = affordable(self.spent, self.settings.budget_s - self.spent)
                    if not self.calibrate and epochs % ALIKE_EVERY == ALIKE_FIRST:
                        self._epoch(versus, epochs, live, twin=True)
                except KeyboardInterrupt:
                    self.interrupted = True
                epochs += 1
            last = self._over(epochs) or epochs >= MOST_EPOCHS
            settled, state = look(state, [self._evidence(name) for name in live], last=last)
            for judgement in settled:
                self.judged[judgement.cell] = judgement
                if not self.calibrate:
                    del live[judgement.cell]
            if last:
                return

    def _epoch(self, versus: PairedSampler, number: int, live: dict[str, _Cell], *, twin: bool) -> None:
        cases = list(dict.fromkeys(cell.case for cell in live.values()))
        before = self.spent

        def tell(case: Case) -> None:
            what = "the baseline against itself" if twin else f"{len(live)} of {len(self.cells)} cells open"
            self.tick(f"epoch {number + 1}, {what}: {case.id}", self.settings.budget_s - self.spent)

        for case, found in versus.epoch(
            number, cases, live.__contains__, effort=lambda cell: self.effort, alike=twin, tick=tell
        ):
            if isinstance(found, Measurement):
                for name in [name for name, cell in live.items() if cell.case == case]:
                    self.judged[name] = _failed(name, found)
                    del live[name]
                continue
            for name, taken in found.items():
                cell = live[name]
                (cell.twins if twin and not self.calibrate else cell.readings).append(taken)
                self.spent += taken.seconds
        if self.spent == before and live:
            self.spent = self.settings.budget_s  # nothing can be read any more

    def _over(self, epochs: int) -> bool:
        """Whether the time is spent, by the clock alone: the next epoch would take it beyond."""
        typical = self.spent / epochs if epochs else 0.0
        return self.interrupted or self.spent + typical / 2 > self.settings.budget_s

    def _evidence(self, name: str) -> Evidence:
        cell = self.cells[name]
        return Evidence(cell=name, readings=tuple(cell.readings), clock=cell.clock, tolerance=self.budgets.of(name))

    def _alike(self) -> AATest | None:
        """What the baseline against itself came to, over all cells."""
        logs = [
            [reading.cpu if cell.clock == "cpu" else reading.wall for reading in own]
            for cell in self.cells.values()
            if (own := cell.readings if self.calibrate else cell.twins)
        ]
        epochs = max((len(cell.readings) for cell in self.cells.values()), default=0)
        tolerance = self.budgets.default
        return alike(logs, epochs, tolerance=tolerance, seed=self.settings.seed) if logs and epochs else None

    def _warnings(self) -> Iterator[str]:
        if self.absent:
            several = f"{len(self.absent)} cases are" if len(self.absent) > 1 else "1 case is"
            names = ", ".join(dict.fromkeys(case.plugin for case in self.absent))
            yield f"{several} skipped, unsupported or announced to fail on both sides, and left out: {names}"
        for pattern, _ in self.budgets.rules:
            if self.cells and not any(fnmatchcase(name, pattern) for name in self.cells):
                yield f"the budget of {pattern!r} is that of no cell here; a pattern is held against the whole id"
        if self.interrupted:
            yield "interrupted: the verdicts are those of what was read until then"

    def _order(self) -> list[str]:
        """Names of what is judged, in the order of the plan; last what is no case of it."""
        places = {case.id: place for place, case in enumerate(self.cases)}
        known = list(self.cells)

        def place(name: str) -> tuple[int, int]:
            case = name if name in places else name.rpartition("/")[0]
            return places.get(case, len(places)), known.index(name) if name in self.cells else -1

        return sorted(self.judged, key=place)


def _is_edge_case(case: Case) -> bool:
    return isinstance(case, TokenizerCase) and case.edge_case


def _clock_of(case: Case, verified: VerifiedCase) -> Clock:
    """CPU time, but wall time of what runs on another device or in other processes, or waits."""
    return "wall" if verified.outside or (isinstance(case, AttentionCase) and case.workload.device != "cpu") else "cpu"


def _absent(verified: VerifiedCase) -> bool:
    """Whether neither side has the case, and neither is to blame."""
    ours, theirs = verified.candidate, verified.baseline
    return ours.status is theirs.status is not Status.OK and not ours.blamed and not theirs.blamed


def _refusal(case: Case, verified: VerifiedCase) -> Judgement | None:
    """Why a case cannot be compared, or None."""
    ours, theirs = verified.candidate, verified.baseline
    if ours.status is Status.OK and theirs.status is Status.OK:
        return None
    if theirs.status is Status.OK and ours.blamed:
        return Judgement(cell=case.id, verdict=Verdict.FAILED, reason=ours.reason, remedy=ours.remedy)
    rows = (("baseline", theirs), ("candidate", ours))
    said = [f"{side}: {row.status}, {row.reason}" for side, row in rows if row.status is not Status.OK]
    return Judgement(cell=case.id, verdict=Verdict.NOT_COMPARABLE, reason="; ".join(said), remedy=ours.remedy)


def _failed(name: str, row: Measurement) -> Judgement:
    verdict = Verdict.FAILED if row.blamed else Verdict.NOT_COMPARABLE
    return Judgement(cell=name, verdict=verdict, reason=row.reason, remedy=row.remedy)
