"""Ids that a tokenizer claims, held to those that the process of the other tokenizer gives.

Each tokenizer compares its ids with the other one's in its own process, where it could reach both. The ids that two
processes give are compared by the host, out of its reach.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from assay.execute.case_run import CaseRun
from assay.execute.worker.requests import EncodeTexts, NameSpecials, Unload
from assay.records.results import TokenizerCase
from assay.records.text import quoted
from assay.tokenizer.fuzzing import strings

STRINGS = 4_000
REMEDY = "fix it, or drop the claim same_ids_as"


def compare_claims(
    runs: Sequence[CaseRun], started: Callable[[TokenizerCase, int | None], CaseRun | None], seed: int
) -> None:
    """Fail those whose ids are not the claimed ones, on the documents and on fuzz strings that follow from the seed.

    `started` checks a case that is not among the runs, and returns None where it cannot be.
    """
    others: dict[str, CaseRun | None] = {run.case.plugin: run for run in runs}
    for run in runs:
        name = run.predicted.get("same_ids_as")
        if run.ended is not None or not isinstance(run.case, TokenizerCase) or not isinstance(name, str):
            continue
        if name not in others:
            others[name] = started(replace(run.case, tokenizer=name), run.documents)
        reference = others[name]
        if reference is not None and reference.ended is None:
            _compare(run, reference, name, seed)
    for reference in others.values():
        if reference is not None and reference not in runs:
            reference.ask(Unload())


def _compare(run: CaseRun, reference: CaseRun, name: str, seed: int) -> None:
    what = None
    if run.metrics.get("ids_sha256") != reference.metrics.get("ids_sha256"):
        what = "the documents"
    else:
        names = dict.fromkeys([*(run.ask(NameSpecials()) or ()), *(reference.ask(NameSpecials()) or ())])
        texts = tuple(strings(STRINGS, seed, tuple(names)))
        ours, theirs = run.ask(EncodeTexts(texts=texts)), reference.ask(EncodeTexts(texts=texts))
        if ours is not None and theirs is not None:
            differing = (text for text, a, b in zip(texts, ours, theirs, strict=True) if a != b)
            text = next(differing, None)
            what = None if text is None else f"the fuzz string {quoted(text)}"
    if what is not None and run.ended is None:
        run.fail(f"it claims the ids of {name}, but in a process of its own {name} gives others for {what}", REMEDY)
