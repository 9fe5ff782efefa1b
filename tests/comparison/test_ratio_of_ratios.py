"""Ratios of ratios: intervals by hand, the allowance on both sides of its edges, and who may withdraw whose change."""

from __future__ import annotations

import math

import pytest

from assay.comparison.ratio_of_ratios import NormalizedCell, judge, ratio_of_ratios
from assay.records.verdicts import Judgement, Tolerance, Verdict
from assay.stats.paired_ratio import Ratio


def ratio(log: float = 0.0, down: float = 0.0, up: float = 0.0, pairs: int = 9, epochs: int = 1) -> Ratio:
    """A ratio by its log, and how far its interval reaches in logs."""
    low, value, high = math.exp(log - down), math.exp(log), math.exp(log + up)
    return Ratio(value=value, low=low, high=high, pairs=pairs, epochs=epochs)


def cell(name: str, log: float, *, against: str = "base", noise: float = 0.0, epochs: int = 1) -> NormalizedCell:
    """A cell whose normalized time is e^log times what it was."""
    before, after = ratio(0.7, epochs=epochs), ratio(0.7 + log, noise, noise, epochs=epochs)
    return NormalizedCell(cell=name, against=against, before=before, after=after)


def verdicts(*cells: NormalizedCell, allowance: float | None = None) -> list[str]:
    return [judgement.verdict.value for judgement in judge(cells, allowance=allowance)]


class TestInterval:
    def test_by_hand(self) -> None:
        """Half widths of logs add up as squares: 0.12 and 0.05 to 0.13, 0.3 and 0.4 to 0.5."""
        before, after = ratio(0.2, down=0.05, up=0.4, pairs=12, epochs=2), ratio(0.5, 0.3, 0.12, pairs=9, epochs=3)
        found = ratio_of_ratios(before, after)
        assert (found.value, found.low, found.high) == pytest.approx((math.exp(0.3), math.exp(-0.2), math.exp(0.43)))
        assert (found.pairs, found.epochs) == (9, 2)
        back = ratio_of_ratios(after, before)
        assert (back.value, back.low, back.high) == pytest.approx((math.exp(-0.3), math.exp(-0.43), math.exp(0.2)))
        assert (back.pairs, back.epochs) == (9, 2)

    def test_a_ratio_to_itself_is_1_and_twice_as_uncertain_in_variance(self) -> None:
        found = ratio_of_ratios(ratio(0.4, 0.3, 0.4), ratio(0.4, 0.3, 0.4))
        assert (found.value, found.low, found.high) == pytest.approx((1.0, math.exp(-0.5), math.exp(0.5)))

    @pytest.mark.parametrize(
        ("before", "after", "open_end"),
        [
            ((0.0, 2.5), (1.5, 2.5), "high"),
            ((1.5, math.inf), (1.5, 2.5), "low"),
            ((1.5, 2.5), (0.0, 2.5), "low"),
            ((1.5, 2.5), (1.5, math.inf), "high"),
        ],
    )
    def test_an_end_that_is_not_known_leaves_one_end_open(
        self, before: tuple[float, float], after: tuple[float, float], open_end: str
    ) -> None:
        sides = [Ratio(value=2.0, low=low, high=high, pairs=1, epochs=1) for low, high in (before, after)]
        found, half = ratio_of_ratios(*sides), math.hypot(math.log(2.0 / 1.5), math.log(2.5 / 2.0))
        wanted = (0.0, math.exp(half)) if open_end == "low" else (math.exp(-half), math.inf)
        assert (found.value, found.low, found.high) == pytest.approx((1.0, *wanted))


class TestVerdict:
    @pytest.mark.parametrize(("epochs", "share"), [(1, 0.60), (2, 0.60), (3, 0.35), (4, 0.35)])
    def test_the_allowance_is_less_where_three_processes_show_it(self, epochs: int, share: float) -> None:
        edge = math.log1p(share)
        for log, verdict in (
            (edge - 1e-6, "unchanged"),
            (edge + 1e-6, "regressed"),
            (1e-6 - edge, "unchanged"),
            (-1e-6 - edge, "improved"),
        ):
            assert verdicts(cell("a", log, epochs=epochs)) == [verdict]

    def test_the_side_of_fewer_processes_sets_it(self) -> None:
        log = math.log(1.5)
        few, many = ratio(epochs=2), ratio(log, epochs=3)
        assert verdicts(NormalizedCell(cell="a", against="b", before=few, after=many)) == ["unchanged"]
        few, many = ratio(epochs=3), ratio(log, epochs=3)
        assert verdicts(NormalizedCell(cell="a", against="b", before=few, after=many)) == ["regressed"]

    def test_an_allowance_that_is_asked_for_holds_for_all(self) -> None:
        edge = math.log1p(0.1)
        for epochs in (1, 3):
            assert verdicts(cell("a", edge - 1e-6, epochs=epochs), allowance=0.1) == ["unchanged"]
            assert verdicts(cell("a", edge + 1e-6, epochs=epochs), allowance=0.1) == ["regressed"]
        assert verdicts(cell("a", 1e-6), allowance=0.0) == ["regressed"]

    @pytest.mark.parametrize(
        ("log", "noise", "verdict", "reason", "remedy"),
        [
            (0.1, 0.02, Verdict.UNCHANGED, "normalized by base, within ±60%", None),
            (0.9, 0.3, Verdict.REGRESSED, "normalized by base, more than ±60%", None),
            (-0.9, 0.3, Verdict.IMPROVED, "normalized by base, more than ±60%", None),
            (
                0.9,
                0.5,
                Verdict.INCONCLUSIVE,
                "its own noise reaches over ±60%",
                "measure it longer, or with more --epochs",
            ),
        ],
    )
    def test_in_full(self, log: float, noise: float, verdict: Verdict, reason: str, remedy: str | None) -> None:
        (found,) = judge([cell("a", log, noise=noise, epochs=2)])
        assert found == Judgement(
            cell="a",
            verdict=verdict,
            tolerance=Tolerance(minimum_effect=0.6, equivalence_margin=0.6),
            epochs=2,
            ratio=pytest.approx(math.exp(log)),
            low=pytest.approx(math.exp(log - noise)),
            high=pytest.approx(math.exp(log + noise)),
            reason=reason,
            remedy=remedy,
            against="base",
            minimum_detectable_effect=pytest.approx(1.6 * math.exp(noise * (1 + 1.645 / 1.96)) - 1),
        )

    def test_an_interval_that_only_touches_the_allowance_is_within(self) -> None:
        inside, outside = math.log(1.6) - 0.2, math.log(1.6) + 0.2
        assert verdicts(cell("a", inside, noise=0.2 - 1e-6), cell("b", outside, noise=0.2 - 1e-6)) == [
            "unchanged",
            "regressed",
        ]
        assert verdicts(cell("a", inside, noise=0.2 + 1e-6), cell("b", outside, noise=0.2 + 1e-6)) == [
            "inconclusive",
            "inconclusive",
        ]


