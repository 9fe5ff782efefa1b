"""docs/bring-your-own.md, typed as it stands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from assay_files.sources import LIBRARIES, PREFIXES
from commands import Ran

PAGE = (Path(__file__).parents[2] / "docs" / "bring-your-own.md").read_text("utf-8")
PORT = """
from tokenizers import Tokenizer

def load():
    return Tokenizer.from_file("my/tokenizer.json")
"""


def test_every_prefix_and_library_is_on_the_page() -> None:
    assert set(re.findall(r"`(\w+):`", PAGE)) == {*PREFIXES, "py"}
    assert all(library.requires.partition(">")[0] in PAGE for library in LIBRARIES.values())


@pytest.mark.long
def test_every_command_of_the_page_does_what_it_says(cli: Callable[..., Ran], tmp_path: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    (tmp_path / "my").mkdir()
    (tmp_path / "mytext").mkdir()
    (tmp_path / "mytext" / "a.txt").write_text(PAGE, "utf-8")
    (tmp_path / "port.py").write_text(PORT, "utf-8")
    built = tokenizers.Tokenizer(tokenizers.models.BPE())
    built.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    built.decoder = tokenizers.decoders.ByteLevel()
    alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=500, special_tokens=["<s>"], initial_alphabet=alphabet, show_progress=False
    )
    built.train_from_iterator([PAGE], trainer)
    built.save(str(tmp_path / "my" / "tokenizer.json"))
    (commands,) = re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    answers = []
    for line in commands.splitlines():
        program, name, *words = shlex.split(line)
        assert program == "assay"
        quickly = ("--budget", "0.2s") if name == "run" else ()
        answers.append(cli(name, *words, *quickly, "--json"))
    run, tokens, conform, same = answers
    assert [answer.rc for answer in answers] == [0, 0, 0, 0], [answer.stderr for answer in answers]
    assert {row["tokenizer"] for row in run.json["tokenizers"]} == {"gpt2", "tokenizer.json"}
    (row,) = [row for row in run.json["tokenizers"] if (row["tokenizer"], row["split"]) == ("tokenizer.json", "all")]
    assert (row["special_tokens"], row["round_trip"]) == ("1 listed, no role declared", 1.0)
    assert [row["tokenizer"] for row in tokens.json["tokenizers"]] == ["gpt2", "my"]
    assert conform.json["conforms"] is True
    assert {row["same_ids_as"] for row in same.json["tokenizers"]} == {"tokenizer.json"}
    (file,) = run.json["run"]["settings"]["files"]
    assert (file["name"], file["size"]) == ("tokenizer.json", (tmp_path / "my" / "tokenizer.json").stat().st_size)
