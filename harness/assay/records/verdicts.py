"""The frozen records of a comparison: what was found between two versions of the code, or between stored runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from assay.records.display import Displayed
from assay.records.results import Value

Clock = Literal["cpu", "wall"]


class Verdict(StrEnum):
    """What a check says of one cell: one operation of one case.

    `unchanged` claims that the change lies within a margin. `not judged` claims nothing. `missing` is what only the
    baseline has, `added` what only the candidate has.
    """

    REGRESSED = "regressed"
    IMPROVED = "improved"
    UNCHANGED = "unchanged"
    INCONCLUSIVE = "inconclusive"
    FAILED = "failed"
    NOT_COMPARABLE = "not comparable"
    NOT_JUDGED = "not judged"
    MISSING = "missing"
    ADDED = "added"


UNTOLD = (Verdict.INCONCLUSIVE, Verdict.NOT_COMPARABLE, Verdict.NOT_JUDGED)
NOT_COMPARED = (Verdict.NOT_COMPARABLE, Verdict.NOT_JUDGED, Verdict.MISSING, Verdict.ADDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """Which changes matter, as shares of the time.

    A change below the `minimum_effect` does not count, however significant it is. For "unchanged" the interval of the
    ratio must lie within the `equivalence_margin` on both sides of 1.
    """

    minimum_effect: float = 0.01
    equivalence_margin: float = 0.03

    @property
    def effect(self) -> float:
        """The former name of `minimum_effect`."""
        return self.minimum_effect

    @property
    def margin(self) -> float:
        """The former name of `equivalence_margin`."""
        return self.equivalence_margin


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRatio:
    """The log ratio of one cell in one epoch, for which each side has a fresh process.

    `cpu` and `wall` are the medians of the log ratios, candidate over baseline, of so many `pairs` of samples.
    `seconds` is the wall time that the samples took.
    """

    epoch: int
    cpu: float
    wall: float
    pairs: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The epoch ratios of one cell, the clock by which it is judged, and which changes matter."""

    cell: str
    epoch_ratios: tuple[EpochRatio, ...]
    clock: Clock = "cpu"
    tolerance: Tolerance = Tolerance()

    @property
    def logs(self) -> tuple[float, ...]:
        """The log ratio of each epoch by the clock that judges."""
        return tuple(one.cpu if self.clock == "cpu" else one.wall for one in self.epoch_ratios)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The verdict on one cell.

    `ratio` is candidate time / baseline time by `clock` with its 95 % interval, `wall_ratio` that of wall time.
    `p_value` is one-sided, in the direction in which the ratio points. `more_s` is how many more seconds of timing
    would probably settle an inconclusive one, where that is known.

    Of stored runs: `run` is the id of the candidate. `against` names the group baseline by which both times are
    normalized; `ratio` is then a ratio of ratios. `baseline_s` and `candidate_s` are the median times of a call by
    `clock`, where both are known.

    `minimum_detectable_effect` is the smallest slowdown, a share, that would have been found with 95 % power; infinite
    where none would. `same_figures` says that all exact figures were compared and are equal. `unmeasured` says that
    it was asked for and failed on both sides, so that nobody knows how fast it is. `allowed` says of a missing or
    unmeasured cell that the user allows it to be.
    """

    cell: str
    verdict: Verdict
    clock: Clock = "cpu"
    tolerance: Tolerance = Tolerance()
    epochs: int = 0
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    wall_ratio: float | None = None
    more_s: float | None = None
    reason: str | None = None
    remedy: str | None = None
    run: str = ""
    against: str | None = None
    baseline_s: float | None = None
    candidate_s: float | None = None
    minimum_detectable_effect: float | None = None
    same_figures: bool = False
    unmeasured: bool = False
    allowed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An exact metric that changed; None where a side lacks it. `run` is that of `Judgement`."""

    case: str
    metric: str
    baseline: Value | None
    candidate: Value | None
    run: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AATest:
    """The A/A test of a check: the baseline against itself, in the same run.

    `readings` is the number of epoch ratios, `spread` the standard deviation of their logs. The
    `minimum_detectable_effect` is the smallest slowdown (a share) that `epochs` epochs find with 95 % power at this
    noise. `false_alarms` is the share of `replays` in which the whole decision, fed with these ratios at random,
    raised one.
    """

    cells: int
    readings: int
    epochs: int
    spread: float
    minimum_detectable_effect: float
    false_alarms: float
    replays: int

    @property
    def detectable(self) -> float:
        """The former name of `minimum_detectable_effect`."""
        return self.minimum_detectable_effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A stored run that is compared: the name it was asked for by, its id, and facts about it."""

    name: str
    id: str
    started: str
    suite: str
    git: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Comparison(Displayed):
    """A whole comparison: candidate against baseline. Times are UTC in ISO 8601, `seconds` those of timing.

    Of stored runs nothing is timed; `runs` are these, the baseline first, then the candidates.
    """

    baseline: str
    candidate: str
    suite: str
    started: str
    command: str
    environment: Mapping[str, str]
    budget_s: float
    seconds: float
    changes: tuple[Change, ...]
    judgements: tuple[Judgement, ...]
    aa_test: AATest | None = None
    warnings: tuple[str, ...] = ()
    interrupted: bool = False
    runs: tuple[Compared, ...] = ()

    @property
    def alike(self) -> AATest | None:
        """The former name of `aa_test`."""
        return self.aa_test

    def count(self, verdict: Verdict) -> int:
        """Return how many cells have this verdict."""
        return sum(judgement.verdict is verdict for judgement in self.judgements)

    def of(self, run: str) -> Comparison:
        """Return the part of a comparison of stored runs that is about one candidate, by its id."""
        return replace(
            self,
            candidate=next(one.name for one in self.runs if one.id == run),
            runs=tuple(one for place, one in enumerate(self.runs) if not place or one.id == run),
            changes=tuple(one for one in self.changes if one.run == run),
            judgements=tuple(one for one in self.judgements if one.run == run),
        )

    def exit_code(self, *, strict: bool = False) -> int:
        """Return 130 when interrupted, else that of the judgements; a changed exact metric counts as a regression.

        It is 3 where a check measured nothing; of stored runs nothing is measured, so that it is 5 there.
        """
        if self.interrupted or self.changes:
            return 130 if self.interrupted else 1
        code = exit_code(self.judgements, strict=strict)
        return 3 if self.nothing_measured and code == 5 else code

    @property
    def nothing_measured(self) -> bool:
        """Whether this is a check in which no case could be measured on a side that has it."""
        alone = any(one.verdict in (Verdict.MISSING, Verdict.ADDED) and not one.allowed for one in self.judgements)
        return not (self.runs or self.changes or alone or _compared(self.judgements))


def exit_code(judgements: Iterable[Judgement], *, strict: bool = False) -> int:
    """Return 1 for a regression, 3 for a failure, 5 for what is missing or unmeasured, else 0.

    It is 5 too where nothing was compared. What the user allows to be missing or unmeasured does not count. With
    `strict` return 4 instead of 0 where a cell is inconclusive, could not be compared or was not judged.
    """
    judged = [one for one in judgements if not one.allowed]
    verdicts = {one.verdict for one in judged}
    if Verdict.REGRESSED in verdicts:
        return 1
    if Verdict.FAILED in verdicts:
        return 3
    if Verdict.MISSING in verdicts or any(one.unmeasured for one in judged) or not _compared(judged):
        return 5
    return 4 if strict and any(one.verdict in UNTOLD and not one.same_figures for one in judged) else 0


def _compared(judgements: Iterable[Judgement]) -> bool:
    """Whether anything of a cell was compared: its time, or its exact figures."""
    return any(one.verdict not in NOT_COMPARED or one.same_figures for one in judgements)
