"""A project of each kind, as `assay new-plugin` writes it, installed beside Assay's wheel in a clean environment."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assay.plugins.types import NAMES_OF_KINDS
from third_party.clean import Place

pytestmark = pytest.mark.long


def test_new_projects_are_found_pass_their_tests_and_are_weighed(
    tmp_path: Path, clean_place: Callable[[Path], Place]
) -> None:
    place = clean_place(tmp_path)
    written = {
        noun: place.assay("new-plugin", f"my-{noun}", "--kind", noun, "--json").json for noun in NAMES_OF_KINDS.values()
    }
    place.install("--no-build-isolation", *(f"./my-{noun}" for noun in written))  # wheels, with the data of each

    listed = place.assay("list", "--json").json
    assert listed["failures"] == []
    plural = {"corpus": "corpora"}
    for noun, it in written.items():
        rows = {row["name"]: row for row in listed[plural.get(noun, f"{noun}s")]}
        assert (rows[it["name"]]["status"], rows[it["name"]]["origin"]) == ("ready", f"my-{noun} 0.1 (my-{noun})")

    pytest_here = ("python", "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider")
    tested = place.run(*pytest_here, *(f"my-{noun}" for noun in written))
    assert tested.rc == 0, tested.stdout
    (command,) = (each for each in written["metric"]["commands"] if each.startswith("assay conform"))
    assert place.run(*shlex.split(command)).rc == 0

    for it in written.values():
        _, *last = shlex.split(it["commands"][-1])
        here = replace(place, folder=place.folder / it["files"][0].partition("/")[0])
        assert here.assay(*last, "--quiet").rc == 0, last

    ran = place.assay(
        *("run", "--tokenizers", "my-tokenizer", "--attentions", "none", "--corpora", "my-corpus", "--held-out", "0"),
        *("--metrics", "my_metric", "--report", "rows.my-report", "--budget", "0.1s", "--json"),
    )
    assert ran.rc == 0, ran.stderr
    (row,) = ran.json["tokenizers"]
    assert (row["status"], row["tokenizer"], row["my_metric"]) == ("ok", "my-tokenizer", row["tokens"] / 2)
    rows = (place.folder / "rows.my-report").read_text("utf-8")
    assert rows == "ok: tokenizer/my-corpus/all/my-tokenizer\n"
