"""A folder of reports: a page for each stored run, and an index of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from assay.environment.command_line import command_line
from assay.errors import AssayError, DamagedRun
from assay.plugins.types import ReportPlugin
from assay.records.report_data import ReportContext
from assay.records.results import Outcome, Run
from assay.report.publish import ReportFailed, publish, save
from assay.store.store import Store

INDEX = "index"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site that was written: the path of its index, how many pages were written, and of which runs none could be.

    `kept` counts the pages that were there already, younger than the end of their runs.
    """

    index: Path
    written: int
    kept: int
    failures: tuple[str, ...]


def write(store: Store, folder: str | Path, plugin: ReportPlugin, of_run: Callable[[Outcome], ReportContext]) -> Site:
    """Write a page for each run of a store that has none yet, and the index anew.

    A run whose page cannot be made is left out of the index, and named. Raises `AssayError` for a format that cannot
    show a run, for a store without runs, and where the folder cannot be written.
    """
    if "run" not in plugin.shows:
        raise AssayError(f"the report {plugin.name} cannot show a run", remedy="choose another with --format")
    store.run()
    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AssayError(f"the folder {place} cannot be made: {error.strerror}") from None
    written, failures, shown = 0, [], []
    for run in store.runs():
        page = place / f"{run.id}{plugin.suffix}"
        if not _is_fresh(page, run):
            try:
                save(page, publish(plugin, of_run(store.outcome(run.id))))
            except (ReportFailed, DamagedRun) as error:
                failures.append(f"{run.id}: {error}")
                continue
            written += 1
        shown.append(run)
    index = place / f"{INDEX}{plugin.suffix}"
    outcomes = []
    for run in shown:
        try:
            outcomes.append(store.outcome(run.id, raw=False))
        except DamagedRun as error:  # since its page was written
            failures.append(f"{run.id}: {error}")
    command = command_line()
    save(index, publish(plugin, ReportContext(shows="runs", outcomes=tuple(outcomes), command=command)))
    return Site(index=index, written=written, kept=len(shown) - written, failures=tuple(failures))


def _is_fresh(page: Path, run: Run) -> bool:
    """Return whether a run has ended, and its page was written after that."""
    if run.finished is None or not page.is_file():
        return False
    return page.stat().st_mtime >= datetime.fromisoformat(run.finished).timestamp()
