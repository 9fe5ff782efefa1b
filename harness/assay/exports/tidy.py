"""The tidy table of a run: a row for each case and metric, as `assay.results().tidy` has it."""

from __future__ import annotations

from dataclasses import astuple, fields

from assay.exports.sheet import Sheet
from assay.records import Outcome
from assay.rows import Fact, facts_of


def of_run(outcome: Outcome) -> Sheet:
    """Give every figure of a run with its unit."""
    facts = (fact for row in outcome.measurements for fact in facts_of(outcome.run, row))
    return Sheet(columns=tuple(field.name for field in fields(Fact)), rows=tuple(map(astuple, facts)))
