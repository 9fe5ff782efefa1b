"""The command that a run from Python records: the command line measures the same, or it says that none does."""

from __future__ import annotations

import shlex
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.cli import crash
from assay.cli.app import run
from assay.cli.plugin_options import PluginOptions
from assay.errors import AssayError
from assay.execute import job
from assay.execute.run_command import DERIVED, NO_OPTION, run_command
from assay.execute.selection import Selection
from assay.plugins.host import Found, Host, Origin
from assay.records.results import Case, TokenizerCase
from assay.records.settings import Settings
from assay.store.location import Location, locate
from assay.store.store import Store

EMPTY = Host([], [])
# A value of each field that is another than usual.
SELECTED: dict[str, Any] = {
    "suite": "quick",
    "workloads": ("core/fwd/causal/b1.h8.s1024.d64/f32/cpu.t1", "core/fwd/causal/b1.h8.s512.d64/f32/cpu.t1"),
    "tokenizers": "gpt2,reg*",
    "attentions": "none",
    "corpora": r"the verdict's.txt,udhr,a\, b.txt",
    "include": ("*.py", "src/a,b c.md"),
    "held_out": 0.0,
    "sample": 0.012345678901234567,
    "dtype": "bf16",
    "device": "cuda:1",
    "metrics": "none",
}
SET: dict[str, Any] = {
    "plugins": ("a b.py", "c.py"),
    "block": ("regex",),
    "load": "assay-bench:*",
    "baselines": ("gpt2", "sdpa"),
    "budget_s": 1 / 3,
    "epochs": 3,
    "precision": 1e-05,
    "timeout_s": 7.0,
    "memory_bytes": (1 << 40) + 1,
    "threads": 2,
    "executor": "processes",
    "workers": 3,
    "scheduler": "tcp://10.0.0.5:8786",
    "field": "body text",
    "fresh": True,
    "same_ids_as": ("a b=gpt2", "./mine.json=reg"),
    "run_seed": 7,
}


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What `assay run` makes of a command line: the selection, the settings and where results go."""
    asked: list[Any] = []

    def begin(host: object, *given: object) -> None:
        asked.append(given[:3])
        raise AssayError("not begun")

    def parse(line: str) -> tuple[Selection, Settings, Location]:
        name, *arguments = shlex.split(line)
        assert name == "assay"
        run(arguments)
        return asked.pop()  # type: ignore[no-any-return]

    monkeypatch.setattr(PluginOptions, "find", lambda self, **how: EMPTY)

    def pass_on(error: BaseException) -> int:
        raise error

    monkeypatch.setattr(job, "begin", begin)
    monkeypatch.setattr(crash, "report", pass_on)
    return parse


def test_every_option_of_a_run_is_tried_here() -> None:
    assert [field.name for field in fields(Selection)] == list(SELECTED)
    assert {field.name for field in fields(Settings)} - {*NO_OPTION, *DERIVED} == set(SET)


@pytest.mark.parametrize("names", [(), *((name,) for name in (*SELECTED, *SET)), tuple({**SELECTED, **SET})])
def test_the_command_line_asks_for_the_same(parsed: Any, names: tuple[str, ...]) -> None:
    selection = Selection(**{name: value for name, value in SELECTED.items() if name in names})
    settings = Settings(**{name: value for name, value in SET.items() if name in names})
    line = run_command(EMPTY, selection, settings, "results")
    assert parsed(line) == (selection, settings, locate(None, "results"))


@pytest.mark.parametrize(
    ("store", "folder", "words"),
    [
        (None, "results", ""),
        (None, "my results", " --results 'my results'"),
        ("team.sqlite", "results", " --store team.sqlite"),
        ("postgresql://ann:secret@db/assay", "kept", " --results kept --store 'postgresql+psycopg://***@db/assay'"),
    ],
)
def test_it_names_the_store_without_its_password(store: str | None, folder: str, words: str) -> None:
    assert run_command(EMPTY, Selection(), Settings(), locate(store, folder)) == f"assay run{words}"


@pytest.mark.parametrize("settings", [Settings(grid=True), Settings(metrics=())])
def test_what_follows_from_the_suite_needs_no_option(parsed: Any, settings: Settings) -> None:
    line = run_command(EMPTY, Selection(suite="standard"), settings, "results")
    assert parsed(line)[0] == Selection(suite="standard")


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        (Settings(grid=True), "grid=True"),
        (Settings(seed=0), "seed=0"),
        (Settings(seed=3, grid=True), "grid=True, seed=3"),
    ],
)
def test_what_no_option_says_is_said(settings: Settings, what: str) -> None:
    told = f"run from Python with {what}, for which `assay run` has no option: no command line repeats it"
    assert run_command(EMPTY, Selection(), settings, "results") == told


def test_plugin_objects_cannot_be_repeated() -> None:
    plugin = assay.TokenizerPlugin(name="mine", summary="s", build=lambda text: None)  # type: ignore[arg-type,return-value]
    host = Host([Found(plugin=plugin, origin=Origin(entry_point="here"))], [])
    told = run_command(host, Selection(), Settings(), "results")
    assert told == "run from Python with the Python objects mine: no command line repeats it"


def test_it_is_what_a_run_of_another_program_stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words of this process were written for pytest."""
    monkeypatch.setattr(job, "execute", lambda *given: iter(()))
    cases: tuple[Case, ...] = (TokenizerCase(tokenizer="bytes", corpus="the-verdict"),)
    monkeypatch.setattr(job, "plan", lambda *given: cases)
    assay.run(tokenizers="bytes", attentions="none", load="assay-bench:*", budget_s=1.0, results=tmp_path)
    with Store(tmp_path, create=False) as store:
        assert store.run().command == (
            f"assay run --tokenizers bytes --attentions none --load 'assay-bench:*' --budget 1.0 --results {tmp_path}"
        )
