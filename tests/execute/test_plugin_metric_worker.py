"""Metrics of plugins in real runs: their figures stand in the rows, and a bad one costs its own figure."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest

import assay
from assay.comparison.check import VersionCheck
from assay.comparison.judging import Judging
from assay.comparison.tolerance import Budgets
from assay.execute.job import resume
from assay.execute.plugin_metric_worker import PluginMetricWorker
from assay.execute.selection import Selection
from assay.execute.worker.process import Worker, WorkerDied
from assay.execute.worker.protocol import Answer, Request
from assay.execute.worker.requests import ComputeMetric, NameMetrics, OfferedMetric, PluginSelection, Setup
from assay.execute.worker_pool import WorkerPool
from assay.measure.plugin_metrics import chosen
from assay.records.results import Measurement
from assay.records.settings import Settings
from assay.records.verdicts import Tolerance
from planted import STEADY, TEXT, living, plugin, sides

METRICS = """
import os, signal, sys, time
import assay

def dies(documents, tokenizer):
    os.kill(os.getpid(), signal.SIGSEGV)

def exits(row):
    os._exit(7)

def hangs(documents, tokenizer):
    time.sleep(600)

def raises(documents, tokenizer):
    raise SystemExit(3)

def spoils(documents, tokenizer):
    os.chdir("/" if os.getcwd() != "/" else "/usr")
    return 1

def metric(name, unit="ids", **asked):
    return assay.MetricPlugin(name=name, summary=f"the metric {name}", unit=unit, license="MIT", **asked)

@assay.hookimpl
def assay_metrics():
    yield metric("documents_ids", of_tokens=lambda documents, tokenizer: sum(len(one.ids) for one in documents))
    yield metric("characters_seen", of_tokens=lambda documents, tokenizer: sum(len(one.text) for one in documents))
    yield metric("largest", of_tokens=lambda documents, tokenizer: tokenizer.vocab_size - 1)
    yield metric("readings", "samples", of_row=lambda row: sum(len(timing.samples) for timing in row.timings))
    yield metric("doubled", of_row=lambda row: 2 * row.value("tokens") if row.value("tokens") else None)
    yield metric("kind_of_row", "text", of_row=lambda row: type(row.case).__name__)
    yield metric("either", "text", of_tokens=lambda documents, tokenizer: None, of_row=lambda row: row.status.value)
    yield metric("never", of_row=lambda row: None)
"""
BAD = (
    METRICS
    + """
    yield metric("dies", of_tokens=dies)
    yield metric("exits", of_row=exits)
    yield metric("hangs", of_tokens=hangs)
    yield metric("raises", of_tokens=raises)
    yield metric("odd", of_row=lambda row: [1])
    yield metric("endless", of_row=lambda row: float("inf"))
    yield metric("worded", of_row=lambda row: "many")
    yield metric("spoils", of_tokens=spoils)
    yield metric("last", of_tokens=lambda documents, tokenizer: len(documents))
"""
)
THREE = {"one": STEADY, "other": STEADY, "third": STEADY}
TWICE = """
def __init__(self):
    self.calls = 0
    with open({times!r}, "a") as file:
        file.write("x")
    with open({times!r}) as file:
        if len(file.read()) > 2:
            raise OSError("only twice")
