"""The tidy table of a run as Parquet, with what every figure means in its metadata."""

from __future__ import annotations

import io
from dataclasses import asdict

from assay.records.flat_rows import Fact, facts_of
from assay.records.json_document import write
from assay.records.metric_catalogue import definition
from assay.records.results import Outcome, Value
from assay.records.text import encodable
from assay.report.formats.run_json import run_record

KEY = b"assay"
WORDS = ("run", "case", "plugin", "metric", "unit", "type")


def of_run(outcome: Outcome) -> bytes:
    """Write a file whose `value` is a double, null where the metric is a text, which then stands in `text`.

    `type` says what a value was: int, float, bool or str. Under the key `assay` the metadata have one JSON document:
    the record of the run, which code ran, and unit, meaning and exactness of each metric.
    """
    import pyarrow as pa
    from pyarrow import parquet

    facts = [fact for row in outcome.measurements for fact in facts_of(outcome.run, row)]
    columns = {name: pa.array([_word(fact, name) for fact in facts], pa.string()) for name in WORDS}
    columns["value"] = pa.array([_number(fact.value) for fact in facts], pa.float64())
    columns["text"] = pa.array([_text(fact.value) for fact in facts], pa.string())
    known = {name: definition(name, outcome.run) for name in dict.fromkeys(fact.metric for fact in facts)}
    meanings = {
        name: None if entry is None else {"unit": entry.unit, "meaning": entry.meaning, "exact": entry.exact}
        for name, entry in known.items()
    }
    codes = [asdict(code) for code in outcome.codes]
    about = write({"run": run_record(outcome.run, outcome.manifest), "metrics": meanings, "plugins": codes})
    table = pa.table(columns).select(["run", "case", "plugin", "metric", "value", "text", "unit", "type"])
    file = io.BytesIO()
    parquet.write_table(table.replace_schema_metadata({KEY: about.encode()}), file)
    return file.getvalue()


def _word(fact: Fact, name: str) -> str | None:
    if name == "type":
        return type(fact.value).__name__
    word: str | None = getattr(fact, name)
    return word if word is None else encodable(word)


def _number(value: Value) -> float | None:
    return None if isinstance(value, str) else float(value)


def _text(value: Value) -> str | None:
    return encodable(value) if isinstance(value, str) else None
