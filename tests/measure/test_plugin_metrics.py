"""Metrics of plugins: which are asked for, and what an answer must be."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import assay
from assay.errors import AssayError, UnknownName, WrongOutput
from assay.measure.plugin_metrics import chosen, figure, offered
from assay.plugins.validation import OF_ROWS
from assay.records.flat_rows import row_of
from assay.records.metric_catalogue import CATALOGUE, Definition
from assay.records.results import Measurement, Metrics, Status, TokenizerCase
from assay.report.tables.column_lookup import IDENTITY

PLUGIN = """
import assay

@assay.hookimpl
def assay_metrics():
    for name, requires in (("seven", ()), ("eight", ()), ("lacking", ("nobody-has-this>=2",))):
        yield assay.MetricPlugin(
            name=name, summary=f"always {name}", unit="ids", requires=requires, exact=name != "eight",
            of_row=lambda row: 7,
        )
"""
NAMED = """
import assay

@assay.hookimpl
def assay_metrics():
    yield assay.MetricPlugin(name={name!r}, summary="x", unit="ids", of_row=lambda row: 7)
"""


@pytest.fixture
def host(tmp_path: Path) -> assay.Host:
    (tmp_path / "mine.py").write_text(PLUGIN, "utf-8")
    return assay.discover([tmp_path / "mine.py"], load="none")


def test_all_that_are_ready_are_asked_for(host: assay.Host) -> None:
    assert chosen(host, None) == (
        Definition(name="seven", unit="ids", meaning="always seven", exact=True),
        Definition(name="eight", unit="ids", meaning="always eight", exact=False),
    )


@pytest.mark.parametrize(
    ("patterns", "names"), [("none", []), ("eight", ["eight"]), ("*e*n,eight", ["seven", "eight"])]
)
def test_names_and_globs_choose(host: assay.Host, patterns: str, names: list[str]) -> None:
    assert [metric.name for metric in chosen(host, patterns)] == names


def test_what_is_named_and_lacks_something_is_refused(host: assay.Host) -> None:
    with pytest.raises(AssayError, match=r"the metric lacking needs nobody-has-this>=2") as caught:
        chosen(host, "lacking")
    assert "pip install" in str(caught.value.remedy)
    with pytest.raises(UnknownName, match="there is no metric named 'sevens'"):
        chosen(host, "sevens")


def test_a_process_offers_what_it_has_in_the_order_that_is_asked(host: assay.Host) -> None:
    names = ("eight", "elsewhere", "lacking", "seven")
    assert [plugin.name for plugin in offered(host, names)] == ["eight", "seven"]


@pytest.mark.parametrize(
    ("answer", "value"),
    [(None, None), (3, 3), (0.5, 0.5), (True, True), (np.int64(3), 3), (np.float32(0.5), 0.5), (np.bool_(True), None)],
)
def test_numbers_are_those_of_python(answer: object, value: object) -> None:
    if value is None and answer is not None:
        with pytest.raises(WrongOutput, match="it answers bool"):
            figure("ids", answer)
        return
    found = figure("ids", answer)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("unit", "answer", "words"),
    [
        ("ids", [1], "it answers list, no number and no text"),
        ("ids", 1j, "it answers complex"),
        ("ids", "many", "it answers a text, and its unit is 'ids'"),
        ("text", 3, "it answers a number, and its unit is 'text'"),
        ("ids", math.nan, "it answers nan"),
        ("ids", -math.inf, "it answers -inf"),
        ("ids", 2**53 + 1, r"an integer beyond 2\^53"),
        ("text", "a" * 1_001, "it answers 1,001 characters"),
    ],
)
def test_nonsense_is_refused(unit: str, answer: object, words: str) -> None:
    with pytest.raises(WrongOutput, match=words):
        figure(unit, answer)


@given(answer=st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans())
def test_every_other_number_is_kept(answer: float) -> None:
    found = figure("ids", answer)
    assert (found, type(found)) == (answer, type(answer))


@pytest.mark.parametrize(
    "name",
    [*(known.name for known in CATALOGUE), "encode_ratio", "mine_seconds", "tokens_fr", "status", "plugin", "run"],
)
def test_the_names_of_others_are_refused_when_it_is_found(tmp_path: Path, name: str) -> None:
    (tmp_path / "mine.py").write_text(NAMED.format(name=name), "utf-8")
    host = assay.discover([tmp_path / "mine.py"], load="none")
    assert host.every(assay.MetricPlugin) == ()
    (failure,) = host.failures
    assert (failure.stage, failure.kind, failure.name) == ("assay_metrics", "metric", name)
    assert "give it another name" in failure.message
    assert "fix it, or leave it out with --block mine" in failure.remedy


def test_no_metric_hides_what_a_row_says_of_itself() -> None:
    case = TokenizerCase(tokenizer="t", corpus="c")
    attention = assay.AttentionCase(
        attention="a", workload=assay.Workload.self_attention("core", batch=1, length=2, d_model=4)
    )
    rows = [Measurement(case=one, status=Status.OK) for one in (case, attention)]
    assert {cell for row in rows for cell in row_of("r", row)} | set(IDENTITY) == OF_ROWS


def test_a_run_tells_what_its_metrics_mean_without_the_plugin(
    host: assay.Host, cli: Callable[..., object], tmp_path: Path
) -> None:
    from assay.records.settings import Settings
    from assay.report.formats.pytest_benchmark import of_run
    from assay.store.dataframes import frames_of

    settings = Settings(metrics=chosen(host, None)).to_json()
    run = assay.Run(id="r", started="2026", suite="s/1", command="c", environment={}, settings=settings)
    assert assay.definition("seven") is None
    assert assay.definition("eight", run) == Definition(name="eight", unit="ids", meaning="always eight", exact=False)
    assert assay.definition("tokens", run) == assay.definition("tokens")
    assert assay.definition("nine", run) is None
    sample = assay.Sample(iterations=1, wall_ns=1, cpu_ns=1)
    row = Measurement(
        case=TokenizerCase(tokenizer="t", corpus="c"),
        status=Status.OK,
        metrics=Metrics(seven=7, eight=8),
        timings=(assay.Timing(name="encode", samples=(sample,)),),
    )
    counts = assay.Manifest(planned=1, ok=1, failed=0, skipped=0, unsupported=0, missing=0)
    outcome = assay.Outcome(run=run, manifest=counts, measurements=(row,), noise=None)
    assert list(frames_of([outcome]).tidy["unit"]) == ["ids", "ids"]
    assert of_run(run, [row])["benchmarks"][0]["extra_info"] == {"seven": 7}
