"""Session drift: judging timings of the same cells that were stored at different times.

Between two sessions on a shared machine the very same code drifts by a third. The noise within one session does not
show that, so a change has to exceed the prediction limit: how far a session of the same code may drift besides.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from assay.comparison.common_shift import STANDS_OUT, UNMEASURED_DRIFT, alike, measured_drift, shifts_of
from assay.comparison.session_level import SessionLevel, fast, session_level
from assay.records.near_names import near_names
from assay.records.verdicts import Clock, Judgement, Tolerance, Verdict
from assay.stats.paired_ratio import student_quantile

ALLOWANCE = 0.25  # what one stored session may be off
SESSIONS = 3  # so many stored sessions tell their drift themselves
PRIOR_FREEDOM = 4  # ... in which the allowance weighs as much as five sessions
ALARM = 0.99  # one in a hundred sessions of the same code lies farther above
FEWEST = 5  # readings
POWER = 0.95
LARGEST_LOG = 700.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """The samples of one cell, in the order in which they were taken: seconds per call, by a named timer."""

    seconds: tuple[float, ...]
    timer: str = "perf_counter"

    @property
    def clock(self) -> Clock:
        """Which time the timer tells."""
        return "cpu" if self.timer.endswith(("process_time", "thread_time")) else "wall"

    @property
    def of_block(self) -> Callable[[Sequence[float]], float]:
        """Which figure of readings that follow each other says how fast the code is."""
        return fast if self.clock == "wall" else statistics.median


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session, from one file: its readings by cell, and the fields of its environment that must agree."""

    source: str
    environment: Mapping[str, str]
    cells: Mapping[str, Readings]


def minor(version: str) -> str:
    """Return a version shortened to its first two numbers."""
    return ".".join(version.split(".")[:2])


def judge(candidate: Session, baselines: Sequence[Session], *, allowance: float = ALLOWANCE) -> tuple[Judgement, ...]:
    """Judge every cell of a session, and every cell of the baselines that it lacks.

    A cell is regressed where the whole 95 % interval of its ratio lies above the prediction limit: 1 + `allowance` for
    one or two baselines, see `prediction_limit` for more. It is improved below the inverse, and unchanged between the
    two. Where most others moved alike it may be the machine, and the cell is inconclusive: see `common_shift`. This
    excuses no more than the drift that the baselines show among themselves, or a factor of 2.5 where there is only one.
    """
    cells = dict.fromkeys(cell for session in (*baselines, candidate) for cell in session.cells)
    differences = "; ".join(_differences(candidate, baselines))
    if differences:
        return tuple(_incomparable(cell, differences, "store a baseline where it is judged") for cell in cells)
    judged = [_judged(cell, candidate, baselines, allowance) for cell in cells]
    moved, drift = shifts_of(judged), _drift(baselines)
    return tuple(_among(judgement, moved, drift) for judgement in judged)


def prediction_limit(centres: Sequence[float], allowance: float = ALLOWANCE) -> float:
    """Return how far, in logs, a new session of the same code may lie from the mean of the stored ones.

    With one or two it is the allowance. With more it is the end of a prediction interval for one new session, Student's
    t, from the standard deviation of the sessions moderated by the allowance (Smyth, Statistical Applications in
    Genetics and Molecular Biology 3, 2004): the allowance counts as a deviation that was seen in five sessions. The
    bare deviation of three would have to be multiplied by eight, and would tell less than the allowance does.
    """
    wide = math.log1p(allowance)
    count = len(centres)
    if count < SESSIONS:
        return wide
    prior = wide / student_quantile(PRIOR_FREEDOM, ALARM)
    freedom = PRIOR_FREEDOM + count - 1
    squares = PRIOR_FREEDOM * prior**2 + (count - 1) * statistics.variance(centres)
    return student_quantile(freedom, ALARM) * math.sqrt(squares / freedom * (1 + 1 / count))


def verdict_within(low: float, high: float, limit: float) -> Verdict:
    """Return the verdict on a ratio by its interval, where changes up to the factor `limit` do not count."""
    if low > limit:
        return Verdict.REGRESSED
    if high < 1 / limit:
        return Verdict.IMPROVED
    return Verdict.UNCHANGED if 1 / limit <= low and high <= limit else Verdict.INCONCLUSIVE


def _judged(cell: str, candidate: Session, baselines: Sequence[Session], allowance: float) -> Judgement:
    ours = candidate.cells.get(cell)
    theirs = [session.cells[cell] for session in baselines if cell in session.cells]
    if ours is None:
        new = [name for name in candidate.cells if all(name not in session.cells for session in baselines)]
        near = near_names(cell, new, most=1)
        remedy = f"was it renamed to {near[0]}?" if near else "measure it, or store the baseline again"
        reason = "it is in the baseline and was not measured now"
        return replace(_incomparable(cell, reason, remedy), verdict=Verdict.MISSING)
    if not theirs:
        added = _incomparable(cell, "it is not in the baseline", "store the baseline again to judge it")
        return replace(added, verdict=Verdict.ADDED)
    timers = {readings.timer for readings in theirs} - {ours.timer}
    if timers:
        reason = f"its timer was {', '.join(sorted(timers))} and is {ours.timer} now"
        return _incomparable(cell, reason, "use the same --benchmark-timer")
    if not all(map(_valid, theirs)):
        return _incomparable(cell, "its stored times are not all above zero", "store the baseline again")
    if not _valid(ours):
        return _incomparable(cell, "its times are not all above zero", "use a finer --benchmark-timer")
    fewest = min(len(readings.seconds) for readings in (ours, *theirs))
    if fewest < FEWEST:
        return Judgement(
            cell=cell,
            verdict=Verdict.NOT_JUDGED,
            clock=ours.clock,
            epochs=len(theirs),
            reason=f"a side has no more than {fewest} reading{'s' * (fewest != 1)}",
            remedy=f"take at least {FEWEST} rounds",
        )
    return _weighed(cell, ours, theirs, allowance)


