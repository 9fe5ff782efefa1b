"""The store of a run and its fallback: what was measured is in memory, and is written anew should the store be lost."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal

from assay.environment.describe import now
from assay.errors import ConflictError, StoreError
from assay.records.plugin_code import PluginCode
from assay.records.results import Case, GroupResult, Manifest, Outcome, Run
from assay.stats.noise_floor import noise_floor
from assay.store.copy import transfer
from assay.store.database import Unreachable
from assay.store.location import FILE, Location
from assay.store.sqlite_file import remove
from assay.store.store import Store

State = Literal["complete", "interrupted", "failed"]
ASKED_AGAIN_S = 60.0  # how long a server that does not answer is asked again
PAUSES_S = (0.5, 1.0, 2.0, 5.0)  # between two attempts; the last one is repeated


class StoredElsewhere(StoreError):
    """A run whose results are not in its store: `outcome` is what was measured."""

    def __init__(self, message: str, *, remedy: str, outcome: Outcome) -> None:
        super().__init__(message, remedy=remedy)
        self.outcome = outcome


class FallbackStore(AbstractContextManager["FallbackStore"]):
    """Stores the results of one run as they come; `done` are the ids of the cases that are stored.

    A server that does not answer is asked again for a while. When a store fails, all that is known of the run goes into
    another one, and the rest after it: into that of the results folder, or into a new file beside the lost one. At the
    end it is copied over, if that is possible then.
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
        self._beside: Path | None = None
        self.done = set(store.measured(run.id))
        self._results = [_earlier(store, run.id)] if self.done else []

    def __exit__(self, *_: object) -> None:
        self._close()

    def add(self, result: GroupResult) -> None:
        """Store the results of a group; raise `StoreError` where no store takes them, and `ConflictError`."""
        self._results.append(result)
        try:
            if self._fallback is not None:
                self._fallback.add(self._run.id, result)
            else:
                self._persistently(lambda: self._store.add(self._run.id, result), _ids(result))
        except ConflictError:
            raise
        except StoreError as error:
            self._fall_back(error)
        self.done |= _ids(result)

    def end(self, state: State, settings: str | None = None) -> None:
        """Record how the run ended, and its settings in full; raise `StoreError` where its store lacks some of it."""
        ended = now()
        self._run = replace(self._run, state=state, finished=ended, settings=settings or self._run.settings)
        if self._fallback is None:
            try:
                self._finish(state, settings)
            except StoreError as error:
                self._fall_back(error)
            else:
                return
        assert self._fallback is not None
        self._fallback.finish(self._run.id, state, settings)
        transfer(self._fallback, self._store, self._run.id)
        self._warn(f"{self._store.location} can be reached again, and has the whole run {self._run.id}")
        self._close()
        if self._beside is not None:
            remove(self._beside)

    def outcome(self) -> Outcome:
        """Read the outcome of the run from its store."""
        return self._store.outcome(self._run.id)

    def lost(self, error: StoreError) -> StoredElsewhere:
        """Return what is to be raised where the store lacks some of the run: where it is, with what was measured."""
        message, remedy = f"{error.message}; {self.kept}", f"{error.remedy}; {self.remedy}"
        return StoredElsewhere(message, remedy=remedy, outcome=self._measured())

    @property
    def kept(self) -> str:
        """How much is stored, and where, as a sentence."""
        where = (self._fallback or self._store).location
        count = f"{len(self.done)} of {len(self._cases)} cases"
        return f"{count} are kept as run {self._run.id} in {where}"

    @property
    def remedy(self) -> str:
        """How to go on from there, as a sentence."""
        store = self._store.location
        resume = f"go on with `assay run --resume {self._run.id}{store.option}`"
        if self._fallback is None:
            return resume
        copy = f"assay store copy {self._fallback.location.pasted} {store.pasted} {self._run.id}"
        told = f"bring them over with `{copy}`"
        return told if len(self.done) == len(self._cases) else f"{told}, then {resume}"

    def _finish(self, state: State, settings: str | None) -> None:
        def finish() -> None:
            self._store.finish(self._run.id, state, settings)

        if state == "complete":
            self._persistently(finish)
        else:  # the user waits
            finish()
        missing = self.done - self._store.measured(self._run.id)
        unsaved = {case for result in self._results for case in _ids(result)} - self.done
        if missing or unsaved:
            count = len(missing | unsaved)
            raise StoreError(f"{self._store.location} lacks {count} cases", remedy="was it restored, or emptied?")

    def _persistently(self, act: Callable[[], None], cases: frozenset[str] = frozenset()) -> None:
        """Do something with the store; where a server does not answer, try again for a while.

        `cases` are stored by this: they may be so already, where only the answer was lost.
        """
        try:
            return act()
        except Unreachable as error:
            first = error
        self._warn(f"{first.message}; it is asked again for {ASKED_AGAIN_S:g} s")
        until, pauses = time.monotonic() + ASKED_AGAIN_S, iter(PAUSES_S)
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, next(pauses, PAUSES_S[-1])))
            with suppress(Unreachable):
                if not cases or not cases <= self._store.measured(self._run.id):
                    act()
                self._warn(f"{self._store.location} answers again")
                return None
        raise first

    def _close(self) -> None:
        if self._fallback is not None:
            self._fallback.close()
            self._fallback = None

    def _fall_back(self, error: StoreError) -> None:
        """Put all that was measured into the first other store that takes it; raise the error where none does."""
        self._close()
        for location in self._places():
            made = location.file if location.file is not None and not location.file.exists() else None
            try:
                self._fallback = self._fill(location)
            except StoreError:
                if made is not None:
                    remove(made)
                continue
            own = self._store.location.elsewhere and location.file == location.folder / FILE
            self._beside = None if own else location.file
            self._warn(f"{error.message}; results go to {location} from here on")
            return
        raise error

    def _places(self) -> Iterator[Location]:
        """The store of the results folder, unless it is the lost one; then new files in the folders that there are."""
        lost = self._store.location
        if lost.elsewhere and self._beside is None:
            yield Location(folder=lost.folder, file=lost.folder / FILE)
        file = lost.file if lost.file is not None and not lost.elsewhere else lost.folder / FILE
        for folder in _folders(file):
            yield Location(folder=lost.folder, file=_new(folder, f"{file.stem}-{self._run.id}"))

    def _fill(self, location: Location) -> Store:
        store = Store(location)
        try:
            if any(run.id == self._run.id for run in store.runs()):
                store.reopen(self._run.id, self._codes)
            else:
                store.begin(replace(self._run, state="running", finished=None), self._cases, self._codes)
            stored = store.measured(self._run.id)
            for result in self._results:
                if stored.isdisjoint(_ids(result)):
                    store.add(self._run.id, result)
            self.done = set(store.measured(self._run.id))
        except StoreError:
            store.close()
            raise
        return store

    def _measured(self) -> Outcome:
        """What is in memory, as the outcome of the run."""
        rows = {row.case.id: row for result in self._results for row in result.measurements}
        found = tuple(rows[case.id] for case in self._cases if case.id in rows)
        ended = [row.status for row in found]
        return Outcome(
            run=self._run,
            manifest=Manifest.of(len(self._cases), {status: ended.count(status) for status in ended}),
            measurements=found,
            noise=noise_floor([probe for result in self._results for probe in result.probes]),
            codes=tuple(self._codes),
        )


def _ids(result: GroupResult) -> frozenset[str]:
    return frozenset(row.case.id for row in result.measurements)


def _earlier(store: Store, run: str) -> GroupResult:
    """What an earlier process has stored of a run that goes on."""
    return GroupResult(measurements=store.measurements(run), probes=store.probes(run))


def _folders(file: Path) -> Iterator[Path]:
    """The folders that exist and may be written: that of the file, those above it, and the one of temporary files."""
    found = [file.parent, *file.parent.parents]
    with suppress(OSError):  # of a working folder that is gone
        found += file.parent.absolute().parents
    with suppress(OSError):
        found.append(Path(tempfile.gettempdir()))
    yield from (folder for folder in dict.fromkeys(found) if folder.is_dir() and os.access(folder, os.W_OK))


def _new(folder: Path, name: str) -> Path:
    """A file that there is not yet."""
    names = (f"{name}.sqlite", *(f"{name}-{number}.sqlite" for number in range(2, 100)))
    return next(path for path in (folder / each for each in names) if not os.path.lexists(path))
