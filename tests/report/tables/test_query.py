"""Filters, sorting and columns, on made-up rows."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import AssayError, UnknownName
from assay.records.results import AttentionCase, Measurement, Metrics, Status, TokenizerCase, Value
from assay.records.workload import Workload
from assay.report.tables.query import Query, ask, chosen, narrowed

WORKLOAD = Workload.self_attention("core", batch=1, length=4, d_model=8)


def text(name: str, corpus: str = "c", status: Status = Status.OK, **figures: Value) -> Measurement:
    metrics = Metrics(figures)
    return Measurement(case=TokenizerCase(tokenizer=name, corpus=corpus), status=status, metrics=metrics)


def step(name: str, **figures: Value) -> Measurement:
    metrics = Metrics(figures)
    return Measurement(case=AttentionCase(attention=name, workload=WORKLOAD), status=Status.OK, metrics=metrics)


ROWS = (
    text("gpt2", tokens=5145, encode_ratio=1.0, unknown_token_rate=0.0, ids_as="list"),
    text("regex", tokens=4649, encode_ratio=0.34, unknown_token_rate=0.02),
    text("regex-unk", "d", Status.FAILED),
    step("sdpa", step_seconds=9e-6, step_ratio=1.0, overhead_bound=True),
    step("naive", step_seconds=2e-5, step_ratio=math.nan, overhead_bound=False),
)


def names(rows: tuple[Measurement, ...]) -> list[str]:
    return [row.case.plugin for row in rows]


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        (["plugin=gpt2,reg*"], ["gpt2", "regex", "regex-unk"]),
        (["plugin!=reg*"], ["gpt2", "sdpa", "naive"]),
        (["kind=attention"], ["sdpa", "naive"]),
        (["corpus=d"], ["regex-unk"]),
        (["status=ok", "kind=tokenizer"], ["gpt2", "regex"]),
        (["status=overhead-bound"], ["sdpa"]),
        (["status!=overhead-bound"], ["gpt2", "regex", "regex-unk", "naive"]),
        (["tokens>4700"], ["gpt2"]),
        (["tokens > 4,700"], ["gpt2"]),
        (["tokens>=4649"], ["gpt2", "regex"]),
        (["tokens<=4649"], ["regex"]),
        (["tokens<4649"], []),
        (["tokens=4649"], ["regex"]),
        (["tokens=4,649"], ["regex"]),
        (["tokens==4649.0"], ["regex"]),
        (["tokens=4649,5145"], ["gpt2", "regex"]),
        (["tokens=46*"], ["regex"]),
        (["tokens!=4649"], ["gpt2", "regex-unk", "sdpa", "naive"]),
        (["ratio=1"], ["gpt2", "sdpa"]),
        (["ratio>0"], ["gpt2", "regex", "sdpa"]),
        (["unknown_token_rate>=1%"], ["regex"]),
        (["latency µs>10"], ["naive"]),
        (["latency us<1e1"], ["sdpa"]),
        (["overhead_bound=yes"], ["sdpa"]),
        (["overhead_bound=no"], ["naive"]),
        (["ids_as=list"], ["gpt2"]),
        (["ids_as>1"], []),
        (["case=tokenizer/*/regex*"], ["regex", "regex-unk"]),
        ([], ["gpt2", "regex", "regex-unk", "sdpa", "naive"]),
    ],
)
def test_filters(filters: list[str], kept: list[str]) -> None:
    assert names(ask(ROWS, Query(filters=tuple(filters)))) == kept


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ("tokens", "is not a valid filter"),
        ("=3", "is not a valid filter"),
        ("tokens>", "is not a valid filter"),
        ("tokens>many", "'many' is not a number to compare tokens with"),
        ("tokens>nan", "is not a number"),
        ("tokns>3", "did you mean tokens"),
    ],
)
def test_what_is_no_filter_is_refused(filters: str, words: str) -> None:
    with pytest.raises(AssayError, match=words):
        ask(ROWS, Query(filters=(filters,)))


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        (["tokens"], ["regex", "gpt2", "regex-unk", "sdpa", "naive"]),
        (["tokens:desc"], ["gpt2", "regex", "regex-unk", "sdpa", "naive"]),
        (["latency us:desc"], ["gpt2", "regex", "regex-unk", "naive", "sdpa"]),
        (["ratio: DESC"], ["gpt2", "regex", "regex-unk", "sdpa", "naive"]),
        (["ratio:asc"], ["regex", "gpt2", "regex-unk", "sdpa", "naive"]),
        (["plugin:desc"], ["regex", "gpt2", "regex-unk", "sdpa", "naive"]),
        (["status", "tokens"], ["regex", "gpt2", "regex-unk", "sdpa", "naive"]),
    ],
)
def test_rows_are_sorted_within_their_group_and_those_without_a_value_come_last(
    sort: list[str], order: list[str]
) -> None:
    assert names(ask(ROWS, Query(sort=tuple(sort)))) == order


@pytest.mark.parametrize(("sort", "words"), [("tokens:down", "is not a valid order"), ("tokns", "did you mean tokens")])
def test_what_is_no_order_is_refused(sort: str, words: str) -> None:
    with pytest.raises(AssayError, match=words):
        ask(ROWS, Query(sort=(sort,)))


VALUES = st.one_of(st.none(), st.integers(-3, 3), st.floats(-3, 3), st.just(math.nan), st.sampled_from("ab"))
made_up = st.lists(st.tuples(st.sampled_from("xyz"), VALUES, VALUES), max_size=25).map(
    lambda cells: tuple(
        text(
            str(number),
            corpus,
            **{name: value for name, value in (("letters", one), ("moods", two)) if value is not None},
        )
        for number, (corpus, one, two) in enumerate([*cells, ("x", 1, 1)])
    )
)


@given(made_up, st.booleans())
def test_sorting_is_a_stable_permutation_with_what_has_no_value_last(
    rows: tuple[Measurement, ...], descending: bool
) -> None:
    found = ask(rows, Query(sort=(f"letters{':desc' * descending}",)))
    assert sorted(names(found)) == sorted(names(rows))
    groups = [row.case.group for row in found]
    assert list(dict.fromkeys(groups)) == list(dict.fromkeys(row.case.group for row in rows))
    assert sum(one != other for one, other in pairwise(groups)) == len(set(groups)) - 1

    def key(row: Measurement) -> tuple[int, float, str] | None:
        value = row.value("letters")
        if value is None or value != value:
            return None
        return (1, 0.0, value) if isinstance(value, str) else (0, float(value), "")

    for one, other in pairwise(found):
        if one.case.group == other.case.group:
            first, second = key(one), key(other)
            if first is None or second is None:
                assert second is None
            else:
                assert first >= second if descending else first <= second
            if first == second:
                assert int(one.case.plugin) < int(other.case.plugin)
    assert ask(found, Query(sort=(f"letters{':desc' * descending}",))) == found


@given(made_up)
def test_the_first_order_counts_most(rows: tuple[Measurement, ...]) -> None:
    by_both = ask(rows, Query(sort=("letters", "moods")))
    assert by_both == ask(ask(rows, Query(sort=("moods",))), Query(sort=("letters",)))


@given(made_up, st.integers(-3, 3))
def test_a_filter_and_its_opposite_share_the_rows_that_have_a_number(
    rows: tuple[Measurement, ...], number: int
) -> None:
    above = names(ask(rows, Query(filters=(f"letters>{number}",))))
    below = names(ask(rows, Query(filters=(f"letters<={number}",))))
    having = [
        row.case.plugin
        for row in rows
        if isinstance(value := row.value("letters"), int | float) and not math.isnan(value)
    ]
    assert sorted(above + below) == sorted(having)
    same = names(ask(rows, Query(filters=(f"letters={number}",))))
    assert sorted(same + names(ask(rows, Query(filters=(f"letters!={number}",))))) == sorted(names(rows))


class TestColumns:
    def test_titles_metrics_and_what_a_row_is_in_the_order_asked(self) -> None:
        found = chosen(ROWS, Query(columns=("ratio", "tokens", "corpus", "step_seconds")), given=("status",))
        assert [column.title for column in found["tokenizer"]] == ["ratio", "tokens", "corpus"]
        assert [column.title for column in found["attention"]] == ["ratio", "step_seconds"]

    def test_a_kind_that_has_none_of_them_is_left_out(self) -> None:
        assert list(chosen(ROWS, Query(columns=("tokens",)))) == ["tokenizer"]

    def test_what_no_row_has_is_a_column_of_dashes(self) -> None:
        found = chosen(ROWS, Query(columns=("fertility",)))
        assert [column.cell(ROWS[0]) for column in found["tokenizer"]] == ["-"]

    def test_what_a_table_has_anyhow_and_what_is_asked_twice_is_there_once(self) -> None:
        found = chosen(ROWS, Query(columns=("plugin", "tokens", "status", "tokenizer", "tokens")), given=("status",))
        assert [column.title for column in found["tokenizer"]] == ["tokens"]

    def test_an_unknown_one_is_refused(self) -> None:
        with pytest.raises(UnknownName, match="did you mean tokens"):
            chosen(ROWS, Query(columns=("tokns",)))

    def test_rows_are_narrowed_to_their_metrics_and_what_stands_beside_them(self) -> None:
        rows = [text("t", tokens=3, encode_mb_per_s=5.0, encode_spread=0.1, fertility=1.5), step("s", step_seconds=1.0)]
        found = narrowed(rows, chosen(rows, Query(columns=("encode MB/s", "fertility"))))
        assert list(found[0].metrics) == ["encode_mb_per_s", "encode_spread", "fertility"]
        assert (found[1].metrics, found[1].case) == ({}, rows[1].case)


def test_nothing_asked_is_nothing() -> None:
    assert not Query()
    assert all(map(bool, (Query(filters=("a=b",)), Query(sort=("a",)), Query(columns=("a",)))))
    assert ask(ROWS, Query()) == ROWS
