"""What `assay new-plugin` writes: whole, short, clean and current; and what it refuses."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

import assay
from assay.plugins.scaffold import Scaffold, scaffold
from assay.plugins.types import NAMES_OF_KINDS, Provided

Install = Callable[..., Path]
VERSION = metadata.version("assay-bench")
KINDS = {noun: kind for kind, noun in NAMES_OF_KINDS.items()}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


@pytest.fixture(scope="module")
def host() -> assay.Host:
    return assay.discover()


def texts(written: Scaffold) -> dict[str, str]:
    """What stands in each file, by its path."""
    return {file: Path(file).read_text("utf-8") for file in written.files}


@pytest.mark.parametrize(("noun", "kind"), KINDS.items())
def test_a_single_file_is_a_plugin_of_at_most_30_lines(host: assay.Host, noun: str, kind: type[Provided]) -> None:
    written = scaffold(host, "my-own", noun, single_file=True)
    (text,) = texts(written).values()
    assert len(text.splitlines()) <= 30
    found = assay.discover(["my_own.py"], load="none")
    assert found.failures == ()
    assert [loading.written_for for loading in found.loadings] == [assay.HOOKS_VERSION]
    plugin = found.one(kind, written.name)
    assert plugin.license == "MIT"
    assert written.commands[0] == f"assay conform {written.name} --plugin my_own.py"


@pytest.mark.parametrize("noun", KINDS)
def test_a_project_is_whole(host: assay.Host, noun: str) -> None:
    written = scaffold(host, "my-own", noun)
    files = texts(written)
    data = {"tokenizer": ["my_own/vocabulary.txt"], "corpus": ["my_own/texts.txt"]}.get(noun, [])
    assert [Path(file).relative_to("my-own").as_posix() for file in files] == [
        "my_own/__init__.py",
        *data,
        "pyproject.toml",
        "tests/test_my_own.py",
        "README.md",
        ".github/workflows/conforms.yml",
        ".gitignore",
        *([] if noun in ("report", "executor") else [".github/workflows/check.yml"]),
    ]
    module, *others = files.values()
    declared, test = others[len(data) : len(data) + 2]
    if not data:
        scaffold(host, "my-own", noun, single_file=True)
        assert module == Path("my_own.py").read_text("utf-8")
    project = tomllib.loads(declared)["project"]
    assert project["entry-points"]["assay"] == {"my-own": "my_own"}
    assert project["license"] == "MIT"
    extra = "[attention]" if noun == "attention" else ""
    assert [each.partition(">=")[0] for each in project["dependencies"]] == [f"assay-bench{extra}"]
    assert f'conformance("{written.name}", kind="{noun}")' in test
    assert all(command in "\n".join(others) for command in written.commands[1:])
    assert not [file for file, text in files.items() if "$" in text.replace("${{ matrix.python }}", "")]


def test_links_are_absolute_and_lead_where_it_is_told(host: assay.Host) -> None:
    for place, url in (("a", None), ("b", "https://github.com/me/mine/")):
        files = texts(scaffold(host, "my-own", "tokenizer", output=Path(place), repository=url))
        home = "https://github.com/OWNER/my-own" if url is None else "https://github.com/me/mine"
        links = re.findall(r"\]\(([^)]+)\)", files[f"{place}/README.md"])
        assert [link.partition("/actions/")[0] for link in links] == [home, home]
        assert tomllib.loads(files[f"{place}/pyproject.toml"])["project"]["urls"] == {"Repository": home}


@pytest.mark.parametrize("noun", ["tokenizer", "attention", "corpus", "metric"])
def test_ci_compares_with_main_what_the_last_command_measures(host: assay.Host, noun: str) -> None:
    written = scaffold(host, "my-own", noun)
    workflow = texts(written)["my-own/.github/workflows/check.yml"]
    assert "fetch-depth: 0" in workflow
    assert "install -e" in workflow
    selection = written.commands[-1].removeprefix("assay run ").removesuffix(" --budget 0.2s")
    assert f"- run: assay check --baseline origin/main {selection} --budget 60s\n" in workflow


def test_the_name_of_a_metric_is_that_of_a_column(host: assay.Host) -> None:
    assert scaffold(host, "Mean-Length", "metric").name == "mean_length"
    assert scaffold(host, "Mean-Length", "report", output=Path("other")).name == "Mean-Length"


def test_what_is_written_is_clean_in_a_project_without_settings(host: assay.Host) -> None:
    for noun in KINDS:
        scaffold(host, f"my-own-{noun}", noun)
    for command in (("check",), ("format", "--check")):
        ran = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", "."], capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("my tokenizer", "'my tokenizer' cannot be the name of a plugin and its module (write letters, digits"),
        ("my.tokenizer", "cannot be the name"),
        ("9lives", "cannot be the name"),
        ("größe", "cannot be the name"),
        ("-x", "cannot be the name"),
        ("a--b", "cannot be the name"),
        ("../up", "cannot be the name"),
        ("", "cannot be the name"),
        ("Class", "no module can be named 'class', a word of Python"),
        ("gpt2", f"that name is taken: there is 'gpt2' from assay-bench {VERSION} (tiktoken) already"),
        ("json", f"there is 'json' from assay-bench {VERSION} (builtin) already"),
        ("hypothesis", "there is the distribution hypothesis "),
        ("colorsys", "there is the module 'colorsys' already"),
        ("a" * 300, "cannot be written: File name too long"),
    ],
)
def test_a_name_that_cannot_be_is_refused_and_nothing_is_written(host: assay.Host, name: str, said: str) -> None:
    for single_file in (False, True):
        with pytest.raises(assay.AssayError) as caught:
            scaffold(host, name, "corpus", single_file=single_file)
        assert said in str(caught.value)
        assert caught.value.exit_code == 2
    assert list(Path().iterdir()) == []


def test_a_name_of_a_plugin_that_failed_is_taken_too(install: Install) -> None:
    source = """
import assay

@assay.hookimpl
def assay_metrics():
    yield assay.MetricPlugin(name="mine", summary="", unit=3)
"""
    install("stranger", "1", {"strange": "strange_plugin"}, {"strange_plugin": source})
    with pytest.raises(assay.AssayError, match=r"there is 'mine' from stranger 1 \(strange\) already"):
        scaffold(assay.discover(), "mine", "tokenizer")


@pytest.mark.parametrize("single_file", [False, True])
def test_what_exists_is_left_alone(host: assay.Host, *, single_file: bool) -> None:
    place = Path("mine.py" if single_file else "mine")
    place.write_text("precious", "utf-8")
    with pytest.raises(assay.AssayError, match=f"{place} exists already"):
        scaffold(host, "mine", "report", single_file=single_file)
    assert place.read_text("utf-8") == "precious"
    with pytest.raises(assay.AssayError, match=r"mine\.py exists already|mine.below\.py cannot be written: Not a dir"):
        scaffold(host, "mine", "report", output=place / "below.py", single_file=single_file)


def test_a_folder_that_exists_is_left_alone(host: assay.Host) -> None:
    Path("mine").mkdir()
    with pytest.raises(assay.AssayError, match="mine exists already"):
        scaffold(host, "mine", "report")
    assert list(Path("mine").iterdir()) == []


def test_a_plugin_file_ends_in_py(host: assay.Host) -> None:
    with pytest.raises(assay.AssayError, match=r"mine.txt is no name of a Python file"):
        scaffold(host, "mine", "report", output=Path("mine.txt"), single_file=True)
