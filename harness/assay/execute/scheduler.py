"""Carry out all groups of a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from assay.execute.edge_cases import try_group
from assay.execute.epochs import automatic_epochs
from assay.execute.group import run_group
from assay.execute.sharded.group import count_group
from assay.execute.tokenizer_conformance import TokenizerConformance
from assay.execute.worker_pool import WorkerPool
from assay.plugins.host import Host
from assay.records.results import AttentionCase, Case, GroupResult, TokenizerCase
from assay.records.settings import Settings

OPERATIONS_OF_TOKENIZER = 2


def execute(
    host: Host,
    cases: Sequence[Case],
    settings: Settings,
    tick: Callable[[str, str, int, float], object] = lambda group, phase, done, left: None,
) -> Iterator[GroupResult]:
    """Yield the result of each group of comparable cases as it is done.

    The time budget is shared by the number of operations; what a group leaves over goes to the later ones.
    `tick` is told the group, the phase, the rounds done and the seconds left for this group.
    """
    groups = [(name, list(members)) for name, members in groupby(cases, key=lambda case: case.group)]
    left = settings.budget_s
    with WorkerPool(host, settings) as pool:
        weights = [sum(_weight(case, pool) for case in members) for _, members in groups]
        attended = [
            settings.epochs or automatic_epochs(left * weight / max(1, sum(weights)))
            for weight, (_, members) in zip(weights, groups, strict=True)
            if weight and any(isinstance(case, AttentionCase) for case in members)
        ]
        first = next((members[0] for weight, (_, members) in zip(weights, groups, strict=True) if weight), None)
        pool.prepare(max(attended, default=0), at_once=isinstance(first, AttentionCase))
        conformance = TokenizerConformance(pool)
        for number, (name, members) in enumerate(groups):
            weight = weights[number] / max(1, sum(weights[number:]))
            share = _Share(name, left * weight, tick)
            shards = [case for case in members if isinstance(case, TokenizerCase) and case.shards]
            if shards:
                yield count_group(host, shards, settings, share.tick)
                continue
            edge_cases = [case for case in members if isinstance(case, TokenizerCase) and case.edge_case]
            if edge_cases:
                yield try_group(edge_cases, pool, share.tick)
                continue
            yield run_group(name, members, pool, share.seconds, share.tick, conformance)
            left = max(0.0, left - share.spent)


@dataclass(slots=True)
class _Share:
    """A group's share of the time, and how much of it its rounds have used."""

    group: str
    seconds: float
    tell: Callable[[str, str, int, float], object]
    spent: float = 0.0

    def tick(self, phase: str, done: int, left: float) -> None:
        if phase == "round":
            self.spent = self.seconds - left
        self.tell(self.group, phase, done, left)


def _weight(case: Case, pool: WorkerPool) -> int:
    """Operations to time; none for edge cases, for shards, or for a case that cannot begin."""
    if case.edge_case or case.shards or pool.refusal(case) is not None:
        return 0
    return OPERATIONS_OF_TOKENIZER if isinstance(case, TokenizerCase) else 1
