"""Progress in a notebook and in a script."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from assay.execute.progress import PAUSE_S, ProgressLine, listening
from shown import failed, not_applicable, run_of, tokenizer

CASES = [tokenizer("gpt2").case, failed("mine", "it broke").case]


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What a notebook is given to display."""
    shown: list[dict[str, str]] = []

    def display(bundle: dict[str, str], **_: Any) -> SimpleNamespace:
        shown.append(bundle)
        return SimpleNamespace(update=lambda bundle, raw: shown.append(bundle))

    ipython: Any = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))  # type: ignore[arg-type]
    return shown


def test_the_line_is_renewed_a_few_times_a_second() -> None:
    now, lines = [0.0], list[str]()
    line = ProgressLine(lines.append, lambda: now[0])
    line.begun(run_of().run, CASES, 1)
    for step in range(4):
        now[0] = step * PAUSE_S * 0.6
        line.tick("tokenizer/text/all", "round", step + 1, 5.4)
    line.measured(tokenizer("gpt2"))
    now[0] = 9
    line.tick("tokenizer/text/all", "checking", 0, 5)
    assert lines == [
        "1 of 2 cases · round 1, 5 s left · text/all",
        "1 of 2 cases · round 3, 5 s left · text/all",
        "2 of 2 cases · checking · text/all",
    ]


def test_a_notebook_has_one_line_that_is_gone_at_the_end(kernel: list[dict[str, str]]) -> None:
    with pytest.raises(KeyError), listening(None) as listener:  # noqa: PT012
        listener.begun(run_of().run, CASES, 0)
        listener.tick("tokenizer/<b>/all", "checking", 0, 5)
        raise KeyError
    assert [bundle["text/plain"] for bundle in kernel] == ["starting", "0 of 2 cases · checking · <b>/all", ""]
    assert kernel[1]["text/html"] == "<small>0 of 2 cases · checking · &lt;b&gt;/all</small>"


def test_nobody_is_told_who_wants_not_to_be(kernel: list[dict[str, str]], capsys: pytest.CaptureFixture[str]) -> None:
    with listening(False) as listener:
        listener.measured(tokenizer("gpt2"))
    assert (kernel, capsys.readouterr()) == ([], ("", ""))


@pytest.mark.parametrize("progress", [None, True])
def test_a_script_is_told_when_it_asks(progress: bool | None, capsys: pytest.CaptureFixture[str]) -> None:
    with listening(progress) as listener:
        listener.begun(run_of().run, CASES, 0)
        listener.noted("two files")
        listener.tick("tokenizer/text/all", "checking", 0, 5)
        for row in (tokenizer("gpt2"), failed("mine", "it broke"), not_applicable("other")):
            listener.measured(row)
    told = [
        "assay: note: two files",
        "[1/2] tokenizer/text/all/gpt2 ok",
        "[2/2] tokenizer/text/all/mine failed: it broke",
    ]
    assert capsys.readouterr().err.splitlines() == (told if progress else [])


@pytest.mark.long
def test_a_real_kernel_is_known_and_shows_the_line() -> None:
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    source = (
        "from assay.execute.progress import listening\nwith listening(None) as told:\n    print(type(told).__name__)"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    first, second = sorted(notebook.cells[0].outputs, key=lambda output: output.output_type)
    assert (first.data["text/plain"], second.text) == ("", "ProgressLine\n")
