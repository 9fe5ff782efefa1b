"""`assay tokens`: the ids that the tutorial prints, through a real process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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
    assert row["pieces"][:3] == ["Hello", ",", " this"]
    assert row["decoded"] == SENTENCE
    assert (ran.rc, ran.json["text"], row["unknown"]) == (0, SENTENCE, 0)


def test_regex_unk_counts_what_it_does_not_know(cli: Cli) -> None:
    row = rows(cli("tokens", QUESTION, "--tokenizers", "regex-unk", "--json"))["regex-unk"]
    assert row["ids"] == REGEX_UNK
    assert row["unknown"] == 3


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
    assert lines[0] == ["tokenizer", "tokens", "unknown", "pieces", "ids"]
    assert [line[0] for line in lines[1:]] == ["gpt2", "regex"]
    assert lines[1][3] == "the|\\t|last|\\n"


def test_the_text_may_come_from_a_file_or_standard_input(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(SENTENCE, encoding="utf-8")
    from_file = cli("tokens", "--file", "text.txt", "--tokenizers", "gpt2", "--json")
    from_stdin = cli("tokens", "--file", "-", "--tokenizers", "gpt2", "--json", stdin=SENTENCE)
    assert rows(from_file)["gpt2"]["ids"] == rows(from_stdin)["gpt2"]["ids"] == GPT2


def test_trainable_tokenizers_learn_from_the_named_corpus(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("b c a", encoding="utf-8")
    row = rows(cli("tokens", "a b c d", "--tokenizers", "regex-unk", "--corpora", "mine.txt", "--json"))["regex-unk"]
    assert row["ids"] == [0, 1, 2, 4]


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
    assert (found["leaving"]["status"], found["leaving"]["reason"]) == ("failed", "SystemExit: 1")
    assert found["regex"]["status"] == "ok"
