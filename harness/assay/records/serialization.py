"""Cases as JSON and back, as the store has them, and what documents have of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from assay.records.results import AttentionCase, Case, Run, TokenizerCase
from assay.records.semantics import Semantics
from assay.records.workload import TextSource, Workload


def case_to_json(case: Case) -> str:
    """Write a case; its kind stands beside its parameters."""
    return json.dumps({"kind": kind_of(case)} | asdict(case))


def case_from_json(text: str) -> Case:
    """Read a case."""
    parameters: dict[str, Any] = json.loads(text)
    if parameters.pop("kind") == "tokenizer":
        return TokenizerCase(**parameters)
    workload = parameters["workload"]
    workload["semantics"] = Semantics(**workload["semantics"])
    if workload["source"] is not None:
        workload["source"] = TextSource(**workload["source"])
    return AttentionCase(attention=parameters["attention"], workload=Workload(**workload))


def kind_of(case: Case) -> str:
    """Name the kind of a case as the store does."""
    return "attention" if isinstance(case, AttentionCase) else "tokenizer"


def subject_of(case: Case) -> Mapping[str, str | None]:
    """Name what a case is measured on, as the store does: corpus and split, or workload and the corpus of its text."""
    if isinstance(case, TokenizerCase):
        return {"corpus": case.corpus, "split": case.split, "workload": None}
    source = case.workload.source
    return {"corpus": None if source is None else source.corpus, "split": None, "workload": case.workload.id}


def public_fields(run: Run) -> dict[str, object]:
    """Return the fields of a run for documents, which go to others: all but the process, which names the machine."""
    fields = {name: value for name, value in asdict(run).items() if name != "process"}
    return fields | {"environment": dict(run.environment)}
