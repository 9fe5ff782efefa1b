"""Corpora of plugins that are read in another process, and what they do to it."""

from __future__ import annotations

from pathlib import Path

import pytest

import assay
from assay.corpus.fetching import FetchState, fetch, verify
from assay.corpus.reading import read, read_all
from assay.errors import CorpusError

CORPORA = """
import os, time, assay
from pathlib import Path

class Fetched:
    places = (Path("somewhere"),)

    def __init__(self, fetch):
        self._fetch = fetch

    def __call__(self):
        yield assay.Document(text="half a pair: \\ud800" if self._fetch is None else "a text", id="1", language="en")

    def fetch(self, tell):
        tell("it comes")
        return self._fetch()

def corpus(name, documents, kind="prose"):
    return assay.CorpusPlugin(
        name=name, summary="", documents=documents, sha256=None, title="", author="", source="", language="en",
        kind=kind,
    )

@assay.hookimpl
def assay_corpora():
    yield corpus("good", Fetched(lambda: True))
    yield corpus("odd", Fetched(None), kind="limit")
    yield corpus("exits", lambda: os._exit(0))
    yield corpus("hangs", lambda: time.sleep(60))
    yield corpus("lost", Fetched(lambda: os._exit(0)))
    yield corpus("stuck", Fetched(lambda: 1 / 0))
"""


@pytest.fixture
def host(tmp_path: Path) -> assay.Host:
    (tmp_path / "mine.py").write_text(CORPORA)
    return assay.discover([tmp_path / "mine.py"], load="none", timeout_s=1.0)


def test_a_corpus_that_cannot_be_read_is_noted_and_the_others_are_read(host: assay.Host) -> None:
    read_all(host, host.every(assay.CorpusPlugin), (0.0,))
    broken = {each.name: str(host.broken(each)) for each in host.every(assay.CorpusPlugin) if host.broken(each)}
    assert broken.keys() == {"exits", "hangs"}
    assert broken["exits"].startswith("the corpus exits cannot be read: it ended the process with exit code 0")
    assert "it gave no answer for 1 s" in broken["hangs"]
    with pytest.raises(CorpusError, match="hangs cannot be read"):
        host.need(host.one(assay.CorpusPlugin, "hangs"))


def test_documents_come_whole_from_the_other_process(host: assay.Host) -> None:
    (document,) = read(host, host.one(assay.CorpusPlugin, "odd"))
    assert document == assay.Document(text="half a pair: \ud800", id="1", language="en")
    assert verify(host, host.one(assay.CorpusPlugin, "good")).state is FetchState.UNVERIFIED
    assert verify(host, host.one(assay.CorpusPlugin, "exits")).state is FetchState.FAILED


def test_a_fetch_that_fails_costs_itself(host: assay.Host) -> None:
    lines: list[str] = []
    found = {name: fetch(host, host.one(assay.CorpusPlugin, name), lines.append) for name in ("good", "lost", "stuck")}
    assert {name: each.state for name, each in found.items()} == {
        "good": FetchState.FETCHED,
        "lost": FetchState.FAILED,
        "stuck": FetchState.FAILED,
    }
    assert found["lost"].reason == "it ended the process with exit code 0"
    assert "ZeroDivisionError" in found["stuck"].reason
    assert lines == ["it comes"] * 3
