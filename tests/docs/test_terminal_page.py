"""What the page says of terminals is what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from assay.report.tables.column_lookup import IDENTITY
from assay.report.tables.columns import ATTENTION, DROP_ORDER, TOKENIZER
from assay.report.text.significant_digits import figure, spread

PAGE = " ".join(
    (Path(__file__).parents[2] / "docs" / "reports.md").read_text("utf-8").partition("## On a terminal")[2].split()
)


def quoted(text: str) -> list[str]:
    return re.findall("`([^`]+)`", text)


def test_the_order_in_which_columns_give_way() -> None:
    order = PAGE.partition("in this order:")[2].partition(".")[0]
    assert tuple(quoted(order)) == DROP_ORDER
    kept = PAGE.partition("the headline never give way:")[2].partition(";")[0]
    assert set(quoted(kept)) == {column.title for column in (*TOKENIZER, *ATTENTION)} - set(DROP_ORDER)


def test_the_digits_of_the_example() -> None:
    for share in (0.054, 0.012):
        assert f"`{figure(47.2, share)} {spread(share)}`" in PAGE


def test_what_a_row_is() -> None:
    assert quoted(PAGE.partition("or what a row is:")[2].partition(".")[0]) == list(IDENTITY)
