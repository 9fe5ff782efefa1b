"""Plugins that crash, hang, hoard, print, meddle and lie, in one run with good ones: each costs only its own row."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import sqlite3
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from assay.execute.rounds import FEWEST_LONG
from commands import Ran, execute

pytestmark = pytest.mark.long

Row = dict[str, Any]

TEXT = "It was the best of times, it was the worst of times."
# Long enough for torch to be imported on a busy machine: a step that loads an attention waits for that.
TIMEOUT = "8s"
MEND = "fix it, or leave it out with --block hostile:hostile"
RESTORE = "restore what is changed before returning"
BAD = {
    "segfault": (r"its process was killed by SIGSEGV while predicting, in string_at \(.+\)", MEND),
    "segfault-while-timed": (r"its process was killed by SIGSEGV while (calibrating|sampling), in string_at", MEND),
    "hang": (r"it gave no answer for 8 s while predicting, in crime \(hostile\.py:(51|52)\)", MEND),
    "hang-asleep": (r"it gave no answer for 8 s while predicting, in crime \(hostile\.py:57\)", MEND),
    "exit": (r"its process exited with code 3 while predicting", MEND),
    "raise-base": (r"Panic: no Exception at all \(hostile\.py:72\)", MEND),
    "hoard": (r"MemoryError.* \(limit 1\.0 GiB\)", MEND),
    "close-stdout": (r"it changed standard output from open to closed", RESTORE),
    "threads": (r"it changed torch's number of threads from 1 to 2", RESTORE),
    "locale": (r"it changed the locale LC_\w+ from \S+ to \S+", RESTORE),
    "orphan": (r"it left 1 process\(es\) running", "end them before returning"),
    "thousandth": (r"encodes to other ids in a timed call: id 0 instead of 73 at token 0", MEND),
    "mutate": (r"a timed call gives another output than before|the inputs were changed while it was timed", MEND),
}
TOKENS = {"regex-unk": 14, "good-before": 52, "good-after": 52, "gpt2": 14}
ATTENTIONS = ("weightless", "sdpa")
SPEEDS = {"encode_seconds", "encode_tokens_per_s", "encode_mb_per_s", "decode_seconds", "tokens_per_s", "step_seconds"}


@dataclass(frozen=True)
class Outcome:
    """The run: how it ended, its rows by plugin, what was still alive after it, and its results."""

    ran: Any
    rows: dict[str, Row]
    survivors: list[str]
    results: Path


def install(site: Path) -> None:
    """Install the bad plugins as a distribution of their own."""
    info = site / "hostile-6.6.6.dist-info"
    info.mkdir(parents=True)
    source = Path(__file__).with_name("hostile.py").read_text("utf-8")
    files = {
        "hostile.py": source,
        "hostile-6.6.6.dist-info/METADATA": "Metadata-Version: 2.1\nName: hostile\nVersion: 6.6.6\n",
        "hostile-6.6.6.dist-info/INSTALLER": "pip\n",
        "hostile-6.6.6.dist-info/entry_points.txt": "[assay]\nhostile = hostile\n",
    }
    for file, content in files.items():
        (site / file).write_text(content, encoding="utf-8")
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in [*files, f"{info.name}/RECORD"]), encoding="utf-8")


def end_survivors(mark: str) -> list[str]:
    """End the processes that still live with a mark in their environment, after they had time to; name them.

    Every process of a run inherits it, whatever process group it is in; `ASSAY_WORKER` tells who is a worker.
    """
    end = time.monotonic() + 5
    while True:
        found = {}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):  # among them that of a zombie, which has no environment
                surroundings = process.environ()
                if surroundings.get("HOSTILE_RUN") == mark:
                    found[process] = "of a worker" if "ASSAY_WORKER" in surroundings else "of no worker"
        if not found or time.monotonic() > end:
            break
        time.sleep(0.05)
    for process in found:
        process.kill()
    return [f"{process} ({whose})" for process, whose in found.items()]


@pytest.fixture(scope="module")
def outcome(once: Callable[..., Path]) -> Outcome:
    """All bad plugins beside good ones, in one run."""
    folder = once("hostile", hostile_run)
    told = json.loads((folder / "told.json").read_text("utf-8"))
    ran = Ran(**told["ran"])
    rows = {row["tokenizer"]: row for row in ran.json["tokenizers"]}
    rows |= {row["attention"]: row for row in ran.json["attentions"]}
    assert len(rows) == len(ran.json["tokenizers"]) + len(ran.json["attentions"])
    return Outcome(ran, rows, told["survivors"], folder / "results")


def hostile_run(folder: Path) -> None:
    """Run them all; write down how that ended, and what was still alive."""
    install(folder / "site")
    (folder / "short.txt").write_text(TEXT, encoding="utf-8")
    tokenizers = [*TOKENS, "print", *(name for name in BAD if name != "mutate")]
    mark = secrets.token_hex(8)
    ran = execute(
        [
            *(sys.executable, "-m", "assay", "run", "--json", "--corpora", "short.txt", "--held-out", "0"),
            *("--tokenizers", ",".join(tokenizers), "--attentions", ",".join([*ATTENTIONS, "mutate"])),
            *("--workload", "core/fwd/weightless/b1.h1.s7.d5/f32/cpu.t1"),
            *("--timeout", TIMEOUT, "--memory", "1GiB", "--budget", "2s"),
        ],
        cwd=folder,
        env={"PYTHONPATH": folder / "site", "HOSTILE_RUN": mark},
        timeout=280,
    )
    told = {"ran": asdict(ran), "survivors": end_survivors(mark)}
    (folder / "told.json").write_text(json.dumps(told), "utf-8")


@pytest.mark.parametrize("name", TOKENS)
def test_a_good_tokenizer_is_measured_in_full(outcome: Outcome, name: str) -> None:
    row = outcome.rows[name]
    assert (row["status"], row["reason"]) == ("ok", None), row
    assert (row["tokens"], row["characters"], row["unknown_tokens"]) == (TOKENS[name], len(TEXT), 0)
    for operation in ("encode", "decode"):
        assert row[f"{operation}_tokens_per_s"] > 0
        assert row[f"{operation}_mb_per_s"] > 0
        assert row[f"{operation}_ratio"] > 0
        assert row[f"{operation}_samples"] == outcome.rows["gpt2"]["encode_samples"] >= FEWEST_LONG
    assert row["peak_bytes"] >= 0
    assert 0 < row["copy_fraction"] < 1
    assert row["baseline"] == next(iter(TOKENS))


@pytest.mark.parametrize("name", ATTENTIONS)
def test_a_good_attention_is_measured_in_full(outcome: Outcome, name: str) -> None:
    row = outcome.rows[name]
    assert (row["status"], row["reason"]) == ("ok", None), row
    assert row["tokens_per_s"] > 0
    assert row["step_samples"] == outcome.rows["sdpa"]["step_samples"] >= FEWEST_LONG
    assert row["step_ratio"] > 0
    assert row["peak_bytes"] > 0
    assert row["error"] < 1e-4
    assert row["gemm_fraction"] > 0
    assert row["baseline"] == "sdpa"


@pytest.mark.parametrize("name", BAD)
def test_a_bad_plugin_has_a_row_with_the_cause_and_a_remedy(outcome: Outcome, name: str) -> None:
    row, (cause, remedy) = outcome.rows[name], BAD[name]
    assert (row["status"], row["expected"]) == ("failed", False), row
    assert re.search(cause, row["reason"]), row
    assert row["remedy"].startswith(remedy)
    assert row.keys() & SPEEDS == set()
    assert f"assay: failed: {row['case']}: {row['reason']} ({row['remedy']})\n" in outcome.ran.stderr


def test_a_hung_plugin_is_told_how_to_get_more_time(outcome: Outcome) -> None:
    assert outcome.rows["hang"]["remedy"] == f"{MEND}; --timeout allows more time"


def test_what_prints_is_measured_and_its_row_says_so(outcome: Outcome) -> None:
    """Two calls print a megabyte each, with the end of the line."""
    row = outcome.rows["print"]
    assert (row["status"], row["remedy"]) == ("ok", "silence it")
    assert row["reason"] == "it printed 2,097,154 bytes, which its time includes"
    assert row["encode_samples"] == outcome.rows["gpt2"]["encode_samples"]


def test_the_run_fails_as_a_whole_and_writes_one_document(outcome: Outcome) -> None:
    assert outcome.ran.rc == 3
    assert outcome.ran.json["run"]["state"] == "complete"
    assert outcome.ran.json["noise"]["groups"] == 2
    assert outcome.ran.stdout.startswith("{")
    assert "Traceback" not in outcome.ran.stderr
    blamed = {row["case"] for row in outcome.rows.values() if row["status"] == "failed"}
    assert outcome.ran.stderr.count("assay: failed: ") == len(blamed) == len(BAD)


def test_no_process_is_left_behind(outcome: Outcome) -> None:
    """Neither a worker nor what a plugin started, also not in a session of its own."""
    assert outcome.survivors == []


def test_the_store_is_intact_and_has_every_row(outcome: Outcome) -> None:
    with contextlib.closing(sqlite3.connect(outcome.results / "assay.sqlite")) as store:
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert store.execute("PRAGMA foreign_key_check").fetchall() == []
        stored = dict(store.execute('SELECT "case", status FROM measurements'))
        timed = {case for (case,) in store.execute('SELECT DISTINCT "case" FROM samples')}
    assert {row["case"]: row["status"] for row in outcome.rows.values()}.items() <= stored.items()
    assert timed == {row["case"] for row in outcome.rows.values() if row["status"] == "ok"}


MORTAL = """
import ctypes
import os
import signal
from pathlib import Path
import assay

