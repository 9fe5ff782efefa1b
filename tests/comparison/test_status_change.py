from dataclasses import replace

import pytest

import assay
from assay.comparison.status_change import (
    RENAMED,
    allow_missing,
    failed_on_both,
    missing_plugin,
    missing_plugins,
    not_measured,
    status_change,
    unmeasured_plugins,
)
from assay.execute.selection import Selection
from assay.plugins.host import DISTRIBUTION, Host
from assay.records.results import Measurement, Status, TokenizerCase
from assay.records.verdicts import Comparison, Judgement, Verdict

BEFORE = {
    "tokenizers": {"gpt2": DISTRIBUTION, "theirs": "another", "gone": "another"},
    "attentions": {"naive": DISTRIBUTION},
}


@pytest.fixture(scope="module")
def host() -> Host:
    return assay.discover()


def names(host: Host, selection: Selection, after: dict[str, dict[str, str | None]]) -> set[str]:
    return {judgement.cell for judgement in missing_plugins(host, selection, BEFORE, after)}


def test_what_only_the_baseline_has_is_named(host: Host) -> None:
    after: dict[str, dict[str, str | None]] = {
        "tokenizers": {"gpt2": DISTRIBUTION},
        "attentions": {"naive": DISTRIBUTION},
    }
    assert names(host, Selection(suite="quick"), after) == {"tokenizer/theirs", "tokenizer/gone"}
    assert names(host, Selection(suite="quick", tokenizers="g*"), after) == {"tokenizer/gone"}
    assert names(host, Selection(suite="quick", tokenizers="none"), after) == set()
    found = next(missing_plugins(host, Selection(suite="quick"), BEFORE, after))
    assert (found.verdict, found.remedy) == (Verdict.MISSING, RENAMED)


def test_of_ours_only_those_of_the_suite_count(host: Host) -> None:
    after: dict[str, dict[str, str | None]] = {"tokenizers": {"other": None}, "attentions": {"other": None}}
    assert names(host, Selection(suite="quick"), after) == {"tokenizer/gpt2", "tokenizer/theirs", "tokenizer/gone"}
    assert "attention/naive" in names(host, Selection(suite="gpt2-124m"), after)


def test_without_the_names_of_the_candidate_the_host_knows(host: Host) -> None:
    assert names(host, Selection(suite="quick"), {}) == {"tokenizer/theirs", "tokenizer/gone"}


def test_a_plugin_that_no_longer_loads_has_failed(host: Host, tmp_path: object, install: object) -> None:
    install("another", "1", {"broken": "broken_plugin"}, {"broken_plugin": "raise RuntimeError('crash')"})  # type: ignore[operator]
    judged = {each.cell: each for each in missing_plugins(assay.discover(), Selection(suite="quick"), BEFORE, {})}
    gone = judged["tokenizer/gone"]
    assert (gone.verdict, gone.remedy) == (Verdict.FAILED, None)
    assert str(gone.reason).startswith("the baseline has this plugin, the candidate has not: ")
    assert "crash" in str(gone.reason)


CELL = "tokenizer/text/all/x"


def row(status: Status, reason: str | None = None, remedy: str | None = None, *, expected: bool = False) -> Measurement:
    case = TokenizerCase(tokenizer="x", corpus="text")
    return Measurement(case=case, status=status, reason=reason, remedy=remedy, expected=expected)


class TestStatus:
    @pytest.mark.parametrize("status", list(Status))
    def test_the_same_twice_is_nothing_to_tell(self, status: Status) -> None:
        assert status_change(row(status, "one"), row(status, "other")) is None
        assert status_change(row(status, expected=True), row(status, expected=True)) is None

    def test_what_failed_since_has_failed(self) -> None:
        assert status_change(row(Status.OK), row(Status.FAILED, "it broke", "do that")) == Judgement(
            cell=CELL, verdict=Verdict.FAILED, reason="it broke", remedy="do that"
        )

    def test_what_was_not_ok_before_either_is_not_comparable(self) -> None:
        assert status_change(row(Status.SKIPPED, "late"), row(Status.FAILED, "it broke", "do that")) == Judgement(
            cell=CELL,
            verdict=Verdict.NOT_COMPARABLE,
            reason="skipped in the baseline, failed now: it broke",
            remedy="do that",
        )

    def test_what_was_ok_and_is_announced_to_fail_is_missing(self) -> None:
        found = status_change(row(Status.OK), row(Status.FAILED, "unseen", expected=True))
        assert found is not None
        assert (found.verdict, found.reason) == (
            Verdict.MISSING,
            "ok in the baseline, failed now: unseen",
        )

    def test_without_a_reason_only_the_statuses_are_told(self) -> None:
        found = status_change(row(Status.FAILED, "it broke", "do that"), row(Status.OK))
        assert found == Judgement(
            cell=CELL, verdict=Verdict.ADDED, reason="failed in the baseline, ok now", remedy=None
        )

    def test_a_cell_by_a_row_that_is_not_ok(self) -> None:
        for found, verdict in (
            (row(Status.FAILED, "it broke", "do that"), Verdict.FAILED),
            (row(Status.FAILED, "it broke", "do that", expected=True), Verdict.NOT_COMPARABLE),
            (row(Status.SKIPPED, "it broke", "do that"), Verdict.NOT_COMPARABLE),
        ):
            assert not_measured("c", found) == Judgement(cell="c", verdict=verdict, reason="it broke", remedy="do that")

    def test_what_fails_on_both_sides_is_unmeasured(self) -> None:
        assert failed_on_both(row(Status.FAILED, "it broke"), row(Status.FAILED, "again", "do that")) == Judgement(
            cell=CELL,
            verdict=Verdict.NOT_COMPARABLE,
            reason="baseline: failed, it broke; candidate: failed, again",
            remedy="do that",
            unmeasured=True,
        )

    def test_only_what_was_named_must_be_measured(self) -> None:
        absent = [row(Status.SKIPPED, "it lacks a file", "fetch it")] * 2
        (found,) = unmeasured_plugins(Selection(tokenizers="other, x"), absent, [])
        assert (found.cell, found.unmeasured, found.remedy) == ("tokenizer/x", True, "fetch it")
        assert str(found.reason).endswith("measured on neither side: skipped, it lacks a file")
        for selection in (Selection(), Selection(tokenizers="x*"), Selection(tokenizers="*")):
            assert list(unmeasured_plugins(selection, absent, [])) == []
        assert list(unmeasured_plugins(Selection(tokenizers="x"), absent, [absent[0].case])) == []

    def test_a_plugin_that_is_gone(self) -> None:
        assert missing_plugin("tokenizer/x") == Judgement(
            cell="tokenizer/x",
            verdict=Verdict.MISSING,
            reason="the baseline has this plugin, the candidate has not",
            remedy=RENAMED,
        )


