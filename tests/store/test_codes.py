"""The code of plugins in the store: as it was recorded, through resumption, copies and baselines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from assay.records.plugin_code import PluginCode
from assay.records.results import GroupResult, Measurement, Run, Status, TokenizerCase
from assay.store import baselines
from assay.store.copy import transfer
from assay.store.store import Store

RUN = Run(id="20260101-120000-abcd", started="2026-01-01", suite="s/1", command="assay run", environment={})
CASE = TokenizerCase(tokenizer="mine", corpus="c")
DIRECT = {"url": "file:///p", "dir_info": {"editable": True}}
FIRST = PluginCode(
    kind="tokenizer",
    name="mine",
    origin="p 1.0 (p)",
    source="distribution",
    recorded="2026-01-01",
    distribution="p",
    version="1.0",
    direct_url=DIRECT,
    sha256="a" * 64,
    covers="all files",
)
CORPUS = PluginCode(kind="corpus", name="c", origin="an object", source="object", recorded="2026-01-01")
SECOND = replace(FIRST, sha256="b" * 64, recorded="2026-01-02")
ROW = Measurement(case=CASE, status=Status.OK, code="a" * 64)


def test_codes_and_the_code_of_a_row_come_back_as_they_were(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.begin(RUN, [CASE], [FIRST, CORPUS])
        store.add(RUN.id, GroupResult(measurements=(ROW,)))
        outcome = store.outcome()
    assert outcome.codes == (FIRST, CORPUS)
    assert outcome.measurements == (ROW,)
    assert outcome.warnings == ()


def test_a_run_that_goes_on_keeps_what_was_recorded_and_adds_what_is_new(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.begin(RUN, [CASE], [FIRST, CORPUS])
        for _ in range(2):
            store.reopen(RUN.id, [SECOND, replace(CORPUS, recorded="2026-01-02")])
        assert store.codes(RUN.id) == (FIRST, CORPUS, SECOND)
        (warning,) = store.outcome().warnings
    assert "p 1.0 (aaaaaaaaaaaa) -> p 1.0 (bbbbbbbbbbbb): tokenizer mine" in warning


def test_a_copy_has_them_and_gets_those_that_came_later(tmp_path: Path) -> None:
    with Store(tmp_path / "a") as source, Store(tmp_path / "b") as target:
        source.begin(RUN, [CASE], [FIRST])
        transfer(source, target, RUN.id)
        source.reopen(RUN.id, [SECOND])
        source.add(RUN.id, GroupResult(measurements=(replace(ROW, code=SECOND.sha256),)))
        transfer(source, target, RUN.id)
        assert target.codes(RUN.id) == (FIRST, SECOND)
        assert target.measurements(RUN.id)[0].code == SECOND.sha256


def test_an_accepted_baseline_has_them_and_one_from_before_has_none(tmp_path: Path) -> None:
    found = baselines.read(baselines.accept(tmp_path, "one", RUN, [ROW], [FIRST, CORPUS]))
    assert (found.codes, found.measurements[0].code) == ((FIRST, CORPUS), ROW.code)
    path = baselines.path_of(tmp_path, "one")
    text = path.read_text("utf-8")
    path.write_text(text[: text.index(',\n  "plugins"')].replace(f'"code": "{ROW.code}",', "") + "\n}\n", "utf-8")
    older = baselines.read(path)
    assert (older.codes, older.measurements[0].code) == ((), None)