def many(*logs: float, against: str = "base") -> list[NormalizedCell]:
    return [cell(f"{against} {number}", log, against=against) for number, log in enumerate(logs)]


class TestOthers:
    def test_where_three_others_moved_likewise_it_may_be_the_baseline(self) -> None:
        found = judge(many(0.8, 0.8, 0.8, 0.8))
        assert {
            (each.verdict, each.reason, each.remedy, each.ratio is not None and round(each.ratio, 3)) for each in found
        } == {
            (
                Verdict.INCONCLUSIVE,
                "most of what is normalized by base moved alike (+123%), so it may be base",
                "`assay check` tells which of them changed",
                round(math.exp(0.8), 3),
            )
        }
        assert verdicts(*many(-0.8, -0.8, -0.8, -0.8)) == ["inconclusive"] * 4

    def test_two_others_are_too_few(self) -> None:
        assert verdicts(*many(0.8, 0.8, 0.8)) == ["regressed"] * 3
        assert verdicts(*many(-0.8, -0.8, -0.8)) == ["improved"] * 3

    def test_those_of_another_baseline_do_not_count(self) -> None:
        assert verdicts(*many(0.8, 0.8, 0.8), *many(0.8, against="other")) == ["regressed"] * 4
        assert verdicts(*many(0.0, 0.0, 0.0, 0.8), *many(0.8, 0.8, 0.8, 0.8, against="other")) == [
            *["unchanged"] * 3,
            "regressed",
            *["inconclusive"] * 4,
        ]

    def test_others_that_moved_the_other_way_do_not_withdraw_it(self) -> None:
        """Neither a regression among those that got faster, nor an improvement among those that got slower."""
        assert verdicts(*many(0.8, -0.8, -0.8, -0.8)) == ["regressed", *["inconclusive"] * 3]
        assert verdicts(*many(-0.8, 0.8, 0.8, 0.8)) == ["improved", *["inconclusive"] * 3]

    @pytest.mark.parametrize("sign", [1, -1])
    def test_one_stands_out_by_more_than_one_and_a_half_times_what_half_of_them_moved(self, sign: int) -> None:
        for own, verdict in ((0.9 - 1e-6, "inconclusive"), (0.9 + 1e-6, "regressed" if sign > 0 else "improved")):
            assert verdicts(*many(sign * own, *[sign * 0.6] * 3))[0] == verdict

    def test_most_is_more_than_half_of_them(self) -> None:
        assert verdicts(*many(0.8, 0.0, 0.0, 9.0))[0] == "regressed"
        assert verdicts(*many(0.8, 0.0, 0.6, 0.6))[0] == "inconclusive"
        assert verdicts(*many(0.8, 0.0, 0.7, 0.7, 0.0))[0] == "regressed"  # half of them are not most

    def test_what_is_beyond_two_and_a_half_times_is_never_withdrawn(self) -> None:
        assert verdicts(*many(0.91, 0.91, 0.91, 0.91)) == ["inconclusive"] * 4
        assert verdicts(*many(0.92, 0.92, 0.92, 0.92)) == ["regressed"] * 4
        assert verdicts(*many(*[-4.6] * 4)) == ["improved"] * 4

    def test_what_did_not_change_is_not_withdrawn(self) -> None:
        found = judge([cell("a", 0.3), cell("b", 0.8, noise=0.5), *many(0.8, 0.8, 0.8, 0.8)])
        assert [each.verdict for each in found[:2]] == [Verdict.UNCHANGED, Verdict.INCONCLUSIVE]
        assert [each.reason for each in found[:2]] == [
            "normalized by base, within ±60%",
            "its own noise reaches over ±60%",
        ]

    def test_judgements_come_in_the_order_of_the_cells(self) -> None:
        found = judge([*many(0.8, 0.0), *many(-0.8, against="other")])
        assert [(each.cell, each.against) for each in found] == [
            ("base 0", "base"),
            ("base 1", "base"),
            ("other 0", "other"),
        ]
        assert judge([]) == ()
