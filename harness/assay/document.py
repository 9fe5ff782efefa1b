"""Results as one JSON document, with its schema version inside."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from assay.host import Failure
from assay.manifest import Manifest
from assay.noise import Noise
from assay.records import Measurement, Run, TokenizerCase
from assay.rows import row_of

SCHEMA = 1


def of_run(run: Run, manifest: Manifest, measurements: Sequence[Measurement], noise: Noise | None) -> str:
    """Write a run: its record, what became of its plan, how noisy the machine was, and a row for each case."""
    rows = [(row.case, row_of(run.id, row)) for row in measurements]
    return write(
        {
            "run": run_record(run, manifest),
            "noise": None if noise is None else asdict(noise),
            "tokenizers": [cells for case, cells in rows if isinstance(case, TokenizerCase)],
            "attentions": [cells for case, cells in rows if not isinstance(case, TokenizerCase)],
        }
    )


def run_record(run: Run, manifest: Manifest) -> dict[str, object]:
    """Give a run as a JSON object, with the count of its cases by how they ended."""
    return asdict(run) | {"settings": json.loads(run.settings), "manifest": asdict(manifest)}


def of_failures(failures: Sequence[Failure]) -> list[dict[str, str]]:
    """Give plugin failures as JSON objects."""
    return [
        {"origin": str(item.origin), "stage": item.stage, "message": item.message, "remedy": item.remedy}
        for item in failures
    ]


def write(content: Mapping[str, object]) -> str:
    """Write one document; figures that are no finite numbers become null."""
    return json.dumps(_finite({"schema": SCHEMA, **content}), indent=2, ensure_ascii=False, allow_nan=False)


def _finite(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
