"""`assay bisect`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli import options
from assay.cli.echo import echo_stderr, echo_tables
from assay.cli.request import CommandRequest, takes_request
from assay.environment import git
from assay.errors import AssayError
from assay.records.json_document import write
from assay.records.verdicts import Comparison, Verdict
from assay.report.text.table import Table

if TYPE_CHECKING:
    from assay.comparison.bisect import Bisection, TestedCommit


@click.command("bisect")
@click.argument("good")
@click.argument("bad", default="HEAD")
@options.cases
@options.judged_suite
@options.budget(envvar="ASSAY_BISECT_BUDGET", default="60s", help="Time for timing in each step, over all cells.")
@options.judging
@options.threads
@options.timeout
@takes_request
def bisect_(request: CommandRequest, good: str, bad: str) -> int:
    """Find the first revision after GOOD, up to BAD, that is slower than GOOD or gives other results.

    Each step is a check against GOOD; choose one or few cases, by --tokenizers, --attentions and --operation. Exits
    with 0 when one revision is left, with 4 when checks could not tell which of several it is.
    """
    from assay.cli.progress import StatusLine
    from assay.comparison.bisect import bisect
    from assay.comparison.check import VersionCheck
    from assay.comparison.sides import SideEnvironment, baseline

    root = git.repository(Path.cwd())
    if root is None:
        raise AssayError("this folder is in no git repository", remedy="go to the repository that is to be searched")
    first, last = git.resolve(good, root), git.resolve(bad, root)
    host = request.plugins.find(to_measure=True)
    selection, judging = replace(request.selection_of_sides(), metrics="none", held_out=0.0), request.judging_by_cell()
    with StatusLine(quiet=request.quiet) as line:

        def side(revision: git.Revision) -> SideEnvironment:
            found = baseline(revision.commit, request.settings.plugins, request.results, tell=line.echo)
            assert isinstance(found, SideEnvironment), "a commit is no saved run"
            return found

        def compare(revision: git.Revision) -> Comparison:
            sides = (side(first), side(revision))
            return VersionCheck(host, selection, request.settings, sides, judging, tick=line.tick).run()

        def tell(step: TestedCommit) -> None:
            if step.comparison.interrupted:
                raise KeyboardInterrupt
            line.echo(f"{_word(step)}: {step.revision.asked} {git.subject(step.revision)}")

        found = bisect(git.between(first, last), compare, tell)
    _show(found, as_json=request.as_json)
    return 0 if len(found.suspects) == 1 else 4


def _show(found: Bisection, *, as_json: bool) -> None:
    from assay.report.formats.comparison_json import as_object
    from assay.report.formats.comparison_text import change_text

    if as_json:
        steps = [
            {"commit": step.revision.commit, "verdict": _word(step), "comparison": as_object(step.comparison)}
            for step in found.steps
        ]
        click.echo(write({"steps": steps, "suspects": [each.commit for each in found.suspects]}))
        return
    rows = []
    for step in found.steps:
        worst = [each for each in step.comparison.judgements if each.verdict is Verdict.REGRESSED]
        figures = "; ".join(f"{each.cell} {change_text(each)}" for each in worst)
        word = "first bad" if found.suspects == (step.revision,) else _word(step)
        rows.append((step.revision.asked, word, figures or "-", git.subject(step.revision)))
    columns = ("revision", "is", "by", "subject")
    echo_tables(Table(title="checked against the good one", columns=columns, rows=tuple(rows)))
    if len(found.suspects) == 1:
        echo_stderr(f"first bad revision: {found.suspects[0].commit} {git.subject(found.suspects[0])}")
    else:
        names = ", ".join(each.asked for each in found.suspects)
        echo_stderr(f"the first bad revision is one of {names}: checks of the others could not tell")


def _word(step: TestedCommit) -> str:
    return {True: "bad", False: "good", None: "not to be told"}[step.bad]
