"""The stored notebooks as pages in a real browser: their cards have the colours of the page, and charts are seen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
sync_api = pytest.importorskip("playwright.sync_api")
nbconvert = pytest.importorskip("nbconvert")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here: apt-get install chromium"),
]
NOTEBOOKS = sorted((Path(__file__).parents[2] / "docs" / "notebooks").glob("*.ipynb"))
SEEN = """() => ({
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    cards: [...document.querySelectorAll('.assay-card')].map(card => ({
        paper: getComputedStyle(card).backgroundColor,
        ink: getComputedStyle(card).color,
        high: card.getBoundingClientRect().height,
    })),
    pictures: [...document.querySelectorAll('img')].map(image => image.naturalWidth),
})"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


def brightness(colour: str) -> int:
    """The sum of red, green and blue of `rgb(1, 2, 3)`."""
    return sum(map(int, colour.removeprefix("rgb(").rstrip(")").split(", ")))


@pytest.mark.parametrize(("theme", "system"), [("light", "dark"), ("dark", "light")])
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cards_have_the_colours_of_the_page_whatever_the_system_prefers(
    path: Path, theme: str, system: str, browser: Any, tmp_path: Path
) -> None:
    page, _ = nbconvert.HTMLExporter(theme=theme).from_filename(str(path))
    (tmp_path / "page.html").write_text(page, "utf-8")
    context = browser.new_context(viewport={"width": 800, "height": 900}, color_scheme=system, offline=True)
    tab = context.new_page()
    tab.goto((tmp_path / "page.html").as_uri())
    seen = tab.evaluate(SEEN)
    context.close()
    assert seen["cards"]
    assert seen["wide"] == 0
    assert seen["pictures"]
    assert all(width > 0 for width in seen["pictures"])
    for card in seen["cards"]:
        assert card["high"] > 50
        assert (brightness(card["paper"]) > brightness(card["ink"])) == (theme == "light")
