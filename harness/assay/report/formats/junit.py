"""A run, or a comparison, as JUnit XML for continuous integration servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree

from assay.records.results import Measurement, Outcome, Status
from assay.records.verdicts import Comparison, Judgement, Verdict
from assay.report.formats.comparison_text import (
    FOUND,
    alike_line,
    candidate,
    change_text,
    found_text,
    headline,
    limits,
    ordered,
    remark,
    split,
    values,
    wall_text,
)
from assay.report.text.escape import escape_xml

# Of each verdict the element that says so, and the attribute of the suite that counts it.
OF_VERDICT = {
    Verdict.REGRESSED: ("failure", "failures"),
    Verdict.FAILED: ("error", "errors"),
    Verdict.MISSING: ("error", "errors"),
    Verdict.INCONCLUSIVE: ("skipped", "skipped"),
    Verdict.NOT_COMPARABLE: ("skipped", "skipped"),
    Verdict.NOT_JUDGED: ("skipped", "skipped"),
}
SKIPPED = ("skipped", "skipped")
ANNOUNCED = "failed, as its plugin announces: "


def of_run(outcome: Outcome) -> str:
    """Write a suite for each group of cases, and a test for each case, with the time that it was timed.

    A case that failed is a failure, but for one whose plugin announces that: it is skipped, as are those that are
    skipped or unsupported. Each says why, and what to do.
    """
    run = outcome.run
    root = ElementTree.Element("testsuites", _counts(outcome.measurements, f"assay run {run.id}"))
    facts = {
        "run": run.id,
        "suite": run.suite,
        "command": run.command,
        "state": run.state,
        "cases": str(outcome.manifest),
        **({"warnings": " ".join(outcome.warnings)} if outcome.warnings else {}),
        **run.environment,
    }
    groups: dict[str, list[Measurement]] = {}
    for row in outcome.measurements:
        groups.setdefault(row.case.group, []).append(row)
    for group, rows in groups.items():
        suite = _suite(root, _counts(rows, group) | {"timestamp": run.started}, facts)
        for row in rows:
            test = _add(suite, "testcase", classname=group, name=row.case.plugin, time=f"{_seconds(row):.3f}")
            tag = _element(row)
            if tag is not None:
                announced = ANNOUNCED if row.status is Status.FAILED and row.expected else ""
                element = _add(test, tag, type=row.status.value, message=f"{announced}{row.reason or row.status}")
                element.text = escape_xml(row.remedy) if row.remedy else None
            elif row.reason:
                _add(test, "system-out").text = escape_xml(row.reason)
    return _written(root)


def of_comparison(comparison: Comparison) -> str:
    """Write one suite with a test for each exact metric that changed, and one for each cell.

    A regression is a failure, a cell that broke or is missing an error; one of which nothing can be said is skipped.
    """
    counts = {"failures": len(comparison.changes), "errors": int(comparison.nothing_measured), "skipped": 0}
    for judgement in comparison.judgements:
        if judgement.verdict in OF_VERDICT:
            counts[_tag(judgement)[1]] += 1
    root = ElementTree.Element("testsuites")
    attributes = {
        "name": "assay compare" if comparison.runs else "assay check",
        "tests": str(len(comparison.changes) + len(comparison.judgements) + int(comparison.nothing_measured)),
        **{name: str(count) for name, count in counts.items()},
        "time": f"{comparison.seconds:.3f}",
        "timestamp": comparison.started,
    }
    facts = {
        "baseline": comparison.baseline,
        "candidate": comparison.candidate,
        "suite": comparison.suite,
        "command": comparison.command,
        **comparison.environment,
    }
    suite = _suite(root, attributes, facts)
    for change in comparison.changes:
        baseline, now = values(change)
        name = f"{candidate(comparison, change.run, ': ')}{change.case}: {change.metric}"
        test = _add(suite, "testcase", classname=change.case.rpartition("/")[0].strip() or "assay", name=name)
        _add(test, "failure", type="exact change", message=f"{change.metric} was {baseline} and is {now}")
    for judgement in ordered(comparison.judgements):
        name = f"{candidate(comparison, judgement.run, ': ')}{judgement.cell}"
        test = _add(suite, "testcase", classname=split(judgement.cell)[0].strip() or "assay", name=name)
        if judgement.verdict in OF_VERDICT:
            _add(test, _tag(judgement)[0], type=judgement.verdict.value, message=_message(judgement))
        else:
            _add(test, "system-out").text = escape_xml(_message(judgement))
    if comparison.nothing_measured:
        test = _add(suite, "testcase", classname="assay", name="something was measured")
        _add(test, "error", type="nothing was measured", message="no case could be measured on both sides")
    lines = [*comparison.warnings, *([alike_line(comparison.aa_test)] if comparison.aa_test else limits(comparison))]
    _add(suite, "system-out").text = "\n".join(map(escape_xml, (*lines, headline(comparison))))
    return _written(root)


def _suite(root: ElementTree.Element, attributes: Mapping[str, str], facts: Mapping[str, str]) -> ElementTree.Element:
    suite = _add(root, "testsuite", **attributes)
    properties = _add(suite, "properties")
    for name, value in facts.items():
        _add(properties, "property", name=name, value=value)
    return suite


def _add(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, tag, {name: escape_xml(value) for name, value in attributes.items()})


def _written(root: ElementTree.Element) -> str:
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _counts(rows: Sequence[Measurement], name: str) -> dict[str, str]:
    elements = [_element(row) for row in rows]
    return {
        "name": escape_xml(name),
        "tests": str(len(rows)),
        "failures": str(elements.count("failure")),
        "errors": "0",
        "skipped": str(elements.count("skipped")),
        "time": f"{sum(map(_seconds, rows)):.3f}",
    }


def _element(row: Measurement) -> str | None:
    """Return the element that says how a case ended; None for one that is ok."""
    if row.status is Status.OK:
        return None
    return "failure" if row.blamed else "skipped"


def _seconds(row: Measurement) -> float:
    """Return the wall time of all samples of a case."""
    return sum(sample.wall_ns for timing in row.timings for sample in timing.samples) / 1e9


def _tag(judgement: Judgement) -> tuple[str, str]:
    """Return the element that says the verdict, and the attribute that counts it."""
    if judgement.unmeasured and not judgement.allowed:
        return OF_VERDICT[Verdict.MISSING]
    return SKIPPED if judgement.allowed else OF_VERDICT[judgement.verdict]


def _message(judgement: Judgement) -> str:
    """Return the verdict, its figures where there are any, and the remark."""
    figures = ""
    if judgement.ratio is not None:
        clock = "CPU time" if judgement.clock == "cpu" else "wall time"
        clock = f"{clock} / that of {judgement.against}" if judgement.against else clock
        figures = f": {clock} {change_text(judgement)}, wall time {wall_text(judgement)}, {judgement.epochs} epochs"
    if judgement.minimum_detectable_effect is not None:
        figures += f", {FOUND} {found_text(judgement)}"
    note = remark(judgement)
    return f"{judgement.verdict}{figures}{f': {note}' if note else ''}"
