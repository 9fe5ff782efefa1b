"""What a reader should know before the figures of a run."""

from __future__ import annotations

from collections.abc import Sequence

from assay.records.metrics import Metrics


def run_warnings(rows: Sequence[Metrics]) -> tuple[str, ...]:
    """Return, from the figures of its rows, that the machine was busy, and that a run is an older one."""
    marks = [row["busy"] for row in rows if "busy" in row]
    busy = sum(map(bool, marks))
    waited = (
        f"The machine was busy: {busy:,} of {len(marks):,} rows waited for a core for more than a tenth of their"
        " time; speeds and ratios are by CPU time."
    )
    timed = [row for row in rows if any(name.endswith("_samples") for name, _ in row.items())]
    older = any(not any(name.endswith("_clock") for name, _ in row.items()) for row in timed)
    by_wall = "This run was measured by an older Assay: its speeds are by wall time, its ratios by CPU time."
    return (*([waited] if busy else []), *([by_wall] if older else []))
