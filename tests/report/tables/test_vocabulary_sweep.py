"""Vocabulary size swept: one family in order of size, and nothing where there is nothing to sweep."""

from __future__ import annotations

from assay.records.results import Measurement, Metrics, Status, TokenizerCase, Value
from assay.report.tables.columns import LOSS_NOTE
from assay.report.tables.vocabulary_sweep import sweep_tables


def row(name: str, corpus: str = "c", status: Status = Status.OK, **figures: Value) -> Measurement:
    return Measurement(
        case=TokenizerCase(tokenizer=name, corpus=corpus),
        status=status,
        metrics=Metrics(figures),
    )


def sized(name: str, size: int, corpus: str = "c", family: str = "bpe") -> Measurement:
    return row(name, corpus, vocabulary_size=size, tokens=10_000 // size, bytes_per_token=1.5, family=family)


def test_a_family_stands_in_order_of_size() -> None:
    (table,) = sweep_tables([sized("bpe-4", 40), sized("bpe-1", 10), row("gpt2", vocabulary_size=50_257)])
    assert table.title == "by vocabulary size: c/all"
    assert [line[:4] for line in table.rows] == [("bpe", "10", "1,000", "1.500"), ("bpe", "40", "250", "1.500")]
    assert [line[4] for line in table.rows] == ["-", "-"]


def test_families_and_texts_stay_apart() -> None:
    rows = [sized("a-1", 10, family="a"), sized("a-2", 20, family="a"), sized("b-1", 5, family="b")]
    rows += [sized("b-2", 10, family="b"), sized("a-1", 10, "d", "a"), sized("a-2", 20, "d", "a")]
    first, second = sweep_tables(rows)
    assert [line[:2] for line in first.rows] == [("a", "10"), ("a", "20"), ("b", "5"), ("b", "10")]
    assert [line[:2] for line in second.rows] == [("a", "10"), ("a", "20")]


def test_figures_of_lost_text_are_marked() -> None:
    rows = [
        row(f"a-{size}", vocabulary_size=size, bytes_per_token=1.5, round_trip=whole, family="a")
        for size, whole in ((10, 0.5), (20, 1.0))
    ]
    (table,) = sweep_tables(rows)
    assert [line[3] for line in table.rows] == ["*1.500", "1.500"]
    assert table.notes == (LOSS_NOTE,)


def test_one_size_is_no_sweep() -> None:
    assert sweep_tables([sized("bpe-1", 10), row("bpe-4", status=Status.FAILED, family="bpe")]) == ()
