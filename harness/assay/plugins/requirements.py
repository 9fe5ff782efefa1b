"""Requirements of plugins, as pip takes them: which of them are not met, and what installs them."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import metadata

from packaging.requirements import InvalidRequirement, Requirement


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
