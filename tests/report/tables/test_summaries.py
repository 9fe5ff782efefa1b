"""What rows of several groups come to together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assay.records.results import Measurement, Metrics, Status, TokenizerCase, Value
from assay.report.tables.summaries import claims, fastest, grid_tables, summary_tables


def row(
    tokenizer: str, corpus: str = "c", status: Status = Status.OK, held_out: float = 0.0, **figures: Value
) -> Measurement:
    return Measurement(
        case=TokenizerCase(tokenizer=tokenizer, corpus=corpus, held_out=held_out),
        status=status,
        reason="document 3 has id 1 instead of 2 at token 9" if status is Status.FAILED else None,
        metrics=Metrics(figures),
    )


def claimant(tokenizer: str, corpus: str = "c", ratio: float = 0.5, size: int = 1000, **figures: Value) -> Measurement:
    known: dict[str, Value] = {
        "same_ids_as": "gpt2",
        "ids_sha256": corpus * 8,
        "fuzz_strings": 40_000,
        "ids_as": "array",
    }
    return row(tokenizer, corpus, **known, cold_ratio=ratio, cold_bytes=size, **figures)


def between(low: float, high: float) -> dict[str, Value]:
    return {"ratio": (low * high) ** 0.5, "cold_ratio_low": low, "cold_ratio_high": high}


class TestClaims:
    def test_equal_everywhere(self) -> None:
        (claim,) = claims([row("gpt2"), claimant("fast"), claimant("fast", "d", ratio=0.125, size=5000)])
        assert (claim.tokenizer, claim.reference, claim.equal, claim.tried) == ("fast", "gpt2", 2, 2)
        assert (claim.strings, claim.cold_ratio, claim.cold_bytes) == (40_000, 0.125, 5000)
        assert claim.holds

    def test_equal_ids_have_equal_digests_and_other_ids_others(self) -> None:
        one, two, three = claims([claimant("one"), claimant("two"), claimant("three", "d")])
        assert one.digest == two.digest != three.digest

    def test_one_difference_speaks_against_it_with_the_place(self) -> None:
        rows = [claimant("fast"), row("fast", "d", Status.FAILED, same_ids_as="gpt2")]
        (claim,) = claims(rows)
        assert not claim.holds
        assert claim.difference == "d: document 3 has id 1 instead of 2 at token 9"
        assert not list(fastest([claim]))

    def test_a_crash_that_told_no_claim_counts_too(self) -> None:
        (claim,) = claims([claimant("fast"), row("fast", "d", Status.FAILED)])
        assert not claim.holds

    def test_where_the_reference_failed_nothing_speaks_against_it(self) -> None:
        rows = [row("gpt2", "d", Status.FAILED), claimant("fast"), row("fast", "d", Status.FAILED)]
        (claim,) = claims(rows)
        assert claim.holds
        assert (claim.equal, claim.tried) == (1, 1)

    def test_a_limit_does_not_count(self) -> None:
        limit = replace(
            row("fast", "d", Status.FAILED), case=TokenizerCase(tokenizer="fast", corpus="d", trained_on="c")
        )
        (claim,) = claims([claimant("fast"), limit])
        assert (claim.holds, claim.tried) == (True, 1)

    def test_skipped_and_held_out_rows_do_not_count(self) -> None:
        rows = [claimant("fast"), row("fast", "d", Status.SKIPPED), row("fast", "e", Status.FAILED, held_out=0.1)]
        (claim,) = claims(rows)
        assert (claim.holds, claim.tried) == (True, 1)


class TestFastest:
    def test_the_fastest_with_the_same_ids_is_recommended(self) -> None:
        wrong = row("wrong", "d", Status.FAILED)
        rows = [
            claimant("slow", **between(0.8, 0.95)),
            claimant("fast", **between(0.08, 0.125)),
            claimant("wrong", **between(0.01, 0.02)),
            wrong,
        ]
        (sentence,) = fastest(claims(rows))
        assert sentence == (
            "recommended for the ids of gpt2: fast, 10.0 times as fast (8.0 to 12.5) on 0.0 MB not seen before,"
            " ids as array"
        )

    def test_of_two_that_the_intervals_do_not_tell_apart_both_are(self) -> None:
        rows = [claimant("one", **between(0.4, 0.5)), claimant("two", **between(0.42, 0.52)), claimant("no", ratio=0.1)]
        (sentence,) = fastest(claims(rows))
        assert sentence.startswith("recommended for the ids of gpt2: one, 2.2 times as fast (2.0 to 2.5) on")
        assert " or two, 2.1 times as fast (1.9 to 2.4) on" in sentence
        assert "no" not in sentence.replace("not seen", "").split()

    def test_where_all_are_slower_the_reference_is(self) -> None:
        rows = [claimant("slow", **between(1.4, 1.6)), claimant("slower", **between(2.0, 3.0))]
        (sentence,) = fastest(claims(rows))
        assert sentence == "recommended for the ids of gpt2: gpt2 itself, all with the same ids are slower"

    @pytest.mark.parametrize(
        "figures",
        [
            {"ratio": 0.1},
            {"ratio": 1.5},
            between(0.5, 1.1),
            between(0.9, 1.2),
            {**between(0.1, 0.2), "encode_clock": "wall"},
        ],
    )
    def test_without_an_interval_that_tells_nothing_is(self, figures: dict[str, Any]) -> None:
        """CPU time does not tell of one that works in another process."""
        assert list(fastest(claims([claimant("it", **figures)]))) == []


class TestTables:
    def test_a_run_with_neither_has_none(self) -> None:
        assert summary_tables([row("gpt2")]) == ()
        assert grid_tables([row("gpt2")]) == ()

    def test_identity(self) -> None:
        failed = row("bad", "d", Status.FAILED)
        (table,) = summary_tables([claimant("fast"), claimant("bad"), failed])
        assert [(line[0], line[2], line[-3], line[-1]) for line in table.rows] == [
            ("fast", "1 of 1", "0.500", "same"),
            ("bad", "1 of 2", "-", "wrong"),
        ]
        assert table.notes[0] == "bad: d: document 3 has id 1 instead of 2 at token 9"

    def test_parity(self) -> None:
        rows = [
            row(name, tokens_en=100, tokens_de=tokens, parity_en=1.0, parity_de=tokens / 100, premium=tokens / 100)
            for name, tokens in (("a", 225), ("b", 150))
        ]
        (table,) = summary_tables([*rows, row("c")])
        assert table.columns == ("language", "a", "b")
        assert table.rows == (("en", "1.00\u00a0100", "1.00\u00a0100"), ("de", "2.25\u00a0225", "1.50\u00a0150"))

    def test_growth(self) -> None:
        rows = [
            row("a", "adversarial-run", growth_exponent=1.0, growth_exponent_low=0.97, growth_exponent_high=1.03),
            row("b", "adversarial-run", Status.SKIPPED, growth_exponent=2.04),
            row("a", "adversarial-digits", Status.FAILED),
        ]
        (table,) = summary_tables(rows)
        assert table.columns == ("tokenizer", "run", "digits")
        assert table.rows == (("a", "1.00\u00a0±0.03", "failed"), ("b", "-", "-"))

    def test_limits(self) -> None:
        def tried(tokenizer: str, limit: str, status: Status, outcome: str, reason: str | None = None) -> Measurement:
            case = TokenizerCase(tokenizer=tokenizer, corpus=f"limit-{limit}", trained_on="c")
            figures = Metrics(limit=outcome)
            expected = outcome == "raises ValueError"
            return Measurement(case=case, status=status, reason=reason, metrics=figures, expected=expected)

        (table,) = summary_tables(
            [
                tried("a", "nul", Status.OK, "exact"),
                tried("b", "nul", Status.FAILED, "lossy", "it differs"),
                tried("c", "nul", Status.FAILED, "lossy", "it differs"),
                tried("b", "surrogates", Status.FAILED, "raises ValueError", "no"),
                tried("c", "surrogates", Status.FAILED, "failed", "not built"),
            ]
        )
        assert table.columns == ("tokenizer", "nul", "surrogates")
        assert table.rows == (
            ("a", "exact", "-"),
            ("b", "failed: lossy", "raises ValueError"),
            ("c", "failed: lossy", "failed"),
        )
        assert table.notes == ("nul, b, c: it differs", "surrogates, b: no", "surrogates, c: not built")

    def test_grid(self) -> None:
        (table,) = grid_tables([row("a", line_mb_per_s=1.234, encode_mb_per_s=5.0, latency_p50_seconds=2e-6), row("b")])
        assert table.title == "encode MB/s by length of text and batch: c/all"
        assert table.rows == (("a", "1.23", "-", "-", "5.00", "-", "-", "-", "2.00", "-"),)
