"""`assay export`: a run in the words of other programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.cli.report import put
from assay.errors import AssayError
from assay.records.report_data import ReportContext
from assay.report.publish import find_format, publish, save
from assay.report.text.escape import escape_tsv
from assay.store.store import Store
from nasty import unescaped

Cli = Callable[..., Any]

COMMAND = ("run", "--attentions", "none", "--tokenizers", "regex,regex-unk", "--budget", "0.1s", "--json")


@pytest.fixture(scope="module")
def stored(finished: Callable[..., Path]) -> tuple[Path, dict[str, Any]]:
    """The results folder of one run, and the run's document."""
    folder = finished(*COMMAND)
    return folder / "results", json.loads((folder / "1.json").read_text("utf-8"))


def test_pytest_benchmark_compares_two_exports(
    cli: Cli, stored: Any, process: Callable[..., Any], tmp_path: Path
) -> None:
    folder, document = stored
    name = document["run"]["id"]
    assert cli("export", "pytest-benchmark", name, "--results", folder, "-o", "0001_a.json").rc == 0
    ran = cli("export", "pytest-benchmark", "--results", folder)
    assert (ran.rc, ran.stderr) == (0, "")
    (tmp_path / "0002_b.json").write_text(ran.stdout, encoding="utf-8")
    assert json.loads(ran.stdout) == json.loads((tmp_path / "0001_a.json").read_text("utf-8"))
    program = str(Path(sys.executable).parent / "pytest-benchmark")
    compared = process([program, "compare", "0001_a.json", "0002_b.json"], cwd=tmp_path)
    assert compared.rc == 0, compared
    assert "tokenizer/the-verdict/all/regex-unk/decode" in compared.stdout


def test_the_times_are_those_of_the_run(cli: Cli, stored: Any) -> None:
    folder, document = stored
    exported = json.loads(cli("export", "pytest-benchmark", "--results", folder).stdout)
    by_name = {one["fullname"]: one for one in exported["benchmarks"]}
    timed = [row for row in document["tokenizers"] if row["status"] == "ok"]
    assert len(by_name) == 3 * len(timed) > 0  # encode, decode and fresh
    for row in timed:
        one = by_name[f"{row['case']}/encode"]
        speed = row["bytes"] / 1e6 / one["stats"]["median"]
        assert speed == pytest.approx(row["encode_mb_per_s"])
        assert one["extra_info"]["tokens"] == row["tokens"]
        assert not [name for name in one["extra_info"] if name.startswith("encode_")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["parket"], "there is no report named 'parket' (did you mean parquet"),
        (["pytest-benchmark", "no-such-run"], "'no-such-run' fits no run"),
        (["pytest-benchmark", "-o", "no/such/folder/a.json"], "a.json cannot be written: No such file or directory"),
        (["pytest-benchmark", "--results", "nowhere"], "there are no results in nowhere"),
    ],
)
def test_what_cannot_be_exported_is_said_in_one_line(cli: Cli, stored: Any, arguments: list[str], words: str) -> None:
    folder, _ = stored
    where = [] if "--results" in arguments else ["--results", folder]
    assert words in cli("export", *arguments, *where).complaint


@pytest.mark.long
def test_a_run_without_timings_is_said_to_have_none(cli: Cli, tmp_path: Path) -> None:
    cli("run", "--attentions", "none", "--tokenizers", "regex", "--corpora", "limit-nul", "--budget", "0.1s")
    assert "has timed nothing" in cli("export", "pytest-benchmark").complaint


@pytest.mark.long
def test_the_name_of_the_file_tells_the_form(cli: Cli, stored: Any, tmp_path: Path) -> None:
    folder, document = stored
    for name, kind in (("a.tidy.csv", "tidy-csv"), ("a.prom", "openmetrics")):
        assert cli("report", "-o", name, "--results", folder).rc == 0
        ran = cli("export", kind, document["run"]["id"], "--results", folder)
        assert (ran.rc, ran.stderr) == (0, "")
        assert (tmp_path / name).read_text("utf-8") == ran.stdout


def test_pandas_reads_what_assay_results_gives(stored: Any, tmp_path: Path) -> None:
    import pandas as pd

    folder, _ = stored
    with Store(folder) as store:
        shown = ReportContext(shows="run", outcomes=(store.outcome(),))
    host = assay.discover()
    for name in ("a.csv", "a.tidy.csv", "a.parquet"):
        save(tmp_path / name, publish(find_format(host, "run", None, name), shown))
    frames = assay.results(store=folder)
    wide = pd.read_csv(tmp_path / "a.csv", keep_default_na=False, na_values=[""]).convert_dtypes()
    ours = frames.tokenizers
    assert set(ours.columns) - set(wide.columns) == set()
    for name in ours.columns:
        assert wide[name].dropna().tolist() == ours[name].dropna().tolist(), name
    tidy = pd.read_csv(tmp_path / "a.tidy.csv", dtype=str, keep_default_na=False)
    assert list(tidy.columns) == list(frames.tidy.columns)
    for name in tidy.columns:
        assert tidy[name].map(unescaped).tolist() == frames.tidy[name].map(str).map(escape_tsv).tolist(), name
    parquet = pd.read_parquet(tmp_path / "a.parquet")
    numbers = frames.tidy[~frames.tidy["unit"].isin(["text", "hex"])]
    assert parquet["value"].dropna().tolist() == numbers["value"].map(float).tolist()


@pytest.mark.parametrize("content", [b"PAR1\0PAR1", b"words"])
def test_what_is_no_text_is_not_written_to_a_terminal(
    content: bytes, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    if b"\0" in content:
        with pytest.raises(AssayError, match="this format is not text") as caught:
            put(content, None)
        assert caught.value.remedy == "give -o FILE"
    else:
        put(content, None)
        sys.stdout.flush()
    assert capfdbinary.readouterr().out == (b"" if b"\0" in content else content)
