"""The sequential decision over all cells, look by look."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtrit

from assay.records.verdicts import Clock, EpochRatio, Evidence, Judgement, Tolerance, Verdict
from assay.stats.sequential_test import (
    AlphaSpending,
    analyse,
    epochs_to_settle,
    minimum_detectable_effect,
    next_analysis,
)
from assay.stats.trimmed_mean import Estimate, estimate

MIRRORED = {Verdict.REGRESSED: Verdict.IMPROVED, Verdict.IMPROVED: Verdict.REGRESSED}
LOGS = st.lists(st.floats(-0.1, 0.1), min_size=1, max_size=24)


def evidence(
    logs: Sequence[float],
    *,
    cell: str = "a",
    walls: Sequence[float] | None = None,
    clock: Clock = "cpu",
    tolerance: Tolerance | None = None,
    seconds: float = 0.5,
) -> Evidence:
    both = zip(logs, logs if walls is None else walls, strict=True)
    epoch_ratios = tuple(
        EpochRatio(epoch=number, cpu=cpu, wall=wall, pairs=48, seconds=seconds)
        for number, (cpu, wall) in enumerate(both)
    )
    return Evidence(cell=cell, epoch_ratios=epoch_ratios, clock=clock, tolerance=tolerance or Tolerance())


def around(centre: float, epochs: int, spread: float = 0.009, seed: int = 1) -> list[float]:
    chance = random.Random(seed)
    return [centre + chance.gauss(0.0, spread) for _ in range(epochs)]


def judged(found: Evidence, state: AlphaSpending | None = None) -> Judgement:
    """The verdict of a last look at a single cell."""
    (judgement,), _ = analyse(state or AlphaSpending(1), [found], final=True)
    return judgement


def test_the_schedule() -> None:
    epochs, seen = 0, []
    for _ in range(11):
        epochs = next_analysis(epochs)
        seen.append(epochs)
    assert seen == [8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384]


@given(st.integers(0, 10**6))
def test_the_next_look_is_later_and_not_far(epochs: int) -> None:
    assert epochs < next_analysis(epochs) <= max(8, 1.5 * epochs + 8)


@given(st.integers(0, 60), st.sampled_from([0.01, 0.05, 0.2]))
def test_what_is_spent_never_exceeds_q(early: int, q: float) -> None:
    state = AlphaSpending(1, q)
    for _ in range(early):
        before = state
        _, state = analyse(state, [evidence(around(0.0, 8))])
        assert 0 <= state.spent - before.spent <= q / 10 + 1e-15
    assert state.spent <= q / 2 + 1e-12
    _, state = analyse(state, [evidence(around(0.0, 8))], final=True)
    assert state.spent == pytest.approx(q)


@pytest.mark.parametrize(("cells", "q"), [(0, 0.01), (1, 0.0), (1, 1.0)])
def test_a_check_needs_cells_and_a_rate(cells: int, q: float) -> None:
    with pytest.raises(ValueError, match="a check needs"):
        AlphaSpending(cells, q)


def test_more_cells_than_the_check_began_with_are_refused() -> None:
    with pytest.raises(ValueError, match="2 cells are more than the 1"):
        analyse(AlphaSpending(1), [evidence([0.0]), evidence([0.0], cell="b")])


def test_a_large_slowdown_is_settled_at_the_first_look_and_the_rest_goes_on() -> None:
    settled, state = analyse(
        AlphaSpending(2), [evidence(around(0.2, 8), cell="slow"), evidence(around(0.0, 8, 0.05), cell="dim")]
    )
    assert [(judgement.cell, judgement.verdict) for judgement in settled] == [("slow", Verdict.REGRESSED)]
    assert settled[0].ratio == pytest.approx(math.exp(0.2), rel=0.02)
    assert settled[0].p_value is not None
    assert settled[0].p_value < 1e-6
    assert settled[0].epochs == 8
    assert settled[0].more_s is None
    assert state == AlphaSpending(cells=2, q=0.01, spent=pytest.approx(0.001))  # type: ignore[arg-type]


def test_a_speedup_is_improved() -> None:
    assert judged(evidence(around(-0.1, 16))).verdict is Verdict.IMPROVED


def test_nothing_is_settled_early_where_the_last_look_would_say_unchanged_by_the_margin_alone() -> None:
    found = evidence(around(0.006, 16))
    assert analyse(AlphaSpending(1), [found])[0] == ()
    assert judged(found).verdict is Verdict.UNCHANGED


def test_a_quiet_cell_is_unchanged_early() -> None:
    (judgement,), _ = analyse(AlphaSpending(1), [evidence(around(0.0, 16, spread=0.004))])
    assert judgement.verdict is Verdict.UNCHANGED
    assert judgement.low is not None
    assert judgement.high is not None
    assert 0.99 < judgement.low < 1.0 < judgement.high < 1.01


def test_a_change_under_the_smallest_effect_is_none_however_sure() -> None:
    found = evidence(around(0.008, 64, spread=0.002))
    assert judged(found).verdict is Verdict.UNCHANGED
    finer = evidence(
        around(0.008, 64, spread=0.002), tolerance=Tolerance(minimum_effect=0.005, equivalence_margin=0.03)
    )
    assert judged(finer).verdict is Verdict.REGRESSED


def test_inconclusive_says_how_much_more_it_takes() -> None:
    found = judged(evidence(around(0.02, 8, spread=0.05), seconds=2.0))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.more_s is not None
    assert found.more_s % 2.0 == 0.0
    assert 8 * 2.0 < found.more_s < 1000.0
    assert found.reason is not None
    assert found.reason.startswith("the change lies between -")
    calmer = judged(evidence(around(0.02, 8, spread=0.03), seconds=2.0))
    assert calmer.more_s is not None
    assert calmer.more_s < found.more_s


def test_the_time_it_asks_for_is_enough() -> None:
    """Cells that were given as many epochs as they were said to need are nearly all told."""
    told = asked = 0
    for seed in range(60):
        first = judged(evidence(around(0.03, 8, spread=0.04, seed=seed), seconds=1.0))
        if first.verdict is Verdict.INCONCLUSIVE and first.more_s is not None:
            asked += 1
            more = evidence(around(0.03, 8 + round(first.more_s), spread=0.04, seed=seed))
            told += judged(more).verdict is not Verdict.INCONCLUSIVE
    assert asked > 30
    assert told >= 0.7 * asked  # the spread of eight epochs is itself uncertain


@pytest.mark.parametrize("epochs", [1, 2, 4])
def test_few_epochs_never_claim_anything(epochs: int) -> None:
    found = judged(evidence([0.5] * epochs, seconds=2.0))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.more_s == 2.0 * (8 - epochs)
    assert found.ratio == pytest.approx(math.exp(0.5))
    assert (found.low, found.p_value) == (None, None)
    assert found.reason == f"{epochs} epochs are too few to tell".replace("1 epochs are", "1 epoch is")


def test_no_readings() -> None:
    found = judged(evidence([]))
    assert (found.verdict, found.more_s, found.ratio) == (Verdict.INCONCLUSIVE, None, None)
    assert found.reason == "nothing could be timed"


@pytest.mark.parametrize(("log", "verdict"), [(0.0, Verdict.UNCHANGED), (0.05, Verdict.REGRESSED)])
def test_without_any_spread(log: float, verdict: Verdict) -> None:
    (judgement,), _ = analyse(AlphaSpending(1), [evidence([log] * 8)])
    assert judgement.verdict is verdict
    assert judgement.low == judgement.high == judgement.ratio


def test_wall_time_that_rose_alone_is_told() -> None:
    cpu, walls = around(0.0, 16), around(0.113, 16, seed=2)
    found = judged(evidence(cpu, walls=walls))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason == "wall time rose by 12% and CPU time did not: the work may wait, or run elsewhere"
    assert found.remedy == "judge it with --clock wall"
    assert found.wall_ratio == pytest.approx(1.12, rel=0.01)
    by_wall = judged(evidence(cpu, walls=walls, clock="wall"))
    assert (by_wall.verdict, by_wall.reason) == (Verdict.REGRESSED, None)


def test_wall_time_that_rose_as_well_is_not() -> None:
    assert judged(evidence(around(0.1, 16), walls=around(0.2, 16))).reason is None
    assert judged(evidence(around(0.0, 16), walls=around(0.02, 16, seed=2))).reason is None


def test_settled_cells_still_count_among_all() -> None:
    """A p-value that is enough for one cell is not for one of a hundred, though it alone is left."""
    found = evidence([0.03 + 0.0246, 0.03 - 0.0246] * 8)
    p_value = judged(found).p_value
    assert p_value is not None
    assert 0.0001 < p_value < 0.01
    assert judged(found).verdict is Verdict.REGRESSED
    assert judged(found, AlphaSpending(100)).verdict is not Verdict.REGRESSED


def test_several_slow_cells_help_each_other() -> None:
    """Benjamini and Hochberg: the k-th smallest p-value is held to k shares."""
    found = evidence([0.03 + 0.0246, 0.03 - 0.0246] * 8)
    many = [evidence(found.logs, cell=str(number)) for number in range(50)]
    settled, _ = analyse(AlphaSpending(50), many, final=True)
    assert {judgement.verdict for judgement in settled} == {Verdict.REGRESSED}


@given(LOGS, st.booleans(), st.integers(1, 5))
def test_swapping_the_sides_mirrors_the_verdict(logs: list[float], last: bool, cells: int) -> None:
    ours, state = analyse(AlphaSpending(cells), [evidence(logs)], final=last)
    theirs, other = analyse(AlphaSpending(cells), [evidence([-log for log in logs])], final=last)
    assert state == other
    assert len(ours) == len(theirs)
    for one, two in zip(ours, theirs, strict=True):
        assert two.verdict is MIRRORED.get(one.verdict, one.verdict)
        assert one.ratio is not None
        assert two.ratio == pytest.approx(1 / one.ratio)
        if one.low is not None:
            assert two.high == pytest.approx(1 / one.low)
            assert two.p_value == pytest.approx(one.p_value, rel=1e-6)


@given(LOGS, st.randoms(use_true_random=False))
def test_the_order_of_the_epochs_does_not_matter(logs: list[float], order: random.Random) -> None:
    shuffled = list(logs)
    order.shuffle(shuffled)
    ours, theirs = judged(evidence(logs)), judged(evidence(shuffled))
    assert (ours.verdict, ours.ratio, ours.p_value) == (theirs.verdict, theirs.ratio, theirs.p_value)


@given(LOGS, st.integers(0, 200))
def test_null_cells_never_make_a_rejection_easier(logs: list[float], others: int) -> None:
    alone = judged(evidence(logs)).verdict
    nulls = [evidence([0.01, -0.01] * 4, cell=str(number)) for number in range(min(others, 5))]
    (among, *_), _ = analyse(AlphaSpending(1 + others), [evidence(logs), *nulls], final=True)
    if among.verdict in MIRRORED:
        assert alone is among.verdict


@given(st.lists(LOGS, min_size=1, max_size=6))
def test_the_last_look_settles_all_in_order(cells: list[list[float]]) -> None:
    evidences = [evidence(logs, cell=str(number)) for number, logs in enumerate(cells)]
    settled, _ = analyse(AlphaSpending(len(cells)), evidences, final=True)
    assert [judgement.cell for judgement in settled] == [found.cell for found in evidences]


# --- sentences and advice, by hand


@pytest.mark.parametrize(
    ("centre", "spread", "reason"),
    [
        (0.02, 0.05, "the change lies between -2.4% and +6.7%, which may matter or not"),
        (0.03, 0.0285, "the change lies between +0.5% and +5.7%, which may matter or not"),
        (-0.02, 0.05, "the change lies between -6.3% and +2.5%, which may matter or not"),
    ],
)
def test_an_interval_is_told_as_a_change(centre: float, spread: float, reason: str) -> None:
    """Eight ratios of which half lie as far above as the others below; t is 2.365."""
    found = judged(evidence([centre + spread, centre - spread] * 4))
    half = 2.3646 * spread * math.sqrt(8 / 7) / math.sqrt(8)
    assert (found.low, found.high) == pytest.approx((math.exp(centre - half), math.exp(centre + half)), rel=1e-4)
    assert (found.verdict, found.reason) == (Verdict.INCONCLUSIVE, reason)


def epochs_wanted(found: Estimate, tolerance: Tolerance, level: float) -> int:
    """The first number of epochs that would do, tried one by one."""
    distance = abs(found.centre)
    for epochs in range(found.epochs + 1, 10_000):
        cut = epochs // 8 if epochs >= 10 else 0
        degrees, error = epochs - 1 - 2.5 * cut, found.error * math.sqrt(found.epochs) / math.sqrt(epochs)
        unchanged = stdtrit(degrees, 0.95) * error <= math.log1p(tolerance.equivalence_margin) - distance
        power = (stdtrit(degrees, 0.95) + stdtrit(degrees, 1 - level)) * error
        if unchanged or power <= max(distance, math.log1p(tolerance.minimum_effect)):
            return epochs
    raise AssertionError


@pytest.mark.parametrize("cells", [1, 40])
@pytest.mark.parametrize(
    ("centre", "spread"), [(0.02, 0.05), (0.02, 0.03), (-0.02, 0.03), (0.0, 0.06), (0.005, 0.05), (0.03, 0.03)]
)
def test_the_advice_is_the_first_number_of_epochs_that_would_do(centre: float, spread: float, cells: int) -> None:
    logs = [centre + spread, centre - spread] * 4
    found = judged(evidence(logs, seconds=2.0), AlphaSpending(cells))
    assert found.verdict is Verdict.INCONCLUSIVE
    wanted = epochs_wanted(estimate(logs), Tolerance(), 0.01 / 2 / cells)
    assert found.more_s == 2.0 * (max(8, wanted) - 8)


def test_the_advice_starts_one_epoch_on_and_ends_at_a_million() -> None:
    tolerance = Tolerance(minimum_effect=0.01, equivalence_margin=0.03)
    assert epochs_to_settle(Estimate(0.0, 1e-9, 7.0, 8), tolerance, 0.005) == 9
    loud = Estimate(0.0, 3.0, 7.0, 8)
    found = epochs_to_settle(loud, tolerance, 0.005)
    assert found is not None
    # Of so many epochs t is normal: (1.645 * spread / log 1.03) squared, where the equivalence is shown first.
    assert found == pytest.approx((1.6449 * loud.spread / math.log(1.03)) ** 2, rel=0.01)
    assert epochs_to_settle(Estimate(0.0, 9.0, 7.0, 8), tolerance, 0.005) is None
    assert judged(evidence([30.0, -30.0] * 4)).more_s is None


def test_an_effect_that_is_just_reached_counts() -> None:
    effect = Tolerance(minimum_effect=math.expm1(0.05), equivalence_margin=0.9)
    for log, verdicts in ((0.05, (Verdict.REGRESSED, Verdict.IMPROVED)), (0.0499, (Verdict.UNCHANGED,) * 2)):
        for sign, verdict in zip((1, -1), verdicts, strict=True):
            (found,), _ = analyse(AlphaSpending(1), [evidence([sign * log] * 8, tolerance=effect)], final=True)
            assert found.verdict is verdict


def test_five_epochs_may_claim_and_four_may_not() -> None:
    assert judged(evidence([0.05] * 5)).verdict is Verdict.REGRESSED
    assert judged(evidence([0.05] * 4)).verdict is Verdict.INCONCLUSIVE
    assert judged(evidence([0.0] * 5)).verdict is Verdict.UNCHANGED


@pytest.mark.parametrize(
    ("spent", "alpha"),
    [(0.0, 0.001), (0.002, 0.001), (0.003, 0.001), (0.0035, 0.00075), (0.004, 0.0005), (0.0049, 0.00005)],
)
def test_what_an_interim_analysis_spends(spent: float, alpha: float) -> None:
    assert AlphaSpending(1, 0.01, spent).interim_alpha == pytest.approx(alpha)


def test_unchanged_is_within_the_effect_at_99_percent_early_and_within_the_margin_at_90_at_last() -> None:
    """Sixteen ratios of two values: the error is the spread over the root of 15 (of 12 kept: times 1)."""
    tolerance = Tolerance(minimum_effect=0.02, equivalence_margin=0.05)
    for final, limit, level in ((False, 0.02, 0.995), (True, 0.05, 0.95)):
        one = estimate([1.0, -1.0] * 4)
        spread = math.log1p(limit) / (one.error * stdtrit(7, level))
        for share, verdict in ((0.999, Verdict.UNCHANGED), (1.001, None)):
            logs = [share * spread, -share * spread] * 4
            settled, _ = analyse(AlphaSpending(1), [evidence(logs, tolerance=tolerance)], final=final)
            assert [each.verdict for each in settled if each.verdict is not Verdict.INCONCLUSIVE] == (
                [verdict] if verdict else []
            )


class TestWall:
    """CPU time that did not change, and wall time that did."""

    def found(self, wall: float, cpu: Sequence[float] = (0.0,) * 8, spread: float = 0.0) -> Judgement:
        return judged(evidence(cpu, walls=[wall + spread, wall - spread] * 4))

    def test_it_must_rise_by_more_than_effect_and_margin_together(self) -> None:
        edge = math.log1p(0.04)
        assert self.found(edge - 1e-9).verdict is Verdict.UNCHANGED
        assert self.found(edge + 1e-9).verdict is Verdict.INCONCLUSIVE
        assert self.found(-edge - 1e-9).verdict is Verdict.UNCHANGED

    def test_its_99_percent_interval_must_lie_above_that_of_the_cpu_time(self) -> None:
        spread = 0.05 / (estimate([1.0, -1.0] * 4).error * stdtrit(7, 0.995))
        assert self.found(0.05, spread=1.001 * spread).verdict is Verdict.UNCHANGED
        assert self.found(0.05, spread=0.999 * spread).verdict is Verdict.INCONCLUSIVE
        assert self.found(0.05, cpu=[0.025, -0.025] * 4).verdict is Verdict.INCONCLUSIVE
        assert self.found(0.05, cpu=[0.1, -0.1] * 4).reason == (
            "the change lies between -8.5% and +9.3%, which may matter or not"
        )

    def test_a_speedup_by_cpu_time_alone_is_not_told_as_one(self) -> None:
        found = self.found(0.05, cpu=[-0.05] * 8)
        assert (found.verdict, found.remedy) == (Verdict.INCONCLUSIVE, "judge it with --clock wall")
        assert found.reason == "wall time rose by 5% and CPU time did not: the work may wait, or run elsewhere"

    def test_the_reason_of_an_inconclusive_one_is_kept(self) -> None:
        found = self.found(0.2, cpu=[0.06, -0.06] * 4)
        assert found.reason == (
            "wall time rose by 22% and CPU time did not: the work may wait, or run elsewhere; "
            "the change lies between -5.2% and +5.5%, which may matter or not"
        )


@pytest.mark.parametrize(("cells", "q"), [(0, 0.01), (-1, 0.01), (1, 0.0), (1, 1.0), (1, -0.1)])
def test_what_a_check_cannot_begin_with_is_said_in_full(cells: int, q: float) -> None:
    with pytest.raises(ValueError, match="a check needs") as caught:
        AlphaSpending(cells, q)
    assert str(caught.value) == f"a check needs a cell and a rate between 0 and 1, not {cells} and {q}"


def test_more_cells_are_refused_in_full_and_as_many_are_not() -> None:
    with pytest.raises(ValueError, match="3 cells") as caught:
        analyse(AlphaSpending(2), [evidence([0.0])] * 3)
    assert str(caught.value) == "3 cells are more than the 2 that the check began with"
    assert len(analyse(AlphaSpending(2), [evidence([0.0])] * 2, final=True)[0]) == 2


def test_a_wall_time_that_was_only_tried_in_few_epochs_is_a_median() -> None:
    found = judged(evidence([0.1, 0.2, 0.6], walls=[0.3, 0.4, 1.2]))
    assert (found.ratio, found.wall_ratio) == (pytest.approx(math.exp(0.2)), pytest.approx(math.exp(0.4)))
    assert (found.clock, found.epochs, found.tolerance) == ("cpu", 3, Tolerance())


@pytest.mark.parametrize(
    ("epochs", "least", "most"), [(0, math.inf, math.inf), (4, math.inf, math.inf), (5, 0.01, 1.0)]
)
def test_every_final_judgement_says_what_would_have_been_found(epochs: int, least: float, most: float) -> None:
    """With fewer than five epochs nothing would have been, however large."""
    chance = random.Random(3)
    ((found,), _) = analyse(AlphaSpending(1), [evidence([chance.gauss(0.0, 0.02) for _ in range(epochs)])], final=True)
    assert found.minimum_detectable_effect is not None
    assert least <= found.minimum_detectable_effect <= most


def test_a_judgement_in_full() -> None:
    logs, walls = [0.1, 0.2] * 4, [0.2, 0.3] * 4
    found, by_cpu, by_wall = judged(evidence(logs, walls=walls)), estimate(logs), estimate(walls)
    low, high = by_cpu.interval(0.95)
    assert found == Judgement(
        cell="a",
        verdict=Verdict.REGRESSED,
        epochs=8,
        ratio=by_cpu.ratio,
        low=low,
        high=high,
        p_value=by_cpu.p_slower,
        wall_ratio=by_wall.ratio,
        minimum_detectable_effect=minimum_detectable_effect(by_cpu.spread, 8, 0.005, 0.01),
    )
    faster = judged(evidence([-log for log in logs], walls=[-wall for wall in walls], clock="wall"))
    assert (faster.verdict, faster.clock, faster.p_value) == (Verdict.IMPROVED, "wall", pytest.approx(by_wall.p_slower))
    assert (faster.ratio, faster.wall_ratio) == (pytest.approx(1 / by_wall.ratio), pytest.approx(1 / by_wall.ratio))
