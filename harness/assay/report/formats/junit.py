"""A run, or a comparison, as JUnit XML for continuous integration servers."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from assay.records.results import Measurement, Outcome, Status
from assay.records.verdicts import Comparison, Judgement, Verdict
from assay.report.formats.comparison_text import (
    alike_line,
    change_text,
    headline,
    letter,
    limits,
    ordered,
    remark,
    split,
    values,
    wall_text,
)
from assay.report.text.safe_text import clean

# Of each verdict the element that says so, and the attribute of the suite that counts it.
OF_VERDICT = {
    Verdict.REGRESSED: ("failure", "failures"),
    Verdict.FAILED: ("error", "errors"),
    Verdict.INCONCLUSIVE: ("skipped", "skipped"),
    Verdict.NOT_COMPARABLE: ("skipped", "skipped"),
}
ANNOUNCED = "failed, as its plugin announces: "


def of_run(outcome: Outcome) -> str:
    """Write a suite for each group of cases, and a test for each case, with the time that it was timed.

    A case that failed is a failure, but for one whose plugin announces that: it is skipped, as are those that are
    skipped or unsupported. Each says why, and what to do.
    """
    root = ElementTree.Element("testsuites", _counts(outcome.measurements, f"assay run {outcome.run.id}"))
    groups: dict[str, list[Measurement]] = {}
    for row in outcome.measurements:
        groups.setdefault(row.case.group, []).append(row)
    for group, rows in groups.items():
        suite = ElementTree.SubElement(root, "testsuite", _counts(rows, group))
        suite.set("timestamp", clean(outcome.run.started))
        properties = ElementTree.SubElement(suite, "properties")
        for name, value in _facts(outcome).items():
            ElementTree.SubElement(properties, "property", name=clean(name), value=clean(value))
        for row in rows:
            _test_of_row(suite, row)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _counts(rows: Sequence[Measurement], name: str) -> dict[str, str]:
    ended = [_element(row) for row in rows]
    return {
        "name": clean(name),
        "tests": str(len(rows)),
        "failures": str(ended.count("failure")),
        "errors": "0",
        "skipped": str(ended.count("skipped")),
        "time": f"{sum(map(_seconds, rows)):.3f}",
    }


def _facts(outcome: Outcome) -> dict[str, str]:
    run = outcome.run
    told = {
        "run": run.id,
        "suite": run.suite,
        "command": run.command,
        "state": run.state,
        "cases": str(outcome.manifest),
    }
    return told | dict(run.environment)


def _test_of_row(suite: ElementTree.Element, row: Measurement) -> None:
    name, group = clean(row.case.plugin), clean(row.case.group)
    test = ElementTree.SubElement(suite, "testcase", classname=group, name=name, time=f"{_seconds(row):.3f}")
    tag = _element(row)
    if tag is not None:
        announced = ANNOUNCED if row.status is Status.FAILED and row.expected else ""
        message = clean(f"{announced}{row.reason or row.status}")
        told = ElementTree.SubElement(test, tag, type=row.status.value, message=message)
        told.text = clean(row.remedy) if row.remedy else None


def _element(row: Measurement) -> str | None:
    """The element that says how a case ended; None for one that is ok."""
    if row.status is Status.OK:
        return None
    return "failure" if row.blamed else "skipped"


def _seconds(row: Measurement) -> float:
    """The wall time of all readings of a case."""
    return sum(sample.wall_ns for timing in row.timings for sample in timing.samples) / 1e9


def of_comparison(comparison: Comparison) -> str:
    """Write one suite with a test for each exact metric that changed, and one for each cell.

    A regression is a failure, a cell that broke an error; one of which nothing can be said is skipped.
    """
    counts = {"failures": len(comparison.changes), "errors": 0, "skipped": 0}
    for judgement in comparison.judgements:
        if judgement.verdict in OF_VERDICT:
            counts[OF_VERDICT[judgement.verdict][1]] += 1
    root = ElementTree.Element("testsuites")
    attributes = {
        "name": "assay compare" if comparison.runs else "assay check",
        "tests": str(len(comparison.changes) + len(comparison.judgements)),
        **{name: str(count) for name, count in counts.items()},
        "time": f"{comparison.seconds:.3f}",
        "timestamp": clean(comparison.started),
    }
    suite = ElementTree.SubElement(root, "testsuite", attributes)
    properties = ElementTree.SubElement(suite, "properties")
    facts = {
        "baseline": comparison.baseline,
        "candidate": comparison.candidate,
        "suite": comparison.suite,
        "command": comparison.command,
        **comparison.environment,
    }
    for name, value in facts.items():
        ElementTree.SubElement(properties, "property", name=clean(name), value=clean(value))
    for change in comparison.changes:
        baseline, candidate = map(clean, values(change))
        name = _named(comparison, change.run, f"{change.case}: {change.metric}")
        test = _test_of_cell(suite, change.case.rpartition("/")[0], name)
        message = f"{clean(change.metric)} was {baseline} and is {candidate}"
        ElementTree.SubElement(test, "failure", type="exact change", message=message)
    for judgement in ordered(comparison.judgements):
        test = _test_of_cell(suite, split(judgement.cell)[0], _named(comparison, judgement.run, judgement.cell))
        if judgement.verdict in OF_VERDICT:
            tag = OF_VERDICT[judgement.verdict][0]
            ElementTree.SubElement(test, tag, type=judgement.verdict.value, message=_message(judgement))
    told = [clean(warning) for warning in comparison.warnings]
    told += [alike_line(comparison.aa_test)] if comparison.aa_test else [*map(clean, limits(comparison))]
    ElementTree.SubElement(suite, "system-out").text = "\n".join((*told, headline(comparison)))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _test_of_cell(suite: ElementTree.Element, group: str, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", classname=clean(group) or "assay", name=clean(name))


def _named(comparison: Comparison, run: str, name: str) -> str:
    """The name of a test; of several candidates with the one that is meant, since names are unique."""
    return f"{letter(comparison, run)}: {name}" if len(comparison.runs) > 2 else name


def _message(judgement: Judgement) -> str:
    """The verdict, the figures where there are any, and what is to be said of it."""
    figures = ""
    if judgement.ratio is not None:
        clock = "CPU time" if judgement.clock == "cpu" else "wall time"
        clock = f"{clock} / that of {judgement.against}" if judgement.against else clock
        figures = f": {clock} {change_text(judgement)}, wall time {wall_text(judgement)}, {judgement.epochs} epochs"
    told = remark(judgement)
    return clean(f"{judgement.verdict}{figures}{f': {told}' if told else ''}")
