"""Stored runs held against each other: what cancels, what counts, and when nothing is told."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay import compare
from assay.comparison.ratio_of_ratios import ratio_of_ratios
from assay.errors import AssayError, NotComparable
from assay.records.results import Manifest, Measurement, Metrics, Outcome, Run, Sample, Status, Timing, TokenizerCase
from assay.records.settings import Settings
from assay.records.verdicts import Comparison, Judgement, Verdict
from assay.stats.paired_ratio import Ratio

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
    assert ratio_of_ratios(ratio, ratio).value == pytest.approx(1.0)


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
    assert (gone.verdict, gone.reason) == (Verdict.NOT_COMPARABLE, "the baseline has it, the candidate has not")


def test_a_run_that_was_cut_off_is_told() -> None:
    cut = outcome("b")
    cut = replace(cut, manifest=replace(cut.manifest, planned=9, missing=6))
    assert any("9 cases planned" in warning for warning in compare(outcome("a"), cut).warnings)
