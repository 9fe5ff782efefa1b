"""Exact metrics: what carries no noise is compared without statistics, and first.

Every metric that the catalogue calls exact counts, also where only one side has it: counts, digests, FLOPs, what a step
dispatched. Four points are decided here.

- How thoroughly a row was checked (`fuzz_strings`, `checked_queries`, `properties`) depends on the harness, not on the
  code under test; where a check finds something the row fails by itself. They do not count.
- The errors against the float64 reference are not exact in the catalogue: another release of torch may round
  otherwise. The oracle checks their limit, and a comparison needs no more.
- Shares and means are floats made from exact counts; another Python or numpy may round the last bit of a logarithm.
  They are equal within 1 part in 10^9, far below what one token more or less makes of a billion.
- `dispatched` lists names by when they first ran; only which ran is compared.

A metric that a plugin brings counts like the others where both sides have it, and is announced as exact. Where only one
side has it, the other lacks the plugin, which is a tool of measuring like the rest of the harness. The same holds for
what a stored run of an earlier version lacks.

A row that failed or was skipped lacks most metrics, which its status says already: there, only what both sides have is
compared.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from assay.records.metric_catalogue import Definition, definition
from assay.records.results import Measurement, Status, Value
from assay.records.verdicts import Change, Judgement, Verdict

OF_THE_CHECKING = ("fuzz_strings", "checked_queries", "properties")
LATER = (  # which earlier versions did not measure
    *("characters_back", "characters_back_normalized", "normalization"),
    *("added_ids_per_text", "passed_over"),
)
WORK = (
    "documents",
    "characters",
    "bytes",
    "tokens",
    "ids_sha256",
    "sample_documents",
    "context_bytes",
    "credited_bytes",
    "credited_flop",
)


def changes(baseline: Measurement, candidate: Measurement, added: Iterable[Definition] = ()) -> tuple[Change, ...]:
    """Return the exact metrics of a case that changed, in the order of the rows, the baseline's first.

    `added` defines the metrics of plugins.
    """
    own = {known.name: known for known in added}
    before, after = _exact(baseline, own), _exact(candidate, own)
    both = before.keys() & after.keys()
    names = dict.fromkeys(name for name in (*before, *after) if name in both or (name not in own and name not in LATER))
    if not baseline.status is candidate.status is Status.OK:
        names = {name: None for name in names if name in both}
    return tuple(
        Change(case=candidate.case.id, metric=name, baseline=before.get(name), candidate=after.get(name))
        for name in names
        if name not in before or name not in after or not _equal(name, before[name], after[name])
    )


def same_work(changes: Iterable[Change]) -> bool:
    """Whether both sides still do the same work, so that their speeds may be compared.

    That is the same documents and ids, and the same FLOP asked for; not how they are computed, such as the operations
    dispatched, the FLOP executed, or the type of the ids.
    """
    return not any(change.metric in WORK for change in changes)


def other_work(cell: str, changes: Iterable[Change]) -> Judgement:
    """Judge a cell whose sides do not do the same work."""
    reason = f"it does other work now: {', '.join(change.metric for change in changes)} changed"
    return Judgement(cell=cell, verdict=Verdict.NOT_COMPARABLE, reason=reason)


def _exact(row: Measurement, added: Mapping[str, Definition]) -> dict[str, Value]:
    figures = ((name, value) for name, value in row.metrics.items() if name not in OF_THE_CHECKING)
    found = ((name, value, definition(name) or added.get(name)) for name, value in figures)
    return {name: value for name, value, known in found if known is not None and known.exact}


def _equal(name: str, before: Value, after: Value) -> bool:
    if name == "dispatched":
        return set(str(before).split(", ")) == set(str(after).split(", "))
    if isinstance(before, float) and isinstance(after, float):
        return math.isclose(before, after, rel_tol=1e-9, abs_tol=1e-12) or (math.isnan(before) and math.isnan(after))
    return before == after
