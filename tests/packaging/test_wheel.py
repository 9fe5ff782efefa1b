"""The wheel and the source distribution, really built: what they contain, and that the wheel works alone."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "assay",
    "assay_regex",
    "assay_tiktoken",
    "assay_attention",
    "assay_plain",
    "assay_peers",
    "assay_files",
    "assay_corpora",
    "assay_dask",
    "assay_html",
}


@pytest.fixture(scope="module")
def contents(assay_wheel: Path) -> set[str]:
    with zipfile.ZipFile(assay_wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def tracked(process: Callable[..., Any]) -> set[str]:
    """Every file of the packages that git knows or would add, as it should stand in the wheel."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "harness", "plugins", "corpora"]
    ran = process(command, cwd=ROOT)
    if ran.rc:
        pytest.skip("this is no git checkout")
    return {line.partition("/")[2] for line in ran.stdout.splitlines() if (ROOT / line).is_file()}


def test_the_wheel_has_every_file_of_the_packages(contents: set[str], tracked: set[str]) -> None:
    assert tracked - contents == set()


@pytest.mark.parametrize(
    "path",
    [
        "assay_corpora/the_verdict/the-verdict.txt",
        "assay_corpora/the_verdict/corpus.toml",
        "assay_tiktoken/data/vocab.bpe.xz",
        *(f"{package}/py.typed" for package in sorted(PACKAGES)),
    ],
)
def test_the_wheel_has_data_and_types(contents: set[str], path: str) -> None:
    assert path in contents


def test_nothing_stray_lies_at_the_top_of_the_wheel(contents: set[str]) -> None:
    tops = {path.partition("/")[0] for path in contents}
    (info,) = (top for top in tops if top.endswith(".dist-info"))
    assert tops == PACKAGES | {info}
    assert not [path for path in contents if path.endswith((".pyc", ".sqlite")) or "/tests/" in path]
    assert not [path for path in contents if Path(path).name.startswith("test_")]


def test_the_wheel_says_licences_entry_points_and_the_command(assay_wheel: Path, contents: set[str]) -> None:
    licences = [path for path in contents if ".dist-info/licenses/" in path]
    assert {path.partition("/licenses/")[2] for path in licences} == {
        "LICENSE",
        "plugins/assay_tiktoken/data/LICENSE.txt",
        "corpora/assay_corpora/many_languages/LICENSE.txt",
    }
    with zipfile.ZipFile(assay_wheel) as archive:
        (points,) = (path for path in contents if path.endswith(".dist-info/entry_points.txt"))
        sections = archive.read(points).decode("utf-8")
    assert "[console_scripts]\nassay = assay.__main__:main" in sections
    for point in ("regex = assay_regex", "tiktoken = assay_tiktoken", "attention = assay_attention"):
        assert point in sections.partition("[assay]")[2]


def test_the_wheel_works_from_another_folder(process: Callable[..., Any], assay_wheel: Path, tmp_path: Path) -> None:
    site, elsewhere = tmp_path / "unpacked", tmp_path / "elsewhere"
    with zipfile.ZipFile(assay_wheel) as archive:
        archive.extractall(site)
    elsewhere.mkdir()

    def python(*arguments: str) -> Any:
        return process([sys.executable, *arguments], cwd=elsewhere, env={"PYTHONPATH": site})

    places = python("-c", "import assay, assay_corpora as c; print(assay.__file__, c.__file__, sep='\\n')").stdout
    assert [Path(place).is_relative_to(site) for place in places.splitlines()] == [True, True]
    assert python("-m", "assay", "list", "--json").json["failures"] == []
    cut = python("-m", "assay", "tokens", "I", "--tokenizers", "gpt2", "--json")
    assert cut.json["tokenizers"][0]["ids"] == [40]


def test_the_source_distribution_holds_what_a_packager_needs(process: Callable[..., Any], tmp_path: Path) -> None:
    ran = process([sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)], cwd=ROOT)
    assert ran.rc == 0, ran.stderr
    (built,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "pyproject.toml",
        "LICENSE",
        "README.md",
        "constraints.txt",
        "Makefile",
        "harness/assay/__init__.py",
        "plugins/assay_tiktoken/data/vocab.bpe.xz",
        "corpora/assay_corpora/the_verdict/the-verdict.txt",
        "tests/conftest.py",
    } <= names
    assert not [name for name in names if name.endswith(".sqlite") or ".venv" in name or "__pycache__" in name]
