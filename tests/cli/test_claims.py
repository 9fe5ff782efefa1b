"""Claimed ids in a real run: what is equal is ranked, what is not has the first difference and no speed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.long

PLUGIN = """
import assay

class Bytes:
    vocab_size, unk_id = 256, None
    def __init__(self, wrong=None):
        self.wrong = wrong
    def encode(self, text):
        ids = list(text.encode("utf-8"))
        return ids[::-1] if self.wrong and self.wrong in text and len(ids) > 9 else ids
    def decode(self, ids):
        return bytes(ids).decode("utf-8", "replace")
    def token_bytes(self, token_id):
        return bytes([token_id])

@assay.hookimpl
def assay_tokenizers():
    def make(name, wrong=None, claim="reference"):
        return assay.TokenizerPlugin(
            name=name, summary=name, pretrained=True, lossless=False, same_ids_as=claim, build=lambda text: Bytes(wrong)
        )
    yield make("reference", claim=None)
    yield make("same")
    yield make("wrong-on-a-document", "Bản")
    yield make("wrong-on-a-string", "\\x1c")
    yield make("of-nobody", claim="nobody")
"""


@pytest.fixture(scope="module")
def ran(process: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, str]:
    """A run of the five on documents in several languages, and its page."""
    folder = tmp_path_factory.mktemp("identity")
    (folder / "mine.py").write_text(PLUGIN, encoding="utf-8")
    chosen = ["--tokenizers", "reference,same,wrong*,of-nobody", "--corpora", "many-languages", "--held-out", "0"]
    quick = ["--attentions", "none", "--suite", "standard", "--budget", "0.5s", "--json", "--report", "page.md"]
    command = [sys.executable, "-m", "assay", "run", "--plugin", "mine.py", *chosen, *quick]
    done = process(command, cwd=folder)
    return done, Path(folder, "page.md").read_text("utf-8")


def rows(ran: tuple[Any, str]) -> dict[str, Any]:
    return {row["tokenizer"]: row for row in ran[0].json["tokenizers"]}


def test_the_same_ids_are_timed(ran: tuple[Any, str]) -> None:
    row = rows(ran)["same"]
    assert (row["status"], row["same_ids_as"], row["fuzz_strings"]) == ("ok", "reference", 40_000)
    assert row["ids_sha256"] == rows(ran)["reference"]["ids_sha256"]
    assert row["cold_ratio"] > 0.0


def test_the_grid_has_every_length(ran: tuple[Any, str]) -> None:
    for name in ("reference", "same"):
        row = rows(ran)[name]
        assert all(row[f"{length}_mb_per_s"] > 0.0 for length in ("line", "paragraph", "page", "encode"))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("wrong-on-a-document", "it claims the ids of reference, but document"),
        ("wrong-on-a-string", "it claims the ids of reference, but fuzz string"),
        ("of-nobody", "there is no tokenizer named 'nobody'"),
    ],
)
def test_others_have_the_first_difference_and_no_speed(ran: tuple[Any, str], name: str, reason: str) -> None:
    row = rows(ran)[name]
    assert row["status"] == "failed"
    assert reason in row["reason"]
    assert not [key for key in row if key.endswith("per_s")]


def test_the_exit_code_says_that_rows_failed(ran: tuple[Any, str]) -> None:
    assert ran[0].rc == 3


def test_the_page_tells_who_is_unranked(ran: tuple[Any, str]) -> None:
    page = ran[1]
    assert "| same | reference | 1 of 1 | 40,000 |" in page
    assert "| wrong-on-a-document | reference | 0 of 1 | 0 | - | - | - | wrong |" in page
    assert "encode MB/s by length of text and batch: many-languages/all" in page
