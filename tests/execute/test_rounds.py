"""Rounds over operations that only pretend to be sampled, on a clock that moves when they are."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from types import SimpleNamespace

import pytest

from assay.execute import rounds
from assay.execute.rounds import FEWEST, FEWEST_LONG, FRESH_SHARE, Stop, sample_rounds
from assay.records.results import Sample

PLENTY_S = 3000.0


@dataclass(eq=False)
class Stage:
    """What all operations share: the clock, and who was sampled, in order."""

    now: float = 1000.0
    log: list[str] = field(default_factory=list)
    halves: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Fake:
    """An operation whose samples take `times`, one after the other, and that is gone after `lives` samples."""

    name: str
    stage: Stage
    times: Iterator[int]
    lives: int = 10**9
    judged: bool = True
    cost_ns: int = 1
    spent_ns: int = 0
    epoch: int = 0
    samples: list[Sample] = field(default_factory=list)

    @property
    def alive(self) -> bool:
        return self.lives > 0

    def begin(self) -> None:
        assert self.alive, "who is gone is not asked"
        self.stage.log.append(self.name)
        self.stage.halves.append(self.name)
        self.stage.now += 1.0
        self.spent_ns += self.cost_ns

    def end(self) -> None:
        assert self.alive, "who is gone is not asked"
        self.stage.halves.append(self.name)
        self.lives -= 1
        if self.alive:
            time = next(self.times)
            self.samples.append(Sample(iterations=1, wall_ns=time, cpu_ns=time, epoch=self.epoch))


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    made = Stage()
    monkeypatch.setattr(rounds, "time", SimpleNamespace(monotonic=lambda: made.now))
    return made


def steady() -> Iterator[int]:
    while True:
        yield 1000


def noisy(seed: int) -> Iterator[int]:
    order = random.Random(seed)
    while True:
        yield order.randint(1, 10**6)


def cast(stage: Stage, names: Sequence[str], times: Callable[[int], Iterator[int]] = noisy) -> list[Fake]:
    return [Fake(name=name, stage=stage, times=times(number)) for number, name in enumerate(names)]


def play(
    operations: Sequence[Fake],
    baseline: Fake | None = None,
    *,
    budget_s: float = 0.0,
    wanted: float = 0.01,
    seed: int = 1,
    tick: Callable[[int, float], object] = lambda done, left: None,
) -> Stop:
    partners = [baseline or operation for operation in operations]
    return sample_rounds(operations, partners, budget_s=budget_s, wanted=wanted, seed=seed, tick=tick)


def by_round(log: Sequence[str], operations: int) -> list[str]:
    assert len(log) % operations == 0
    return ["".join(log[start : start + operations]) for start in range(0, len(log), operations)]


class TestOrder:
    def test_every_entry_is_sampled_once_a_round(self, stage: Stage) -> None:
        operations = cast(stage, "ABCDE")
        play(operations, budget_s=5 * 40)
        played = by_round(stage.log, 5)
        assert len(played) == 40
        assert all(sorted(order) == list("ABCDE") for order in played)
        assert [len(operation.samples) for operation in operations] == [40] * 5

    def test_a_round_is_counterbalanced(self, stage: Stage) -> None:
        play(cast(stage, "ABCDE"), budget_s=5 * 40)
        played = by_round(stage.halves, 10)
        assert len(played) == 40
        assert all(order[5:] == order[:5][::-1] for order in played)

    def test_the_next_round_goes_backwards(self, stage: Stage) -> None:
        play(cast(stage, "ABCDE"), budget_s=5 * 40)
        played = by_round(stage.log, 5)
        assert played[1::2] == [there[::-1] for there in played[::2]]

    def test_it_is_drawn_anew_for_every_other_round(self, stage: Stage) -> None:
        play(cast(stage, "ABCDE"), budget_s=5 * 40)
        drawn = by_round(stage.log, 5)[::2]
        assert len(set(drawn)) > 10
        # Whoever comes first may be anyone.
        assert {order[0] for order in drawn} == set("ABCDE")

    def test_those_of_one_baseline_follow_each_other(self, stage: Stage) -> None:
        """A, B and C are compared with A; D and E with D; so the samples of a pair are near in time."""
        operations = cast(stage, "ABCDE")
        first, second = operations[0], operations[3]
        partners = [first, first, first, second, second]
        sample_rounds(operations, partners, budget_s=5 * 40, wanted=0.0, seed=1)
        played = by_round(stage.log, 5)
        assert {frozenset(order[:2]) & {"D", "E"} for order in played} == {frozenset(), frozenset("DE")}
        assert all({order[:3], order[-3:]} & set(map("".join, permutations("ABC"))) for order in played)

    def test_the_seed_decides(self, stage: Stage) -> None:
        logs = []
        for seed in (7, 7, 8):
            stage.log = []
            play(cast(stage, "ABCDE"), seed=seed)
            logs.append(stage.log)
        assert logs[0] == logs[1] != logs[2]

    def test_the_global_generator_has_no_say(self, stage: Stage) -> None:
        before = random.getstate()
        play(cast(stage, "ABCDE"))
        assert random.getstate() == before

    def test_an_anchor_is_sampled_with_the_others(self, stage: Stage) -> None:
        operations = cast(stage, "ABC")
        operations[2].judged = False
        play(operations, budget_s=3 * FEWEST)
        assert [len(operation.samples) for operation in operations] == [FEWEST] * 3


class TestDeath:
    @pytest.mark.parametrize("lives", [1, 2, 5, 11])
    def test_who_is_gone_is_passed_over_and_the_others_go_on(self, stage: Stage, lives: int) -> None:
        operations = cast(stage, "ABC")
        operations[1].lives = lives
        play(operations, budget_s=3 * 20)
        assert stage.log.count("B") == lives
        assert len(operations[1].samples) == lives - 1
        assert len(operations[0].samples) == len(operations[2].samples) >= 20

    def test_who_is_gone_before_the_first_round_is_never_asked(self, stage: Stage) -> None:
        operations = cast(stage, "AB")
        operations[0].lives = 0
        play(operations, budget_s=FEWEST)
        assert stage.log == ["B"] * FEWEST

    def test_it_ends_when_no_judged_entry_is_alive(self, stage: Stage) -> None:
        operations = [*cast(stage, "AB"), Fake(name="probe", stage=stage, times=steady(), judged=False)]
        operations[0].lives, operations[1].lives = 3, 4
        assert play(operations, budget_s=PLENTY_S) == "budget"
        assert (stage.log.count("A"), stage.log.count("B"), stage.log.count("probe")) == (3, 4, 4)

    def test_anchors_alone_are_not_sampled(self, stage: Stage) -> None:
        probe = Fake(name="probe", stage=stage, times=steady(), judged=False)
        assert play([probe], budget_s=PLENTY_S) == "budget"
        assert stage.log == []

    def test_nobody_at_all(self, stage: Stage) -> None:
        assert play([], budget_s=PLENTY_S) == "budget"

    def test_who_is_gone_holds_nobody_up(self, stage: Stage) -> None:
        operations = [Fake(name="A", stage=stage, times=steady()), Fake(name="B", stage=stage, times=noisy(1), lives=9)]
        assert play(operations, budget_s=PLENTY_S) == "precision"

    def test_without_their_baseline_the_others_are_judged_by_their_own_times(self, stage: Stage) -> None:
        """Its samples end early, and with them the pairs: no precision would ever be reached by them."""
        baseline = Fake(name="A", stage=stage, times=noisy(1), lives=4)
        operations = [baseline, Fake(name="B", stage=stage, times=steady())]
        assert play(operations, baseline, budget_s=PLENTY_S) == "precision"
        assert stage.log.count("B") == FEWEST


class TestStop:
    def test_a_baseline_that_others_are_compared_with_has_no_ratio_to_be_known(self, stage: Stage) -> None:
        slowing = [1000 * (1 + number) for number in range(100)]
        operations = [Fake(name=name, stage=stage, times=iter(slowing)) for name in "AB"]
        assert play(operations, operations[0], budget_s=PLENTY_S) == "precision"
        alone = Fake(name="A", stage=stage, times=iter(slowing))
        assert play([alone], alone, budget_s=50) == "budget"

    def test_only_the_samples_of_this_epoch_count(self, stage: Stage) -> None:
        operations = cast(stage, "AB", lambda number: steady())
        for operation in operations:
            operation.samples = [Sample(iterations=1, wall_ns=ns, cpu_ns=ns, epoch=0) for ns in range(1, 40)]
            operation.epoch = 1
        assert play(operations, operations[0], budget_s=PLENTY_S) == "precision"
        assert len(operations[0].samples) == 39 + FEWEST

    def test_by_precision(self, stage: Stage) -> None:
        operations = cast(stage, "AB", lambda number: steady())
        assert play(operations, operations[0], budget_s=PLENTY_S) == "precision"
        assert len(operations[0].samples) == FEWEST

    def test_not_before_every_ratio_is_known(self, stage: Stage) -> None:
        operations = [Fake(name="A", stage=stage, times=steady()), Fake(name="B", stage=stage, times=noisy(2))]
        assert play(operations, operations[0], budget_s=2 * 50) == "budget"
        assert len(operations[0].samples) == 50

    def test_what_slows_down_together_is_precise(self, stage: Stage) -> None:
        slowing = [1000 * (1 + number) for number in range(100)]
        operations = [Fake(name=name, stage=stage, times=iter(slowing)) for name in "AB"]
        # The baseline itself is judged by its own times, and therefore keeps out of the judgement here.
        operations[0].judged = False
        assert play(operations, operations[0], budget_s=PLENTY_S) == "precision"

    def test_an_anchor_need_not_be_precise(self, stage: Stage) -> None:
        probe = Fake(name="probe", stage=stage, times=noisy(3), judged=False)
        assert play([Fake(name="A", stage=stage, times=steady()), probe], budget_s=PLENTY_S) == "precision"

    @pytest.mark.parametrize("budget_s", [-1.0, 0.0, 1.0, 3 * FEWEST_LONG])
    def test_the_fewest_rounds_are_made_whatever_the_budget(self, stage: Stage, budget_s: float) -> None:
        operations = cast(stage, "ABC")
        assert play(operations, budget_s=budget_s) == "budget"
        assert [len(operation.samples) for operation in operations] == [FEWEST_LONG] * 3

    def test_nothing_is_precise_before_ten(self, stage: Stage) -> None:
        operations = cast(stage, "ABC", lambda number: steady())
        assert play(operations, operations[0], budget_s=3 * 10 - 1, wanted=1.0) == "precision"
        assert [len(operation.samples) for operation in operations] == [10] * 3

    def test_before_ten_the_budget_decides_whatever_is_known(self, stage: Stage) -> None:
        operations = cast(stage, "ABC", lambda number: steady())
        assert play(operations, operations[0], budget_s=3 * 8 - 1, wanted=1.0) == "budget"
        assert [len(operation.samples) for operation in operations] == [8] * 3

    @pytest.mark.parametrize("made", [FEWEST_LONG + 1, FEWEST, 11, 13, 40])
    def test_by_budget_after_a_whole_round(self, stage: Stage, made: int) -> None:
        operations = cast(stage, "ABC")
        assert play(operations, budget_s=3 * made - 1) == "budget"
        assert [len(operation.samples) for operation in operations] == [made] * 3

    def test_one_that_becomes_precise_is_noticed_within_a_few_rounds(self, stage: Stage) -> None:
        operations = cast(stage, "AB")
        play(operations, operations[0], budget_s=PLENTY_S, wanted=0.3)
        made = len(operations[0].samples)
        assert FEWEST < made < 4 * FEWEST

    def test_coarser_precision_takes_fewer_rounds(self, stage: Stage) -> None:
        made = []
        for wanted in (2.0, 0.5, 0.2):
            operations = cast(stage, "AB")
            assert play(operations, operations[0], budget_s=PLENTY_S, wanted=wanted) == "precision"
            made.append(len(operations[0].samples))
        assert made == sorted(made)
        assert made[0] < made[-1]


def test_every_round_is_told_with_the_time_left(stage: Stage) -> None:
    told: list[tuple[int, float]] = []
    play(cast(stage, "AB"), budget_s=30.0, tick=lambda done, left: told.append((done, left)))
    assert told == [(done, 30.0 - 2 * done) for done in range(1, 16)]


class TestFreshText:
    @pytest.mark.parametrize("cost_ns", [1, 20, 1_000_000], ids=["short", "long", "very long"])
    def test_it_takes_an_eighth_of_the_time_and_the_first_round(self, stage: Stage, cost_ns: int) -> None:
        fresh, encode, decode = operations = cast(stage, ["fresh", "encode", "decode"])
        fresh.cost_ns = cost_ns
        for epoch in range(3):
            for operation in operations:
                operation.epoch = epoch
            play(operations, budget_s=2 * 400, wanted=0.0, seed=epoch)
        taken, rounds_made = len(fresh.samples), len(encode.samples)
        assert fresh.samples[0].epoch == 0
        assert (taken - 1) * cost_ns <= FRESH_SHARE * (taken * cost_ns + 2 * rounds_made)
        assert taken == 1 or (taken + 1) * cost_ns > FRESH_SHARE * (taken * cost_ns + 2 * rounds_made)
        assert rounds_made == len(decode.samples)

    def test_it_does_not_hold_the_end_up(self, stage: Stage) -> None:
        fresh, encode = cast(stage, ["fresh", "encode"])
        encode.times = steady()
        assert play([fresh, encode], budget_s=PLENTY_S) == "precision"
        assert len(encode.samples) == FEWEST
