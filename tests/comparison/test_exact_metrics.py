"""Exact metrics: any change is a finding."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from assay.comparison.exact_metrics import LATER, OF_THE_CHECKING, WORK, changes, other_work, same_work
from assay.records.metric_catalogue import CATALOGUE, Definition
from assay.records.results import Measurement, Metrics, Status, TokenizerCase, Value
from assay.records.verdicts import Change, Judgement, Verdict

CASE = TokenizerCase(tokenizer="regex-unk", corpus="the-verdict")


def row(**metrics: Value) -> Measurement:
    listed = Metrics(metrics)
    return Measurement(case=CASE, status=Status.OK, metrics=listed)


def change(metric: str, baseline: Value | None, candidate: Value | None) -> Change:
    return Change(case="tokenizer/the-verdict/all/regex-unk", metric=metric, baseline=baseline, candidate=candidate)


def test_equal_rows_have_no_changes() -> None:
    same = row(tokens=10, ids_sha256="ab", fertility=1.25, encode_seconds=0.1)
    assert changes(same, row(tokens=10, ids_sha256="ab", fertility=1.25, encode_seconds=9.9)) == ()


def test_changes_come_in_the_order_of_the_rows() -> None:
    found = changes(row(tokens=10, bytes=40, used_ids=3), row(used_ids=4, tokens=11, bytes=40))
    assert found == (change("tokens", 10, 11), change("used_ids", 3, 4))


def test_what_one_side_lacks_is_a_change() -> None:
    found = changes(row(tokens=10, unknown_tokens=1), row(tokens=10, special_ids=2))
    assert found == (change("unknown_tokens", 1, None), change("special_ids", None, 2))


def test_what_an_earlier_version_did_not_measure_is_no_change() -> None:
    assert changes(row(tokens=10), row(tokens=10, characters_back=1.0, normalization="nfc")) == ()
    found = changes(row(tokens=10, characters_back=1.0), row(tokens=10, characters_back=0.5))
    assert found == (change("characters_back", 1.0, 0.5),)


@pytest.mark.parametrize(
    "name",
    ["encode_seconds", "error", "naive_error", "gradient_error", "peak_bytes", "build_seconds", "growth_exponent"],
)
def test_what_has_noise_is_left_to_the_timings(name: str) -> None:
    assert changes(row(**{name: 1.0}), row(**{name: 2.0})) == ()


def test_metrics_of_a_language_and_of_none() -> None:
    assert changes(row(**{"tokens_pt-BR": 5}), row(**{"tokens_pt-BR": 6})) == (change("tokens_pt-BR", 5, 6),)
    assert changes(row(made_up=5), row(made_up=6)) == ()


def test_a_metric_of_a_plugin_gates_where_both_sides_have_it_and_it_is_exact() -> None:
    added = [
        Definition(name=name, unit="ids", meaning="", exact=exact)
        for name, exact in (("made_up", True), ("moody", False))
    ]
    assert changes(row(made_up=5, moody=1), row(made_up=6, moody=2), added) == (change("made_up", 5, 6),)
    assert changes(row(made_up=5), row(), added) == changes(row(), row(made_up=5), added) == ()


@pytest.mark.parametrize("name", OF_THE_CHECKING)
def test_how_thoroughly_a_row_was_checked_does_not_gate(name: str) -> None:
    assert changes(row(**{name: 5}), row(tokens=1, **{name: 6}))[0].metric == "tokens"


def test_the_last_bit_of_a_share_is_no_change_but_one_token_is() -> None:
    tokens = 10**8
    before, after = 4.2 * 10**8 / tokens, 4.2 * 10**8 / (tokens + 1)
    assert changes(row(bytes_per_token=before), row(bytes_per_token=before * (1 + 1e-15))) == ()
    assert changes(row(bytes_per_token=before), row(bytes_per_token=after)) != ()


def test_dispatched_operations_are_compared_as_a_set() -> None:
    before = row(dispatched="_scaled_dot_product_flash_attention_for_cpu, mul, add")
    assert changes(before, row(dispatched="_scaled_dot_product_flash_attention_for_cpu, add, mul")) == ()
    assert changes(before, row(dispatched="bmm, add, mul"))[0].metric == "dispatched"


def test_of_a_failed_row_only_what_both_have_is_compared() -> None:
    failed = replace(row(tokens=12), status=Status.FAILED)
    assert changes(row(tokens=10, bytes=40), failed) == (change("tokens", 10, 12),)
    assert changes(failed, row(bytes=40)) == ()


def test_same_work() -> None:
    assert same_work([])
    assert same_work([change("dispatched", "a", "b"), change("ids_as", "list", "ndarray")])
    for name in WORK:
        assert not same_work([change("vocabulary_size", 1, 2), change(name, 1, 2)])


def test_the_names_decided_on_are_exact_metrics_of_the_catalogue() -> None:
    exact = {known.name for known in CATALOGUE if known.exact}
    assert {*WORK, *OF_THE_CHECKING, *LATER, "dispatched"} <= exact


@pytest.mark.parametrize(
    ("before", "after", "equal"),
    [
        (1.0, 1.0 + 0.9e-9, True),
        (1.0, 1.0 + 1.1e-9, False),
        (0.0, 0.9e-12, True),
        (0.0, 1.1e-12, False),
        (math.nan, math.nan, True),
        (math.nan, 1.0, False),
        (1.0, math.nan, False),
        (10**12, 10**12 + 1, False),
        (10**12, 10**12, True),
        (1, 1.0, True),
    ],
)
def test_shares_are_equal_within_a_part_in_a_billion_and_counts_exactly(
    before: Value, after: Value, equal: bool
) -> None:
    assert (changes(row(fertility=before), row(fertility=after)) == ()) == equal


def test_rows_that_both_failed_are_compared_by_what_both_have() -> None:
    before, after = (replace(row(**each), status=Status.FAILED) for each in ({"tokens": 1, "bytes": 2}, {"tokens": 3}))
    assert changes(before, after) == (change("tokens", 1, 3),)
    skipped = replace(row(bytes=2), status=Status.SKIPPED)
    assert changes(row(tokens=1), skipped) == ()


def test_other_work_names_all_that_changed() -> None:
    found = other_work("a/b", [change("tokens", 1, 2), change("used_ids", 1, 2)])
    assert found == Judgement(
        cell="a/b", verdict=Verdict.NOT_COMPARABLE, reason="it does other work now: tokens, used_ids changed"
    )
