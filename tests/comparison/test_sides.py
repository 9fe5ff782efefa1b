"""The sides of a check: real repositories, real environments, and what a worker of each side sees."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

import assay
import workshop
from assay.comparison.sides import SideEnvironment, _split, baseline, candidate
from assay.errors import AssayError, StoreError
from assay.records.results import LocatedRun, Run
from assay.store.baselines import accept
from assay.store.store import Store
from workshop import Environment, commit, git, look, plugin, project

NO_BYTECODE = ":(exclude,glob)**/__pycache__/**"  # which any run of Python leaves beside the sources


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment in which nothing but the tests' own is installed."""
    return workshop.environment(tmp_path_factory.mktemp("here") / "env")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> tuple[Environment, Path, Path]:
    """A project of plugins in two revisions, installed editable; its environment, its repository, and a cache."""
    place = tmp_path_factory.mktemp("scene")
    root = place / "repository"
    base = {"backend.py": workshop.BACKEND, "work/notes.txt": "old", ".gitattributes": "work export-ignore"}
    first = {
        "pyproject.toml": project("litter", "1", points={"kept": "litter_kept", "gone": "litter_gone"}),
        "src/litter_kept.py": plugin("kept", "as it was"),
        "src/litter_gone.py": plugin("gone", "as it was"),
        "extra/by_file.py": plugin("by-file", "as it was"),
        "path/helped.py": "VALUE = 'as it was'",
    }
    second = {
        "pyproject.toml": project("litter", "1", points={"kept": "litter_kept", "come": "litter_come"}),
        "src/litter_kept.py": plugin("kept", "as it is"),
        "src/litter_gone.py": "",
        "src/litter_come.py": plugin("come", "as it is"),
        "extra/by_file.py": plugin("by-file", "as it is"),
        "extra/new.py": plugin("new", "as it is"),
    }
    commit(root, base | first)
    commit(root, second)
    environment = workshop.environment(place / "env")
    environment.install("--editable", str(root))
    return environment, root, place / "cache"


@pytest.mark.long
def test_a_revision_has_its_own_plugins_and_our_harness(scene: tuple[Environment, Path, Path]) -> None:
    environment, root, cache = scene
    sides = environment.sides("HEAD~1", "../extra/by_file.py", cwd=root / "work", cache=cache)
    theirs, ours = look(sides["baseline"]), look(sides["candidate"])
    named = {"kept", "gone", "come", "by-file"}
    assert {k: v for k, v in theirs["tokenizers"].items() if k in named} == dict.fromkeys(
        ("kept", "gone", "by-file"), "as it was"
    )
    assert {k: v for k, v in ours["tokenizers"].items() if k in named} == dict.fromkeys(
        ("kept", "come", "by-file"), "as it is"
    )
    assert theirs["assay"] == ours["assay"]
    assert Path(theirs["assay"]).resolve() == Path(assay.__file__).resolve()
    assert theirs["failures"] == ours["failures"] == []
    previous, current = (git(root, "rev-parse", "--short=12", name).strip() for name in ("HEAD~1", "HEAD"))
    assert (sides["baseline"]["name"], sides["candidate"]["name"]) == (
        f"HEAD~1 ({previous})",
        f"working tree ({current})",
    )
    assert Path(sides["baseline"]["folder"], "notes.txt").read_text("utf-8") == "old"
    assert len(sides["told"]) == 2


@pytest.mark.long
def test_a_revision_under_a_former_name_has_its_own_plugins_once(tmp_path: Path) -> None:
    """The candidate's distribution is inherited beside it, and must not announce the same plugins, or its new ones."""
    root = tmp_path / "repository"
    former = {
        "backend.py": workshop.BACKEND,
        "pyproject.toml": project("litter", "1", points={"kept": "litter_kept"}),
        "src/litter_kept.py": plugin("kept", "as it was"),
    }
    latter = {
        "pyproject.toml": project("clutter", "2", points={"kept": "litter_kept", "come": "litter_come"}),
        "src/litter_kept.py": plugin("kept", "as it is"),
        "src/litter_come.py": plugin("come", "as it is"),
    }
    commit(root, former)
    commit(root, latter)
    environment = workshop.environment(tmp_path / "env")
    environment.install("--editable", str(root))
    sides = environment.sides("HEAD~1", cwd=root, cache=tmp_path / "cache")
    theirs, ours = look(sides["baseline"]), look(sides["candidate"])
    assert theirs["failures"] == ours["failures"] == []
    assert (theirs["tokenizers"]["kept"], ours["tokenizers"]["kept"]) == ("as it was", "as it is")
    assert "come" not in theirs["tokenizers"]
    ask = "from importlib.metadata import version; print(version('litter'), version('clutter'))"
    env = {"PYTHONPATH": os.pathsep.join(sides["baseline"]["paths"])}
    it = Environment(Path(sides["baseline"]["python"]).parents[1])
    assert it.run("-P", "-c", ask, cwd=tmp_path, env=env).strip() == "1 2"


