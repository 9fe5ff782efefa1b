"""Stored runs held against each other: what cancels, what counts, and when nothing is told."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay import compare
from assay.comparison.ratio_of_ratios import ratio_of_ratios
from assay.errors import AssayError, NotComparable
from assay.records.plugin_code import PluginCode
from assay.records.results import (
    AttentionCase,
    Manifest,
    Measurement,
    Metrics,
    Outcome,
    Run,
    Sample,
    Status,
    Timing,
    TokenizerCase,
    Value,
)
from assay.records.settings import Settings
from assay.records.verdicts import Change, Compared, Comparison, Judgement, Tolerance, Verdict
from assay.records.workload import Workload
from assay.stats.paired_ratio import BETWEEN_PROCESSES, Ratio

MACHINE = {"python": "CPython 3.11.7", "platform": "Linux-x86_64", "processor": "p", "cores": "2"}
TIMES = {"slow": 3.0, "fast": 1.0, "other": 2.0}


def outcome(
    name: str,
    times: Mapping[str, float] | None = None,
    *,
    speed: float = 1.0,
    tokens: int = 100,
    corpus: str = "text",
    status: Status = Status.OK,
    environment: Mapping[str, str] | None = None,
) -> Outcome:
    """A run of tokenizers on one text, in 40 rounds on a machine of this speed, which wavers."""
    chance = random.Random(name)
    wavers = [1 + 0.05 * chance.random() for _ in range(40)]
    found = TIMES if times is None else times
    rows = []
    for plugin, seconds in found.items():
        readings = [round(seconds * 1e6 / speed * waver * (1 + 0.01 * chance.random())) for waver in wavers]
        failed = status is not Status.OK and plugin == "slow"
        rows.append(
            Measurement(
                case=TokenizerCase(tokenizer=plugin, corpus=corpus),
                status=status if failed else Status.OK,
                reason="it broke" if failed else None,
                metrics=Metrics()
                if failed
                else Metrics(tokens=tokens, baseline="fast", encode_seconds=seconds / 1000 / speed),
                timings=()
                if failed
                else (
                    Timing(
                        name="encode", samples=tuple(Sample(iterations=1, wall_ns=one, cpu_ns=one) for one in readings)
                    ),
                ),
            )
        )
    run = Run(
        id=name,
        started=f"2026-11-26T{name}",
        suite="s/1",
        command="assay run",
        environment=MACHINE if environment is None else environment,
        settings=Settings().to_json(),
        state="complete",
    )
    counts = Manifest(planned=len(rows), ok=len(rows), failed=0, skipped=0, unsupported=0, missing=0)
    return Outcome(run=run, manifest=counts, measurements=tuple(rows), noise=None)


def cell(comparison: Comparison, plugin: str) -> Judgement:
    return next(one for one in comparison.judgements if f"/{plugin}/" in one.cell or one.cell.endswith(f"/{plugin}"))


@pytest.mark.long
@given(st.floats(0.2, 5.0))
def test_the_speed_of_the_machine_cancels(speed: float) -> None:
    found = cell(compare(outcome("a"), outcome("b", speed=speed)), "slow")
    assert found.against == "fast"
    assert found.ratio == pytest.approx(1.0, abs=0.01)
    assert found.verdict is Verdict.UNCHANGED


def test_a_plain_time_changes_with_the_machine_and_is_shown_beside() -> None:
    found = cell(compare(outcome("a"), outcome("b", speed=0.5)), "slow")
    assert found.wall_ratio == pytest.approx(2.0, rel=0.03)


@pytest.mark.parametrize(
    ("times", "verdict"),
    [(9.0, Verdict.REGRESSED), (1.0, Verdict.IMPROVED), (3.9, Verdict.UNCHANGED)],
)
def test_only_what_leaves_the_allowance_behind_is_told(times: float, verdict: Verdict) -> None:
    found = cell(compare(outcome("a"), outcome("b", {**TIMES, "slow": times})), "slow")
    assert found.verdict is verdict


def test_a_narrower_allowance_tells_more() -> None:
    runs = outcome("a"), outcome("b", {**TIMES, "slow": 3.9})
    assert cell(compare(*runs, allowance=0.1), "slow").verdict is Verdict.REGRESSED


def test_the_way_back_is_the_inverse() -> None:
    first, second = outcome("a"), outcome("b", {**TIMES, "slow": 9.0})
    there, back = (cell(compare(*pair), "slow") for pair in ((first, second), (second, first)))
    assert there.ratio is not None
    assert back.ratio is not None
    assert there.ratio * back.ratio == pytest.approx(1.0)
    assert (there.verdict, back.verdict) == (Verdict.REGRESSED, Verdict.IMPROVED)


RATIOS = st.builds(
    lambda value, down, up: Ratio(value=value, low=value * down, high=value * up, pairs=9, epochs=1),
    st.floats(0.01, 100),
    st.floats(0.5, 1),
    st.floats(1, 2),
)


@given(RATIOS, RATIOS)
def test_the_ratio_of_ratios_is_turned_round_by_swapping_them(before: Ratio, after: Ratio) -> None:
    there, back = ratio_of_ratios(before, after), ratio_of_ratios(after, before)
    assert there.value * back.value == pytest.approx(1.0)
    assert there.low * back.high == pytest.approx(1.0)
    assert there.low <= there.value <= there.high


@given(RATIOS)
def test_held_to_itself_nothing_changes(ratio: Ratio) -> None:
    found = ratio_of_ratios(ratio, ratio)
    half = math.hypot(math.log(ratio.high / ratio.value), math.log(ratio.value / ratio.low))
    assert (found.low, found.value, found.high) == pytest.approx((math.exp(-half), 1.0, math.exp(half)))
    assert (found.pairs, found.epochs) == (ratio.pairs, ratio.epochs)


def test_exact_figures_come_first_and_other_work_is_not_compared() -> None:
    found = compare(outcome("a"), outcome("b", tokens=101))
    assert {(one.metric, one.baseline, one.candidate) for one in found.changes} == {("tokens", 100, 101)}
    assert found.exit_code() == 1


def test_a_case_that_failed_since_is_failed() -> None:
    found = compare(outcome("a"), outcome("b", status=Status.FAILED))
    assert cell(found, "slow").verdict is Verdict.FAILED
    assert found.exit_code() == 3


def test_runs_without_a_case_in_common_are_not_comparable() -> None:
    with pytest.raises(NotComparable, match="b shares no case with a") as caught:
        compare(outcome("a"), outcome("b", corpus="another"))
    assert caught.value.exit_code == 5


def test_the_same_run_twice_is_refused() -> None:
    with pytest.raises(AssayError, match="two different runs"):
        compare(outcome("a"), outcome("a"))


def test_times_of_another_machine_are_not_judged() -> None:
    elsewhere = outcome("b", {**TIMES, "slow": 9.0}, environment={**MACHINE, "processor": "q"})
    found = compare(outcome("a"), elsewhere)
    assert cell(found, "slow").verdict is Verdict.INCONCLUSIVE
    assert any("another environment" in warning for warning in found.warnings)


def test_several_candidates_are_each_held_to_the_first() -> None:
    found = compare(outcome("a"), outcome("b"), outcome("c", {**TIMES, "slow": 9.0}))
    verdicts = {one.run: one.verdict for one in found.judgements if "/slow/" in one.cell}
    assert verdicts == {"b": Verdict.UNCHANGED, "c": Verdict.REGRESSED}
    assert [one.id for one in found.of("c").runs] == ["a", "c"]


def test_a_row_that_is_gone_is_told() -> None:
    found = compare(outcome("a"), outcome("b", {name: TIMES[name] for name in ("fast", "other")}))
    gone = cell(found, "slow")
    assert (gone.verdict, gone.reason, found.exit_code()) == (
        Verdict.MISSING,
        "the baseline has it, the candidate has not",
        5,
    )


def test_a_run_that_was_cut_off_is_told() -> None:
    cut = outcome("b")
    cut = replace(cut, manifest=replace(cut.manifest, planned=9, missing=6))
    assert any("9 cases planned" in warning for warning in compare(outcome("a"), cut).warnings)


# --- rows by hand: every figure of a judgement, every sentence


def timed(seconds: float, rounds: int = 8, epochs: int = 1, name: str = "encode", slower: float = 1.0) -> Timing:
    """Samples without any noise; wall time is `slower` times the CPU time."""
    one, wall = round(seconds * 1e9), round(seconds * 1e9 * slower)
    return Timing(
        name=name,
        samples=tuple(
            Sample(iterations=1, wall_ns=wall, cpu_ns=one, epoch=epoch)
            for epoch in range(epochs)
            for _ in range(rounds)
        ),
    )


def row(
    plugin: str, *timings: Timing, corpus: str = "text", status: Status = Status.OK, **figures: Value
) -> Measurement:
    case = TokenizerCase(tokenizer=plugin, corpus=corpus)
    return Measurement(
        case=case,
        status=status,
        reason=None if status is Status.OK else "it broke",
        metrics=Metrics(figures),
        timings=timings,
    )


def on_device(plugin: str, seconds: float, cpu: float) -> Measurement:
    """A row of a GPU, whose process hardly computes while it waits."""
    workload = replace(Workload.self_attention("core", batch=1, length=2, d_model=4), device="cuda:0")
    samples = (Sample(iterations=1, wall_ns=round(seconds * 1e9), cpu_ns=round(cpu * 1e9)),) * 8
    return Measurement(
        case=AttentionCase(attention=plugin, workload=workload),
        status=Status.OK,
        metrics=Metrics(baseline="fast", step_seconds=seconds),
        timings=(Timing(name="step", samples=samples),),
    )


def run_of(
    name: str,
    *rows: Measurement,
    suite: str = "s/1",
    environment: Mapping[str, str] = MACHINE,
    epochs: int = 1,
    missing: int = 0,
) -> Outcome:
    run = Run(
        id=name,
        started=f"2026-11-26T{name}",
        suite=suite,
        command="assay run",
        environment=environment,
        settings=Settings(epochs=epochs).to_json(),
        state="interrupted" if missing else "complete",
    )
    counts = Manifest(planned=len(rows) + missing, ok=len(rows), failed=0, skipped=0, unsupported=0, missing=missing)
    return Outcome(run=run, manifest=counts, measurements=rows, noise=None)


def only(comparison: Comparison) -> Judgement:
    (found,) = comparison.judgements
    return found


class TestRuns:
    @pytest.mark.parametrize("names", ["a", "aa", "abb", "aba", "baa", "aabb"])
    def test_fewer_than_two_different_runs_are_refused(self, names: str) -> None:
        with pytest.raises(AssayError) as caught:
            compare(*(outcome(name) for name in names))
        assert caught.value.message == "a comparison takes two different runs or more"
        assert caught.value.remedy == "see `assay show --runs`"

    def test_the_first_is_the_baseline_and_facts_of_all_are_told(self) -> None:
        git = {**MACHINE, "git": "abc"}
        found = compare(
            run_of("b", row("x", tokens=1), suite="s/2"),
            run_of("a", row("x", tokens=1), environment=MACHINE),
            run_of("c", row("x", tokens=1), suite="s/2", environment=git),
        )
        assert (found.baseline, found.candidate, found.suite) == ("b", "a, c", "s/2, s/1")
        assert (found.environment, found.budget_s, found.seconds) == (git, 0.0, 0.0)
        assert found.runs == (
            Compared(name="b", id="b", started="2026-11-26Tb", suite="s/2"),
            Compared(name="a", id="a", started="2026-11-26Ta", suite="s/1"),
            Compared(name="c", id="c", started="2026-11-26Tc", suite="s/2", git="abc"),
        )

    @pytest.mark.parametrize(
        ("before", "after", "told"),
        [
            (["x"], ["y"], "of tokenizer/text/all it has y, and the other x"),
            (["a", "b", "c", "d"], ["e"], "of tokenizer/text/all it has e, and the other a, b, c, d"),
            (["a", "b", "c", "d", "e"], ["f"], "of tokenizer/text/all it has f, and the other a, b, c, d and 1 more"),
            (["a"], [], "it measured nothing, and the other tokenizer/text/all"),
        ],
    )
    def test_runs_without_a_case_in_common_say_what_each_has(
        self, before: list[str], after: list[str], told: str
    ) -> None:
        runs = [run_of(name, *map(row, plugins)) for name, plugins in (("a", before), ("b", after))]
        with pytest.raises(NotComparable) as caught:
            compare(*runs)
        assert caught.value.message == f"b shares no case with a: {told}"
        assert caught.value.remedy == "compare runs of one suite"

    def test_runs_without_a_group_in_common_say_which_each_has(self) -> None:
        with pytest.raises(NotComparable) as caught:
            compare(run_of("a", row("x", corpus="c"), row("y", corpus="c")), run_of("b", row("x", corpus="d")))
        assert caught.value.message.endswith("it measured tokenizer/d/all, and the other tokenizer/c/all")


class TestCode:
    """Which code ran on both sides: it stands above the figures."""

    def of(self, name: str, version: str, digit: str) -> Outcome:
        code = PluginCode(
            kind="tokenizer",
            name="slow",
            origin="p",
            source="distribution",
            recorded="now",
            distribution="p",
            version=version,
            sha256=digit * 64,
        )
        return replace(outcome(name), codes=(code, replace(code, name="fast", sha256="c" * 64)))

    def test_what_differs_is_named(self) -> None:
        told = "b is of other code than a: p 1.0 (aaaaaaaaaaaa) -> p 2.0 (bbbbbbbbbbbb): tokenizer slow"
        assert compare(self.of("a", "1.0", "a"), self.of("b", "2.0", "b")).warnings == (told,)

    def test_the_same_and_what_is_not_recorded_is_not(self) -> None:
        first = self.of("a", "1.0", "a")
        assert compare(first, self.of("b", "1.0", "a")).warnings == ()
        assert compare(outcome("c"), first).warnings == ()


def test_called_from_a_program_its_command_is_one_that_repeats_it() -> None:
    found = compare(outcome("a"), outcome("b"), results="my results", allowance=0.2)
    assert found.command == "assay compare a b --results 'my results' --allowance 0.2"


class TestTimes:
    def test_a_cell_in_full(self) -> None:
        before = run_of("a", row("fast", timed(1.0)), row("slow", timed(2.0), baseline="fast", encode_seconds=2.0))
        after = run_of("b", row("fast", timed(0.5)), row("slow", timed(5.0), baseline="fast", encode_seconds=5.0))
        found = next(one for one in compare(before, after).judgements if "/slow/" in one.cell)
        wide = math.exp(1.96 * math.hypot(BETWEEN_PROCESSES, BETWEEN_PROCESSES))  # one epoch then, and one now
        assert found == Judgement(
            cell="tokenizer/text/all/slow/encode",
            verdict=Verdict.REGRESSED,
            tolerance=Tolerance(minimum_effect=0.6, equivalence_margin=0.6),
            epochs=1,
            ratio=pytest.approx(5.0),
            low=pytest.approx(5.0 / wide),
            high=pytest.approx(5.0 * wide),
            wall_ratio=2.5,
            reason="normalized by fast, more than ±60%",
            run="b",
            against="fast",
            baseline_s=2.0,
            candidate_s=5.0,
            minimum_detectable_effect=pytest.approx(1.6 * wide ** (1 + 1.645 / 1.96) - 1),
        )

    def test_three_epochs_tell_more(self) -> None:
        def run(name: str, seconds: float) -> Outcome:
            return run_of(
                name, row("fast", timed(1.0, 8, 3)), row("slow", timed(seconds, 8, 3), baseline="fast"), epochs=3
            )

        found = compare(run("a", 2.0), run("b", 3.0))
        assert [(one.epochs, one.verdict) for one in found.judgements] == [
            (3, Verdict.UNCHANGED),
            (3, Verdict.REGRESSED),
        ]

    def test_the_baseline_itself_is_judged_by_its_own_times(self) -> None:
        found = only(
            compare(
                run_of("a", row("fast", timed(1.0), baseline="fast")),
                run_of("b", row("fast", timed(3.0), baseline="fast")),
            )
        )
        assert (found.verdict, found.against, found.clock) == (Verdict.REGRESSED, None, "cpu")
        assert found.ratio == pytest.approx(3.0)
        assert found.reason == "more than stored timings drift (±25%)"
        assert (found.wall_ratio, found.baseline_s, found.candidate_s) == (
            pytest.approx(3.0),
            pytest.approx(1.0),
            pytest.approx(3.0),
        )

    def test_ratios_to_two_different_baselines_are_not_compared(self) -> None:
        rows = row("fast", timed(1.0)), row("other", timed(9.0))
        then = run_of("a", *rows, row("slow", timed(2.0), baseline="fast"))
        now = run_of("b", *rows, row("slow", timed(2.0), baseline="other"))
        found = cell(compare(then, now), "slow")
        assert (found.against, found.verdict) == (None, Verdict.UNCHANGED)
        assert found.ratio == pytest.approx(1.0)

    def test_without_samples_the_figures_are_compared(self) -> None:
        def run(name: str, ratio: float) -> Outcome:
            figures: dict[str, Value] = {"encode_ratio": ratio, "encode_samples": 40, "encode_seconds": ratio}
            ends: dict[str, Value] = {"encode_ratio_low": ratio, "encode_ratio_high": ratio}
            return run_of(name, row("slow", baseline="fast", **figures, **ends), epochs=4)

        found = only(compare(run("a", 2.0), run("b", 3.0)))
        assert (found.cell, found.verdict, found.against) == (
            "tokenizer/text/all/slow/encode",
            Verdict.REGRESSED,
            "fast",
        )
        assert (found.ratio, found.epochs, found.wall_ratio) == (pytest.approx(1.5), 4, 1.5)
        assert found.tolerance.minimum_effect == 0.35

    def test_without_samples_and_without_a_baseline_nothing_is_known(self) -> None:
        runs = [run_of(name, row("slow", encode_samples=40, encode_seconds=seconds)) for name, seconds in TIMED]
        assert only(compare(*runs)) == Judgement(
            cell="tokenizer/text/all/slow/encode",
            verdict=Verdict.INCONCLUSIVE,
            epochs=1,
            reason="a run without samples, and no group baseline to normalize its time by",
            remedy="compare runs of the store",
            run="b",
            wall_ratio=4.0,
        )

    def test_the_times_beside_a_change_are_by_its_clock_on_both_sides(self) -> None:
        """An older run stored wall time, a busy one; its samples have the CPU time as well."""
        before = row("slow", timed(2.0, slower=3.0), encode_seconds=6.0)
        after = row("slow", timed(1.0), encode_clock="cpu", encode_seconds=1.0, encode_wall_seconds=1.0)
        found = only(compare(run_of("a", before), run_of("b", after)))
        assert (found.clock, found.ratio) == ("cpu", pytest.approx(0.5))
        assert (found.baseline_s, found.candidate_s) == (pytest.approx(2.0), pytest.approx(1.0))
        assert found.wall_ratio == pytest.approx(1 / 6)

    def test_without_samples_times_by_two_clocks_are_left_out(self) -> None:
        before = row("slow", encode_samples=40, encode_seconds=6.0)
        after = row("slow", encode_samples=40, encode_clock="cpu", encode_seconds=1.0, encode_wall_seconds=3.0)
        found = only(compare(run_of("a", before), run_of("b", after)))
        assert (found.clock, found.baseline_s, found.candidate_s, found.wall_ratio) == ("cpu", None, None, 0.5)

    def test_where_one_side_waits_for_others_wall_time_is_that_of_both(self) -> None:
        before = row("slow", timed(2.0), encode_clock="cpu")
        after = row("slow", timed(1.0, slower=100.0), encode_clock="wall")
        found = only(compare(run_of("a", before), run_of("b", after)))
        assert (found.clock, found.ratio) == ("wall", pytest.approx(50.0))
        assert (found.baseline_s, found.candidate_s) == (pytest.approx(2.0), pytest.approx(100.0))

    def test_samples_of_one_side_alone_are_not_judged(self) -> None:
        with_samples, without = row("slow", timed(1.0)), row("slow", encode_samples=40)
        for before, after in ((with_samples, without), (without, with_samples)):
            found = only(compare(run_of("a", before), run_of("b", after)))
            assert (found.verdict, found.ratio) == (Verdict.INCONCLUSIVE, None)

    def test_what_a_gpu_does_is_judged_by_wall_time(self) -> None:
        before = run_of("a", on_device("fast", 1.0, 0.1), on_device("slow", 2.0, 0.1))
        after = run_of("b", on_device("fast", 1.0, 0.1), on_device("slow", 8.0, 0.1))
        fast, slow = compare(before, after).judgements
        assert (fast.clock, fast.verdict, fast.against) == ("wall", Verdict.UNCHANGED, None)
        assert (slow.clock, slow.verdict, slow.against) == ("wall", Verdict.REGRESSED, "fast")
        assert (slow.ratio, slow.wall_ratio) == (pytest.approx(4.0), 4.0)

    def test_on_another_machine_the_times_are_told_and_not_judged(self) -> None:
        elsewhere = {**MACHINE, "processor": "q"}
        before = run_of("a", row("slow", timed(1.0), encode_seconds=1.0))
        after = run_of("b", row("slow", timed(9.0), encode_seconds=9.0), environment=elsewhere)
        found = only(compare(before, after))
        assert (found.verdict, found.remedy) == (Verdict.INCONCLUSIVE, None)
        assert found.reason == "measured elsewhere: processor: p there, q here"
        assert (found.ratio, found.wall_ratio, found.candidate_s) == (pytest.approx(9.0), 9.0, 9.0)

    def test_only_operations_that_both_timed_are_judged(self) -> None:
        both = timed(1.0), timed(1.0, name="decode")
        runs = [run_of(name, row("slow", *timings)) for name, timings in (("a", both), ("b", both[:1]))]
        for pair, alone, code in ((runs, Verdict.MISSING, 5), (runs[::-1], Verdict.ADDED, 0)):
            found = compare(*pair)
            assert [(one.cell.rpartition("/")[2], one.verdict) for one in found.judgements] == [
                ("decode", alone),
                ("encode", Verdict.UNCHANGED),
            ]
            assert found.exit_code() == code
        found = compare(run_of("a", row("slow", *both)), run_of("b", row("slow", *both[::-1])))
        assert [one.cell.rpartition("/")[2] for one in found.judgements] == ["encode", "decode"]


TIMED = (("a", 0.5), ("b", 2.0))


class TestCases:
    def test_without_times_exact_figures_are_the_same_and_nothing_is_judged(self) -> None:
        found = only(compare(run_of("a", row("x", tokens=5)), run_of("b", row("x", tokens=5))))
        assert found == Judgement(
            cell="tokenizer/text/all/x",
            verdict=Verdict.NOT_JUDGED,
            same_figures=True,
            reason="every exact figure is the same; no time is known of both runs",
            run="b",
        )

    def test_a_figure_that_changed_is_a_change_and_no_judgement(self) -> None:
        found = compare(run_of("a", row("x", used_ids=5)), run_of("b", row("x", used_ids=6)))
        assert found.changes == (
            Change(case="tokenizer/text/all/x", metric="used_ids", baseline=5, candidate=6, run="b"),
        )
        assert found.judgements == ()

    def test_a_change_that_is_not_of_the_work_leaves_the_times_comparable(self) -> None:
        runs = [run_of(name, row("x", timed(1.0), used_ids=ids)) for name, ids in (("a", 5), ("b", 6))]
        assert only(compare(*runs)).verdict is Verdict.UNCHANGED

    def test_other_work_is_told_of_every_operation(self) -> None:
        timings = timed(1.0), timed(1.0, name="decode")
        runs = [run_of(name, row("x", *timings, tokens=count)) for name, count in (("a", 5), ("b", 6))]
        assert [
            (one.cell.rpartition("/")[2], one.verdict, one.reason, one.run) for one in compare(*runs).judgements
        ] == [
            (operation, Verdict.NOT_COMPARABLE, "it does other work now: tokens changed", "b")
            for operation in ("encode", "decode")
        ]

    def test_a_row_that_is_new_is_told_beside_one_that_is_gone(self) -> None:
        found = compare(run_of("a", row("x"), row("gone")), run_of("b", row("x"), row("new")))
        assert [(one.cell.rpartition("/")[2], one.verdict, one.reason, one.remedy) for one in found.judgements[1:]] == [
            (
                "gone",
                Verdict.MISSING,
                "the baseline has it, the candidate has not",
                "was it renamed? If it is meant, name it in --allow-missing",
            ),
            ("new", Verdict.ADDED, "the baseline has no such case", None),
        ]

    def test_groups_of_one_side_alone_are_a_warning_and_of_the_baseline_missing(self) -> None:
        before = run_of("a", row("x"), row("x", corpus="other"), row("y", corpus="other"))
        after = run_of("b", row("x"), *(row("x", corpus=corpus) for corpus in "cdefg"))
        found = compare(before, after)
        assert [(one.cell, one.verdict) for one in found.judgements] == [
            ("tokenizer/text/all/x", Verdict.NOT_JUDGED),
            ("tokenizer/other/all", Verdict.MISSING),
        ]
        assert found.exit_code() == 5
        groups = ", ".join(f"tokenizer/{corpus}/all" for corpus in "cdef")
        assert found.warnings == (
            "1 group of cases is in a alone: tokenizer/other/all",
            f"5 groups of cases are in b alone: {groups} and 1 more",
        )

    def test_runs_that_were_cut_off_and_other_environments_are_warnings_told_once(self) -> None:
        before = run_of("a", row("x"), missing=2)
        after = [run_of(name, row("x"), environment={**MACHINE, "torch": "2"}, missing=1) for name in "bc"]
        assert compare(before, *after).warnings == (
            "a is interrupted: 3 cases planned: 1 ok, 2 missing",
            "b is interrupted: 2 cases planned: 1 ok, 1 missing",
            "b was measured in another environment than a: torch: none -> 2",
            "c is interrupted: 2 cases planned: 1 ok, 1 missing",
            "c was measured in another environment than a: torch: none -> 2",
        )

    @pytest.mark.parametrize(
        ("before", "after", "told"),
        [
            (Status.OK, Status.FAILED, (Verdict.FAILED, "it broke")),
            (Status.FAILED, Status.OK, (Verdict.ADDED, "failed in the baseline, ok now")),
            (Status.OK, Status.SKIPPED, (Verdict.MISSING, "ok in the baseline, skipped now: it broke")),
            (Status.FAILED, Status.FAILED, None),
            (Status.SKIPPED, Status.SKIPPED, None),
        ],
    )
    def test_statuses(self, before: Status, after: Status, told: tuple[Verdict, str] | None) -> None:
        """Figures and times of a row that is not ok are not compared."""
        runs = [
            run_of(name, row("x", timed(1.0), status=status, tokens=tokens))
            for name, status, tokens in (("a", before, 1), ("b", after, 2))
        ]
        found = compare(*runs)
        assert found.changes == ()
        assert [(one.verdict, one.reason) for one in found.judgements] == ([told] if told else [])
