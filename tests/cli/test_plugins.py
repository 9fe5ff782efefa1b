"""`assay plugins why`, in real processes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]
Install = Callable[..., Path]


def test_what_can_be_used_is_exit_code_0(cli: Cli) -> None:
    ran = cli("plugins", "why", "gpt2")
    assert (ran.rc, ran.stderr) == (0, "")
    assert ran.stdout.startswith("tokenizer gpt2 can be used: ")
    assert "What to do" not in ran.stdout


def test_what_cannot_be_used_is_exit_code_3_with_the_remedy(cli: Cli, install: Install) -> None:
    site = install("bad-dist", "1.1", {"bad": "bad_plugin"}, {"bad_plugin": "import tea_and_biscuits"})
    ran = cli("plugins", "why", "bad", env={"PYTHONPATH": site})
    assert (ran.rc, ran.stderr) == (3, "")
    verdict, whence, *remedies = ran.stdout.splitlines()
    assert verdict == (
        "plugin bad-dist:bad cannot be imported: ModuleNotFoundError: No module named 'tea_and_biscuits'"
        " (bad_plugin.py:1)."
    )
    assert whence == f"It is the entry point bad = bad_plugin of bad-dist 1.1, installed in {site}."
    assert remedies == [
        "What to do: pip install what provides 'tea_and_biscuits', or leave it out with --block bad-dist:bad",
        "What to do: to be rid of it: pip uninstall bad-dist",
    ]


def test_a_file_need_not_be_named_twice(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import assay\n@assay.hookimpl\ndef assay_tokenisers(): return []\n")
    ran = cli("plugins", "why", "./mine.py", "--json")
    assert ran.rc == 3
    (found,) = ran.json["plugins"]
    assert (found["subject"], found["usable"]) == ("plugin mine", False)
    assert "it has 'assay_tokenisers', which is no hook; did you mean assay_tokenizers?" in found["sentences"][0]
    assert "the hooks are assay_corpora, " in found["remedies"][0]


@pytest.mark.parametrize("load", ["*", "attention"])
def test_an_unknown_name_is_one_line(cli: Cli, load: str) -> None:
    complaint = cli("plugins", "why", "regx", "--load", load).complaint
    assert "there is no plugin 'regx', and nothing that one announces (did you mean regex" in complaint


def test_what_was_left_out_says_why(cli: Cli) -> None:
    ran = cli("plugins", "why", "assay:regex", env={"ASSAY_BLOCK": "regex"})
    assert ran.rc == 3
    assert ran.stdout.startswith("plugin assay-bench:regex was not loaded, because of --block regex.\n")
    assert ran.stdout.endswith("What to do: do without --block regex\n")


def test_hostile_words_are_text_in_the_answer(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("raise ValueError('red \\x1b[31m\\x9b1m\\nback \\u202e')")
    ran = cli("plugins", "why", "./mine.py")
    assert "red <1B>[31m<C2 9B>1m back <E2 80 AE>" in ran.stdout
    assert all(line.isprintable() for line in ran.stdout.splitlines())
