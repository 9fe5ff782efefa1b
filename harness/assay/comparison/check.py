"""The check: two versions of the code in the same run, from verification to the verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, dataclass, field, replace
from fnmatch import fnmatchcase

from assay.comparison.exact_metrics import changes, other_work, same_work
from assay.comparison.judging import Judging
from assay.comparison.paired_sampling import PairedSampler, VerifiedCase, affordable
from assay.comparison.sides import SideEnvironment
from assay.comparison.status_change import Names, failed_on_both, missing_plugins, not_measured, unmeasured_plugins
from assay.comparison.validity import busy_machine, other_distributions
from assay.environment.command_line import command_line
from assay.environment.describe import describe, now
from assay.errors import AssayError
from assay.execute.plan import plan
from assay.execute.refused import refused
from assay.execute.selection import Selection
from assay.execute.tokenizer_files import name_files
from assay.measure.plugin_metrics import chosen as chosen_metrics
from assay.plugins.host import Host
from assay.records.metric_clock import ratio_clock
from assay.records.results import FRESH, AttentionCase, Case, Measurement, Status, TokenizerCase
from assay.records.settings import Settings
from assay.records.verdicts import AATest, Change, Clock, Comparison, EpochRatio, Evidence, Judgement, Verdict
from assay.stats.aa_test import aa_test
from assay.stats.sequential_test import AlphaSpending, analyse, next_analysis

AA_EVERY, AA_FIRST = 5, 2
MOST_EPOCHS = 512
Tick = Callable[[str, float], object]


@dataclass(slots=True)
class _Cell:
    """An operation of a case that is timed on both sides."""

    case: Case
    clock: Clock
    epoch_ratios: list[EpochRatio] = field(default_factory=list)
    aa_ratios: list[EpochRatio] = field(default_factory=list)


@dataclass(slots=True)
class VersionCheck:
    """A check of a candidate against a baseline, the two `sides` in that order.

    `settings.budget_s` is the wall time for timing, all cells together; starting processes, building and checking
    come on top. With `calibrate` the baseline is compared with itself for all the time. `tick` is called with what
    goes on, and the seconds left. Raises `AssayError` for what cannot be checked.
    """

    host: Host
    selection: Selection
    settings: Settings
    sides: tuple[SideEnvironment, SideEnvironment]
    judging: Judging
    _: KW_ONLY
    calibrate: bool = False
    tick: Tick = lambda what, left_s: None
    cases: list[Case] = field(init=False)
    cells: dict[str, _Cell] = field(init=False, default_factory=dict)
    changes: list[Change] = field(init=False, default_factory=list)
    judged: dict[str, Judgement] = field(init=False, default_factory=dict)
    absent: list[Measurement] = field(init=False, default_factory=list)
    known: set[str] = field(init=False, default_factory=set)
    spent: float = field(init=False, default=0.0)
    effort: float = field(init=False, default=1.0)
    interrupted: bool = field(init=False, default=False)
    doubts: list[str] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        metrics = chosen_metrics(self.host, self.selection.metrics)
        block = (*self.settings.block, *self.host.unsafe)
        self.selection, named = name_files(self.host, self.selection, self.settings)
        self.settings = replace(named, metrics=metrics, block=block).drawn()
        self.cases = [case for case in plan(self.host, self.selection, self.settings) if not case.edge_case]
        sharded = next((case.corpus for case in self.cases if isinstance(case, TokenizerCase) and case.shards), None)
        if sharded is not None:
            raise AssayError(
                f"a check times what it compares, and {sharded} can only be counted shard by shard",
                remedy="give a text file or a folder of them, or compare two runs with `assay compare`",
            )

    def run(self) -> Comparison:
        """Verify all cases, time them, and judge. Ctrl-C ends the timing; what was sampled until then is judged."""
        started, chosen, busy = now(), self.selection.chosen, busy_machine()
        told = (*self.sides[1].warnings, *self.sides[0].warnings, *([busy] if busy else []))
        self.doubts += dict.fromkeys(told)
        torch = any(isinstance(case, AttentionCase) for case in self.cases)
        with PairedSampler(*self.sides, self.settings, torch=torch) as sampler:
            try:
                unsafe = sampler.try_plugins().values()
                self.doubts += [f"{self.sides[0].name} is measured without a plugin: {failure}" for failure in unsafe]
                self._verify(sampler)
                self._require_operations()
                self._compare_environments(sampler.baseline.names(), sampler.candidate.names())
            except KeyboardInterrupt:
                self.interrupted = True
            self._time(sampler)
        return Comparison(
            baseline=self.sides[0].name,
            candidate=self.sides[0 if self.calibrate else 1].name,
            suite=f"{chosen.name}/{chosen.version}",
            started=started,
            command=command_line(),
            environment=describe(self.cases),
            budget_s=self.settings.budget_s,
            seconds=self.spent,
            changes=tuple(self.changes),
            judgements=tuple(self.judged[name] for name in self._order()),
            aa_test=self._aa_test(),
            warnings=tuple(self._warnings()),
            interrupted=self.interrupted,
        )

    def _verify(self, sampler: PairedSampler) -> None:
        """Verify each case, and go on to its first epoch at once, in the processes that verified it."""
        for number, case in enumerate(self.cases):
            self.tick(f"checking {number + 1} of {len(self.cases)}: {case.id}", self.settings.budget_s - self.spent)
            refusal = refused(self.host, case)
            if refusal is not None and refusal.status is Status.FAILED:
                self.judged[case.id] = not_measured(case.id, refusal.row(case))
                continue
            self._admit(case, sampler.verify(case))
            cells = {name: cell for name, cell in self.cells.items() if cell.case is case}
            if cells:
                self._epoch(sampler, 0, cells, against_itself=self.calibrate, fresh=False)
        left_out = {row.case for row in self.absent}
        others = [case for case in self.cases if case not in left_out]
        self.judged |= {each.cell: each for each in unmeasured_plugins(self.selection, self.absent, others)}

    def _admit(self, case: Case, verified: VerifiedCase) -> None:
        """Compare what is exact, and take up as cells what can be timed on verified sides."""
        if _absent(verified):
            self.absent.append(verified.candidate)
            return
        refused = _refusal(case, verified)
        if refused is not None:
            self.judged[refused.cell] = refused
            return
        found = changes(verified.baseline, verified.candidate, self.settings.metrics)
        self.changes += found
        self.known.update(verified.iterations)
        wanted = self.judging.operations or tuple(name for name in verified.iterations if name != FRESH)
        for operation in [name for name in verified.iterations if name in wanted]:
            name = f"{case.id}/{operation}"
            if same_work(found):
                clock: Clock = "wall" if verified.outside else ratio_clock(verified.candidate, operation)
                self.cells[name] = _Cell(case, self.judging.clock or clock)
            else:
                self.judged[name] = other_work(name, found)

    def _require_operations(self) -> None:
        """Refuse an operation that no case has: a check that compares nothing must not pass."""
        unknown = [name for name in self.judging.operations if name not in self.known]
        if unknown and self.known:
            there = ", ".join(sorted(self.known))
            raise AssayError(f"no case has an operation {unknown[0]!r}", remedy=f"there are: {there}")

    def _compare_environments(self, before: Names, after: Names) -> None:
        """Judge plugins that only the baseline has, and warn of distributions that differ."""
        self.judged |= {each.cell: each for each in missing_plugins(self.host, self.selection, before, after)}
        if not before or not after:
            self.doubts.append("a side did not tell its plugins and distributions: what it lacks is not seen")
            return
        meant = (*self.sides[0].meant, *self.sides[1].meant)
        told = other_distributions(before.get("distributions", {}), after.get("distributions", {}), meant)
        self.doubts += [] if told is None else [told]

    def _time(self, sampler: PairedSampler) -> None:
        """Sample further epochs until an analysis has settled every cell or the time is spent."""
        live = {name: cell for name, cell in self.cells.items() if name not in self.judged}
        if not live:
            return
        epochs, state = 1, AlphaSpending(len(self.cells))
        self.effort = affordable(self.spent, self.settings.budget_s - self.spent)
        while live:
            goal = min(next_analysis(epochs), MOST_EPOCHS)
            while epochs < goal and live and not self._over(epochs):
                try:
                    self._epoch(sampler, epochs, live, against_itself=self.calibrate)
                    if not self.calibrate and epochs % AA_EVERY == AA_FIRST:
                        self._epoch(sampler, epochs, live, against_itself=True)
                except KeyboardInterrupt:
                    self.interrupted = True
                epochs += 1
            final = self._over(epochs) or epochs >= MOST_EPOCHS
            settled, state = analyse(state, [self._evidence(name) for name in live], final=final)
            for judgement in settled:
                self.judged[judgement.cell] = judgement
                if not self.calibrate:
                    del live[judgement.cell]
            if final:
                return

    def _epoch(
        self,
        sampler: PairedSampler,
        number: int,
        live: dict[str, _Cell],
        *,
        against_itself: bool,
        fresh: bool = True,
    ) -> None:
        cases = list(dict.fromkeys(cell.case for cell in live.values()))
        before = self.spent

        def tell(case: Case) -> None:
            left = f"{len(live)} of {len(self.cells)} cells open" if fresh else "as it is checked"
            what = "the baseline against itself" if against_itself else left
            self.tick(f"epoch {number + 1}, {what}: {case.id}", self.settings.budget_s - self.spent)

        for case, found in sampler.epoch(
            number,
            cases,
            live.__contains__,
            effort=lambda cell: self.effort,
            against_itself=against_itself,
            fresh=fresh,
            tick=tell,
        ):
            if isinstance(found, Measurement):
                for name in [name for name, cell in live.items() if cell.case == case]:
                    self.judged[name] = not_measured(name, found)
                    del live[name]
                continue
            for name, taken in found.items():
                cell = live[name]
                (cell.aa_ratios if against_itself and not self.calibrate else cell.epoch_ratios).append(taken)
                self.spent += taken.seconds
        if self.spent == before and live and fresh:
            self.spent = self.settings.budget_s  # nothing can be sampled any more

    def _over(self, epochs: int) -> bool:
        """Whether the time is spent, by the clock alone: the next epoch would take it beyond."""
        typical = self.spent / epochs if epochs else 0.0
        return self.interrupted or self.spent + typical / 2 > self.settings.budget_s

    def _evidence(self, name: str) -> Evidence:
        cell = self.cells[name]
        tolerance = self.judging.budgets.of(name)
        return Evidence(cell=name, epoch_ratios=tuple(cell.epoch_ratios), clock=cell.clock, tolerance=tolerance)

    def _aa_test(self) -> AATest | None:
        logs = [
            Evidence(cell=name, epoch_ratios=tuple(own), clock=cell.clock).logs
            for name, cell in self.cells.items()
            if (own := cell.epoch_ratios if self.calibrate else cell.aa_ratios)
        ]
        epochs = max((len(cell.epoch_ratios) for cell in self.cells.values()), default=0)
        if not logs or not epochs:
            return None
        return aa_test(logs, epochs, tolerance=self.judging.budgets.default, seed=self.settings.seed)

    def _warnings(self) -> Iterator[str]:
        yield from self.doubts
        if self.absent:
            several = f"{len(self.absent)} cases are" if len(self.absent) > 1 else "1 case is"
            names = ", ".join(dict.fromkeys(row.case.plugin for row in self.absent))
            yield f"{several} skipped, unsupported or announced to fail on both sides, and left out: {names}"
        for pattern, _ in self.judging.budgets.rules:
            if self.cells and not any(fnmatchcase(name, pattern) for name in self.cells):
                yield f"the budget of {pattern!r} is that of no cell here; a pattern is compared with the whole id"
        if self.interrupted:
            yield "interrupted: the verdicts are those of what was read until then"

    def _order(self) -> list[str]:
        """Names of what is judged, in the order of the plan; last what is not in it."""
        places = {case.id: place for place, case in enumerate(self.cases)}
        known = list(self.cells)

        def place(name: str) -> tuple[int, int]:
            case = name if name in places else name.rpartition("/")[0]
            return places.get(case, len(places)), known.index(name) if name in self.cells else -1

        return sorted(self.judged, key=place)


def _absent(verified: VerifiedCase) -> bool:
    ours, theirs = verified.candidate, verified.baseline
    return ours.status is theirs.status is not Status.OK and not ours.blamed and not theirs.blamed


def _refusal(case: Case, verified: VerifiedCase) -> Judgement | None:
    ours, theirs = verified.candidate, verified.baseline
    if ours.status is Status.OK and theirs.status is Status.OK:
        return None
    if theirs.status is Status.OK and ours.blamed:
        return not_measured(case.id, ours)
    if Status.OK not in (ours.status, theirs.status) and (ours.blamed or theirs.blamed):
        return failed_on_both(theirs, ours)
    rows = (("baseline", theirs), ("candidate", ours))
    reasons = [f"{side}: {row.status}, {row.reason}" for side, row in rows if row.status is not Status.OK]
    verdict = Verdict.MISSING if theirs.status is Status.OK else Verdict.NOT_COMPARABLE
    verdict = Verdict.ADDED if ours.status is Status.OK else verdict
    return Judgement(cell=case.id, verdict=verdict, reason="; ".join(reasons), remedy=ours.remedy)
