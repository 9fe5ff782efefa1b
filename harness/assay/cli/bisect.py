"""`assay bisect`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli import options
from assay.cli.config import tolerance_table
from assay.cli.echo import say
from assay.cli.plugin_options import PluginOptions
from assay.records.json_document import write

if TYPE_CHECKING:
    from assay.comparison.bisect import Bisection, TestedCommit
    from assay.environment.git import Revision
    from assay.records.verdicts import Comparison
    from assay.store.location import Location


@click.command("bisect")
@click.argument("good")
@click.argument("bad", default="HEAD")
@options.cases
@click.option(
    "--suite", envvar="ASSAY_CHECK_SUITE", default="quick", show_default=True, help="See `assay list suites`."
)
@click.option(
    "--budget",
    "budget_s",
    envvar="ASSAY_BISECT_BUDGET",
    default="60s",
    show_default=True,
    callback=options.seconds,
    help="Time for timing in each step, over all cells.",
)
@options.judging
@options.threads
@options.timeout
@options.finding
def bisect_(
    good: str,
    bad: str,
    tokenizers: str | None,
    attentions: str | None,
    corpora: str | None,
    workloads: tuple[str, ...],
    operations: tuple[str, ...],
    suite: str,
    budget_s: float,
    effect: float,
    margin: float,
    threads: int,
    timeout_s: float,
    results: Location,
    wanted: PluginOptions,
    as_json: bool,
    quiet: bool,
) -> int:
    """Find the first revision after GOOD, up to BAD, that is slower than GOOD or gives other results.

    Each step is a check against GOOD; choose one or few cases, by --tokenizers, --attentions and --operation. Exits
    with 0 when one revision is left, with 4 when checks could not tell which of several it is.
    """
    from assay.cli.progress import Line
    from assay.comparison.bisect import bisect
    from assay.comparison.check import Check
    from assay.comparison.sides import SideEnvironment, baseline
    from assay.comparison.tolerance import tolerances
    from assay.environment import git as revisions
    from assay.errors import AssayError
    from assay.execute.plan import Selection
    from assay.records.settings import Settings
    from assay.records.verdicts import Tolerance

    root = revisions.repository(Path.cwd())
    if root is None:
        raise AssayError("this folder is in no git repository", remedy="go to the repository that is to be searched")
    first, last = revisions.resolve(good, root), revisions.resolve(bad, root)
    host = wanted.find()
    settings = Settings(
        plugins=wanted.plugins,
        block=wanted.block,
        load=wanted.load,
        budget_s=budget_s,
        timeout_s=timeout_s,
        threads=threads,
    )
    selection = Selection(
        suite=suite,
        workloads=workloads,
        tokenizers=tokenizers,
        attentions=attentions,
        corpora=options.absolute(corpora),
        metrics="none",
        held_out=0.0,
        threads=threads,
    )
    budgets = tolerances(tolerance_table(), Tolerance(minimum_effect=effect, equivalence_margin=max(margin, effect)))
    with Line(quiet=quiet) as line:

        def side(revision: Revision) -> SideEnvironment:
            found = baseline(revision.commit, wanted.plugins, results, tell=line.say)
            assert isinstance(found, SideEnvironment), "a commit is no saved run"
            return found

        def compare(revision: Revision) -> Comparison:
            sides = (side(first), side(revision))
            check = Check(host, selection, settings, sides, budgets=budgets, operations=operations, tick=line.tick)
            return check.run()

        def tell(step: TestedCommit) -> None:
            if step.comparison.interrupted:
                raise KeyboardInterrupt
            line.say(f"{_word(step)}: {step.revision.asked} {revisions.subject(step.revision)}")

        found = bisect(revisions.between(first, last), compare, tell)
    _show(found, as_json=as_json)
    return 0 if len(found.suspects) == 1 else 4


def _show(found: Bisection, *, as_json: bool) -> None:
    from assay.environment.git import subject
    from assay.records.verdicts import Verdict
    from assay.report.formats.comparison_json import as_object
    from assay.report.formats.comparison_text import change_text
    from assay.report.tables import results as tables

    if as_json:
        steps = [
            {
                "commit": step.revision.commit,
                "verdict": _word(step),
                "comparison": as_object(step.comparison),
            }
            for step in found.steps
        ]
        click.echo(write({"steps": steps, "suspects": [each.commit for each in found.suspects]}))
        return
    rows = []
    for step in found.steps:
        worst = [each for each in step.comparison.judgements if each.verdict is Verdict.REGRESSED]
        figures = "; ".join(f"{each.cell} {change_text(each)}" for each in worst)
        alone = found.suspects == (step.revision,)
        rows.append(
            (step.revision.asked, "first bad" if alone else _word(step), figures or "-", subject(step.revision))
        )
    tables.write(
        [
            tables.Table(
                title="checked against the good one", columns=("revision", "is", "by", "subject"), rows=tuple(rows)
            )
        ]
    )
    if len(found.suspects) == 1:
        say(f"first bad revision: {found.suspects[0].commit} {subject(found.suspects[0])}")
    else:
        names = ", ".join(each.asked for each in found.suspects)
        say(f"the first bad revision is one of {names}: checks of the others could not tell")


def _word(step: TestedCommit) -> str:
    return {True: "bad", False: "good", None: "not to be told"}[step.bad]
