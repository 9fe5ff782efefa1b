"""JUnit XML of a run: a test for each case, and XML whatever is in it."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

import nasty
from assay.records.report_data import ReportContext
from assay.records.results import Measurement, Metrics, Outcome, Status, TokenizerCase
from assay.report.formats.builtin import as_junit
from assay.report.formats.junit import of_run
from assay.report.text.escape import escape_xml
from assay.testkit.examples import publication

RUN: Outcome = publication("run").outcomes[-1]


def outcomes(root: ElementTree.Element) -> dict[str, list[tuple[str, str | None, str | None]]]:
    return {
        str(test.get("name")): [(child.tag, child.get("message"), child.text) for child in test]
        for test in root.iter("testcase")
    }


def test_every_case_is_a_test_in_the_suite_of_its_group() -> None:
    root = ElementTree.fromstring(as_junit(publication("run")))
    assert root.attrib == {
        "name": "assay run 20260103-030405-bbbb",
        "tests": "5",
        "failures": "1",
        "errors": "0",
        "skipped": "2",
        "time": "0.008",
    }
    suites = [(suite.get("name"), suite.get("tests"), suite.get("failures"), suite.get("skipped")) for suite in root]
    assert suites == [
        ("tokenizer/example/all", "2", "1", "0"),
        ("attention/core/fwd/causal/b1.h2.s64.d16/f32/cpu.t1", "3", "0", "2"),
    ]
    assert outcomes(root) == {
        "letters": [],
        "broken": [("failure", 'ValueError: no <b>"bold"</b> | & so on', "fix it")],
        "example": [],
        "absent": [("skipped", "absent needs a-package>=1, which is not installed", 'pip install "a-package>=1"')],
        "other": [("skipped", "not offered", None)],
    }
    properties = {item.get("name"): item.get("value") for item in root.iter("property")}
    assert properties["command"] == RUN.run.command
    assert properties["cases"] == str(RUN.manifest)
    assert properties["python"] == RUN.run.environment["python"]


def test_a_busy_run_warns_in_its_properties() -> None:
    timed = Metrics(encode_samples=10, encode_clock="cpu", busy=True)
    root = ElementTree.fromstring(of_run(replace(RUN, measurements=(replace(RUN.measurements[0], metrics=timed),))))
    properties = {item.get("name"): item.get("value") for item in root.iter("property")}
    assert str(properties["warnings"]).startswith("The machine was busy: 1 of 1 rows")


def test_a_failure_that_the_plugin_announces_is_no_failure() -> None:
    case = TokenizerCase(tokenizer="regex", corpus="c", held_out=0.1)
    row = Measurement(case=case, status=Status.FAILED, reason="an unseen word", expected=True)
    root = ElementTree.fromstring(of_run(replace(RUN, measurements=(row,))))
    assert (root.get("failures"), root.get("skipped")) == ("0", "1")
    assert outcomes(root) == {"regex": [("skipped", "failed, as its plugin announces: an unseen word", None)]}


def test_what_a_row_that_is_ok_says_is_its_output() -> None:
    row = Measurement(case=TokenizerCase(tokenizer="memo", corpus="c"), status=Status.OK, reason="caches whole texts")
    root = ElementTree.fromstring(of_run(replace(RUN, measurements=(row,))))
    assert (root.get("failures"), root.get("skipped")) == ("0", "0")
    assert [element.text for element in root.iter("system-out")] == ["caches whole texts"]


def test_a_comparison_is_that_of_the_option() -> None:
    root = ElementTree.fromstring(as_junit(publication("comparison")))
    assert len(list(root.iter("testcase"))) == 6


def test_nothing_is_no_suite() -> None:
    root = ElementTree.fromstring(of_run(replace(RUN, measurements=())))
    assert (list(root), root.get("tests")) == ([], "0")


def test_hostile_words_are_text_in_xml() -> None:
    for shown in (ReportContext(shows="run", outcomes=(nasty.outcome(),)), nasty.publications()[3]):
        text = as_junit(shown)
        assert nasty.UNFIT.search(text) is None
        root = ElementTree.fromstring(text)
        assert {element.tag for element in root.iter()} <= {
            *("testsuites", "testsuite", "properties", "property", "testcase", "failure", "error", "skipped"),
            "system-out",
        }
        said = {child.get("message") for test in root.iter("testcase") for child in test}
        for word in nasty.WORDS.values():
            assert any(escape_xml(word) in str(message) for message in said)


@given(st.text(st.characters(), max_size=20))
def test_any_text_is_valid_xml(text: str) -> None:
    case = TokenizerCase(tokenizer=text, corpus=text)
    row = Measurement(case=case, status=Status.FAILED, reason=text, remedy=text)
    run = replace(RUN.run, command=text, environment={text: text})
    written = of_run(replace(RUN, run=run, measurements=(row,)))
    assert len(list(ElementTree.fromstring(written.encode("utf-8")).iter("failure"))) == 1
