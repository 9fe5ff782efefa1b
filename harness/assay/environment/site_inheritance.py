"""An overlay environment sees what another has installed; copied into it, so it may use nothing but `os` and `site`.

What the environment has installed itself wins, as it stands first on `sys.path`, for modules and for entry points.
"""

# ruff: noqa: PTH110, PTH118
# It runs whenever the interpreter starts, and `pathlib` would take 10 ms of that.
from __future__ import annotations

import os
import site
import sys
from collections.abc import Sequence


def inherit(folders: Sequence[str], moved: tuple[str, str] | None = None, kept: Sequence[str] = ()) -> None:
    """Put folders of installed packages at the end of `sys.path`, each with what its .pth files add.

    With `moved`, what they add inside its first folder, as the .pth file of an editable project does, is replaced by
    the same place of its second, or dropped where that does not exist; what lies in one of `kept` folders stays.
    """
    before = len(sys.path)
    for folder in folders:
        site.addsitedir(folder)
    if moved is None:
        return
    added = [relocate(path, moved, kept) for path in sys.path[before:]]
    sys.path[before:] = [path for path in dict.fromkeys(added) if os.path.exists(path)]
    for name, module in list(sys.modules.items()):
        if name.startswith("__editable__"):  # what setuptools writes where a .pth file with a path is not enough
            mapping: dict[str, str] = getattr(module, "MAPPING", {})
            mapping.update({package: relocate(path, moved, kept) for package, path in mapping.items()})


def relocate(path: str, moved: tuple[str, str], kept: Sequence[str] = ()) -> str:
    """Return the place of a path of the first folder in the second; others and those in `kept` folders as they are."""
    if not inside(path, moved[0]) or any(inside(path, folder) for folder in kept):
        return path
    return os.path.normpath(os.path.join(moved[1], os.path.relpath(os.path.realpath(path), os.path.realpath(moved[0]))))


def inside(path: str, folder: str) -> bool:
    """Return whether a path is a folder or lies in it, whatever links lead there."""
    path, folder = os.path.realpath(path), os.path.realpath(folder)
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
