"""What a plugin must leave as it found it, so that its figures and its neighbours' mean something."""

from __future__ import annotations

import gc
import locale
import os
import sys
import time
from pathlib import Path

from assay.errors import WrongOutput
from assay.measure import timer

LOCALES = ("LC_CTYPE", "LC_COLLATE", "LC_NUMERIC", "LC_TIME", "LC_MONETARY")
# Bound here, before any plugin is loaded.
CLOCKS = tuple(
    (module, name, getattr(module, name))
    for module, names in (
        (time, ("perf_counter_ns", "process_time_ns", "perf_counter", "process_time", "monotonic", "monotonic_ns")),
        (time, ("time", "time_ns", "thread_time", "thread_time_ns")),
        (timer, ("perf_counter_ns", "process_time_ns", "read", "read_parts")),
    )
    for name in names
)


class ProcessStateGuard:
    """The state of the process before a plugin is called."""

    def __init__(self) -> None:
        self._before = _state()

    def compare(self) -> None:
        """Raise `WrongOutput` for the first thing that a plugin changed.

        A clock that was replaced, even while the plugin was loaded, is told every time.
        """
        for module, name, function in CLOCKS:
            if getattr(module, name, None) is not function:
                where = module.__name__.rpartition(".")[2]
                raise WrongOutput(f"it changed {where}.{name}, which reads a clock", remedy="leave the clocks alone")
        for (name, before), (_, now) in zip(self._before, _state(), strict=True):
            if before is not None and now != before:
                self._before = _state()
                raise WrongOutput(
                    f"it changed {name} from {before} to {now}", remedy="restore what is changed before returning"
                )


def _state() -> tuple[tuple[str, object], ...]:
    torch = sys.modules.get("torch")
    return (
        ("torch's number of threads", None if torch is None else torch.get_num_threads()),
        ("torch's default type", None if torch is None else str(torch.get_default_dtype())),
        *((f"the locale {name}", locale.setlocale(getattr(locale, name))) for name in LOCALES),
        ("the working folder", _folder()),
        ("the garbage collector", "on" if gc.isenabled() else "off"),
        ("standard output", _stdout()),
    )


def _folder() -> str:
    try:
        return str(Path.cwd())
    except OSError:
        return "a folder that is gone"


def _stdout() -> str:
    """Whether standard output is still open, as Python and as the system see it."""
    try:
        os.fstat(1)
    except OSError:
        return "closed"
    return "closed" if sys.stdout is None or sys.stdout.closed else "open"
