"""A comparison as one JSON document."""

from __future__ import annotations

from dataclasses import asdict, replace

from assay.records.json_document import keyed, write
from assay.records.verdicts import Comparison, Verdict
from assay.report.formats.comparison_text import headline, limits

OF_RUNS = ("runs", "run", "against", "baseline_s", "candidate_s")  # fields that a check does not fill


def as_json(comparison: Comparison, *, strict: bool = False) -> str:
    """Write a comparison as a document of its own."""
    return write(as_object(comparison, strict=strict))


def as_object(comparison: Comparison, *, strict: bool = False) -> dict[str, object]:
    """Return a comparison whole, with its headline, its counts by verdict, and the exit code that goes with it."""
    content = asdict(replace(comparison, environment=dict(comparison.environment)), dict_factory=keyed)
    if not comparison.runs:
        for one in (content, *content["changes"], *content["judgements"]):
            for name in OF_RUNS:
                one.pop(name, None)
    return {
        "headline": headline(comparison),
        "exit_code": comparison.exit_code(strict=strict),
        "counts": {verdict.value: comparison.count(verdict) for verdict in Verdict},
        **({"limits": limits(comparison)} if comparison.runs else {}),
        **content,
    }
