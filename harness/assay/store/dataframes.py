"""Results as pandas DataFrames."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, fields

import pandas as pd

from assay.errors import DamagedRun
from assay.records.display import Displayed
from assay.records.flat_rows import Cells, Fact, facts_of, row_of
from assay.records.results import AttentionCase, Measurement, Outcome, Status, TokenizerCase
from assay.store.location import RESULTS, Where
from assay.store.store import Store
from assay.store.writer import columns_of

TIDY_COLUMNS = [field.name for field in fields(Fact)]
SAMPLE_COLUMNS = ["run", "case", "operation", "sample", "loops", "wall_ns", "cpu_ns", "epoch"]
RUN_COLUMNS = ["id", "started", "finished", "state", "suite", "command"]
# What stands first in the environment of a run: the machine, then the versions; the rest follows.
MACHINE = ["processor", "gpu", "cores", "load", "platform", "python", "assay", "torch"]
# The columns that come first, the ones that `Outcome.frame` has.
TOKENIZERS = [
    *("tokenizer", "corpus", "split", "status", "tokens", "bytes_per_token", "round_trip", "characters_back"),
    *("unknown_token_rate", "vocabulary_size", "encode_mb_per_s", "encode_spread", "encode_ratio"),
    *("encode_ratio_low", "encode_ratio_high", "decode_mb_per_s", "baseline", "busy", "reason"),
]
WORKLOAD = [
    *("level", "phase", "semantics", "length", "q_length", "batch", "heads", "kv_heads", "head_width", "model_width"),
    *("dtype", "device", "threads"),
]
ATTENTIONS = [
    *("attention", *WORKLOAD, "status", "step_seconds", "step_spread", "step_ratio", "step_ratio_low"),
    *("step_ratio_high", "tokens_per_s", "error", "naive_error", "peak_bytes", "baseline", "busy", "reason"),
]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Frames(Displayed):
    """The results of one or more runs.

    `runs` has one row for each run, with its machine, versions, load and noise. `tokenizers` and `attentions` have one
    for each case, a column for each metric; those that most people want come first. `tidy` has one row for each
    case and metric, `samples` one for each raw timed sample (times in nanoseconds for `loops` calls). `outcomes`
    are the runs themselves.
    """

    runs: pd.DataFrame
    tidy: pd.DataFrame
    tokenizers: pd.DataFrame
    attentions: pd.DataFrame
    samples: pd.DataFrame
    outcomes: tuple[Outcome, ...] = ()


def results(*runs: str, store: Where = RESULTS, not_applicable: bool = False) -> Frames:
    """Read runs by id, or the newest run, from a results folder; `"all"` reads every run, and warns of damaged ones.

    Cases that a plugin does not offer are left out; with `not_applicable` they are rows too, whose status is
    `unsupported`.

    Raises `StoreError` for a folder without results and `UnknownName` for a run that is not there.
    """
    with Store(store, read_only=True) as opened:
        if runs != ("all",):
            return frames_of([opened.outcome(name) for name in runs or (None,)], not_applicable=not_applicable)
        sound: list[Outcome] = []
        for run in opened.runs():
            try:
                sound.append(opened.outcome(run.id))
            except DamagedRun as error:
                warnings.warn(f"left out: {error}", stacklevel=2)
        return frames_of(sound, not_applicable=not_applicable)


def frames_of(outcomes: Sequence[Outcome], *, not_applicable: bool = False) -> Frames:
    """Make data frames of runs."""
    tidy: list[Cells] = []
    samples: list[Cells] = []
    tokenizers: list[Cells] = []
    attentions: list[Cells] = []
    for outcome in outcomes:
        run = outcome.run
        for row in outcome.measurements:
            if row.status is Status.UNSUPPORTED and not not_applicable:
                continue
            (tokenizers if isinstance(row.case, TokenizerCase) else attentions).append(_wide(run.id, row))
            tidy += [{name: getattr(fact, name) for name in TIDY_COLUMNS} for fact in facts_of(run, row)]
            for timing in row.timings:
                key: Cells = {"run": run.id, "case": row.case.id, "operation": timing.name}
                samples += [key | {"sample": place} | columns_of(sample) for place, sample in enumerate(timing.samples)]
    return Frames(
        runs=_runs(outcomes),
        tidy=pd.DataFrame(tidy, columns=TIDY_COLUMNS),
        tokenizers=_ordered(tokenizers, TOKENIZERS),
        attentions=_ordered(attentions, ATTENTIONS),
        samples=pd.DataFrame(samples, columns=SAMPLE_COLUMNS),
        outcomes=tuple(outcomes),
    )


def frame_of(outcome: Outcome) -> pd.DataFrame:
    """Return the hand-picked columns of a run that have anything in them; of both kinds with `kind` in front."""
    frames = frames_of([outcome])
    picked = [
        frame[[name for name in columns if name in frame and frame[name].notna().any()]]
        for frame, columns in ((frames.tokenizers, TOKENIZERS), (frames.attentions, ATTENTIONS))
    ]
    filled = [(kind, frame) for kind, frame in zip(("tokenizer", "attention"), picked, strict=True) if len(frame)]
    if len(filled) < 2:
        return filled[0][1] if filled else pd.DataFrame()
    named = [frame.rename(columns={kind: "name"}).assign(kind=kind) for kind, frame in filled]
    both = pd.concat(named, ignore_index=True)
    first = ["kind", "name", "status"]
    return both[[*(name for name in first if name in both), *(name for name in both if name not in first)]]


def _wide(run: str, row: Measurement) -> Cells:
    return (workload_of(row.case) if isinstance(row.case, AttentionCase) else {}) | row_of(run, row)


def workload_of(case: AttentionCase) -> Cells:
    """Return the parts of a workload as cells; `length` is that of keys and values, `q_length` that of the queries."""
    work = case.workload
    return {
        "level": work.level,
        "phase": work.phase,
        "semantics": work.semantics.label,
        "length": work.kv_len,
        "q_length": work.q_len,
        "batch": work.batch,
        "heads": work.q_heads,
        "kv_heads": work.kv_heads,
        "head_width": work.d_qk,
        "model_width": work.d_model,
        "dtype": work.dtype,
        "device": work.device,
        "threads": work.threads,
    }


def _ordered(rows: Sequence[Cells], first: Sequence[str]) -> pd.DataFrame:
    """Make a frame with these columns first."""
    names = dict.fromkeys(name for row in rows for name in row)
    order = [*(name for name in first if name in names), *(name for name in names if name not in first)]
    return pd.DataFrame(list(rows), columns=order).convert_dtypes()


def _runs(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """Make a row for each run: what it is, how noisy it was, and where it ran."""
    rows: list[Cells] = []
    for outcome in outcomes:
        run, noise = outcome.run, outcome.noise
        row: Cells = {name: getattr(run, name) for name in RUN_COLUMNS}
        row["noise"] = None if noise is None else noise.median
        row["minimum_detectable_effect"] = None if noise is None else noise.minimum_detectable_effect
        rows.append(row | dict(run.environment))
    frame = _ordered(rows, [*RUN_COLUMNS[:-1], *MACHINE[:4], "noise", "minimum_detectable_effect", *MACHINE[4:]])
    return frame.assign(load=pd.to_numeric(frame["load"], errors="coerce")) if "load" in frame else frame
