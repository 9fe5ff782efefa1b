"""Results as pandas DataFrames."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, fields

import pandas as pd

from assay.errors import DamagedRun
from assay.records.flat_rows import Cells, Fact, facts_of, row_of
from assay.records.results import AttentionCase, Measurement, Run, TokenizerCase
from assay.store.location import RESULTS, Where
from assay.store.store import Store
from assay.store.writer import columns_of

TIDY_COLUMNS = [field.name for field in fields(Fact)]
SAMPLE_COLUMNS = ["run", "case", "operation", "sample", "loops", "wall_ns", "cpu_ns", "epoch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """The results of one or more runs.

    `tidy` has one row for each case and metric; `tokenizers` and `attentions` one for each case, a column
    for each metric; `samples` one for each raw timed reading (times in nanoseconds for `loops` calls).
    """

    runs: pd.DataFrame
    tidy: pd.DataFrame
    tokenizers: pd.DataFrame
    attentions: pd.DataFrame
    samples: pd.DataFrame


def results(*runs: str, store: Where = RESULTS) -> Frames:
    """Read runs by id, or the newest run, from a results folder; `"all"` reads every run, and warns of damaged ones.

    Raises `StoreError` for a folder without results and `UnknownName` for a run that is not there.
    """
    with Store(store, read_only=True) as opened:
        if runs != ("all",):
            chosen = tuple(map(opened.run, runs or (None,)))
            return _frames(chosen, [(run, row) for run in chosen for row in opened.measurements(run.id)])
        sound: list[Run] = []
        rows: list[tuple[Run, Measurement]] = []
        for run in opened.runs():
            try:
                rows += [(run, row) for row in opened.measurements(run.id)]
            except DamagedRun as error:
                warnings.warn(f"left out: {error}", stacklevel=2)
            else:
                sound.append(run)
        return _frames(sound, rows)


def _frames(runs: Sequence[Run], rows: Sequence[tuple[Run, Measurement]]) -> Frames:
    tidy: list[Cells] = []
    samples: list[Cells] = []
    for run, row in rows:
        tidy += [{name: getattr(fact, name) for name in TIDY_COLUMNS} for fact in facts_of(run, row)]
        for timing in row.timings:
            key: Cells = {"run": run.id, "case": row.case.id, "operation": timing.name}
            samples += [key | {"sample": number} | columns_of(sample) for number, sample in enumerate(timing.samples)]
    head = ["id", "started", "finished", "state", "suite", "command"]
    wide = [(row.case, row_of(run.id, row)) for run, row in rows]
    return Frames(
        runs=pd.DataFrame([{name: getattr(run, name) for name in head} for run in runs], columns=head),
        tidy=pd.DataFrame(tidy, columns=TIDY_COLUMNS),
        tokenizers=pd.DataFrame([cells for case, cells in wide if isinstance(case, TokenizerCase)]).convert_dtypes(),
        attentions=pd.DataFrame([cells for case, cells in wide if isinstance(case, AttentionCase)]).convert_dtypes(),
        samples=pd.DataFrame(samples, columns=SAMPLE_COLUMNS),
    )
