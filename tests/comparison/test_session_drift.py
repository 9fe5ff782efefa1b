"""Judging stored timings: what may be told of readings that were taken at different times, and what may not."""

from __future__ import annotations

import math
import random
import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.comparison.session_drift import (
    ALLOWANCE,
    FEWEST,
    Readings,
    Session,
    judge,
    minor,
    prediction_limit,
    verdict_within,
)
from assay.comparison.session_level import fast, session_level
from assay.records.verdicts import Judgement, Tolerance, Verdict, exit_code

MACHINE = {"processor": "one of ours", "cores": "2", "python": "CPython 3.11"}
TIMES = st.lists(st.floats(1e-6, 1e-2), min_size=FEWEST, max_size=40).map(tuple)


def session(cells: Mapping[str, Sequence[float]], source: str = "stored.json", **environment: str) -> Session:
    return Session(
        source=source,
        environment=MACHINE | environment,
        cells={name: Readings(seconds=tuple(values)) for name, values in cells.items()},
    )


def one(candidate: Sequence[float], *baselines: Sequence[float], allowance: float = ALLOWANCE) -> Judgement:
    stored = [session({"cell": values}) for values in baselines]
    (judgement,) = judge(session({"cell": candidate}), stored, allowance=allowance)
    return judgement


def readings(chance: random.Random, seconds: float, count: int = 60) -> list[float]:
    """One session on a shared machine: a few per cent of noise, and now and then a burst of a neighbour's work."""
    times, burst = [], 1.0
    for _ in range(count):
        if burst == 1.0:
            burst = chance.choice((1.3, 3.0)) if chance.random() < 0.03 else 1.0
        elif chance.random() < 0.3:
            burst = 1.0
        times.append(seconds * burst * math.exp(abs(chance.gauss(0.0, 0.03))))
    return times


# --- error rates


def verdicts(sessions: int, *, drift: float, slower: float, decisions: int, seed: int) -> dict[Verdict, float]:
    """The shares of the verdicts on a cell that is so many times slower; each session drifts by itself."""
    chance = random.Random(seed)
    found = []
    for _ in range(decisions):
        levels = [math.exp(chance.gauss(0.0, drift)) for _ in range(sessions + 1)]
        stored = [readings(chance, one) for one in levels[:-1]]
        found.append(one(readings(chance, levels[-1] * slower), *stored).verdict)
    return {verdict: found.count(verdict) / decisions for verdict in Verdict}


@pytest.mark.long
@pytest.mark.parametrize("sessions", [1, 3, 4, 5])
def test_drift_of_five_percent_raises_at_most_one_false_alarm_in_a_hundred(sessions: int) -> None:
    found = verdicts(sessions, drift=0.05, slower=1.0, decisions=2000, seed=sessions)
    assert found[Verdict.REGRESSED] <= 0.01
    assert found[Verdict.IMPROVED] <= 0.01
    assert found[Verdict.UNCHANGED] >= 0.5


@pytest.mark.long
@pytest.mark.parametrize("sessions", [3, 5])
def test_sessions_that_drift_more_than_the_allowance_widen_it(sessions: int) -> None:
    alarms = verdicts(sessions, drift=0.2, slower=1.0, decisions=500, seed=9)[Verdict.REGRESSED]
    trusting = verdicts(1, drift=0.2, slower=1.0, decisions=500, seed=9)[Verdict.REGRESSED]
    assert alarms <= 0.08
    assert trusting > 2 * alarms


@pytest.mark.parametrize(("sessions", "slower"), [(1, 2.0), (3, 2.0), (5, 1.5)])
def test_a_real_slowdown_is_found_all_the_same(sessions: int, slower: float) -> None:
    assert verdicts(sessions, drift=0.05, slower=slower, decisions=200, seed=3)[Verdict.REGRESSED] >= 0.85
    assert verdicts(sessions, drift=0.05, slower=1 / slower, decisions=200, seed=3)[Verdict.IMPROVED] >= 0.85


def test_a_slowdown_within_the_allowance_is_no_regression_and_no_proof_of_sameness_near_its_edge() -> None:
    assert one([1.10] * 20, [1.0] * 20).verdict is Verdict.UNCHANGED
    chance = random.Random(5)
    wide = [math.exp(chance.gauss(math.log(1.2), 0.3)) for _ in range(20)]
    assert one(wide, [1.0] * 20).verdict is Verdict.INCONCLUSIVE


