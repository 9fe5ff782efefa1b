"""`assay tokens`: the ids that the tutorial prints, and what is drawn, through real processes and terminals."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

Cli = Callable[..., Any]

SENTENCE = "Hello, this is a test sentence. <|endoftext|> It's the last he painted, you know,"
GPT2 = [15496, 11, 428, 318, 257, 1332, 6827, 13, 220, 50256, 632, 338, 262, 938, 339, 13055, 11, 345, 760, 11]
QUESTION = '"This is a test! <|endoftext|> What is your favourite movie'
REGEX_UNK = [1, 101, 595, 119, 1160, 0, 1159, 113, 595, 1157, 1160, 1160]


def rows(ran: Any) -> dict[str, dict[str, Any]]:
    return {row["tokenizer"]: row for row in ran.json["tokenizers"]}


def test_gpt2_cuts_as_the_tutorial_prints(cli: Cli) -> None:
    ran = cli("tokens", SENTENCE, "--tokenizers", "gpt2", "--json")
    row = rows(ran)["gpt2"]
    assert row["ids"] == GPT2
    assert [token["text"] for token in row["tokens"][:3]] == ["Hello", ",", " this"]
    assert row["tokens"][2] == {
        "id": 428,
        "text": " this",
        "hex": "2074686973",
        "span": {"bytes": [6, 11], "characters": [6, 11]},
        "unknown": False,
    }
    assert row["lost"] == []
    assert row["decoded"] == SENTENCE
    assert (ran.rc, ran.json["text"], row["unknown"]) == (0, SENTENCE, 0)


def test_regex_unk_counts_what_it_does_not_know(cli: Cli) -> None:
    row = rows(cli("tokens", QUESTION, "--tokenizers", "regex-unk", "--json"))["regex-unk"]
    assert row["ids"] == REGEX_UNK
    assert row["unknown"] == 3
    data = QUESTION.encode()
    unknown = [token for token in row["tokens"] if token["unknown"]]
    assert [data[slice(*token["span"]["bytes"])] for token in unknown] == [b"test", b"favourite", b"movie"]
    assert {data[slice(*span["bytes"])] for span in row["lost"]} == {b" "}


def test_a_word_outside_a_closed_vocabulary_is_named_and_no_fault(cli: Cli) -> None:
    ran = cli("tokens", "the microscope", "--tokenizers", "regex,regex-unk", "--json")
    found = rows(ran)
    assert ran.rc == 0
    assert (found["regex"]["status"], found["regex"]["expected"]) == ("failed", True)
    assert "'microscope'" in found["regex"]["reason"]
    assert found["regex-unk"]["status"] == "ok"


def test_a_pipe_gets_one_table_with_tabs(cli: Cli) -> None:
    ran = cli("tokens", "the\tlast\n", "--tokenizers", "gpt2,regex")
    lines = [line.split("\t") for line in ran.stdout.splitlines()]
    assert lines[0] == ["tokenizer", "tokens", "unknown", "lost", "pieces", "ids"]
    assert lines[1:] == [
        ["gpt2", "4", "0", "0", "the│⇥│last│⏎", "1169 197 12957 198"],
        ["regex", "2", "0", "2", "the{⇥}last{⏎}", "1013 615"],
    ]


def test_an_output_that_knows_only_ascii_gets_only_that(cli: Cli) -> None:
    ran = cli("tokens", "a é_日\n", "--tokenizers", "gpt2", env={"PYTHONIOENCODING": "ascii"})
    assert ran.stdout.splitlines()[1].split("\t")[4] == r"a|_<C3 A9>|<5F>|<E6 97>|<A5>|\n"


def test_the_text_may_come_from_a_file_or_standard_input(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(SENTENCE, encoding="utf-8")
    from_file = cli("tokens", "--file", "text.txt", "--tokenizers", "gpt2", "--json")
    from_stdin = cli("tokens", "--file", "-", "--tokenizers", "gpt2", "--json", stdin=SENTENCE)
    assert rows(from_file)["gpt2"]["ids"] == rows(from_stdin)["gpt2"]["ids"] == GPT2


def test_what_is_read_of_a_folder_is_told(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.py").write_text("abc xyz")
    (tmp_path / "mine" / "b.txt").write_text("other")
    ran = cli("tokens", "xyz", "--tokenizers", "regex", "--corpora", "mine", "--include", "*.py", "--json")
    assert ran.stderr == "assay: note: mine#include=*.py: 2 files, 1 read (.py); 1 left out: .txt\n"
    assert ran.json["tokenizers"][0]["status"] == "ok"


def test_trainable_tokenizers_learn_from_the_named_corpus(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("b c a", encoding="utf-8")
    row = rows(cli("tokens", "a b c d", "--tokenizers", "regex-unk", "--corpora", "mine.txt", "--json"))["regex-unk"]
    assert row["ids"] == [0, 1, 2, 4]


@pytest.mark.long
@pytest.mark.parametrize("text", ["", "   ", "naïve 🙂 日本語", "\x00\x1b[31m", "<|endoftext|>"])
def test_any_text_is_cut(cli: Cli, tmp_path: Path, text: str) -> None:
    (tmp_path / "any.txt").write_text(text, encoding="utf-8")
    ran = cli("tokens", "--file", "any.txt", "--tokenizers", "gpt2,regex-unk", "--json")
    assert ran.rc == 0
    assert rows(ran)["gpt2"]["decoded"] == text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Give either TEXT or --file"),
        (["a", "--file", "b"], "Give either TEXT or --file"),
        (["--file", "absent.txt"], "absent.txt cannot be read: No such file"),
        (["--file", "latin.txt"], "latin.txt is not UTF-8 at offset 3"),
        (["a", "--tokenizers", "gpt-2"], "did you mean gpt2"),
        (["a", "--corpora", "absent.txt"], "there is no corpus absent.txt"),
        (["a", "--corpora", "the-verdikt"], "did you mean the-verdict"),
        (["a", "--corpora", "latin.txt"], "latin.txt is not UTF-8"),
    ],
)
def test_bad_input_is_one_clear_line(cli: Cli, tmp_path: Path, arguments: list[str], words: str) -> None:
    (tmp_path / "latin.txt").write_bytes("caf\xe9".encode("latin-1"))
    assert words in cli("tokens", *arguments).complaint


def test_a_tokenizer_that_fails_costs_only_its_row(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("""
import assay

