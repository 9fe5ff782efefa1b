"""What `show` and `report` tell of the code of a stored run is what was recorded, not what is installed now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assay.records.plugin_code import PluginCode
from assay.records.results import GroupResult, Measurement, Metrics, Run, Status, TokenizerCase
from assay.store.store import Store

Cli = Callable[..., Any]
SHA256 = "0123456789ab" + "c" * 52
LACKING = "lacking-something"
NAME = "bytes"  # a tokenizer that is installed, and was somebody else's then
LOST = PluginCode(
    kind="plugin",
    name="lost",
    origin="lost 1.0 (lost)",
    source="distribution",
    recorded="2020-01-01",
    distribution="lost",
    version="1.0",
    failure="cannot be imported: ImportError: no numpy",
    remedy="pip install numpy",
)
CODE = PluginCode(
    kind="tokenizer",
    name=NAME,
    origin="stranger 9.9 (s)",
    source="distribution",
    recorded="2020-01-01",
    license="Beerware",
    distribution="stranger",
    version="9.9",
    direct_url={"url": "https://x.org/s", "vcs_info": {"vcs": "git", "commit_id": "f" * 40}},
    sha256=SHA256,
    covers="all files that were installed (7 files)",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of two runs: one from before code was recorded, and one of code that is not here."""
    place = tmp_path_factory.mktemp("what-ran")
    case = TokenizerCase(tokenizer=NAME, corpus="the-verdict")
    with Store(place) as store:
        for number, codes in enumerate(((), (CODE, LOST, LACKED))):
            run = Run(id=f"run-{number}", started=f"2020-01-0{number + 1}", suite="s/1", command="c", environment={})
            store.begin(run, [case], codes)
            row = Measurement(case=case, status=Status.OK, metrics=Metrics(tokens=1), code=SHA256 if codes else None)
            store.add(run.id, GroupResult(measurements=(row,)))
            store.finish(run.id, "complete")
    return place


LACKED = replace(CODE, name=LACKING, failure="needs more, which is not installed", remedy="pip install more")
WORDS = ("stranger", "9.9", "https://x.org/s, at ffffffffffff", "0123456789ab", "(7 files)")


@pytest.mark.parametrize(
    "asked", [("show", "--as", "table"), ("show", "--as", "markdown"), ("report", "--format", "md")]
)
def test_tables_and_pages_show_what_was_recorded(cli: Cli, folder: Path, asked: tuple[str, ...]) -> None:
    told = cli(*asked, "--results", folder, env={"COLUMNS": "300"}).stdout.replace("\\", "")
    assert [word for word in WORDS if word not in told] == []
    assert "assay-bench" not in told
    assert LACKING not in told


def test_so_does_the_page_with_what_could_not_be_used_then(cli: Cli, folder: Path) -> None:
    page = cli("report", "--format", "html", "--results", folder).stdout
    section = page.partition('<section id="plugins"')[2].partition("</section>")[0]
    assert [
        word
        for word in (*WORDS, "Beerware", "cannot be imported: ImportError: no numpy", LACKED.failure)
        if word not in section
    ] == []
    assert "assay-bench" not in section


def test_json_has_all_of_it_and_csv_the_code_of_each_row(cli: Cli, folder: Path) -> None:
    document = cli("show", "--json", "--results", folder).json
    code, lost, _ = document["plugins"]
    assert (code["sha256"], code["direct_url"], code["covers"]) == (SHA256, dict(CODE.direct_url or {}), CODE.covers)
    assert (lost["kind"], lost["remedy"]) == ("plugin", "pip install numpy")
    assert document["tokenizers"][0]["code"] == SHA256
    header, row, *_ = (line.split(",") for line in cli("export", "csv", "--results", folder).stdout.splitlines())
    cells = dict(zip(header, row, strict=True))
    assert [cells[name] for name in ("distribution", "version", "code")] == ["stranger", "9.9", SHA256]


def test_of_a_run_from_before_it_says_that_nobody_knows(cli: Cli, folder: Path) -> None:
    page = cli("report", "run-0", "--format", "html", "--results", folder).stdout
    assert "Which code ran is not recorded: this run was stored by an older Assay." in page
    assert "what ran" not in cli("show", "run-0", "--as", "table", "--results", folder).stdout
    assert cli("show", "run-0", "--json", "--results", folder).json["plugins"] == []


def test_rows_that_are_asked_for_stand_alone(cli: Cli, folder: Path) -> None:
    assert "what ran" not in cli("show", "--as", "table", "--filter", "plugin=bytes", "--results", folder).stdout
