"""Finding plugins: each is loaded, registered and asked by itself, so that a bad one costs only itself."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import NoReturn

import pluggy

from assay.contracts import NAMES_OF_KINDS, Descriptor
from assay.errors import AssayError
from assay.hookspecs import PROVIDES, Hooks
from assay.host import Failure, Found, Host, Origin
from assay.wellformed import fault_of

GROUP = "assay"


class _Refused(Exception):
    """A plugin, or a part of it, that cannot be used, and why."""

    def __init__(self, stage: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.stage, self.message, self.remedy = stage, message, remedy


def discover(plugins: Sequence[str | Path] = (), block: Sequence[str] = ()) -> Host:
    """Find all installed plugins, and those in the given files, except the blocked ones.

    A name in `block` is an entry point (`regex`), a distribution (`assay`), both (`assay:regex`), or a
    file. Whatever a plugin does wrong becomes one of the host's failures. Raises `AssayError` for a plugin
    file that does not exist and for a blocked name that nothing has.
    """
    found: list[Found] = []
    failures: list[Failure] = []
    sources = [*_installed(), *_files(plugins)]
    for name in block:
        if not any(origin.answers_to(name) for origin, _ in sources):
            known = ", ".join(origin.block for origin, _ in sources)
            raise AssayError(f"there is no plugin {name!r} to block", remedy=f"there are: {known}")
    for origin, load in sources:
        if any(origin.answers_to(name) for name in block):
            continue
        try:
            found.extend(Found(plugin=item, origin=origin) for item in _ask(load, origin, failures))
        except _Refused as refused:
            failures.append(_failure(origin, refused))
    return Host(*_settle(found, failures))


def _installed() -> Iterator[tuple[Origin, Callable[[], object]]]:
    points = metadata.entry_points(group=GROUP)
    unique = {(point.dist.name if point.dist else "", point.name): point for point in points}
    for point in unique.values():
        dist = point.dist
        yield (
            Origin(
                entry_point=point.name,
                distribution=dist.name if dist else None,
                version=dist.version if dist else None,
            ),
            point.load,
        )


def _files(paths: Iterable[str | Path]) -> Iterator[tuple[Origin, Callable[[], object]]]:
    for path in {Path(given).resolve(): Path(given) for given in paths}.values():
        if not path.is_file():
            raise AssayError(f"there is no plugin file {path}", remedy="--plugin takes a Python file")
        yield Origin(entry_point=path.stem, path=str(path)), partial(_load_file, path)


def _load_file(path: Path) -> object:
    name = f"assay_file_{path.stem}"
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


def _ask(load: Callable[[], object], origin: Origin, failures: list[Failure]) -> Iterator[Descriptor]:
    """Yield the good descriptors of one plugin; note the bad ones among the failures."""
    with _guard("import", f"Mend it, or leave it out with --block {origin.block}"):
        plugin = load()
        if isinstance(plugin, type):
            plugin = plugin()
    manager = pluggy.PluginManager("assay")
    manager.add_hookspecs(Hooks)
    hooks = ", ".join(PROVIDES)
    with _guard("register", f"The hooks are {hooks}, without arguments"):
        if plugin is None:
            raise TypeError("its entry point is None, not a module or an object with hooks")
        manager.register(plugin, name=origin.block)
        manager.check_pending()
    callers = manager.get_hookcallers(plugin) or []
    if not callers:
        raise _Refused("register", "it implements no hook", f"Mark {hooks} with @assay.hookimpl")
    for caller in callers:
        for implementation in caller.get_hookimpls():
            try:
                yield from _descriptors(caller.name, implementation.function, origin, failures)
            except _Refused as refused:
                failures.append(_failure(origin, refused))


def _descriptors(
    hook: str, function: Callable[[], object], origin: Origin, failures: list[Failure]
) -> Iterator[Descriptor]:
    kind = PROVIDES[hook]
    remedy = f"{hook} yields {kind.__name__} objects; mend it, or leave it out with --block {origin.block}"
    with _guard(hook, remedy):
        answer = function()
        if not isinstance(answer, Iterable):
            raise TypeError(f"it returned {type(answer).__name__}, not an iterable of {kind.__name__}")
        items = iter(answer)
    while True:
        with _guard(hook, remedy):
            try:
                item = next(items)
            except StopIteration:
                return
        if not isinstance(item, kind):
            message = f"it yielded {type(item).__name__}, not {kind.__name__}"
            failures.append(_failure(origin, _Refused(hook, message, remedy)))
        elif (fault := fault_of(item)) is not None:
            failures.append(_failure(origin, _Refused(hook, fault, remedy)))
        else:
            yield item


def _settle(found: list[Found], failures: list[Failure]) -> tuple[list[Found], list[Failure]]:
    """A name claimed by two belongs to neither until one is blocked."""
    claims: dict[tuple[type, str], list[Found]] = {}
    for item in found:
        claims.setdefault((type(item.plugin), item.plugin.name), []).append(item)
    kept: list[Found] = []
    for (kind, name), rivals in claims.items():
        if len(rivals) == 1:
            kept += rivals
            continue
        origins = " and ".join(str(rival.origin) for rival in rivals)
        blocks = list(dict.fromkeys(f"--block {rival.origin.block}" for rival in rivals))
        remedy = f"choose with {' or '.join(blocks)}" if len(blocks) > 1 else "give each its own name"
        message = f"the {NAMES_OF_KINDS[kind]} name '{name}' is claimed by {origins}"
        failures += [Failure(origin=rival.origin, stage="clash", message=message, remedy=remedy) for rival in rivals]
    return kept, failures


@contextlib.contextmanager
def _guard(stage: str, remedy: str) -> Iterator[None]:
    """Turn whatever a plugin raises into a refusal, and keep what it prints off standard output."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except KeyboardInterrupt:
        raise
    except ModuleNotFoundError as error:
        _refuse(stage, error, f"pip install what provides {error.name!r}. {remedy}" if error.name else remedy)
    except BaseException as error:  # a plugin may raise SystemExit, or a panic that is no Exception
        _refuse(stage, error, remedy)


def _refuse(stage: str, error: BaseException, remedy: str) -> NoReturn:
    text = " ".join(str(error).split())
    raise _Refused(stage, f"{type(error).__name__}: {text}" if text else type(error).__name__, remedy) from None


def _failure(origin: Origin, refused: _Refused) -> Failure:
    return Failure(origin=origin, stage=refused.stage, message=refused.message, remedy=refused.remedy)
