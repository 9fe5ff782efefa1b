"""Bringing a package by its registry's ordinary client. Nothing of it is installed."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import assay
from assay_corpora.package import Package

LIMIT_S = 600.0
WRONG = "DO NOT MATCH THE HASHES"


def download(package: Package) -> None:
    """Bring a package into the data folder, whole or not at all.

    pip compares the hash before it asks a source distribution for its metadata, which runs its `setup.py`.
    Raises `assay.AssayError` when there is no client, no network, no room, or another file than was pinned.
    """
    folder = assay.data_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with assay.temporary_folder(folder) as name:
            found = _ask(package, Path(name))
            if not package.matches(found):
                raise _replaced(package)
            found.replace(package.path)
    except OSError as error:
        raise assay.AssayError(
            f"the data folder {folder} cannot be written: {error.strerror}",
            remedy="set ASSAY_DATA to a folder of your own",
        ) from None


def _ask(package: Package, folder: Path) -> Path:
    command = _npm(package, folder) if package.registry == "npm" else _pip(package, folder)
    by_hand = f"check the network, or put {package.file} into {assay.data_folder()} by hand"
    try:
        ended = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise assay.AssayError(f"{package} did not come within {LIMIT_S:.0f} s", remedy=by_hand) from None
    if WRONG in ended.stderr:
        raise _replaced(package)
    arrived = folder / package.file
    if ended.returncode or not arrived.is_file():
        client, reason = "npm" if package.registry == "npm" else "pip", _reason(ended.stderr)
        raise assay.AssayError(f"{client} cannot bring {package}: {reason}", remedy=by_hand)
    return arrived


def _reason(stderr: str) -> str:
    """Pick what a client complains of: pip comes to the point last, npm first and over two lines."""
    lines = [" ".join(line.split()) for line in stderr.splitlines() if line.strip()]
    pip = [line.partition("ERROR: ")[2] for line in lines if "ERROR: " in line]
    npm = [line.removeprefix("npm error ") for line in lines if line.startswith("npm error ")]
    return (pip or [", ".join(npm[:2])] if pip or npm else lines or ["it gave no reason"])[-1]


def _pip(package: Package, folder: Path) -> list[str]:
    if importlib.util.find_spec("pip") is None:
        raise assay.AssayError(f"{package} needs pip, which is not installed", remedy="python -m ensurepip")
    pinned = folder / "requirements.txt"
    pinned.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n", "utf-8")
    form = "--only-binary" if package.file.endswith(".whl") else "--no-binary"
    options = ["--disable-pip-version-check", "--no-input", "--no-deps", "--require-hashes", form, package.name]
    command = [sys.executable, "-m", "pip", "download", "--progress-bar", "off", *options]
    return [*command, "--dest", str(folder), "--requirement", str(pinned)]


def _npm(package: Package, folder: Path) -> list[str]:
    npm = shutil.which("npm")
    if npm is None:
        raise assay.AssayError(f"{package} needs npm, which is not installed", remedy="install Node.js")
    return [npm, "pack", "--ignore-scripts", "--pack-destination", str(folder), f"{package.name}@{package.version}"]


def _replaced(package: Package) -> assay.AssayError:
    return assay.AssayError(
        f"the registry's {package.file} is not the file that was pinned: its sha256 is not {package.sha256}",
        remedy="do not use it; ask whoever runs your package index, or report it to Assay",
    )
