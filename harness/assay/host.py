"""The host: every plugin that was found, by kind and name, and every failure with its remedy."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TypeVar, cast

from packaging.requirements import InvalidRequirement, Requirement

from assay.contracts import NAMES_OF_KINDS, Descriptor, Missing, Provided
from assay.errors import UnknownName

P = TypeVar("P", bound=Provided)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a plugin comes from: an installed distribution's entry point, or a file."""

    entry_point: str
    distribution: str | None = None
    version: str | None = None
    path: str | None = None

    def __str__(self) -> str:
        if self.distribution is None:
            return self.path or self.entry_point
        return f"{self.distribution} {self.version} ({self.entry_point})"

    @property
    def block(self) -> str:
        """The value for `--block` that leaves this plugin out and no other."""
        return self.entry_point if self.distribution is None else f"{self.distribution}:{self.entry_point}"

    def answers_to(self, name: str) -> bool:
        """Whether a name given to `--block` means this plugin."""
        if self.path is not None and Path(name).resolve() == Path(self.path).resolve():
            return True
        return name in (self.entry_point, self.distribution, self.block)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A plugin, or one thing it announced, that cannot be used; all the others still can."""

    origin: Origin
    stage: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"plugin {self.origin} failed at {self.stage}: {self.message}. {self.remedy}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A descriptor and where it comes from."""

    plugin: Descriptor
    origin: Origin


class Host:
    """What discovery found. An object, never a singleton: a test makes its own."""

    def __init__(self, found: Iterable[Found], failures: Iterable[Failure]) -> None:
        self.found = tuple(found)
        self.failures = tuple(failures)

    def every(self, kind: type[P]) -> tuple[P, ...]:
        """Give all plugins of a kind, in the order in which they were found."""
        return tuple(cast("P", item.plugin) for item in self.found if isinstance(item.plugin, kind))

    def one(self, kind: type[P], name: str) -> P:
        """Give the plugin of that kind and name, or raise `UnknownName` with the nearest names."""
        for plugin in self.every(kind):
            if plugin.name == name:
                return plugin
        raise self._unknown(kind, name)

    def select(self, kind: type[P], patterns: str) -> tuple[P, ...]:
        """Give the plugins that a comma-separated list of names and globs picks; `none` picks nothing.

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
        """Say where a plugin of this host comes from."""
        return next(item.origin for item in self.found if item.plugin is plugin)

    def missing(self, plugin: Provided) -> Missing | None:
        """Say what a plugin lacks on this machine, or None when it is ready to build."""
        absent = [text for text in plugin.requires if not _installed(text)]
        if absent:
            wanted = " ".join(f'"{text}"' for text in absent)
            return Missing(f"needs {', '.join(absent)}, which is not installed", f"pip install {wanted}")
        if plugin.missing is None:
            return None
        try:
            answer: object = plugin.missing()
            if answer is None or isinstance(answer, Missing):
                return answer
            problem = f"{type(answer).__name__} is no assay.Missing"
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a plugin may raise SystemExit, or a panic that is no Exception
            problem = f"{type(error).__name__}: {error}"
        return Missing(f"could not say what it needs: {problem}", f"report it to {self.origin(plugin)}")

    def _unknown(self, kind: type[P], name: str) -> UnknownName:
        names = [plugin.name for plugin in self.every(kind)]
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        noun = NAMES_OF_KINDS[kind]
        if near:
            remedy = f"did you mean {' or '.join(near)}?"
        else:
            remedy = f"there are: {', '.join(names)}" if names else f"no {noun} plugin is installed"
        if any(failure.stage != "clash" for failure in self.failures):
            remedy += f"; {len(self.failures)} plugin failure(s) are shown by `assay list`"
        claims = [failure for failure in self.failures if failure.stage == "clash" and f"'{name}'" in failure.message]
        if claims:
            remedy = f"two plugins claim it: {claims[0].remedy}"
        return UnknownName(f"there is no {noun} named {name!r}", remedy=remedy)


def _installed(text: str) -> bool:
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return False
    if requirement.marker is not None and not requirement.marker.evaluate():
        return True
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return False
    return requirement.specifier.contains(version, prereleases=True)