@pytest.mark.long
def test_a_second_time_the_cache_answers_and_nothing_lands_in_the_repository(
    scene: tuple[Environment, Path, Path],
) -> None:
    environment, root, cache = scene
    first = environment.sides("HEAD~1", cwd=root / "work", cache=cache)
    again = environment.sides("main~1", cwd=root / "work", cache=cache)
    assert again["told"] == []
    assert again["baseline"]["python"] == first["baseline"]["python"]
    assert git(root, "status", "--porcelain", "-uall", ".", NO_BYTECODE) == ""
    assert git(root, "worktree", "list").count("\n") == 1
    assert git(root, "for-each-ref").split()[2::3] == ["refs/heads/main"]


@pytest.mark.long
def test_a_path_inside_the_repository_is_that_of_the_revision(scene: tuple[Environment, Path, Path]) -> None:
    environment, root, cache = scene
    outside = str(cache.parent)
    env = {"PYTHONPATH": f"{root / 'path'}:{outside}"}
    side = environment.sides("HEAD~1", cwd=root / "work", cache=cache, env=env)["baseline"]
    checkout = Path(side["folder"]).parent
    link, site, *others = side["paths"]
    assert [entry.name for entry in Path(link).iterdir()] == ["assay"]
    assert Path(site).is_relative_to(checkout.parent)
    assert others == [side["folder"], str(checkout / "path"), outside]


@pytest.mark.long
def test_a_plugin_file_that_a_revision_lacks_is_named(scene: tuple[Environment, Path, Path]) -> None:
    environment, root, cache = scene
    error = environment.sides("HEAD~1", str(root / "extra" / "new.py"), cwd=root / "work", cache=cache)["error"]
    assert "new.py does not exist at HEAD~1" in error


@pytest.mark.long
def test_a_requirement_of_another_version_beside_all_that_is_here(tmp_path: Path) -> None:
    environment = workshop.environment(tmp_path / "env")
    wheels = tmp_path / "wheels"
    workshop.wheel(wheels, "thing", "1.0", "VERSION = '1.0'")
    environment.unpack(workshop.wheel(wheels, "thing", "2.0", "VERSION = '2.0'"))
    asked = {"PIP_FIND_LINKS": str(wheels)}
    sides = environment.sides("pip:thing==1.0", cwd=tmp_path, cache=tmp_path / "cache", env=asked)
    ask = "import thing; from importlib.metadata import version; print(thing.VERSION, version('thing'))"
    for side, expected in ((sides["baseline"], "1.0 1.0"), (sides["candidate"], "2.0 2.0")):
        path = {"PYTHONPATH": ":".join(side["paths"])}
        it = Environment(Path(side["python"]).parents[1])
        assert it.run("-P", "-c", ask, cwd=tmp_path, env=path).strip() == expected
    assert sides["baseline"]["name"] == "pip:thing==1.0"
    same = environment.sides("pip:thing==2.0", cwd=tmp_path, cache=tmp_path / "cache", env=asked)
    assert same["baseline"]["name"] == "pip:thing==2.0 (as installed)"


@pytest.mark.long
def test_what_pip_says_is_in_the_error(here: Environment, tmp_path: Path) -> None:
    error = here.sides("pip:no-such-thing==1", cwd=tmp_path, cache=tmp_path / "cache")["error"]
    assert "pip cannot install no-such-thing==1: No matching distribution found for no-such-thing==1" in error
    assert list((tmp_path / "cache" / "entries").iterdir()) == []


@pytest.mark.parametrize("text", ["", " , ", "-r list.txt", "thing --pre"])
def test_only_requirements_go_to_pip(text: str, tmp_path: Path) -> None:
    with pytest.raises(AssayError, match="write requirements only"):
        baseline(f"pip:{text}", (), tmp_path, tmp_path / "cache")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("tiktoken==0.11.0", ["tiktoken==0.11.0"]),
        ("a==1,b==2", ["a==1", "b==2"]),
        ("a==1 b==2,  c", ["a==1", "b==2", "c"]),
        ("a>=1,<2 b", ["a>=1,<2", "b"]),
        ("a >= 1, < 2", ["a>=1,<2"]),
        ("a[x,y]==3,b", ["a[x,y]==3", "b"]),
        ("dist/a-1.0-py3-none-any.whl", ["dist/a-1.0-py3-none-any.whl"]),
    ],
)
def test_requirements_are_taken_apart(text: str, parts: list[str]) -> None:
    assert _split(text) == parts


