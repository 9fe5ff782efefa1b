"""The lookup of stored runs: in the store by an id or its beginning, or in a file of stored baselines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from assay.errors import AssayError
from assay.records.results import LocatedRun
from assay.store.baselines import read
from assay.store.location import Where
from assay.store.store import Store

FILE = ".json"


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
    with ExitStack() as opened:
        store = None if all(map(_is_file, names)) else opened.enter_context(Store(results, read_only=True))
        for name in names:
            if store is None or _is_file(name):
                yield LocatedRun(name=name, outcome=read(name))
            else:
                outcome = store.outcome(name.removeprefix("run:"))
                yield LocatedRun(name=outcome.run.id, outcome=outcome)


def _is_file(name: str) -> bool:
    return name.endswith(FILE)
