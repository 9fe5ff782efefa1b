"""`assay doctor`, in a real process; its calibration mostly on checks that cost nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.comparison import planted_slowdown
from assay.comparison.check import Tick
from assay.records.verdicts import Judgement, Verdict


@pytest.mark.long
def test_the_machine_is_examined_without_any_plugin(command: Callable[..., Any], install: Callable[..., Path]) -> None:
    site = install("boom-dist", "1", {"boom": "boom_plugin"}, {"boom_plugin": "import os\nos._exit(9)"})
    ran = command("doctor", "--json", env={"PYTHONPATH": site})
    assert (ran.rc, ran.stderr) == (0, "")
    found = {row["name"]: row["value"] for row in ran.json["findings"]}
    assert "torch" in found
    assert 0.0 < ran.json["noise"]["median"] <= ran.json["noise"]["worst"] < 1.0


class TestCalibrate:
    @pytest.fixture
    def fake(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """Checks that find whatever is more than 2 %, and are interrupted at the seventh."""
        checked: list[int] = []

        def check(planted: planted_slowdown.PlantedSlowdown, budget_s: float, seed: int, tick: Tick) -> Judgement:
            tick("epoch 1, 1 of 1 cells open: a case", 7.0)
            if len(checked) == 6:
                raise KeyboardInterrupt
            checked.append(planted.percent)
            verdict = Verdict.REGRESSED if planted.percent > 2 else Verdict.UNCHANGED
            ratio = planted.ratio
            return Judgement(
                cell="c", verdict=verdict, ratio=ratio, low=ratio - 0.002, high=ratio + 0.002, epochs=int(budget_s)
            )

        monkeypatch.setattr(planted_slowdown, "check", check)
        monkeypatch.setattr(planted_slowdown, "read_share", lambda planted: planted.percent / 100)
        return checked

    def test_it_tells_what_it_will_do_and_what_was_found(self, cli: Callable[..., Any], fake: list[int]) -> None:
        ran = cli("doctor", "--calibrate", "--budget", "8s", "--repeats", "1")
        assert ran.rc == 0
        assert ran.stderr.startswith(
            "checks of +0 %, +1 %, +3 %, +5 % more work, of at most 8 s of timing: 1 of each\n"
        )
        assert "+5 %: regressed, +5.0 % (+4.8 to +5.2)\n" in ran.stderr
        rows = [line.split("\t") for line in ran.stdout.splitlines()]
        assert rows == [
            ["planted", "read", "called slower", "in the 95 % interval", "verdicts"],
            ["+0 %", "+0.00%", "0 of 1 (0%) (false alarms)", "1 of 1 (100%)", "1 unchanged"],
            ["+1 %", "+1.00%", "0 of 1 (0%)", "1 of 1 (100%)", "1 unchanged"],
            ["+3 %", "+3.00%", "1 of 1 (100%)", "1 of 1 (100%)", "1 regressed"],
            ["+5 %", "+5.00%", "1 of 1 (100%)", "1 of 1 (100%)", "1 regressed"],
            ["all", "", "", "4 of 4 (100%)", ""],
        ]

    def test_its_document(self, cli: Callable[..., Any], fake: list[int]) -> None:
        ran = cli("doctor", "--calibrate", "--repeats", "1", "--json")
        assert ran.rc == 0
        document = ran.json
        assert (document["schema"], document["budget_s"], document["interrupted"]) == (1, 60.0, False)
        assert [row["planted"] for row in document["slowdowns"]] == pytest.approx([0.0, 0.01, 0.03, 0.05])
        assert [row["found"] for row in document["slowdowns"]] == [0, 0, 1, 1]
        assert [len(row["judgements"]) for row in document["slowdowns"]] == [1, 1, 1, 1]
        assert (document["false_alarms"], document["covered"], document["intervals"]) == (0, 4, 4)

    def test_an_interruption_is_one_line_with_what_was_found(self, cli: Callable[..., Any], fake: list[int]) -> None:
        ran = cli("doctor", "--calibrate", "--repeats", "2")
        assert (ran.rc, ran.stdout) == (130, "")
        assert ran.stderr.splitlines()[-1].startswith("assay: interrupted; +0 %: false alarms in 0 of ")
        assert ran.stderr.endswith("; of the 95 % intervals 6 of 6 (100%) hold what was planted\n")

    @pytest.mark.parametrize("given", [["--budget", "5s"], ["--repeats", "2"]])
    def test_its_options_mean_nothing_without_it(self, cli: Callable[..., Any], given: list[str]) -> None:
        ran = cli("doctor", *given)
        assert ran.rc == 2
        assert f"{given[0]} means nothing without --calibrate" in ran.stderr

    @pytest.mark.long
    def test_a_real_one(self, cli: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(planted_slowdown, "PAIRS", 10)
        environment = {"ASSAY_CACHE": tmp_path / "cache"}
        ran = cli("doctor", "--calibrate", "--budget", "0.1s", "--repeats", "1", "--json", env=environment)
        assert ran.rc == 0, ran.stderr
        rows = ran.json["slowdowns"]
        assert [row["checks"] for row in rows] == [1, 1, 1, 1]
        assert all(-0.5 < row["read"] < 0.5 for row in rows)
        judgements = [row["judgements"][0] for row in rows]
        assert all(one["cell"].endswith("/planted/encode") and one["epochs"] > 0 for one in judgements)
