"""The benchmark of counting at scale, on shards of some hundred kilobytes."""

from __future__ import annotations

import json
import random
from itertools import islice
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay.corpus.loading import load
from assay.plugins.discovery import discover
from assay.plugins.types import CorpusPlugin
from benchmarks import scale, shards, worked

TEXT = load(discover().one(CorpusPlugin, "the-verdict"))[0].text


def test_shards_are_the_same_for_a_seed_and_of_the_size_that_was_asked_for(tmp_path: Path) -> None:
    shards.make(tmp_path / "a", TEXT, 300_000, 3)
    shards.make(tmp_path / "b", TEXT, 300_000, 3)
    shards.make(tmp_path / "c", TEXT, 300_000, 3, seed=1)
    a, b, c = ([path.read_bytes() for path in sorted((tmp_path / name).iterdir())] for name in "abc")
    assert a == b != c
    assert 250_000 < sum(map(len, a)) <= 300_000
    assert len({*a}) == 3
    assert all(json.loads(line)["text"] for line in a[0].splitlines())


def test_documents_are_passages_of_many_lengths() -> None:
    found = list(islice(shards.documents(TEXT, random.Random(1)), 200))
    assert all(document in TEXT for document in found)
    lengths = sorted(map(len, found))
    assert lengths[20] < 1_000 < lengths[100] < 3_000 < lengths[190]


@pytest.mark.long
def test_the_steps_print_tables_and_write_what_they_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale, "BUILT_IN", "gpt2,bytes")
    shards.make(tmp_path / "data", TEXT, 200_000, 2)
    asked = [
        str(tmp_path / "data"),
        "--out",
        str(tmp_path / "found.json"),
        "--repeats",
        "1",
        "--draws",
        "3",
        "--width",
        "0.2",
    ]
    ran = CliRunner().invoke(
        scale.main, [*asked, "--step", "plain", "--step", "equal", "--step", "sample", "--step", "costs"]
    )
    assert ran.exit_code == 0, ran.output
    assert ran.output.count("### ") == 5
    found = json.loads((tmp_path / "found.json").read_text("utf-8"))
    assert [run["executor"] for run in found["equal"]] == ["local", "processes", "dask"]
    assert all(10e6 < run["peak_bytes"] < 400e6 for run in found["equal"])
    assert found["sample"]["draws"] == 3
    assert found["corpus"]["shards"] == 2


def test_a_worked_plan_is_what_its_parts_come_to() -> None:
    paces = [{"tokenizer": name, "bytes_per_s": 1e6, "answer_bytes": 1_000} for name in worked.BPE]
    plan = worked.worked({"paces": paces, "read_s": 1e-8, "words_s": 1e-7}, bytes_per_token=4.0, merge_s=0.1)
    assert plan.text == 60e12
    assert plan.shards == 60_000
    assert plan.core_hours == pytest.approx(60e12 * (1e-8 + 1e-7 + 10e-6) / 3_600)
    assert plan.hours[100] == pytest.approx(plan.core_hours / 1_600)
    assert plan.answers == pytest.approx(60_000 * 10 * 1_000)
    assert plan.host_hours == pytest.approx(60_000 * 10 * 0.1 / 3_600)
    assert 0 < worked.merge_s(1_000) < 1
