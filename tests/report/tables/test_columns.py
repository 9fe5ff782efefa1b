"""Columns of figures: how sure each one is, and how any metric is written for a person."""

from __future__ import annotations

import pytest

from assay.records.results import Measurement, Metrics, Status, TokenizerCase, Value
from assay.report.tables.columns import (
    ATTENTION,
    DROP_ORDER,
    TOKENIZER,
    column_of,
    columns_of,
    plain,
    relative_uncertainty,
    shown,
)
from assay.report.text.significant_digits import percent


def row(**figures: Value) -> Measurement:
    return Measurement(
        case=TokenizerCase(tokenizer="t", corpus="c"),
        status=Status.OK,
        metrics=Metrics(figures),
    )


@pytest.mark.parametrize(
    ("metric", "operation"),
    [
        ("encode_mb_per_s", "encode"),
        ("encode_tokens_per_s", "encode"),
        ("batch2_mb_per_s", "batch2"),
        ("step_seconds", "step"),
        ("tokens_per_s", "step"),
        ("mb_per_s", "step"),
        ("gemm_fraction", "step"),
        ("copy_fraction", "encode"),
        ("tokenize_share", "tokenize"),
        ("full_pass_seconds", "encode"),
    ],
)
def test_a_timed_figure_is_as_sure_as_the_samples_of_its_operation(metric: str, operation: str) -> None:
    assert relative_uncertainty(row(**{metric: 2.0, f"{operation}_spread": 0.05, "other_spread": 0.5}), metric) == 0.05
    assert relative_uncertainty(row(**{metric: 2.0}), metric) is None


def test_a_ratio_is_as_sure_as_its_interval() -> None:
    figures = row(encode_ratio=2.0, encode_ratio_low=1.9, encode_ratio_high=2.1, encode_spread=0.5)
    assert relative_uncertainty(figures, "encode_ratio") == pytest.approx(0.05)
    assert relative_uncertainty(row(encode_ratio=1.0, encode_spread=0.5), "encode_ratio") is None


@pytest.mark.parametrize("metric", ["tokens", "bytes_per_token", "fertility"])
def test_what_is_exact_has_no_uncertainty_though_documents_differ(metric: str) -> None:
    figures = {metric: 2.5, f"{metric}_low": 2.0, f"{metric}_high": 3.0, "encode_spread": 0.05, "step_spread": 0.05}
    assert relative_uncertainty(row(**figures), metric) is None


@pytest.mark.parametrize("metric", ["encode_spread", "cold_mb_per_s", "build_seconds", "letters"])
def test_of_what_was_read_once_or_is_not_known_nothing_is_known(metric: str) -> None:
    assert relative_uncertainty(row(**{"encode_spread": 0.05, "step_spread": 0.05, metric: 2.5}), metric) is None


@pytest.mark.parametrize(
    ("metric", "value", "text"),
    [
        ("tokens", 4_649_123, "4,649,123"),
        ("peak_bytes", 5_242_881, "5,242,881"),
        ("context_bytes", 4567.4, "4,567"),
        ("fertility", 1.23456, "1.23"),
        ("unknown_token_rate", 0.012345, "1.23%"),
        ("encode_mb_per_s", 47.234, "47"),
        ("encode_spread", 0.054, "±5%"),
        ("copy_fraction", 0.0523, "5.2%"),
        ("overhead_bound", True, "yes"),
        ("special_tokens", "as text", "as text"),
        ("ids_sha256", "ab" * 32, "ab" * 6),
        ("letters", 12.3456, "12.3"),
    ],
)
def test_any_metric_is_written_by_its_kind(metric: str, value: Value, text: str) -> None:
    assert plain(row(**({"encode_spread": 0.054} | {metric: value})), metric) == text
    assert plain(row(), metric) == "-"


def test_a_column_of_any_metric_bears_its_name_and_sets_figures_to_the_right() -> None:
    rows = [row(), row(fertility=1.5, ids_as="list")]
    assert (column_of("fertility", rows).title, column_of("fertility", rows).numeric) == ("fertility", True)
    assert column_of("ids_as", rows).numeric is False
    assert [column_of("fertility", rows).cell(one) for one in rows] == ["-", "1.50"]
    assert [column_of("fertility", rows).raw(one) for one in rows] == ["", "1.5"]


def test_one_figure_in_another_unit() -> None:
    assert shown(row(step_seconds=0.0123, step_spread=0.01), "step_seconds", 1e3) == "12.3"
    assert shown(row(embed_share=0.123), "embed_share", formatter=percent) == "12.3%"
    assert shown(None, "step_seconds") == shown(row(), "step_seconds") == "-"


def test_the_headline_is_never_dropped() -> None:
    titles = {column.title for column in (*TOKENIZER, *ATTENTION)}
    assert set(DROP_ORDER) < titles
    assert titles - set(DROP_ORDER) == {"tokens", "bytes per token", "encode MB/s", "ratio", "latency µs"}


def test_speed_on_fresh_text_has_a_column_where_a_row_has_it() -> None:
    old, new = row(encode_mb_per_s=2.0), row(encode_mb_per_s=2.0, fresh_mb_per_s=1.9)
    assert "fresh MB/s" not in {column.title for column in columns_of([old])}
    titles = [column.title for column in columns_of([old, new])]
    assert titles.index("fresh MB/s") == titles.index("encode MB/s") + 1
