"""Which plugins have a part in a run, and of which code each row is."""

from __future__ import annotations

from dataclasses import replace

import pytest

import assay
from assay.execute.participants import marked, participants
from assay.execute.suites import SUITES
from assay.plugins.host import Host
from assay.records.plugin_code import PluginCode
from assay.records.results import AttentionCase, Case, GroupResult, Measurement, Status, TokenizerCase
from assay.records.settings import Settings
from assay.records.workload import TextSource

WORKLOAD = replace(SUITES[0].workloads[0], source=TextSource(corpus="udhr", tokenizer="gpt2"))


@pytest.fixture(scope="module")
def host() -> Host:
    return assay.discover(timeout_s=None)


@pytest.mark.parametrize(
    ("case", "names"),
    [
        (TokenizerCase(tokenizer="bytes", corpus="the-verdict"), ["bytes", "the-verdict"]),
        (TokenizerCase(tokenizer="bytes", corpus="limit-nul", trained_on="udhr"), ["bytes", "limit-nul", "udhr"]),
        (
            TokenizerCase(tokenizer="bytes", corpus="*.jsonl", trained_on="udhr", shards=True),
            ["bytes", "udhr", "local"],
        ),
        (TokenizerCase(tokenizer="gone", corpus="/home/ann/text.txt"), []),
        (AttentionCase(attention="naive", workload=WORKLOAD), ["naive", "gpt2", "udhr"]),
    ],
)
def test_what_a_case_is_about_has_a_part_in_the_run(host: Host, case: Case, names: list[str]) -> None:
    ours, *codes = participants(host, [case, case], Settings())
    assert ours.kind == "harness"
    assert [code.name for code in codes] == names
    assert {code.sha256 for code in codes} <= {ours.sha256}


def test_so_have_a_report_and_an_executor_that_were_asked_for(host: Host) -> None:
    case = TokenizerCase(tokenizer="bytes", corpus="*.jsonl", trained_on="udhr", shards=True)
    codes = participants(host, [case], Settings(executor="processes"), reports=["md"])
    assert [(code.kind, code.name) for code in codes[3:]] == [("executor", "processes"), ("report", "md")]


def test_a_row_says_of_which_code_it_is() -> None:
    rows = tuple(
        Measurement(case=TokenizerCase(tokenizer=name, corpus="c"), status=Status.OK) for name in ("mine", "other")
    )
    code = PluginCode(kind="tokenizer", name="mine", origin="p", source="file", recorded="now", sha256="a")
    corpus = PluginCode(kind="corpus", name="other", origin="p", source="file", recorded="now", sha256="b")
    result = marked(GroupResult(measurements=rows), [corpus, code])
    assert [row.code for row in result.measurements] == ["a", None]
