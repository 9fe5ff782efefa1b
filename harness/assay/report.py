"""A run as a Markdown page: what was measured, on what, and how to repeat it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assay.errors import AssayError
from assay.findings import finding_tables, grid_tables
from assay.manifest import Manifest
from assay.noise import Noise
from assay.records import Measurement, Run
from assay.scaling import scaling_tables
from assay.sweep import sweep_tables
from assay.tables import as_markdown, result_tables

READING = """\
Throughput is the median over timed samples of twice about 5 ms, wall time, one process, and the spread is half the
distance between the quartiles. All rows of a table were sampled in turn, in interleaved rounds; `ratio` is CPU
time over the baseline's, round by round (the baseline is the row with 1.00), above 1 is slower. A row that is
not `ok` has no throughput. `error` is the largest difference from a float64 reference, `naive error` that of the
definition in the row's own precision. `GEMM peak` is the rate of a square product and `copy rate` that of a copy of
64 MiB, both sampled in the same rounds; `peak MiB` is what torch allocates in a step, in brackets what was predicted.
A row marked `overhead-bound` takes less than twice as long as on two positions, or under 100 µs where that is not
known: it measures the call more than the attention. Compare rows within one table only.
"""


def as_page(run: Run, manifest: Manifest, measurements: Sequence[Measurement], noise: Noise | None) -> str:
    """Write the page."""
    floor = "" if noise is None else f"Noise floor of this run: {noise}.\n\n"
    facts = "".join(f"- {name}: {value}\n" for name, value in run.environment.items())
    found = (*finding_tables(measurements), *scaling_tables(measurements))
    shown = (*found, *sweep_tables(measurements), *result_tables(measurements), *grid_tables(measurements))
    sections = "\n".join(map(as_markdown, shown))
    return (
        f"# Assay run {run.id}\n\nSuite {run.suite}, started {run.started}, {run.state}; {manifest}.\n\n"
        f"{READING}\n{floor}{sections}\n"
        f"## Provenance\n\n- command: `{run.command}`\n{facts}"
    )


def write_markdown(
    path: str, run: Run, manifest: Manifest, measurements: Sequence[Measurement], noise: Noise | None
) -> None:
    """Write the page to a file, or raise `AssayError`."""
    try:
        Path(path).write_text(as_page(run, manifest, measurements, noise), encoding="utf-8")
    except OSError as error:
        raise AssayError(f"the report {path} cannot be written: {error.strerror}") from None