def leave(text):
    print("noise")
    raise SystemExit(1)

@assay.hookimpl
def assay_tokenizers():
    yield assay.TokenizerPlugin(name="leaving", summary="", build=leave)
""")
    ran = cli("tokens", "the", "--plugin", "bad.py", "--tokenizers", "leaving,regex", "--json")
    found = rows(ran)
    assert ran.rc == 3
    assert (found["leaving"]["status"], found["leaving"]["reason"]) == ("failed", "SystemExit: 1 (bad.py:6)")
    assert found["regex"]["status"] == "ok"


NASTY = """It's the last he painted, "your favourite"

\tmovie 🙂 日本語テキスト é e\u0301 \u0301 \u200f\u202e\x1b[31mred\x1b[0m\x07\x9b a\xa0b ❤\ufe0f 👍🏽 · │ <|endoftext|>
It was a thing I had always known to be so, and the more I thought of it the less I liked it.\r
"""
STYLE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def terminal(tmp_path: Path, child_environment: Callable[..., dict[str, str]]) -> Callable[..., str]:
    """Run `assay tokens` on the nasty text in a real terminal of so many columns, and give all that it receives."""
    (tmp_path / "nasty.txt").write_text(NASTY, encoding="utf-8", newline="")

    def call(*arguments: str, columns: int, **extra: str) -> str:
        ours, theirs = pty.openpty()
        env = child_environment({"COLUMNS": str(columns), "TERM": "xterm-256color", "PYTHONUTF8": "1", **extra})
        if "NO_COLOR" not in extra:
            env.pop("NO_COLOR", None)
        command = [sys.executable, "-m", "assay", "tokens", "--file", "nasty.txt", *arguments]
        with subprocess.Popen(command, cwd=tmp_path, env=env, stdout=theirs, stderr=subprocess.DEVNULL) as child:
            os.close(theirs)
            received = bytearray()
            while part := _read(ours):
                received += part
        os.close(ours)
        assert child.returncode == 0
        return received.decode("utf-8").replace("\r\n", "\n")

    return call


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when the other end is closed
        return b""


@pytest.mark.parametrize("columns", [20, 200])
@pytest.mark.parametrize("arguments", [(), ("--ids",)])
@pytest.mark.parametrize("extra", [{}, {"NO_COLOR": "1"}, {"PYTHONIOENCODING": "ascii"}, {"TERM": "dumb"}])
def test_only_visible_characters_and_styles_reach_a_terminal(
    terminal: Callable[..., str], columns: int, arguments: tuple[str, ...], extra: dict[str, str]
) -> None:
    drawn = terminal("--tokenizers", "gpt2,regex-unk", *arguments, columns=columns, **extra)
    lines = STYLE.sub("", drawn).split("\n")
    assert all(line.isprintable() for line in lines)
    assert "PYTHONIOENCODING" not in extra or drawn.isascii()
    assert max(map(cell_len, lines)) <= (80 if extra.get("TERM") == "dumb" else columns)  # rich takes dumb ones for 80


def test_neighbours_differ_in_background_or_have_a_border(terminal: Callable[..., str]) -> None:
    coloured = terminal("--tokenizers", "gpt2", columns=80)
    first, second = re.findall(r"\x1b\[([0-9;]*)m(?:It|'s)", coloured)[:2]
    assert first != second
    assert "│" not in coloured
    plain = terminal("--tokenizers", "gpt2", columns=80, NO_COLOR="1")
    assert 'It│\'s│·the│·last│·he│·painted│,│·"│your│·favourite│"│⏎\n⏎\n│⇥│movie│·🙂│·<E6>│<97>│<A5>│' in plain
    assert not re.search(r"\x1b\[[0-9;]*[34][0-9]", plain)


def test_what_is_unknown_or_lost_is_marked_without_colour(terminal: Callable[..., str]) -> None:
    drawn = STYLE.sub("", terminal("--tokenizers", "regex-unk", columns=80, NO_COLOR="1"))
    assert (
        'It│\'│s{·}the{·}last{·}he{·}painted│,{·}"│your{·}?favourite?│"{⏎\n⏎\n⇥}?movie?{·}?🙂?{·}?日本語テキスト?{·}'
        in drawn
    )
    assert "?word?: unknown, {word}: no token covers it" in drawn
    coloured = terminal("--tokenizers", "regex-unk", columns=80)
    assert re.search(r"\x1b\[1;4;[0-9;]*mfavourite", coloured)  # bold and underlined, beside its colour
    assert re.search(r"\x1b\[2;9m·", coloured)  # dim and struck through


def test_ids_stand_under_their_tokens(terminal: Callable[..., str]) -> None:
    drawn = STYLE.sub("", terminal("--tokenizers", "gpt2", "--ids", columns=80, NO_COLOR="1")).splitlines()
    pairs = [(top, below) for top, below in pairwise(drawn) if re.fullmatch(r"[│\d ]*\d[│\d ]*", below)]
    assert len(pairs) > 5

    def borders(line: str) -> list[int]:
        return [cell_len(line[: match.start()]) for match in re.finditer("│", line)]

    for top, below in pairs:
        assert borders(top) == borders(below)


@pytest.mark.parametrize(("columns", "across"), [(122, 1), (123, 2), (185, 2), (186, 3)])
def test_as_many_columns_as_have_sixty_cells(terminal: Callable[..., str], columns: int, across: int) -> None:
    lines = STYLE.sub("", terminal("--tokenizers", "gpt2,p50k_base,regex-unk", columns=columns)).splitlines()
    names = [name for name in ("gpt2 ", "p50k_base ", "regex-unk ") if name in lines[0]]
    assert len(names) == across
    width = (columns - 3 * (across - 1)) // across
    assert [cell_len(lines[0][: lines[0].index(name)]) for name in names] == [(width + 3) * at for at in range(across)]


def test_words_of_a_plugin_cannot_write_on_the_terminal(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("""
import assay

def fail(text):
    raise ValueError("red \\x1b[31m\\n and \\u202e back")

@assay.hookimpl
def assay_tokenizers():
    yield assay.TokenizerPlugin(name="rude", summary="", build=fail)
""")
    ran = cli("tokens", "the", "--plugin", "bad.py", "--tokenizers", "rude")
    assert "failed: ValueError: red <1B>[31m and <E2 80 AE> back (bad.py:5)" in ran.stdout


def test_a_text_that_is_the_name_of_a_file_is_a_text(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("other", encoding="utf-8")
    ran = cli("tokens", "text.txt", "--tokenizers", "gpt2", "--json")
    assert (ran.rc, ran.json["text"]) == (0, "text.txt")
    assert "note: there is a file of that name; --file" in ran.stderr
