"""`assay run` on corpora of shards: the same numbers whoever counts, what is kept, and what goes wrong."""

from __future__ import annotations

import gzip
import json
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

Cli = Callable[..., Any]
WORDS = (
    "the",
    "assay",
    "of",
    "gold",
    "and silver",
    "is",
    "told by fire",
    "said she",
    "unhurriedly",
    "naïve",
    "1893",
    ",",
)
COUNTED = re.compile("^(counted|shards_kept|restarts|run$)")
PLUGIN = '''
import os
import signal
from pathlib import Path
import assay

assay_hooks = 2

class Plain:
    """One id a character; dies, hangs or refuses where a text says so, as often as it is allowed."""
    vocab_size, unk_id = 0x110000, None
    def __init__(self, name): self.name = name
    def encode(self, text):
        if self.name == "deadly" and "said she" in text:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.name == "once" and "1893" in text and not Path(__file__).with_name("died").exists():
            Path(__file__).with_name("died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if self.name == "refusing" and "gold" in text:
            raise ValueError("no gold")
        return list(map(ord, text))
    def decode(self, ids): return "".join(map(chr, ids))

@assay.hookimpl
def assay_tokenizers():
    for name in ("plain", "deadly", "once", "refusing"):
        yield assay.TokenizerPlugin(name=name, summary=name, build=lambda text, name=name: Plain(name), pretrained=True)
'''

ENDS = """
import assay, os

class Ends:
    vocab_size, unk_id = 256, None

    def encode(self, text):
        os._exit(0)

    def decode(self, ids):
        return ""

@assay.hookimpl
def assay_tokenizers():
    yield assay.TokenizerPlugin(name="ends", summary="", build=lambda text: Ends())
"""


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """Six shards of JSON Lines, one of them compressed."""
    chance = random.Random(5)
    folder = tmp_path / "data"
    folder.mkdir()
    for number in range(6):
        texts = (" ".join(chance.choices(WORDS, k=chance.randint(5, 80))) for _ in range(40))
        content = "".join(json.dumps({"text": text}) + "\n" for text in texts).encode()
        if number == 3:
            (folder / f"{number}.jsonl.gz").write_bytes(gzip.compress(content))
        else:
            (folder / f"{number}.jsonl").write_bytes(content)
    (tmp_path / "mine.py").write_text(PLUGIN)
    return folder


@pytest.fixture
def run(cli: Cli, shards: Path, tmp_path: Path) -> Callable[..., Any]:
    """Count the shards, keeping counts in the test's own folder."""

    def call(*arguments: str, tokenizers: str = "gpt2,regex-unk", **options: Any) -> Any:
        asked = ("--corpora", "data", "--attentions", "none", "--tokenizers", tokenizers, "--json")
        return cli("run", *asked, "--executor", "local", *arguments, env={"ASSAY_CACHE": tmp_path / "cache"}, **options)

    return call


def exact(ran: Any) -> dict[str, dict[str, Any]]:
    """The rows by tokenizer, without what tells how they were counted."""
    return {
        row["tokenizer"]: {name: value for name, value in row.items() if not COUNTED.match(name) and name != "reason"}
        for row in ran.json["tokenizers"]
    }


def rows(ran: Any) -> dict[str, dict[str, Any]]:
    return {row["tokenizer"]: row for row in ran.json["tokenizers"]}


@pytest.mark.long
def test_every_executor_comes_to_the_same_figures(run: Callable[..., Any]) -> None:
    here = run("--executor", "local", "--fresh")
    spread = run("--executor", "processes", "--workers", "2", "--fresh")
    assert (here.rc, spread.rc) == (0, 0), (here.stderr, spread.stderr)
    assert exact(here) == exact(spread)
    row = rows(spread)["gpt2"]
    assert (row["status"], row["split"], row["documents"], row["shards"]) == ("ok", "shards", 240, 6)
    assert row["counted_by"] == "processes (2 processes)"
    assert row["counted_on"]
    assert re.fullmatch("[0-9a-f]{64}", row["ids_sum"])
    assert "encode_mb_per_s" not in row, "counts are spread, clocks are not"


