"""A saved run as the baseline: what is exact decides, and no stored time does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.comparison.check_stored import check_stored
from assay.comparison.sides import SideEnvironment, baseline
from assay.environment.describe import describe
from assay.errors import NotComparable, UnknownName
from assay.records.results import LocatedRun, Measurement, Metrics, Outcome, Status
from assay.records.settings import Settings
from assay.records.verdicts import Change, Comparison, Verdict
from assay.store.baselines import accept
from planted import STEADY, TEXT, plugin

pytestmark = pytest.mark.long

BUDGET_S = 0.1
BOTH = {"one": STEADY, "other": STEADY}


@dataclass(frozen=True)
class Stored:
    """A run of two tokenizers, in a results folder and as a file."""

    results: Path
    id: str
    file: Path

    @property
    def accepted(self) -> Outcome:
        return self.of(self.id)

    def of(self, what: str) -> Outcome:
        found = baseline(what, (), self.results, self.results.parent / "cache")
        assert not isinstance(found, SideEnvironment)
        return found.outcome


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Stored:
    folder = tmp_path_factory.mktemp("stored")
    (folder / "short.txt").write_text(TEXT, "utf-8")
    outcome = assay.run(
        tokenizers="one,other",
        attentions="none",
        corpora=str(folder / "short.txt"),
        held_out=0.0,
        results=folder / "results",
        plugins=[plugin(folder / "planted.py", BOTH)],
        budget_s=BUDGET_S,
    )
    assert [row.status for row in outcome.measurements] == [Status.OK] * 2
    file = accept(folder / "results", "kept", outcome.run, outcome.measurements)
    return Stored(folder / "results", outcome.run.id, file)


def compare(
    folder: Path,
    saved: Outcome,
    now: Mapping[str, str],
    tick: Callable[[str, float], object] = lambda what, left_s: None,
) -> Comparison:
    """Check tokenizers as they are now against a saved run."""
    plugins = (plugin(folder / "planted.py", now),)
    settings = Settings(plugins=plugins, budget_s=BUDGET_S)
    stored = LocatedRun(name="before", outcome=saved)
    return check_stored(assay.discover(plugins), stored, settings, candidate="after", tick=tick)


def with_metrics(saved: Outcome, tokenizer: str, metrics: Mapping[str, Any]) -> Outcome:
    """A saved run with other figures for one tokenizer."""

    def altered(row: Measurement) -> Measurement:
        found = Metrics({name: metrics.get(name, value) for name, value in row.metrics.items()})
        return replace(row, metrics=found) if row.case.plugin == tokenizer else row

    return replace(saved, measurements=tuple(map(altered, saved.measurements)))


def test_a_run_and_its_file_are_the_same(stored: Stored) -> None:
    file = stored.of(str(stored.file))
    assert (file.run, file.measurements) == (stored.accepted.run, stored.accepted.measurements)


def test_the_same_code_passes(stored: Stored, tmp_path: Path) -> None:
    comparison = compare(tmp_path, stored.of(str(stored.file)), BOTH)
    assert (comparison.changes, comparison.interrupted) == ((), False)
    assert [(one.verdict, one.ratio) for one in comparison.judgements] == [(Verdict.NOT_JUDGED, None)] * 2
    assert "stored times are not judged" in str(comparison.judgements[0].reason)
    assert comparison.exit_code() == comparison.exit_code(strict=True) == 0
    assert (comparison.baseline, comparison.candidate, comparison.suite) == ("before", "after", "tutorial/1")
    assert comparison.environment["cores"] == describe()["cores"]


def test_another_vocabulary_is_a_change(stored: Stored, tmp_path: Path) -> None:
    comparison = compare(tmp_path, stored.accepted, BOTH | {"other": "vocab_size = 250"})
    (case,) = (row.case.id for row in stored.accepted.measurements if row.case.plugin == "other")
    assert comparison.changes[0] == Change(case=case, metric="vocabulary_size", baseline=256, candidate=250)
    assert {change.case for change in comparison.changes} == {case}
    assert [one.verdict for one in comparison.judgements] == [Verdict.NOT_JUDGED], "the other case"
    assert comparison.exit_code() == 1


def test_a_plugin_that_breaks_now_has_failed(stored: Stored, tmp_path: Path) -> None:
    broken = "def crime(self):\n    raise RuntimeError('broken')"
    comparison = compare(tmp_path, stored.accepted, BOTH | {"other": broken})
    (judgement,) = (one for one in comparison.judgements if one.verdict is not Verdict.NOT_JUDGED)
    assert judgement.verdict is Verdict.FAILED
    assert judgement.cell.endswith("/other")
    assert "broken" in str(judgement.reason)
    assert comparison.changes == ()
    assert comparison.exit_code() == 3


def test_what_failed_before_and_passes_now_was_added(stored: Stored, tmp_path: Path) -> None:
    rows = tuple(
        replace(row, status=Status.FAILED, reason="it broke", metrics=Metrics()) if row.case.plugin == "one" else row
        for row in stored.accepted.measurements
    )
    comparison = compare(tmp_path, replace(stored.accepted, measurements=rows), BOTH)
    (judgement,) = (one for one in comparison.judgements if one.verdict is not Verdict.NOT_JUDGED)
    assert (judgement.verdict, judgement.reason) == (Verdict.ADDED, "failed in the baseline, ok now")
    assert comparison.changes == ()


def test_another_machine_is_refused_by_the_field_that_differs(stored: Stored, tmp_path: Path) -> None:
    saved = stored.accepted
    elsewhere = replace(saved.run, environment=dict(saved.run.environment) | {"processor": "Another 9000"})
    with pytest.raises(NotComparable) as raised:
        compare(tmp_path, replace(saved, run=elsewhere), BOTH)
    assert str(raised.value).startswith("before was measured elsewhere: processor: Another 9000 there, ")
    assert raised.value.exit_code == 5
    assert "cores" not in str(raised.value)


def test_a_longer_time_is_a_warning_and_no_verdict_and_a_shorter_one_is_nothing(stored: Stored, tmp_path: Path) -> None:
    (row,) = (row for row in stored.accepted.measurements if row.case.plugin == "one")
    seconds = row.value("encode_seconds")
    assert isinstance(seconds, float)
    hour = {f"{operation}_seconds": 3600.0 for operation in ("encode", "decode")}
    saved = with_metrics(with_metrics(stored.accepted, "other", hour), "one", hour | {"encode_seconds": seconds / 10})
    comparison = compare(tmp_path, saved, BOTH)
    (warning,) = comparison.warnings
    assert warning.startswith(f"{row.case.id}: encode took ")
    assert "% longer than when it was stored" in warning
    assert {one.verdict for one in comparison.judgements} == {Verdict.NOT_JUDGED}
    assert (comparison.changes, comparison.exit_code()) == ((), 0)


def test_a_plugin_that_is_gone_is_named_and_costs_only_itself(stored: Stored, tmp_path: Path) -> None:
    comparison = compare(tmp_path, stored.accepted, {"one": STEADY})
    (judgement,) = (one for one in comparison.judgements if one.verdict is not Verdict.NOT_JUDGED)
    assert judgement.verdict is Verdict.MISSING
    assert comparison.exit_code() == 5
    assert judgement.cell.endswith("/other")
    assert "the candidate has not" in str(judgement.reason)


def test_ctrl_c_ends_it_with_what_was_compared(stored: Stored, tmp_path: Path) -> None:
    def stop(what: str, left_s: float) -> None:
        raise KeyboardInterrupt

    comparison = compare(tmp_path, stored.accepted, BOTH, stop)
    assert comparison.interrupted
    assert comparison.exit_code() == 130
    assert comparison.warnings == ("interrupted: the rest of the cases was not compared",)


def test_a_run_that_is_not_there_is_refused(stored: Stored) -> None:
    with pytest.raises(UnknownName, match="20000101-000000-0000"):
        stored.of("20000101-000000-0000")
