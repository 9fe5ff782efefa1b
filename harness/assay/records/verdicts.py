"""The frozen records of a comparison: what was found between two versions of the code, or between stored runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from assay.records.results import Value

Clock = Literal["cpu", "wall"]


class Verdict(StrEnum):
    """What a check says of one cell: one operation of one case."""

    REGRESSED = "regressed"
    IMPROVED = "improved"
    UNCHANGED = "unchanged"
    INCONCLUSIVE = "inconclusive"
    FAILED = "failed"
    NOT_COMPARABLE = "not comparable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """What matters, as shares of the time: a change of less than `effect` is none, whatever its significance.

    `margin` is the half width within which the interval of the ratio must lie to say that nothing changed.
    """

    effect: float = 0.01
    margin: float = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRatio:
    """One epoch (a fresh process for each side) of one cell.

    `cpu` and `wall` are the medians of the log ratios, candidate over baseline, of its so many pairs of samples,
    which took `seconds` of wall time.
    """

    epoch: int
    cpu: float
    wall: float
    pairs: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that was read of one cell, by which clock it is judged, and what would matter."""

    cell: str
    readings: tuple[EpochRatio, ...]
    clock: Clock = "cpu"
    tolerance: Tolerance = Tolerance()

    @property
    def logs(self) -> tuple[float, ...]:
        """The log ratio of each epoch by the clock that judges."""
        return tuple(reading.cpu if self.clock == "cpu" else reading.wall for reading in self.readings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The verdict on one cell.

    `ratio` is candidate time / baseline time by `clock` with its 95 % interval, `wall_ratio` that of wall time;
    `p_value` is the one-sided one of the direction in which the ratio points. An inconclusive one says how many
    more seconds of timing would probably tell, where that can be said.

    Of stored runs: `run` is the candidate that is meant, by its id; `against` names the plugin whose times of the same
    rounds both times are held to, `ratio` then being the ratio of two ratios; `baseline_s` and `candidate_s` are the
    median wall times of a call.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An exact metric that is not what it was; None where a side lacks it. `run` is that of `Judgement`."""

    case: str
    metric: str
    baseline: Value | None
    candidate: Value | None
    run: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AATest:
    """What the baseline against itself came to, in the same run.

    `spread` is the standard deviation over epochs of the log ratio, `detectable` the smallest slowdown (a share)
    that `epochs` epochs would find in 95 of 100 cases at this noise, `false_alarms` the share of `replays` in
    which the whole decision, fed with these readings at random, raised one.
    """

    cells: int
    readings: int
    epochs: int
    spread: float
    detectable: float
    false_alarms: float
    replays: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A stored run that is compared: how it was named, its id, and what tells it from others."""

    name: str
    id: str
    started: str
    suite: str
    git: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A whole comparison: candidate against baseline. Times are UTC in ISO 8601, `seconds` those of timing.

    Where stored runs are compared, and nothing is timed, `runs` are these: the baseline first, then the candidates.
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
    alike: AATest | None = None
    warnings: tuple[str, ...] = ()
    interrupted: bool = False
    runs: tuple[Compared, ...] = ()

    def count(self, verdict: Verdict) -> int:
        """How many cells have this verdict."""
        return sum(judgement.verdict is verdict for judgement in self.judgements)

    def of(self, run: str) -> Comparison:
        """Give the part of a comparison of stored runs that is about one candidate, by its id."""
        return replace(
            self,
            candidate=next(one.name for one in self.runs if one.id == run),
            runs=tuple(one for place, one in enumerate(self.runs) if not place or one.id == run),
            changes=tuple(one for one in self.changes if one.run == run),
            judgements=tuple(one for one in self.judgements if one.run == run),
        )

    def exit_code(self, *, strict: bool = False) -> int:
        """130 when interrupted; else that of the judgements, where a changed exact metric counts as a regression."""
        return 130 if self.interrupted else 1 if self.changes else exit_code(self.judgements, strict=strict)


def exit_code(judgements: Iterable[Judgement], *, strict: bool = False) -> int:
    """1 for a regression, 3 for a failure, 5 where nothing could be compared.

    With `strict` 4 where anything is inconclusive or could not be compared, such as a renamed cell; else 0.
    """
    verdicts = {judgement.verdict for judgement in judgements}
    if Verdict.REGRESSED in verdicts:
        return 1
    if Verdict.FAILED in verdicts:
        return 3
    if verdicts <= {Verdict.NOT_COMPARABLE}:  # none at all among them
        return 5
    return 4 if strict and verdicts & {Verdict.INCONCLUSIVE, Verdict.NOT_COMPARABLE} else 0
