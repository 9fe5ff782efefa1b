"""The host: every plugin that was found, by kind and name, and every failure with its remedy."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TypeVar, cast

from packaging.requirements import InvalidRequirement, Requirement

from assay.errors import AssayError, Unavailable, UnknownName, guard
from assay.plugins.types import NAMES_OF_KINDS, Descriptor, Missing, Provided
from assay.records.near_names import did_you_mean, near_names

P = TypeVar("P", bound=Provided)
STAGES: Mapping[str, str] = {
    "import": "cannot be imported",
    "version": "cannot be used with this version of assay",
    "register": "cannot be registered",
    "clash": "clashes with another",
}


def matches(patterns: str, *names: str) -> bool:
    """Return whether a comma-separated list of names and globs matches one of these names; `none` matches nothing."""
    chosen = [part.strip() for part in patterns.split(",")]
    return any(fnmatch.fnmatchcase(name, pattern) for name in names for pattern in chosen if pattern != "none")


DISTRIBUTION = "assay-bench"  # the one that this module is part of
FORMER_DISTRIBUTION = "assay"  # its name up to 0.1, which stored settings and baselines from before still use


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a plugin comes from: an installed distribution's entry point with its target, or a file."""

    entry_point: str
    distribution: str | None = None
    version: str | None = None
    path: str | None = None
    target: str | None = None

    def __str__(self) -> str:
        if self.distribution is None:
            return self.path or self.entry_point
        return f"{self.distribution} {self.version} ({self.entry_point})"

    @property
    def block(self) -> str:
        """The value for `--block` that leaves this plugin out and no other."""
        return self.entry_point if self.distribution is None else f"{self.distribution}:{self.entry_point}"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of this plugin: its entry point, its distribution, or both."""
        names = [self.entry_point, self.distribution, self.block]
        if self.distribution == DISTRIBUTION:
            names += [FORMER_DISTRIBUTION, f"{FORMER_DISTRIBUTION}:{self.entry_point}"]
        return tuple(dict.fromkeys(name for name in names if name))

    def matches(self, name: str) -> bool:
        """Return whether a name given to `--block` means this plugin."""
        if self.path is not None and Path(name).resolve() == Path(self.path).resolve():
            return True
        return name in self.names


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A plugin, or one thing it announced, that cannot be used; all the others still can.

    `stage` is `import`, `version`, `register`, the name of a hook, or `clash`. `kind` and `name` are those of the one
    thing that was announced, where only that cannot be used.
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
class Loading:
    """One plugin that was loaded, or tried.

    `hooks` are those that it implements, `written_for` the version of the hooks that it declares, `import_s` the
    seconds that its import took in this process, `file` where its code lies.
    """

    origin: Origin
    hooks: tuple[str, ...] = ()
    written_for: int | None = None
    import_s: float = 0.0
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """A plugin that was not loaded because of an option, and how to have it loaded."""

    origin: Origin
    because: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deprecated:
    """A plugin that uses something deprecated, and what to use instead."""

    origin: Origin
    what: str
    until: str
    instead: str

    def __str__(self) -> str:
        return f"plugin {self.origin} uses {self.what}, which works until {self.until}; use {self.instead} instead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A descriptor and where it comes from."""

    plugin: Descriptor
    origin: Origin


class Host:
    """What discovery found. An object, never a singleton: a test makes its own."""

    def __init__(
        self,
        found: Iterable[Found],
        failures: Iterable[Failure],
        loadings: Iterable[Loading] = (),
        excluded: Iterable[Excluded] = (),
        deprecated: Iterable[Deprecated] = (),
    ) -> None:
        self.found = tuple(found)
        self.failures = tuple(failures)
        self.loadings = tuple(loadings)
        self.excluded = tuple(excluded)
        self.deprecated = tuple(deprecated)

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
        for pattern in filter(None, (part.strip() for part in patterns.split(","))):
            if pattern == "none":
                continue
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
        lacking = absent(plugin.requires)
        if lacking:
            return Missing(f"needs {', '.join(lacking)}, which is not installed", pip_install(lacking))
        if plugin.missing is None:
            return None
        try:
            with guard():
                answer: object = plugin.missing()
            if answer is None or isinstance(answer, Missing):
                return answer
            problem = f"{type(answer).__name__} is no assay.Missing"
        except AssayError as error:
            problem = error.message
        return Missing(f"could not say what it needs: {problem}", f"report it to {self.origin(plugin)}")

    def need(self, plugin: Provided, noun: str | None = None) -> None:
        """Raise `Unavailable` for what a plugin lacks on this machine; `noun` names it, its name does otherwise."""
        missing = self.missing(plugin)
        if missing is not None:
            raise Unavailable(f"{noun or plugin.name} {missing.what}", remedy=missing.remedy)

    def remedy(self, plugin: Provided) -> str:
        """Return what to do about a plugin that fails."""
        return f"fix it, or leave it out with --block {self.origin(plugin).block}"

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


def absent(requirements: Iterable[str]) -> tuple[str, ...]:
    """Return those of some requirements that what is installed does not meet."""
    return tuple(text for text in requirements if not _installed(text))


def pip_install(requirements: Iterable[str]) -> str:
    """Return the command that installs requirements."""
    return " ".join(("pip install", *(f'"{text}"' for text in requirements)))


def _installed(text: str) -> bool:
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return False
    if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
        return True
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return False
    return requirement.specifier.contains(version, prereleases=True)
