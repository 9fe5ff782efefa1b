"""What makes a check worthless: other code than the tree's, stale binaries, other packages, a busy machine."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.machinery import PathFinder
from pathlib import Path

from assay.environment import projects
from assay.environment.cpu_affinity import available_cores
from assay.environment.site_inheritance import inside

BINARIES = (".so", ".pyd")
SOURCES = (".c", ".cc", ".cpp", ".cxx", ".cu", ".h", ".hpp", ".pxd", ".pyx", ".rs")
NOT_SOURCES = ("build", "dist", "node_modules", "site-packages", "target", "__pycache__")
MOST_NAMED = 20


def measured_elsewhere(root: Path, below: Path, given: Sequence[str]) -> str | None:
    """Return that the project of a tree is installed from elsewhere, so that its code is not what is measured.

    `below` is the working folder within the `root` of the tree. `given` are the plugin files and the `PYTHONPATH`.
    None where one of these lies in the tree, where the modules are found there, and where nothing is installed.
    """
    folder = next((one for one in projects.upwards(root, below) if projects.is_project(one)), None)
    name = None if folder is None else projects.name_of(folder)
    if folder is None or name is None or any(inside(path, str(root)) for path in given):
        return None
    installed = projects.installed(name)
    if installed is None or (installed.editable and inside(str(installed.folder), str(root))):
        return None
    found = (PathFinder.find_spec(module, [str(Path.cwd())]) for module in projects.modules(installed.distribution))
    if any(spec is not None and spec.origin and inside(spec.origin, str(root)) for spec in found):
        return None
    how = "editable from" if installed.editable else "as a copy in"
    return f"{name} is installed {how} {installed.folder}: that is measured, and not the code in {folder}"


def stale_binaries(folders: Iterable[Path]) -> Iterator[str]:
    """Yield a sentence for each compiled extension that is older than a source of its project."""
    for folder in dict.fromkeys(folders):
        binaries, newest = [], (0.0, "")
        for place, below, files in os.walk(folder):
            below[:] = [name for name in below if not name.startswith(".") and name not in NOT_SOURCES]
            paths = [Path(place, name) for name in files if name.endswith((*BINARIES, *SOURCES))]
            times = [(path.stat().st_mtime, str(path)) for path in paths if path.is_file()]
            binaries += [one for one in times if one[1].endswith(BINARIES)]
            newest = max([newest, *(one for one in times if one[1].endswith(SOURCES))])
        for time, binary in sorted(binaries):
            if time < newest[0]:
                yield f"the compiled extension {binary} is older than {newest[1]}: build it again"


def other_distributions(
    baseline: Mapping[str, str | None], candidate: Mapping[str, str | None], meant: Iterable[str] = ()
) -> str | None:
    """Return which distributions differ between the sides, but those that are `meant` to; None where none do."""
    left_out = {normalized(name) for name in meant}
    before, after = ({normalized(name): version for name, version in side.items()} for side in (baseline, candidate))
    names = sorted((before.keys() | after.keys()) - left_out)
    found = [
        f"{name} {before.get(name) or 'none'} -> {after.get(name) or 'none'}"
        for name in names
        if before.get(name) != after.get(name)
    ]
    more = f" and {len(found) - MOST_NAMED:,} more" if len(found) > MOST_NAMED else ""
    return f"distributions differ between the sides: {', '.join(found[:MOST_NAMED])}{more}" if found else None


def busy_machine() -> str | None:
    """Return that the machine is busy, where more processes want to run than there are cores; else None."""
    if not hasattr(os, "getloadavg"):
        return None
    load, cores = os.getloadavg()[0], len(available_cores())
    if load <= cores:
        return None
    several = f"{cores} cores" if cores > 1 else "1 core"
    return f"the machine was busy when the check began: a load of {load:.1f} on {several}; changes are harder to see"


def normalized(name: str) -> str:
    """Return the name of a distribution as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()
