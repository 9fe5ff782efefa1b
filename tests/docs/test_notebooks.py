"""docs/notebooks: each runs in a kernel of its own, shows its tables and charts, and is stored as it was run."""

from __future__ import annotations

import importlib.util
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"
# What a reader must see, of tables, sentences and charts; not what the clock says.
SHOWN = {
    "tokenizers": (
        "fewest tokens",
        "bytes per token",
        "not checked for loss",
        "the-verdict, unseen text (last 10 %)",
        "one row for each run",
        "Encoding speed and bytes per token: 2 panels",
        "'logged'",
        "cannot be sent",
    ),
    "attention": (
        "causal forward, batch 1, 8 heads x 64, length 512, float32, CPU",
        "2 of 2 rows passed their checks",
        "causality: query 0 changes",
        "9 of 9 rows passed their checks",
        "Speed-up of attention over the baseline",
        "head_width",
    ),
    "check": (
        "time vs before",
        "tokenizer/text/all/mine/encode",
        "History of encode_mb_per_s: 1 panel",
        "is accepted; commit the file",
        "against results/baselines/monday.json",
        "tokenizer/the-verdict/all/mine/decode",
    ),
}
CHARTS = {"tokenizers": 2, "attention": 1, "check": 1}
PICTURE, LIVE, MOST_BYTES = "image/png", "application/vnd.vegalite.v5+json", 400_000
A_PATH = re.compile(r"(?<![\w.<:/])/(home|Users|root|tmp|var|work|mnt|opt|usr|private)/|\b[A-Z]:\\|-packages")


def told(notebook: Any) -> Iterator[str]:
    """Every text that the cells show, and of charts the line that stands for them."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            yield output.get("text", "")
            data = output.get("data", {})
            yield from (data[kind] for kind in ("text/plain", "text/html", "text/markdown") if kind in data)


def charts(notebook: Any) -> list[Any]:
    """What is stored of each chart, by the names of its forms."""
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", ()))
    return [output.data for output in outputs if PICTURE in output.get("data", {})]


def quick(source: str) -> str:
    """The same code with less time for timing, which no words depend on."""
    return re.sub(r"--budget \d+s", "--budget 1s", re.sub(r"budget_s=\d+", "budget_s=0.2", source))


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script that runs the notebooks."""
    spec = importlib.util.spec_from_file_location("execute_script", FOLDER / "execute.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_notebook_is_looked_at() -> None:
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == SHOWN.keys() == CHARTS.keys()


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_stored_is_of_this_source_and_small_and_of_nobodys_machine(name: str, script: ModuleType) -> None:
    path = FOLDER / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata["source_sha256"] == script.source_hash(notebook), "run it anew: make notebooks"
    assert script.failures(notebook) == []
    text = "\n".join(told(notebook))
    assert [words for words in SHOWN[name] if words not in text] == []
    assert [sorted(chart) for chart in charts(notebook)] == [["image/png", "text/plain"]] * CHARTS[name]
    assert path.stat().st_size < MOST_BYTES
    assert A_PATH.search(text) is None
    assert not {str(Path.home()), socket.gethostname()} & set(text.split())


@pytest.mark.long
@pytest.mark.parametrize("name", SHOWN)
def test_each_runs_with_nothing_of_the_users(name: str, script: ModuleType, tmp_path: Path) -> None:
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = quick(cell.source)
        if cell.cell_type == "code":
            cell.outputs = []
    script.execute(notebook, tmp_path)
    assert script.failures(notebook) == []
    text = "\n".join(told(notebook))
    assert [words for words in SHOWN[name] if words not in text] == []
    drawn = charts(notebook)
    assert len(drawn) == CHARTS[name]
    assert all("<svg" in chart["text/html"] and LIVE in chart for chart in drawn)
