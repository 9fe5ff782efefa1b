"""`assay.history`: a metric over the runs of a store, and over accepted ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import assay
from assay.records.results import GroupResult
from assay.store.baselines import accept
from assay.store.store import Store
from shown import run_of, tokenizer


def test_runs_and_baselines_are_collected_and_a_list_chooses(tmp_path: Path) -> None:
    rows = (tokenizer("gpt2"), tokenizer("a"), tokenizer("b"))
    with Store(tmp_path) as store:
        store.begin(run_of().run, [row.case for row in rows])
        store.add("r", GroupResult(measurements=rows))
    accept(tmp_path, "other", replace(run_of().run, id="q"), rows)
    found = assay.history("tokens", tokenizers=["a", "gpt2"], store=tmp_path)
    assert [(one.plugin, len(one.points)) for one in found.series] == [("gpt2", 2), ("a", 2)]
    assert repr(found).startswith("History of tokens\n2 series over 2 runs\nno lasting change found")
    with pytest.raises(assay.UnknownName, match="did you mean tokens"):
        assay.history("token", store=tmp_path)
