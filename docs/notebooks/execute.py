"""Runs the notebooks of this folder, each in an empty folder and a kernel of its own, and stores what they show.

python docs/notebooks/execute.py docs/notebooks/*.ipynb
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

TIMEOUT_S = 200  # of one cell
# Every viewer shows a picture, also one that takes scripts and drawings out of HTML, as GitHub does.
PICTURE, ALSO_A_PICTURE = "image/png", ("application/vnd.vegalite.v5+json", "text/html")
NOTHING = {"text/plain": "", "text/html": ""}  # what is left of a line of progress


def main(paths: list[str]) -> None:
    """Run each notebook and write it anew; end with an error, and leave it as it was, where a cell fails."""
    for path in map(Path, paths):
        notebook = nbformat.read(path, as_version=4)
        with tempfile.TemporaryDirectory() as folder:
            execute(notebook, Path(folder))
        if wrong := failures(notebook):
            sys.exit(f"{path}: {'; '.join(wrong)}")
        nbformat.write(stored(notebook), path)


def execute(notebook: NotebookNode, folder: Path) -> None:
    """Run all cells with nothing of the user's: no settings, no caches, no files but those that the cells write."""
    own = {name: str(folder / name.lower()) for name in ("HOME", "ASSAY_CACHE", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR")}
    author = {f"GIT_{who}_{what}": "Assay" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    work = folder / "work"
    work.mkdir()
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT_S,
        kernel_name="python3",
        allow_errors=True,
        record_timing=False,
        resources={"metadata": {"path": str(work)}},
    )
    client.execute(env={**os.environ, **own, **author, "PATH": path})


def failures(notebook: NotebookNode) -> list[str]:
    """Return what went wrong in which cell, nothing where all went well."""
    return [
        f"{cell.id}: {output.ename}: {output.evalue}"
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if output.output_type == "error"
    ]


def stored(notebook: NotebookNode) -> NotebookNode:
    """Return a notebook as it is kept: charts as pictures, no progress, and the hash of the source that was run."""
    kept = nbformat.from_dict(notebook)
    kept.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "source_sha256": source_hash(notebook),
    }
    for cell in kept.cells:
        shown = [each for each in cell.get("outputs", ()) if each.get("data") != NOTHING]
        for each in shown:
            if PICTURE in each.get("data", ()):
                each.data = {kind: each.data[kind] for kind in each.data if kind not in ALSO_A_PICTURE}
        if cell.cell_type == "code":
            cell.outputs, cell.metadata = shown, {}
    return kept


def source_hash(notebook: NotebookNode) -> str:
    """Return the hash of all code of a notebook."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256("\0".join(code).encode("utf-8")).hexdigest()


if __name__ == "__main__":
    main(sys.argv[1:])
