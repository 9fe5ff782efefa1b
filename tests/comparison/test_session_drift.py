"""Judging stored timings: what may be told of readings that were taken at different times, and what may not."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.comparison.session_drift import ALLOWANCE, FEWEST, Readings, Session, judge, prediction_limit, session_level
from assay.records.verdicts import Judgement, Verdict, exit_code

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


@pytest.mark.parametrize("sessions", [1, 3, 4, 5])
def test_drift_of_five_percent_raises_at_most_one_false_alarm_in_a_hundred(sessions: int) -> None:
    found = verdicts(sessions, drift=0.05, slower=1.0, decisions=2000, seed=sessions)
    assert found[Verdict.REGRESSED] <= 0.01
    assert found[Verdict.IMPROVED] <= 0.01
    assert found[Verdict.UNCHANGED] >= 0.5


@pytest.mark.parametrize("sessions", [3, 5])
def test_sessions_that_drift_more_than_the_allowance_widen_it(sessions: int) -> None:
    alarms = verdicts(sessions, drift=0.2, slower=1.0, decisions=500, seed=9)[Verdict.REGRESSED]
    trusting = verdicts(1, drift=0.2, slower=1.0, decisions=500, seed=9)[Verdict.REGRESSED]
    assert alarms <= 0.05
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
    """The share of false alarms over 8 cells on a machine that is at times half as fast, cell by cell."""
    chance = random.Random(seed)
    alarms, decisions = 0, 200
    for _ in range(decisions):
        then, now = ({f"cell {n}": [chance.choice((1.0, 1.8))] * 9 for n in range(8)} for _ in range(2))
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
        ("encode", Verdict.NOT_COMPARABLE),
        ("kept", Verdict.UNCHANGED),
        ("encode_text", Verdict.NOT_COMPARABLE),
    ]
    assert judged[0].remedy == "was it renamed to encode_text?"
    assert (exit_code(judged), exit_code(judged, strict=True)) == (0, 4)


def test_a_slowdown_of_exactly_the_allowance_and_more_is_not_waved_through() -> None:
    assert one([1.2499] * 9, [1.0] * 9).verdict is Verdict.UNCHANGED
    assert one([1.2501] * 9, [1.0] * 9).verdict is Verdict.REGRESSED
    assert one([100.0] * 9, [1.0] * 9).verdict is Verdict.REGRESSED


def test_wild_readings_on_one_side_move_nothing() -> None:
    steady = [1.0, 1.01, 0.99, 1.02] * 10
    judged = one([*steady[:-6], *[500.0] * 6], steady)
    assert judged.verdict is Verdict.UNCHANGED
    assert judged.ratio == pytest.approx(1.0, abs=0.02)


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
    assert (judged.verdict, judged.ratio) == (Verdict.INCONCLUSIVE, None)
    assert judged.remedy == "take at least 5 rounds"


@pytest.mark.parametrize(
    ("found", "code", "strict"),
    [
        ([Verdict.UNCHANGED, Verdict.IMPROVED], 0, 0),
        ([Verdict.UNCHANGED, Verdict.INCONCLUSIVE], 0, 4),
        ([Verdict.UNCHANGED, Verdict.NOT_COMPARABLE], 0, 4),
        ([Verdict.NOT_COMPARABLE], 5, 5),
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
