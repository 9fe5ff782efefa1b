from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.errors import AssayError
from assay.plugins.types import ReportPlugin
from assay.records.report_data import ReportContext
from assay.records.results import GroupResult, Measurement, Metrics, Outcome, Run, Status, TokenizerCase
from assay.report import site
from assay.store.store import Store

ROW = Measurement(
    case=TokenizerCase(tokenizer="regex", corpus="the-verdict"),
    status=Status.OK,
    metrics=Metrics(tokens=4649),
)


def add(store: Store, number: int, *, ended: bool = True) -> None:
    run = Run(id=f"run-{number}", started=f"2026-11-2{number}", suite="s/1", command="assay run", environment={})
    store.begin(run, [ROW.case])
    store.add(run.id, GroupResult(measurements=(ROW,)))
    if ended:
        store.finish(run.id, "complete")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "results") as opened:
        add(opened, 1)
        add(opened, 2)
        yield opened


def publication(outcome: Outcome) -> ReportContext:
    return ReportContext(shows="run", outcomes=(outcome,))


def page(shown: ReportContext) -> str:
    """What a page shows, and of which runs with how many rows."""
    return " ".join([shown.shows, *(f"{one.run.id}:{len(one.measurements)}" for one in shown.outcomes)])


def plain(write: object = page, suffix: str = ".txt") -> ReportPlugin:
    return ReportPlugin(
        name="plain",
        summary="plain",
        license="MIT",
        write=write,  # type: ignore[arg-type]
        suffix=suffix,
        shows=("run", "runs"),
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_every_run_has_a_page_and_the_index_has_every_run(store: Store, tmp_path: Path) -> None:
    made = site.write(store, tmp_path / "deep" / "site", plain(), publication)
    assert (made.index, made.written, made.kept, made.failures) == (tmp_path / "deep/site/index.txt", 2, 0, ())
    assert names(made.index.parent) == ["index.txt", "run-1.txt", "run-2.txt"]
    assert made.index.read_text() == "runs run-1:1 run-2:1"
    assert (made.index.parent / "run-2.txt").read_text() == "run run-2:1"


def test_a_page_is_kept_until_its_run_goes_on(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    site.write(store, folder, plain(), publication)
    (folder / "run-1.txt").write_text("mine")
    add(store, 3, ended=False)
    for kept in (2, 2):  # a run that has not ended is written every time
        made = site.write(store, folder, plain(), publication)
        assert (made.written, made.kept) == (1, kept)
    assert (folder / "run-1.txt").read_text() == "mine"
    assert made.index.read_text() == "runs run-1:1 run-2:1 run-3:1"
    os.utime(folder / "run-1.txt", (0, 0))
    store.finish("run-3", "complete")
    made = site.write(store, folder, plain(), publication)
    assert (made.written, made.kept) == (2, 1)
    assert (folder / "run-1.txt").read_text() == "run run-1:1"


def test_a_page_that_breaks_costs_only_itself(store: Store, tmp_path: Path) -> None:
    def fragile(shown: ReportContext) -> str:
        if shown.outcomes[0].run.id == "run-1" and shown.shows == "run":
            raise ValueError("no")
        return page(shown)

    made = site.write(store, tmp_path / "site", plain(fragile), publication)
    (failure,) = made.failures
    assert failure.startswith("run-1: the report plain failed: ValueError: no (test_site.py:")
    assert names(tmp_path / "site") == ["index.txt", "run-2.txt"]
    assert made.index.read_text() == "runs run-2:1"


def test_what_cannot_be_a_site_is_refused(store: Store, tmp_path: Path) -> None:
    one = ReportPlugin(name="one", summary="one", license="MIT", write=page, suffix=".one", shows=("runs",))
    with pytest.raises(AssayError, match="the report one cannot show a run"):
        site.write(store, tmp_path / "site", one, publication)
    (tmp_path / "file").touch()
    with pytest.raises(AssayError, match="file cannot be made: File exists"):
        site.write(store, tmp_path / "file", plain(), publication)
    with Store(tmp_path / "empty") as empty, pytest.raises(AssayError, match="there is no run in"):
        site.write(empty, tmp_path / "site", plain(), publication)
