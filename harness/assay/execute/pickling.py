"""Python objects written to files, for the processes that measure them: what is pickled, by which hash it is known."""

from __future__ import annotations

import hashlib
import io
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from assay.environment.plugin_code import digest, package_files
from assay.errors import AssayError, reason_of
from assay.plugins.python_objects import ObjectFile

DEEPEST = 4
STANDARD = frozenset(sys.stdlib_module_names)
INSTALLED = ("site-packages", "dist-packages")
TRAVELS = "make it inside the function, or hand over a class that makes it when it is built"


def write(folder: Path, name: str, plugin: object, by_value: Iterable[str] = ()) -> ObjectFile:
    """Write a plugin object to a folder; the sha256 is over what was pickled and the code that it refers to.

    What the modules `by_value` define is pickled whole, since no other process can import them.

    Raises `AssayError` for what cannot be pickled, with the part of it that cannot.
    """
    with _whole(by_value):
        content, modules = _dumps(name, plugin)
    hasher = hashlib.sha256(content)
    for module in modules:
        hasher.update(f"{module} {_code_of(module)}".encode())
    ours = ", ".join(module for module in modules if not _installed(module))
    covers = "the Python object as it was pickled" + (f", and all files of {ours}" if ours else "")
    return ObjectFile.write(folder, name, content, hasher.hexdigest(), covers)


@contextmanager
def _whole(modules: Iterable[str]) -> Iterator[None]:
    """Pickle what these modules define by value, and not by its name; those of Assay can be imported anywhere."""
    import cloudpickle

    known = cloudpickle.list_registry_pickle_by_value()
    given = [sys.modules[name] for name in modules if name in sys.modules and name not in known]
    ours = [module for module in given if module.__name__.partition(".")[0] not in {"assay", *STANDARD}]
    for module in ours:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in ours:
            cloudpickle.unregister_pickle_by_value(module)


def _dumps(name: str, plugin: object) -> tuple[bytes, tuple[str, ...]]:
    """Pickle an object; return the packages that its parts are of, those of the standard library left out."""
    modules: set[str] = set()
    try:
        content = _pickle(plugin, modules.add)
    except Exception as error:
        found = _culprit(plugin) or f"cannot be pickled ({reason_of(error)})"
        raise AssayError(
            f"{name!r} {found}, so it cannot be sent to the processes that measure it", remedy=TRAVELS
        ) from None
    own = {module for module in modules if module.partition(".")[0] not in {"__main__", "assay", *STANDARD}}
    return content, tuple(sorted({_package(module) for module in own}))


def _pickle(whole: object, refers_to: Callable[[str], object]) -> bytes:
    """Pickle an object, and tell the modules of its functions and classes; raise whatever does not let it."""
    import cloudpickle

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        def persistent_id(self, part: object) -> None:
            if isinstance(part, io.IOBase) and not isinstance(part, io.BytesIO | io.StringIO):
                raise TypeError("an open file")  # which cloudpickle would read to its end
            if isinstance(part, ModuleType):
                refers_to(part.__name__)
            elif callable(part) and isinstance(module := getattr(part, "__module__", None), str):
                refers_to(module)

    file = io.BytesIO()
    Pickler(file, protocol=pickle.HIGHEST_PROTOCOL).dump(whole)
    return file.getvalue()


def _package(module: str) -> str:
    """The outermost package of a module; the module where that has no file, as a namespace."""
    package = module.partition(".")[0]
    return module if _place(package) is None else package


def _code_of(package: str) -> str | None:
    """Hash the files of a package or module that is not installed, and the first file of one that is."""
    path = _place(package)
    if path is None:
        return None
    return digest({path.name: path} if _installed(package) else package_files(path))[0]


def _place(package: str) -> Path | None:
    found = getattr(sys.modules.get(package), "__file__", None)
    return Path(found) if found is not None and Path(found).is_file() else None


def _installed(package: str) -> bool:
    path = _place(package)
    return path is None or any(part in INSTALLED for part in path.parts)


def _culprit(whole: object, depth: int = DEEPEST) -> str | None:
    """Return which part of an object cannot be pickled, and where it is: `holds a lock, as 'guard'`."""
    for place, part in _parts(whole):
        if not _travels(part):
            inside = _culprit(part, depth - 1) if depth and _is_open(part) else None
            return inside or f"holds {_typed(part)}{place}"
    return None


def _is_open(part: object) -> bool:
    """Whether to look for what does not travel inside: not in objects of the standard library, such as a thread."""
    whole = isinstance(part, Mapping | list | tuple | set | frozenset | type) or callable(part)
    return whole or type(part).__module__.partition(".")[0] not in STANDARD


def _parts(whole: Any) -> Iterator[tuple[str, object]]:
    """Yield what an object is made of, each with the name that it has there."""
    function = getattr(whole, "__func__", whole)
    if isinstance(getattr(function, "__code__", None), CodeType):
        names = function.__code__.co_freevars
        for name, cell in zip(names, function.__closure__ or (), strict=True):
            try:
                yield f", as {name!r}", cell.cell_contents
            except ValueError:  # it has no value yet
                continue
        for name in _globals(function.__code__):
            if name in function.__globals__:
                yield f", as {name!r}", function.__globals__[name]
        given = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
        yield from ((", as a default", part) for part in given)
    if function is not whole:
        yield "", whole.__self__
    elif isinstance(whole, Mapping):
        yield from ((f", under {name!r}" if isinstance(name, str) else "", part) for name, part in whole.items())
    elif isinstance(whole, list | tuple | set | frozenset):
        yield from (("", part) for part in whole)
    else:
        yield from ((f", as {name!r}", part) for name, part in _attributes(whole))


def _globals(code: CodeType) -> Iterator[str]:
    """Yield the names that a function, and those that are written in it, may look up outside."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _globals(constant)


def _attributes(whole: object) -> Iterator[tuple[str, object]]:
    slots = [name for kind in type(whole).__mro__ for name in _slots(kind)]
    yield from ((name, getattr(whole, name)) for name in slots if hasattr(whole, name))
    own = getattr(whole, "__dict__", {})
    yield from ((name, part) for name, part in own.items() if not name.startswith("__"))


def _slots(kind: type) -> tuple[str, ...]:
    slots = kind.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _travels(part: object) -> bool:
    try:
        _pickle(part, str)
    except Exception:
        return False
    return True


def _typed(part: object) -> str:
    if isinstance(part, io.IOBase):
        return "an open file"
    kind = type(part)
    name = kind.__name__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
