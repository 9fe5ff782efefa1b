"""Cases and plugins that were not measured on both sides: failed, missing, added, or not comparable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from assay.execute.selection import Selection
from assay.plugins.host import Host
from assay.plugins.types import AttentionPlugin, Provided, TokenizerPlugin
from assay.records.results import Case, Measurement, Status
from assay.records.serialization import kind_of
from assay.records.verdicts import Judgement, Verdict

Names = Mapping[str, Mapping[str, str | None]]
RENAMED = "was it renamed? If it is meant, name it in --allow-missing"


def status_change(baseline: Measurement, candidate: Measurement) -> Judgement | None:
    """Judge a case by its two statuses.

    What was ok has failed or is missing, what is ok now was added, and otherwise it is not comparable. None where both
    are ok, and where both have the same other status.
    """
    if candidate.blamed and baseline.status is Status.OK:
        return not_measured(candidate.case.id, candidate)
    if baseline.status is candidate.status:
        return None
    reason = f"{baseline.status} in the baseline, {candidate.status} now"
    if candidate.reason:
        reason += f": {candidate.reason}"
    verdict = Verdict.MISSING if baseline.status is Status.OK else Verdict.NOT_COMPARABLE
    verdict = Verdict.ADDED if candidate.status is Status.OK else verdict
    return Judgement(cell=candidate.case.id, verdict=verdict, reason=reason, remedy=candidate.remedy)


def allow_missing(judgements: Iterable[Judgement], patterns: Sequence[str]) -> tuple[Judgement, ...]:
    """Mark the missing and unmeasured cells that a pattern names as allowed to be so.

    A pattern is one of `fnmatch`: of the whole id of a cell, or of the name of its plugin or operation.
    """

    def named(cell: str) -> bool:
        names = (cell, *cell.split("/")[1:][-2:])
        return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)

    return tuple(
        replace(one, allowed=True) if (one.verdict is Verdict.MISSING or one.unmeasured) and named(one.cell) else one
        for one in judgements
    )


def not_measured(cell: str, row: Measurement) -> Judgement:
    """Judge a cell by a row that is not ok: failed if the row is to blame, else not comparable."""
    verdict = Verdict.FAILED if row.blamed else Verdict.NOT_COMPARABLE
    return Judgement(cell=cell, verdict=verdict, reason=row.reason, remedy=row.remedy)


def failed_on_both(baseline: Measurement, candidate: Measurement) -> Judgement:
    """Judge a case that is ok on neither side, and that a plugin is to blame for on one."""
    rows = (("baseline", baseline), ("candidate", candidate))
    reason = "; ".join(f"{side}: {row.status}, {row.reason}" for side, row in rows)
    remedy = candidate.remedy or baseline.remedy
    cell, verdict = candidate.case.id, Verdict.NOT_COMPARABLE
    return Judgement(cell=cell, verdict=verdict, reason=reason, remedy=remedy, unmeasured=True)


def unmeasured_plugins(
    selection: Selection, absent: Iterable[Measurement], others: Iterable[Case]
) -> Iterator[Judgement]:
    """Judge the plugins that were asked for by their very names, and of which no case is among the `others`.

    `absent` are the rows of cases that neither side could begin, without a fault of the plugin.
    """
    there = {f"{kind_of(case)}/{case.plugin}" for case in others}
    told: set[str] = set()
    for row in absent:
        cell = f"{kind_of(row.case)}/{row.case.plugin}"
        if cell not in there | told and selection.names(row.case):
            told.add(cell)
            reason = f"asked for by its name, and measured on neither side: {row.status}, {row.reason}"
            verdict = Verdict.NOT_COMPARABLE
            yield Judgement(cell=cell, verdict=verdict, reason=reason, remedy=row.remedy, unmeasured=True)


def missing_plugin(cell: str) -> Judgement:
    """Judge a cell whose plugin is in the baseline alone."""
    reason = "the baseline has this plugin, the candidate has not"
    return Judgement(cell=cell, verdict=Verdict.MISSING, reason=reason, remedy=RENAMED)


def missing_plugins(host: Host, selection: Selection, before: Names, after: Names) -> Iterator[Judgement]:
    """Judge the plugins that were asked for and are in the baseline alone: they must not pass unseen.

    `before` and `after` are the distributions of plugins by name, for `tokenizers` and for `attentions`; where
    `after` is not known, the host's plugins are those of the candidate. One whose distribution failed to load has
    failed; of others nobody knows whether they were meant to go.
    """
    broken = {failure.origin.distribution: failure for failure in host.failures}
    kinds: tuple[tuple[str, type[Provided]], ...] = (("tokenizer", TokenizerPlugin), ("attention", AttentionPlugin))
    for kind, of in kinds:
        here = after.get(f"{kind}s") or {plugin.name for plugin in host.every(of)}
        for name, distribution in before.get(f"{kind}s", {}).items():
            if name not in here and selection.asks_for(of, name, distribution):
                judgement, failure = missing_plugin(f"{kind}/{name}"), broken.get(distribution)
                if failure is not None:
                    reason = f"{judgement.reason}: {failure}"
                    judgement = replace(judgement, verdict=Verdict.FAILED, reason=reason, remedy=None)
                yield judgement
