"""docs/architecture.md is about the code as it is: its layers, its packages, its tables, and files that exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from assay.store import schema

ROOT = Path(__file__).parents[2]
HOST = ROOT / "harness" / "assay"
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
# A path has a slash, or the suffix of a file. Places on a user's machine begin with a word in capitals.
PATH = re.compile(r"`((?:[a-z_][\w.-]*/)+[\w.-]*|[a-z_][\w-]*\.(?:py|md|toml))`")
PATHS = sorted(set(PATH.findall(PAGE)))
LAYERS = 10


def section(title: str) -> str:
    """What stands below a heading, up to the next of its rank."""
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(title: str, head: str) -> list[list[str]]:
    """The cells of the table of a section that begins with this cell, without their backticks."""
    table = section(title).partition(f"| {head} |")[2].partition("\n\n")[0]
    lines = [line for line in table.splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def picture() -> list[tuple[int, str]]:
    """The rows of the picture: the number of a layer, and its modules."""
    (drawn,) = re.findall(r"```text\n(.*?)```", section("The ten layers"), re.DOTALL)
    found: list[tuple[int, str]] = []
    for line in drawn.splitlines():
        number, modules, _ = line[:4].strip(), *re.split(r"\s{2,}", line[4:], maxsplit=1)
        found.append((int(number) if number else found[-1][0], modules))
    return found


def exists(path: str) -> bool:
    return (ROOT / path).exists() or (HOST / path).exists()


@pytest.mark.parametrize("path", PATHS)
def test_every_path_on_the_page_exists(path: str) -> None:
    assert exists(path)


def test_paths_are_found_and_one_that_is_gone_is_noticed() -> None:
    assert {"pyproject.toml", "execute/job.py", "execute/worker/", "tests/docs/test_examples.py"} <= set(PATHS)
    (gone,) = PATH.findall("`execute/running.py`, `RESULTS/assay.sqlite`, `make check`, `assay.run`")
    assert not exists(gone)


def test_the_layers_are_those_of_the_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (contract,) = (each for each in contracts if each["type"] == "layers" and each["containers"] == ["assay"])
    assert [modules for _, modules in picture()] == contract["layers"]
    assert list(dict.fromkeys(number for number, _ in picture())) == list(range(LAYERS, 0, -1))


def test_every_package_and_every_module_beside_them_has_its_line() -> None:
    packages = {f"{path.parent.relative_to(HOST)}/" for path in HOST.rglob("__init__.py")} - {"./"}
    described = rows("The packages", "package")
    assert sorted(name for name, _ in described) == sorted(packages)
    modules = rows("The packages", "module")
    assert sorted(name for name, _ in modules) == sorted(path.name for path in HOST.glob("*.py"))
    assert all(what for _, what in described + modules)


def test_both_lives_have_ten_steps_and_each_names_a_file() -> None:
    for title in ("The life of a run", "The life of a check"):
        steps = re.split(r"^\d+\. ", section(title), flags=re.MULTILINE)[1:]
        assert len(steps) == 10
        assert all(PATH.search(step) for step in steps)


def test_the_tables_of_the_store_are_those_of_the_schema() -> None:
    assert sorted(name for name, _ in rows("What is stored", "table")) == sorted(schema.SCHEMA.tables)
    assert f"format {schema.FORMAT} " in section("What is stored")


def test_each_way_to_add_something_says_which_tests_notice() -> None:
    ways = re.split(r"^### ", section("How to add"), flags=re.MULTILINE)[1:]
    assert len(ways) == 7
    assert [way for way in ways if not re.search(r"`tests/", way.partition("\n\n")[2].rpartition("\n- ")[2])] == []
