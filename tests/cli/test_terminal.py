"""What reaches a real terminal: tables of its width, names as text, and no escape that a plugin wrote."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from assay.records.results import GroupResult, Measurement, Metrics, Run, Status, TokenizerCase
from assay.store.store import Store

STYLE = re.compile(r"\x1b\[[0-9;]*m")
NAMES = ("gpt2", "分词器", "[red]", "x" * 200, "\x1b[31mred\x9b1m", "\u202eback\x07")
RUN = Run(id="run-0", started="2026-01-01T00:00:00+00:00", suite="tutorial/1", command="assay run", environment={})
Terminal = Callable[..., str]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one run, of whose rows the names and reasons are hostile."""
    folder = tmp_path_factory.mktemp("terminal") / "results"
    figures = {"vocabulary_size": 50_257, "tokens": 5_145, "unknown_tokens": 0, "unknown_token_rate": 0.0}
    figures |= {"bytes_per_token": 3.98, "round_trip": 1.0, "encode_mb_per_s": 47.2, "encode_spread": 0.054}
    figures |= {"encode_tokens_per_s": 3.99e6, "encode_ratio": 1.0}
    rows = [
        Measurement(
            case=TokenizerCase(tokenizer=name, corpus="c\x1b]0;title\x07"),
            status=Status.OK,
            reason=f"it said {name}",
            metrics=Metrics(figures),
        )
        for name in NAMES
    ]
    rows[0] = replace(rows[0], status=Status.FAILED, metrics=Metrics())
    with Store(folder) as store:
        store.begin(RUN, [row.case for row in rows])
        store.add(RUN.id, GroupResult(measurements=tuple(rows)))
        store.finish(RUN.id, "complete")
    return folder


@pytest.fixture
def terminal(child_environment: Callable[..., dict[str, str]], results: Path, tmp_path: Path) -> Terminal:
    """Run `assay` on a real terminal of so many columns, which standard output and standard error share."""

    def call(*arguments: str, columns: int = 80, rc: int = 0, **extra: str) -> str:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        env = child_environment({"TERM": "xterm-256color", "PYTHONUTF8": "1"} | extra)
        for name in {"NO_COLOR", "FORCE_COLOR"} - extra.keys():
            env.pop(name, None)
        command = [sys.executable, "-m", "assay", *arguments, "--results", str(results)]
        with subprocess.Popen(command, cwd=tmp_path, env=env, stdout=theirs, stderr=theirs) as child:
            os.close(theirs)
            received = bytearray()
            try:
                while part := os.read(ours, 65536):
                    received += part
            except OSError:
                pass  # how Linux says that nobody writes any more
        os.close(ours)
        assert child.returncode == rc, received
        return received.decode("utf-8").replace("\r\n", "\n")

    return call


@pytest.mark.parametrize("columns", [60, 80, 100, 120, 200])
def test_tables_have_the_width_of_the_terminal(terminal: Terminal, columns: int) -> None:
    lines = STYLE.sub("", terminal("show", columns=columns)).split("\n")
    assert max(map(cell_len, lines)) <= columns
    assert all(line.isprintable() for line in lines)
    assert sum(bool(re.search(r"5,145 .*47 ±5% .*1\.00 +ok$", line)) for line in lines) == len(NAMES) - 1
    assert any(line.startswith("  left out at") for line in lines) == (columns < 120)
    text = "".join(lines)
    assert "<1B>[31mred<C2 9B>1m" in text
    assert "[red]: it said [red]" in text
    assert "分词器" in text


@pytest.mark.parametrize("extra", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}])
def test_a_terminal_that_knows_only_ascii_gets_only_that(terminal: Terminal, extra: dict[str, str]) -> None:
    drawn = terminal("show", columns=80, PYTHONUTF8="0", **extra)
    assert drawn.isascii()
    assert "47 +-5%" in drawn
    assert "\n-----" in drawn
    assert "\\u" not in drawn
    assert "\\x" not in drawn


@pytest.mark.parametrize("extra", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}])
def test_colour_can_be_forbidden(terminal: Terminal, extra: dict[str, str]) -> None:
    assert "\x1b[31mfailed" in terminal("show")
    drawn = terminal("show", **extra)
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", drawn)
    assert "TERM" not in extra or "\x1b" not in drawn
    assert max(map(cell_len, STYLE.sub("", drawn).split("\n"))) <= 80


def test_a_pipe_is_not_coloured_by_force_but_a_drawn_table_is(cli: Any, results: Path) -> None:
    forced = {"FORCE_COLOR": "1", "NO_COLOR": "", "TERM": "xterm-256color"}
    assert "\x1b" not in cli("show", "--results", results, env=forced).stdout
    assert "\x1b[31mfailed" in cli("show", "--as", "table", "--results", results, env=forced).stdout


@pytest.mark.parametrize("arguments", [["--json"], ["--as", "tsv"], ["--as", "markdown"]], ids=" ".join)
def test_other_forms_act_on_no_terminal_either(terminal: Terminal, arguments: list[str]) -> None:
    written = terminal("show", *arguments)
    assert all(char.isprintable() or char in "\n\t" for char in written)


def test_a_complaint_acts_on_no_terminal(terminal: Terminal) -> None:
    written = terminal("show", "--filter", "\x1b[31m\u202ex=1", rc=2)
    assert written.replace("\n", "").isprintable()
    assert written.count("\n") == 1
    assert "named '<1B>[31m" in written or r"named '\x1b[31m" in written


def test_columns_that_were_asked_for_give_way_from_the_last(terminal: Terminal) -> None:
    names = "tokens,fertility,bytes_per_token,encode_mb_per_s,vocabulary_size,unknown_token_rate"
    drawn = terminal("show", "--columns", names, "--filter", "plugin!=x*", columns=60)
    assert re.search(
        r"left out at 60 columns: encode_mb_per_s, vocabulary_size, unknown_token_rate; `assay show",
        " ".join(STYLE.sub("", drawn).split()),
    )


def test_words_of_a_plugin_act_on_no_terminal_while_it_runs(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "rude.py").write_text("""
import assay

def fail(text):
    raise ValueError("red \\x1b]0;owned\\x07 \\x9b31m \\u202e back")

@assay.hookimpl
def assay_tokenizers():
    yield assay.TokenizerPlugin(name="rude", summary="", build=fail)
""")
    written = terminal(
        "run", "--plugin", "rude.py", "--tokenizers", "rude", "--attentions", "none", "--budget", "0.1s", rc=3
    )
    words = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written).replace("\r", "")
    assert all(line.isprintable() for line in words.split("\n"))
    assert "ValueError: red <1B>]0;owned<07> <C2 9B>31m <E2 80 AE> back" in " ".join(words.split())
