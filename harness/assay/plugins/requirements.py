"""Requirements of plugins, as pip takes them: which of them are not met, and what installs them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping
from importlib import metadata

from packaging.requirements import InvalidRequirement, Requirement

OF_EXTRA = re.compile(r"""\bextra *== *["']([^"']+)["']""")


def absent(requirements: Iterable[str]) -> tuple[str, ...]:
    """Return those of some requirements that what is installed does not meet."""
    return tuple(text for text in requirements if not _installed(text))


def pip_install(requirements: Iterable[str]) -> str:
    """Return the command that installs requirements."""
    return " ".join(("pip install", *(f'"{text}"' for text in requirements)))


class Extras:
    """The extras of distributions, each read once."""

    def __init__(self) -> None:
        self._known: dict[str, Mapping[str, Mapping[str, str]]] = {}

    def remedy(self, lacking: Iterable[str], distribution: str | None) -> str:
        """Return the command that installs what a plugin lacks: an extra of its distribution that brings just that."""
        wanted = tuple(lacking)
        names = {_name(text) for text in wanted}
        for extra, required in self._of(distribution).items():
            if names <= required.keys() and all(_installed(required[name]) for name in required.keys() - names):
                return pip_install([extra])
        return pip_install(wanted)

    def _of(self, distribution: str | None) -> Mapping[str, Mapping[str, str]]:
        """What each extra requires, by name; the shortest extra first."""
        if distribution is None:
            return {}
        if distribution not in self._known:
            self._known[distribution] = _read(distribution)
        return self._known[distribution]


def _read(distribution: str) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {}
    with contextlib.suppress(metadata.PackageNotFoundError):
        for text in metadata.requires(distribution) or ():
            requirement, _, marker = text.partition(";")
            for extra in OF_EXTRA.findall(marker):
                found.setdefault(f"{distribution}[{extra}]", {})[_name(requirement)] = requirement.strip()
    return dict(sorted(found.items(), key=lambda item: len(item[1])))


def _name(requirement: str) -> str:
    """The name of a distribution that a requirement begins with, as all of its spellings are compared."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement.strip(), maxsplit=1)[0]).lower()


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
