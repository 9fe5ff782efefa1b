"""`assay run --dry-run`: what would be done, what counting shards would take, and nothing done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.corpus.loading import load
from assay.execute.sharded.cost_estimate import CostEstimate, Pace
from assay.plugins.discovery import discover
from assay.plugins.types import CorpusPlugin
from assay.report.formats.plan import duration, size
from benchmarks.shards import make

Cli = Callable[..., Any]


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dry") / "data"
    make(folder, load(discover().one(CorpusPlugin, "the-verdict"))[0].text, 4_000_000, 4)
    return folder


@pytest.mark.long
def test_the_plan_tells_cost_here_and_on_machines_and_stores_nothing(cli: Cli, shards: Path, tmp_path: Path) -> None:
    asked = ("run", "--dry-run", "--corpora", f"the-verdict,{shards}", "--attentions", "none", "--executor", "local")
    ran = cli(*asked, "--tokenizers", "gpt2,regex", "--sample", "1%", "--json")
    assert ran.rc == 0, ran.stderr
    assert [case.split("/")[-2:] for case in ran.json["cases"]] == [
        ["all~1%", "gpt2"],
        ["all~1%", "regex"],
        ["held-out-10~1%", "gpt2"],
        ["held-out-10~1%", "regex"],
        ["shards~1%", "gpt2"],
        ["shards~1%", "regex"],
    ]
    (plan,) = ran.json["forecasts"]
    assert (plan["shards"], plan["stored"]) == (4, sum(path.stat().st_size for path in shards.iterdir()))
    assert plan["text"] == pytest.approx(3_900_000, rel=0.05)
    assert plan["documents"] == pytest.approx(1_600, rel=0.15)
    assert 0 < plan["share"] < 1
    gpt2, regex = plan["paces"]
    assert gpt2["bytes_per_s"] > 100_000
    assert regex["reason"] is None
    assert plan["wall_s"]["1"] >= plan["wall_s"]["10"] >= plan["wall_s"]["100"] > 0
    table = cli(*asked, "--tokenizers", "gpt2").stdout
    assert "tokenizer\tMB/s a core\tcore time\there\t10 machines\t100 machines" in table
    assert "all together" in table
    assert not (tmp_path / "results").exists()


@pytest.mark.long
@pytest.mark.parametrize(
    ("corpora", "said"),
    [("nowhere/*.jsonl", "there are no shards"), ("bad.jsonl", "line 1 of"), ("empty.jsonl", "have no text")],
)
def test_a_plan_that_cannot_be_made_is_refused_in_a_sentence(cli: Cli, tmp_path: Path, corpora: str, said: str) -> None:
    (tmp_path / "bad.jsonl").write_text("no json\n")
    (tmp_path / "empty.jsonl").write_text("")
    ran = cli(
        "run",
        "--dry-run",
        "--corpora",
        corpora,
        "--attentions",
        "none",
        "--tokenizers",
        "bytes",
        "--quiet",
        "--executor",
        "local",
    )
    assert said in ran.complaint


def test_a_forecast_is_the_sum_of_its_parts_and_a_shard_is_not_divided() -> None:
    plan = CostEstimate(
        corpus="x",
        shards=4,
        stored=100,
        text=1_000,
        documents=10,
        largest=0.4,
        read_s=0.001,
        words_s=0.01,
        paces=(Pace(tokenizer="a", bytes_per_s=100.0, answer_bytes=7), Pace(tokenizer="b", reason="broken")),
        share=0.5,
        workers=2,
    )
    assert plan.core_s == pytest.approx(1_000 * (0.001 + 0.5 * (0.01 + 0.01)))
    assert plan.wall_s(1) == pytest.approx(plan.core_s / 2)
    assert plan.wall_s(100) == pytest.approx(plan.core_s * 0.4)
    assert plan.answers == 28


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.2, "<1 s"), (1.5, "1.5 s"), (119, "119 s"), (120, "2 min"), (9_000, "2.5 h"), (1e9, "11,600 days")],
)
def test_times_are_told_as_people_would(seconds: float, shown: str) -> None:
    assert duration(seconds).replace("\u00a0", " ") == shown


def test_sizes_are_told_as_people_would() -> None:
    assert [size(count).replace("\u00a0", " ") for count in (12, 1_500, 2e9)] == ["12 bytes", "1.5 kB", "2 GB"]
