"""A run as JUnit XML, for continuous integration servers."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from assay.records import Measurement, Outcome, Status
from assay.visible import clean

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
            _test(suite, row)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _counts(rows: Sequence[Measurement], name: str) -> dict[str, str]:
    ended = [_ended(row) for row in rows]
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


def _test(suite: ElementTree.Element, row: Measurement) -> None:
    name, group = clean(row.case.plugin), clean(row.case.group)
    test = ElementTree.SubElement(suite, "testcase", classname=group, name=name, time=f"{_seconds(row):.3f}")
    tag = _ended(row)
    if tag is not None:
        announced = ANNOUNCED if row.status is Status.FAILED and row.expected else ""
        message = clean(f"{announced}{row.reason or row.status}")
        told = ElementTree.SubElement(test, tag, type=row.status.value, message=message)
        told.text = clean(row.remedy) if row.remedy else None


def _ended(row: Measurement) -> str | None:
    """The element that says how a case ended; None for one that is ok."""
    if row.status is Status.OK:
        return None
    return "failure" if row.blamed else "skipped"


def _seconds(row: Measurement) -> float:
    """The wall time of all readings of a case."""
    return sum(sample.wall_ns for timing in row.timings for sample in timing.samples) / 1e9
