"""Python projects: what their files declare, and which one is installed here."""

from __future__ import annotations

import contextlib
import json
import site
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from assay.errors import AssayError
from assay.plugins.requirements import absent
from assay.records.toml_file import read_toml

CONSTRAINTS = "constraints.txt"


def upwards(root: Path, below: Path) -> Iterator[Path]:
    """Yield a folder (relative to a root), and those above it up to the root."""
    yield from (root / part for part in (below, *below.parents))


def is_project(folder: Path) -> bool:
    """Return whether pip can install a folder; a pyproject.toml with nothing but settings of tools is not enough."""
    return bool({"project", "build-system"} & _pyproject(folder).keys()) or (folder / "setup.py").is_file()


def name_of(folder: Path) -> str | None:
    """Return the name of a project, where its pyproject.toml has it."""
    content = _pyproject(folder)
    poetry = _table(_table(content, "tool"), "poetry")
    name = _table(content, "project").get("name", poetry.get("name"))
    return name if isinstance(name, str) else None


def site_folders() -> tuple[str, ...]:
    """Return the folders of installed packages of this interpreter."""
    user = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
    return tuple(path for path in dict.fromkeys([*user, *site.getsitepackages()]) if Path(path).is_dir())


def is_installed(name: str) -> bool:
    """Return whether a distribution is installed here, editable or not."""
    return any(metadata.distributions(name=name, path=list(site_folders())))


@dataclass(frozen=True, slots=True)
class Installed:
    """A distribution that is installed here, and the folder of its code: the project, where it is editable."""

    distribution: metadata.Distribution
    folder: Path
    editable: bool


def installed(name: str) -> Installed | None:
    """Return where a distribution is installed here; None where it is not."""
    for distribution in metadata.distributions(name=name, path=list(site_folders())):
        folder = editable_folder(distribution)
        place = Path(str(distribution.locate_file("")))
        return Installed(distribution, folder or place, editable=folder is not None)
    return None


def editables() -> Iterator[Path]:
    """Yield the folders of the projects that are installed editable here."""
    yield from editable_projects().values()


def editable_projects() -> dict[str, Path]:
    """Return the folders of the projects that are installed editable here, by name."""
    found = ((one.name, editable_folder(one)) for one in metadata.distributions(path=list(site_folders())))
    return {name: folder for name, folder in found if folder is not None}


def builds_here(folder: Path) -> bool:
    """Return whether all that a project needs to be built is installed here."""
    return not absent(_table(_pyproject(folder), "build-system").get("requires", ["setuptools>=40.8"]))


def pins(folder: Path) -> list[str]:
    """Return the constraints of a project: the lines of its constraints.txt that name versions."""
    path = folder / CONSTRAINTS
    lines = path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
    return [line.strip() for line in lines if line.strip() and line.strip()[0] not in "#-"]


def new_pins(folder: Path, other: Path) -> tuple[str, ...]:
    """Return the constraints of a project that another version of it does not have."""
    known = pins(other)
    return tuple(line for line in pins(folder) if line not in known)


def modules(distribution: metadata.Distribution) -> tuple[str, ...]:
    """Return the names of the outermost packages and modules of a distribution, as far as its metadata have them."""
    points = (point.module for point in distribution.entry_points)
    named = (distribution.read_text("top_level.txt") or "").split()
    return tuple(dict.fromkeys(name.partition(".")[0] for name in (*points, *named)))


def editable_folder(distribution: metadata.Distribution) -> Path | None:
    """Return the folder of the project from which a distribution is installed editable."""
    with contextlib.suppress(ValueError, AttributeError):
        origin = json.loads(distribution.read_text("direct_url.json") or "{}")
        if origin.get("dir_info", {}).get("editable"):
            return Path(unquote(urlsplit(origin["url"]).path))
    return None


def _pyproject(folder: Path) -> dict[str, Any]:
    try:
        return read_toml(folder / "pyproject.toml")
    except (OSError, AssayError):  # pip will say what is wrong with it
        return {}


def _table(content: dict[str, Any], key: str) -> dict[str, Any]:
    found = content.get(key)
    return found if isinstance(found, dict) else {}
