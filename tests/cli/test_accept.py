"""`assay accept`: a stored run as a file to commit."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.records.metric_catalogue import definition
from assay.records.results import GroupResult, Measurement, Status, TokenizerCase
from assay.store.baselines import default_name, read
from assay.store.store import Store

Cli = Callable[..., Any]

COMMAND = ("run", "--attentions", "none", "--tokenizers", "regex,regex-unk", "--budget", "0.1s", "--json")


@pytest.fixture(scope="module")
def folder(finished: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the results folder of one run."""
    return shutil.copytree(finished(*COMMAND) / "results", tmp_path_factory.mktemp("accepting") / "results")


def test_the_newest_run_is_accepted_under_a_name_of_suite_and_machine(cli: Cli, folder: Path) -> None:
    ran = cli("accept", "--results", folder)
    assert ran.rc == 0
    with Store(folder, create=False) as store:
        run = store.run()
        stored = store.measurements(run.id)
    path = folder / "baselines" / f"{default_name(run)}.json"
    assert ran.stdout == f"{path}\n"
    assert f"run {run.id} (4 cases planned: 3 ok, 1 failed) is accepted" in ran.stderr
    kept = read(path)
    assert kept.run == run
    assert [row.case for row in kept.measurements] == [row.case for row in stored]
    assert [list(row.metrics.items()) for row in kept.measurements] == [list(row.metrics.items()) for row in stored]
    exact = [name for row in kept.measurements for name in row.metrics if getattr(definition(name), "exact", 0)]
    assert len(exact) > 40
    assert all(row.timings == () for row in kept.measurements)


def test_again_is_the_same_file_and_a_name_makes_another(cli: Cli, folder: Path) -> None:
    ran = [cli("accept", "--name", name, "--results", folder) for name in ("one", "two")]
    paths = [Path(one.stdout.strip()) for one in ran]
    assert [path.name for path in paths] == ["one.json", "two.json"]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_run_that_is_not_done_is_refused(cli: Cli, folder: Path, tmp_path: Path) -> None:
    with Store(folder, create=False) as done:
        run = done.run()
    with Store(tmp_path / "results") as store:
        store.begin(run, [TokenizerCase(tokenizer="regex", corpus="the-verdict")])
    complaint = cli("accept").complaint
    assert f"1 case planned: 1 missing (end it with `assay run --resume {run.id}`)" in complaint
    assert not (tmp_path / "results" / "baselines").exists()


def test_failed_cases_are_told_of(cli: Cli, folder: Path, tmp_path: Path) -> None:
    with Store(folder, create=False) as done:
        run = done.run()
    rows = [
        Measurement(case=TokenizerCase(tokenizer=name, corpus="the-verdict"), status=Status.FAILED, reason="it broke")
        for name in ("one", "two")
    ]
    with Store(tmp_path / "results") as store:
        store.begin(run, [row.case for row in rows])
        store.add(run.id, GroupResult(measurements=tuple(rows)))
    ran = cli("accept", "--name", "mine")
    assert ran.rc == 0
    assert "warning: failed cases are accepted as such: tokenizer/the-verdict/all/one and 1 more\n" in ran.stderr
    assert list(read(tmp_path / "results" / "baselines" / "mine.json").measurements) == rows


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--name", "../one"], "'../one' is not a valid name of a baseline"),
        (["no-such-run"], "'no-such-run' fits no run"),
    ],
)
def test_what_cannot_be_accepted_is_one_line(cli: Cli, folder: Path, arguments: list[str], words: str) -> None:
    assert words in cli("accept", *arguments, "--results", folder).complaint


def test_without_results(cli: Cli) -> None:
    assert "there are no results" in cli("accept").complaint
