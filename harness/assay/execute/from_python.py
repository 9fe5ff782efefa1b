"""Arguments of `assay.run` as Python has them: lists, and plugins that are objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from assay.errors import AssayError
from assay.execute import pickling
from assay.plugins.host import Host
from assay.plugins.python_objects import as_plugin, distinct, is_object, named
from assay.records.name_list import as_list, split_names
from assay.records.text import name_fault
from assay.records.workload import Workload
from assay.tokenizer.answers import typed

LISTS = ("workloads", "include", "block", "baselines", "same_ids_as")
NAMES = ("tokenizers", "attentions", "corpora", "metrics", "load")
HAND_OVER = "hand objects over by plugins=[...], or by assay.compare_tokenizers and assay.compare_attention"


def with_lists(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options whose lists are as the records have them; raise `AssayError` for what is not a list."""
    found = dict(options)
    for name in (*LISTS, *NAMES, "plugins"):
        if (value := options.get(name)) is None:
            continue
        if name == "plugins":
            found[name] = _each(name, value)
        elif name in NAMES:
            found[name] = as_list(value if isinstance(value, str) else _words(name, value))
        else:
            found[name] = names_of(name, value)
    return found


def names_of(name: str, value: Any) -> tuple[str, ...]:
    """Return the names that an option lists, also in one text with commas between them."""
    return split_names(value) if isinstance(value, str) else tuple(_words(name, value))


def pickled(plugins: Iterable[object], folder: Path, by_value: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the paths of plugins; each that is an object is written to the folder.

    `by_value` names modules that no other process can import: what they define is pickled whole.

    Raises `AssayError` for one that cannot be sent to another process.
    """
    paths: list[str] = []
    taken: set[str] = set()
    for plugin in plugins:
        if not is_object(plugin):
            paths.append(str(plugin))
            continue
        name = distinct(_sound(named(plugin)), taken)
        paths.append(str(pickling.write(folder, name, as_plugin(plugin), by_value).path))
    return tuple(paths)


def refuse_failed(host: Host) -> None:
    """Raise `AssayError` where an object cannot be used as a plugin, since its user is there to fix it."""
    for failure in host.failures:
        if failure.origin.is_object:
            raise AssayError(f"{failure.origin} {failure.what}", remedy=failure.remedy)


def _sound(name: str) -> str:
    fault = name_fault(name) or ("it has a slash" if "/" in name else None)
    if fault is not None:
        raise AssayError(f"a plugin object cannot be named {name!r}: {fault}", remedy="give it another name")
    return name


def _words(name: str, value: Any) -> Iterator[str]:
    for each in _each(name, value):
        if isinstance(each, Workload):
            yield each.id
        elif isinstance(each, str | Path):
            yield str(each)
        else:
            raise AssayError(f"{name} lists {typed(each)}, not a name", remedy=HAND_OVER)


def _each(name: str, value: Any) -> tuple[Any, ...]:
    """The items of a list; a text, a path, a workload or an object stands for itself."""
    alone = isinstance(value, str | Path | Workload) or not isinstance(value, Iterable) or isinstance(value, type)
    if alone and name != "plugins" and not isinstance(value, str | Path | Workload):
        raise AssayError(f"{name} is {typed(value)}, not a list", remedy="give a list of names")
    return (value,) if alone else tuple(value)
