"""The words and figures that every way of showing a comparison has in common."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Sequence

from assay.errors import one_line
from assay.records.results import Value
from assay.records.verdicts import AATest, Change, Comparison, Judgement, Verdict
from assay.report.text.escape import NO_BREAK
from assay.report.text.significant_digits import figure, interval, last_of, signed

WORST_FIRST = (
    Verdict.REGRESSED,
    Verdict.FAILED,
    Verdict.MISSING,
    Verdict.IMPROVED,
    Verdict.NOT_COMPARABLE,
    Verdict.INCONCLUSIVE,
    Verdict.NOT_JUDGED,
    Verdict.ADDED,
    Verdict.UNCHANGED,
)
COUNTED = (
    *(Verdict.REGRESSED, Verdict.FAILED, Verdict.MISSING, Verdict.IMPROVED, Verdict.UNCHANGED, Verdict.ADDED),
    *(Verdict.NOT_COMPARABLE, Verdict.NOT_JUDGED, Verdict.INCONCLUSIVE),
)
MOST_NAMED = 4
FAR = 3.0
FOUND = "would have found"
UNITS = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9))
DIGEST = re.compile("[0-9a-f]{64}")


def headline(comparison: Comparison) -> str:
    """Return the result in one sentence: `2 regressed, 40 unchanged, 3 inconclusive (...)`.

    Of several candidates each has its own part: `B: 40 unchanged; C: 2 regressed, 38 unchanged`.
    """
    if len(comparison.runs) > 2:
        ids = [one.id for one in comparison.runs[1:]]
        return "; ".join(f"{candidate(comparison, run, ': ')}{headline(comparison.of(run))}" for run in ids)
    parts = [f"{_counted(len(comparison.changes), 'exact metric')} changed"] if comparison.changes else []
    counts = {verdict: comparison.count(verdict) for verdict in COUNTED}
    parts += [f"{count:,} {verdict}" for verdict, count in counts.items() if count]
    if comparison.nothing_measured:
        parts.append("nothing was measured")
    return (", ".join(parts) or "nothing was compared") + _time_that_tells(comparison)


def alike_line(alike: AATest) -> str:
    """Report the baseline against itself: the noise of this machine, and the smallest change that it leaves visible."""
    line = (
        f"the baseline against itself: {_counted(alike.readings, 'reading')} of {_counted(alike.cells, 'cell')},"
        f" spread {alike.spread * 100:.1f} %"
    )
    if math.isfinite(alike.minimum_detectable_effect):
        line += f"; {_counted(alike.epochs, 'epoch')} find +{alike.minimum_detectable_effect * 100:.1f} % in 95 of 100"
    if alike.replays:
        line += f"; false alarms in {round(alike.false_alarms * alike.replays):,} of {alike.replays:,} replays"
    return line


def limits(comparison: Comparison) -> tuple[str, ...]:
    """Return what a change between stored runs shows, and what it does not; nothing for a check."""
    timed = [one for one in comparison.judgements if one.ratio is not None]
    against = list(dict.fromkeys(one.against for one in timed if one.against is not None))
    alone = list(dict.fromkeys(split(one.cell)[1].rpartition("/")[0] for one in timed if one.against is None))
    if not comparison.runs or not timed:
        return ()
    found = []
    if against:
        shares = sorted({one.tolerance.minimum_effect for one in timed if one.against is not None})
        within = " or ".join(f"±{share:.0%}" for share in shares)
        cancels = (
            f"a change is that of the ratio to {' or '.join(against)}, sampled in the same rounds within each run: the"
            " speed of the machine cancels, and what changes in the other plugin itself shows in all ratios to it"
        )
        differs = (
            f"identical code differs from process to process, so no change within {within} is told; `assay check`"
            " measures both versions side by side and tells 1 to 3 %"
        )
        found += [cancels, differs]
    if alone:
        more_names = f" and {len(alone) - MOST_NAMED:,} more" if len(alone) > MOST_NAMED else ""
        names = ", ".join(alone[:MOST_NAMED])
        found.append(f"judged by time alone, which drifts between runs of the same code: {names}{more_names}")
    return tuple(found)


def letter(comparison: Comparison, run: str) -> str:
    """Return the short name of a stored run in a comparison: A is the baseline."""
    place = next(place for place, one in enumerate(comparison.runs) if one.id == run)
    letters = string.ascii_uppercase
    return letters[place] if place < len(letters) else f"{letters[-1]}{place - len(letters) + 2}"


def candidate(comparison: Comparison, run: str, ending: str = "") -> str:
    """Return the short name of a run and an ending where there are several candidates, else nothing."""
    return f"{letter(comparison, run)}{ending}" if len(comparison.runs) > 2 else ""


def ordered(judgements: Sequence[Judgement]) -> tuple[Judgement, ...]:
    """Put striking cells first, then the worst verdict, and of one verdict the largest change."""
    return tuple(
        sorted(judgements, key=lambda one: (not is_striking(one), WORST_FIRST.index(one.verdict), -_size(one)))
    )


def is_striking(judgement: Judgement) -> bool:
    """Return whether a cell is inconclusive and its estimate lies far beyond its margin: three times as far."""
    margin = math.log1p(judgement.tolerance.equivalence_margin)
    return judgement.verdict is Verdict.INCONCLUSIVE and _size(judgement) > FAR * margin


def split(cell: str) -> tuple[str, str]:
    """Divide the id of a cell, or of a test, into its group and its name within the group."""
    if "::" in cell:
        group, _, name = cell.partition("::")
        return group, name
    parts = cell.rsplit("/", 2)
    return (parts[0], "/".join(parts[1:])) if len(parts) == 3 else ("", cell)


def percent(ratio: float) -> str:
    """Return a ratio as a signed change in percent, without the sign of percent: `+5.1`."""
    change = (ratio - 1.0) * 100
    text = f"{change:+,.0f}" if abs(change) >= 1000 else f"{change:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text


def heading(group: str) -> tuple[str, str]:
    """Return the name of the first column, and the title: what the ids of a group begin with."""
    kind = group.partition("/")[0]
    return (kind, group) if kind in ("tokenizer", "attention") else ("cell", group or "cells")


def unwrapped(text: str) -> str:
    """Return text for a cell that is not to be wrapped."""
    return one_line(text).replace(" ", NO_BREAK)


def time_text(seconds: float | None) -> str:
    """Return a time for a person: `12.9 ms`."""
    if seconds is None:
        return "-"
    unit, size = next((one for one in UNITS if seconds >= one[1]), UNITS[-1])
    return f"{figure(seconds / size)} {unit}"


def change_text(judgement: Judgement) -> str:
    """Return the change of the judging clock with its 95 % interval: `+5.1 % (+4.7 to +5.6)`.

    The interval says how many digits there are, see `assay.report.text.significant_digits`.
    """
    if judgement.ratio is None:
        return "-"
    if judgement.low is None or judgement.high is None:
        return f"{percent(judgement.ratio)} %"
    value, low, high = interval(*((ratio - 1.0) * 100 for ratio in (judgement.ratio, judgement.low, judgement.high)))
    return f"{value} % ({low} to {high})"


def found_text(judgement: Judgement) -> str:
    """Return the smallest slowdown that would have been found: `+8 %`, `nothing`, or a dash where it is not known."""
    share = judgement.minimum_detectable_effect
    if share is None:
        return "-"
    if not math.isfinite(share):
        return "nothing"
    return f"+{share * 100:,.0f} %" if share > 1.0 else f"+{share * 100:.2g} %"


def wall_text(judgement: Judgement) -> str:
    """Return the change of wall time, to the digit of the change that was judged: `+5.2 %`."""
    if judgement.wall_ratio is None:
        return "-"
    if judgement.low is None or judgement.high is None:
        return f"{percent(judgement.wall_ratio)} %"
    last = last_of((judgement.low - 1.0) * 100, (judgement.high - 1.0) * 100)
    return f"{signed((judgement.wall_ratio - 1.0) * 100, last)} %"


def remark(judgement: Judgement) -> str:
    """Return the reason of a verdict and what to do, where there are any."""
    seconds = judgement.more_s
    parts = [judgement.reason] if judgement.reason else []
    if judgement.allowed:
        return "; ".join((*parts, "allowed by --allow-missing"))
    if judgement.verdict is Verdict.INCONCLUSIVE and seconds is not None and math.isfinite(seconds):
        parts.append(f"{more(seconds)} would tell")
    return "; ".join(parts) + (f"{' ' * bool(parts)}({judgement.remedy})" if judgement.remedy else "")


def more(seconds: float) -> str:
    """Return a time in round figures: `about 40 more seconds`, from two minutes on in minutes, then in hours."""
    if seconds > 2 * 3600:
        return f"about {math.ceil(seconds / 3600):,} more hours"
    if seconds > 120:
        return f"about {math.ceil(seconds / 60)} more minutes"
    rounded = max(1, math.ceil(seconds) if seconds <= 10 else math.ceil(seconds / 5) * 5)
    return f"about {rounded} more second{'s' * (rounded != 1)}"


def values(change: Change) -> tuple[str, str]:
    """Return both values of an exact metric for a person: digests shortened, and as many digits as tell them apart."""
    short = value_text(change.baseline), value_text(change.candidate)
    return short if short[0] != short[1] else (str(change.baseline), str(change.candidate))


def value_text(value: Value | None) -> str:
    """Return the value of a metric for a person: six digits, digests shortened as git does, a dash for none."""
    if value is None:
        return "-"
    if isinstance(value, bool | str):
        text = str(value)
        return text[:12] if DIGEST.fullmatch(text) else text
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"


def _size(judgement: Judgement) -> float:
    ratio = judgement.ratio
    return abs(math.log(ratio)) if ratio is not None and 0.0 < ratio < math.inf else 0.0


def _time_that_tells(comparison: Comparison) -> str:
    """Return the time over all inconclusive cells: the budget is shared among them."""
    open_ = [one for one in comparison.judgements if one.verdict is Verdict.INCONCLUSIVE]
    known = [one.more_s for one in open_ if one.more_s is not None and math.isfinite(one.more_s)]
    if not known:
        return ""
    which = "" if len(known) == len(open_) else f" {len(known):,} of them"
    return f" ({more(sum(known))} would tell{which})"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"
