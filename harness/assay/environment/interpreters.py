"""Python interpreters other than the running one: where an environment has its own, and whether it can run a worker."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from assay.errors import AssayError

OLDEST = (3, 11)
REMEDY = "give the folder of a virtual environment, or the path of an interpreter"
NEEDED = ("packaging", "pluggy", "regex")
PROBE = """
import importlib, json, sys
sys.path = [path for path in sys.path if path]
found = {"path": list(sys.path), "version": list(sys.version_info[:2]), "missing": []}
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    try:
        importlib.import_module(name)
    except ImportError as error:
        found["missing"].append(getattr(error, "name", None) or str(error))
print(json.dumps(found))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """An interpreter, what its `sys.path` is without the user's settings, and its version."""

    python: str
    path: tuple[str, ...]
    version: tuple[int, ...]

    @property
    def dotted(self) -> str:
        """The version as people write it."""
        return ".".join(map(str, self.version))


def find(path: Path) -> str | None:
    """Return the interpreter of an environment, or the one that a path is; links stay, as environments use them."""
    inside = (path / "bin" / "python", path / "bin" / "python3", path / "Scripts" / "python.exe")
    for found in inside if path.is_dir() else (path,):
        if found.is_file() and os.access(found, os.X_OK):
            return str(found.absolute())
    return None


def ask(path: Path, harness: str) -> Interpreter:
    """Start the interpreter of a path and check that it can run the worker of a harness.

    A bare name such as `python3.12` is looked up as the shell does. Raises `AssayError` where there is none, and where
    it is too old or lacks what the worker imports.
    """
    python = find(path) or (shutil.which(path.name) if len(path.parts) == 1 and not path.exists() else None)
    if python is None:
        raise AssayError(f"there is no python in {path}" if path.exists() else f"there is no {path}", remedy=REMEDY)
    found, lacks = _probe(python, harness, *NEEDED)
    if found.version < OLDEST:
        least = ".".join(map(str, OLDEST))
        remedy = "make the environment with a newer Python"
        raise AssayError(f"{python} is Python {found.dotted}, and assay needs {least} or newer", remedy=remedy)
    if not lacks:
        _, lacks = _probe(python, harness, "assay.execute.worker.main")
    if lacks:
        remedy = f"{python} -m pip install {' '.join(lacks)}"
        raise AssayError(f"{python} cannot run assay's worker: it has no {', '.join(lacks)}", remedy=remedy)
    return found


def _probe(python: str, *arguments: str) -> tuple[Interpreter, list[str]]:
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    command = [python, "-c", PROBE, *arguments]
    try:
        answer = subprocess.run(command, env=clean, capture_output=True, text=True, timeout=60, check=True)
        found = json.loads(answer.stdout.splitlines()[-1])
        it = Interpreter(python=python, path=tuple(found["path"]), version=tuple(found["version"]))
        return it, list(found["missing"])
    except (OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError):
        raise AssayError(f"{python} does not work as a Python interpreter", remedy=REMEDY) from None
