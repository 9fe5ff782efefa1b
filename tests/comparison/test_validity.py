"""What makes a check worthless, each by itself and beside what is in order."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import workshop
from assay.comparison import validity
from assay.environment import projects

PROJECT = {"pyproject.toml": "[project]\nname = 'my-plugin'"}
Installed = Callable[..., None]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a project of two folders, in which one works."""
    workshop.write(tmp_path / "tree" / "src", PROJECT)
    workshop.write(tmp_path / "tree", {"docs/index.md": "# Index"})
    monkeypatch.chdir(tmp_path / "tree")
    return tmp_path / "tree"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    """Install the project, editable from a folder or as a copy."""

    def put(edited: Path | None = None) -> None:
        info = {"METADATA": "Metadata-Version: 2.1\nName: my-plugin\nVersion: 1", "top_level.txt": "my_plugin"}
        if edited is not None:
            info["direct_url.json"] = f'{{"url": "file://{edited}", "dir_info": {{"editable": true}}}}'
        workshop.write(tmp_path / "site" / "my_plugin-1.dist-info", info)
        monkeypatch.setattr(projects, "site_folders", lambda: (str(tmp_path / "site"),))

    return put


class TestElsewhere:
    def test_a_worktree_beside_an_editable_install(self, tree: Path, installed: Installed, tmp_path: Path) -> None:
        installed(tmp_path / "other")
        told = f"my-plugin is installed editable from {tmp_path / 'other'}: that is measured, and not the code in "
        assert validity.measured_elsewhere(tree, Path("src"), ()) == f"{told}{tree / 'src'}"

    def test_a_copy(self, tree: Path, installed: Installed, tmp_path: Path) -> None:
        installed()
        found = str(validity.measured_elsewhere(tree, Path("src"), (str(tmp_path / "another.py"),)))
        assert found.startswith(f"my-plugin is installed as a copy in {tmp_path / 'site'}: ")

    def test_what_is_edited_here_or_given_from_here_is_measured(
        self, tree: Path, installed: Installed, tmp_path: Path
    ) -> None:
        installed(tmp_path / "other")
        assert validity.measured_elsewhere(tree, Path("src"), (str(tree / "mine.py"),)) is None
        workshop.write(tree, {"my_plugin/__init__.py": "# empty"})  # the working folder comes first on the path
        assert validity.measured_elsewhere(tree, Path("src"), ()) is None
        installed(tree / "src")
        assert validity.measured_elsewhere(tree, Path("src"), ()) is None

    def test_a_tree_without_a_project_or_with_one_that_is_not_installed(self, tree: Path, installed: Installed) -> None:
        assert validity.measured_elsewhere(tree, Path("docs"), ()) is None
        assert validity.measured_elsewhere(tree, Path("src"), ()) is None


class TestStale:
    @pytest.mark.parametrize(("source", "told"), [("fast.pyx", True), ("src/lib.rs", True), ("fast.py", False)])
    def test_a_source_that_is_newer(self, tmp_path: Path, source: str, told: bool) -> None:
        workshop.write(tmp_path, dict.fromkeys((source, "old.c", "my/fast.cpython-311.so", "build/later.c"), "x"))
        for name, time in ((source, 300), ("old.c", 100), ("my/fast.cpython-311.so", 200), ("build/later.c", 400)):
            os.utime(tmp_path / name, (time, time))
        found = list(validity.stale_binaries([tmp_path, tmp_path]))
        binary = tmp_path / "my/fast.cpython-311.so"
        sentence = f"the compiled extension {binary} is older than {tmp_path / source}: build it again"
        assert found == ([sentence] if told else [])

    def test_a_project_without_any(self, tmp_path: Path) -> None:
        workshop.write(tmp_path, {"a.c": "x"})
        assert list(validity.stale_binaries([tmp_path, tmp_path / "nowhere"])) == []


class TestDistributions:
    def test_those_that_differ_are_listed(self) -> None:
        before = {"numpy": "2.1", "My_Plugin": "1", "gone": "3", "same": "4"}
        after = {"numpy": "2.2", "my-plugin": "2", "new": "5", "Same": "4"}
        assert validity.other_distributions(before, after, ["my.plugin"]) == (
            "distributions differ between the sides: gone 3 -> none, new none -> 5, numpy 2.1 -> 2.2"
        )
        assert validity.other_distributions(before, before) is None

    def test_very_many_are_counted(self) -> None:
        found = validity.other_distributions({}, {f"p{number:02}": "1" for number in range(25)})
        assert str(found).endswith("p19 none -> 1 and 5 more")


def test_a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validity, "available_cores", lambda: {0, 1})
    monkeypatch.setattr(os, "getloadavg", lambda: (2.0, 9.0, 9.0))
    assert validity.busy_machine() is None
    monkeypatch.setattr(os, "getloadavg", lambda: (2.5, 0.0, 0.0))
    assert str(validity.busy_machine()).startswith(
        "the machine was busy when the check began: a load of 2.5 on 2 cores"
    )
