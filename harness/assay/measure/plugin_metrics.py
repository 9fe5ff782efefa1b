"""The figures that metric plugins add to rows: which are asked for, and what an answer must be."""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence

from assay.errors import WrongOutput
from assay.plugins.host import Host
from assay.plugins.types import MetricPlugin
from assay.records.metric_catalogue import Definition
from assay.records.results import Value

LONGEST = 1_000  # characters of a text
LARGEST = 2**53  # of an integer, which the store keeps as a float


def chosen(host: Host, patterns: str | None) -> tuple[Definition, ...]:
    """Define the metrics that comma-separated names and globs pick, or all that are ready here for None.

    Raises `UnknownName` for what no metric has, and `AssayError` for one that is picked and lacks something.
    """
    plugins = host.every(MetricPlugin) if patterns is None else host.select(MetricPlugin, patterns)
    ready = []
    for plugin in plugins:
        if patterns is not None:
            host.need(plugin, f"the metric {plugin.name}")
        elif host.missing(plugin) is not None:
            continue
        ready.append(Definition(name=plugin.name, unit=plugin.unit, meaning=plugin.summary, exact=plugin.exact))
    return tuple(ready)


def offered(host: Host, names: Sequence[str]) -> tuple[MetricPlugin, ...]:
    """Return those of the named metrics that are here and ready, in the order of the names."""
    ready = {plugin.name: plugin for plugin in host.every(MetricPlugin) if host.missing(plugin) is None}
    return tuple(ready[name] for name in names if name in ready)


def figure(unit: str, answer: object) -> Value | None:
    """Return what a plugin answered as a figure in this unit, None for None; raise `WrongOutput` for another."""
    if answer is None:
        return None
    value = _plain(answer)
    if isinstance(value, str) != (unit == "text"):
        kind = "a text" if isinstance(value, str) else "a number"
        raise WrongOutput(f"it answers {kind}, and its unit is {unit!r}")
    if isinstance(value, str) and len(value) > LONGEST:
        raise WrongOutput(f"it answers {len(value):,} characters, and {LONGEST:,} are the most")
    if isinstance(value, float) and not math.isfinite(value):
        raise WrongOutput(f"it answers {value}, which is no figure")
    if isinstance(value, int) and abs(value) > LARGEST:
        raise WrongOutput("it answers an integer beyond 2^53, which the store cannot keep")
    return value


def _plain(answer: object) -> Value:
    """A number or text as Python has it, also one of numpy's."""
    if isinstance(answer, str):
        return str(answer)
    if isinstance(answer, bool):
        return answer
    if isinstance(answer, numbers.Integral):
        return int(answer)
    if isinstance(answer, numbers.Real):
        return float(answer)
    raise WrongOutput(f"it answers {type(answer).__name__}, no number and no text")
