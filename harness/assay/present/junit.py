"""A comparison as JUnit XML, for continuous integration servers."""

from __future__ import annotations

from xml.etree import ElementTree

from assay.present.phrases import (
    alike_line,
    change_text,
    clean,
    headline,
    letter,
    limits,
    ordered,
    remark,
    split,
    values,
    wall_text,
)
from assay.verdicts import Comparison, Judgement, Verdict

# Of each verdict the element that says so, and the attribute of the suite that counts it.
OUTCOMES = {
    Verdict.REGRESSED: ("failure", "failures"),
    Verdict.FAILED: ("error", "errors"),
    Verdict.INCONCLUSIVE: ("skipped", "skipped"),
    Verdict.NOT_COMPARABLE: ("skipped", "skipped"),
}


def as_junit(comparison: Comparison) -> str:
    """Write one suite with a test for each exact metric that changed, and one for each cell.

    A regression is a failure, a cell that broke an error; one of which nothing can be said is skipped.
    """
    counts = {"failures": len(comparison.changes), "errors": 0, "skipped": 0}
    for judgement in comparison.judgements:
        if judgement.verdict in OUTCOMES:
            counts[OUTCOMES[judgement.verdict][1]] += 1
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
        test = _test(suite, change.case.rpartition("/")[0], name)
        message = f"{clean(change.metric)} was {baseline} and is {candidate}"
        ElementTree.SubElement(test, "failure", type="exact change", message=message)
    for judgement in ordered(comparison.judgements):
        test = _test(suite, split(judgement.cell)[0], _named(comparison, judgement.run, judgement.cell))
        if judgement.verdict in OUTCOMES:
            tag = OUTCOMES[judgement.verdict][0]
            ElementTree.SubElement(test, tag, type=judgement.verdict.value, message=_message(judgement))
    told = [clean(warning) for warning in comparison.warnings]
    told += [alike_line(comparison.alike)] if comparison.alike else [*map(clean, limits(comparison))]
    ElementTree.SubElement(suite, "system-out").text = "\n".join((*told, headline(comparison)))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _test(suite: ElementTree.Element, group: str, name: str) -> ElementTree.Element:
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
