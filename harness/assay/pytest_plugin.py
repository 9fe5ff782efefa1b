"""A pytest plugin: the fixture `assayer`, and `pytest --assay-check=BASELINE.json`.

The option judges the benchmarks of a session against stored ones. The fixture is for the tests of plugins.

PYTEST_DONT_REWRITE. Every pytest loads this module where Assay is installed, so it imports nothing that costs until
the option is given, or the fixture asked for.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay.comparison.session_drift import Session
    from assay.records.verdicts import Judgement
    from assay.report.tables.results import Table
    from assay.testkit.assayer import Assayer

ALLOWANCE = "25%"
MEANING = {
    0: "nothing regressed",
    1: "regressed",
    3: "a benchmark failed",
    4: "not every benchmark could be judged",
    5: "a benchmark is missing, or nothing could be compared",
}
NOTHING = "nothing was measured"
NOTE = (
    "ratio is time now / time then, above 1 is slower; its interval knows only the noise inside the sessions, and what "
    "they may drift besides stands in brackets"
)


@pytest.fixture
def assayer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Assayer]:
    """Try Assay's plugins: their host, their rows, and whether they conform.

    The test runs in a folder of its own. No settings, cache or results of the user are read or changed.
    """
    from assay.testkit.assayer import Assayer

    for name in [each for each in os.environ if each.startswith("ASSAY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("ASSAY_DATA", str(tmp_path / "data"))
    given = Assayer(tmp_path, Path.cwd(), request.module.__name__)
    monkeypatch.chdir(tmp_path)
    yield given
    given.forget()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Announce the options."""
    group = parser.getgroup("assay", "judging benchmarks against stored ones, by Assay")
    group.addoption(
        "--assay-check",
        action="append",
        default=[],
        metavar="BASELINE.json",
        help="Judge this session's benchmarks against a file of --benchmark-json. May be repeated: three files or more "
        "tell how far sessions drift here.",
    )
    group.addoption(
        "--assay-allowance",
        type=allowance,
        default=ALLOWANCE,
        metavar="SHARE",
        help="What stored timings of the same code may drift: 0.25, or 25%%, which is the default.",
    )
    group.addoption(
        "--assay-strict",
        action="store_true",
        help="Exit with 4 where a benchmark is inconclusive, or was not judged.",
    )
    group.addoption(
        "--assay-allow-missing",
        default="",
        metavar="GLOBS",
        help="Benchmarks of the baseline that may be missing now: comma-separated names or patterns.",
    )
    group.addoption("--assay-markdown", metavar="FILE", help="Also write the verdicts to a Markdown file.")


def pytest_configure(config: pytest.Config) -> None:
    """Read the baselines before anything is measured; raises `pytest.UsageError`."""
    files = config.getoption("assay_check")
    if not files or hasattr(config, "workerinput"):
        return
    if not config.pluginmanager.hasplugin("benchmark"):
        raise pytest.UsageError(
            "--assay-check needs pytest-benchmark, which is not loaded: pip install pytest-benchmark"
        )
    from assay.errors import AssayError
    from assay.report.formats.pytest_benchmark import read

    try:
        baselines = tuple(read(file) for file in dict.fromkeys(files))
    except AssayError as error:
        raise pytest.UsageError(f"--assay-check: {error}") from None
    config.pluginmanager.register(BaselineCheck(config, baselines), "assay-check")


def allowance(text: str) -> float:
    """Read `25%` or `0.25`, above 0."""
    from assay.comparison.tolerance import read_percent

    try:
        number = read_percent(text)
    except ValueError:
        number = -1.0
    if number <= 0.0:
        raise argparse.ArgumentTypeError(f"{text!r} is no share above 0%; write 25% or 0.25")
    return number


