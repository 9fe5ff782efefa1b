"""docs/tutorial.md, typed as it stands into a clean environment that has Assay from its wheel."""

from __future__ import annotations

import difflib
import re
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from third_party.clean import Place, Ran

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def told(number_of: str) -> int:
    """The number that the page gives of something."""
    found = re.search(rf"(\d+) {number_of}", PAGE)
    assert found is not None
    return int(found[1])


def patched(text: str, patch: str) -> str:
    """A text with the lines of a patch in the place of those that it takes out."""
    lines = patch.splitlines(keepends=True)
    old, new = ("".join(line[1:] for line in lines if line[0] in kept) for kept in ("- ", "+ "))
    assert text.count(old) == 1
    return text.replace(old, new)


def lines_added(old: str, new: str) -> int:
    """How many lines one has to write to come from one text to another."""
    compared = difflib.ndiff(old.splitlines(), new.splitlines())
    return sum(line.startswith("+ ") and bool(line[2:].strip()) for line in compared)


def typed(place: Place, commands: str) -> tuple[Place, Ran]:
    """Type some commands; what pip installs comes from this machine, and what Assay prints comes as JSON."""
    ran = Ran(0, "", "")
    for program, *words in map(shlex.split, commands.splitlines()):
        if program == "cd":
            place = replace(place, folder=place.folder / words[0])
        elif program == "pip":
            assert words == ["install", "-e", ".[test]"]
            place.install("--no-build-isolation", "-e", ".")
        else:
            quickly = ("--budget", "0.1s") if words[0] == "run" else ()
            ran = place.run(program, *words, *quickly, "--json")
    return place, ran


def test_the_page_counts_its_commands() -> None:
    assert told("commands") == sum(len(body.splitlines()) for language, body in BLOCKS if language == "sh")


@pytest.mark.long
def test_every_line_and_command_of_the_page_does_what_it_says(
    tmp_path: Path, clean_place: Callable[[Path], Place]
) -> None:
    start, whole, ask, refused, bring, fix, weigh, table = (body for _, body in BLOCKS)
    place = clean_place(tmp_path)

    place, began = typed(place, start)
    module = place.folder / "words_and_bytes" / "__init__.py"
    scaffolded = module.read_text("utf-8")
    assert (began.rc, len(scaffolded.splitlines())) == (0, told("lines, which"))

    module.write_text(whole, "utf-8")
    _, broken = typed(place, ask)
    checks = broken.json["checks"]
    assert broken.rc == 3
    assert Counter(check["status"] for check in checks) == {"ok": 17, "skipped": 6, "failed": 1}
    (failed,) = ([check["check"], "failed", check["reason"]] for check in checks if check["status"] == "failed")
    assert re.split(r"\s{2,}", refused.strip()) == failed

    module.write_text(patched(patched(whole, bring), fix), "utf-8")
    assert lines_added(scaffolded, module.read_text("utf-8")) == told("lines of Python") <= 15
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", str(module)]
    assert subprocess.run(ruff, capture_output=True, check=False).returncode == 0
    _, held = typed(place, ask)
    assert (held.rc, held.json["conforms"]) == (0, True), held.stdout

    _, ran = typed(place, weigh)
    assert ran.rc == 0, ran.stderr
    rows = ran.json["tokenizers"]
    shown = [re.split(r"\s{2,}", line)[:4] for line in table.splitlines() if line.endswith("  ok")]
    assert shown == [
        [row["tokenizer"], f"{row['vocabulary_size']:,}", f"{row['tokens']:,}", f"{row['unknown_tokens']} 0.0%"]
        for row in rows
    ]
    ours, gpt2 = ([row["tokens"] for row in rows if row["tokenizer"] == name] for name in ("words-and-bytes", "gpt2"))
    more = [f"{one / other:.1f} times" for one, other in zip(ours, gpt2, strict=True)]
    flat = " ".join(PAGE.split())
    assert f"needs {more[0]} the tokens of `gpt2` on the text that it was trained on, and {more[1]} as many on" in flat
