"""What the name of a column or of a figure stands for."""

from __future__ import annotations

import pytest

from assay.errors import UnknownName
from assay.records.results import AttentionCase, Case, Measurement, Metrics, Status, TokenizerCase, Value
from assay.records.workload import TextSource, Workload
from assay.report.tables.column_lookup import IDENTITY, find
from assay.report.tables.columns import ATTENTION, TOKENIZER

WORKLOAD = Workload.self_attention(
    "pipeline", batch=1, length=4, d_model=8, source=TextSource(corpus="text", tokenizer="gpt2")
)


def row(case: Case | None = None, status: Status = Status.OK, **figures: Value) -> Measurement:
    return Measurement(
        case=case or TokenizerCase(tokenizer="regex", corpus="the-verdict", held_out=0.1),
        status=status,
        metrics=Metrics(figures),
    )


TEXT = row(tokens=660, encode_mb_per_s=47.2, encode_ratio=0.5, letters=7, encode_spread=0.1)
STEP = row(AttentionCase(attention="sdpa", workload=WORKLOAD), step_seconds=9e-6, step_ratio=2.0, overhead_bound=True)
ROWS = (TEXT, STEP)


@pytest.mark.parametrize("column", [*TOKENIZER, *ATTENTION], ids=lambda column: column.title)
def test_every_title_is_known_in_any_case(column: object) -> None:
    title = column.title  # type: ignore[attr-defined]
    for name in (title, title.upper(), f"  {title.replace('µ', 'u')} "):
        assert column in find(name, ROWS).columns.values()


def test_one_title_may_be_another_metric_in_the_rows_of_another_kind() -> None:
    assert [find("ratio", ROWS).values(one) for one in ROWS] == [(0.5,), (2.0,)]


def test_a_title_has_the_unit_that_it_says_and_a_metric_its_own() -> None:
    assert find("latency us", ROWS).values(STEP) == (pytest.approx(9.0),)
    assert find("step_seconds", ROWS).values(STEP) == (9e-6,)
    assert find("latency us", ROWS).values(TEXT) == ()


@pytest.mark.parametrize("name", ["letters", "tokens", "fertility", "decode_mb_per_s", "batch2_spread", "ids_sha256"])
def test_metrics_of_rows_and_of_the_catalogue_are_known(name: str) -> None:
    assert {column.metric for column in find(name, ROWS).columns.values()} == {name}


@pytest.mark.parametrize(
    ("name", "of_text", "of_step"),
    [
        ("kind", ("tokenizer",), ("attention",)),
        ("plugin", ("regex",), ("sdpa",)),
        ("tokenizer", ("regex",), ("gpt2",)),
        ("attention", (), ("sdpa",)),
        ("corpus", ("the-verdict",), ("text",)),
        ("split", ("held-out-10",), ()),
        ("workload", (), (WORKLOAD.id,)),
        ("group", ("the-verdict/held-out-10", "tokenizer/the-verdict/held-out-10"), None),
        ("case", ("tokenizer/the-verdict/held-out-10/regex",), None),
        ("status", ("ok",), ("ok", "overhead-bound")),
        ("reason", (), ()),
        ("remedy", (), ()),
    ],
)
def test_what_a_row_is(name: str, of_text: tuple[str, ...], of_step: tuple[str, ...] | None) -> None:
    assert find(name, ROWS).values(TEXT) == of_text
    assert of_step is None or find(name, ROWS).values(STEP) == of_step


def test_all_that_a_row_is_was_tried() -> None:
    assert len(IDENTITY) == 12


def test_no_value_and_no_number_are_no_values() -> None:
    assert find("tokens", ROWS).values(row()) == ()
    assert find("error", ROWS).values(row(STEP.case, error=float("nan"))) == ()


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("fertilty", "fertility"),
        ("encode_p50", "latency_p50_seconds"),
        ("Encode MBs", "encode MB/s"),
        ("lettres", "letters"),
        ("stats", "status"),
        ("spread", "encode_spread"),  # one of every operation, and of no row
        ("enocde_spread", "encode_spread"),
    ],
)
def test_near_misses_are_suggested(name: str, near: str) -> None:
    with pytest.raises(UnknownName, match=rf"named '{name}'.*did you mean.*{near}"):
        find(name, ROWS)


@pytest.mark.parametrize("name", ["", "qqq", "a_b_c"])
def test_what_is_near_to_nothing_is_said_where_to_look_up(name: str) -> None:
    with pytest.raises(UnknownName, match=r"docs/metrics\.md"):
        find(name, ROWS)