class BaselineCheck:
    """The judge of one pytest session."""

    def __init__(self, config: pytest.Config, baselines: tuple[Session, ...]) -> None:
        self._config = config
        self._baselines = baselines
        self._failed: set[str] = set()
        self._judgements: tuple[Judgement, ...] = ()
        self._note = ""
        self._code = self._exit = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember which tests failed: a wrong result has no time."""
        if report.failed:
            self._failed.add(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Judge what was measured; the exit status of tests that failed stays."""
        from assay.comparison.session_drift import judge
        from assay.comparison.status_change import allow_missing
        from assay.records.name_list import split_names
        from assay.records.verdicts import exit_code

        collected = self._config.getoption("collectonly")
        if session.exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) or collected:
            return
        candidate = self._measured()
        if not candidate.cells:
            self._note = f"{NOTHING}: {self._silence()}"
        judged = judge(candidate, self._baselines, allowance=self._config.getoption("assay_allowance"))
        allowed = split_names(self._config.getoption("assay_allow_missing"))
        self._judgements = allow_missing(map(self._unless_failed, judged), allowed)
        code = exit_code(self._judgements, strict=self._config.getoption("assay_strict"))
        self._code = 3 if not candidate.cells and not self._failed else code
        if session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = self._code
        self._exit = int(session.exitstatus)

    @pytest.hookimpl(trylast=True)  # below the tables of pytest-benchmark
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Write the verdicts, names whole."""
        if not self._judgements:
            if self._note:
                terminalreporter.write_line(f"assay: {self._note}; exit code {self._exit}", red=True)
            return
        table = _table(self._judgements, self._title(), self._note)
        terminalreporter.section(table.title)
        for line in _lines(table):
            terminalreporter.write_line(line)
        file = self._config.getoption("assay_markdown")
        if file is not None:
            from assay.environment.replace_file import replace_file
            from assay.report.tables.results import as_markdown

            try:
                replace_file(file, as_markdown(table).encode("utf-8"))
            except OSError as error:
                terminalreporter.write_line(f"assay: {file} cannot be written: {error.strerror}", red=True)
        counts = ", ".join(f"{count} {verdict}" for verdict, count in _counts(self._judgements).items())
        colours = {"red": bool(self._code), "green": not self._code}
        meaning = NOTHING if self._note else MEANING[self._code]
        terminalreporter.write_line(f"assay: {meaning} ({counts}); exit code {self._exit}", **colours)

    def _measured(self) -> Session:
        """The session as its own JSON file would tell it."""
        from assay.report.formats.pytest_benchmark import of_document

        benchmarks = self._config._benchmarksession  # type: ignore[attr-defined]  # where pytest-benchmark keeps it
        document = self._config.hook.pytest_benchmark_generate_json(
            config=self._config,
            benchmarks=[one for one in benchmarks.benchmarks if one],
            include_data=True,
            machine_info=benchmarks.get_machine_info(),
            commit_info={},
        )
        return of_document(document, "this session")

    def _silence(self) -> str:
        if self._config.getoption("dist", "no") != "no" or os.environ.get("PYTEST_XDIST_WORKER"):
            return "pytest-benchmark does not measure under pytest-xdist; leave out -n"
        if self._config.getoption("benchmark_disable") or self._config.getoption("benchmark_skip"):
            return "benchmarks are disabled or skipped; add --benchmark-only"
        return "no benchmark ran"

    def _unless_failed(self, judgement: Judgement) -> Judgement:
        from dataclasses import replace

        from assay.records.verdicts import Verdict

        if judgement.cell not in self._failed:
            return judgement
        return replace(
            judgement, verdict=Verdict.FAILED, ratio=None, low=None, high=None, reason="its test failed", remedy=None
        )

    def _title(self) -> str:
        count = len(self._baselines)
        return f"assay check against {self._baselines[0].source if count == 1 else f'{count} stored sessions'}"


def _table(judgements: tuple[Judgement, ...], title: str, note: str) -> Table:
    from assay.report.formats.comparison_text import FOUND, found_text, remark
    from assay.report.tables.results import Table

    return Table(
        title=title,
        columns=("benchmark", "verdict", "ratio", "95 % interval", FOUND, "because"),
        rows=tuple(
            (
                one.cell,
                one.verdict.value,
                "-" if one.ratio is None else f"{one.ratio:.3f}",
                "-" if one.low is None or one.high is None else f"{one.low:.3f} to {one.high:.3f}",
                found_text(one),
                remark(one),
            )
            for one in judgements
        ),
        numeric=frozenset({"ratio", FOUND}),
        notes=(note, NOTE) if note else (NOTE,),
    )


def _lines(table: Table) -> Iterator[str]:
    """The table for any width: a name is never cut."""
    widths = [max(map(len, column)) for column in zip(table.columns, *table.rows, strict=True)]
    for row in (table.columns, *table.rows):
        cells = [
            cell.rjust(width) if column in table.numeric else cell.ljust(width)
            for column, cell, width in zip(table.columns, row, widths, strict=True)
        ]
        yield "  ".join(cells).rstrip()
    yield from table.notes


def _counts(judgements: tuple[Judgement, ...]) -> dict[str, int]:
    from assay.records.verdicts import Verdict

    counts = {verdict.value: sum(one.verdict is verdict for one in judgements) for verdict in Verdict}
    return {name: count for name, count in counts.items() if count}
