"""Stored runs by name: of the store by an id or its beginning, or of a file of accepted baselines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assay.errors import AssayError
from assay.records.results import Manifest, Outcome
from assay.store.baselines import read
from assay.store.location import Where
from assay.store.store import Store

FILE = ".json"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedRun:
    """A run, and what it is called: its id, or the path of the file that it is in."""

    name: str
    outcome: Outcome


def find(names: Sequence[str], results: Where) -> tuple[LocatedRun, ...]:
    """Read runs by name, with their samples where the store has them; raise `AssayError` where two are the same."""
    found = tuple(_read(names, results))
    by_id: dict[str, str] = {}
    for name, one in zip(names, found, strict=True):
        run = one.outcome.run.id
        if run in by_id:
            raise AssayError(
                f"{by_id[run]} and {name} are the same run {run}", remedy="name others, see `assay show --runs`"
            )
        by_id[run] = name
    return found


def _read(names: Sequence[str], results: Where) -> Iterator[LocatedRun]:
    store = None if all(map(_is_file, names)) else Store(results, create=False)
    try:
        for name in names:
            if store is None or _is_file(name):
                yield LocatedRun(name=name, outcome=_of_file(name))
            else:
                outcome = store.outcome(name.removeprefix("run:"))
                yield LocatedRun(name=outcome.run.id, outcome=outcome)
    finally:
        if store is not None:
            store.close()


def _is_file(name: str) -> bool:
    return name.endswith(FILE)


def _of_file(path: str) -> Outcome:
    kept = read(path)
    rows = kept.measurements
    ended = Counter(row.status for row in rows)
    return Outcome(run=kept.run, manifest=Manifest.of(len(rows), ended), measurements=rows, noise=None)