class TestAllowed:
    @pytest.mark.parametrize(
        ("patterns", "code"),
        [
            ((), 5),
            (("other",), 5),
            (("gone",), 0),
            (("g*",), 0),
            (("tokenizer/*/gone/*",), 0),
            (("text",), 5),
            (("other", "*"), 0),
        ],
    )
    def test_what_a_pattern_names_may_be_missing(self, patterns: tuple[str, ...], code: int) -> None:
        cell = "tokenizer/text/all/gone/encode"
        found = comparison(*allow_missing([Judgement(cell=cell, verdict=Verdict.MISSING), SAME], patterns))
        assert (found.exit_code(), found.exit_code(strict=True)) == (code, code)

    def test_a_plugin_by_its_name(self) -> None:
        found = allow_missing([Judgement(cell="tokenizer/gone", verdict=Verdict.MISSING), SAME], ["gone"])
        assert [one.allowed for one in found] == [True, False]

    def test_what_failed_or_regressed_is_not_allowed(self) -> None:
        for verdict, code in ((Verdict.FAILED, 3), (Verdict.REGRESSED, 1)):
            found = allow_missing([Judgement(cell="tokenizer/gone", verdict=verdict), SAME], ["*"])
            assert comparison(*found).exit_code() == code

    def test_where_all_is_missing_and_allowed_nothing_was_measured(self) -> None:
        found = comparison(*allow_missing([Judgement(cell="tokenizer/gone", verdict=Verdict.MISSING)], ["*"]))
        assert (found.nothing_measured, found.exit_code()) == (True, 3)


class TestUnmeasured:
    LOST = Judgement(cell="tokenizer/text/all/x", verdict=Verdict.NOT_COMPARABLE, unmeasured=True)

    def test_it_is_red_beside_what_was_compared(self) -> None:
        found = comparison(SAME, self.LOST)
        assert (found.exit_code(), found.exit_code(strict=True), comparison(SAME).exit_code()) == (5, 5, 0)
        assert comparison(self.LOST).exit_code() == 3

    @pytest.mark.parametrize(("pattern", "code"), [("x", 0), ("tokenizer/text/*", 0), ("y", 5)])
    def test_it_may_be_allowed(self, pattern: str, code: int) -> None:
        assert comparison(*allow_missing([SAME, self.LOST], [pattern])).exit_code() == code


class TestNothingMeasured:
    @pytest.mark.parametrize("verdicts", [(), (Verdict.NOT_COMPARABLE,), (Verdict.NOT_JUDGED,)])
    def test_a_check_that_measured_nothing_exits_with_3(self, verdicts: tuple[Verdict, ...]) -> None:
        found = comparison(*(Judgement(cell=str(verdict), verdict=verdict) for verdict in verdicts))
        assert (found.nothing_measured, found.exit_code(), found.exit_code(strict=True)) == (True, 3, 3)

    def test_exact_figures_that_are_the_same_were_measured(self) -> None:
        found = comparison(replace(SAME, verdict=Verdict.NOT_JUDGED, same_figures=True))
        assert (found.nothing_measured, found.exit_code(), found.exit_code(strict=True)) == (False, 0, 0)

    @pytest.mark.parametrize("verdict", [Verdict.MISSING, Verdict.ADDED])
    def test_what_one_side_has_was_measured_and_not_compared(self, verdict: Verdict) -> None:
        found = comparison(Judgement(cell="tokenizer/gone", verdict=verdict))
        assert (found.nothing_measured, found.exit_code()) == (False, 5)


SAME = Judgement(cell="tokenizer/text/all/x/encode", verdict=Verdict.UNCHANGED)


def comparison(*judgements: Judgement) -> Comparison:
    return Comparison(
        baseline="a",
        candidate="b",
        suite="s/1",
        started="",
        command="",
        environment={},
        budget_s=1.0,
        seconds=1.0,
        changes=(),
        judgements=judgements,
    )
