"""The main job: discover, plan, measure, store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from assay.credentials import is_unknown, keep, reveal
from assay.environment.command_line import command_line, is_command
from assay.environment.describe import describe, now
from assay.errors import AssayError, StoreError
from assay.execute.from_python import pickled, refuse_failed, with_lists
from assay.execute.participants import marked, participants
from assay.execute.plan import plan
from assay.execute.progress import ProgressListener, listening
from assay.execute.refused import try_corpora
from assay.execute.run_command import run_command
from assay.execute.scheduler import execute
from assay.execute.selection import Selection
from assay.execute.sharded.cost_estimate import CostEstimate, forecast
from assay.execute.sharded.group import executor_of
from assay.execute.tokenizer_files import name_files
from assay.measure.plugin_metrics import chosen as chosen_metrics
from assay.plugins.discovery import discover
from assay.plugins.host import Host
from assay.plugins.tokenizer_files import refuse_changed
from assay.records.name_list import split_names
from assay.records.near_names import did_you_mean, near_names
from assay.records.options import take
from assay.records.plugin_code import PluginCode, other_code
from assay.records.process_identity import ProcessIdentity
from assay.records.results import Case, Outcome, Run, TokenizerCase
from assay.records.settings import Settings
from assay.records.temporary import temporary_folder
from assay.store.fallback import FallbackStore
from assay.store.location import RESULTS, Where, locate
from assay.store.store import Store, new_run_id


class Interrupted(AssayError):
    """Ctrl-C: what was measured is kept."""

    exit_code = 130


def run(
    *,
    results: str | Path = RESULTS,
    store: str | Path | None = None,
    settings: Settings | None = None,
    progress: bool | None = None,
    **options: Any,
) -> Outcome:
    """Run a suite and store its results; the options are those of `assay run`, by the names of the fields.

    What is measured: `suite`, `workloads`, `tokenizers`, `attentions`, `corpora`, `include`, `held_out`, `sample`,
    `dtype`, `device` and `metrics`. How, in place of a field of `settings`: `plugins`, `block`, `load`, `baselines`,
    `budget_s`, `epochs`, `precision`, `timeout_s`, `memory_bytes`, `threads`, `executor`, `workers`, `scheduler`,
    `field`, `fresh` and `same_ids_as`. One that is None is as if it were left out. What lists names or patterns takes a
    list, or a text with commas between them. `plugins` lists files and Python objects: modules, classes or objects
    with hooks, and descriptors such as `assay.TokenizerPlugin`. Objects reach other processes by cloudpickle.

    They are stored in the folder `results`, or in `store`: another folder, a SQLite file or the URL of a database.
    A notebook shows one line of progress, and a script nothing; `progress=True` prints a line for each case there, and
    `progress=False` shows nothing anywhere.

    Raises `TypeError` for an option that there is not, and `AssayError` for bad input, before anything is measured.
    Ctrl-C raises `KeyboardInterrupt`, and what was measured is kept.
    """
    _refuse_unknown(options)
    given = with_lists({name: value for name, value in options.items() if value is not None})
    selection = Selection(**take(Selection, given))
    settings = replace(settings or Settings(), **given)
    with temporary_folder() as folder, listening(progress) as listener:
        settings = replace(settings, plugins=pickled(settings.plugins, Path(folder)))
        host = discover(settings.plugins, settings.block, settings.load, timeout_s=settings.timeout_s)
        refuse_failed(host)
        try:
            return begin(host, selection, settings, locate(store, results), listener)
        except Interrupted as error:
            of_objects = any(item.origin.is_object for item in host.found)
            raise KeyboardInterrupt(error.message if of_objects else str(error)) from None


def _refuse_unknown(options: Iterable[str]) -> None:
    known = [each.name for each in (*fields(Selection), *fields(Settings))]
    for name in options:
        if name not in known:
            question = did_you_mean(near_names(name, known))
            raise TypeError(f"assay.run() has no option {name!r}" + (f"; {question}" if question else ""))


def begin(
    host: Host,
    selection: Selection,
    settings: Settings,
    results: Where,
    listener: ProgressListener | None = None,
    reports: Sequence[str] = (),
) -> Outcome:
    """Plan and measure a selection, storing each group of cases as it is done.

    `reports` are the names of those that are written when the run is done: their code is recorded too.
    Raises `Interrupted` on Ctrl-C, and `StoreError` when the results cannot be written; whatever was stored
    until then stays.
    """
    command = command_line() if is_command() else run_command(host, selection, settings, results)
    chosen = selection.chosen
    listener = listener or ProgressListener()
    notes: list[str] = []
    selection, settings = name_files(host, selection, settings)
    cases = plan(host, selection, settings, notes.append)
    if any(case.shards for case in cases):
        executor_of(host, settings)  # one that is not there costs nothing yet
    for note in notes:
        listener.noted(note)
    settings = replace(
        settings,
        baselines=settings.baselines or chosen.baselines,
        grid=chosen.grid or settings.grid,
        metrics=chosen_metrics(host, selection.metrics),
    )
    record = Run(
        id=new_run_id(),
        started=now(),
        suite=f"{chosen.name}/{chosen.version}",
        command=command,
        environment=describe(cases),
        settings=settings.to_json(),
        process=str(ProcessIdentity.current()),
    )
    codes = participants(host, cases, settings, reports)
    with Store(results) as store:
        store.begin(record, cases, codes)
        return _carry_on(host, store, record, cases, codes, settings, listener)


def estimate_cost(
    host: Host, selection: Selection, settings: Settings, tell: Callable[[str], object] = lambda what: None
) -> tuple[tuple[Case, ...], tuple[CostEstimate, ...]]:
    """Plan a selection, and estimate what counting each of its corpora of shards would take; nothing is stored."""
    selection, settings = name_files(host, selection, settings)
    cases = plan(host, selection, settings, tell)
    groups: dict[str, list[TokenizerCase]] = {}
    for case in cases:
        if isinstance(case, TokenizerCase) and case.shards:
            groups.setdefault(case.group, []).append(case)
    forecasts = []
    for members in groups.values():
        tell(f"counting some documents of {members[0].corpus}")
        forecasts.append(forecast(host, members, settings))
    return cases, tuple(forecasts)


def settings_of(name: str, results: Where) -> Settings:
    """Return the settings of a run; raises `UnknownName` for a run that is not there."""
    with Store(results, read_only=True) as store:
        return Settings.from_json(store.run(name).settings)


def resume(
    name: str,
    results: Where,
    listener: ProgressListener | None = None,
    reports: Sequence[str] = (),
    *,
    corpora: str | None = None,
    scheduler: str | None = None,
) -> Outcome:
    """Measure what a run still lacks, with the run's own settings.

    A run stores no credentials. URLs of `corpora`, and a `scheduler`, that were given with some have to be given again.

    The listener is warned of plugins whose code is another one than that of the rows so far. Raises `UnknownName` for
    a run that is not there, and else as `begin`.
    """
    for given in (*split_names(corpora or ""), (scheduler or "").strip()):
        keep(given)
    with Store(results, create=False) as store:
        record = store.run(name)
        settings = Settings.from_json(record.settings)
        host = discover(
            settings.plugins,
            settings.block,
            settings.load,
            timeout_s=settings.timeout_s,
            files=settings.files,
            same_ids_as=settings.same_ids_as,
        )
        refuse_changed(host, settings.files)
        settings = replace(settings, scheduler=settings.scheduler and reveal(settings.scheduler))
        cases = store.planned(record.id)
        _need_credentials(record, cases, settings)
        try_corpora(host, cases)
        codes, listener = participants(host, cases, settings, reports), listener or ProgressListener()
        for changed in other_code(store.codes(record.id), codes):
            listener.warned(f"not all rows so far are of this code: {changed}; each row says of which it is")
        store.reopen(record.id, codes)
        return _carry_on(host, store, record, cases, codes, settings, listener)


def _need_credentials(record: Run, cases: Iterable[Case], settings: Settings) -> None:
    """Raise `AssayError` where a URL is needed whose credentials this process does not have."""
    corpora = dict.fromkeys(case.corpus for case in cases if isinstance(case, TokenizerCase) and case.shards)
    wanted = [("--corpora", name) for name in corpora if is_unknown(name)]
    if settings.scheduler is not None and is_unknown(settings.scheduler):
        wanted.append(("--scheduler", settings.scheduler))
    if wanted:
        option, name = wanted[0]
        raise AssayError(
            f"{name} was given with credentials, which are not stored",
            remedy=f"give it again: `assay run --resume {record.id} {option} URL`, or in ASSAY_{option[2:].upper()}",
        )


def _carry_on(
    host: Host,
    store: Store,
    record: Run,
    cases: Sequence[Case],
    codes: Sequence[PluginCode],
    settings: Settings,
    listener: ProgressListener,
) -> Outcome:
    settings = settings.drawn()  # a plugin could read in the store what is drawn from it: it is recorded at the end
    with FallbackStore(store, record, cases, listener.warned, codes) as results:
        missing = [case for case in cases if case.id not in results.done]
        share = replace(settings, budget_s=settings.budget_s * max(1, len(missing)) / len(cases))
        try:
            listener.begun(record, cases, len(results.done))
            for result in execute(host, missing, share, listener.tick):
                result = marked(result, codes)
                results.add(result)
                for measurement in result.measurements:
                    listener.measured(measurement)
            results.end("complete", settings.to_json())
            return results.outcome()
        except KeyboardInterrupt:
            with suppress(StoreError):
                results.end("interrupted", settings.to_json())
            raise Interrupted(f"interrupted: {results.kept}", remedy=results.remedy) from None
        except StoreError as error:
            raise results.lost(error) from None
        except AssayError:  # an executor that cannot begin
            with suppress(StoreError):
                results.end("failed", settings.to_json())
            raise
