"""A clean environment: Assay from its wheel, what a test installs, and of ours only the libraries of others."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OURS = ("assay", "_assay", "_editable_impl_assay", "__editable__")
PIP = [sys.executable, "-P", "-m", "pip", "--disable-pip-version-check"]
OFFLINE = ["--quiet", "--no-index", "--no-deps"]


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    rc: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        document = json.loads(self.stdout)
        assert document["schema"] == 1
        return document


@dataclass(frozen=True)
class Place:
    """A virtual environment and a folder to work in."""

    environment: Path
    folder: Path

    def run(self, *command: str | os.PathLike[str], **variables: str) -> Ran:
        """Run a program of the environment in the folder, without settings of Assay, pytest or Python."""
        program, *arguments = map(os.fspath, command)
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ASSAY_", "PYTEST_", "PYTHON", "PIP_", "COLUMNS"))
        }
        ended = subprocess.run(
            [str(self.environment / "bin" / program), *arguments],
            cwd=self.folder,
            env=kept | {"PATH": f"{self.environment / 'bin'}{os.pathsep}{kept['PATH']}"} | variables,
            timeout=240,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        return Ran(ended.returncode, ended.stdout, ended.stderr)

    def assay(self, *arguments: str | os.PathLike[str], **variables: str) -> Ran:
        """Run the `assay` that is installed in the environment."""
        return self.run("assay", *arguments, **variables)

    def install(self, *wheels: str | os.PathLike[str]) -> None:
        """Install from files, never from an index."""
        self._pip("install", *OFFLINE, "--no-compile", *map(os.fspath, wheels))

    def copy(self, folder: Path) -> Place:
        """Copy the environment, with what is installed there; scripts name their interpreter, so they are edited."""
        place = Place(folder / "environment", folder / "elsewhere")
        place.folder.mkdir()
        shutil.copytree(self.environment, place.environment, symlinks=True)
        for script in (place.environment / "bin").iterdir():
            if not script.is_symlink():
                script.write_text(script.read_text("utf-8").replace(str(self.environment), str(place.environment)))
        return place

    def uninstall(self, *names: str) -> None:
        """Remove distributions."""
        self._pip("uninstall", "--quiet", "--yes", *names)

    def _pip(self, *arguments: str) -> None:
        pip([*PIP, "--python", str(self.environment / "bin" / "python"), *arguments], self.folder)


def pip(command: list[str], folder: Path) -> None:
    """Run pip without any setting of the user, which may name an index."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHONPATH"))}
    variables |= {"PIP_CONFIG_FILE": os.devnull}
    ended = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def build(projects: Iterable[Path], folder: Path) -> None:
    """Build a wheel of each project into a folder, with what is installed here."""
    command = [*PIP, "wheel", *OFFLINE, "--no-build-isolation", "-w", str(folder), *map(str, projects)]
    pip(command, folder)


def make(folder: Path) -> Place:
    """Make an environment that sees the libraries of ours, by links, and nothing of Assay."""
    layer, environment, elsewhere = folder / "libraries", folder / "environment", folder / "elsewhere"
    for path in (layer, elsewhere):
        path.mkdir()
    for site in dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib")):
        for entry in Path(site).iterdir():
            if not entry.name.startswith(OURS) and entry.suffix != ".pth" and not (layer / entry.name).is_symlink():
                (layer / entry.name).symlink_to(entry)
    venv.EnvBuilder(symlinks=True).create(environment)
    base = {"base": str(environment), "platbase": str(environment)}
    Path(sysconfig.get_path("purelib", "venv", base), "libraries.pth").write_text(f"{layer}\n", "utf-8")
    return Place(environment, elsewhere)
