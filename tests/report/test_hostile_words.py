"""Hostile words are text wherever a person or a program reads them: Markdown, terminals, TSV, JSON."""

from __future__ import annotations

import io
import json
import re

import pytest
from markdown_it import MarkdownIt
from rich.cells import cell_len

import nasty
from assay.records.report_data import ReportContext
from assay.report.formats import comparison_terminal as terminal
from assay.report.formats import history as trend
from assay.report.formats.builtin import as_json, as_markdown, as_pytest_benchmark
from assay.report.formats.pytest_benchmark import of_document
from assay.report.formats.run_json import of_outcome
from assay.report.tables.results import raw_tables, result_tables, write
from assay.report.tables.summaries import summary_tables
from assay.report.text.escape import escape_terminal, escape_xml

SHOWN = {
    f"{one.shows}{'-since' * (one.shows == 'run' and one.comparison is not None)}": one for one in nasty.publications()
}
STYLE = re.compile(r"\x1b\[[0-9;]*m")
# What our own pages consist of, once rendered.
TAGS = {"h1", "h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "code", "br", "strong"}
LINKS = {"a"}  # of an index, to the pages
OURS = {"details", "/details", "summary", "/summary", "code", "/code"}


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def of_pages(page: str) -> tuple[set[str], set[str], str]:
    """The elements of a Markdown page, the tags that stand in it as HTML, and its words."""
    tags: set[str] = set()
    raw: set[str] = set()
    words: list[str] = []
    for block in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(page):
        for token in (block, *(block.children or ())):
            tags.add(token.tag)
            if token.type in ("html_block", "html_inline"):
                raw.update(re.findall(r"<(/?\w+)", token.content))
            elif token.type in ("text", "text_special", "code_inline"):
                words.append(token.content)
    return tags - {""}, raw, "".join(words)


@pytest.mark.long
@pytest.mark.parametrize("name", SHOWN)
def test_hostile_words_are_text_in_markdown(name: str) -> None:
    page = as_markdown(SHOWN[name])
    assert nasty.UNFIT.search(page) is None
    tags, raw, words = of_pages(page)
    assert tags <= (TAGS | LINKS if name == "runs" else TAGS)
    assert raw <= OURS
    assert "img src=x onerror=alert(1)" in words
    if name == "run":
        for word in nasty.WORDS.values():
            assert escape_xml(word) in words


@pytest.mark.parametrize("name", ["run", "comparison", "history"])
def test_hostile_words_come_back_from_json(name: str) -> None:
    text = as_json(SHOWN[name])
    assert text.replace("\n", "").isprintable()
    content = json.loads(text)
    texts: set[str] = set()

    def gather(value: object) -> None:
        if isinstance(value, dict):
            texts.update(value)
            for item in value.values():
                gather(item)
        elif isinstance(value, list):
            for item in value:
                gather(item)
        elif isinstance(value, str):
            texts.add(value)

    gather(content)
    assert set(nasty.WORDS.values()) <= texts


def test_the_document_of_a_run_has_the_values_of_its_records() -> None:
    outcome = nasty.outcome()
    content = json.loads(of_outcome(outcome))
    rows = {row["case"]: row for row in (*content["tokenizers"], *content["attentions"])}
    assert len(rows) == len(outcome.measurements)
    for row in outcome.measurements:
        cells = rows[row.case.id]
        assert (cells["status"], cells["reason"], cells["remedy"]) == (row.status.value, row.reason, row.remedy)
        assert {name: cells[name] for name in row.metrics} == row.metrics
    assert content["run"]["environment"] == outcome.run.environment


def test_pytest_benchmark_gets_names_that_json_holds() -> None:
    text = as_pytest_benchmark(SHOWN["run"])
    assert text.isascii()
    names = list(of_document(json.loads(text), "a.json").cells)
    assert names == [f"{row.case.id}/encode" for row in nasty.rows() if row.timings]


@pytest.mark.long
@pytest.mark.parametrize("width", [60, 120])
def test_hostile_words_are_text_on_a_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm-256color")
    rows, comparison, series = nasty.rows(), nasty.comparison(), nasty.series()
    stream = Terminal()
    write(
        (*result_tables(rows), *summary_tables(rows), *terminal.tables_of(comparison), *trend.tables_of(series)), stream
    )
    lines = STYLE.sub("", stream.getvalue()).splitlines()
    assert all(line.replace("\xa0", " ").isprintable() for line in lines)
    assert max(map(cell_len, lines)) <= width
    whole = re.sub(r"\s+", "", "".join(lines))
    for word in nasty.WORDS.values():
        assert re.sub(r"\s+", "", escape_terminal(word)) in whole or len(word) > 1_000


def test_hostile_words_are_text_in_a_pipe() -> None:
    rows, comparison, series = nasty.rows(), nasty.comparison(), nasty.series()
    stream = io.StringIO()
    write((*raw_tables(rows), *terminal.tables_of(comparison, raw=True), *trend.raw_tables(series)), stream, "tsv")
    for part in stream.getvalue().split("\n\n"):
        lines = part.splitlines()
        assert all(line.replace("\t", "").isprintable() for line in lines)
        assert len({line.count("\t") for line in lines}) == 1


def test_lines_below_the_tables_are_single_lines() -> None:
    for line in terminal.lines_of(nasty.comparison()):
        assert escape_terminal(line).isprintable()


def test_a_publication_of_everything_is_hostile() -> None:
    shown = [one.shows for one in SHOWN.values()]
    assert shown == ["run", "run", "runs", "comparison", "history"]
    assert all(isinstance(one, ReportContext) for one in SHOWN.values())
