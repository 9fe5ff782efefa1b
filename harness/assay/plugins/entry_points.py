"""The sources of plugins: installed entry points, files and objects, and which of them are excluded."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path

from assay.errors import AssayError
from assay.plugins.host import matches
from assay.plugins.loading import Excluded
from assay.plugins.origin import DISTRIBUTION, FORMER_DISTRIBUTION, Origin
from assay.plugins.python_objects import ObjectFile, as_plugin, distinct, is_object, named
from assay.records.name_list import join_names, split_names
from assay.records.plugin_label import MARK, SUFFIX

GROUP = "assay"
AGAIN = "hand it over again, from Python"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One plugin that can be loaded, the name of its module, and its distribution where it is installed."""

    origin: Origin
    load: Callable[[], object]
    module: str
    distribution: metadata.Distribution | None = None


def sources(
    files: Iterable[object], block: Sequence[str], load: str | None, *, lenient: bool = False
) -> tuple[list[Source], list[Excluded]]:
    """Return the plugins that are to be loaded, and those that are not, with the reason.

    `files`, `block` and `load` are those of `discover`. Raises `AssayError` for a file that does not exist, and, unless
    `lenient`, for a name that nothing has.
    """
    installed, given = list(_installed()), list(_files(files))
    if not lenient:
        _known(block, load, installed, given)
    kept: list[Source] = []
    excluded: list[Excluded] = []
    for source in [*installed, *given]:
        origin = source.origin
        blocking = next((name for name in block if origin.matches(name)), None)
        if blocking is not None:
            excluded.append(
                Excluded(origin=origin, because=f"--block {blocking}", remedy=f"do without --block {blocking}")
            )
        elif load is not None and source in installed and not matches(load, *origin.names):
            more = origin.block if load == "none" else f"{load},{origin.block}"
            excluded.append(Excluded(origin=origin, because=f"--load {load}", remedy=f"--load {more}"))
        else:
            kept.append(source)
    return kept, excluded


def _known(block: Sequence[str], load: str | None, installed: Sequence[Source], given: Sequence[Source]) -> None:
    """Refuse names that nothing has: they are typing errors."""
    for name in block:
        if not any(source.origin.matches(name) for source in [*installed, *given]):
            raise AssayError(f"there is no plugin {name!r} to block", remedy=_there_are([*installed, *given]))
    for pattern in split_names(load or ""):
        if pattern != "none" and not any(matches(join_names([pattern]), *source.origin.names) for source in installed):
            raise AssayError(f"there is no installed plugin {pattern!r} to load", remedy=_there_are(installed))


def _there_are(sources: Sequence[Source]) -> str:
    return f"there are: {', '.join(source.origin.block for source in sources)}"


def _installed() -> Iterator[Source]:
    """The entry points, the first one of each distribution's; ours may lie there under its former name as well."""
    points = metadata.entry_points(group=GROUP)
    # A distribution parses its metadata whenever it is asked.
    facts = {id(point.dist): point.dist.metadata for point in points if point.dist is not None}
    unique: dict[tuple[str, str], Source] = {}
    for point in points:
        found = facts.get(id(point.dist))
        origin = Origin(
            entry_point=point.name,
            distribution=None if found is None else _distribution(point, found["Name"]),
            version=None if found is None else found["Version"],
            target=point.value,
        )
        module = point.value.partition(":")[0].strip()
        source = Source(origin=origin, load=point.load, module=module, distribution=point.dist)
        unique.setdefault((origin.distribution or "", point.name), source)
    yield from unique.values()


def _distribution(point: metadata.EntryPoint, name: str) -> str:
    """The name of the distribution; for a revision of ours from before the change of name, the name of today."""
    ours = name == FORMER_DISTRIBUTION and point.module.partition(".")[0].startswith("assay")
    return DISTRIBUTION if ours else name


def _files(given: Iterable[object]) -> Iterator[Source]:
    given = tuple(given)
    paths = [Path(each) for each in given if isinstance(each, str | Path)]
    for path in {each.resolve(): each for each in paths}.values():
        if str(path).startswith(MARK):
            raise AssayError(f"the plugin {path} was a Python object, which no run stores", remedy=AGAIN)
        if not path.is_file():
            raise AssayError(f"there is no plugin file {path}", remedy="--plugin takes a Python file")
        if path.suffix == SUFFIX:
            file = ObjectFile.read(path)
            origin = Origin(entry_point=f"{MARK}{file.name}", sha256=file.sha256, covers=file.covers)
            yield Source(origin=origin, load=file.load, module="")
            continue
        name = f"assay_file_{path.stem}"
        origin = Origin(entry_point=path.stem, path=str(path))
        yield Source(origin=origin, load=partial(_load_file, path, name), module=name)
    taken: set[str] = set()
    for plugin in filter(is_object, given):
        name = distinct(named(plugin), taken)
        yield Source(origin=Origin(entry_point=f"{MARK}{name}"), load=partial(as_plugin, plugin), module="")


def _load_file(path: Path, name: str) -> object:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
