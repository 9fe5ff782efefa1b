"""Finding plugins: each is loaded, registered and asked by itself, so that a bad one costs only itself."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from importlib import metadata
from pathlib import Path

from assay.errors import AssayError, guard, raised_by
from assay.plugins.entry_points import Source, sources
from assay.plugins.hook_versions import DECLARED, DEPRECATIONS, Deprecation, incompatibility, used
from assay.plugins.hookspecs import PROVIDES
from assay.plugins.host import Failure, Found, Host, Loading, absent, pip_install
from assay.plugins.types import NAMES_OF_KINDS, Descriptor
from assay.plugins.validation import Hook, hooks_of, validate


class _Refused(Exception):
    """A plugin, or a part of it, that cannot be used, and why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


def discover(
    plugins: Sequence[str | Path] = (),
    block: Sequence[str] = (),
    load: str | None = None,
    *,
    lenient: bool = False,
    deprecations: Sequence[Deprecation] = DEPRECATIONS,
) -> Host:
    """Find all installed plugins, and those in the given files, except the blocked ones.

    A name in `block` is an entry point (`regex`), a distribution (`assay`), both (`assay:regex`), or a
    file. `load` is a comma-separated list of such names and patterns: of the installed plugins only these are
    loaded, for `none` not one. Whatever a plugin does wrong becomes one of the host's failures; what it uses
    of `deprecations` is noted. Raises `AssayError` for a plugin file that does not exist and, unless `lenient`, for a
    name in `block` or `load` that nothing has.
    """
    found: list[Found] = []
    failures: list[Failure] = []
    loadings: list[Loading] = []
    chosen, excluded = sources(plugins, block, load, lenient=lenient)
    for source in chosen:
        try:
            loading, hooks = _load(source)
            loadings.append(loading)
            found.extend(Found(plugin=item, origin=source.origin) for item in _ask(source, hooks, failures))
        except _Refused as refused:
            failures.append(refused.failure)
    deprecated = used(deprecations, loadings, found)
    return Host(*_settle(found, failures), loadings, excluded, deprecated)


def _load(source: Source) -> tuple[Loading, list[Hook]]:
    """Import one plugin and find its hooks."""
    origin, fix = source.origin, _leave_out(source, "fix it")
    started = time.perf_counter()
    with _guard(source, "import", fix):
        plugin = source.load()
        if isinstance(plugin, type):
            plugin = plugin()
    import_s = time.perf_counter() - started
    with _guard(source, "version", fix):
        written_for = getattr(plugin, DECLARED, None)
        failure = incompatibility(written_for, origin)
    if failure is not None:
        raise _Refused(failure)
    marked = f"the hooks are {', '.join(PROVIDES)}, without arguments, each marked with @assay.hookimpl"
    with _guard(source, "register", _leave_out(source, marked)):
        hooks = hooks_of(plugin, origin.block)
    module = sys.modules.get(source.module)
    loading = Loading(
        origin=origin,
        hooks=tuple(hook.name for hook in hooks),
        written_for=written_for,
        import_s=import_s,
        file=getattr(module, "__file__", None),
    )
    return loading, hooks


def _ask(source: Source, hooks: Iterable[Hook], failures: list[Failure]) -> Iterator[Descriptor]:
    """Yield the good descriptors of one plugin; note the bad ones among the failures."""
    for hook in hooks:
        try:
            yield from _descriptors(hook, source, failures)
        except _Refused as refused:
            failures.append(refused.failure)


def _descriptors(hook: Hook, source: Source, failures: list[Failure]) -> Iterator[Descriptor]:
    kind = PROVIDES[hook.name]
    remedy = _leave_out(source, f"{hook.name} yields {kind.__name__} objects; fix it")

    def refuse(message: str, name: object = None) -> None:
        named = name if isinstance(name, str) else None
        noun = NAMES_OF_KINDS[kind] if named else None
        failures.append(
            Failure(origin=source.origin, stage=hook.name, message=message, remedy=remedy, kind=noun, name=named)
        )

    with _guard(source, hook.name, remedy):
        answer = hook.call()
        if not isinstance(answer, Iterable):
            return refuse(f"it returned {type(answer).__name__}, not an iterable of {kind.__name__}")
        items = iter(answer)
    while True:
        with _guard(source, hook.name, remedy):
            try:
                item = next(items)
            except StopIteration:
                return None
            fits = isinstance(item, kind)
            fault = validate(item) if fits else f"it yielded {type(item).__name__}, not {kind.__name__}"
        if fault is not None:
            refuse(fault, item.name if fits else None)
        else:
            yield item


def _settle(found: list[Found], failures: list[Failure]) -> tuple[list[Found], list[Failure]]:
    """A name claimed by two belongs to neither until one is blocked."""
    claims: dict[tuple[type, str], list[Found]] = {}
    for item in found:
        kind = next(kind for kind in NAMES_OF_KINDS if isinstance(item.plugin, kind))
        claims.setdefault((kind, item.plugin.name), []).append(item)
    kept: list[Found] = []
    for (kind, name), rivals in claims.items():
        if len(rivals) == 1:
            kept += rivals
            continue
        noun = NAMES_OF_KINDS[kind]
        origins = " and ".join(str(rival.origin) for rival in rivals)
        blocks = list(dict.fromkeys(f"--block {rival.origin.block}" for rival in rivals))
        remedy = f"choose with {' or '.join(blocks)}" if len(blocks) > 1 else "give each its own name"
        message = f"the {noun} name '{name}' is claimed by {origins}"
        failures += [
            Failure(origin=rival.origin, stage="clash", message=message, remedy=remedy, kind=noun, name=name)
            for rival in rivals
        ]
    return kept, failures


@contextlib.contextmanager
def _guard(source: Source, stage: str, remedy: str) -> Iterator[None]:
    """Turn whatever a plugin raises into a refusal, and keep what it prints off standard output."""
    try:
        with contextlib.redirect_stdout(sys.stderr), guard():
            yield
    except AssayError as error:
        raised = raised_by(error)
        if isinstance(raised, ImportError):
            remedy = _bring(source, raised) or remedy
        raise _Refused(Failure(origin=source.origin, stage=stage, message=error.message, remedy=remedy)) from None


def _bring(source: Source, error: ImportError) -> str | None:
    """What to install, where a plugin cannot import something."""
    distribution = source.origin.distribution
    lacking = absent(metadata.requires(distribution) or ()) if distribution else ()
    if lacking:
        return _leave_out(source, pip_install(lacking))
    if error.name is None or not isinstance(error, ModuleNotFoundError):
        return None
    if distribution and error.name.partition(".")[0] == source.module.partition(".")[0]:
        return _leave_out(source, f"its own module is not there: pip install --force-reinstall {distribution}")
    return _leave_out(source, f"pip install what provides {error.name!r}")


def _leave_out(source: Source, advice: str) -> str:
    return f"{advice}, or leave it out with --block {source.origin.block}"
