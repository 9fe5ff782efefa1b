"""The virtual environment of the other tools: they are none of Assay's dependencies."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from assay import data_folder

TOOLS = ("pytest==9.2.0", "pytest-benchmark==5.3.1", "asv==0.6.6", "pyperf==2.10.0")
SOURCES = ("", "harness", "plugins", "corpora")  # folders of the checkout from which the tools import the work


def usual() -> Path:
    """Give the folder where it lies unless one is given."""
    return data_folder().parent / "peers"


def interpreter(folder: Path) -> Path:
    """Give the path of its Python, whether it is there or not."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def make(folder: Path) -> Path:
    """Make it by pip unless it is complete already, and give the path of its Python."""
    python, complete = interpreter(folder), folder / "complete.txt"
    root = Path(__file__).resolve().parents[1]
    wanted = "\n".join((*TOOLS, f"{root}"))
    if complete.exists() and complete.read_text("utf-8") == wanted:
        return python
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *TOOLS], check=True)
    site = [f"{python}", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(site, check=True, capture_output=True, text=True).stdout.strip())
    packages.joinpath("checkout.pth").write_text("\n".join(f"{root / source}" for source in SOURCES) + "\n", "utf-8")
    complete.write_text(wanted, "utf-8")
    return python
