"""Bisection for the revision that made something slower: a check of each half, until one revision is left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assay.environment.git import Revision
from assay.errors import AssayError
from assay.records.verdicts import Comparison, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class TestedCommit:
    """A revision that was checked against the good one; `bad` None where the check could not tell."""

    revision: Revision
    comparison: Comparison
    bad: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bisection:
    """The checks in their order, and the `suspects`: one revision, or several where checks could not tell."""

    steps: tuple[TestedCommit, ...]
    suspects: tuple[Revision, ...]


def bisect(
    revisions: Sequence[Revision],
    compare: Callable[[Revision], Comparison],
    tell: Callable[[TestedCommit], object] = lambda step: None,
) -> Bisection:
    """Find the first bad one of revisions that are given oldest first; `compare` checks one against the good one.

    The last is checked first: it must be bad, or `AssayError` is raised. A revision that a check cannot judge (it is
    inconclusive, or does not run) is skipped for its neighbours. `tell` is called with each step.
    """
    if not revisions:
        raise AssayError("there is no revision between the two", remedy="give the good one, then the bad one")
    steps: list[TestedCommit] = []

    def judge(revision: Revision) -> bool | None:
        comparison = compare(revision)
        step = TestedCommit(revision=revision, comparison=comparison, bad=_bad(comparison))
        steps.append(step)
        tell(step)
        return step.bad

    verdict = judge(revisions[-1])
    if verdict is None:
        raise AssayError(
            f"whether {revisions[-1].name} is slower than the good revision cannot be told",
            remedy="see what `assay check` says of it, and give a longer --budget",
        )
    if not verdict:
        raise AssayError(
            f"{revisions[-1].name} is not found slower than the good revision, nor are its results other ones",
            remedy="give a longer --budget, or choose what is slower by --tokenizers, --attentions and --operation",
        )
    low, high = -1, len(revisions) - 1  # the good one lies before the first; `high` is bad
    silent: set[int] = set()
    while True:
        open_ = [place for place in range(low + 1, high) if place not in silent]
        if not open_:
            return Bisection(steps=tuple(steps), suspects=tuple(revisions[low + 1 : high + 1]))
        middle = open_[len(open_) // 2]
        verdict = judge(revisions[middle])
        if verdict is None:
            silent.add(middle)
        elif verdict:
            high = middle
        else:
            low = middle


def _bad(comparison: Comparison) -> bool | None:
    """Bad where something regressed or an exact figure changed; good where nothing is in doubt."""
    if comparison.changes or comparison.count(Verdict.REGRESSED):
        return True
    told = comparison.count(Verdict.UNCHANGED) + comparison.count(Verdict.IMPROVED)
    return False if told and told + comparison.count(Verdict.ADDED) == len(comparison.judgements) else None
