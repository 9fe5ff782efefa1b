"""What a plugin must not change in the process that loads it, since every other plugin needs it too."""

from __future__ import annotations

import builtins
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

MODULES = (
    *("builtins", "codecs", "collections", "contextlib", "copy", "ctypes", "functools", "gc", "glob", "hashlib", "io"),
    *("importlib", "itertools", "json", "json.decoder", "json.encoder", "locale", "math", "multiprocessing"),
    *("operator", "os", "os.path", "pathlib", "pickle", "platform", "random", "re", "select", "shutil", "signal"),
    *("socket", "sqlite3", "statistics", "string", "struct", "subprocess", "tempfile", "threading", "time"),
    *("traceback", "types", "unicodedata", "warnings", "weakref"),
)
MAY_CHANGE = frozenset({("warnings", "showwarning"), ("warnings", "filters")})  # by logging.captureWarnings
State = Mapping[str, object]


def state() -> State:
    """Return what is compared: functions and classes of the standard library, and settings of the process."""
    return MappingProxyType(dict(_library()) | dict(_settings()))


def changes(before: State) -> list[str]:
    """Return the names of what differs from before; what was not there before may be added."""
    now = state()
    return [name for name, value in before.items() if now.get(name, None) is not value and now.get(name) != value]


def _library() -> Iterator[tuple[str, object]]:
    modules = sys.modules
    for module in MODULES:
        if module in modules:
            for name, value in list(vars(modules[module]).items()):
                if not name.startswith("_") and callable(value) and (module, name) not in MAY_CHANGE:
                    yield f"{module}.{name}", value
                    if isinstance(value, type) and value.__module__ == module:
                        yield from _methods(f"{module}.{name}", value)


def _methods(name: str, kind: type) -> Iterator[tuple[str, object]]:
    for attribute, value in list(vars(kind).items()):
        if callable(value) or isinstance(value, property | classmethod | staticmethod):
            yield f"{name}.{attribute}", value


def _settings() -> Iterator[tuple[str, object]]:
    readers: Mapping[str, Callable[[], object]] = {
        "the working folder": os.getcwd,
        "the garbage collector": gc.isenabled,
        "the recursion limit": sys.getrecursionlimit,
        "sys.stdout": lambda: sys.stdout,
        "sys.stderr": lambda: sys.stderr,
        "sys.exit": lambda: sys.exit,
        "the trace function": sys.gettrace,
        "the profile function": sys.getprofile,
        "the import function": lambda: builtins.__import__,
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
        if name.startswith(("PATH", "HOME", "TMP", "PYTHON", "LD_", "LC_", "LANG", "ASSAY_")):
            yield f"the variable {name}", value
    yield from ((f"sys.path without {path}", path) for path in sys.path)


def _limits() -> object:
    import resource

    names = ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_DATA", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_STACK")
    return tuple(resource.getrlimit(getattr(resource, name)) for name in names if hasattr(resource, name))
