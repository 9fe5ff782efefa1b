"""Measuring the cases of a plan, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assay.host import Host
from assay.measure.bench import Bench
from assay.records import Case, Measurement


def execute(host: Host, cases: Sequence[Case], budget_s: float) -> Iterator[Measurement]:
    """Yield one measurement a case as they are made; the budget is shared evenly among the cases."""
    bench = Bench(host)
    for case in cases:
        yield bench.measure(case, budget_s / len(cases))
