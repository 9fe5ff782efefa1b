"""The main job: discover, plan, measure, store."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.discovery import discover
from assay.environment import describe
from assay.errors import AssayError
from assay.execute import execute
from assay.host import Host
from assay.plan import Selection, plan, suite
from assay.records import Case, Measurement, Run
from assay.store import Store, new_run_id, now

RESULTS = "results"
BUDGET_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A run and what it measured. `planned` has the cases of the plan, measured or not."""

    run: Run
    planned: tuple[Case, ...]
    measurements: tuple[Measurement, ...]

    @property
    def failed(self) -> bool:
        """Whether a case failed in a way that its plugin does not announce."""
        return any(measurement.blamed for measurement in self.measurements)


class Interrupted(AssayError):
    """Ctrl-C: what was measured is kept."""

    exit_code = 130


def run(
    *,
    suite: str = "tutorial",
    tokenizers: str = "*",
    attentions: str = "*",
    corpora: str | None = None,
    held_out: float = 0.1,
    threads: int = 1,
    budget_s: float = BUDGET_S,
    results: str | Path = RESULTS,
    plugins: Sequence[str | Path] = (),
    block: Sequence[str] = (),
) -> Outcome:
    """Run a suite and store its results; the arguments are those of `assay run`.

    Raises `AssayError` for bad input, before anything is measured.
    """
    selection = Selection(
        suite=suite,
        tokenizers=tokenizers,
        attentions=attentions,
        corpora=corpora,
        held_out=held_out,
        threads=threads,
    )
    return carry_out(discover(plugins, block), selection, budget_s=budget_s, results=results)


def carry_out(
    host: Host,
    selection: Selection,
    *,
    budget_s: float,
    results: str | Path,
    begun: Callable[[Run, Sequence[Case]], object] = lambda run, cases: None,
    measured: Callable[[Measurement], object] = lambda measurement: None,
) -> Outcome:
    """Plan and measure a selection, storing each measurement as it comes.

    `begun` and `measured` are told of the progress. Raises `Interrupted` on Ctrl-C, and `StoreError` when
    the results cannot be written; whatever was stored until then stays.
    """
    cases = plan(host, selection)
    chosen = suite(selection.suite)
    store = Store(results)
    record = Run(
        id=new_run_id(),
        started=now(),
        suite=f"{chosen.name}/{chosen.version}",
        command=shlex.join(["assay", *sys.argv[1:]]),
        environment=describe(),
    )
    done: list[Measurement] = []
    try:
        store.begin(record, cases)
        begun(record, cases)
        for measurement in execute(host, cases, budget_s):
            store.add(record.id, measurement)
            done.append(measurement)
            measured(measurement)
        store.finish(record.id, "complete")
        return Outcome(run=store.run(record.id), planned=cases, measurements=tuple(done))
    except KeyboardInterrupt:
        store.finish(record.id, "interrupted")
        raise Interrupted(
            f"interrupted: {len(done)} of {len(cases)} cases are kept as run {record.id} in {store.path}",
            remedy=f"see them with `assay show {record.id}`",
        ) from None
    finally:
        store.close()
