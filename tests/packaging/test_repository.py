"""The rules of the repository: pins, sizes, typed packages, commands. A rule has a test or it is no rule."""

from __future__ import annotations

import datetime
import os
import re
import shutil
import subprocess
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import assay

ROOT = Path(__file__).parents[2]
SOURCES = [ROOT / name for name in ("harness", "plugins", "corpora")]
PACKAGES = sorted(path.parent for source in SOURCES for path in source.glob("*/__init__.py"))
MODULES = sorted(path for source in SOURCES for path in source.rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
OTHER_TESTS = {"benchmarks", "browser", "docs", "faults", "first_party", "packaging", "perf", "redteam", "third_party"}
CONSTRAINTS = [
    line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if line and not line.startswith("#")
]


def normal(requirement: str) -> str:
    """The name of a requirement as pip compares it."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found.group()).lower()


def dry(target: str, *, folder: Path) -> str:
    """What make would do in a folder that has nothing yet but what is there."""
    command = ["make", "--dry-run", "--no-print-directory", target]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("target", "extra", "command"),
    [("run", "all", "assay run --suite tutorial"), ("test", "dev", "-m pytest"), ("check", "dev", "lint-imports")],
)
def test_a_target_does_its_own_set_up_and_no_more(tmp_path: Path, target: str, extra: str, command: str) -> None:
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    steps = dry(target, folder=tmp_path)
    assert "-m venv .venv" in steps
    assert [line.split("-c ")[1] for line in steps.splitlines() if "pip install" in line] == [
        f"constraints.txt -e '.[{extra}]'"
    ]
    assert command in steps.splitlines()[-1]
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/.ready-dev").touch()  # newer than what it depends on: that serves a run too
    assert "pip install" not in dry(target, folder=tmp_path)


def test_make_help_has_a_line_for_every_target() -> None:
    told = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    (phony,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert [line.split(maxsplit=2)[:2] for line in told.splitlines()] == [["make", name] for name in phony.split()]
    assert all(len(line.split()) > 2 for line in told.splitlines())


def test_make_check_runs_every_linter_and_so_does_each_commit() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    for tool in ("ruff check", "ruff format --check", "mypy", "lint-imports"):
        assert f".venv/bin/{tool}" in dry("check", folder=ROOT)
        assert f"entry: .venv/bin/{tool}" in hooks


def test_ci_runs_what_the_makefile_runs() -> None:
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", script], check=True)
    text = script.read_text("utf-8")
    assert "make check" in text
    assert "make test\n" in text
    assert "make test-full\n" in text
    assert "make redteam\n" in text
    assert "assay_bench-*.whl" in text


def test_the_readme_shows_the_two_commands() -> None:
    first_screen = (ROOT / "README.md").read_text("utf-8").splitlines()[:60]
    assert any("make run" in line for line in first_screen)
    assert any("make test" in line for line in first_screen)


def test_decisions_are_numbered_dated_and_of_an_area() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "DECISIONS.md").read_text("utf-8"), re.MULTILINE)
    entries = [re.fullmatch(r"(\d+) · (\d{4}-\d\d-\d\d) · ([\w/]+): (.+)", heading) for heading in headings]
    found = [entry.groups() for entry in entries if entry is not None]
    assert [int(number) for number, *_ in found] == list(range(1, len(headings) + 1))
    dates = [datetime.date.fromisoformat(date) for _, date, *_ in found]
    assert dates == sorted(dates)
    places = [ROOT / "harness/assay", *SOURCES, ROOT]
    known = (
        {"assay"} | {path.with_suffix("").name for place in places for path in place.iterdir()} | {"execute/sharded"}
    )
    assert {area for _, _, area, _ in found} - known - {"packaging"} == set()


def test_the_changelog_begins_with_what_is_to_come_and_has_this_version() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    version = PROJECT["project"]["version"]
    assert headings[0] == "Unreleased"
    assert re.fullmatch(rf"{re.escape(version)} - \d{{4}}-\d\d-\d\d", headings[1])


def test_nothing_tells_to_install_the_other_project_that_is_called_assay() -> None:
    theirs = re.compile(r"(?<![\w.-])assay\[|pip install (?:-\S+ )*[\"']?assay(?![\w.-])")
    pages = [*(ROOT / "docs").glob("*.md"), *ROOT.glob("[!D]*.md"), *(ROOT / "harness/assay/templates").glob("*.*")]
    assert [path.name for path in (*MODULES, *pages) if theirs.search(path.read_text("utf-8"))] == []
    assert theirs.search('pip install "assay[bpe]"')
    assert not theirs.search('pip install --upgrade "assay-bench[bpe]"')


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial.md"])
def test_the_wheel_that_is_to_be_installed_has_its_name(page: str) -> None:
    name = f"{PROJECT['project']['name'].replace('-', '_')}-{PROJECT['project']['version']}-py3-none-any.whl"
    assert set(re.findall(r"[\w.-]+\.whl", (ROOT / page).read_text("utf-8"))) == {name}


def test_every_constraint_is_one_exact_version() -> None:
    assert "torch==2.13.0" in CONSTRAINTS
    assert [line for line in CONSTRAINTS if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", line)] == []
    assert len({normal(line) for line in CONSTRAINTS}) == len(CONSTRAINTS)


def test_every_dependency_is_pinned() -> None:
    groups = [PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"].values()]
    wanted = {normal(requirement) for group in groups for requirement in group} - {normal(PROJECT["project"]["name"])}
    assert wanted - {normal(line) for line in CONSTRAINTS} == set()


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_every_package_is_typed(package: Path) -> None:
    assert (package / "py.typed").is_file()


def test_every_package_is_checked_and_layered() -> None:
    names = {package.name for package in PACKAGES}
    assert set(PROJECT["tool"]["mypy"]["packages"]) == names | {"benchmarks"}
    assert set(PROJECT["tool"]["importlinter"]["root_packages"]) == names


def test_every_module_stays_small() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > 300} == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert {module.stem for module in MODULES} & {"utils", "util", "helpers", "common", "base", "manager"} == set()


def test_nothing_lies_directly_in_a_source_root() -> None:
    assert [str(path) for source in SOURCES for path in source.iterdir() if path.is_file()] == []


@pytest.mark.parametrize(("name", "target"), PROJECT["project"]["entry-points"]["assay"].items())
def test_every_entry_point_loads(name: str, target: str) -> None:
    assert EntryPoint(name=name, value=target, group="assay").load() is not None


def test_the_command_is_there() -> None:
    (target,) = PROJECT["project"]["scripts"].values()
    assert callable(EntryPoint(name="assay", value=target, group="console_scripts").load())


def test_what_is_installed_announces_what_the_project_says() -> None:
    host = assay.discover()
    assert host.failures == ()
    origins = {
        item.origin.entry_point for item in (*host.found, *host.readers) if item.origin.distribution == "assay-bench"
    }
    assert origins == set(PROJECT["project"]["entry-points"]["assay"])


def test_the_folders_of_tests_are_those_of_the_host() -> None:
    """Others are for what is no package of it. None is a package itself, so that two files may share a name."""
    folders = {path.parent.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")} - {Path()}
    packages = {
        path.parent.relative_to(ROOT / "harness/assay") for path in (ROOT / "harness/assay").rglob("__init__.py")
    }
    assert {str(folder) for folder in folders - packages} == OTHER_TESTS
    inits = (ROOT / "tests").rglob("__init__.py")
    assert [path for path in inits if "third_party" not in path.parts] == []  # there they are of others