"""
MARK = "ASSAY_TEST_MARK"


@dataclass(frozen=True)
class Done:
    """A run, and where it was."""

    folder: Path
    outcome: assay.Outcome


def run_of(folder: Path, metrics: str, tokenizers: Mapping[str, str], **options: Any) -> assay.Outcome:
    """Weigh tokenizers on a hundred short documents, with a plugin of metrics beside."""
    texts = folder / "texts"
    texts.mkdir()
    for number in range(100):
        (texts / f"{number:02}.txt").write_text(TEXT[: 100 + 20 * (number % 7)], "utf-8")
    (folder / "metrics.py").write_text(metrics, "utf-8")
    return assay.run(
        tokenizers=",".join(tokenizers),
        attentions="none",
        corpora=str(texts),
        held_out=0.0,
        budget_s=0.1,
        results=folder / "results",
        plugins=[plugin(folder / "planted.py", tokenizers), folder / "metrics.py"],
        **options,
    )


def values(row: assay.Measurement) -> dict[str, object]:
    """The figures that the catalogue does not know."""
    return {name: value for name, value in row.metrics.items() if assay.definition(name) is None}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Done:
    folder = tmp_path_factory.mktemp("good")
    tokenizers = {"one": STEADY, "twice": TWICE.format(times=str(folder / "times"))}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(MARK, str(folder))
        return Done(folder, run_of(folder, METRICS, tokenizers, sample=0.05))


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> assay.Outcome:
    return run_of(tmp_path_factory.mktemp("bad"), BAD, THREE, settings=Settings(timeout_s=2.0))


@pytest.mark.long
def test_a_tokenizer_is_looked_at_by_its_tokens_and_by_its_row(good: Done) -> None:
    row = good.outcome.measurements[0]
    assert (row.status, row.reason) == (assay.Status.OK, None)
    found = values(row)
    assert found.pop("readings") == sum(len(timing.samples) for timing in row.timings) > 0
    assert found == {
        "documents_ids": row.value("tokens"),
        "characters_seen": row.value("characters"),
        "largest": 255,
        "doubled": 2 * int(row.value("tokens") or 0),
        "kind_of_row": "TokenizerCase",
        "either": "ok",
    }


@pytest.mark.long
def test_of_a_sample_the_documents_that_were_drawn_are_looked_at(good: Done) -> None:
    drawn = good.outcome.measurements[0].value("sample_documents")
    assert isinstance(drawn, int)
    assert 20 <= drawn < 100


def test_a_tokenizer_that_cannot_be_built_again_lacks_what_its_tokens_would_tell(good: Done) -> None:
    row = good.outcome.measurements[1]
    assert row.status is assay.Status.OK
    assert values(row).keys() == {"readings", "doubled", "kind_of_row"}
    assert "metric either of " in str(row.reason)
    assert "failed: the tokenizer cannot be built a second time: OSError: only twice" in str(row.reason)


def test_no_process_is_left_behind(good: Done) -> None:
    assert living(MARK, str(good.folder)) == []


@pytest.mark.long
def test_a_resumed_run_has_the_metrics_that_it_was_begun_with(good: Done) -> None:
    row = good.outcome.measurements[0]
    run = good.outcome.run.id
    with sqlite3.connect(good.folder / "results" / "assay.sqlite") as store:
        for table in ("samples", "metrics", "measurements", "anchors"):
            store.execute(f"DELETE FROM {table} WHERE run = ?", (run,))
        store.execute("DELETE FROM meta WHERE key LIKE 'digest of %'")  # which were of more rows
    again = resume(run, good.folder / "results").measurements[0]
    assert again.case == row.case
    assert values(again).keys() == values(row).keys()


@pytest.mark.long
def test_a_bad_one_costs_its_own_figure_and_says_whose_it_is(bad: assay.Outcome) -> None:
    row, again, _ = bad.measurements
    fine = {"documents_ids", "characters_seen", "largest", "readings", "doubled", "kind_of_row", "either", "last"}
    for one in bad.measurements:
        assert one.status is assay.Status.OK
        assert values(one).keys() == fine
        assert one.value("encode_mb_per_s") is not None
    for name, said in (
        ("dies", "its process was killed by SIGSEGV while computing a metric, in dies (metrics.py:6)"),
        ("exits", "its process exited with code 7 while computing a metric"),
        ("hangs", "it gave no answer for 2 s while computing a metric, in hangs (metrics.py:12)"),
        ("raises", "SystemExit: 3 (metrics.py:15)"),
        ("odd", "it answers list, no number and no text"),
        ("endless", "it answers inf, which is no figure"),
        ("worded", "it answers a text, and its unit is 'ids'"),
        ("spoils", "it changed the working folder from"),
    ):
        for one in (row, again):
            assert re.search(rf"metric {name} of \S*metrics\.py failed: {re.escape(said)}", str(one.reason)), one.reason
    assert "leave it out with --block metrics" in str(row.remedy)
    assert bad.failed is False


@pytest.mark.long
def test_one_that_ends_its_process_twice_is_not_asked_again(bad: assay.Outcome) -> None:
    reason = str(bad.measurements[2].reason)
    for name in ("dies", "exits", "hangs"):
        assert f"metric {name} of " in reason
    assert reason.count("it ended its process 2 times in this run and is not asked again") == 3
    assert "metric raises of " in reason


def test_an_attention_is_looked_at_by_its_row(tmp_path: Path) -> None:
    (tmp_path / "metrics.py").write_text(METRICS, "utf-8")
    settings = Settings(plugins=(str(tmp_path / "metrics.py"),), load="none")
    workload = assay.Workload.self_attention("core", batch=1, length=2, d_model=4)
    sample = assay.Sample(iterations=3, wall_ns=5, cpu_ns=7)
    row = Measurement(
        case=assay.AttentionCase(attention="mine", workload=workload),
        status=assay.Status.OK,
        reason="it printed",
        metrics=assay.Metrics(step_seconds=0.5),
        timings=(assay.Timing(name="step", samples=(sample, sample)),),
    )
    host = assay.discover(settings.plugins, load="none")
    with WorkerPool(host, replace(settings, metrics=chosen(host, None))) as pool:
        found = pool.metric_worker.add(row)
        assert pool.metric_worker.add(replace(row, status=assay.Status.FAILED)).metrics == row.metrics
    assert values(found) == {"readings": 2, "kind_of_row": "AttentionCase", "either": "ok"}
    assert (found.reason, found.remedy, found.timings) == ("it printed", None, row.timings)


def test_without_metrics_no_process_is_started() -> None:
    def start() -> Worker:
        raise AssertionError("nothing is to be computed")

    def setup() -> Setup:
        raise AssertionError("nothing is to be set up")

    row = Measurement(case=assay.TokenizerCase(tokenizer="t", corpus="c"), status=assay.Status.OK)
    assert PluginMetricWorker((), start, setup).add(row) is row
    edge_case = replace(row, case=assay.TokenizerCase(tokenizer="t", corpus="c", trained_on="d"))
    assert PluginMetricWorker(("one",), start, setup).add(edge_case) is edge_case


class Killed:
    """A process that somebody kills while it computes, so many times in all."""

    left = 0

    def ask(self, request: Request[Any]) -> Answer[Any]:
        if isinstance(request, NameMetrics):
            return Answer((OfferedMetric(name="one", origin="o", remedy="fix it", of_tokens=False, of_row=True),))
        if not isinstance(request, ComputeMetric):
            return Answer()
        if Killed.left:
            Killed.left -= 1
            raise WorkerDied("killed by SIGKILL", "its process was killed", "fix it", killed=True)
        return Answer(7)

    def kill(self) -> None:
        pass


@pytest.mark.parametrize(("kills", "value"), [(1, 7), (2, None)])
def test_a_metric_whose_process_somebody_killed_is_asked_once_more(kills: int, value: int | None) -> None:
    row = Measurement(case=assay.TokenizerCase(tokenizer="t", corpus="c"), status=assay.Status.OK)
    setup = Setup(plugins=PluginSelection(), core=None)
    Killed.left = kills
    metrics = PluginMetricWorker(("one",), lambda: cast("Worker", Killed()), lambda: setup)
    found = metrics.add(row)
    assert (found.value("one"), found.reason is None) == (value, value is not None)


@pytest.mark.long
def test_a_changed_figure_is_a_finding_of_a_check(tmp_path: Path) -> None:
    """Of both sides, each with a plugin of its own; what only one side has is none."""

    def source(words: int, *more: str) -> str:
        lines = [
            f'    yield metric("words_known", of_tokens=lambda documents, tokenizer: {words})',
            f'    yield metric("about", exact=False, of_row=lambda row: {words})',
            *more,
        ]
        return METRICS.partition("@assay.hookimpl")[0] + "@assay.hookimpl\ndef assay_metrics():\n" + "\n".join(lines)

    before, after = sides(tmp_path, {"one": STEADY}, {"one": STEADY})
    files = []
    for name, text in (("before", source(7)), ("after", source(8, '    yield metric("new", of_row=lambda row: 1)'))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.py").write_text(text, "utf-8")
        files.append(str(tmp_path / name / "metrics.py"))
    (tmp_path / "short.txt").write_text(TEXT, "utf-8")
    before = replace(before, plugins=(*before.plugins, files[0]))
    after = replace(after, plugins=(*after.plugins, files[1]))
    comparison = VersionCheck(
        assay.discover(after.plugins),
        Selection(tokenizers="one", attentions="none", corpora=str(tmp_path / "short.txt"), held_out=0.0),
        Settings(budget_s=0.3, plugins=after.plugins),
        (before, after),
        Judging(budgets=Budgets(default=Tolerance(minimum_effect=0.5, equivalence_margin=0.5))),
    ).run()
    assert [(one.metric, one.baseline, one.candidate) for one in comparison.changes] == [("words_known", 7, 8)]
    assert comparison.exit_code(strict=False) == 1


@pytest.mark.long
def test_on_the_command_line(cli: Callable[..., Any], tmp_path: Path) -> None:
    """The figures stand in the tables, in JSON, and in the history, also without the plugin."""
    (tmp_path / "short.txt").write_text(TEXT, "utf-8")
    (tmp_path / "metrics.py").write_text(METRICS, "utf-8")
    file = plugin(tmp_path / "planted.py", THREE)
    asked = ("--tokenizers", "one", "--attentions", "none", "--corpora", tmp_path / "short.txt", "--held-out", "0")
    ran = cli(
        *("run", "--load", "assay", "--plugin", file, "--plugin", tmp_path / "metrics.py", *asked, "--budget", "0.2s"),
        *("--metrics", "doubled,kind_of_row"),
    )
    assert ran.rc == 0, ran.stderr
    head, line = (text.split("\t") for text in ran.stdout.splitlines())
    cells = dict(zip(head, line, strict=True))
    assert (cells["doubled"], cells["kind_of_row"]) == (str(2 * int(cells["tokens"])), "TokenizerCase")
    assert "largest" not in cells
    document = cli("show", "--json").json
    assert document["tokenizers"][0]["doubled"] == 2 * document["tokenizers"][0]["tokens"]
    assert document["run"]["settings"]["metrics"] == [
        {"name": name, "unit": unit, "meaning": f"the metric {name}", "exact": True}
        for name, unit in (("doubled", "ids"), ("kind_of_row", "text"))
    ]
    history = cli("history", "doubled", "--json").json
    assert (history["unit"], history["series"][0]["exact"]) == ("ids", True)
    assert cli("history", "largest").complaint.startswith("assay: error: there is no metric named 'largest'")
    listed = cli("list", "metrics", "--plugin", tmp_path / "metrics.py", "--json").json
    assert "largest" in [row["name"] for row in listed["metrics"]]