@pytest.mark.long
def test_dask_comes_to_the_same_figures(run: Callable[..., Any]) -> None:
    here = run("--executor", "local", "--fresh")
    spread = run("--executor", "dask", "--workers", "2", "--fresh")
    assert spread.rc == 0, spread.stderr
    assert exact(here) == exact(spread)
    assert rows(spread)["gpt2"]["counted_by"] == "dask (2 local workers)"
    assert "Traceback" not in spread.stderr


@pytest.mark.long
def test_a_second_run_counts_only_what_is_new(run: Callable[..., Any], shards: Path) -> None:
    first = run()
    again = run(tokenizers="gpt2,regex-unk,bytes")
    assert exact(again).items() >= exact(first).items()
    assert {name: row["shards_kept"] for name, row in rows(again).items()} == {"gpt2": 6, "regex-unk": 6, "bytes": 0}
    assert rows(again)["gpt2"]["counted_cpu_seconds"] == 0.0
    (shards / "5.jsonl").write_text(json.dumps({"text": "something else"}) + "\n")
    changed = run()
    assert {row["shards_kept"] for row in rows(changed).values()} == {5}
    assert rows(changed)["gpt2"]["documents"] == 201
    assert {row["shards_kept"] for row in rows(run("--fresh")).values()} == {0}


@pytest.mark.long
def test_a_tokenizer_that_kills_its_worker_costs_its_own_row(run: Callable[..., Any], shards: Path) -> None:
    for number in (1, 2, 4, 5):
        (shards / f"{number}.jsonl").unlink()
    ran = run("--executor", "processes", "--plugin", "mine.py", tokenizers="gpt2,deadly,refusing,once,plain")
    found = rows(ran)
    assert ran.rc == 3
    assert {name: row["status"] for name, row in found.items()} == {
        "gpt2": "ok",
        "plain": "ok",
        "once": "ok",
        "deadly": "failed",
        "refusing": "failed",
    }
    assert re.search(r"\d\.jsonl.*its worker died 3 times, at last it was killed by SIGKILL", found["deadly"]["reason"])
    assert re.search(r"\d\.jsonl.*ValueError: no gold", found["refusing"]["reason"])
    assert "started again, after its worker died" in found["once"]["reason"]
    assert {row["ids_sum"] for name, row in found.items() if name in ("plain", "once")} == {found["plain"]["ids_sum"]}


def test_a_closed_vocabulary_fails_as_announced(run: Callable[..., Any]) -> None:
    ran = run(tokenizers="regex,bytes")
    assert ran.rc == 0
    assert (rows(ran)["regex"]["status"], rows(ran)["regex"]["expected"]) == ("failed", True)
    assert re.search(r"0\.jsonl: the word '\w+' is not in the vocabulary", rows(ran)["regex"]["reason"])


def test_one_shard_that_cannot_be_read_fails_every_row_by_name(run: Callable[..., Any], shards: Path) -> None:
    (shards / "2.jsonl").write_text("no json\n")
    ran = run()
    assert ran.rc == 3
    assert {row["status"] for row in rows(ran).values()} == {"failed"}
    assert "line 1 of" in rows(ran)["gpt2"]["reason"]
    assert "2.jsonl is not valid JSON" in rows(ran)["gpt2"]["reason"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--executor", "proceses"), "did you mean processes"),
        (("--corpora", "nowhere/*.jsonl"), "no file's name fits it"),
        (("--workers", "0"), "--workers"),
    ],
)
def test_bad_options_are_refused_in_one_line(run: Callable[..., Any], arguments: tuple[str, ...], said: str) -> None:
    assert said in run(*arguments).complaint


