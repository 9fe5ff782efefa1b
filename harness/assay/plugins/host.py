"""The host: every plugin that was found, by kind and name, and every failure with its remedy."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from assay.errors import AssayError, PluginFailed, Unavailable, UnknownName
from assay.plugins.calling import calling
from assay.plugins.isolation import TIMEOUT_S, Call, Misbehaved, all_isolated, brief, can_isolate
from assay.plugins.loading import Deprecated, Excluded, Loading
from assay.plugins.origin import DISTRIBUTION as DISTRIBUTION
from assay.plugins.origin import Origin as Origin
from assay.plugins.readiness import Readiness, answer_of, ask
from assay.plugins.requirements import Extras, absent
from assay.plugins.supervision import Channel
from assay.plugins.types import NAMES_OF_KINDS, Descriptor, Missing, Provided
from assay.records.name_list import split_names
from assay.records.near_names import did_you_mean, near_names
from assay.records.tokenizer_file import TokenizerFile

if TYPE_CHECKING:
    from assay.plugins.tokenizer_files import Reader

P = TypeVar("P", bound=Provided)
STAGES: Mapping[str, str] = {
    "import": "cannot be imported",
    "version": "cannot be used with this version of assay",
    "register": "cannot be registered",
    "clash": "clashes with another",
    "trial": "is not safe to load",
}


def matches(patterns: str, *names: str) -> bool:
    """Return whether a comma-separated list of names and globs matches one of these names; `none` matches nothing."""
    chosen = [pattern for pattern in split_names(patterns) if pattern != "none"]
    return any(fnmatch.fnmatchcase(name, pattern) for name in names for pattern in chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A plugin, or one thing it announced, that cannot be used; all the others still can.

    `stage` is `import`, `version`, `register`, the name of a hook, `clash`, or `trial`: what it did to a process in
    which it was tried. `kind` and `name` are those of the one thing that cannot be used, where that is not all.
    """

    origin: Origin
    stage: str
    message: str
    remedy: str
    kind: str | None = None
    name: str | None = None

    @property
    def what(self) -> str:
        """What went wrong, without whose it is: `cannot be imported: ImportError: ...`."""
        return f"{STAGES.get(self.stage, f'failed in {self.stage}')}: {self.message}"

    def __str__(self) -> str:
        return f"plugin {self.origin} {self.what} ({self.remedy})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A descriptor and where it comes from."""

    plugin: Descriptor
    origin: Origin


