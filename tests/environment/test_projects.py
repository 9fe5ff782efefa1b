"""What a project says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

import workshop
from assay.environment import projects


@pytest.mark.parametrize(
    ("content", "is_project", "name"),
    [
        ("[project]\nname = 'a'", True, "a"),
        ("[build-system]\nrequires = []\n[tool.poetry]\nname = 'b'", True, "b"),
        ("[tool.ruff]\nline-length = 100", False, None),
        ("this is no TOML", False, None),
        ("project = 1", True, None),
        (None, False, None),
    ],
)
def test_a_project_and_its_name(tmp_path: Path, content: str | None, is_project: bool, name: str | None) -> None:
    if content is not None:
        (tmp_path / "pyproject.toml").write_text(content, "utf-8")
    assert projects.is_project(tmp_path) is is_project
    assert projects.name_of(tmp_path) == name
    (tmp_path / "setup.py").write_text("", "utf-8")
    assert projects.is_project(tmp_path)


def test_folders_upwards_to_the_root() -> None:
    root = Path("/root")
    assert list(projects.upwards(root, Path("a/b"))) == [root / "a/b", root / "a", root]
    assert list(projects.upwards(root, Path())) == [root]


@pytest.mark.parametrize(
    ("requires", "here"),
    [
        ([], True),
        (["pytest"], True),
        (["pytest>=1", "pluggy"], True),
        (["pytest<1"], False),
        (["no-such-thing"], False),
        (["no-such-thing; python_version < '3'"], True),
        (["./folder"], False),
    ],
)
def test_what_a_build_needs(tmp_path: Path, requires: list[str], here: bool) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[build-system]\nrequires = {requires!r}", "utf-8")
    assert projects.builds_here(tmp_path) is here


def test_constraints_that_the_other_does_not_have(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    workshop.write(old, {"constraints.txt": "# exact\na==1\n\nb==2\n-r more.txt\n"})
    workshop.write(new, {"constraints.txt": "a==1\nb==3\nc==1\n"})
    assert projects.new_pins(old, new) == ("b==2",)
    assert projects.new_pins(new, old) == ("b==3", "c==1")
    assert projects.new_pins(tmp_path, old) == ()
    assert projects.new_pins(old, tmp_path) == ("a==1", "b==2")


def test_what_is_installed_here() -> None:
    assert projects.is_installed("pytest")
    assert projects.is_installed("PyTest")
    assert not projects.is_installed("no-such-thing")


def test_editable_projects(tmp_path: Path) -> None:
    environment = workshop.environment(tmp_path / "env")
    (tmp_path / "a b").mkdir()
    info = {"edited": '{"url": "%s", "dir_info": {"editable": true}}', "copied": '{"url": "%s", "dir_info": {}}'}
    for name, origin in info.items():
        environment.unpack(workshop.wheel(tmp_path, name, "1", ""))
        there = next(environment.folder.glob(f"lib/*/site-packages/{name}-1.dist-info"))
        (there / "direct_url.json").write_text(origin % (tmp_path / "a b").as_uri(), "utf-8")
    environment.unpack(workshop.wheel(tmp_path, "plain", "1", ""))
    code = "from assay.environment.projects import editables; print(*editables(), sep='|')"
    assert environment.run("-c", code, cwd=tmp_path).strip() == str(tmp_path / "a b")