def test_an_executor_that_cannot_begin_ends_the_run_in_one_sentence(run: Callable[..., Any], cli: Cli) -> None:
    ran = run("--executor", "local", "--workers", "2", "--quiet")
    assert "the executor local works alone, in this process (give --executor processes" in ran.complaint
    (kept,) = cli("show", "--runs", "--json").json["runs"]
    assert kept["state"] == "failed"


@pytest.mark.long
def test_plain_text_is_timed_unless_an_executor_is_asked_for(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text("A short book. " * 50)
    asked = (
        "run",
        "--corpora",
        "book.txt",
        "--attentions",
        "none",
        "--tokenizers",
        "bytes",
        "--json",
        "--held-out",
        "0",
    )
    (timed,) = cli(*asked, "--budget", "0.1s").json["tokenizers"]
    (counted,) = cli(*asked, "--executor", "local", env={"ASSAY_CACHE": tmp_path / "cache"}).json["tokenizers"]
    assert (timed["split"], counted["split"]) == ("all", "shards")
    assert timed["encode_mb_per_s"] > 0
    assert timed["tokens"] == counted["tokens"] == 700


@pytest.mark.long
def test_a_check_of_shards_is_refused(cli: Cli, shards: Path) -> None:
    asked = ("--corpora", "data/*.jsonl", "--tokenizers", "bytes", "--attentions", "none", "--quiet")
    ran = cli("check", "--baseline", f"env:{sys.prefix}", *asked)
    assert "data/*.jsonl can only be counted shard by shard (give a text file" in ran.complaint


def test_the_field_is_named_where_it_is_another(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"content": "some words", "id": 1}\n')
    asked = ("run", "--corpora", "a.jsonl", "--executor", "local", "--attentions", "none", "--tokenizers", "bytes")
    env = {"ASSAY_CACHE": tmp_path / "cache"}
    assert "name one of content with --field" in cli(*asked, "--json", env=env).json["tokenizers"][0]["remedy"]
    assert cli(*asked, "--field", "content", "--json", env=env).json["tokenizers"][0]["tokens"] == 10


def test_shards_without_documents_are_no_measurement(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("\n")
    asked = ("run", "--corpora", "a.jsonl", "--executor", "local", "--attentions", "none", "--tokenizers", "bytes")
    ran = cli(*asked, "--json", env={"ASSAY_CACHE": tmp_path / "cache"})
    assert (ran.rc, ran.json["tokenizers"][0]["reason"]) == (3, "the shards have no documents")


def test_tables_show_what_a_shard_row_has_and_who_counted_it(cli: Cli, shards: Path, tmp_path: Path) -> None:
    asked = ("run", "--corpora", "data/*.jsonl", "--attentions", "none", "--tokenizers", "bytes", "--report", "r.md")
    ran = cli(*asked, env={"ASSAY_CACHE": tmp_path / "cache"})
    assert ran.rc == 0
    assert "data/*.jsonl/shards\tbytes\t200\t256\t" in ran.stdout
    report = (tmp_path / "r.md").read_text("utf-8")
    assert re.search(r"5 shards, 0\.\d MB .*counted and not timed, by local \(in one process\) on \w+", report)
    cli(*asked, env={"ASSAY_CACHE": tmp_path / "cache"})
    assert "on no machine; kept from before: bytes 5" in (tmp_path / "r.md").read_text("utf-8")


@pytest.mark.long
def test_own_files_are_timed_and_what_was_read_is_in_the_record(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for number in range(4):
        (tmp_path / "mine" / f"{number}.py").write_text(f"x{number} = 'the assay of gold'\n" * (20 + number))
    (tmp_path / "mine" / "a.txt").write_text("text")
    (tmp_path / "b, c.jsonl").write_text('{"body": "one two"}\n{"body": null}\n{"body": "three four"}\n')
    asked = ("--corpora", r"mine,b\, c.jsonl", "--include", "*.py", "--field", "body", "--held-out", "10%")
    ran = cli("run", *asked, "--tokenizers", "bytes", "--attentions", "none", "--budget", "0.1", "--json")
    assert ran.rc == 0, ran.stderr
    told = "5 files, 4 read (.py); 1 left out: .txt"
    assert f"assay: note: mine#include=*.py: {told}\n" in ran.stderr
    share = "held out: 23 % of the bytes, where 10 % was asked for"
    assert f"tokenizer/mine#include=*.py/held-out-10: {share}\n" in ran.stderr
    found = {(row["corpus"], row["split"]): row for row in ran.json["tokenizers"]}
    row = found["mine#include=*.py", "held-out-10"]
    assert (row["corpus_notes"], row["documents"]) == (told, 1)
    assert row["held_out_share"] == pytest.approx(0.23, abs=0.005)
    assert row["encode_mb_per_s"] > 0
    rows = found["b, c.jsonl#field=body", "all"]
    assert (rows["documents"], rows["corpus_notes"]) == (2, "1 empty or null text passed over")
    page = cli("show", "--as", "markdown").stdout
    assert f"the corpus: {told}" in page
    assert share in page
    assert cli("report", "-o", "r.html").rc == 0
    html = (tmp_path / "r.html").read_text("utf-8")
    assert f"<p>mine#include=*.py/held-out-10, {share}.</p>" in html


def test_empty_and_null_documents_are_passed_over_and_told(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "one"}\n{"text": ""}\n{"text": null}\n')
    asked = ("run", "--corpora", "a.jsonl", "--executor", "local", "--attentions", "none", "--tokenizers", "bytes")
    (row,) = cli(*asked, "--json", env={"ASSAY_CACHE": tmp_path / "cache"}).json["tokenizers"]
    assert (row["documents"], row["passed_over"]) == (1, 2)
    assert row["reason"] == "2 empty or null document(s) were passed over"


@pytest.mark.long
def test_ctrl_c_ends_every_worker_and_the_rest_is_counted_later(
    child_environment: Callable[..., dict[str, str]], cli: Cli, shards: Path, tmp_path: Path
) -> None:
    env = child_environment({"ASSAY_CACHE": tmp_path / "cache"})
    (tmp_path / "slow.py").write_text(
        PLUGIN.replace('if self.name == "deadly"', "import time; time.sleep(0.05)\n        if 0")
    )
    asked = ("--corpora", "data", "--attentions", "none", "--plugin", "slow.py", "--tokenizers", "plain")
    command = [sys.executable, "-m", "assay", "run", *asked, "--executor", "processes", "--workers", "2"]
    with subprocess.Popen(command, cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True) as host:
        kept = tmp_path / "cache" / "counts"
        deadline = time.monotonic() + 60
        while not list(kept.rglob("*.gz")) and time.monotonic() < deadline:
            time.sleep(0.05)
        (command_itself,) = psutil.Process(host.pid).children()
        workers = command_itself.children()
        host.send_signal(signal.SIGINT)
        _, said = host.communicate(timeout=30)
    assert host.returncode == 130
    assert "go on with `assay run --resume" in said
    assert len(workers) == 2
    assert not any(worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE for worker in workers)
    run = re.search(r"--resume (\S+)`", said)
    assert run is not None
    ran = cli("run", "--resume", run[1], "--json", env={"ASSAY_CACHE": tmp_path / "cache"})
    assert 1 <= rows(ran)["plain"]["shards_kept"] < 6


@pytest.mark.long
def test_local_counts_the_tokenizers_of_third_parties_in_another_process(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "some words", "id": 1}\n')
    (tmp_path / "ends.py").write_text(ENDS)
    asked = ("run", "--corpora", "a.jsonl", "--attentions", "none", "--tokenizers", "bytes,ends", "--json", "--plugin")
    ran = cli(*asked, "ends.py", "--executor", "local", env={"ASSAY_CACHE": tmp_path / "cache"})
    good, ended = sorted(ran.json["tokenizers"], key=lambda row: str(row["tokenizer"]))
    assert (good["status"], ended["status"], ran.rc) == ("ok", "failed", 3)
    assert "its worker died 3 times, at last it exited with code 0" in ended["reason"]