@pytest.mark.long
def test_an_environment_by_its_folder_and_by_its_interpreter(here: Environment, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    for what in (str(here.folder), f"env:{here.folder}", f"env:{here.python}", here.python):
        side = baseline(what, (), tmp_path, cache)
        assert isinstance(side, SideEnvironment)
        assert side.python == here.python
        assert side.name == f"env:{what.removeprefix('env:')}"
    seen = look({"python": side.python, "paths": side.paths, "folder": side.folder, "plugins": ()})
    assert seen["failures"] == []


def test_code_of_the_current_folder_does_not_hide_that_of_an_environment(
    here: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "click.py").write_text("raise SystemExit", "utf-8")
    monkeypatch.chdir(tmp_path)
    side = baseline(str(here.folder), (), tmp_path, tmp_path / "cache")
    assert isinstance(side, SideEnvironment)
    assert (side.folder, side.paths[-1]) == (str(tmp_path), str(tmp_path))
    env = {"PYTHONPATH": os.pathsep.join(side.paths)}
    assert here.run("-P", "-c", "import click; print(click.Command.__name__)", cwd=tmp_path, env=env) == "Command\n"


def test_an_environment_without_what_a_worker_needs(tmp_path: Path) -> None:
    import venv

    venv.EnvBuilder(with_pip=False, symlinks=True).create(tmp_path / "bare")
    with pytest.raises(AssayError, match="it has no packaging, pluggy, regex") as raised:
        baseline(str(tmp_path / "bare"), (), tmp_path, tmp_path / "cache")
    assert str(raised.value.remedy).endswith("-m pip install packaging pluggy regex")


def test_what_is_no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "empty").mkdir()
    (tmp_path / "liar").write_text("#!/bin/sh\necho hello\n", "utf-8")
    (tmp_path / "liar").chmod(0o755)
    for what, problem in (
        ("empty", "there is no python in empty"),
        ("env:nowhere", "there is no nowhere"),
        ("env:liar", "does not work as a Python interpreter"),
        ("nowhere", "there is no 'nowhere' here, and this folder is in no git repository"),
        ("nowhere.json", "there is no file nowhere.json"),
    ):
        with pytest.raises(AssayError, match=problem) as raised:
            baseline(what, (), tmp_path, tmp_path / "cache")
        assert raised.value.remedy
        assert raised.value.exit_code == 2


def test_an_unknown_revision_and_what_may_have_been_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "repository"
    commit(root, {"a": "1"}, tag="v1.0")
    monkeypatch.chdir(root)
    with pytest.raises(AssayError, match=r"there is no revision 'mian'.*did you mean main\?"):
        baseline("mian", (), tmp_path, tmp_path / "cache")
    with pytest.raises(AssayError, match="takes a git revision"):
        baseline("--all", (), tmp_path, tmp_path / "cache")
    (root / "folder").mkdir()  # that a path exists says nothing against a revision of this name
    git(root, "branch", "folder")
    side = baseline("folder", (), tmp_path, tmp_path / "cache")
    assert side.name.startswith("folder (")


def test_a_saved_run_by_its_id_and_a_file(tmp_path: Path) -> None:
    run = Run(id="20261122-161530-3fa9", started="2026-11-22T16:15:30.000", suite="quick", command="", environment={})
    with Store(tmp_path) as store:
        store.begin(run, [])
    for what in (run.id, f"run:{run.id}", "run:20261122", "run:"):
        found = baseline(what, (), tmp_path, tmp_path / "cache")
        assert isinstance(found, LocatedRun)
        assert (found.name, found.outcome.run.id) == ("run 20261122-161530-3fa9", run.id)
    with pytest.raises(AssayError, match="fits no run"):
        baseline("run:2025", (), tmp_path, tmp_path / "cache")
    with pytest.raises(StoreError, match="there are no results"):
        baseline(run.id, (), tmp_path / "nothing", tmp_path / "cache")
    file = accept(tmp_path, "accepted", run, ())
    found = baseline(str(file), (), tmp_path, tmp_path / "cache")
    assert isinstance(found, LocatedRun)
    assert (found.name, found.outcome.run) == (str(file), run)


def test_the_candidate_is_this_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    side = candidate(["mine.py"], tmp_path / "cache")
    assert (side.name, side.python, side.folder) == ("installed", sys.executable, str(tmp_path))
    assert side.paths[1] == str(tmp_path)
    assert [path for path in sys.path if path and path not in side.paths] == []
    assert side.plugins == (str(tmp_path / "mine.py"),)


def test_a_candidate_with_a_plugin_file_in_the_repository_is_its_working_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = commit(tmp_path / "repository", {"mine.py": "a = 1"})[:12]
    monkeypatch.chdir(tmp_path / "repository")
    assert candidate(["mine.py"], tmp_path / "cache").name == f"working tree ({known})"
    Path("mine.py").write_text("a = 2", "utf-8")
    assert candidate(["mine.py"], tmp_path / "cache").name == f"working tree ({known}+)"
    assert candidate([], tmp_path / "cache").name == "installed"


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(AssayError, match="cannot be written"):
        candidate([], tmp_path / "file" / "cache")