def _weighed(cell: str, ours: Readings, theirs: Sequence[Readings], allowance: float) -> Judgement:
    """Judge wall time by fast readings, which a busy machine leaves alone; usual ones may only raise a doubt."""
    judgement = _compared(cell, ours, theirs, allowance, ours.of_block)
    if ours.clock == "cpu" or judgement.verdict not in (Verdict.UNCHANGED, Verdict.IMPROVED):
        return judgement
    usual = _compared(cell, ours, theirs, allowance, statistics.median)
    if usual.verdict is not Verdict.REGRESSED:
        return judgement
    return replace(
        judgement,
        verdict=Verdict.INCONCLUSIVE,
        reason=f"its fast readings stayed, and half of all take {usual.ratio:.2f} times as long: the machine was busy,"
        " or only some calls are slower",
        remedy="run it again when it is quiet",
    )


def _compared(
    cell: str,
    ours: Readings,
    theirs: Sequence[Readings],
    allowance: float,
    of_block: Callable[[Sequence[float]], float],
) -> Judgement:
    now = session_level(ours.seconds, of_block)
    stored = [session_level(readings.seconds, of_block) for readings in theirs]
    centres = [one.centre for one in stored]
    centre = now.centre - statistics.fmean(centres)
    error, freedom = _uncertainty([(now, 1.0), *((one, 1 / len(stored)) for one in stored)])
    half = student_quantile(freedom, 0.975) * error
    ratio, low, high = math.exp(centre), math.exp(centre - half), math.exp(centre + half)
    limit = prediction_limit(centres, allowance)
    share, verdict = math.expm1(limit), verdict_within(low, high, math.exp(limit))
    reason = {
        Verdict.UNCHANGED: "no change beyond what stored timings can tell",
        Verdict.INCONCLUSIVE: "its own noise reaches over the limit",
    }.get(verdict, "more than stored timings drift")
    return Judgement(
        cell=cell,
        verdict=verdict,
        clock=ours.clock,
        tolerance=Tolerance(minimum_effect=share, equivalence_margin=share),
        epochs=len(stored),
        ratio=ratio,
        low=low,
        high=high,
        wall_ratio=ratio if ours.clock == "wall" else None,
        minimum_detectable_effect=as_share(limit + half + student_quantile(freedom, POWER) * error),
        reason=f"{reason} (±{share:.0%})",
    )


def _drift(baselines: Sequence[Session]) -> float | None:
    """Return how far the stored sessions drifted from each other, in logs; None where that was not measured."""
    levels = [
        {
            cell: session_level(found.seconds, found.of_block).centre
            for cell, found in session.cells.items()
            if _enough(found)
        }
        for session in baselines
    ]
    return measured_drift(levels)


def _enough(readings: Readings) -> bool:
    return len(readings.seconds) >= FEWEST and _valid(readings)


def _valid(readings: Readings) -> bool:
    return all(0.0 < value < math.inf for value in readings.seconds)


def _among(judgement: Judgement, moved: Mapping[str, float], drift: float | None) -> Judgement:
    """Withdraw a change where most others moved alike, and none is larger than a machine drifts."""
    others = alike(judgement, moved)
    if others is None or judgement.ratio is None:
        return judgement
    most = math.log(UNMEASURED_DRIFT) if drift is None else drift
    usual = f"{math.exp(most):.3g} times"
    known = f"one stored session leaves {usual} open" if drift is None else f"stored sessions drifted by {usual}"
    told = f"most others moved alike ({math.expm1(others):+.0%})"
    if abs(math.log(judgement.ratio)) > most:
        return replace(judgement, reason=f"{told}, but by more than a machine drifts: {known}")
    found = as_share(max(math.log1p(judgement.minimum_detectable_effect or 0.0), min(most, STANDS_OUT * abs(others))))
    return replace(
        judgement,
        verdict=Verdict.INCONCLUSIVE,
        minimum_detectable_effect=found,
        reason=f"{told}, so it may be the machine: {known}",
        remedy="run it again when it is quiet, or store more sessions",
    )


def as_share(log: float) -> float:
    """Return a log ratio as a share; infinite where it is too large for one."""
    return math.expm1(log) if log < LARGEST_LOG else math.inf


def _uncertainty(levels: Sequence[tuple[SessionLevel, float]]) -> tuple[float, float]:
    """Return the standard error of a weighted sum of levels, and its freedom (Welch and Satterthwaite)."""
    parts = [((weight * one.error) ** 2, one.freedom) for one, weight in levels]
    variance = math.fsum(part for part, _ in parts)
    freedom = variance**2 / math.fsum(part**2 / free for part, free in parts)
    return math.sqrt(variance), freedom


def _differences(candidate: Session, baselines: Sequence[Session]) -> Iterator[str]:
    for session in baselines:
        for field in dict.fromkeys([*session.environment, *candidate.environment]):
            theirs, ours = session.environment.get(field), candidate.environment.get(field)
            if theirs != ours:
                yield f"{field} is {theirs or 'unknown'} in {session.source} and {ours or 'unknown'} now"


def _incomparable(cell: str, reason: str, remedy: str) -> Judgement:
    return Judgement(cell=cell, verdict=Verdict.NOT_COMPARABLE, clock="wall", reason=reason, remedy=remedy)
