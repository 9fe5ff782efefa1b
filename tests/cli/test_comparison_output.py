"""The options of commands that judge."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from assay.cli.comparison_output import ComparisonOutput, takes_comparison_output
from assay.records.verdicts import Comparison, Judgement, Verdict

FOUND = Comparison(
    baseline="a",
    candidate="b",
    suite="s/1",
    started="",
    command="",
    environment={},
    budget_s=1.0,
    seconds=1.0,
    changes=(),
    judgements=(
        Judgement(cell="tokenizer/text/all/kept/encode", verdict=Verdict.UNCHANGED),
        Judgement(cell="tokenizer/gone", verdict=Verdict.MISSING),
        Judgement(cell="tokenizer/text/all/kept/decode", verdict=Verdict.MISSING),
    ),
)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 5),
        (["--allow-missing", "gone"], 5),
        (["--allow-missing", " gone, decode "], 0),
        (["--allow-missing=*"], 0),
        (["--allow-missing", r"gone\, decode"], 5),
    ],
)
def test_what_may_be_missing(options: list[str], code: int) -> None:
    @click.command
    @takes_comparison_output
    def judge(shown: ComparisonOutput) -> None:
        click.echo(shown.allow(FOUND).exit_code(strict=shown.strict))

    assert CliRunner().invoke(judge, options).output == f"{code}\n"
