"""The environments of baselines: what pip does in them, what stays the candidate's, and when one is made anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import workshop
from assay.environment import virtualenvs
from workshop import Environment, commit, git, project

VERSION = "import thing; from importlib.metadata import version; print(thing.VERSION, version('thing'))"


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """An environment with version 2.0 of a library; wheels of 1.0 and 1.5 lie in `wheels`."""
    made = workshop.environment(tmp_path / "env")
    made.unpack(workshop.wheel(tmp_path, "thing", "2.0", "VERSION = '2.0'"))
    for version in ("1.0", "1.5"):
        workshop.wheel(tmp_path / "wheels", "thing", version, f"VERSION = {version!r}")
    return made


def thing_of(side: dict[str, object], cwd: Path) -> str:
    """The version of the library that a worker of a side would use."""
    paths = side["paths"]
    assert isinstance(paths, (list, tuple))
    python = Environment(Path(str(side["python"])).parents[1])
    return python.run("-P", "-c", VERSION, cwd=cwd, env={"PYTHONPATH": os.pathsep.join(paths)}).strip()


@pytest.mark.long
def test_the_needs_and_the_changed_constraints_of_a_revision_are_honoured(
    environment: Environment, tmp_path: Path
) -> None:
    root = tmp_path / "repository"
    first = {"constraints.txt": "thing<1.2\nno-such-thing==1\n", "pyproject.toml": project("p", "1", needs=["thing<2"])}
    commit(root, first | {"backend.py": workshop.BACKEND, "src/p.py": "VALUE = 1"})
    second = {"constraints.txt": "thing==2.0\nno-such-thing==1\n", "pyproject.toml": project("p", "1", needs=["thing"])}
    commit(root, second)
    environment.unpack(workshop.wheel(tmp_path, "p", "1", "VALUE = 2"))
    asked = {"PIP_FIND_LINKS": str(tmp_path / "wheels")}
    sides = environment.sides("HEAD~1", cwd=root, cache=tmp_path / "cache", env=asked)
    assert thing_of(sides["baseline"], root) == "1.0 1.0"
    assert thing_of(sides["candidate"], root) == "2.0 2.0"


def test_a_project_that_is_not_installed_is_not_installed_for_the_baseline(
    environment: Environment, tmp_path: Path
) -> None:
    root = tmp_path / "repository"
    commit(root, {"pyproject.toml": project("absent", "1"), "src/absent.py": "VALUE = 1"})  # it has no build backend
    side = environment.sides("HEAD", cwd=root, cache=tmp_path / "cache")
    site = Path(side["baseline"]["paths"][1])
    assert sorted(path.name for path in site.iterdir() if path.name != "__pycache__") == [
        f"{virtualenvs.HELPER}.pth",
        f"{virtualenvs.HELPER}.py",
    ]
    assert any("installed elsewhere" in line for line in side["baseline"]["warnings"])


@pytest.mark.long
def test_a_build_that_fails_says_why(environment: Environment, tmp_path: Path) -> None:
    root = tmp_path / "repository"
    backend = "def build_wheel(*given): raise RuntimeError('the compiler is on strike')"
    commit(root, {"pyproject.toml": project("p", "1"), "backend.py": backend})
    environment.unpack(workshop.wheel(tmp_path, "p", "1", "VALUE = 2"))
    name = f"HEAD ({git(root, 'rev-parse', 'HEAD')[:12]})"
    error = environment.sides("HEAD", cwd=root, cache=tmp_path / "cache")["error"]
    assert f"pip cannot install the project of {name}: RuntimeError: the compiler is on strike (" in error
    assert list((tmp_path / "cache" / "entries").iterdir()) == []


@pytest.mark.long
def test_another_version_installed_makes_another_environment(environment: Environment, tmp_path: Path) -> None:
    root, cache = tmp_path / "repository", tmp_path / "cache"
    commit(root, {"mine.py": "VALUE = 1"})

    def python(what: str) -> str:
        return str(environment.sides(what, cwd=root, cache=cache)["baseline"]["python"])

    before = python("HEAD")
    assert python("main") == before
    environment.unpack(workshop.wheel(tmp_path, "other", "1.0", ""))
    after = python("HEAD")
    assert after != before
    commit(root, {"mine.py": "VALUE = 2"})
    assert python("HEAD~1") == after
    assert python("HEAD") not in (before, after)


@pytest.mark.long
def test_a_project_that_was_installed_since_is_installed_for_the_baseline_too(
    environment: Environment, tmp_path: Path
) -> None:
    root, cache = tmp_path / "repository", tmp_path / "cache"
    commit(root, {"pyproject.toml": project("p", "1"), "backend.py": workshop.BACKEND, "src/p.py": "VALUE = 1"})
    sites = []
    for version in ("", "1", "2"):
        if version:
            environment.unpack(workshop.wheel(tmp_path, "p", version, "VALUE = 2"))
        sites.append(Path(environment.sides("HEAD", cwd=root, cache=cache)["baseline"]["paths"][1]))
    assert [site.joinpath("p.py").is_file() for site in sites] == [False, True, True]
    assert sites[1] == sites[2]  # a project with a new version for each commit has its baselines all the same


def test_how_long_an_answer_of_pip_holds(tmp_path: Path) -> None:
    for exact in ("thing==1.0", "thing[extra]==1.0", "thing===1", "thing>=1,==1.5"):
        assert virtualenvs._validity(exact) == ""
    for loose in ("thing", "thing>=1", "thing==1.*"):
        assert len(virtualenvs._validity(loose)) == len("2026-11-22")
    file = workshop.wheel(tmp_path, "thing", "1.0", "")
    was = virtualenvs._validity(str(file))
    assert virtualenvs._validity(str(file)) == was
    assert virtualenvs._validity(str(workshop.wheel(tmp_path, "thing", "1.0", "a = 1"))) != was
    for moving in (str(tmp_path), "git+https://example.org/thing", "thing @ https://example.org/thing.zip"):
        assert virtualenvs._validity(moving) != virtualenvs._validity(moving)


NO_SUCH = """
ERROR: Could not find a version that satisfies the requirement a==9 (from versions: 1)
ERROR: No matching distribution found for a==9
"""
NO_BUILD = """
  error: subprocess-exited-with-error

  \N{MULTIPLICATION SIGN} Building wheel for a (pyproject.toml) did not run successfully.
  │ exit code: 1
  ╰─> [2 lines of output]
      Traceback (most recent call last):
      ValueError: no files
      [end of output]

  note: This error originates from a subprocess, and is likely not a problem with pip.
  ERROR: Failed building wheel for a
ERROR: Could not build wheels for a, which is required to install pyproject.toml-based projects
"""
NO_OUTPUT = "error: metadata-generation-failed\n  ╰─> [0 lines of output]\n      [end of output]\nERROR: Failed\n"


@pytest.mark.parametrize(
    ("stderr", "reason"),
    [
        (NO_SUCH, "No matching distribution found for a==9"),
        (NO_BUILD, "ValueError: no files"),
        (NO_OUTPUT, "Failed"),
        ("WARNING: Retrying\nERROR: HTTP error 404\nhint: see above\n", "HTTP error 404"),
        ("Killed\n", "Killed"),
        ("", "it did not say why"),
    ],
)
def test_why_pip_failed(stderr: str, reason: str) -> None:
    assert virtualenvs._why(stderr) == reason
