"""What fixes a plugin that cannot be imported: said by a command that works, also where an editable project moved."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import assay
from assay.plugins.diagnosis import diagnose

Install = Callable[..., Path]
POINT = '[project]\nname = "tea-time"\n[project.entry-points.assay]\n"tea" = "{}"\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The folder of a project that announces the module `tea_time`, which is not there."""
    folder = tmp_path / "a project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(POINT.format("tea_time"), "utf-8")
    return folder


@pytest.fixture
def remedy(install: Install, project: Path) -> Callable[..., str]:
    """Install the project as pip does, without a module, and return what is told to do about it."""

    def told(target: str = "tea_time", *, editable: bool = True, url: str | None = None, source: str = "") -> str:
        modules = {"tea_time": source} if source else {}
        site = install("tea-time", "1", {"tea": target}, modules)
        direct = {"url": url or project.as_uri(), "dir_info": {"editable": editable}}
        (site / "tea_time-1.dist-info" / "direct_url.json").write_text(json.dumps(direct), "utf-8")
        (failure,) = assay.discover().failures
        assert failure.stage == "import"
        assert failure.remedy.endswith(", or leave it out with --block tea-time:tea")
        return failure.remedy.removesuffix(", or leave it out with --block tea-time:tea")

    return told


def test_a_project_that_moved(remedy: Callable[..., str], project: Path) -> None:
    shutil.rmtree(project)
    assert remedy() == (
        f"its project is no longer in {project}, from which it was installed: pip install -e PATH, where it is now,"
        " or pip uninstall tea-time"
    )
    (found,) = diagnose(assay.discover(), "tea")
    assert sum("pip uninstall tea-time" in each for each in found.remedies) == 1


def test_an_entry_point_that_was_renamed_since(remedy: Callable[..., str], project: Path) -> None:
    (project / "pyproject.toml").write_text(POINT.format("tea_house"), "utf-8")
    assert remedy() == (
        f"the entry point tea is now tea_house in {project / 'pyproject.toml'}, and was tea_time when it was installed:"
        f" pip install -e '{project}', or pip uninstall tea-time"
    )


def test_an_entry_point_that_is_gone(remedy: Callable[..., str], project: Path) -> None:
    (project / "pyproject.toml").write_text('[project]\nname = "tea-time"\n', "utf-8")
    assert "the entry point tea is no longer there in " in remedy()


def test_an_object_that_the_module_no_longer_has(remedy: Callable[..., str]) -> None:
    said = remedy("tea_time:plugin", source="import assay\n")
    assert "the entry point tea is now tea_time in " in said


def test_a_module_that_was_deleted(remedy: Callable[..., str], project: Path) -> None:
    assert remedy() == (
        f"there is no module 'tea_time' in {project}: put it back, or name the right one in pyproject.toml and then"
        f" pip install -e '{project}', or pip uninstall tea-time"
    )


def test_what_was_installed_from_a_folder_is_installed_from_there_again(
    remedy: Callable[..., str], project: Path
) -> None:
    again = f"pip install --force-reinstall --no-deps '{project}'"
    assert remedy(editable=False) == f"its own module is not there: {again}, or pip uninstall tea-time"


def test_what_came_from_elsewhere_is_brought_by_its_name(remedy: Callable[..., str]) -> None:
    url = "https://example.org/tea-time-1-py3-none-any.whl"
    assert remedy(url=url) == "its own module is not there: pip install --force-reinstall tea-time"