def test_more_sessions_tell_a_smaller_change_where_they_agree() -> None:
    few, many = [[1.0, 1.01] * 10] * 3, [[1.0, 1.01] * 10] * 12
    assert one([1.16] * 20, *few).verdict is not Verdict.REGRESSED
    assert one([1.16] * 20, *many).verdict is Verdict.REGRESSED


def two_speeds(seed: int, *, rule: bool) -> float:
    """The share of false alarms over 8 cells on a machine that is in some sessions half as fast."""
    chance = random.Random(seed)
    alarms, decisions = 0, 100
    for _ in range(decisions):
        speeds = [chance.choice((1.0, 1.8)) for _ in range(2)]
        then, now = ({f"cell {n}": readings(chance, speed, 9) for n in range(8)} for speed in speeds)
        judged = judge(session(now), [session(then)]) if rule else tuple(one(now[cell], then[cell]) for cell in now)
        alarms += sum(each.verdict is Verdict.REGRESSED for each in judged)
    return alarms / decisions / 8


def test_where_the_others_moved_as_much_it_is_the_machine() -> None:
    assert two_speeds(1, rule=True) < 0.1 * two_speeds(1, rule=False)
    steady = {f"cell {n}": [1.0] * 9 for n in range(4)}
    slower = {name: [1.7] * 9 for name in steady}
    assert {each.verdict for each in judge(session(slower), [session(steady)])} == {Verdict.INCONCLUSIVE}
    assert {each.verdict for each in judge(session(steady), [session(slower)])} == {Verdict.INCONCLUSIVE}
    found = judge(session(slower | {"cell 2": [9.0] * 9}), [session(steady)])
    assert [each.cell for each in found if each.verdict is Verdict.REGRESSED] == ["cell 2"]


def test_others_that_stay_leave_a_change_as_it_is() -> None:
    steady = {f"cell {n}": [1.0] * 9 for n in range(6)}
    found = judge(session(steady | {"cell 0": [1.5] * 9, "cell 5": [0.5] * 9}), [session(steady)])
    assert [each.verdict for each in found] == [Verdict.REGRESSED, *[Verdict.UNCHANGED] * 4, Verdict.IMPROVED]


# --- what the peers get wrong


@pytest.mark.parametrize("counts", [(7, 3000), (3000, 7), (50, 51)])
def test_unequal_numbers_of_values_mean_nothing_by_themselves(counts: tuple[int, int]) -> None:
    chance = random.Random(11)
    for _ in range(100):
        first, second = ([math.exp(chance.gauss(0.0, 0.02)) for _ in range(count)] for count in counts)
        assert one(first, second).verdict is Verdict.UNCHANGED


def test_a_renamed_cell_that_is_slower_does_not_pass() -> None:
    judged = judge(
        session({"encode_text": [100.0] * 9, "kept": [1.0] * 9}), [session({"encode": [1.0] * 9, "kept": [1.0] * 9})]
    )
    assert [(each.cell, each.verdict) for each in judged] == [
        ("encode", Verdict.MISSING),
        ("kept", Verdict.UNCHANGED),
        ("encode_text", Verdict.ADDED),
    ]
    assert judged[0].remedy == "was it renamed to encode_text?"
    assert (exit_code(judged), exit_code(judged[1:])) == (5, 0)


def test_a_slowdown_of_exactly_the_allowance_and_more_is_not_waved_through() -> None:
    assert one([1.2499] * 9, [1.0] * 9).verdict is Verdict.UNCHANGED
    assert one([1.2501] * 9, [1.0] * 9).verdict is Verdict.REGRESSED
    assert one([100.0] * 9, [1.0] * 9).verdict is Verdict.REGRESSED


def test_wild_readings_on_one_side_move_nothing() -> None:
    steady = [1.0, 1.01, 0.99, 1.02] * 10
    judged = one([*steady[:-6], *[500.0] * 6], steady)
    assert judged.verdict is Verdict.UNCHANGED
    assert judged.ratio == pytest.approx(1.0, abs=0.02)


def crowded(chance: random.Random, seconds: float) -> list[float]:
    """A session on a machine with four times the work that it can do: three readings of five wait for a core."""
    return [
        seconds * (chance.uniform(2.0, 5.0) if chance.random() < 0.6 else chance.uniform(1.0, 1.05)) for _ in range(60)
    ]


