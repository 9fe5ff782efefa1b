"""The history of a metric: its values over the runs of a store, machine by machine, and its changepoints."""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from assay.errors import DamagedRun, UnknownName
from assay.plugins.host import matches
from assay.records.metric_catalogue import CATALOGUE, definition, of_plugins
from assay.records.metric_clock import metric_clock
from assay.records.near_names import did_you_mean, near_names
from assay.records.plugin_code import DIGITS
from assay.records.report_data import Mark, Point, Series
from assay.records.results import Case, Measurement, Outcome, Run, TokenizerCase, Value
from assay.records.verdicts import Clock
from assay.stats.changepoint import detect_changepoints
from assay.store.baselines import machine

if TYPE_CHECKING:
    from assay.store.store import Store

# Facts of an environment that are never the same twice, and that are told otherwise.
PASSING = frozenset(("load", "git"))
told = logging.getLogger(__name__)


def history(
    store: Store,
    metric: str,
    *,
    tokenizers: str = "*",
    attentions: str = "*",
    corpora: str = "*",
    baselines: Sequence[Outcome] = (),
) -> tuple[Series, ...]:
    """Collect a metric over the runs of a store, and over stored baselines that the store does not have.

    The choices are comma-separated names and patterns, or `none`; that of corpora applies, of attentions, to the
    corpus of their text or the id of their workload. Runs whose processor, cores, platform or Python differ are
    series of their own, and so are figures by another clock. Raises `UnknownName` for a metric that neither the
    catalogue nor a run has.
    """
    found: dict[tuple[str, str, Clock | None], list[tuple[Run, Measurement, Value]]] = {}
    seen: set[str] = set()
    asked: set[str] = set()
    for run, rows in _runs(store, baselines):
        place = json.dumps(machine(run.environment))
        asked.update(own.name for own in of_plugins(run))
        for row in rows:
            seen.update(row.metrics)
            value = row.value(metric)
            if value is None or (isinstance(value, float) and not math.isfinite(value)):
                continue
            if _chosen(row.case, tokenizers, attentions, corpora):
                clock = metric_clock(metric, row)
                found.setdefault((place, row.case.id, clock), []).append((run, row, value))
    seen |= asked
    if metric not in seen and definition(metric) is None:
        near = near_names(metric, sorted({*seen, *(known.name for known in CATALOGUE)}))
        remedy = did_you_mean(near, "see docs/metrics.md, and for those of plugins `assay list metrics`")
        raise UnknownName(f"there is no metric named {metric!r}", remedy=remedy)
    return tuple(_series(metric, clock, points) for (_, _, clock), points in found.items())


def _runs(store: Store, baselines: Sequence[Outcome]) -> Iterator[tuple[Run, tuple[Measurement, ...]]]:
    """All runs with what they measured, the oldest first; of one that is damaged a warning."""
    stored = {run.id: run for run in store.runs()}
    others = {one.run.id: one for one in baselines if one.run.id not in stored}
    for run in sorted((*stored.values(), *(one.run for one in others.values())), key=lambda run: (run.started, run.id)):
        try:
            rows = others[run.id].measurements if run.id in others else store.measurements(run.id, raw=False)
        except DamagedRun as error:
            told.warning("left out: %s", error)
        else:
            yield run, rows


def _chosen(case: Case, tokenizers: str, attentions: str, corpora: str) -> bool:
    if isinstance(case, TokenizerCase):
        return matches(tokenizers, case.tokenizer) and matches(corpora, case.corpus)
    source = case.workload.source
    subjects = (case.workload.id,) if source is None else (case.workload.id, source.corpus)
    return matches(attentions, case.attention) and matches(corpora, *subjects)


def _series(metric: str, clock: Clock | None, points: Sequence[tuple[Run, Measurement, Value]]) -> Series:
    """One series: a metric of one case over the runs of one machine, by one clock."""
    case, known = points[0][1].case, definition(metric, points[-1][0])
    values = [value for _, _, value in points]
    exact = known is not None and known.exact
    return Series(
        case=case.id,
        group=case.group,
        plugin=case.plugin,
        metric=metric,
        exact=exact,
        clock=clock,
        unit=None if known is None else known.unit,
        machine=machine(points[0][0].environment),
        points=tuple(
            Point(
                run=run.id,
                started=run.started,
                git=run.environment.get("git"),
                value=value,
                environment=_digest(run.environment),
            )
            for run, _, value in points
        ),
        marks=tuple(
            Mark(
                index=at,
                change=change,
                differs=(
                    *differences(points[at - 1][0].environment, points[at][0].environment),
                    *_other_code(points[at - 1][1].code, points[at][1].code),
                ),
            )
            for at, change in _changepoints(values, exact)
        ),
    )


def _changepoints(values: Sequence[Value], exact: bool) -> Iterator[tuple[int, float | None]]:
    """The changepoints of a series, and the size of each change; of texts, wherever they change."""
    numbers = [value for value in values if not isinstance(value, str)]
    if len(numbers) == len(values):
        yield from ((each.index, each.change) for each in detect_changepoints(numbers, exact=exact))
    else:
        yield from ((at, None) for at, (old, new) in enumerate(pairwise(values), start=1) if old != new)


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Return what differs between two environments: `torch: 2.12.0 -> 2.13.0`."""
    names = [name for name in {**before, **after} if name not in PASSING and before.get(name) != after.get(name)]
    return tuple(f"{name}: {before.get(name, 'none')} -> {after.get(name, 'none')}" for name in names)


def _other_code(before: str | None, after: str | None) -> tuple[str, ...]:
    """Return that the code of a plugin is another one, where both are known."""
    return (f"code: {before[:DIGITS]} -> {after[:DIGITS]}",) if before and after and before != after else ()


def _digest(environment: Mapping[str, str]) -> str:
    facts = sorted((name, fact) for name, fact in environment.items() if name not in PASSING)
    return hashlib.sha256(json.dumps(facts).encode("ascii")).hexdigest()[:12]
