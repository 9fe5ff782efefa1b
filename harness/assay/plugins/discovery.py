"""Finding plugins: each is loaded, registered and asked by itself, so that a bad one costs only itself."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from assay.errors import AssayError, guard, raised_by
from assay.plugins import trial_cache
from assay.plugins.calling import calling
from assay.plugins.entry_points import Source, sources
from assay.plugins.hook_versions import DECLARED, DEPRECATIONS, Deprecation, incompatibility, used
from assay.plugins.hookspecs import PROVIDES, READS
from assay.plugins.host import DISTRIBUTION, Failure, Found, Host, Origin
from assay.plugins.import_remedy import import_remedy
from assay.plugins.isolation import TIMEOUT_S, Call, Misbehaved, all_isolated, brief, can_isolate
from assay.plugins.loading import Loading
from assay.plugins.process_state import changes, state
from assay.plugins.supervision import Channel
from assay.plugins.tokenizer_files import Reader, add_files
from assay.plugins.types import NAMES_OF_KINDS, Descriptor
from assay.plugins.validation import Hook, hooks_of, validate
from assay.records.tokenizer_file import TokenizerFile

MOST_ANNOUNCED = 5_000
MOST_NAMED = 4


class _Refused(Exception):
    """A plugin, or a part of it, that cannot be used, and why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


def discover(
    plugins: Sequence[object] = (),
    block: Sequence[str] = (),
    load: str | None = None,
    *,
    lenient: bool = False,
    timeout_s: float | None = TIMEOUT_S,
    deprecations: Sequence[Deprecation] = DEPRECATIONS,
    files: Sequence[TokenizerFile] = (),
    same_ids_as: Sequence[str] = (),
) -> Host:
    """Find all installed plugins, and those in the given files, except the blocked ones.

    An item of `plugins` may also be a Python object: a module, class or object with hooks, or a descriptor.
    A name in `block` is an entry point (`regex`), a distribution (`assay`), both (`assay:regex`), or a
    file. `load` is a comma-separated list of such names and patterns: of the installed plugins only these are
    loaded, for `none` not one.

    A plugin that is not first-party is tried in a child process first. One that ends, hangs or changes its process is
    not loaded here. `timeout_s` bounds a call of a plugin; with None, plugins are called in this process at once.
    Whatever a plugin does wrong becomes one of the host's failures; what it uses of `deprecations` is noted. The
    tokenizers of `files` are added under their names, and claims `A=B` of `same_ids_as` made where both are there.
    Raises `AssayError` for a plugin file that does not exist and, unless `lenient`, for a name in
    `block` or `load` that nothing has.
    """
    found: list[Found] = []
    failures: list[Failure] = []
    loadings: list[Loading] = []
    chosen, excluded = sources(plugins, block, load, lenient=lenient)
    readers: list[Reader] = []
    unsafe, tried = ({}, {}) if timeout_s is None else _tried(chosen, timeout_s)
    failures.extend(unsafe.values())
    for source in chosen:
        if source.origin in unsafe:
            continue
        try:
            loading, hooks = _load(source)
            loadings.append(loading)
            readers += [Reader(source.origin, hook.call) for hook in hooks if hook.name == READS]
            found.extend(Found(plugin=item, origin=source.origin) for item in _ask(source, hooks, failures))
        except _Refused as refused:
            failures.append(refused.failure)
    failed = {failure.origin for failure in failures}
    for origin, fingerprint in tried.items():
        if origin not in failed:
            trial_cache.remember(fingerprint)
    deprecated = used(deprecations, loadings, found)
    kept, failures = _settle(found, failures)
    host = Host(kept, failures, loadings, excluded, deprecated, timeout_s=timeout_s, readers=readers)
    add_files(host, files, same_ids_as)
    return host


