"""The short table: figures with their ±, the best in bold, tags and reasons."""

from __future__ import annotations

from assay.report.tables.short_table import short_tables
from shown import attention, failed, not_applicable, run_of, tokenizer


def test_tokenizers_have_tokens_speed_and_the_time_against_the_baseline() -> None:
    rows = (
        tokenizer("gpt2", busy=True),
        tokenizer("fast", ratio=0.5, half=0.02, round_trip=0.0, characters_back=0.979),
    )
    (table,) = short_tables(run_of(*rows, failed("mine", "it broke")).measurements)
    assert table.title == "text, whole text"
    assert table.columns == ("tokenizer", "tokens ↓", "bytes per token ↑", "encode MB/s ↑", "time vs gpt2 ↓")
    gpt2, fast, mine = table.rows
    assert gpt2.cells == ("5,145", "4.00", "10.0 ±2%", "1.00")
    assert (gpt2.tags, gpt2.best) == (("baseline", "busy"), {0, 1})
    assert fast.cells == ("5,145", "*4.00", "20.0 ±2%", "0.50 ±4%")
    assert (fast.tags, fast.best) == (("loses text, 97.9% back",), frozenset())
    assert (mine.cells, mine.tags, mine.reason) == (("-",) * 4, ("failed",), "it broke (mind it)")


def test_attentions_have_a_time_in_its_unit_and_their_error() -> None:
    rows = (attention("sdpa", overhead_bound=True), attention("naive", ratio=0.02, half=0.001), not_applicable("other"))
    (table,) = short_tables(rows)
    assert table.title == "full forward, batch 1, 1 head x 64, length 128, float32, CPU"
    assert table.columns == ("attention", "time ↓", "time vs sdpa ↓", "error vs plain formula ↓")
    assert [row.cells for row in table.rows] == [
        ("1.00 ms ±2%", "1.00", "0.500"),
        ("20.0 µs ±2%", "0.0200 ±5%", "0.500"),
    ]
    assert table.rows[0].tags == ("baseline", "too short to compare")


def test_an_interval_that_is_wide_has_its_ends_written() -> None:
    (table,) = short_tables((tokenizer("gpt2", ratio=1.0), tokenizer("mine", ratio=0.06, half=0.04)))
    assert table.rows[1].cells[-1] == "0.06 (0.020 to 0.10)"
