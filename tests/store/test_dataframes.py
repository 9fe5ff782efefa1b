"""Data frames of runs: hand-picked columns first, and without what is not applicable."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import assay
from assay.records.results import GroupResult
from assay.store.dataframes import frames_of
from assay.store.store import Store
from shown import ATTENTIONS, TOKENIZERS, attention, failed, not_applicable, run_of, tokenizer


def test_the_columns_that_most_people_want_come_first() -> None:
    frames = frames_of([run_of(tokenizer("gpt2", fertility=1.0), attention("sdpa"))])
    assert list(frames.tokenizers)[:6] == ["tokenizer", "corpus", "split", "status", "tokens", "bytes_per_token"]
    assert "fertility" in frames.tokenizers
    assert frames.attentions.iloc[0][:14].to_dict() == {
        "attention": "sdpa",
        "level": "core",
        "phase": "fwd",
        "semantics": "full",
        "length": 128,
        "q_length": 128,
        "batch": 1,
        "heads": 1,
        "kv_heads": 1,
        "head_width": 64,
        "model_width": 64,
        "dtype": "f32",
        "device": "cpu",
        "threads": 1,
    }


def test_a_run_has_its_machine_versions_load_and_noise() -> None:
    (row,) = frames_of([TOKENIZERS]).runs.to_dict("records")
    assert (row["id"], row["processor"], row["cores"], row["load"]) == ("r", "One", "2", 0.31)
    assert (row["python"], row["assay"], row["noise"]) == ("CPython 3.11.1", "0.2.0", 0.006)
    assert row["minimum_detectable_effect"] == 0.026


def test_what_is_not_applicable_is_asked_for(tmp_path: Path) -> None:
    rows = (attention("sdpa"), not_applicable("other"))
    with Store(tmp_path) as store:
        store.begin(run_of().run, [row.case for row in rows])
        store.add("r", GroupResult(measurements=rows))
    assert list(assay.results(store=tmp_path).attentions["attention"]) == ["sdpa"]
    everything = assay.results(store=tmp_path, not_applicable=True)
    assert list(everything.attentions["status"]) == ["ok", "unsupported"]
    assert [outcome.run.id for outcome in everything.outcomes] == ["r"]


def test_the_frame_of_a_run_has_what_was_compared() -> None:
    frame = TOKENIZERS.frame
    assert list(frame["tokenizer"]) == ["gpt2", "fast", "mine"]
    assert "run" not in frame
    assert frame.notna().any().all()
    assert list(ATTENTIONS.frame["attention"]) == ["sdpa", "naive"] * 2
    assert run_of().frame.empty


def test_the_frame_of_both_kinds_tells_them_apart() -> None:
    frame = run_of(tokenizer("gpt2"), failed("mine", "it broke"), attention("sdpa")).frame
    assert list(frame)[:3] == ["kind", "name", "status"]
    assert frame[["kind", "name"]].to_numpy().tolist() == [
        ["tokenizer", "gpt2"],
        ["tokenizer", "mine"],
        ["attention", "sdpa"],
    ]
    assert pd.isna(frame["length"].iloc[0])


def test_no_run_makes_empty_frames() -> None:
    frames = frames_of([])
    assert (len(frames.runs), len(frames.tokenizers), len(frames.tidy)) == (0, 0, 0)