@pytest.mark.parametrize("seed", range(20))
def test_a_crowded_machine_is_no_regression_and_hides_none(seed: int) -> None:
    chance = random.Random(seed)
    quiet = readings(chance, 1.0)
    assert one(crowded(chance, 1.0), quiet).verdict in (Verdict.UNCHANGED, Verdict.INCONCLUSIVE)
    assert one(crowded(chance, 2.0), quiet).verdict in (Verdict.REGRESSED, Verdict.INCONCLUSIVE)
    found = [one(crowded(chance, 2.0), quiet).verdict for _ in range(10)]
    assert found.count(Verdict.REGRESSED) >= 7


def test_a_slowdown_of_half_the_calls_is_not_green() -> None:
    chance = random.Random(1)
    half = [one * (3.0 if number % 5 > 1 else 1.0) for number, one in enumerate(readings(chance, 1.0))]
    judged = one(half, readings(chance, 1.0))
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert re.search(
        r"^its fast readings stayed, and half of all take (2\.9|3\.0)\d times as long", judged.reason or ""
    )


def test_cpu_time_is_judged_by_all_readings() -> None:
    steady = [1.0, 1.01, 0.99, 1.02] * 10
    half = [one * (3.0 if number % 5 > 1 else 1.0) for number, one in enumerate(steady)]
    sides = (
        Session(source="s", environment={}, cells={"c": Readings(seconds=tuple(each), timer="process_time")})
        for each in (half, steady)
    )
    (judged,) = judge(next(sides), [next(sides)])
    assert (judged.verdict, judged.clock) == (Verdict.REGRESSED, "cpu")


@pytest.mark.parametrize(("count", "place"), [(1, 0), (9, 0), (10, 1), (99, 9), (100, 10)])
def test_a_fast_reading_is_the_tenth_part_from_below(count: int, place: int) -> None:
    values = [float(number) for number in range(count)]
    random.Random(0).shuffle(values)
    assert fast(values) == place


# --- what may be compared


@pytest.mark.parametrize("field", MACHINE)
def test_environments_must_agree(field: str) -> None:
    stored = session({"a": [1.0] * 9}, **{field: "another"})
    judged = judge(session({"a": [9.0] * 9, "b": [1.0] * 9}), [session({"a": [1.0] * 9}), stored])
    assert {each.verdict for each in judged} == {Verdict.NOT_COMPARABLE}
    assert judged[0].reason == f"{field} is another in stored.json and {MACHINE[field]} now"
    assert exit_code(judged) == 5


def test_a_field_that_one_side_does_not_tell_does_not_agree() -> None:
    stored = replace(session({"a": [1.0] * 9}), environment={})
    (judged,) = judge(session({"a": [1.0] * 9}), [stored])
    assert judged.reason is not None
    assert judged.reason.startswith("processor is unknown in stored.json and one of ours now; cores is unknown")


def test_timers_must_agree() -> None:
    by_cpu = replace(session({}), cells={"a": Readings(seconds=(1.0,) * 9, timer="process_time")})
    (judged,) = judge(session({"a": [1.0] * 9}), [by_cpu])
    assert (judged.verdict, judged.reason) == (
        Verdict.NOT_COMPARABLE,
        "its timer was process_time and is perf_counter now",
    )
    (judged,) = judge(by_cpu, [by_cpu])
    assert (judged.verdict, judged.clock, judged.wall_ratio) == (Verdict.UNCHANGED, "cpu", None)


@pytest.mark.parametrize("count", [1, FEWEST - 1])
def test_too_few_readings_tell_nothing(count: int) -> None:
    judged = one([3.0] * count, [1.0] * 50)
    assert (judged.verdict, judged.ratio) == (Verdict.NOT_JUDGED, None)
    assert judged.remedy == "take at least 5 rounds"
    assert exit_code([judged]) == 5


