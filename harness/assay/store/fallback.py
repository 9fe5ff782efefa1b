"""Keeping what a run comes to: in its store and, should that be lost, in the results folder."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from typing import Literal

from assay.errors import ConflictError, StoreError
from assay.records.results import Case, GroupResult, Outcome, Run
from assay.store.copy import transfer
from assay.store.store import Store


class FallbackStore:
    """Stores the results of one run as they come; `done` are the ids of the cases that are stored.

    When a store that is not in the results folder refuses one, all that this process has measured goes into the
    folder's own store, and the rest after it. At the end it is brought over, if that is possible then.
    """

    def __init__(self, store: Store, run: Run, cases: Sequence[Case], warn: Callable[[str], object]) -> None:
        self._store, self._run, self._cases, self._warn = store, run, cases, warn
        self._spare: Store | None = None
        self._results: list[GroupResult] = []
        self.done = set(store.measured(run.id))

    def close(self) -> None:
        """Close the folder's own store, where it was needed."""
        if self._spare is not None:
            self._spare.close()

    def add(self, result: GroupResult) -> None:
        """Store what a group came to; raise `StoreError` where it can be stored nowhere, and `ConflictError`."""
        if self._store.location.elsewhere:
            self._results.append(result)
        if self._spare is not None:
            self._spare.add(self._run.id, result)
        else:
            try:
                self._store.add(self._run.id, result)
            except ConflictError:
                raise
            except StoreError as error:
                self._step_aside(error)
        self.done |= {measurement.case.id for measurement in result.measurements}

    def end(self, state: Literal["complete", "interrupted", "failed"]) -> None:
        """Record how the run ended; raise `StoreError` where it is not all in the store that it was meant for."""
        if self._spare is None:
            try:
                self._store.finish(self._run.id, state)
            except StoreError as error:
                self._step_aside(error)
            else:
                return
        assert self._spare is not None
        self._spare.finish(self._run.id, state)
        transfer(self._spare, self._store, self._run.id)
        self._warn(f"{self._store.location} can be reached again, and has the whole run {self._run.id}")
        self._spare.close()
        self._spare = None

    def outcome(self) -> Outcome:
        """Read what the run came to."""
        return self._store.outcome(self._run.id)

    @property
    def kept(self) -> str:
        """Say how much is stored, and where."""
        where = (self._spare or self._store).location
        return f"{len(self.done)} of {len(self._cases)} cases are kept as run {self._run.id} in {where}"

    @property
    def remedy(self) -> str:
        """Say what goes on from there."""
        resume = f"go on with `assay run --resume {self._run.id}`"
        if self._spare is None:
            return resume
        road = shlex.join([str(self._store.location.folder), str(self._store.location), self._run.id])
        copy = f"bring them over with `assay store copy {road}`"
        return copy if len(self.done) == len(self._cases) else f"{copy}, then {resume}"

    def _step_aside(self, error: StoreError) -> None:
        """Put all that was measured into the results folder."""
        location = self._store.location
        if not location.elsewhere:
            raise error
        spare = Store(location.folder)
        if any(run.id == self._run.id for run in spare.runs()):
            spare.reopen(self._run.id)
        else:
            spare.begin(self._run, self._cases)
        stored = set(spare.measured(self._run.id))
        for result in self._results:
            if stored.isdisjoint(measurement.case.id for measurement in result.measurements):
                spare.add(self._run.id, result)
        self._spare, self.done = spare, set(spare.measured(self._run.id))
        self._warn(f"{error.message}; results go to {spare.location} from here on")
