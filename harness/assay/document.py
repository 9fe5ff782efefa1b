"""Results as one JSON document, with its schema version inside."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from assay.host import Failure
from assay.records import Manifest, Outcome, Run, TokenizerCase
from assay.rows import row_of

SCHEMA = 1
BEYOND = re.compile("[\x7f-\U0010ffff]")  # json itself escapes what comes before the space


def of_outcome(outcome: Outcome) -> str:
    """Write a run: its record, what became of its plan, how noisy the machine was, and a row for each case."""
    rows = [(row.case, row_of(outcome.run.id, row)) for row in outcome.measurements]
    return write(
        {
            "run": run_record(outcome.run, outcome.manifest),
            "noise": None if outcome.noise is None else asdict(outcome.noise),
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
    """Write one document; figures that are no finite numbers become null.

    Characters that are not printable are escaped, so that a terminal obeys none; JSON reads them as they were.
    """
    text = json.dumps(_finite({"schema": SCHEMA, **content}), indent=2, ensure_ascii=False, allow_nan=False)
    return BEYOND.sub(lambda match: match[0] if match[0].isprintable() else json.dumps(match[0])[1:-1], text)


def _finite(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
