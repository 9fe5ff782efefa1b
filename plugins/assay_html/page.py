"""The page: what is shown of a report's context, put into the template."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import resources
from typing import TYPE_CHECKING

import assay
from assay_html.escape import script_json, short, show_unseen
from assay_html.figure import Figure
from assay_html.figures import figures
from assay_html.grid import attention_grid, tokenizer_grid
from assay_html.policy import policy
from assay_html.section import Section
from assay_html.tokens import token_view
from assay_html.trend import trend
from assay_html.verdicts import headline, judged

if TYPE_CHECKING:
    from jinja2 import Template

# The sections of charts and summary tables in reading order: title, and how the titles of their tables begin.
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
STYLE = (
    "\n".join(f".f-{name}{{fill:var(--{name})}}.s-{name}{{stroke:var(--{name})}}" for name in assay.CHART_COLOURS)
    + "\n.drawing svg text{font-family:inherit}\n"
)


def write(context: assay.ReportContext) -> str:
    """Write one page, whole in itself: no request, no style or script but its own."""
    parts = {"run": _run, "runs": _runs, "comparison": _comparison, "history": _history}
    sections, title, subtitle, drawn = parts[context.shows](context)
    styles = [_asset("style.css") + STYLE]
    scripts = [_asset("script.js")]
    if context.interactive and drawn:
        from assay_html.live import script

        scripts.append(script(drawn))
    return _template().render(
        title=title,
        subtitle=subtitle,
        warnings=context.outcomes[-1].warnings if context.shows == "run" else (),
        sections=[section for section in sections if section.filled],
        policy=policy(scripts, styles),
        styles=styles,
        scripts=scripts,
        shown=SHOWN,
        command=short(context.command),
    )


Parts = tuple[list[Section], str, str, tuple[Figure, ...]]


def _run(context: assay.ReportContext) -> Parts:
    outcome = context.outcomes[-1]
    rows, run = outcome.measurements, outcome.run
    tables = assay.report_tables(rows)
    drawn = figures(outcome)
    tokenized = context.read()
    sections = [_verdicts(context.comparison)] if context.comparison else []
    sections.append(Section(id="tokenizers", title="Tokenizers", words=_texts(tables), grid=tokenizer_grid(rows)))
    sections += [_subject(*subject, tables, drawn) for subject in SUBJECTS]
    if tokenized is not None:
        tokens = token_view(tokenized)
        view = script_json(tokens)
        sections.append(Section(id="see", title="See the tokens", corpus=tokenized.corpus, view=view, tokens=tokens))
    attention, pipeline = (_subject(*subject, tables, drawn) for subject in OF_ATTENTION)
    sections += [replace(attention, grid=attention_grid(rows)), pipeline]
    sections.append(_plugins(outcome, context.plugins))
    sections.append(
        Section(
            id="noise",
            title="Noise floor",
            words=() if outcome.noise is None else (f"{str(outcome.noise)[0].upper()}{str(outcome.noise)[1:]}.",),
        )
    )
    sections.append(Section(id="provenance", title="Provenance", facts=tuple(_facts(run))))
    subtitle = f"Suite {run.suite}, started {run.started}, {run.state}; {outcome.manifest}."
    return sections, f"Assay run {run.id}", subtitle, drawn


def _texts(tables: Sequence[assay.Table]) -> tuple[str, ...]:
    """What is to be known of the texts: how the user's files were read, and which share was held out."""
    kind, said = "tokenizer: ", ("the corpus: ", "held out: ")
    return tuple(
        f"{table.title.removeprefix(kind)}, {note}."
        for table in tables
        if table.title.startswith(kind)
        for note in table.notes
        if note.startswith(said)
    )


def _runs(context: assay.ReportContext) -> Parts:
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
            for outcome in reversed(context.outcomes)
        ),
    )
    section = Section(id="runs", title="Runs", tables=(table,), linked=True)
    return [section], "Assay runs", f"{len(context.outcomes):,} runs.", ()


def _comparison(context: assay.ReportContext) -> Parts:
    comparison = context.comparison
    if comparison is None:
        raise assay.AssayError("there is no comparison to show")
    facts = (("command", comparison.command), ("started", comparison.started), *comparison.environment.items())
    sections = [_verdicts(comparison), Section(id="provenance", title="Provenance", facts=facts)]
    subtitle = f"{comparison.candidate} against {comparison.baseline}, suite {comparison.suite}."
    return sections, "Assay comparison", subtitle, ()


def _history(context: assay.ReportContext) -> Parts:
    trends = tuple(map(trend, context.series))
    metrics = ", ".join(dict.fromkeys(one.metric for one in trends))
    section = Section(id="history", title=f"History of {metrics}", trends=trends)
    subtitle = f"{len(trends):,} series. A step is where the level of a series is another from then on."
    return [section], f"Assay history: {metrics}", subtitle, ()


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
        words=(f"{headline(comparison)}.", *comparison.warnings),
        tables=(changes,) if changes.rows else (),
        judged=judged(comparison),
    )


def _subject(
    name: str, title: str, openings: Sequence[str], tables: Sequence[assay.Table], drawn: Sequence[Figure]
) -> Section:
    return Section(
        id=name,
        title=title,
        pictures=tuple((figure, _drawn(figure)) for figure in drawn if figure.section == name),
        tables=tuple(table for table in tables if table.title.startswith(tuple(openings))),
    )


def _plugins(outcome: assay.Outcome, plugins: Sequence[assay.Listed]) -> Section:
    """Show which code ran, and what could not be used then."""
    lacking = assay.Table(
        title="what could not be used in this run",
        columns=("kind", "name", "status", "origin", "license", "what it lacked, and what to do"),
        rows=tuple(
            (
                one.kind,
                one.name,
                one.status,
                one.origin,
                one.license,
                ". ".join(filter(None, (one.reason, one.remedy))),
            )
            for one in plugins
            if one.status != "ready"
        ),
    )
    ran = assay.code_table(outcome, licenses=True)
    pretrained = {str(row.case.plugin): row.value("pretrained_on") for row in outcome.measurements}
    training = assay.Table(
        title="what pretrained vocabularies were trained on, as their plugins say",
        columns=("tokenizer", "trained on"),
        rows=tuple((name, str(words)) for name, words in pretrained.items() if words is not None),
    )
    unknown = () if outcome.codes else ("Which code ran is not recorded: this run was stored by an older Assay.",)
    tables = tuple(table for table in (ran, training, lacking) if table.rows)
    return Section(id="plugins", title="Plugins", words=unknown, tables=tables)


def _facts(run: assay.Run) -> Iterator[tuple[str, str]]:
    yield "command", run.command
    yield "run", run.id
    yield "finished", run.finished or "not finished"
    yield from run.environment.items()
    settings: dict[str, object] = json.loads(run.settings)
    yield "settings of the engine", ", ".join(f"{name} {json.dumps(value)}" for name, value in settings.items())


def _value(value: object) -> str:
    return "-" if value is None else str(value)


def _drawn(figure: Figure) -> str:
    return assay.chart_svg(figure.spec, prefix=figure.id, alt=show_unseen(figure.alt))


def _asset(name: str) -> str:
    return resources.files("assay_html").joinpath("assets", name).read_text("utf-8")


def _template() -> Template:
    """Return the template; text that it puts out has what cannot be seen shown, and is then escaped."""
    from jinja2 import Environment, StrictUndefined

    engine = Environment(
        autoescape=True,
        finalize=lambda value: show_unseen(value) if type(value) is str else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    engine.filters |= {"short": short, "show_unseen": show_unseen, "script_json": script_json}
    return engine.from_string(_asset("page.html.jinja"))
