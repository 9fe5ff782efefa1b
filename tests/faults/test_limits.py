"""Tokenizers that crash, hang, hoard, raise and lie at limits: each ends in its cell, and the run goes on."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from commands import Ran, execute

pytestmark = pytest.mark.long

PLUGIN = '''
import os, time
import assay

class Points:
    """One id a code point, and a crime where NUL is in the text or the text is empty."""
    vocab_size, unk_id = 0x110000, None
    def __init__(self, crime):
        self.crime = crime
    def encode(self, text):
        ids = list(map(ord, text))
        return self.crime(ids) if "\\0" in text or not text else ids
    def decode(self, ids):
        return "".join(map(chr, ids))

def abort(ids):
    os.abort()

def leave(ids):
    os._exit(7)

def hang(ids):
    while True:
        time.sleep(1)

def hoard(ids):
    hoard = []
    while True:
        hoard.append(bytearray(64 << 20))

def refuse(ids):
    raise ValueError("no \\ud800 here")

def drop(ids):
    return [one for one in ids if one] or [46]

def outside(ids):
    return [*ids, 0x110000]

CRIMES = [abort, leave, hang, hoard, refuse, drop, outside]

def broken(text):
    raise OSError("cannot be built")

def trained(text):
    assert "Jack Gisburn" in text, text[:99]
    return Points(list)

@assay.hookimpl
def assay_tokenizers():
    yield assay.TokenizerPlugin(name="before", summary="", build=trained)
    for crime in CRIMES:
        yield assay.TokenizerPlugin(name=crime.__name__, summary="", build=lambda text, crime=crime: Points(crime))
    yield assay.TokenizerPlugin(name="broken", summary="", build=broken)
    yield assay.TokenizerPlugin(name="announced", summary="", lossless=False, build=lambda text: Points(drop))
    yield assay.TokenizerPlugin(name="needy", summary="", requires=("no-such-package>=1",), build=trained)
    yield assay.TokenizerPlugin(name="zafter", summary="", build=trained)
'''
NAMES = "before,abort,leave,hang,hoard,refuse,drop,outside,broken,announced,needy,zafter"
ENDS = {
    "before": ("ok", "exact"),
    "abort": ("failed", "killed by SIGABRT"),
    "leave": ("failed", "exited with code 7"),
    "hang": ("failed", "timed out"),
    "hoard": ("failed", "memory"),
    "refuse": ("failed", "raises ValueError"),
    "drop": ("failed", "lossy"),
    "outside": ("failed", "wrong"),
    "broken": ("failed", "failed"),
    "announced": ("ok", "lossy"),
    "needy": ("skipped", "skipped"),
    "zafter": ("ok", "exact"),
}


@dataclass(frozen=True)
class Outcome:
    """The run: how it ended, its rows, and its page."""

    ran: Any
    rows: dict[tuple[str, str], dict[str, Any]]
    page: str


@pytest.fixture(scope="module")
def outcome(once: Callable[..., Path]) -> Outcome:
    folder = once("limits", limits_run)
    ran = Ran(**json.loads((folder / "told.json").read_text("utf-8")))
    rows = {(row["tokenizer"], row["corpus"].removeprefix("limit-")): row for row in ran.json["tokenizers"]}
    return Outcome(ran, rows, (folder / "page.md").read_text("utf-8"))


def limits_run(folder: Path) -> None:
    """Run them all; write down how that ended."""
    (folder / "mine.py").write_text(PLUGIN, encoding="utf-8")
    limits = "limit-surrogates,limit-nul,limit-empty"
    ran = execute(
        [
            *(sys.executable, "-m", "assay", "run", "--plugin", "mine.py", "--json", "--report", "page.md"),
            *("--tokenizers", NAMES, "--corpora", limits, "--attentions", "none"),
            *("--timeout", "3s", "--memory", "500MB"),
        ],
        cwd=folder,
        timeout=240,
    )
    (folder / "told.json").write_text(json.dumps(asdict(ran)), "utf-8")


@pytest.mark.parametrize("name", ENDS)
@pytest.mark.parametrize("limit", ["nul", "empty"])
def test_each_ends_in_its_cell_however_often_it_died_before(outcome: Outcome, name: str, limit: str) -> None:
    row = outcome.rows[name, limit]
    assert (row["status"], row["limit"]) == ENDS[name], row
    assert (row["reason"] is None) == (row["status"] == "ok")
    assert (row["remedy"] is None) == (row["status"] == "ok")
    assert not row["expected"]


def test_nothing_is_timed_and_every_case_has_a_row(outcome: Outcome) -> None:
    assert len(outcome.rows) == 3 * len(ENDS)
    assert not [key for row in outcome.rows.values() for key in row if key.endswith("_seconds") or "_per_s" in key]
    assert outcome.ran.json["noise"] is None
    assert outcome.ran.rc == 3


def test_what_was_said_is_kept(outcome: Outcome) -> None:
    said = {name: outcome.rows[name, "nul"]["reason"] or "" for name in ENDS}
    assert "its process was killed by SIGABRT while checking, in abort (mine.py:" in said["abort"]
    assert said["leave"] == "its process exited with code 7 while checking"
    assert said["hang"].startswith("it gave no answer for 3 s while checking, in hang (mine.py:")
    assert said["refuse"].startswith(r"text 'alone': ValueError: no \ud800 here (mine.py:")
    assert said["drop"].startswith("it promises a lossless round trip, but text 'alone' differs at character 0")
    assert "is outside the vocabulary of 1114112" in said["outside"]
    assert said["broken"].startswith("OSError: cannot be built")
    assert "no-such-package" in said["needy"]


def test_surrogates_go_through_the_whole_run(outcome: Outcome) -> None:
    row = outcome.rows["before", "surrogates"]
    assert (row["status"], row["limit"], row["round_trip"]) == ("ok", "exact", 1)


def test_the_page_has_a_line_a_tokenizer_and_a_column_a_limit(outcome: Outcome) -> None:
    lines = outcome.page.splitlines()
    assert "| tokenizer | surrogates | nul | empty |" in lines
    assert "| abort | exact | failed: killed by SIGABRT | failed: killed by SIGABRT |" in lines
    assert "| announced | exact | lossy | lossy |" in lines
    assert "| needy | skipped | skipped | skipped |" in lines
    assert "tokenizer: limit-" not in outcome.page
