"""The command line that repeats a run which was begun from Python, or why there is none."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from assay.credentials import mask_argument
from assay.execute.selection import Selection
from assay.plugins.host import Host
from assay.records.settings import Settings
from assay.store.location import RESULTS, Where, at

# The options that are not called as their fields.
OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "workloads": "workload",
        "plugins": "plugin",
        "baselines": "baseline",
        "budget_s": "budget",
        "timeout_s": "timeout",
        "memory_bytes": "memory",
        "run_seed": "seed",
    }
)
NO_OPTION = ("grid", "seed")
DERIVED = ("metrics", "files")  # of the settings: what metrics and tokenizers of the selection mean


def run_command(host: Host, selection: Selection, settings: Settings, results: Where) -> str:
    """Return the command line that plans and measures the same, without passwords.

    Return a sentence that begins with `run from Python` where no command line does.
    """
    suite = selection.chosen
    usual = Settings(grid=suite.grid)
    beyond = [f"{name}={getattr(settings, name)!r}" for name in NO_OPTION if _differs(settings, usual, name)]
    objects = [item.plugin.name for item in host.found if item.origin.is_object]
    why = [f"{', '.join(beyond)}, for which `assay run` has no option"] if beyond else []
    why += [f"the Python objects {', '.join(objects)}"] if objects else []
    if why:
        return f"run from Python with {' and '.join(why)}: no command line repeats it"
    given = [*_options(selection), *_options(settings, without=(*NO_OPTION, *DERIVED)), *store_options(results)]
    return shlex.join(["assay", "run", *map(mask_argument, given)])


def store_options(results: Where) -> Iterator[str]:
    """Yield the options that name a store, without a password; none for the usual one."""
    location = at(results)
    if str(location.folder) != RESULTS:
        yield from ("--results", str(location.folder))
    if location.elsewhere:
        yield from ("--store", str(location))


def _differs(settings: Settings, usual: Settings, name: str) -> bool:
    value = getattr(settings, name)
    return value is not False and value != getattr(usual, name)


def _options(record: Any, without: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the options of the fields that are not as they usually are."""
    for field in fields(record):
        value = getattr(record, field.name)
        if field.name in without or value == field.default or value is None:
            continue
        option = f"--{OPTIONS.get(field.name, field.name).replace('_', '-')}"
        if value is True:
            yield option
            continue
        for each in value if isinstance(value, tuple) else (value,):
            yield from (option, str(each))
