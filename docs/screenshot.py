"""Takes the pictures of a report that the README shows: in light and in dark.

python docs/screenshot.py results/report.html docs
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

WIDTH, HEIGHT = 1200, 900
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")


def main(page: str, folder: str) -> None:
    """Open the page in Chromium and save what a reader sees first."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("there is no chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        for scheme in ("light", "dark"):
            context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme)
            tab = context.new_page()
            tab.goto(Path(page).resolve().as_uri())
            tab.wait_for_load_state("load")
            tab.screenshot(path=str(Path(folder, f"report-{scheme}.png")))
            context.close()
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
