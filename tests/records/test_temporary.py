"""Temporary folders of dead processes go, and no others."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from assay.records.process_identity import ProcessIdentity
from assay.records.temporary import temporary_folder

OURS = ProcessIdentity.current()
MAKE = """
import os, sys
from assay.records.temporary import temporary_folder
made = temporary_folder(sys.argv[1])
print(made.name, flush=True)
os._exit(9)
"""


def test_what_a_dead_process_left_goes_with_the_next_folder(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", MAKE, str(tmp_path)], capture_output=True, text=True, check=False)
    left = Path(ended.stdout.strip())
    assert left.is_dir()
    (left / "inside").mkdir()
    with temporary_folder(tmp_path) as made:
        assert [str(path) for path in tmp_path.iterdir()] == [made]
    assert not [*tmp_path.iterdir()]


def test_folders_of_the_living_of_other_machines_and_of_others_stay(tmp_path: Path) -> None:
    dead = replace(OURS, started=OURS.started - 1)
    kept = (
        f"assay-{OURS.mark}-abc",
        f"assay-{replace(dead, machine='another').mark}-abc",
        "assay-abc",
        "assay-0123abcd",
        f"x-assay-{dead.mark}-abc",
    )
    for name in kept:
        (tmp_path / name).mkdir()
    (tmp_path / f"assay-{dead.mark}-file").touch()
    target = tmp_path / kept[0] / "target"
    target.mkdir()
    (tmp_path / f"assay-{dead.mark}-link").symlink_to(target)
    with temporary_folder(tmp_path):
        pass
    assert target.is_dir()
    assert {*kept} <= {*os.listdir(tmp_path)}  # noqa: PTH208 -- names are what counts
