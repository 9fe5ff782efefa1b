"""What a notebook shows of records: short, escaped, whole in itself, and without effect on the page around it."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from assay.records.display import Displayed
from assay.records.verdicts import AATest, Compared, Tolerance
from assay.report.formats.card_html import MOST_ROWS
from assay.report.formats.cards import card_of
from assay.store.dataframes import frames_of
from shown import ATTENTIONS, COMPARISON, HISTORY, TOKENIZERS, attention, run_of, tokenizer

HOSTILE = '<script>alert("1")</script></style>\u202e\n'
SHOWN: dict[str, Displayed] = {
    "run": TOKENIZERS,
    "attention": ATTENTIONS,
    "comparison": COMPARISON,
    "history": HISTORY,
    "frames": frames_of([TOKENIZERS]),
    "nothing": run_of(),
    "no frames": frames_of([]),
}


class Tags(HTMLParser):
    """The tags and the texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("name", SHOWN)
def test_text_is_a_few_lines_and_html_is_small(name: str) -> None:
    text, html = repr(SHOWN[name]), SHOWN[name]._repr_html_()
    assert str(SHOWN[name]) == text
    assert len(text) < 3000
    assert max(map(len, text.splitlines())) <= 160
    assert len(html.encode()) < 40_000
    assert "<script" not in html
    assert "://" not in html


def test_a_run_is_shown_at_a_glance() -> None:
    assert repr(TOKENIZERS).splitlines()[:6] == [
        "3 tokenizers on text",
        "One · CPython 3.11.1 · assay 0.2.0 · 2026-11-30 13:50 · run r",
        "fewest tokens (lossless): fast, 4,000",
        "fastest encode (lossless): fast, 20.0 MB/s, 2.00 (1.92 to 2.08) times as fast as gpt2",
        "2 of 3 rows passed their checks, 1 failed; load 0.31 on 2 cores; differences under 2.6 % are noise (identical",
        "  code differed by 0.6 %)",
    ]
    assert (
        "  mine              -                  -              -               -  failed: it broke (mind it)"
        in repr(TOKENIZERS)
    )


def test_html_has_the_answers_the_trust_and_the_table() -> None:
    html = TOKENIZERS._repr_html_()
    assert "<li>fewest tokens (lossless): <b>fast, 4,000</b></li>" in html
    assert '<p class="assay-trust assay-bad">2 of 3 rows passed' in html
    assert "<td><b>4,000</b></td>" in html
    assert '<span class="assay-tag assay-tag-bad">failed</span>' in html
    assert "it broke (mind it)</td>" in html


def test_the_worst_verdict_comes_first() -> None:
    card = card_of(COMPARISON)
    assert card.answers == ("1 exact metric changed, 1 regressed, 1 unchanged",)
    assert card.trust is not None
    assert card.trust.level == "bad"
    assert [row.cells[0] for row in card.tables[1].rows] == ["regressed", "unchanged"]


def test_the_noise_of_a_comparison_is_one_line_and_its_warnings_are_notes() -> None:
    alike = AATest(
        cells=2, readings=16, epochs=8, spread=0.01, minimum_detectable_effect=0.02, false_alarms=0.0, replays=0
    )
    checked = card_of(replace(COMPARISON, aa_test=alike, warnings=("the machine was busy",)))
    assert checked.trust is not None
    assert checked.trust.text == (
        "the baseline against itself: 16 readings of 2 cells, spread 1.0 %;"
        " 8 epochs find +2.0 % in 95 of 100; 1 warning"
    )
    assert checked.tables[1].notes == ("the machine was busy",)
    compared = Compared(name="r", id="r", started="2026", suite="s/1")
    judged = tuple(
        replace(one, against="gpt2", tolerance=Tolerance(minimum_effect=0.35)) for one in COMPARISON.judgements
    )
    stored = card_of(replace(COMPARISON, runs=(compared, replace(compared, id="q")), judgements=judged))
    assert stored.trust is not None
    assert stored.trust.text == "runs of two sessions: changes within ±35% are noise"


def test_a_history_counts_its_changes() -> None:
    assert card_of(HISTORY).answers == ("1 lasting change found",)
    assert card_of(HISTORY).facts == "1 series over 3 runs"


def test_whatever_a_plugin_is_called_stays_text() -> None:
    row = tokenizer(HOSTILE)
    html = run_of(row, replace(tokenizer("b"), reason=HOSTILE), tokenizer("c", corpus=HOSTILE))._repr_html_()
    assert "script" not in Tags(html).tags
    assert "\u202e" not in html
    assert any('<script>alert("1")</script>' in text for text in Tags(html).texts)
    assert "\u202e" not in repr(run_of(row))


def test_of_many_rows_some_are_folded_and_the_rest_is_counted() -> None:
    many = run_of(*(tokenizer(f"t{row}", corpus=f"text{number}") for number in range(20) for row in range(6)))
    html = many._repr_html_()
    assert len(html.encode()) < 40_000
    assert html.count('scope="row"') == MOST_ROWS
    assert "<summary>36 more rows</summary>" in html
    assert "60 rows are not shown here." in html
    assert "... and 108 more rows" in repr(many)


def test_the_style_touches_nothing_else_on_the_page() -> None:
    style = re.search(r"<style>(.*)</style>", run_of(attention("sdpa"))._repr_html_(), re.DOTALL)
    assert style is not None
    rules = re.sub(r"@media \([^)]*\) \{(.*?\})\s*\}", r"\1", style[1], flags=re.DOTALL)
    selectors = [part.strip() for rule in re.findall(r"([^{}]+)\{", rules) for part in rule.split(",")]
    assert len(selectors) > 40
    assert all(".assay-card" in selector for selector in selectors), selectors


def test_light_and_dark_follow_the_page_and_the_system() -> None:
    html = run_of(attention("sdpa"))._repr_html_()
    for page in ('[data-jp-theme-light="false"]', ".vscode-dark", "@media (prefers-color-scheme: dark)"):
        assert page in html


def test_what_has_no_card_is_refused() -> None:
    with pytest.raises(TypeError, match="how to show a int"):
        card_of(7)