@pytest.mark.parametrize(
    ("found", "code", "strict"),
    [
        ([Verdict.UNCHANGED, Verdict.IMPROVED], 0, 0),
        ([Verdict.UNCHANGED, Verdict.INCONCLUSIVE], 0, 4),
        ([Verdict.UNCHANGED, Verdict.NOT_COMPARABLE], 0, 4),
        ([Verdict.UNCHANGED, Verdict.NOT_JUDGED], 0, 4),
        ([Verdict.UNCHANGED, Verdict.ADDED], 0, 0),
        ([Verdict.UNCHANGED, Verdict.MISSING], 5, 5),
        ([Verdict.REGRESSED, Verdict.MISSING], 1, 1),
        ([Verdict.FAILED, Verdict.MISSING], 3, 3),
        ([Verdict.NOT_COMPARABLE], 5, 5),
        ([Verdict.NOT_JUDGED], 5, 5),
        ([Verdict.ADDED], 5, 5),
        ([], 5, 5),
        ([Verdict.FAILED, Verdict.UNCHANGED], 3, 3),
        ([Verdict.FAILED, Verdict.REGRESSED], 1, 1),
    ],
)
def test_exit_codes(found: list[Verdict], code: int, strict: int) -> None:
    judged = [Judgement(cell="a", verdict=verdict) for verdict in found]
    assert (exit_code(judged), exit_code(judged, strict=True)) == (code, strict)


# --- laws


@given(TIMES, TIMES, st.floats(0.01, 100.0))
@settings(max_examples=50, deadline=None)
def test_the_ratio_is_that_of_the_times_and_turns_round_with_the_sides(
    first: tuple[float, ...], second: tuple[float, ...], factor: float
) -> None:
    there, back = one(first, second), one(second, first)
    scaled = one([value * factor for value in first], second)
    assert there.ratio is not None
    assert there.low is not None
    assert there.high is not None
    assert back.ratio == pytest.approx(1 / there.ratio)
    assert back.high == pytest.approx(1 / there.low)
    assert scaled.ratio == pytest.approx(there.ratio * factor)
    assert there.low <= there.ratio <= there.high


@given(TIMES)
@settings(max_examples=50, deadline=None)
def test_readings_against_themselves_are_never_a_change(times: tuple[float, ...]) -> None:
    judged = one(times, times)
    assert judged.ratio == 1.0
    assert judged.verdict in (Verdict.UNCHANGED, Verdict.INCONCLUSIVE)


def test_readings_that_hang_together_tell_less_than_as_many_that_do_not() -> None:
    chance = random.Random(2)
    logs = [0.0]
    while len(logs) < 2000:
        logs.append(0.99 * logs[-1] + chance.gauss(0.0, 0.02))
    together = [math.exp(value) for value in logs]
    apart = chance.sample(together, len(together))
    assert session_level(together).error > 3 * session_level(apart).error


def test_the_interval_of_a_level_holds_the_truth_about_as_often_as_it_says() -> None:
    chance = random.Random(4)
    held = 0
    for _ in range(1000):
        (judged,) = judge(
            session({"a": [math.exp(chance.gauss(0.0, 0.1)) for _ in range(60)]}),
            [session({"a": [math.exp(chance.gauss(0.0, 0.1)) for _ in range(60)]})],
        )
        assert judged.low is not None
        assert judged.high is not None
        held += judged.low <= 1.0 <= judged.high
    assert 0.92 <= held / 1000 <= 0.995


def test_reach_is_the_allowance_until_three_sessions_tell_more() -> None:
    assert prediction_limit([0.0]) == prediction_limit([0.0, 9.0]) == math.log(1.25)
    assert prediction_limit([0.0, 0.1, 0.2], allowance=0.5) > prediction_limit([0.0, 0.1, 0.2])
    assert prediction_limit([0.0, 0.5, 1.0]) > 2 * prediction_limit([0.0, 0.05, 0.1])


def test_reach_tends_to_the_quantile_of_what_the_sessions_do() -> None:
    chance = random.Random(6)
    centres = [chance.gauss(0.0, 0.02) for _ in range(2000)]
    assert prediction_limit(centres) == pytest.approx(2.326 * statistics.stdev(centres), rel=0.02)


# --- golden numbers, by hand


LOG2 = math.log(2.0)
T_99 = {4: 3.746947, 6: 3.142668}  # Student's t, from the printed table
T_975 = {4: 2.776445}


