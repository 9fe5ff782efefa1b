"""Who is best, and how far to trust it."""

from __future__ import annotations

from dataclasses import replace

from assay.records.results import Status
from assay.report.tables.answers import answers, trust
from shown import attention, failed, not_applicable, run_of, tokenizer


def test_the_winners_have_their_figures_and_their_lead() -> None:
    rows = [tokenizer("gpt2"), tokenizer("fast", ratio=0.5, half=0.02, tokens=6000)]
    assert answers(rows) == (
        "fewest tokens (lossless): gpt2, 5,145",
        "fastest encode (lossless): fast, 20.0 MB/s, 2.00 (1.92 to 2.08) times as fast as gpt2",
    )


def test_the_baseline_can_win() -> None:
    rows = [tokenizer("gpt2"), tokenizer("slow", ratio=2.0, half=0.1)]
    assert answers(rows) == (
        "fewest tokens (lossless): gpt2, slow, 5,145 each",
        "fastest encode (lossless): gpt2, 10.0 MB/s; slow takes 2.00 (1.90 to 2.10) times as long",
    )


def test_intervals_that_overlap_have_no_winner() -> None:
    rows = [attention("sdpa"), attention("naive", ratio=0.98, half=0.03)]
    assert answers(rows) == ("fastest attention: too close to call: naive, sdpa",)


def test_what_loses_text_or_is_too_short_wins_nothing() -> None:
    lossy = tokenizer("lossy", ratio=0.1, half=0.01, tokens=1, round_trip=0.0)
    assert answers([tokenizer("gpt2"), tokenizer("other", ratio=2, half=0.1), lossy])[0].endswith("5,145 each")
    assert answers([attention("sdpa", overhead_bound=True), attention("a", ratio=0.5, overhead_bound=True)]) == ()


def test_a_row_without_decode_is_not_called_lossless() -> None:
    unchecked = tokenizer("mine", tokens=1)
    unchecked = replace(unchecked, metrics=type(unchecked.metrics)({**unchecked.metrics, "round_trip": None}))
    assert answers([tokenizer("gpt2"), unchecked])[0] == "fewest tokens (not all checked for loss): mine, 1"


def test_two_groups_are_named_and_of_more_the_wins_are_counted() -> None:
    rows = [
        tokenizer(name, corpus=f"text{number}", tokens=tokens)
        for number in range(4)
        for name, tokens in (("gpt2", 9), ("a", 8 if number else 10))
    ]
    assert answers(rows[:4])[0] == "fewest tokens (lossless): gpt2, 9 · text0, whole text"
    assert answers(rows)[0] == "fewest tokens (lossless): a in 3, gpt2 in 1 (of 4 comparisons)"


def test_one_row_alone_is_compared_with_nothing() -> None:
    assert answers([tokenizer("gpt2")]) == ()


def test_trust_counts_rows_load_and_noise() -> None:
    found = trust(run_of(attention("sdpa"), attention("naive"), not_applicable("other")))
    assert found.level == "good"
    assert found.text == (
        "2 of 2 rows passed their checks, 1 not applicable; load 0.31 on 2 cores;"
        " differences under 2.6 % are noise (identical code differed by 0.6 %)"
    )


def test_trust_is_less_where_rows_waited_or_failed() -> None:
    busy = trust(run_of(tokenizer("gpt2", busy=True), failed("unk", "unseen", expected=True)))
    assert (busy.level, "1 expected failure;" in busy.text, "1 row waited for a core" in busy.text) == (
        "warn",
        True,
        True,
    )
    bad = trust(run_of(tokenizer("gpt2"), failed("mine", "it broke")))
    assert (bad.level, "1 of 2 rows passed their checks, 1 failed;" in bad.text) == ("bad", True)
    assert trust(run_of(tokenizer("gpt2"), noise=None)).text.endswith("noise not measured")
    skipped = replace(failed("a", "no file"), status=Status.SKIPPED)
    assert "1 skipped" in trust(run_of(tokenizer("gpt2"), skipped)).text
