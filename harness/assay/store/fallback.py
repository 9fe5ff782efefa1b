"""The store of a run and its fallback: should a server be lost, results go to the results folder."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Literal

from assay.errors import ConflictError, StoreError
from assay.records.plugin_code import PluginCode
from assay.records.results import Case, GroupResult, Outcome, Run
from assay.store.copy import transfer
from assay.store.store import Store


class FallbackStore(AbstractContextManager["FallbackStore"]):
    """Stores the results of one run as they come; `done` are the ids of the cases that are stored.

    When a store that is not in the results folder fails, all that this process has measured goes into the folder's own
    store, and the rest after it. At the end it is copied over, if that is possible then.
    """

    def __init__(
        self,
        store: Store,
        run: Run,
        cases: Sequence[Case],
        warn: Callable[[str], object],
        codes: Sequence[PluginCode] = (),
    ) -> None:
        self._store, self._run, self._cases, self._warn, self._codes = store, run, cases, warn, codes
        self._fallback: Store | None = None
        self._results: list[GroupResult] = []
        self.done = set(store.measured(run.id))

    def __exit__(self, *_: object) -> None:
        self._close()

    def add(self, result: GroupResult) -> None:
        """Store the results of a group; raise `StoreError` where no store takes them, and `ConflictError`."""
        if self._store.location.elsewhere:
            self._results.append(result)
        if self._fallback is not None:
            self._fallback.add(self._run.id, result)
        else:
            try:
                self._store.add(self._run.id, result)
            except ConflictError:
                raise
            except StoreError as error:
                self._fall_back(error)
        self.done |= {measurement.case.id for measurement in result.measurements}

    def end(self, state: Literal["complete", "interrupted", "failed"], settings: str | None = None) -> None:
        """Record how the run ended, and its settings in full; raise `StoreError` where its store lacks some of it."""
        if self._fallback is None:
            try:
                self._store.finish(self._run.id, state, settings)
            except StoreError as error:
                self._fall_back(error)
            else:
                return
        assert self._fallback is not None
        self._fallback.finish(self._run.id, state, settings)
        transfer(self._fallback, self._store, self._run.id)
        self._warn(f"{self._store.location} can be reached again, and has the whole run {self._run.id}")
        self._close()

    def outcome(self) -> Outcome:
        """Read the outcome of the run."""
        return self._store.outcome(self._run.id)

    @property
    def kept(self) -> str:
        """How much is stored, and where, as a sentence."""
        where = (self._fallback or self._store).location
        return f"{len(self.done)} of {len(self._cases)} cases are kept as run {self._run.id} in {where}"

    @property
    def remedy(self) -> str:
        """How to go on from there, as a sentence."""
        resume = f"go on with `assay run --resume {self._run.id}`"
        if self._fallback is None:
            return resume
        road = shlex.join([str(self._store.location.folder), str(self._store.location), self._run.id])
        copy = f"bring them over with `assay store copy {road}`"
        return copy if len(self.done) == len(self._cases) else f"{copy}, then {resume}"

    def _close(self) -> None:
        if self._fallback is not None:
            self._fallback.close()
            self._fallback = None

    def _fall_back(self, error: StoreError) -> None:
        """Put all that was measured into the results folder."""
        location = self._store.location
        if not location.elsewhere:
            raise error
        fallback = Store(location.folder)
        if any(run.id == self._run.id for run in fallback.runs()):
            fallback.reopen(self._run.id, self._codes)
        else:
            fallback.begin(self._run, self._cases, self._codes)
        stored = set(fallback.measured(self._run.id))
        for result in self._results:
            if stored.isdisjoint(measurement.case.id for measurement in result.measurements):
                fallback.add(self._run.id, result)
        self._fallback, self.done = fallback, set(fallback.measured(self._run.id))
        self._warn(f"{error.message}; results go to {fallback.location} from here on")
