"""`assay run --sample`: part of the documents, the same for every row, and every row says how many."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]
Row = dict[str, Any]

DOCUMENTS, TARGET = 400, 0.08
PLUGIN = '''
import ctypes
import time
import assay

class Plain:
    """One id a character."""
    vocab_size, unk_id = 0x110000, None
    def __init__(self, spoil): self.spoil = spoil
    def encode(self, text):
        self.spoil(text)
        return list(map(ord, text))
    def decode(self, ids): return "".join(map(chr, ids))

def crash(text):
    ctypes.string_at(0)

def hang(text):
    time.sleep(1000)

def refuse(text):
    raise ValueError("no such text")

@assay.hookimpl
def assay_tokenizers():
    for name, spoil in {"plain": lambda text: None, "crash": crash, "hang": hang, "refuse": refuse}.items():
        yield assay.TokenizerPlugin(name=name, summary=name, build=lambda text, spoil=spoil: Plain(spoil))

def languages():
    for language in ("en", "de"):
        for number in range(30):
            text = f"{language} {number} " * (number + 1)
            yield assay.Document(text=text, id=f"{language}{number}", language=language)

@assay.hookimpl
def assay_corpora():
    yield assay.CorpusPlugin(
        name="two-languages", summary="", documents=languages, sha256=None, title="", author="", source="",
        language="mul", kind="parallel",
    )
'''


def write_corpus(folder: Path) -> None:
    """Texts of 5 to 50 words; the share of long and rare words differs from text to text."""
    chance = random.Random(7)
    folder.mkdir()
    for number in range(DOCUMENTS):
        rare = chance.random()
        words = [
            "".join(chance.choices("abcdefghij", k=9))
            if chance.random() < rare
            else chance.choice(["the", "cat", "sat"])
            for _ in range(chance.randint(5, 50))
        ]
        (folder / f"{number:03d}.txt").write_text(" ".join(words), encoding="utf-8")


@dataclass(frozen=True)
class Sampled:
    """A run with a sample, and the same without."""

    folder: Path
    rows: dict[str, dict[str, Row]]
    whole: dict[str, dict[str, Row]]
    report: str


def by_split(document: dict[str, Any]) -> dict[str, dict[str, Row]]:
    found: dict[str, dict[str, Row]] = {}
    for row in document["tokenizers"]:
        found.setdefault(row["split"], {})[row["tokenizer"]] = row
    return found


@pytest.fixture(scope="module")
def sampled(process: Callable[..., Any], once: Callable[..., Path]) -> Sampled:
    start = [sys.executable, "-m", "assay", "run", "--json", "--attentions", "none", "--corpora", "texts"]
    start += ["--tokenizers", "gpt2,regex-unk", "--budget", "0.1s"]
    part = ["--sample", f"{TARGET:.0%}", "--report", "report.md", "--precision", "9%", "--epochs", "2"]

    def make(folder: Path) -> None:
        write_corpus(folder / "texts")
        for name, more in (("sampled", part), ("whole", ["--results", "whole"])):
            ran = process([*start, *more], cwd=folder)
            assert ran.rc == 0, ran.stderr
            (folder / f"{name}.json").write_text(ran.stdout, "utf-8")

    folder = once("sampled", make)
    rows, whole = (by_split(json.loads((folder / f"{name}.json").read_text("utf-8"))) for name in ("sampled", "whole"))
    return Sampled(folder, rows, whole, (folder / "report.md").read_text("utf-8"))


@pytest.mark.long
@pytest.mark.parametrize("split", ["all", "held-out-10"])
class TestSample:
    def test_it_is_the_same_for_every_row_and_never_called_the_whole(self, sampled: Sampled, split: str) -> None:
        rows = sampled.rows[f"{split}~8%"].values()
        assert {row["status"] for row in rows} == {"ok"}
        for name in ("documents", "bytes", "sample_documents", "corpus_documents", "sample_share"):
            assert len({row[name] for row in rows}) == 1, name
        assert sampled.rows.keys().isdisjoint(sampled.whole)

    def test_it_says_what_part_it_is(self, sampled: Sampled, split: str) -> None:
        row, whole = sampled.rows[f"{split}~8%"]["gpt2"], sampled.whole[split]["gpt2"]
        assert row["sample_documents"] == row["documents"] <= row["corpus_documents"] == whole["documents"]
        assert row["sample_share"] == pytest.approx(row["bytes"] / whole["bytes"])
        assert row["full_pass_seconds"] == pytest.approx(row["encode_seconds"] / row["sample_share"])
        assert "sample_share" not in whole

    def test_what_is_trained_is_trained_on_all_of_the_training_text(self, sampled: Sampled, split: str) -> None:
        row, whole = sampled.rows[f"{split}~8%"]["regex-unk"], sampled.whole[split]["regex-unk"]
        assert row["vocabulary_size"] == whole["vocabulary_size"]


@pytest.mark.long
class TestWidth:
    def test_it_is_reached_by_every_row_on_part_of_the_documents(self, sampled: Sampled) -> None:
        rows = sampled.rows["all~8%"]
        assert 20 < rows["gpt2"]["documents"] < DOCUMENTS
        for name, row in rows.items():
            assert row["sample_width"] <= TARGET
            assert row["bytes_per_token"] == pytest.approx(sampled.whole["all"][name]["bytes_per_token"], rel=TARGET)

    def test_half_as_many_documents_would_not_do(self, sampled: Sampled) -> None:
        """The widest row is within a factor of the square root of two, and some chance, of the target."""
        assert max(row["sample_width"] for row in sampled.rows["all~8%"].values()) > TARGET / 2

    def test_the_report_says_it(self, sampled: Sampled) -> None:
        row = sampled.rows["all~8%"]["gpt2"]
        assert f"- sampled {row['documents']} of {DOCUMENTS} documents (" in sampled.report


@pytest.mark.long
def test_a_resumed_run_goes_on_with_the_same_sample(sampled: Sampled, cli: Cli, tmp_path: Path) -> None:
    """A group is lost from the store, as `kill -9` would lose it."""
    folder = shutil.copytree(sampled.folder, tmp_path / "copy")
    shown = cli("show", "--json", cwd=folder).json
    with contextlib.closing(sqlite3.connect(folder / "results" / "assay.sqlite")) as store, store:
        for table in ("samples", "metrics", "measurements"):
            store.execute(f"DELETE FROM {table} WHERE \"case\" LIKE 'tokenizer/texts/all~%'")
        store.execute("DELETE FROM meta WHERE key LIKE 'digest of %'")  # which were of more rows
        store.execute("DELETE FROM anchors WHERE \"group\" LIKE 'tokenizer/texts/all~%'")
    ran = cli("run", "--resume", shown["run"]["id"], "--json", cwd=folder)
    assert ran.rc == 0, ran.stderr
    assert "2 done" in ran.stderr
    for before, after in zip(shown["tokenizers"], ran.json["tokenizers"], strict=True):
        for name in ("case", "status", "sample_documents", "sample_width", "ids_sha256"):
            assert after[name] == before[name]


@pytest.mark.long
def test_one_that_fails_while_it_is_sized_costs_the_others_nothing(cli: Cli, tmp_path: Path) -> None:
    write_corpus(tmp_path / "texts")
    (tmp_path / "mine.py").write_text(PLUGIN, encoding="utf-8")
    ran = cli(
        *("run", "--plugin", "mine.py", "--tokenizers", "hang,crash,plain,refuse", "--attentions", "none"),
        *("--corpora", "texts", "--held-out", "0", "--sample", "8%", "--budget", "0.1s", "--timeout", "3s", "--json"),
    )
    rows = by_split(ran.json)["all~8%"]
    assert ran.rc == 3
    assert (rows["plain"]["status"], rows["plain"]["sample_documents"]) == ("ok", 40)
    assert rows["crash"]["reason"].startswith("its process was killed by SIGSEGV while sizing a sample")
    assert rows["hang"]["reason"].startswith("it gave no answer for 3 s while sizing a sample")
    assert "ValueError: no such text" in rows["refuse"]["reason"]
    assert {row["status"] for name, row in rows.items() if name != "plain"} == {"failed"}


@pytest.mark.long
def test_what_a_part_would_spoil_is_taken_whole(cli: Cli, tmp_path: Path) -> None:
    """Ladders and parallel texts as if no sample were asked for; a corpus of few documents with a word on it."""
    (tmp_path / "mine.py").write_text(PLUGIN, encoding="utf-8")
    ran = cli(
        *("run", "--plugin", "mine.py", "--tokenizers", "bytes", "--attentions", "none", "--held-out", "0"),
        *("--corpora", "two-languages,adversarial-digits,the-verdict", "--sample", "20%", "--budget", "0.1s"),
        *("--json", "--report", "report.md"),
    )
    rows = {row["corpus"]: row for row in ran.json["tokenizers"]}
    assert {name: row["split"] for name, row in rows.items()} == {
        "two-languages": "all",
        "adversarial-digits": "all",
        "the-verdict": "all~20%",
    }
    assert (rows["two-languages"]["documents"], rows["two-languages"]["parity_de"]) == (60, 1.0)
    assert [name for name, row in rows.items() if "sample_share" in row] == ["the-verdict"]
    assert (rows["the-verdict"]["sample_documents"], rows["the-verdict"]["sample_share"]) == (1, 1.0)
    assert "all 1 documents: fewer than 20 are not sampled" in (tmp_path / "report.md").read_text("utf-8")


@pytest.mark.long
def test_the_setting_and_the_environment(cli: Cli, tmp_path: Path) -> None:
    command = ["run", "--tokenizers", "bytes", "--attentions", "none", "--held-out", "0", "--budget", "0.1s", "--json"]
    (tmp_path / "pyproject.toml").write_text('[tool.assay]\nsample = "2%"\n', encoding="utf-8")
    assert list(by_split(cli(*command).json)) == ["all~2%"]
    assert list(by_split(cli(*command, env={"ASSAY_SAMPLE": "0.025"}).json)) == ["all~2.5%"]
    assert list(by_split(cli(*command, "--sample", "3%", env={"ASSAY_SAMPLE": "0.025"}).json)) == ["all~3%"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("0", "'0' is no width above 0%"),
        ("0%", "'0%' is no width above 0%"),
        ("-1%", "not between 0% and 100%"),
        ("100%", "not between 0% and 100%"),
        ("1", "not between 0% and 100%"),
        ("nan", "'nan' is no share; write 10% or 0.1"),
        ("narrow", "'narrow' is no share; write 10% or 0.1"),
    ],
)
def test_a_bad_width_is_one_clear_line(cli: Cli, tmp_path: Path, value: str, words: str) -> None:
    complaint = cli("run", "--sample", value).complaint
    assert "--sample" in complaint
    assert words in complaint
    assert not (tmp_path / "results").exists()
