"""Run the red team: `make redteam`, or `PYTHONPATH=tests python -m redteam [NAMES]` for some of it."""

from __future__ import annotations

import math
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import assay
from redteam import table
from redteam.case import Case
from redteam.tokenizers import table as tokenizers_table

CASES = table.CASES + tokenizers_table.CASES
PLUGINS, TOKENIZERS = (Path(__file__).parent / name for name in ("plugins.py", "tokenizers/plugins.py"))
BASELINES = ("right", "right-torch", "right-decoder", "tokens-right")
RATIOS, SPEEDS = ("step_ratio", "encode_ratio"), ("tokens_per_s", "encode_tokens_per_s")
LEAST_RATIO = 0.8  # what is faster than this against what is right is not harmless
BUDGET_S, EACH_S, TOKENIZER_S, LONG_S = 1.0, 0.15, 0.08, 6.0
LONG = "s8192"
MOST_AT_ONCE = 24
TIMEOUT_S = 100.0
AGAIN_S, AGAIN_EPOCHS = 3.0, 8


def main(arguments: Sequence[str]) -> int:
    """Run the cases whose plugins have one of some names or patterns; return 1 where something is not as it must be."""
    chosen = [case for case in CASES if not arguments or any(fnmatch(case.plugin, name) for name in arguments)]
    complaints: dict[bool, list[str]] = {True: [], False: []}
    shared, started = runs(chosen), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="redteam-") as results:
        for number, cases in enumerate(shared, 1):
            _tell(f"run {number} of {len(shared)}, {len(cases)} plugins on {cases[0].on}")
            for case, complaint in judged(cases, results):
                # One epoch has one judged answer, which a cheat in some of the calls may escape; and a busy machine may
                # have stretched what a harmless one is compared with.
                if complaint and case.planted:
                    ((_, complaint),) = judged([case], results, budget_s=AGAIN_S, epochs=AGAIN_EPOCHS)
                if complaint:
                    complaints[case.planted].append(complaint)
                    print(f"{case.plugin} on {case.on}: {complaint}", flush=True)
    planted = sum(case.planted for case in chosen)
    _tell(f"done after {time.monotonic() - started:.0f} s")
    print(
        f"{planted - len(complaints[True])} of {planted} refused,"
        f" {len(chosen) - planted - len(complaints[False])} of {len(chosen) - planted} accepted"
    )
    return 1 if any(complaints.values()) else 0


def runs(cases: Sequence[Case]) -> list[Sequence[Case]]:
    """Share cases out among runs of one workload, with so many plugins at most: all have a process at once."""
    shared: list[Sequence[Case]] = []
    for workload in dict.fromkeys(case.on for case in cases):
        group = [case for case in cases if case.on == workload]
        number = math.ceil(len(group) / MOST_AT_ONCE)
        shared += [group[first::number] for first in range(number)]
    return shared


def judged(
    cases: Sequence[Case], results: str, *, budget_s: float | None = None, epochs: int = 1
) -> Iterator[tuple[Case, str]]:
    """Run the cases of one workload; yield each with what is not as it must be, or nothing."""
    each_s = TOKENIZER_S if cases[0].tokenizer else EACH_S
    usual = LONG_S if LONG in cases[0].on else BUDGET_S + each_s * len(cases)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of noise, which is not the point
        outcome = assay.run(
            results=results,
            plugins=[TOKENIZERS if cases[0].tokenizer else PLUGINS],
            baselines=BASELINES,
            budget_s=usual if budget_s is None else budget_s,
            epochs=epochs,
            timeout_s=TIMEOUT_S,
            **_asked(cases),
        )
    rows = {row.case.plugin: row for row in outcome.measurements}
    for case in cases:
        row = rows.get(case.plugin)
        yield case, "it was not found" if row is None else complaint(case, row)


def _asked(cases: Sequence[Case]) -> dict[str, Any]:
    """Return the options of a run that say what is measured: the cases, and what is right on the same."""
    first, names = cases[0], ",".join(dict.fromkeys([*(case.plugin for case in cases), _baseline(cases[0])]))
    if first.tokenizer:
        return {"load": "corpora", "attentions": "none", "tokenizers": names, "corpora": first.on, "held_out": 0.0}
    return {"load": "none", "tokenizers": "none", "corpora": "none", "attentions": names, "workloads": [first.on]}


def complaint(case: Case, row: assay.Measurement) -> str:
    """Return what is not as it must be, or nothing."""
    if row.status is assay.Status.FAILED and case.checks:
        reason = row.reason or ""
        right = any(_meant(check, reason) for check in case.checks) and not any(map(row.value, SPEEDS))
        return "" if right else f"must be refused by {_either(case)}, and the row says: failed, {reason}"
    if row.status is not assay.Status.OK:
        return f"must be {'refused' if case.checks else 'accepted'}, and the row says: {row.status}, {row.reason}"
    speed = f"ok, in {_ratio(row):.2f} of the time of what is right"
    if case.checks:
        harmless = case.harmless and _ratio(row) >= LEAST_RATIO
        return "" if harmless else f"must be refused by {_either(case)}, and the row says: {speed}"
    return "" if case.told is None else _untold(case, row)


def _meant(check: str, reason: str) -> bool:
    """Whether a reason begins with a check, or has in it what follows three dots."""
    return reason.startswith(check) or (check.startswith("...") and check[3:] in reason)


def _untold(case: Case, row: assay.Measurement) -> str:
    """Return what the row does not say."""
    assert case.told is not None
    metric, words, least = case.told.metric, case.told.words, case.told.least
    value = row.value(metric)
    if isinstance(value, str) and words in value:
        return ""
    if isinstance(value, int | float) and not words and value >= least:
        return ""
    wanted = f"with {words!r} in it" if words else f"of at least {least:,.0f}"
    return f"must say {metric} {wanted}, and the row says: {metric} {value}"


def _either(case: Case) -> str:
    return " or ".join(repr(check) for check in case.checks) + (", or be no faster" if case.harmless else "")


def _ratio(row: assay.Measurement) -> float:
    value = next(filter(None, map(row.value, RATIOS)), 1.0)
    return float(value)


def _baseline(case: Case) -> str:
    """Return what is right on the workload of a case."""
    right = [other.plugin for other in CASES if other.on == case.on and not other.planted]
    return next(name for name in BASELINES if name in right)


def _tell(text: str) -> None:
    print(f"red team: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