class TestLevel:
    def test_of_five_that_rise(self) -> None:
        """The logs 0 to 4 winsorise to 1, 1, 2, 3, 3: squares 4, neighbours 2, so r = 1/2; 4 / (3 * 2) * 3 = 2."""
        found = session_level([1.0, 2.0, 4.0, 8.0, 16.0])
        assert found.centre == pytest.approx(2 * LOG2)
        assert (found.error, found.freedom) == (pytest.approx(math.sqrt(2) * LOG2), 2)

    def test_of_five_that_go_up_and_down(self) -> None:
        """The same in an order whose neighbours differ: an autocorrelation below 0 counts as 0; 4 / (3 * 2)."""
        found = session_level([1.0, 16.0, 2.0, 8.0, 4.0])
        assert (found.centre, found.error) == (pytest.approx(2 * LOG2), pytest.approx(math.sqrt(2 / 3) * LOG2))

    def test_an_autocorrelation_counts_up_to_nine_tenths(self) -> None:
        """A ramp of 20 blocks: winsorised squares 385, neighbours 349.25, r = 0.907; (1 + 0.9) / (1 - 0.9) = 19."""
        found = session_level([math.exp(0.01 * block) for block in range(20) for _ in range(5)])
        assert found.centre == pytest.approx(0.095)
        assert found.error == pytest.approx(0.01 * math.sqrt(385 / (12 * 11) * 19))

    @pytest.mark.parametrize(
        ("count", "freedom"),
        [(5, 2), (9, 6), (10, 5), (49, 5), (54, 5), (55, 6), (60, 7), (75, 8), (99, 12), (100, 11), (500, 11)],
    )
    def test_blocks(self, count: int, freedom: int) -> None:
        """Each reading its own, then 10 of them, one for five readings, and 20; a fifth is cut off either end."""
        assert session_level([1.0, 2.0] * (count // 2) + [1.0] * (count % 2)).freedom == freedom

    def test_a_block_is_its_median(self) -> None:
        assert session_level([1.0, 1.0, 1.0, 900.0, 900.0] * 10).centre == 0.0
        assert session_level([1.0, 1.0, 900.0, 900.0, 900.0] * 10).centre == pytest.approx(math.log(900.0))

    def test_no_clock_tells_less_than_its_resolution(self) -> None:
        found = session_level([0.0] * 5)
        assert (found.centre, found.error) == (pytest.approx(math.log(1e-12)), 1e-12)


class TestLimit:
    @pytest.mark.parametrize("allowance", [0.25, 0.5])
    def test_three_sessions_by_hand(self, allowance: float) -> None:
        """Their variance is 0.01, of 2 degrees of freedom, and that of the allowance counts as 4."""
        prior = math.log1p(allowance) / T_99[4]
        wanted = T_99[6] * math.sqrt((4 * prior**2 + 2 * 0.01) / 6 * (1 + 1 / 3))
        assert prediction_limit([0.0, 0.1, 0.2], allowance) == pytest.approx(wanted, rel=1e-5)

    def test_two_sessions_have_the_allowance_and_three_do_not(self) -> None:
        assert prediction_limit([0.0, 0.3], 0.5) == math.log(1.5)
        assert prediction_limit([0.0, 0.3, 0.6], 0.5) != math.log(1.5)

    @pytest.mark.parametrize(
        ("low", "high", "verdict"),
        [
            (1.25, 9.0, Verdict.INCONCLUSIVE),
            (1.2500001, 9.0, Verdict.REGRESSED),
            (0.1, 0.8, Verdict.INCONCLUSIVE),
            (0.1, 0.7999999, Verdict.IMPROVED),
            (0.8, 1.25, Verdict.UNCHANGED),
            (0.7999999, 1.25, Verdict.INCONCLUSIVE),
            (0.8, 1.2500001, Verdict.INCONCLUSIVE),
        ],
    )
    def test_verdicts_at_the_limit(self, low: float, high: float, verdict: Verdict) -> None:
        assert verdict_within(low, high, 1.25) is verdict


class TestJudged:
    RISING = (1.0, 2.0, 4.0, 8.0, 16.0)

    def test_the_interval_of_one_baseline(self) -> None:
        """Both have the squared error 2 of 2 degrees of freedom, so that their sum 4 has 4."""
        found = one([3 * value for value in self.RISING], self.RISING)
        half = T_975[4] * 2 * LOG2
        assert (found.ratio, found.low, found.high) == pytest.approx(
            (3.0, 3 * math.exp(-half), 3 * math.exp(half)), rel=1e-5
        )

    def test_the_interval_of_two_baselines(self) -> None:
        """Each of two weighs a half: 2 + 2 * 2 / 4 = 3; 9 / (4 / 2 + 2 * 0.25 / 2) = 4 degrees of freedom."""
        found = one([value * 3 for value in self.RISING], self.RISING, [value * 4 for value in self.RISING])
        half = T_975[4] * math.sqrt(3) * LOG2
        assert (found.ratio, found.low, found.high) == pytest.approx(
            (1.5, 1.5 * math.exp(-half), 1.5 * math.exp(half)), rel=1e-5
        )
        assert found.epochs == 2

    @pytest.mark.parametrize(
        ("times", "verdict", "reason"),
        [
            (1.1, Verdict.UNCHANGED, "no change beyond what stored timings can tell (±25%)"),
            (2.0, Verdict.REGRESSED, "more than stored timings drift (±25%)"),
            (0.5, Verdict.IMPROVED, "more than stored timings drift (±25%)"),
        ],
    )
    def test_in_full(self, times: float, verdict: Verdict, reason: str) -> None:
        assert one([times] * 9, [1.0] * 9) == Judgement(
            cell="cell",
            verdict=verdict,
            clock="wall",
            tolerance=Tolerance(minimum_effect=pytest.approx(0.25), equivalence_margin=pytest.approx(0.25)),
            epochs=1,
            ratio=pytest.approx(times),
            low=pytest.approx(times),
            high=pytest.approx(times),
            wall_ratio=pytest.approx(times),
            minimum_detectable_effect=pytest.approx(0.25),
            reason=reason,
        )

    def test_noise_over_the_limit(self) -> None:
        assert one(self.RISING, self.RISING).reason == "its own noise reaches over the limit (±25%)"
        assert one([1.4] * 9, [1.0] * 9, allowance=0.5).reason == "no change beyond what stored timings can tell (±50%)"

    @pytest.mark.parametrize(("timer", "clock"), [("perf_counter", "wall"), ("thread_time", "cpu"), ("time", "wall")])
    def test_the_clock_is_that_of_the_timer(self, timer: str, clock: str) -> None:
        assert Readings(seconds=(1.0,), timer=timer).clock == clock

    @pytest.mark.parametrize(
        ("count", "told"), [(0, "0 readings"), (1, "1 reading"), (4, "4 readings")], ids=["none", "one", "four"]
    )
    def test_too_few_readings_of_either_side(self, count: int, told: str) -> None:
        for found in (one([3.0] * count, [1.0] * 50), one([3.0] * 50, [1.0] * 50, [1.0] * count)):
            assert (found.verdict, found.reason) == (Verdict.NOT_JUDGED, f"a side has no more than {told}")
        assert found.epochs == 2

    def test_what_one_side_lacks(self) -> None:
        stored = [session({"kept": [1.0] * 9, "gone": [1.0] * 9}), session({"kept": [1.0] * 9, "gone_": [1.0] * 9})]
        found = judge(session({"kept": [1.0] * 9, "gone_": [1.0] * 9, "new": [1.0] * 9}), stored)
        assert [(each.cell, each.verdict, each.clock, each.epochs, each.reason, each.remedy) for each in found] == [
            ("kept", Verdict.UNCHANGED, "wall", 2, "no change beyond what stored timings can tell (±25%)", None),
            (
                "gone",
                Verdict.MISSING,
                "wall",
                0,
                "it is in the baseline and was not measured now",
                "measure it, or store the baseline again",
            ),
            ("gone_", Verdict.UNCHANGED, "wall", 1, "no change beyond what stored timings can tell (±25%)", None),
            ("new", Verdict.ADDED, "wall", 0, "it is not in the baseline", "store the baseline again to judge it"),
        ]

    def test_several_timers_and_several_fields(self) -> None:
        stored = [
            replace(session({}), cells={"a": Readings(seconds=(1.0,) * 9, timer=timer)})
            for timer in ("process_time", "perf_counter", "monotonic")
        ]
        (found,) = judge(session({"a": [1.0] * 9}), stored)
        assert found.reason == "its timer was monotonic, process_time and is perf_counter now"
        assert found.remedy == "use the same --benchmark-timer"
        elsewhere = session({"a": [1.0] * 9}, "other.json", cores="4", torch="2")
        (found,) = judge(session({"a": [1.0] * 9}, python=""), [session({"a": [1.0] * 9}), elsewhere])
        assert found.reason == (
            "python is CPython 3.11 in stored.json and unknown now; cores is 4 in other.json and 2 now; "
            "python is CPython 3.11 in other.json and unknown now; torch is 2 in other.json and unknown now"
        )
        assert found.remedy == "store a baseline where it is judged"


class TestOthers:
    def judged(self, own: float, *others: float) -> Judgement:
        """The first of several cells, each with e^log times its time."""
        logs = (own, *others)
        now = {f"cell {number}": [math.exp(log)] * 9 for number, log in enumerate(logs)}
        return judge(session(now), [session({name: [1.0] * 9 for name in now})])[0]

    def test_one_and_a_half_times_what_most_moved(self) -> None:
        for own, verdict in ((0.599999, Verdict.INCONCLUSIVE), (0.600001, Verdict.REGRESSED)):
            for others in ((0.4, 0.4, 0.4), (0.0, 0.4, 0.5, 0.4), (-0.4, 0.4, 0.4, 0.4, 5.0)):
                assert self.judged(own, *others).verdict is verdict
        assert self.judged(-0.599999, -0.4, -0.4, -0.4).verdict is Verdict.INCONCLUSIVE
        assert self.judged(-0.600001, -0.4, -0.4, -0.4).verdict is Verdict.IMPROVED

    @pytest.mark.parametrize(
        "others", [(0.0, 0.5, 0.5), (0.0, 0.0, 0.5, 0.5), (-0.5, -0.5, -0.5), (0.0, -0.5, 0.5, 0.5)]
    )
    def test_others_that_stayed_or_moved_apart_speak_against_the_machine(self, others: tuple[float, ...]) -> None:
        assert self.judged(0.5, *others).verdict is Verdict.REGRESSED

    def test_the_sentence(self) -> None:
        found = self.judged(0.5, 0.4, 0.4, 0.5)
        assert found.reason == (
            "most others moved alike (+49%), so it may be the machine: one stored session leaves 2.5 times open"
        )
        assert found.remedy == "run it again when it is quiet, or store more sessions"
        assert found.minimum_detectable_effect == pytest.approx(math.expm1(0.6))

    def test_two_others_are_too_few(self) -> None:
        assert self.judged(0.5, 0.5, 0.5).verdict is Verdict.REGRESSED
        assert self.judged(0.5, 0.5, 0.5, 0.5).verdict is Verdict.INCONCLUSIVE

    def test_a_cell_without_a_ratio_is_no_witness(self) -> None:
        now = {f"cell {number}": [2.0] * 9 for number in range(3)} | {"short": [9.0]}
        judged = judge(session(now), [session({name: [1.0] * len(found) for name, found in now.items()})])
        assert [each.verdict for each in judged] == [*[Verdict.REGRESSED] * 3, Verdict.NOT_JUDGED]

    def test_the_near_end_of_its_interval_has_to_stand_out(self) -> None:
        steady = {f"cell {number}": [1.0] * 9 for number in range(4)}
        noisy = [0.8, 1.25] * 4 + [1.0]
        for factor, verdict in ((2.0, Verdict.INCONCLUSIVE), (2.5, Verdict.REGRESSED)):
            others = {f"cell {number}": [math.exp(0.4)] * 9 for number in (1, 2, 3)}
            now = {**others, "cell 0": [factor * value for value in noisy]}
            found = next(each for each in judge(session(now), [session(steady)]) if each.cell == "cell 0")
            assert found.low is not None
            assert found.high is not None
            assert (math.log(found.low) > 0.6) == (verdict is Verdict.REGRESSED)
            assert (found.verdict, found.ratio is not None and math.log(found.ratio) > 0.6) == (verdict, True)


class TestScaledReadings:
    """Identical readings of four benchmarks, scaled: what a change of these is, and what the machine may be."""

    BASE = MappingProxyType(
        {
            name: tuple(1e-3 * (1 + chance.gauss(0, 0.01)) for _ in range(200))
            for chance in [random.Random(1)]
            for name in ("encode", "decode", "load", "save")
        }
    )
    ALL = (*BASE,)

    def judged(self, factors: Mapping[str, float], *stored: float) -> dict[str, str]:
        """The verdicts but `unchanged`, on a session that is scaled; `stored` are the levels of stored sessions."""
        now = {name: [value * factors.get(name, 1.0) for value in times] for name, times in self.BASE.items()}
        then = [{name: [value * level for value in times] for name, times in self.BASE.items()} for level in stored]
        found = judge(session(now), [session(one) for one in then or [self.BASE]])
        return {one.cell: one.verdict.value for one in found if one.verdict is not Verdict.UNCHANGED}

    @pytest.mark.parametrize(
        ("factors", "wanted"),
        [
            ({"decode": 2}, {"decode": "regressed"}),
            ({"encode": 1 / 3, "decode": 2}, {"encode": "improved", "decode": "regressed"}),
            ({"encode": 2, "decode": 2}, {"encode": "regressed", "decode": "regressed"}),
            ({"encode": 2, "decode": 2, "load": 2}, dict.fromkeys(("encode", "decode", "load"), "regressed")),
            (dict.fromkeys(ALL, 2), dict.fromkeys(ALL, "inconclusive")),
            (dict.fromkeys(ALL, 1 / 2), dict.fromkeys(ALL, "inconclusive")),
            (dict.fromkeys(ALL, 2.49), dict.fromkeys(ALL, "inconclusive")),
            (dict.fromkeys(ALL, 2.51), dict.fromkeys(ALL, "regressed")),
            (dict.fromkeys(ALL, 100), dict.fromkeys(ALL, "regressed")),
            (dict.fromkeys(ALL, 0.01), dict.fromkeys(ALL, "improved")),
            (dict.fromkeys(ALL, 2) | {"load": 20}, dict.fromkeys(ALL, "inconclusive") | {"load": "regressed"}),
        ],
    )
    def test_against_one_session(self, factors: Mapping[str, float], wanted: Mapping[str, str]) -> None:
        assert self.judged(factors) == wanted

    @pytest.mark.parametrize(
        ("stored", "factor", "verdict"),
        [
            ((1.0, 1.01), 2.0, "regressed"),
            ((1.0, 1.0, 1.0), 2.0, "regressed"),
            ((1.0, 1.8), 2.0, "inconclusive"),
            ((1.0, 1.8), 3.0, "regressed"),
            ((1.0, 1.8), 0.5, "improved"),
        ],
    )
    def test_several_sessions_excuse_no_more_than_they_drifted(
        self, stored: tuple[float, ...], factor: float, verdict: str
    ) -> None:
        assert self.judged(dict.fromkeys(self.BASE, factor), *stored) == dict.fromkeys(self.BASE, verdict)

    @pytest.mark.parametrize(
        ("one_witness", "others"),
        [
            (["t.py::test_a[1]", "t.py::test_a[x::[2]]"], ["t.py::test_b", "t.py::test_c", "t.py::TestA::test_a"]),
            (
                ["tokenizer/one/all/gpt2/encode", "tokenizer/two/all/gpt2/encode"],
                ["tokenizer/one/all/gpt2/decode", "tokenizer/one/all/bytes/encode", "attention/fwd/naive/step"],
            ),
        ],
    )
    def test_cells_of_one_kind_are_one_witness(self, one_witness: list[str], others: list[str]) -> None:
        """Parameters of a test, and texts of a plugin's operation: two that are slower do not excuse each other."""
        times = {name: [1.0] * 9 for name in (*one_witness, *others)}
        slower = {name: [2.0] * 9 for name in one_witness}
        found = {one.cell: one.verdict for one in judge(session(times | slower), [session(times)])}
        assert {found[name] for name in one_witness} == {Verdict.REGRESSED}
        moved = {name: [2.0] * 9 for name in (*one_witness, *others[:2])}
        found = {one.cell: one.verdict for one in judge(session(times | moved), [session(times)])}
        assert {found[name] for name in one_witness} == {Verdict.REGRESSED}
        moved = dict.fromkeys(times, [2.0] * 9)
        assert {one.verdict for one in judge(session(moved), [session(times)])} == {Verdict.INCONCLUSIVE}

    @pytest.mark.parametrize("wrong", [0.0, math.nan, math.inf, -1.0])
    def test_times_that_are_not_above_zero_are_refused(self, wrong: float) -> None:
        for now, then in (([1.0] * 9, [wrong] * 9), ([1.0] * 9, [*[1.0] * 9, wrong]), ([wrong] * 9, [1.0] * 9)):
            judged = one(now, then)
            assert (judged.verdict, judged.ratio) == (Verdict.NOT_COMPARABLE, None)
            assert "above zero" in str(judged.reason)
            assert exit_code([judged]) == 5


@pytest.mark.parametrize(("version", "short"), [("2.13.0+cpu", "2.13"), ("3.11", "3.11"), ("3", "3")])
def test_a_version_to_its_minor(version: str, short: str) -> None:
    assert minor(version) == short
