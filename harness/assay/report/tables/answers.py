"""The answers of a run: who is best, by how much, and how far to trust it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from assay.records.results import AttentionCase, Measurement, Noise, Outcome, Status
from assay.report.tables.columns import shown
from assay.report.tables.group_words import group_words
from assay.report.tables.results import is_approximate, is_limit
from assay.report.text.significant_digits import figure, fixed, last_digit

FEW = 2  # groups whose answers are told one by one; of more the wins are counted
MOST_NAMED = 3
CLOSE = "too close to call"
UNITS = (("s", 1.0), ("ms", 1e3), ("µs", 1e6), ("ns", 1e9))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """How far to trust a run: `good`, `warn` or `bad`, and why."""

    level: Literal["good", "warn", "bad"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Win:
    """The best rows of a group for one question: several are too close to call, or equal. `words` has the figures."""

    question: str
    group: str
    rows: tuple[Measurement, ...]
    words: str


def answers(measurements: Sequence[Measurement]) -> tuple[str, ...]:
    """Return one line for each question that the rows answer: `fewest tokens (lossless): gpt2, 5,145`.

    Of more than two groups of comparable rows it counts in how many each is best.
    """
    questions: dict[str, list[Win]] = {}
    for rows in groups(measurements).values():
        for win in wins(rows):
            questions.setdefault(win.question, []).append(win)
    lines: list[str] = []
    for question, found in questions.items():
        if len(found) > FEW:
            lines.append(f"{question}: {_tally(found)}")
        else:
            lines += [f"{question}: {win.words}" + (f" · {win.group}" if len(found) > 1 else "") for win in found]
    return tuple(lines)


def groups(measurements: Sequence[Measurement]) -> Mapping[str, list[Measurement]]:
    """Return the rows that may be compared, by group; what is not applicable and edge cases are left out."""
    found: dict[str, list[Measurement]] = {}
    for row in measurements:
        if row.status is not Status.UNSUPPORTED and not is_limit(row):
            found.setdefault(row.case.group, []).append(row)
    return found


def wins(rows: Sequence[Measurement]) -> Iterator[Win]:
    """Yield who is best among the rows of one group; nothing for questions with fewer than two rows to compare."""
    sound = [row for row in rows if _sound(row)]
    if not sound or len(rows) < 2:
        return
    words = group_words(rows[0].case)
    if isinstance(rows[0].case, AttentionCase):
        if fastest := _fastest(sound, "step"):
            yield Win(question="fastest attention", group=words, rows=fastest, words=_speed(sound, fastest, "step"))
        return
    counted = {row.case.plugin: tokens for row in sound if isinstance(tokens := row.value("tokens"), int)}
    checked = all(row.value("round_trip") is not None for row in sound)
    which = "lossless" if checked else "not all checked for loss"
    if counted:
        least = min(counted.values())
        best = tuple(row for row in sound if counted.get(row.case.plugin) == least)
        spoken = f"{_names(best)}, {least:,}{' each' * _many(best)}"
        yield Win(question=f"fewest tokens ({which})", group=words, rows=best, words=spoken)
    if fastest := _fastest(sound, "encode"):
        spoken = _speed(sound, fastest, "encode")
        yield Win(question=f"fastest encode ({which})", group=words, rows=fastest, words=spoken)


def _sound(row: Measurement) -> bool:
    """Return whether a row can be the best: it computes the whole of what is asked, and long enough to be compared."""
    whole = not (row.loses_text or is_approximate(row) or row.value("overhead_bound"))
    return row.status is Status.OK and whole


def ratio_of(row: Measurement, operation: str) -> tuple[float, float, float] | None:
    """Return the time over that of the baseline with the ends of its interval; None where the row was not timed."""
    ratio = row.value(f"{operation}_ratio")
    if not isinstance(ratio, int | float) or isinstance(ratio, bool):
        return None
    low, high = row.value(f"{operation}_ratio_low"), row.value(f"{operation}_ratio_high")
    value = float(ratio)
    return value, float(low) if isinstance(low, float) else value, float(high) if isinstance(high, float) else value


def trust(outcome: Outcome) -> Trust:
    """Return how many rows passed their checks, how busy the machine was, and how small a difference is noise."""
    rows = [row for row in outcome.measurements if row.status is not Status.UNSUPPORTED]
    apart = len(outcome.measurements) - len(rows)
    ended = Counter(row.status for row in rows)
    failed = sum(row.blamed for row in rows)
    busy = sum(bool(row.value("busy")) for row in rows)
    expected = ended[Status.FAILED] - failed
    counts = (
        f"{ended[Status.OK]:,} of {len(rows):,} rows passed their checks",
        f"{failed:,} failed" if failed else "",
        f"{expected:,} expected failure{'s' * (expected != 1)}" if expected else "",
        f"{ended[Status.SKIPPED]:,} skipped" if ended[Status.SKIPPED] else "",
        f"{apart:,} not applicable" if apart else "",
        f"{outcome.manifest.missing:,} not measured yet" if outcome.manifest.missing else "",
    )
    load, cores = (outcome.run.environment.get(name) for name in ("load", "cores"))
    noise = outcome.noise
    parts = [
        ", ".join(filter(None, counts)),
        f"load {load} on {cores} core{'s' * (cores != '1')}" if load and cores else "",
        f"{busy:,} row{'s' * (busy != 1)} waited for a core" if busy else "",
        _noise_words(noise),
    ]
    doubtful = busy or outcome.manifest.missing or noise is None or outcome.run.state in ("interrupted", "failed")
    return Trust(level="bad" if failed else "warn" if doubtful else "good", text="; ".join(filter(None, parts)))


def _noise_words(noise: Noise | None) -> str:
    if noise is None:
        return "noise not measured"
    least = noise.minimum_detectable_effect
    told = f"differences under {least:.1%} are noise" if isfinite(least) else "too short to tell what is noise"
    return f"{told} (identical code differed by {noise.median:.1%})".replace("%", " %")


def _fastest(rows: Sequence[Measurement], operation: str) -> tuple[Measurement, ...]:
    """Return the fastest row, and those whose interval overlaps with its own."""
    timed = sorted(((ratio, row) for row in rows if (ratio := ratio_of(row, operation))), key=lambda pair: pair[0][0])
    if len(timed) < 2:
        return ()
    (_, _, high), _ = timed[0]
    return tuple(row for (_, low, _), row in timed if low <= high)


def _speed(rows: Sequence[Measurement], best: Sequence[Measurement], operation: str) -> str:
    """Return the winner with its speed, and how many times it is as fast as the baseline; or that nobody wins."""
    if _many(best):
        return f"{CLOSE}: {_names(best)}"
    row = best[0]
    speed = f"{shown(row, 'encode_mb_per_s')} MB/s" if operation == "encode" else step_time(row)
    told, baseline = f"{row.case.plugin}, {speed}", row.value("baseline")
    found = ratio_of(row, operation)
    if found is not None and baseline is not None and row.case.plugin != baseline:
        value, low, high = (1 / part for part in found)
        return f"{told}, {_times(value, high, low)} times as fast as {baseline}"
    others = [(ratio, one) for one in rows if one is not row and (ratio := ratio_of(one, operation))]
    (value, low, high), second = min(others, key=lambda pair: pair[0][0])
    return f"{told}; {second.case.plugin} takes {_times(value, low, high)} times as long"


def step_time(row: Measurement) -> str:
    """Return the time of a step in a unit that suits it, to the digits that its noise leaves; a dash without one."""
    seconds = row.value("step_seconds")
    if not isinstance(seconds, float):
        return "-"
    unit, factor = next(((unit, factor) for unit, factor in UNITS if seconds * factor >= 1), UNITS[-1])
    return f"{shown(row, 'step_seconds', factor)} {unit}"


def _times(value: float, low: float, high: float) -> str:
    """Return a factor with its interval: `1.8 (1.7 to 1.9)`."""
    if low == high:
        return figure(value)
    last = min(0, max(-2, last_digit((high - low) / 2)))
    return f"{fixed(value, last)} ({fixed(low, last)} to {fixed(high, last)})"


def _tally(found: Sequence[Win]) -> str:
    """Return who wins how often: `sdpa in 5 of 7 groups, naive in 1; 1 too close to call`."""
    clear = Counter(_names(win.rows) for win in found if not _close(win))
    told = [f"{name} in {count:,}" for name, count in clear.most_common(MOST_NAMED)]
    more = sum(clear.values()) - sum(count for _, count in clear.most_common(MOST_NAMED))
    told += [f"others in {more:,}"] if more else []
    close = sum(map(_close, found))
    parts = [", ".join(told), f"{close:,} too close to call" if close else ""]
    return f"{'; '.join(filter(None, parts))} (of {len(found):,} comparisons)"


def _close(win: Win) -> bool:
    return win.words.startswith(CLOSE)


def _names(rows: Sequence[Measurement]) -> str:
    names = [row.case.plugin for row in rows]
    left = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + left


def _many(rows: Sequence[Measurement]) -> bool:
    return len(rows) > 1
