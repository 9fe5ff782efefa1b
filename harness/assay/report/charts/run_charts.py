"""The chart of what is shown: speed against bytes per token, speed-up of attention, changes, a history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from assay.errors import AssayError
from assay.records.report_data import History
from assay.records.results import AttentionCase, Measurement, Outcome, Status
from assay.records.verdicts import Comparison
from assay.report.charts.chart import Chart, require_drawing
from assay.report.charts.panels import Dot, Panel
from assay.report.tables.answers import groups, ratio_of
from assay.report.tables.group_words import group_words, workload_words
from assay.store.dataframes import Frames

MOST_PANELS = 6
MOST_CHANGES = 40


def chart_of(shown: object) -> Chart:
    """Return the chart of a run, data frames (their newest run), a comparison or a history.

    Raises `Unavailable` where nothing can draw it, and `AssayError` where there is nothing to be drawn.
    """
    require_drawing()
    chart = _chart(shown)
    panels = tuple(panel for panel in chart.panels if panel.dots)[:MOST_PANELS]
    if not panels:
        raise AssayError("there is nothing to plot: no row has a figure", remedy="its table says why")
    return Chart(title=chart.title, says=chart.says, panels=panels)


def _chart(shown: object) -> Chart:
    if isinstance(shown, Frames):
        if not shown.outcomes:
            raise AssayError("there is nothing to plot: no run was read", remedy="see assay.results")
        shown = shown.outcomes[-1]
    if isinstance(shown, Outcome):
        return _run(shown)
    if isinstance(shown, Comparison):
        return _comparison(shown)
    if isinstance(shown, History):
        return _history(shown)
    raise TypeError(f"nothing is known of how to plot a {type(shown).__name__}")


def _run(outcome: Outcome) -> Chart:
    """Return the chart of the tokenizers of a run, or of its attentions where it has no tokenizers."""
    found = groups([row for row in outcome.measurements if row.status is Status.OK])
    texts = {group: rows for group, rows in found.items() if not isinstance(rows[0].case, AttentionCase)}
    if texts:
        panels = tuple(map(_tokenizers, texts.values()))
        hollow = any(dot.hollow for panel in panels for dot in panel.dots)
        return Chart(
            title="Encoding speed and bytes per token",
            says="up and to the right is better" + ("; a hollow dot loses part of the text" if hollow else ""),
            panels=panels,
        )
    return Chart(
        title="Speed-up of attention over the baseline",
        says="above 1 is faster than the baseline; lines are 95 % intervals",
        panels=tuple(_attentions(found)),
    )


def _tokenizers(rows: Sequence[Measurement]) -> Panel:
    dots = []
    for row in rows:
        speed, text, wide = (row.value(name) for name in ("encode_mb_per_s", "bytes_per_token", "encode_spread"))
        if not (isinstance(speed, float) and isinstance(text, float)):
            continue
        share = wide if isinstance(wide, float) and wide < 1 else None
        low, high = (row.value(f"bytes_per_token_{end}") for end in ("low", "high"))
        dots.append(
            Dot(
                name=row.case.plugin,
                x=text,
                y=speed,
                low=None if share is None else speed * (1 - share),
                high=None if share is None else speed * (1 + share),
                x_low=low if isinstance(low, float) else None,
                x_high=high if isinstance(high, float) else None,
                hollow=row.loses_text,
            )
        )
    return Panel(
        title=group_words(rows[0].case),
        x_title="bytes per token",
        y_title="encode MB/s",
        dots=tuple(dots),
        y_log=True,
    )


def _attentions(found: Mapping[str, Sequence[Measurement]]) -> Iterator[Panel]:
    """Yield a panel for each kind of workload: over its lengths, or where it has one in lines of names."""
    families: dict[str, list[Measurement]] = {}
    for rows in found.values():
        case = rows[0].case
        assert isinstance(case, AttentionCase)
        families.setdefault(workload_words(case.workload, length=False), []).extend(rows)
    for words, rows in families.items():
        lengths = {_length(row) for row in rows}
        baseline = next((str(name) for row in rows if (name := row.value("baseline")) is not None), "the baseline")
        faster = f"times as fast as {baseline}"
        several = len(lengths) > 1
        yield Panel(
            title=words if several else group_words(rows[0].case),
            x_title="length" if several else faster,
            y_title=faster if several else "",
            dots=tuple(_faster(row, several) for row in sorted(rows, key=_length) if ratio_of(row, "step")),
            x_log=several,
            y_log=several,
            lines=several,
            rule=1.0,
        )


def _faster(row: Measurement, several: bool) -> Dot:
    value, low, high = ratio_of(row, "step") or (1.0, 1.0, 1.0)
    ends = {"low": 1 / high, "high": 1 / low} if low < high else {}
    speed = 1 / value
    hollow = row.value("approximate") is not None
    x, y = (_length(row), speed) if several else (speed, None)
    return Dot(name=row.case.plugin, x=x, y=y, hollow=hollow, **ends)


def _length(row: Measurement) -> int:
    assert isinstance(row.case, AttentionCase)
    return row.case.workload.kv_len


def _comparison(comparison: Comparison) -> Chart:
    timed = [one for one in comparison.judgements if one.ratio is not None]
    timed.sort(key=lambda one: -abs((one.ratio or 1.0) - 1.0))
    dots = tuple(
        Dot(
            name=one.cell,
            x=_percent(one.ratio),
            low=None if one.low is None else _percent(one.low),
            high=None if one.high is None else _percent(one.high),
        )
        for one in timed[:MOST_CHANGES]
        if one.ratio is not None
    )
    left = len(timed) - len(dots)
    return Chart(
        title=f"{comparison.candidate} against {comparison.baseline}",
        says="change of the time with its 95 % interval; left of 0 is faster"
        + (f"; {left:,} smaller changes are left out" if left else ""),
        panels=(Panel(title="", x_title="change of the time, %", y_title="", dots=dots, rule=0.0),),
    )


def _history(history: History) -> Chart:
    machines: list[Mapping[str, str]] = []
    found: dict[str, list[Dot]] = {}
    for one in history.series:
        machines += [one.machine] if one.machine not in machines else []
        place_of = f", machine {machines.index(one.machine) + 1}" if machines.index(one.machine) else ""
        name = f"{one.plugin}{place_of}{', wall time' if one.clock == 'wall' else ''}"
        values = [(place, point.value) for place, point in enumerate(one.points, start=1)]
        found.setdefault(one.group, []).extend(
            Dot(name=name, x=place, y=float(value)) for place, value in values if not isinstance(value, str)
        )
    return Chart(
        title=f"History of {history.metric}",
        says="each dot is a run, the oldest first",
        panels=tuple(
            Panel(title=group, x_title="run", y_title=history.metric, dots=tuple(dots), lines=True)
            for group, dots in found.items()
        ),
    )


def _percent(ratio: float) -> float:
    return (ratio - 1.0) * 100
