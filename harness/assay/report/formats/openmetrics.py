"""A run as OpenMetrics 1.0 text, for monitoring: a gauge for each metric, in base units.

Nothing is used that Prometheus's own, older text format does not have, so that a collector of text files reads it too.
https://prometheus.io/docs/specs/om/open_metrics_spec/
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from assay.records.flat_rows import names_of
from assay.records.metric_catalogue import LANGUAGE, OF_LANGUAGES, definition
from assay.records.results import Outcome
from assay.report.formats.csv import in_order
from assay.report.text.escape import as_bytes

PREFIX = "assay_"
ILLEGAL = re.compile(r"[^A-Za-z0-9_]")
OF_LANGUAGE = re.compile(f"({'|'.join(OF_LANGUAGES)})_({LANGUAGE})")
Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit as monitoring has it: how many of it ours is, and the end of our names that it replaces."""

    name: str
    factor: float = 1.0
    instead_of: str = ""


NONE = Unit(name="")
UNITS = MappingProxyType(
    {
        "s": Unit(name="seconds"),
        "bytes": Unit(name="bytes"),
        "share": Unit(name="ratio"),
        "ratio": Unit(name="ratio"),
        "MB/s": Unit(name="bytes_per_second", factor=1e6, instead_of="mb_per_s"),
        "GB/s": Unit(name="bytes_per_second", factor=1e9, instead_of="gb_per_s"),
        "tokens/s": Unit(name="tokens_per_second", instead_of="tokens_per_s"),
        "FLOP/s": Unit(name="flop_per_second", instead_of="flop_per_s"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """A metric family: its name, which ends with its unit where it has one, what it is, and its samples."""

    name: str
    meaning: str
    samples: tuple[tuple[Labels, float], ...]
    unit: str = ""


def of_run(outcome: Outcome) -> str:
    """Write the run itself, how its cases ended, and every metric that is a number; texts are left out."""
    taken: set[str] = set()
    lines: list[str] = []
    for gauge in (*_of_the_run(outcome), *_of_metrics(outcome)):
        name = gauge.name
        while name in taken:  # names of plugins' metrics may differ only in what cannot stand here
            name = f"{PREFIX}again_{name.removeprefix(PREFIX)}"
        taken.add(name)
        lines += _written(replace(gauge, name=name))
    return "".join(lines) + "# EOF\n"


def _of_the_run(outcome: Outcome) -> Iterator[Gauge]:
    run = outcome.run
    facts = {"run": run.id, "suite": run.suite, "state": run.state, "command": run.command}
    about = _uniquely(facts | {name: fact for name, fact in run.environment.items() if name not in facts})
    yield Gauge(name=f"{PREFIX}run_info", meaning="the run, and where it ran", samples=((about, 1),))
    for name, time in (("started", run.started), ("finished", run.finished)):
        seconds = _since_1970(time)
        if seconds is not None:
            yield _single(f"run_{name}_timestamp_seconds", "seconds since 1970", seconds)
    if outcome.noise is not None:
        for name, meaning in (
            ("median", "distance from 1 of the ratio between two processes of the same code"),
            ("worst", "the largest of these distances"),
            ("detectable", "the smallest change that stands out of them"),
        ):
            yield _single(f"noise_{name}_ratio", meaning, getattr(outcome.noise, name))
    ended = tuple((names_of(row.case) | {"status": row.status.value}, 1) for row in outcome.measurements)
    meaning = "how a case ended: ok, failed, skipped, unsupported"
    yield Gauge(name=f"{PREFIX}case_status", meaning=meaning, samples=ended)


def _single(name: str, meaning: str, value: float) -> Gauge:
    return Gauge(name=PREFIX + name, meaning=meaning, unit=name.rpartition("_")[2], samples=(({}, value),))


def _of_metrics(outcome: Outcome) -> Iterator[Gauge]:
    """Yield gauges in the order of the catalogue; a metric of single languages is one gauge with a label."""
    families: dict[str, list[str]] = {}
    for metric in in_order(outcome.run, outcome.measurements):
        found = OF_LANGUAGE.fullmatch(metric)
        families.setdefault(f"{found[1]}_of_language" if found else metric, []).append(metric)
    rows = [
        (names_of(row.case), {name: value for name, value in row.metrics.items() if not isinstance(value, str)})
        for row in outcome.measurements
    ]
    for family, metrics in families.items():
        known = definition(metrics[0], outcome.run)
        name, unit = _named(family, "" if known is None else known.unit)
        samples = tuple(_samples(metrics, rows, unit.factor))
        if samples:
            meaning = "" if known is None else f"{known.meaning} [{unit.name or known.unit}]"
            yield Gauge(name=name, meaning=meaning, unit=unit.name, samples=samples)


def _named(family: str, unit: str) -> tuple[str, Unit]:
    """Return the name of a gauge, and its unit. `bytes_per_token` names itself what it is: it has none."""
    known = UNITS.get(unit, NONE)
    stem = family.removesuffix(known.instead_of).rstrip("_") if known.instead_of else family
    name = (PREFIX + _legal(stem)).rstrip("_")
    if known is NONE or "_per_" in stem:
        return PREFIX + _legal(family), NONE
    return name if name.endswith(f"_{known.name}") else f"{name}_{known.name}", known


def _samples(
    metrics: Sequence[str], rows: Iterable[tuple[Labels, Mapping[str, float]]], factor: float
) -> Iterator[tuple[Labels, float]]:
    for labels, figures in rows:
        for metric in metrics:
            if metric in figures:
                found = OF_LANGUAGE.fullmatch(metric)
                value = figures[metric]
                labels = {**labels, **({"language": found[2]} if found else {})}
                yield labels, int(value) if isinstance(value, bool) else value if factor == 1.0 else value * factor


def _written(gauge: Gauge) -> Iterator[str]:
    yield f"# TYPE {gauge.name} gauge\n"
    if gauge.unit:
        yield f"# UNIT {gauge.name} {gauge.unit}\n"
    if gauge.meaning:
        # The older format knows no escaped quotation marks here.
        yield f"# HELP {gauge.name} {_escape(gauge.meaning.replace(chr(34), chr(39)))}\n"
    for labels, value in gauge.samples:
        named = ",".join(f'{name}="{_escape(text)}"' for name, text in labels.items())
        yield f"{gauge.name}{f'{{{named}}}' if named else ''} {_number(value)}\n"


def _number(value: float) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    return str(value)


def _escape(text: str) -> str:
    """Return text with the escapes of the format; other characters that cannot be seen become their bytes."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n"}
    return "".join(escapes.get(char) or (char if char.isprintable() else as_bytes(char)) for char in text)


def _legal(name: str) -> str:
    """Return a name of ASCII letters, digits and underscores: other characters become their code point, `_2d_`."""
    return ILLEGAL.sub(lambda match: f"_{ord(match[0]):x}_", name)


def _uniquely(facts: Mapping[str, str]) -> dict[str, str]:
    labels: dict[str, str] = {}
    for name, fact in facts.items():
        label = _legal(name).lstrip("_0123456789") or "fact"
        while label in labels:
            label += "_again"
        labels[label] = fact
    return labels


def _since_1970(time: str | None) -> float | None:
    try:
        return None if time is None else datetime.fromisoformat(time).timestamp()
    except ValueError:
        return None
