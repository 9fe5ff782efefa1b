"""The HTML report in a real browser: what it loads, says, sorts, and what hostile text does to it."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.records.report_data import Listed, Mark, Point
from assay.records.results import GroupResult, Manifest, Measurement, Metrics, Run, Status, TokenizerCase
from assay.report import site
from assay.report.publish import listed
from assay.report.token_view import token_view
from assay.store.store import Store
from commands import MAIN_JOB

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
sync_api = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
page_of = pytest.importorskip("assay_html.page")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here: apt-get install chromium"),
]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
HOSTILE = "</script><img src=x onerror=alert(1)>\u202e\"'&\x07=cmd()"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@dataclass
class Opened:
    """A page that is open, and all that it asked for and said."""

    tab: Any
    requests: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


@pytest.fixture
def load(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    contexts = []

    def call(content: str, *, wait: bool = True, **settings: Any) -> Opened:
        path = tmp_path / f"page-{len(contexts)}.html"
        path.write_text(content, "utf-8")
        contexts.append(browser.new_context(viewport={"width": 1200, "height": 900}, **settings))
        opened = Opened(contexts[-1].new_page())
        opened.tab.on("request", lambda request: opened.requests.append(request.url))
        opened.tab.on("console", lambda message: opened.said.append(message.text))
        opened.tab.on("pageerror", lambda error: opened.said.append(str(error)))
        opened.tab.on("dialog", lambda dialog: (opened.said.append("a dialog"), dialog.dismiss()))
        opened.tab.goto(path.as_uri())
        if wait:
            opened.tab.wait_for_selector("html[data-ready]", state="attached")
        return opened

    yield call
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def publication(finished: Callable[..., Path]) -> assay.ReportContext:
    """A real run of five tokenizers on The Verdict, and all their tokens."""
    with Store(finished(*MAIN_JOB) / "results", create=False) as store:
        outcome = store.outcome()
    found = token_view(assay.discover(), outcome)
    return assay.ReportContext(shows="run", outcomes=(outcome,), read=lambda: found, plugins=listed(outcome.codes))


@pytest.fixture(scope="module")
def page(publication: assay.ReportContext) -> str:
    return str(page_of.write(publication))


def many(count: int, name: str = "tokenizer") -> assay.ReportContext:
    """A run of so many rows, from records."""
    rows = tuple(
        Measurement(
            case=TokenizerCase(tokenizer=f"{name}-{number % 50}", corpus=f"corpus-{number // 50}"),
            status=Status.OK,
            reason=HOSTILE if number == 0 and name != "tokenizer" else None,
            metrics=Metrics(
                vocabulary_size=1000 + number,
                tokens=(number * 7919) % 100_003,
                bytes_per_token=1 + (number % 37) / 10,
                encode_mb_per_s=5 + (number % 101) / 3,
                encode_spread=0.05,
            ),
        )
        for number in range(count)
    )
    run = Run(id="20261126-000000-abcd", started="2026-11-26", suite="s/1", command=name, environment={"python": name})
    counts = Manifest(planned=count, ok=count, failed=0, skipped=0, unsupported=0, missing=0)
    return assay.ReportContext(
        shows="run", outcomes=(assay.Outcome(run=run, manifest=counts, measurements=rows, noise=None),)
    )


def until(tab: Any, expression: str) -> None:
    """Wait until this holds. Playwright's own waiting puts code into the page, which the page's policy refuses."""
    for _ in range(400):
        if tab.evaluate(expression):
            return
        tab.wait_for_timeout(25)
    raise AssertionError(f"never came true: {expression}")


def cells(tab: Any, column: int) -> list[str]:
    found: list[str] = tab.locator(f"[data-grid=tokenizers] tbody td:nth-child({column}) bdi").all_inner_texts()
    return found


def column(tab: Any, title: str) -> int:
    titles = tab.locator("[data-grid=tokenizers] thead th").all_inner_texts()
    return 1 + next(index for index, found in enumerate(titles) if found.startswith(title))


def test_the_page_is_small_and_quiet(load: Callable[..., Opened], page: str) -> None:
    assert len(page.encode("utf-8")) <= 400_000
    opened = load(page)
    assert [url for url in opened.requests if not url.startswith("file:")] == []
    assert len(opened.requests) == 1
    assert opened.said == []


@pytest.mark.alone
def test_a_page_with_all_tokens_is_quick(load: Callable[..., Opened]) -> None:
    counts = {"regex": 4649, "regex-unk": 4649, "gpt2": 5145, "bytes": 20_479}
    (outcome,) = many(0).outcomes
    rows = tuple(
        Measurement(
            case=TokenizerCase(tokenizer=name, corpus="the-verdict"),
            status=Status.OK,
            metrics=Metrics(documents=1, tokens=tokens),
        )
        for name, tokens in counts.items()
    )
    found = token_view(assay.discover(), replace(outcome, measurements=rows))
    assert found is not None
    assert {piece.tokenizer: len(piece.tokens) for piece in found.pieces} == counts
    content = page_of.write(
        assay.ReportContext(shows="run", outcomes=(replace(outcome, measurements=rows),), read=lambda: found)
    )
    loaded = [load(content).tab.evaluate("document.documentElement.dataset.ready") for _ in range(2)]
    assert min(map(float, loaded)) < 1000


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_rule_of_accessibility_is_broken(load: Callable[..., Opened], page: str, scheme: str) -> None:
    # axe is put in as a script, which the page's own policy rightly refuses.
    found = axe.Axe().run(load(page, color_scheme=scheme, bypass_csp=True).tab)
    assert found.violations_count == 0, found.generate_report()


def test_the_policy_allows_only_what_was_written(load: Callable[..., Opened], page: str) -> None:
    opened = load(page)
    opened.tab.evaluate(
        "() => { const one = document.createElement('script');"
        " one.textContent = 'window.ran = 1'; document.body.append(one); }"
    )
    assert opened.tab.evaluate("window.ran") is None
    assert " style=" not in page.partition("<body>")[2]
    assert "unsafe" not in page.partition("Content-Security-Policy")[2].partition(">")[0]


def test_a_heading_sorts_and_a_word_filters(load: Callable[..., Opened], page: str) -> None:
    tab = load(page).tab
    number = column(tab, "tokens")
    head = tab.locator("[data-grid=tokenizers] thead th").nth(number - 1)
    for direction in ("descending", "ascending"):
        head.locator("button").click()
        assert head.get_attribute("aria-sort") == direction
        shown = [int(text.replace(",", "")) for text in cells(tab, number) if text]
        assert shown == sorted(shown, reverse=direction == "descending")
        assert len(set(shown)) > 3
    tab.locator("[data-grid=tokenizers] input").fill("gpt2 held-out")
    assert cells(tab, 1) == ["gpt2"]
    tab.locator("[data-grid=tokenizers] input").fill("")
    tab.locator("[data-grid=tokenizers] select").select_option("failed")
    assert cells(tab, 1) == ["regex"]


def test_the_rows_are_saved_as_csv_without_formulas(load: Callable[..., Opened]) -> None:
    tab = load(page_of.write(many(3, "=cmd;+1"))).tab
    with tab.expect_download() as waiting:
        tab.locator("[data-grid=tokenizers] [name=save]").click()
    rows = list(csv.reader(Path(waiting.value.path()).read_text("utf-8").splitlines()))
    assert rows[0][:2] == ["tokenizer", "corpus"]
    assert [row[0] for row in rows[1:]] == ["'=cmd;'+1-0", "'=cmd;'+1-1", "'=cmd;'+1-2"]
    assert [float(row[rows[0].index("bytes per token")]) for row in rows[1:]] == [1.0, 1.1, 1.2]


def test_every_token_is_tinted_and_told(load: Callable[..., Opened], page: str) -> None:
    tab = load(page).tab
    ranges = "['even', 'odd', 'unknown'].reduce((sum, name) => sum + CSS.highlights.get(name).size, 0)"
    for name, count in (("regex", 4649), ("gpt2", 5145), ("bytes", 20479)):
        tab.get_by_label(name, exact=True).check()
        until(tab, f"document.querySelector('[data-reader]').dataset.tokenizer === '{name}'")
        until(tab, f"{ranges} === {count}")
    tab.get_by_label("gpt2", exact=True).check()
    until(tab, f"{ranges} === 5145")
    text = tab.locator("[data-reader] pre")
    text.focus()
    for expected in ("token 1 of 5145: I, id 40", "token 2 of 5145: ·H, id 367", "token 3 of 5145: AD, id 2885"):
        tab.keyboard.press("ArrowRight")
        assert tab.locator(".token").inner_text() == expected
    assert tab.evaluate("document.querySelectorAll('[data-reader] pre *').length") == 0


def test_the_keyboard_reaches_everything(load: Callable[..., Opened], page: str) -> None:
    tab = load(page).tab
    wanted = tab.evaluate(
        "[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex]')]"
        ".filter((one) => !one.disabled && one.type !== 'radio' && one.checkVisibility()).length"
    )
    reached = set()
    for _ in range(wanted + 20):
        tab.keyboard.press("Tab")
        reached.add(tab.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))
    assert len(reached) >= wanted


def test_without_scripts_the_tables_still_stand(load: Callable[..., Opened], page: str) -> None:
    tab = load(page, wait=False, java_script_enabled=False).tab
    assert "Scripts are off" in tab.locator("noscript").inner_text()
    assert "gpt2" in tab.locator("[data-grid=tokenizers] tbody").inner_text()
    assert tab.locator("[data-grid=tokenizers] form").is_hidden()


@pytest.mark.alone
def test_five_thousand_rows_load_and_sort_in_time(load: Callable[..., Opened]) -> None:
    content = page_of.write(many(5000))
    loads, sorts = [], []
    for _ in range(2):
        tab = load(content).tab
        loads.append(float(tab.evaluate("document.documentElement.dataset.ready")))
        sorts.append(
            tab.evaluate(
                "() => { const start = performance.now();"
                " document.querySelectorAll('[data-grid] thead button')[4].click();"
                " document.body.offsetHeight; return performance.now() - start; }"
            )
        )
        assert tab.locator("[data-grid] tbody tr").count() == 100
    assert min(loads) < 1500
    assert min(sorts) < 500
    tab.locator("[data-grid] [name=on]").click()
    assert "101 to 200 of 5000" in tab.locator(".pages").inner_text()


def test_hostile_text_is_text(load: Callable[..., Opened]) -> None:
    hostile = many(3, HOSTILE + "x" * 10_000)
    listed = Listed(
        kind="plugin", name=HOSTILE, summary=HOSTILE, origin=HOSTILE, license=HOSTILE, status="failed", reason=HOSTILE
    )
    content = page_of.write(assay.ReportContext(shows="run", outcomes=hostile.outcomes, plugins=(listed,)))
    opened = load(content)
    assert opened.said == []
    assert opened.tab.title() == "Assay run 20261126-000000-abcd"
    assert opened.tab.locator("img").count() == 0
    assert "\u202e" not in content
    assert "\x07" not in content
    assert "<U+202E>" in opened.tab.locator("main").inner_text()
    assert opened.tab.evaluate("document.documentElement.scrollWidth") <= 1200


@pytest.mark.parametrize("width", [360, 800])
def test_a_narrow_screen_has_no_page_to_scroll_sideways(load: Callable[..., Opened], page: str, width: int) -> None:
    tab = load(page).tab
    tab.set_viewport_size({"width": width, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_interactive_charts_ask_for_nothing(load: Callable[..., Opened], publication: assay.ReportContext) -> None:
    content = page_of.write(
        assay.ReportContext(shows="run", outcomes=publication.outcomes, read=publication.read, interactive=True)
    )
    assert len(content.encode("utf-8")) <= 1_500_000
    opened = load(content)
    opened.tab.wait_for_selector(".drawing .marks")
    assert opened.tab.locator(".drawing .marks").count() == opened.tab.locator(".drawing").count() > 2
    assert (len(opened.requests), opened.said) == (1, [])


def site_of(publication: assay.ReportContext, folder: Path) -> Path:
    """Two runs of the same rows in a store, and their site."""
    with Store(folder / "results") as store:
        (outcome,) = publication.outcomes
        for name in ("20261126-000000-aaaa", "20261126-000000-bbbb"):
            run = replace(outcome.run, id=name)
            store.begin(run, [row.case for row in outcome.measurements])
            store.add(name, GroupResult(measurements=outcome.measurements))
            store.finish(name, "complete")
        html = assay.discover().one(assay.ReportPlugin, "html")
        made = site.write(
            store, folder / "site", html, lambda found: assay.ReportContext(shows="run", outcomes=(found,))
        )
    return made.index


def test_a_site_leads_to_every_run(browser: Any, publication: assay.ReportContext, tmp_path: Path) -> None:
    context = browser.new_context(bypass_csp=True)
    try:
        tab = context.new_page()
        tab.goto(site_of(publication, tmp_path).as_uri())
        found = axe.Axe().run(tab)
        assert found.violations_count == 0, found.generate_report()
        links = tab.locator("#runs tbody a")
        assert links.all_inner_texts() == ["20261126-000000-bbbb", "20261126-000000-aaaa"]
        links.last.click()
        assert tab.title() == "Assay run 20261126-000000-aaaa"
        assert tab.locator("[data-grid=tokenizers] tbody tr").count() > 4
    finally:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_history_is_drawn_with_its_step(load: Callable[..., Opened], scheme: str) -> None:
    points = tuple(
        Point(run=f"run-{index}", started=f"2026-11-{index + 1:02}", git=HOSTILE, value=value, environment="e")
        for index, value in enumerate((47.0, 47.5, 46.9, 40.1, 40.3))
    )
    series = assay.Series(
        case="tokenizer/c/all/" + HOSTILE,
        group="tokenizer/c/all",
        plugin=HOSTILE,
        metric="encode_mb_per_s",
        exact=False,
        machine={"processor": HOSTILE},
        points=points,
        marks=(Mark(index=3, change=-0.147, differs=("torch: 2.12.0 -> 2.13.0",)),),
    )
    content = page_of.write(assay.ReportContext(shows="history", series=(series,)))
    opened = load(content, color_scheme=scheme, bypass_csp=True)
    assert (len(opened.requests), opened.said) == (1, [])
    tab = opened.tab
    assert tab.locator("figure.trend circle").count() == 5
    assert tab.locator("figure.trend path.step").count() == 1
    tab.get_by_text("The values").click()
    assert "-14.7%; torch: 2.12.0 -> 2.13.0" in tab.locator("figure.trend tbody tr").nth(3).inner_text()
    assert tab.locator("img").count() == 0
    assert tab.evaluate("document.documentElement.scrollWidth") <= 1200
    found = axe.Axe().run(tab)
    assert found.violations_count == 0, found.generate_report()
