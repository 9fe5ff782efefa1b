"""`assay doctor`, in a real process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.long
def test_the_machine_is_examined_without_any_plugin(command: Callable[..., Any], install: Callable[..., Path]) -> None:
    site = install("boom-dist", "1", {"boom": "boom_plugin"}, {"boom_plugin": "import os\nos._exit(9)"})
    ran = command("doctor", "--json", env={"PYTHONPATH": site})
    assert (ran.rc, ran.stderr) == (0, "")
    found = {row["name"]: row["value"] for row in ran.json["findings"]}
    assert "torch" in found
    assert 0.0 < ran.json["noise"]["median"] <= ran.json["noise"]["worst"] < 1.0
