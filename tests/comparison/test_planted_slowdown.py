"""Planted slowdowns: how much more work a copy does, and what is checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assay.comparison import planted_slowdown
from assay.comparison.planted_slowdown import ENCODINGS, NAME, check, encodings, plant, read_share
from assay.errors import AssayError
from assay.measure import timer as clock
from assay.plugins.discovery import discover
from assay.plugins.types import TokenizerPlugin
from assay.records.results import Sample
from assay.records.verdicts import Judgement, Verdict


class Counting:
    """A tokenizer that counts its encodings."""

    def __init__(self) -> None:
        self.calls = 0

    def encode(self, text: str) -> list[int]:
        self.calls += 1
        return [0]


@pytest.mark.long
@pytest.mark.parametrize("percent", [0, 1, 3, 5, 10])
def test_the_candidate_encodes_a_whole_number_of_times_more(percent: int, tmp_path: Path) -> None:
    planted = plant(percent, tmp_path)
    counted = []
    for file in (planted.baseline, planted.candidate):
        tokenizer: Any = discover((str(file),), load="none").one(TokenizerPlugin, NAME).build("one two")
        expected = tokenizer.encode("two one")
        tokenizer.inner = Counting()
        tokenizer.encode("two one")
        counted.append(tokenizer.inner.calls)
        assert len(expected) == 2
    assert counted == [ENCODINGS, encodings(percent)]
    assert counted[1] / counted[0] == planted.ratio == pytest.approx(1 + percent / 100)


def test_the_share_is_read_by_cpu_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a clock that moves with every encoding of the one tokenizer that both sides then have."""
    counting = Counting()

    def read(call: Any, iterations: int) -> tuple[Sample, list[object]]:
        before = counting.calls
        call.func.__self__.inner = counting
        call()
        spent = (counting.calls - before) * 1000
        return Sample(iterations=1, wall_ns=9 * spent, cpu_ns=spent), []

    monkeypatch.setattr(clock, "read", read)
    assert read_share(plant(3, tmp_path / "3")) == pytest.approx(0.03)
    assert read_share(plant(0, tmp_path / "0")) == 0.0


class Checked:
    """A version check that ends at once."""

    interrupted = False
    judgements: tuple[Judgement, ...] = ()

    def __init__(self, host: Any, selection: Any, settings: Any, sides: Any, judging: Any, tick: Any) -> None:
        type(self).given = (host, selection, settings, sides, judging)

    def run(self) -> Checked:
        return self


class TestCheck:
    @pytest.fixture(autouse=True)
    def _no_process(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(planted_slowdown, "VersionCheck", Checked)

    def test_both_files_are_sides_of_one_check_and_nothing_else_is_loaded(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        judgement = Judgement(cell="c", verdict=Verdict.REGRESSED, epochs=8)
        monkeypatch.setattr(Checked, "judgements", (judgement,))
        planted = plant(3, tmp_path)
        assert check(planted, 2.0, 77) is judgement
        host, selection, settings, (baseline, candidate), judging = Checked.given  # type: ignore[attr-defined]
        assert [plugin.name for plugin in host.every(TokenizerPlugin)] == [NAME]
        assert (selection.tokenizers, selection.attentions, selection.corpora) == (NAME, "none", str(planted.text))
        assert (settings.budget_s, settings.seed, settings.load) == (2.0, 77, "none")
        assert (baseline.plugins, candidate.plugins) == ((str(planted.baseline),), (str(planted.candidate),))
        assert (judging.operations, judging.clock) == (("encode",), "cpu")

    def test_what_could_not_be_timed_is_an_error(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        failed = Judgement(cell="c", verdict=Verdict.FAILED, reason="no memory", remedy="free some")
        monkeypatch.setattr(Checked, "judgements", (failed,))
        with pytest.raises(AssayError, match="could not be checked: no memory"):
            check(plant(0, tmp_path), 2.0, 77)

    def test_an_interrupted_one_is_no_result(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Checked, "interrupted", True)
        with pytest.raises(KeyboardInterrupt):
            check(plant(0, tmp_path), 2.0, 77)