class Host:
    """What discovery found. An object, never a singleton: a test makes its own.

    `timeout_s` bounds each call of a plugin that is not first-party, which is made in a child process; with None all
    are called in this one. `readers` make tokenizers of files.
    """

    def __init__(
        self,
        found: Iterable[Found],
        failures: Iterable[Failure],
        loadings: Iterable[Loading] = (),
        excluded: Iterable[Excluded] = (),
        deprecated: Iterable[Deprecated] = (),
        *,
        timeout_s: float | None = None,
        readers: Iterable[Reader] = (),
    ) -> None:
        self.readers, self.files = tuple(readers), tuple[TokenizerFile, ...]()
        self.found = tuple(found)
        self.failures = tuple(failures)
        self.loadings = tuple(loadings)
        self.excluded = tuple(excluded)
        self.deprecated = tuple(deprecated)
        self.timeout_s = timeout_s
        self._broken: dict[int, AssayError] = {}
        self._extras = Extras()
        self._readiness: dict[int, Readiness] = {}

    def every(self, kind: type[P]) -> tuple[P, ...]:
        """Return all plugins of a kind, in the order in which they were found."""
        return tuple(cast("P", item.plugin) for item in self.found if isinstance(item.plugin, kind))

    def one(self, kind: type[P], name: str) -> P:
        """Return the plugin of that kind and name, or raise `UnknownName` with the nearest names."""
        for plugin in self.every(kind):
            if plugin.name == name:
                return plugin
        raise self._unknown(kind, name)

    def select(self, kind: type[P], patterns: str) -> tuple[P, ...]:
        """Return the plugins that a comma-separated list of names and globs picks; `none` picks nothing.

        Raises `UnknownName` for a name or glob that matches nothing.
        """
        chosen: dict[str, P] = {}
        for pattern in (each for each in split_names(patterns) if each != "none"):
            matches = [plugin for plugin in self.every(kind) if fnmatch.fnmatchcase(plugin.name, pattern)]
            if not matches:
                raise self._unknown(kind, pattern)
            chosen |= {plugin.name: plugin for plugin in matches}
        return tuple(chosen.values())

    def origin(self, plugin: Provided) -> Origin:
        """Return where a plugin of this host comes from."""
        return next(item.origin for item in self.found if item.plugin is plugin)

    def missing(self, plugin: Provided) -> Missing | None:
        """Return what a plugin lacks on this machine, or None when it is ready to build."""
        if (broken := self.broken(plugin)) is not None:
            return Missing(broken.message, broken.remedy or self.remedy(plugin))
        lacking = absent(plugin.requires)
        if lacking:
            remedy = self._extras.remedy(lacking, self.origin(plugin).distribution)
            return Missing(f"needs {', '.join(lacking)}, which is not installed", remedy)
        if plugin.missing is None:
            return None
        answer = self._ask_missing(plugin)
        if not isinstance(answer, AssayError):
            return answer
        problem = f"could not say what it needs: {answer.message}"
        if not isinstance(answer, Misbehaved):
            return Missing(problem, f"report it to {self.origin(plugin)}")
        remedy = ", or ".join(filter(None, (answer.remedy, self.remedy(plugin))))
        self.mark_broken(plugin, PluginFailed(problem, remedy=remedy))
        return Missing(problem, remedy)

    def _ask_missing(self, plugin: Provided) -> Readiness:
        """Call `missing`; where it is a third party's, in a child process, and with those of all others."""
        if self.is_trusted(plugin):
            try:
                with calling(f"plugin {self.origin(plugin)}"):
                    return answer_of(plugin)
            except AssayError as error:
                return error
        if id(plugin) not in self._readiness:
            groups: dict[Origin, list[Provided]] = {}
            for item in self.found:
                known = item.plugin.missing is None or id(item.plugin) in self._readiness or self.broken(item.plugin)
                if not known and not self.is_trusted(item.plugin):
                    groups.setdefault(item.origin, []).append(item.plugin)
            named = [(str(origin), plugins) for origin, plugins in groups.items()]
            self._readiness |= ask(named, brief(self.timeout_s or TIMEOUT_S))
        return self._readiness[id(plugin)]

    def is_trusted(self, plugin: Provided) -> bool:
        """Return whether a plugin is called in this process: it is first-party, or this one is not the host's."""
        return self.timeout_s is None or not can_isolate() or self.origin(plugin).distribution == DISTRIBUTION

    def call(
        self,
        plugin: Provided,
        stage: str,
        function: Callable[[Channel], object],
        *,
        long: bool = False,
        timeout_s: float | None = None,
        tell: Callable[[str], object] | None = None,
    ) -> Any:
        """Call a plugin's function in a child process, and return its answer, a literal.

        A `long` one has the whole time-out, or `timeout_s`. What it tells its channel goes to `tell`. Raises
        `AssayError` for what it raises, and for what it does to its process; then it is not called again.
        """
        limit = self.timeout_s or TIMEOUT_S
        if (error := self.broken(plugin)) is not None:
            raise error
        self._readiness.pop(id(plugin), None)  # fetched files, for example, are no longer missing
        call = Call(subject=f"plugin {self.origin(plugin)}", stage=stage, function=function)
        (answer,) = all_isolated([call], timeout_s or (limit if long else brief(limit)), tell)
        if isinstance(answer, Misbehaved):
            self.mark_broken(plugin, answer)
        if isinstance(answer, AssayError):
            raise answer
        return answer

    def call_all(
        self, plugins: Iterable[P], stage: str, function: Callable[[P, Channel], object], *, long: bool = False
    ) -> Iterator[tuple[P, Any]]:
        """Call a function for each of some plugins that is not broken, some at once; yield the answers and errors."""
        chosen = [plugin for plugin in plugins if self.broken(plugin) is None]
        calls = [
            Call(subject=f"plugin {self.origin(each)}", stage=stage, function=partial(function, each))
            for each in chosen
        ]
        limit = self.timeout_s or TIMEOUT_S
        for plugin, answer in zip(chosen, all_isolated(calls, limit if long else brief(limit)), strict=True):
            if isinstance(answer, Misbehaved):
                self.mark_broken(plugin, answer)
            yield plugin, answer

    @property
    def unsafe(self) -> tuple[str, ...]:
        """The plugins that failed before they were loaded, as `--block` takes them: workers do without them."""
        loaded = {loading.origin for loading in self.loadings}
        origins = dict.fromkeys(failure.origin for failure in self.failures if failure.origin not in loaded)
        return tuple(origin.location for origin in origins)

    def broken(self, plugin: Provided) -> AssayError | None:
        """Return what a plugin did when it was called in a child process, after which it is not called again."""
        return self._broken.get(id(plugin))

    def mark_broken(self, plugin: Provided, error: AssayError) -> None:
        """Take note that a plugin is not to be called again."""
        self._broken[id(plugin)] = error

    def need(self, plugin: Provided, noun: str | None = None) -> None:
        """Raise `Unavailable` for what a plugin lacks on this machine; `noun` names it, its name does otherwise."""
        missing = self.missing(plugin)
        if (error := self.broken(plugin)) is not None:
            raise error
        if missing is not None:
            raise Unavailable(f"{noun or plugin.name} {missing.what}", remedy=missing.remedy)

    def remedy(self, plugin: Provided) -> str:
        """Return what to do about a plugin that fails."""
        return f"fix it, or {self.origin(plugin).leave_out}"

    def _unknown(self, kind: type[P], name: str) -> UnknownName:
        names = [plugin.name for plugin in self.every(kind)]
        noun = NAMES_OF_KINDS[kind]
        every = f"there are: {', '.join(names)}" if names else f"no {noun} plugin is loaded"
        remedy = did_you_mean(near_names(name, names, cutoff=0.5), every)
        if any(failure.stage != "clash" for failure in self.failures):
            remedy += f"; {len(self.failures)} plugin failure(s) are shown by `assay list`"
        if self.excluded:
            remedy += f"; {len(self.excluded)} plugin(s) are left out by --block or --load"
        for failure in self.failures:
            if (failure.kind, failure.name) == (noun, name):
                clash = failure.stage == "clash"
                remedy = f"two plugins claim it: {failure.remedy}" if clash else str(failure)
        return UnknownName(f"there is no {noun} named {name!r}", remedy=remedy)
