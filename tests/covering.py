"""Few members of a product that have every pair of its choices."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import combinations
from typing import Any

Member = tuple[Any, ...]


def all_or_pairs(members: Iterable[Member]) -> list[Member]:
    """Return all members where `ASSAY_FULL` is set, otherwise those of `covering`."""
    return list(members) if os.environ.get("ASSAY_FULL") else covering(members)


def covering(members: Iterable[Member]) -> list[Member]:
    """Return members with every pair of values that any member has in two places.

    Whoever has most pairs that are still wanted comes first: what a member adds only shrinks, so one pass for each
    number of pairs finds them. The members need not be a whole product: what may not be combined is not among them.
    """
    pairs = {member: set(combinations(enumerate(member), 2)) for member in members}
    wanted = set().union(*pairs.values())
    chosen = []
    for added in range(max(map(len, pairs.values()), default=0), 0, -1):
        for member, its in pairs.items():
            if len(its & wanted) == added:
                wanted -= its
                chosen.append(member)
    return chosen
