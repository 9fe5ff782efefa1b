"""The page: what is shown of a publication, put into the template."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from importlib import resources

import assay
from assay_html.drawing import STYLE, svg
from assay_html.figure import Figure
from assay_html.figures import figures
from assay_html.grid import attention_grid, tokenizer_grid
from assay_html.inert import data, short, visible
from assay_html.policy import policy
from assay_html.section import Section
from assay_html.tokens import token_view
from assay_html.trend import trend
from assay_html.verdicts import headline, judged

# The sections of figures and tables that rows come to together, in reading order: title, what opens their titles.
SUBJECTS = (
    ("tokens", "Tokens per corpus", ("by corpus",)),
    ("identity", "Claimed ids", ("claimed ids",)),
    ("parity", "Parity across languages", ("parity",)),
    ("speed", "Speed by length of text", ("encode MB/s by length",)),
    ("vocabulary", "Vocabulary size", ("by vocabulary size",)),
    ("growth", "Growth on texts that are hard to cut", ("growth of encoding time",)),
    ("limits", "Limits", ("limits",)),
)
OF_ATTENTION = (
    ("attention", "Attention", ("growth with length",)),
    ("pipeline", "From text to attention", ("from text to attention",)),
)
SHOWN = 100


def write(publication: assay.ReportContext) -> str:
    """Write one page, whole in itself: no request, no style or script but its own."""
    parts = {"run": _run, "runs": _runs, "comparison": _comparison, "history": _history}
    sections, title, subtitle, drawn = parts[publication.shows](publication)
    styles = [_asset("style.css") + STYLE]
    scripts = [_asset("script.js")]
    if publication.interactive and drawn:
        from assay_html.live import script

        scripts.append(script(drawn))
    return _template().render(
        title=title,
        subtitle=subtitle,
        sections=[section for section in sections if section.filled],
        policy=policy(scripts, styles),
        styles=styles,
        scripts=scripts,
        shown=SHOWN,
        command=short(publication.command),
    )


Parts = tuple[list[Section], str, str, tuple[Figure, ...]]


def _run(publication: assay.ReportContext) -> Parts:
    outcome = publication.outcomes[-1]
    rows, run = outcome.measurements, outcome.run
    tables = assay.report_tables(rows)
    drawn = figures(outcome)
    reading = publication.read()
    sections = [_verdicts(publication.comparison)] if publication.comparison else []
    sections.append(Section(id="tokenizers", title="Tokenizers", grid=tokenizer_grid(rows)))
    sections += [_subject(*subject, tables, drawn) for subject in SUBJECTS]
    if reading is not None:
        view = token_view(reading)
        sections.append(
            Section(id="see", title="See the tokens", corpus=visible(reading.corpus), view=data(view), reading=view)
        )
    attention, pipeline = (_subject(*subject, tables, drawn) for subject in OF_ATTENTION)
    sections += [attention.with_grid(attention_grid(rows)), pipeline]
    sections.append(_plugins(publication.plugins))
    sections.append(
        Section(
            id="noise",
            title="Noise floor",
            words=() if outcome.noise is None else (f"{str(outcome.noise)[0].upper()}{str(outcome.noise)[1:]}.",),
        )
    )
    sections.append(Section(id="provenance", title="Provenance", facts=tuple(_facts(run))))
    subtitle = f"Suite {run.suite}, started {run.started}, {run.state}; {outcome.manifest}."
    return sections, f"Assay run {run.id}", visible(subtitle), drawn


def _runs(publication: assay.ReportContext) -> Parts:
    table = assay.Table(
        title="runs, the newest first",
        columns=("run", "suite", "started", "state", "cases", "git", "command"),
        rows=tuple(
            (
                outcome.run.id,
                outcome.run.suite,
                outcome.run.started,
                outcome.run.state,
                str(outcome.manifest),
                outcome.run.environment.get("git", "-"),
                outcome.run.command,
            )
            for outcome in reversed(publication.outcomes)
        ),
    )
    section = Section(id="runs", title="Runs", tables=(table,), linked=True)
    return [section], "Assay runs", f"{len(publication.outcomes):,} runs.", ()


def _comparison(publication: assay.ReportContext) -> Parts:
    comparison = publication.comparison
    if comparison is None:
        raise assay.AssayError("there is no comparison to show")
    facts = (
        ("command", comparison.command),
        ("started", comparison.started),
        *comparison.environment.items(),
    )
    sections = [
        _verdicts(comparison),
        Section(id="provenance", title="Provenance", facts=tuple((name, visible(value)) for name, value in facts)),
    ]
    subtitle = f"{visible(comparison.candidate)} against {visible(comparison.baseline)}, suite {comparison.suite}."
    return sections, "Assay comparison", subtitle, ()


def _history(publication: assay.ReportContext) -> Parts:
    trends = tuple(map(trend, publication.series))
    metrics = ", ".join(dict.fromkeys(one.metric for one in trends))
    section = Section(id="history", title=f"History of {visible(metrics)}", trends=trends)
    subtitle = f"{len(trends):,} series. A step is where the level of a series is another from then on."
    return [section], f"Assay history: {visible(metrics)}", subtitle, ()


def _verdicts(comparison: assay.Comparison) -> Section:
    changes = assay.Table(
        title="exact figures that changed",
        columns=("case", "metric", "baseline", "candidate"),
        rows=tuple(
            (change.case, change.metric, _value(change.baseline), _value(change.candidate))
            for change in comparison.changes
        ),
    )
    return Section(
        id="verdicts",
        title="Verdicts",
        words=(f"{headline(comparison)}.", *map(visible, comparison.warnings)),
        tables=(changes,) if changes.rows else (),
        judged=judged(comparison),
    )


def _subject(
    name: str, title: str, openings: Sequence[str], tables: Sequence[assay.Table], drawn: Sequence[Figure]
) -> Section:
    return Section(
        id=name,
        title=title,
        pictures=tuple((figure, svg(figure)) for figure in drawn if figure.section == name),
        tables=tuple(table for table in tables if table.title.startswith(tuple(openings))),
    )


def _plugins(plugins: Sequence[assay.Listed]) -> Section:
    table = assay.Table(
        title="plugins here, when this page was written",
        columns=("kind", "name", "status", "origin", "license", "what it lacks, and what to do"),
        rows=tuple(
            (
                one.kind,
                one.name,
                one.status,
                one.origin,
                one.license,
                ". ".join(filter(None, (one.reason, one.remedy))),
            )
            for one in sorted(plugins, key=lambda one: ("failed", "missing", "ready").index(one.status))
        ),
    )
    return Section(id="plugins", title="Plugins", tables=(table,) if table.rows else ())


def _facts(run: assay.Run) -> Iterator[tuple[str, str]]:
    yield "command that repeats it", visible(run.command)
    yield "run", run.id
    yield "finished", run.finished or "not finished"
    for name, value in run.environment.items():
        yield visible(name), visible(value)
    settings: dict[str, object] = json.loads(run.settings)
    yield (
        "settings of the engine",
        visible(", ".join(f"{name} {json.dumps(value)}" for name, value in settings.items())),
    )


def _value(value: object) -> str:
    return "-" if value is None else str(value)


def _asset(name: str) -> str:
    return resources.files("assay_html").joinpath("assets", name).read_text("utf-8")


def _template() -> _Template:
    from jinja2 import Environment, StrictUndefined

    engine = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    engine.filters |= {"short": short, "visible": visible, "data": data}
    template = engine.from_string(_asset("page.html.jinja"))
    return _Template(template.render)


class _Template:
    def __init__(self, render: Callable[..., str]) -> None:
        self.render = render