def _tried(sources: Sequence[Source], timeout_s: float) -> tuple[dict[Origin, Failure], dict[Origin, str]]:
    """Try plugins that are not first-party; return the failures, and the fingerprints of installed ones without.

    One that passed before and has the same fingerprint is not tried.
    """
    foreign = [source for source in sources if source.origin.distribution != DISTRIBUTION] if can_isolate() else []
    prints = {source.origin: trial_cache.fingerprint(source) for source in foreign}
    doubtful = [each for each in foreign if not trial_cache.passed(prints[each.origin])]
    calls = [Call(subject=f"plugin {each.origin}", stage="import", function=partial(_try, each)) for each in doubtful]
    failures: dict[Origin, Failure] = {}
    for source, answer in zip(doubtful, all_isolated(calls, brief(timeout_s)), strict=True):
        stage, message, remedy = "trial", str(answer), "fix it"
        if isinstance(answer, Misbehaved):
            message = answer.message
            remedy = f"fix it, or {answer.remedy}" if answer.remedy else remedy
            stage = answer.stage if answer.stage in ("import", *PROVIDES) else stage
        if answer:
            failures[source.origin] = Failure(
                origin=source.origin, stage=stage, message=message, remedy=_leave_out(source, remedy)
            )
    passed = {each.origin: prints[each.origin] for each in doubtful if each.origin not in failures}
    return failures, {origin: text for origin, text in passed.items() if text is not None}


def _try(source: Source, channel: Channel) -> str | None:
    """Load a plugin in a child process and ask what it announces; return what makes it unsafe, or None.

    What it raises is not told: the host, which loads it then, meets the same.
    """
    before = state()
    failures: list[Failure] = []
    with contextlib.suppress(_Refused):
        _, hooks = _load(source)
        for hook in hooks:
            channel.enter(hook.name)
            for _ in _ask(source, [hook], failures):
                pass
    if changed := changes(before):
        more = f" and {len(changed) - MOST_NAMED} more" if len(changed) > MOST_NAMED else ""
        return f"it changes {', '.join(changed[:MOST_NAMED])}{more}, which others need"
    return next((each.message for each in failures if each.stage == "trial"), None)


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
    for hook in (each for each in hooks if each.name != READS):
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
    for number in itertools.count():
        if number >= MOST_ANNOUNCED:
            message = f"{hook.name} yields more than {MOST_ANNOUNCED:,} objects"
            raise _Refused(Failure(origin=source.origin, stage="trial", message=message, remedy=remedy))
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
    """A name claimed by two belongs to neither until one is blocked; one of ours stays ours."""
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
        ours = [rival for rival in rivals if rival.origin.distribution == DISTRIBUTION]
        if len(ours) == 1:
            kept += ours
            failures += [
                Failure(
                    origin=rival.origin,
                    stage="clash",
                    message=f"the {noun} name '{name}' is that of {ours[0].origin}, which keeps it",
                    remedy=f"rename it, leave it out with --block {rival.origin.block},"
                    f" or choose it with --block {ours[0].origin.block}",
                    kind=noun,
                    name=name,
                )
                for rival in rivals
                if rival not in ours
            ]
            continue
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
        with contextlib.redirect_stdout(sys.stderr), calling(f"plugin {source.origin}"), _quiet(source), guard():
            yield
    except AssayError as error:
        if advice := import_remedy(source, raised_by(error)):
            remedy = _leave_out(source, advice)
        raise _Refused(Failure(origin=source.origin, stage=stage, message=error.message, remedy=remedy)) from None


@contextlib.contextmanager
def _quiet(source: Source) -> Iterator[None]:
    """Keep also what is written below Python, by C or to the descriptor, off standard output."""
    if source.origin.distribution == DISTRIBUTION:
        yield
        return
    try:
        kept = os.dup(1)
        os.dup2(2, 1)
    except OSError:  # one of them is closed
        yield
        return
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _leave_out(source: Source, advice: str) -> str:
    return f"{advice}, or {source.origin.leave_out}"
