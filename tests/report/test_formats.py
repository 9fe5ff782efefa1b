"""Reports: which form is taken, and what a bad report plugin costs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import assay
from assay.environment.plugin_code import plugin_codes
from assay.errors import AssayError, UnknownName
from assay.plugins.host import Failure, Found, Host, Origin
from assay.plugins.types import Missing, ReportPlugin
from assay.records.report_data import ReportContext, Shown
from assay.report.publish import find_format, listed, publish, save

ORIGIN = Origin(entry_point="mine", distribution="stranger", version="1.0")
NOTHING = ReportContext(shows="run")


def plugin(
    name: str,
    suffix: str,
    write: Callable[[ReportContext], object] = lambda publication: "words",
    shows: tuple[Shown, ...] = ("run",),
    requires: tuple[str, ...] = (),
) -> ReportPlugin:
    return ReportPlugin(name=name, summary="a form", suffix=suffix, write=write, shows=shows, requires=requires)  # type: ignore[arg-type]


def host(*plugins: ReportPlugin, failures: tuple[Failure, ...] = ()) -> Host:
    return Host([Found(plugin=one, origin=ORIGIN) for one in plugins], failures)


FORMS = host(
    plugin("md", ".md"),
    plugin("json", ".json"),
    plugin("bench", ".bench.json"),
    plugin("compared", ".x", shows=("runs",)),
)


@pytest.mark.parametrize(
    ("name", "output", "chosen"),
    [
        (None, None, "md"),
        (None, "page.md", "md"),
        (None, "PAGE.MD", "md"),
        (None, "a.json", "json"),
        (None, "a.bench.json", "bench"),
        ("json", "page.md", "json"),
        (None, "no-suffix", "md"),
    ],
)
def test_the_form_is_the_one_named_or_that_of_the_longest_suffix(
    name: str | None, output: str | None, chosen: str
) -> None:
    assert find_format(FORMS, "run", name, output).name == chosen


@pytest.mark.parametrize(
    ("name", "output", "words"),
    [
        ("jso", None, "there is no report named 'jso' (did you mean json?)"),
        (
            None,
            "page.pdf",
            "no report is written to files like page.pdf (name it with one of .bench.json, .json, .md, or",
        ),
        (None, "a.x", "no report is written to files like a.x"),
        ("compared", None, "the report compared cannot show a run (these can: md, json, bench)"),
    ],
)
def test_a_form_that_does_not_fit_is_one_sentence(name: str | None, output: str | None, words: str) -> None:
    with pytest.raises(AssayError) as caught:
        find_format(FORMS, "run", name, output)
    assert words in str(caught.value)


def test_a_form_that_lacks_something_names_the_remedy() -> None:
    lacking = host(plugin("page", ".html", requires=("no-such-package>=1",)))
    with pytest.raises(AssayError, match="the report page needs no-such-package>=1") as caught:
        find_format(lacking, "run", None, "page.html")
    assert caught.value.remedy == 'pip install "no-such-package>=1"'


def test_text_is_written_as_utf8_and_bytes_as_they_are() -> None:
    assert publish(plugin("a", ".a", lambda publication: "µ \ud800"), NOTHING) == b"\xc2\xb5 \\ud800"
    assert publish(plugin("b", ".b", lambda publication: b"\x00\xff"), NOTHING) == b"\x00\xff"


def leave(publication: ReportContext) -> str:
    raise SystemExit(7)


def stumble(publication: ReportContext) -> str:
    raise ZeroDivisionError("by nought")


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (leave, "the report bad failed: SystemExit: 7"),
        (stumble, "the report bad failed: ZeroDivisionError: by nought"),
        (lambda publication: None, "the report bad gave NoneType, not text or bytes"),
    ],
)
def test_whatever_a_report_does_wrong_is_one_error_of_a_plugin(
    write: Callable[[ReportContext], str], words: str
) -> None:
    with pytest.raises(AssayError, match=words) as caught:
        publish(plugin("bad", ".bad", write), NOTHING)
    assert caught.value.exit_code == 3


def test_what_a_report_says_itself_is_kept() -> None:
    def refuse(publication: ReportContext) -> str:
        raise AssayError("nothing was timed", remedy="time something")

    with pytest.raises(AssayError) as caught:
        publish(plugin("mine", ".m", refuse), NOTHING)
    assert (str(caught.value), caught.value.exit_code) == ("nothing was timed (time something)", 2)


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(AssayError, match="cannot be written: Is a directory"):
        save(tmp_path, b"")
    save(tmp_path / "a", b"x")
    assert (tmp_path / "a").read_bytes() == b"x"


def test_every_plugin_is_listed_with_what_it_lacks_and_those_that_failed() -> None:
    failure = Failure(origin=ORIGIN, stage="import", message="ValueError: no", remedy="Mend it")
    tokenizer = assay.TokenizerPlugin(
        name="slow",
        summary="s",
        build=lambda text: None,
        missing=lambda: Missing("has no data", "fetch it"),  # type: ignore[arg-type,return-value]
    )
    found = (plugin("md", ".md"), tokenizer)
    host = Host([Found(plugin=each, origin=ORIGIN) for each in found], [failure])
    rows = listed(plugin_codes(host, found))
    assert [(row.kind, row.name, row.status, row.reason, row.remedy) for row in rows] == [
        ("report", "md", "ready", None, None),
        ("tokenizer", "slow", "missing", "has no data", "fetch it"),
        ("plugin", "mine", "failed", "cannot be imported: ValueError: no", "Mend it"),
    ]
    assert {row.origin for row in rows} == {"stranger 1.0 (mine)"}


def test_the_host_announces_its_own_forms_like_anybody() -> None:
    found = assay.discover()
    names = {one.name for one in found.every(ReportPlugin)}
    assert {"md", "json", "pytest-benchmark", "html"} <= names
    with pytest.raises(UnknownName):
        found.one(ReportPlugin, "pdf")
