"""Results as one JSON document, with its schema version inside."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from assay.plugins.host import Failure
from assay.records.flat_rows import row_of
from assay.records.json_document import keyed, write
from assay.records.results import Manifest, Outcome, Run, TokenizerCase
from assay.records.serialization import public_fields


def of_outcome(outcome: Outcome) -> str:
    """Write a run: its record, warnings, the noise of the machine, a row for each case, and which code ran."""
    rows = [(row.case, row_of(outcome.run.id, row)) for row in outcome.measurements]
    return write(
        {
            "run": run_record(outcome.run, outcome.manifest),
            "warnings": outcome.warnings,
            "noise": None if outcome.noise is None else asdict(outcome.noise, dict_factory=keyed),
            "tokenizers": [cells for case, cells in rows if isinstance(case, TokenizerCase)],
            "attentions": [cells for case, cells in rows if not isinstance(case, TokenizerCase)],
            "plugins": [asdict(code) for code in outcome.codes],
        }
    )


def run_record(run: Run, manifest: Manifest) -> dict[str, object]:
    """Return a run as a JSON object, with the count of its cases by how they ended."""
    fields = public_fields(run)
    return fields | {"settings": json.loads(run.settings), "manifest": asdict(manifest)}


def of_failures(failures: Sequence[Failure]) -> list[dict[str, str]]:
    """Return plugin failures as JSON objects."""
    return [
        {"origin": str(item.origin), "stage": item.stage, "message": item.message, "remedy": item.remedy}
        for item in failures
    ]