class Mortal:
    # One id a character; a text with one of its deadly words ends its process.
    vocab_size, unk_id = 0x110000, None

    def __init__(self, *deadly):
        self.deadly = deadly

    def encode(self, text):
        if any(word in text for word in self.deadly):
            ctypes.string_at(0)
        return list(map(ord, text))

    def decode(self, ids):
        return "".join(map(chr, ids))

class Killed(Mortal):
    # Killed by somebody when it has encoded some texts: each time, or once.
    def __init__(self, mark):
        super().__init__()
        self.mark, self.calls = mark, 0

    def encode(self, text):
        self.calls += 1
        if self.calls == 5 and not (self.mark and Path(self.mark).exists()):
            Path(self.mark).touch() if self.mark else None
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode(text)

@assay.hookimpl
def assay_tokenizers():
    for name, mark in {"killed-once": "was-killed", "killed": ""}.items():
        yield assay.TokenizerPlugin(name=name, summary=name, build=lambda text, mark=mark: Killed(mark))
    for name, deadly in {"immortal": (), "dies-once": ("first",), "dies-twice": ("first", "second")}.items():
        yield assay.TokenizerPlugin(name=name, summary=name, build=lambda text, deadly=deadly: Mortal(*deadly))
"""


@pytest.fixture(scope="module")
def mortal(once: Callable[..., Path]) -> Ran:
    """A run on three texts with a plugin that dies in the first, and one that dies in the first two."""
    return Ran(**json.loads((once("mortal", mortal_run) / "told.json").read_text("utf-8")))


def mortal_run(folder: Path) -> None:
    """Run it; write down how that ended."""
    (folder / "mortal.py").write_text(MORTAL, encoding="utf-8")
    for name in ("first", "second", "third"):
        (folder / f"{name}.txt").write_text(f"the {name} text", encoding="utf-8")
    command = [
        "run",
        "--json",
        "--plugin",
        "mortal.py",
        "--tokenizers",
        "immortal,dies-once,dies-twice,killed-once,killed",
    ]
    corpora = ["--corpora", "first.txt,second.txt,third.txt", "--held-out", "0", "--attentions", "none"]
    ran = execute([sys.executable, "-m", "assay", *command, *corpora, "--budget", "0.3s"], cwd=folder)
    (folder / "told.json").write_text(json.dumps(asdict(ran)), "utf-8")


def row_of(ran: Any, plugin: str, corpus: str) -> Row:
    (row,) = (row for row in ran.json["tokenizers"] if (row["tokenizer"], row["corpus"]) == (plugin, corpus))
    return row


def test_a_dead_worker_is_started_again_for_the_next_case(mortal: Any) -> None:
    row = row_of(mortal, "dies-once", "first.txt")
    assert row["status"] == "failed"
    assert "SIGSEGV" in row["reason"]
    for corpus in ("second.txt", "third.txt"):
        row = row_of(mortal, "dies-once", corpus)
        assert (row["status"], row["tokens"]) == ("ok", len(f"the {corpus.removesuffix('.txt')} text")), row
        assert row["reason"] == "measured in a new process, after one died"
        assert row["encode_tokens_per_s"] > 0
        assert row["encode_ratio_low"] <= row["encode_ratio"] <= row["encode_ratio_high"]


def test_a_plugin_that_died_twice_is_not_started_a_third_time(mortal: Any) -> None:
    for corpus in ("first.txt", "second.txt"):
        row = row_of(mortal, "dies-twice", corpus)
        assert row["status"] == "failed"
        assert "SIGSEGV" in row["reason"]
    row = row_of(mortal, "dies-twice", "third.txt")
    assert (row["status"], row["expected"]) == ("failed", False)
    assert row["reason"] == "its process died 2 times in this run and is not started again"
    assert "--block mortal" in row["remedy"]
    assert row.keys() & SPEEDS == set()


def test_one_that_somebody_killed_is_tried_once_more_before_its_plugin_is_blamed(mortal: Any) -> None:
    for corpus in ("first.txt", "second.txt", "third.txt"):
        row = row_of(mortal, "killed-once", corpus)
        assert (row["status"], row["reason"]) == ("ok", "measured in a new process, after one died"), row
        assert row["encode_ratio_low"] <= row["encode_ratio"] <= row["encode_ratio_high"]
    for corpus in ("first.txt", "second.txt"):
        row = row_of(mortal, "killed", corpus)
        assert row["status"] == "failed"
        assert re.search(r"was killed by SIGKILL while \w+, by itself or from outside$", row["reason"]), row
    assert "died 2 times" in row_of(mortal, "killed", "third.txt")["reason"]


def test_the_deaths_of_others_cost_a_good_plugin_nothing(mortal: Any) -> None:
    rows = [row_of(mortal, "immortal", f"{name}.txt") for name in ("first", "second", "third")]
    assert [row["status"] for row in rows] == ["ok"] * 3
    assert all(row["encode_samples"] >= FEWEST_LONG for row in rows)
    assert mortal.rc == 3
