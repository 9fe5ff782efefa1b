"""Every planted fault is refused by the check for it, and by no other."""

from __future__ import annotations

from pathlib import Path

import pytest

import assay
from assay.testkit import Examination, Finding, context, workloads
from assay.testkit import shrinking as trying
from assay.testkit.registry import checks
from assay.testkit.rules import tokenizer_protocols as abilities
from faulty import FAULTS, GOOD, Fault, plugin


@pytest.fixture(autouse=True)
def _fewer_strings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault that is planted is found by few."""
    monkeypatch.setattr(context, "STRINGS", 150)
    monkeypatch.setattr(trying, "DRAWN", 40)
    monkeypatch.setattr(workloads, "LONG", ())
    monkeypatch.setattr(abilities, "TOGETHER_S", 0.02)


LIGHT = next(check for check in checks("corpus") if check.name == "loads-light").finding("ok", None)


def findings(folder: Path, kind: str, source: str, *known: Finding) -> dict[str, Finding]:
    file = folder / "mine.py"
    file.write_text(source, "utf-8")
    host = assay.discover([file], load="assay:plain")
    assert host.failures == ()
    return {finding.check: finding for finding in Examination(host, kind, "mine", known).findings()}


@pytest.mark.long
@pytest.mark.parametrize("kind", GOOD)
def test_a_good_plugin_conforms(tmp_path: Path, kind: str) -> None:
    found = findings(tmp_path, kind, plugin(kind))
    assert [str(finding) for finding in found.values() if finding.status == "failed"] == []
    assert sum(finding.status == "ok" for finding in found.values()) >= 8


@pytest.mark.long
def test_a_corpus_without_a_sha256_is_told_which_it_has(tmp_path: Path) -> None:
    declared = findings(tmp_path, "corpus", plugin("corpus"))["sha256"]
    found = findings(tmp_path, "corpus", plugin("corpus", fields="sha256=None"))["sha256"]
    assert (declared.status, found.status) == ("ok", "skipped")
    assert f"that of its documents is {declared.reason}" in str(found.reason)


@pytest.mark.long
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_refused_by_the_check_for_it(tmp_path: Path, fault: Fault) -> None:
    # What an import loads is asked of a process: only where that is the fault.
    found = findings(tmp_path, fault.kind, fault.source, *([] if fault.check == LIGHT.check else [LIGHT]))
    assert [str(finding) for finding in found.values() if finding.status == "failed"] == [str(found[fault.check])]
    refusal = found[fault.check]
    assert fault.words in str(refusal.reason)
    assert refusal.remedy
    assert all(finding.reason for finding in found.values() if finding.status == "skipped")
