"""Session drift: judging timings of the same cells that were stored at different times.

Between two sessions on a shared machine the very same code drifts by a third. The noise within one session does not
show that, so a change has to exceed the prediction limit: how far a session of the same code may drift besides.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from assay.records.near_names import near_names
from assay.records.verdicts import Clock, Judgement, Tolerance, Verdict
from assay.stats.paired_ratio import student_quantile

ALLOWANCE = 0.25  # what one stored session may be off
SESSIONS = 3  # so many stored sessions tell their drift themselves
PRIOR_FREEDOM = 4  # ... in which the allowance weighs as much as five sessions
ALARM = 0.99  # one in a hundred sessions of the same code lies farther above
WITNESSES, STANDS_OUT = 3, 1.5  # what so many others moved, a change exceeds so many times
FEWEST = 5  # readings
FEWEST_BLOCKS, MOST_BLOCKS, BLOCK = 10, 20, 5
TRIMMED = 5  # a fifth at either end
RESOLUTION = 1e-12  # seconds, and as a share: no clock tells less


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """The samples of one cell, in the order in which they were taken: seconds per call, by a named timer."""

    seconds: tuple[float, ...]
    timer: str = "perf_counter"

    @property
    def clock(self) -> Clock:
        """Which time the timer tells."""
        return "cpu" if self.timer.endswith(("process_time", "thread_time")) else "wall"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session, from one file: its readings by cell, and the fields of its environment that must agree."""

    source: str
    environment: Mapping[str, str]
    cells: Mapping[str, Readings]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLevel:
    """The log of the time of one call in one session: an estimate, its standard error, and the freedom of that."""

    centre: float
    error: float
    freedom: int


def minor(version: str) -> str:
    """Return a version shortened to its first two numbers."""
    return ".".join(version.split(".")[:2])


def judge(candidate: Session, baselines: Sequence[Session], *, allowance: float = ALLOWANCE) -> tuple[Judgement, ...]:
    """Judge every cell of a session, and every cell of the baselines that it lacks.

    A cell is regressed where the whole 95 % interval of its ratio lies above the prediction limit: 1 + `allowance` for
    one or two baselines, see `prediction_limit` for more. It is improved below the inverse, and unchanged between the
    two. A machine may have two speeds, and what it does to one cell it does to others: where there are three others or
    more, only a cell that stands out changed, by one and a half times what three quarters of them moved at most.
    """
    cells = dict.fromkeys(cell for session in (*baselines, candidate) for cell in session.cells)
    differences = "; ".join(_differences(candidate, baselines))
    if differences:
        return tuple(_incomparable(cell, differences, "store a baseline where it is judged") for cell in cells)
    judged = [_judged(cell, candidate, baselines, allowance) for cell in cells]
    return tuple(_among(judgement, judged) for judgement in judged)


def session_level(seconds: Sequence[float]) -> SessionLevel:
    """Estimate the level of at least five readings of one session.

    They are cut into 10 to 20 consecutive blocks (fewer readings are their own blocks), since readings that follow each
    other are alike. Of the logs of the blocks' medians the trimmed mean is taken, a fifth off either end, with Yuen's
    standard error (Biometrika 61, 1974), widened by what the blocks still have in common with the next ones,
    (1 + r) / (1 - r) for their autocorrelation r.
    """
    count = min(len(seconds), max(FEWEST_BLOCKS, min(MOST_BLOCKS, len(seconds) // BLOCK)))
    edges = [index * len(seconds) // count for index in range(count + 1)]
    logs = [
        math.log(max(RESOLUTION, statistics.median(seconds[start:end]))) for start, end in itertools.pairwise(edges)
    ]
    cut = count // TRIMMED
    kept = sorted(logs)[cut : count - cut]
    winsorised = [min(max(value, kept[0]), kept[-1]) for value in logs]
    mean = statistics.fmean(winsorised)
    away = [value - mean for value in winsorised]
    squares = math.fsum(value * value for value in away)
    together = math.fsum(a * b for a, b in itertools.pairwise(away))
    correlation = min(0.9, max(0.0, together / squares)) if squares else 0.0
    variance = squares / (len(kept) * (len(kept) - 1)) * (1 + correlation) / (1 - correlation)
    return SessionLevel(
        centre=statistics.fmean(kept),
        error=max(RESOLUTION, math.sqrt(variance)),
        freedom=len(kept) - 1,
    )


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
        return _incomparable(cell, "it is in the baseline and was not measured now", remedy)
    if not theirs:
        return _incomparable(cell, "it is not in the baseline", "store the baseline again")
    timers = {readings.timer for readings in theirs} - {ours.timer}
    if timers:
        reason = f"its timer was {', '.join(sorted(timers))} and is {ours.timer} now"
        return _incomparable(cell, reason, "use the same --benchmark-timer")
    fewest = min(len(readings.seconds) for readings in (ours, *theirs))
    if fewest < FEWEST:
        return Judgement(
            cell=cell,
            verdict=Verdict.INCONCLUSIVE,
            clock=ours.clock,
            epochs=len(theirs),
            reason=f"a side has no more than {fewest} reading{'s' * (fewest != 1)}",
            remedy=f"take at least {FEWEST} rounds",
        )
    return _weighed(cell, ours, theirs, allowance)


def _weighed(cell: str, ours: Readings, theirs: Sequence[Readings], allowance: float) -> Judgement:
    now, stored = session_level(ours.seconds), [session_level(readings.seconds) for readings in theirs]
    centres = [one.centre for one in stored]
    centre = now.centre - statistics.fmean(centres)
    half = _half_width([(now, 1.0), *((one, 1 / len(stored)) for one in stored)])
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
        reason=f"{reason} (±{share:.0%})",
    )


def _among(judgement: Judgement, judgements: Sequence[Judgement]) -> Judgement:
    """Withdraw a change where others moved too, and not a few: then it was the machine."""
    others = [abs(math.log(one.ratio)) for one in judgements if one is not judgement and one.ratio is not None]
    if judgement.verdict not in (Verdict.REGRESSED, Verdict.IMPROVED) or len(others) < WITNESSES:
        return judgement
    assert judgement.low is not None
    assert judgement.high is not None
    moved = sorted(others)[3 * len(others) // 4]
    if max(math.log(judgement.low), -math.log(judgement.high)) > STANDS_OUT * moved:
        return judgement
    reason = f"others moved too, by up to {math.expm1(moved):.0%}, so it may be the machine"
    return replace(judgement, verdict=Verdict.INCONCLUSIVE, reason=reason, remedy="run it again when it is quiet")


def _half_width(levels: Sequence[tuple[SessionLevel, float]]) -> float:
    """Half the 95 % interval of a weighted sum of levels (Welch and Satterthwaite)."""
    parts = [((weight * one.error) ** 2, one.freedom) for one, weight in levels]
    variance = math.fsum(part for part, _ in parts)
    freedom = variance**2 / math.fsum(part**2 / free for part, free in parts)
    return student_quantile(freedom, 0.975) * math.sqrt(variance)


def _differences(candidate: Session, baselines: Sequence[Session]) -> Iterator[str]:
    for session in baselines:
        for field in dict.fromkeys([*session.environment, *candidate.environment]):
            theirs, ours = session.environment.get(field), candidate.environment.get(field)
            if theirs != ours:
                yield f"{field} is {theirs or 'unknown'} in {session.source} and {ours or 'unknown'} now"


def _incomparable(cell: str, reason: str, remedy: str) -> Judgement:
    return Judgement(cell=cell, verdict=Verdict.NOT_COMPARABLE, clock="wall", reason=reason, remedy=remedy)
