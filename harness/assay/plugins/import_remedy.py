"""What to do about a plugin that cannot be imported: install what it requires, or install it again."""

from __future__ import annotations

import json
import shlex
import tomllib
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from assay.plugins.entry_points import GROUP, Source
from assay.plugins.requirements import absent, pip_install

PROJECTS = ("pyproject.toml", "setup.py", "setup.cfg")


def import_remedy(source: Source, error: BaseException | None) -> str | None:
    """Return what fixes the import of a plugin that raised this error, with the command; None where that is unknown."""
    distribution = source.distribution
    if isinstance(error, AttributeError) and distribution is not None and ":" in (source.origin.target or ""):
        return _stale(source, distribution)
    if not isinstance(error, ImportError):
        return None
    lacking = absent(metadata.requires(source.origin.distribution) or ()) if source.origin.distribution else ()
    if lacking:
        return pip_install(lacking)
    if error.name is None or not isinstance(error, ModuleNotFoundError):
        return None
    if distribution is not None and error.name.partition(".")[0] == source.module.partition(".")[0]:
        return _reinstall(source, distribution, error.name)
    return f"pip install what provides {error.name!r}"


def _reinstall(source: Source, distribution: metadata.Distribution, module: str) -> str:
    """What brings back the module of a distribution, from where that was installed."""
    name = source.origin.distribution
    folder, editable = _origin(distribution)
    if folder is None:
        return f"its own module is not there: pip install --force-reinstall {name}"
    quoted = shlex.quote(str(folder))
    if not editable:
        again = f"pip install --force-reinstall --no-deps {quoted if folder.exists() else 'PATH'}"
        return f"its own module is not there: {again}, or pip uninstall {name}"
    if not any((folder / file).is_file() for file in PROJECTS):
        return (
            f"its project is no longer in {folder}, from which it was installed: pip install -e PATH, where it is now,"
            f" or pip uninstall {name}"
        )
    return _stale(source, distribution) or (
        f"there is no module {module!r} in {folder}: put it back, or name the right one in pyproject.toml and then"
        f" pip install -e {quoted}, or pip uninstall {name}"
    )


def _stale(source: Source, distribution: metadata.Distribution) -> str | None:
    """What to do where the project of an editable distribution now announces something else; None where it does not."""
    folder, editable = _origin(distribution)
    if folder is None or not editable:
        return None
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
        announced: Mapping[str, str] = project.get("entry-points", {}).get(GROUP, {})
    except (OSError, ValueError, KeyError, AttributeError):
        return None
    point = source.origin.entry_point
    if announced.get(point) == source.origin.target:
        return None
    now = f"is now {announced[point]}" if point in announced else "is no longer there"
    return (
        f"the entry point {point} {now} in {folder / 'pyproject.toml'}, and was {source.origin.target} when it was"
        f" installed: pip install -e {shlex.quote(str(folder))}, or pip uninstall {source.origin.distribution}"
    )


def _origin(distribution: metadata.Distribution) -> tuple[Path | None, bool]:
    """The folder or file from which pip installed a distribution (PEP 610), and whether that is editable."""
    try:
        direct: dict[str, Any] = json.loads(distribution.read_text("direct_url.json") or "null")
        url = urlsplit(direct["url"])
        if url.scheme != "file":
            return None, False
        return Path(url2pathname(url.path)), bool(direct.get("dir_info", {}).get("editable"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None, False
