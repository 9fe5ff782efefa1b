"""OpenMetrics text, read by the parsers of the Prometheus client: the strict one, and that of the older format."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics import parser as strict
from prometheus_client.parser import text_string_to_metric_families as older

import nasty
from assay.records.metric_catalogue import CATALOGUE
from assay.records.results import Measurement, Metrics, Outcome, Status, TokenizerCase
from assay.report.formats.builtin import as_openmetrics
from assay.report.formats.openmetrics import UNITS, of_run
from assay.testkit.examples import publication

SHOWN = publication("run")
RUN: Outcome = SHOWN.outcomes[-1]
CASE = TokenizerCase(tokenizer="t", corpus="c")


def families(text: str) -> dict[str, Any]:
    found = list(strict.text_string_to_metric_families(text))
    assert len({family.name for family in found}) == len(found)
    assert [[(s.name, s.labels, s.value) for s in family.samples] for family in older(text)] == [
        [(s.name, s.labels, s.value) for s in family.samples] for family in found
    ]
    return {family.name: family for family in found}


def with_metrics(**figures: Any) -> Outcome:
    metrics = Metrics(figures)
    return replace(RUN, measurements=(Measurement(case=CASE, status=Status.OK, metrics=metrics),))


def test_every_figure_is_a_gauge_in_its_unit() -> None:
    text = as_openmetrics(SHOWN)
    assert text.endswith("\n# EOF\n")
    found = families(text)
    assert {family.type for family in found.values()} == {"gauge"}
    (first, *_) = RUN.measurements
    labels = {"tokenizer": "letters", "corpus": "example", "split": "all"}
    for name, metric, factor in (
        ("assay_tokens", "tokens", 1),
        ("assay_bytes", "bytes", 1),
        ("assay_bytes_per_token", "bytes_per_token", 1),
        ("assay_encode_seconds", "encode_seconds", 1),
        ("assay_encode_spread_ratio", "encode_spread", 1),
        ("assay_encode_bytes_per_second", "encode_mb_per_s", 1e6),
        ("assay_encode_tokens_per_second", "encode_tokens_per_s", 1),
        ("assay_characters_per_token", "characters_per_token", 1),
    ):
        sample = next(sample for sample in found[name].samples if sample.labels == labels)
        assert sample.value == pytest.approx(float(first.value(metric) or 0) * factor, rel=1e-12), name
    seconds = found["assay_encode_seconds"]
    assert (seconds.unit, seconds.documentation) == (
        "seconds",
        "median time of one call of the operation, by its clock [seconds]",
    )
    assert (found["assay_documents"].unit, found["assay_documents"].documentation) == (
        "",
        "documents measured [documents]",
    )
    numbers = [one for row in RUN.measurements for one in row.metrics.values() if not isinstance(one, str)]
    every = [sample for family in found.values() for sample in family.samples]
    ours = [sample for sample in every if {"tokenizer", "attention"} & set(sample.labels)]
    assert len(ours) == len(numbers) + len(RUN.measurements)


def test_how_cases_ended_and_what_the_run_was() -> None:
    found = families(as_openmetrics(SHOWN))
    ended = {
        (s.labels.get("tokenizer") or s.labels["attention"]): s.labels["status"]
        for s in found["assay_case_status"].samples
    }
    assert ended == {
        "letters": "ok", "broken": "failed", "example": "ok", "absent": "skipped", "other": "unsupported",
    }  # fmt: skip
    (about,) = found["assay_run_info"].samples
    assert (about.labels["run"], about.labels["command"], about.value) == (RUN.run.id, RUN.run.command, 1)
    assert found["assay_run_started_timestamp_seconds"].samples[0].value == 1767323045
    assert found["assay_noise_detectable_ratio"].samples[0].value == 0.013


def test_a_metric_of_languages_is_one_gauge() -> None:
    found = families(of_run(with_metrics(tokens=5, tokens_de=2, **{"tokens_pt-BR": 3, "parity_pt-BR": 1.5})))
    assert [sample.value for sample in found["assay_tokens"].samples] == [5]
    by_language = {s.labels["language"]: s.value for s in found["assay_tokens_of_language"].samples}
    assert by_language == {"de": 2, "pt-BR": 3}
    assert found["assay_parity_of_language_ratio"].unit == "ratio"


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_every_metric_of_the_catalogue_has_a_valid_name(entry: Any) -> None:
    value = "words" if entry.unit in ("text", "hex") else 1
    found = families(of_run(replace(with_metrics(**{entry.name: value}), noise=None)))
    names = [name for name in found if not name.startswith(("assay_run_", "assay_case_"))]
    assert len(names) == (value == 1)
    for name in names:
        unit = found[name].unit
        assert unit == ("" if "_per_token" in name or entry.unit not in UNITS else UNITS[entry.unit].name)
        assert name.endswith(unit)
        assert len(set(name.split("_per_second"))) == len(name.split("_per_second"))


def test_what_is_no_finite_number_and_flags() -> None:
    text = of_run(with_metrics(error=float("nan"), naive_error=float("-inf"), ratio=float("inf"), overhead_bound=True))
    assert re.findall(r"^assay_(?:error|naive_error|ratio|overhead_bound)\{.*\} (.*)$", text, re.M) == [
        "1",
        "NaN",
        "-Inf",
        "+Inf",
    ]
    families(text.replace("NaN", "1"))


def test_names_of_plugins_that_would_be_one_stay_two() -> None:
    names = ("run_info", "a-b", "a_2d_b", "é", "encode_bytes_per_second")
    found = families(of_run(with_metrics(encode_mb_per_s=2.0, **dict.fromkeys(names, 7))))
    sevens = [name for name, family in found.items() if [sample.value for sample in family.samples] == [7]]
    assert len(sevens) == len(names)
    assert {"assay_a_2d_b", "assay_again_a_2d_b", "assay__e9_", "assay_again_run_info"} <= set(sevens)


def test_hostile_words_are_text_in_labels() -> None:
    text = of_run(nasty.outcome())
    assert nasty.UNFIT.search(text) is None
    found = families(text)
    tokens = found["assay_tokens"].samples
    assert len(tokens) == len(nasty.WORDS)
    assert {sample.labels["tokenizer"] for sample in tokens} >= {
        f"{nasty.WORDS[name]}{place}" for place, name in enumerate(nasty.WORDS) if nasty.WORDS[name].isprintable()
    }
    # A metric is named after each word, and is minus its place.
    places = {-float(place) for place in range(len(nasty.WORDS))}
    assert places <= {family.samples[0].value for family in found.values() if len(family.samples) == 1}
    assert text.count("# EOF") > 1
    assert [line for line in text.split("\n") if line == "# EOF"] == ["# EOF"]


@given(st.text(st.characters(), min_size=1, max_size=12))
def test_any_text_is_valid(text: str) -> None:
    added = [{"name": text, "unit": text, "meaning": text, "exact": True}]
    run = replace(RUN.run, command=text, environment={text: text}, settings=json.dumps({"metrics": added}))
    row = Measurement(case=TokenizerCase(tokenizer=text, corpus=text), status=Status.OK, metrics=Metrics({text: -1.5}))
    assert families(of_run(replace(RUN, run=run, measurements=(row,))))
