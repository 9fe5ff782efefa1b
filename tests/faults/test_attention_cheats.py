"""Attentions that look fast without being so, in a real run: their rows have no speed, or say what is not so."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from commands import execute

PLUGIN = Path(__file__).with_name("cheating.py")
ALL = "honest,patching,replaying,remembering,false"


@pytest.fixture(scope="module")
def rows(once: Callable[..., Path]) -> Mapping[str, Mapping[str, Any]]:
    """All of them beside an honest one, in one run."""
    document = json.loads((once("cheats", run_all) / "told.json").read_text("utf-8"))
    return {row["attention"]: row for row in document["attentions"]}


def run_all(folder: Path) -> None:
    ran = execute(
        [
            *(sys.executable, "-m", "assay", "run", "--json", "--plugin", str(PLUGIN), "--tokenizers", "none"),
            *("--attentions", ALL, "--baseline", "honest", "--budget", "3s", "--epochs", "2"),
            *("--workload", "core/fwd/causal/b1.h2.s64.d16/f32/cpu.t1"),
        ],
        cwd=folder,
        timeout=280,
    )
    assert ran.rc == 3, ran.stderr
    (folder / "told.json").write_text(ran.stdout, "utf-8")


@pytest.mark.long
def test_an_honest_one_is_measured(rows: Mapping[str, Mapping[str, Any]]) -> None:
    assert (rows["honest"]["status"], rows["honest"]["reason"]) == ("ok", None)


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("patching", "reference: wrong output, first at "),
        ("replaying", "timed: the answer of a timed call is wrong: wrong output, first at "),
        ("remembering", "afresh: "),
    ],
)
def test_a_cheat_is_refused_by_name_and_has_no_speed(
    rows: Mapping[str, Mapping[str, Any]], name: str, reason: str
) -> None:
    row = rows[name]
    assert row["status"] == "failed", row
    assert row["reason"].startswith(reason)
    speeds = {name for name, value in rows["honest"].items() if name.endswith(("_per_s", "seconds")) and value}
    assert {"step_seconds", "tokens_per_s"} <= speeds
    assert not {name for name in speeds if row.get(name) is not None} - {"predicted_seconds", "overhead_seconds"}


@pytest.mark.long
def test_false_predictions_are_told(rows: Mapping[str, Mapping[str, Any]]) -> None:
    row = rows["false"]
    assert row["status"] == "ok"
    assert "its plugin predicted 1 byte and " in row["reason"]
    assert "its plugin says that it executes 1 FLOP and 524,288 were counted" in row["reason"]
