"""What a plugin must not change in the process that loads it, since every other plugin needs it too."""

from __future__ import annotations

import builtins
import gc
import inspect
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType

MODULES = (
    *("ast", "builtins", "codecs", "collections", "contextlib", "copy", "ctypes", "dataclasses", "datetime", "fnmatch"),
    *("functools", "gc", "glob", "hashlib", "importlib", "io", "itertools", "json", "json.decoder", "json.encoder"),
    *("locale", "math", "mmap", "multiprocessing", "operator", "os", "os.path", "pathlib", "pickle", "platform"),
    *("random", "re", "select", "shutil", "signal", "socket", "sqlite3", "statistics", "string", "struct"),
    *("subprocess", "tempfile", "threading", "time", "traceback", "types", "unicodedata", "weakref", "zlib"),
)
# Honest libraries replace these, and nothing here depends on them. So it is with `warnings`, and with `inspect`, which
# torch and Ray change: they are not among the modules.
MAY_CHANGE = ("threading.excepthook", "traceback.TracebackException", "json.encoder.JSONEncoder.default")
VARIABLES = ("PATH", "HOME", "TMP", "PYTHONPATH", "PYTHONHOME", "PYTHONHASHSEED", "LD_", "ASSAY_")
State = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _AtLeast:
    """Numbers that may grow, as honest libraries raise limits; a negative one means no limit."""

    numbers: tuple[int, ...]

    def allows(self, now: object) -> bool:
        if not isinstance(now, _AtLeast):
            return False
        pairs = zip(self.numbers, now.numbers, strict=True)
        return all(new < 0 or 0 <= old <= new for old, new in pairs)


@dataclass(frozen=True, slots=True)
class _Paths:
    """A variable that may get more paths, and keeps those that it has in their order."""

    text: str

    def allows(self, now: object) -> bool:
        if not isinstance(now, _Paths):
            return False
        rest = iter(now.text.split(os.pathsep))
        return all(path in rest for path in self.text.split(os.pathsep))


def state() -> State:
    """Return what is compared: functions and classes of the standard library, and settings of the process."""
    return MappingProxyType(dict(_library()) | dict(_settings()))


def changes(before: State) -> list[str]:
    """Return the names of what differs from before; what was not there before may be added."""
    now = state()
    return [name for name, value in before.items() if not _allows(value, now.get(name))]


def _allows(before: object, now: object) -> bool:
    if isinstance(before, _AtLeast | _Paths):
        return before.allows(now)
    return now is before or now == before


def _library() -> Iterator[tuple[str, object]]:
    for module in MODULES:
        try:
            found = import_module(module)  # what is first loaded by a plugin could be changed by it unseen
        except ImportError:
            continue
        for name, value in list(vars(found).items()):
            if not name.startswith("_") and callable(value) and f"{module}.{name}" not in MAY_CHANGE:
                yield f"{module}.{name}", value
                if isinstance(value, type) and value.__module__ == module:
                    yield from _methods(f"{module}.{name}", value)


def _methods(name: str, kind: type) -> Iterator[tuple[str, object]]:
    for attribute, value in list(vars(kind).items()):
        is_code = callable(value) or isinstance(value, property | classmethod | staticmethod)
        if is_code and f"{name}.{attribute}" not in MAY_CHANGE:
            yield f"{name}.{attribute}", value


def _settings() -> Iterator[tuple[str, object]]:
    readers: Mapping[str, Callable[[], object]] = {
        "the working folder": os.getcwd,
        "the garbage collector": gc.isenabled,
        "the recursion limit": lambda: _AtLeast((sys.getrecursionlimit(),)),
        "sys.stdout": lambda: _stream(sys.stdout),
        "sys.stderr": lambda: _stream(sys.stderr),
        "sys.exit": lambda: sys.exit,
        "the trace function": sys.gettrace,
        "the profile function": sys.getprofile,
        "the import function": lambda: builtins.__import__,
        "inspect.signature": lambda: inspect.signature,
        "the handler of SIGINT": lambda: signal.getsignal(signal.SIGINT),
        "the handler of SIGTERM": lambda: signal.getsignal(signal.SIGTERM),
        "the alarm": lambda: signal.getitimer(signal.ITIMER_REAL)[0] > 0,
        "the limits of the process": _limits,
    }
    for name, read in readers.items():
        try:
            yield name, read()
        except (OSError, ValueError):
            yield name, "not to be read"
    for name, value in os.environ.items():
        if name.startswith(VARIABLES):
            yield f"the variable {name}", _Paths(value) if "PATH" in name else value
    yield from ((f"sys.path without {path}", path) for path in sys.path)


def _stream(stream: object) -> object:
    """Where a stream leads; one that is wrapped, as colorama does, leads to the same place."""
    try:
        return stream.fileno()  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):
        return stream


def _limits() -> object:
    import resource

    names = ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_DATA", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_STACK")
    known = (getattr(resource, name) for name in names if hasattr(resource, name))
    return _AtLeast(tuple(number for each in known for number in resource.getrlimit(each)))
