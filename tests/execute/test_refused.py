"""Cases that cannot begin, since a plugin is not here or misbehaves when it is asked."""

from __future__ import annotations

from pathlib import Path

import assay
from assay.execute.refused import refused, try_corpora
from assay.execute.suites import SUITES
from assay.records.results import AttentionCase, Status, TokenizerCase

ATTENTION = """
import os, assay
@assay.hookimpl
def assay_attentions():
    yield assay.AttentionPlugin(name="exits", summary="", build=print, unsupported=lambda workload: os._exit(0))
    yield assay.AttentionPlugin(name="picks", summary="", build=print, unsupported=lambda workload: "not today")
    yield assay.AttentionPlugin(name="takes", summary="", build=print, unsupported=lambda workload: None)
"""


def test_an_attention_that_ends_the_process_when_it_is_asked_costs_its_rows(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(ATTENTION)
    host = assay.discover([tmp_path / "mine.py"], load="none")
    workload = next(workload for suite in SUITES for workload in suite.workloads)
    found = {name: refused(host, AttentionCase(attention=name, workload=workload)) for name in ("exits", "picks")}
    assert found["exits"] is not None
    assert found["exits"].status is Status.FAILED
    assert "it could not say what it offers: it ended the process with exit code 0" in found["exits"].reason
    assert found["picks"] is not None
    assert (found["picks"].status, found["picks"].reason) == (Status.UNSUPPORTED, "not today")
    assert refused(host, AttentionCase(attention="takes", workload=workload)) is None
    assert host.broken(host.one(assay.AttentionPlugin, "exits")) is not None


def test_a_corpus_of_a_planned_case_that_ends_the_process_costs_its_rows(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("""
import os, assay
@assay.hookimpl
def assay_corpora():
    yield assay.CorpusPlugin(
        name="exits", summary="", documents=lambda: os._exit(0), sha256=None, title="", author="", source="",
        language="en", kind="prose",
    )
""")
    host = assay.discover([tmp_path / "mine.py"], load="assay")
    case = TokenizerCase(tokenizer="regex", corpus="exits")
    try_corpora(host, [case])
    refusal = refused(host, case)
    assert refusal is not None
    assert refusal.status is Status.FAILED
    assert refusal.reason.startswith("the corpus exits cannot be read: it ended the process")
