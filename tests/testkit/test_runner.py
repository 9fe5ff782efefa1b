"""How checks are found, made and told, without a plugin that breaks one."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies

import assay
from assay.errors import UnknownName
from assay.plugins.host import Found
from assay.testkit import Check, ConformanceError, Context, Examination, Finding, Skip, checks, conform
from assay.testkit.examples import PLUGIN, publication
from assay.testkit.registry import KINDS
from assay.testkit.shrinking import hold, quoted, shown, smallest
from faulty import FAULTS, plugin

EVERY = ["loads-light", "hooks-version", "descriptor", "licence", "ready"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_checks_with_rules_and_names_of_their_own(kind: str) -> None:
    found = checks(kind)
    names = [check.name for check in found]
    assert names[:5] == EVERY
    assert len(set(names)) == len(names) >= 8
    for place, check in enumerate(found):
        assert check.rule.endswith(".")
        assert set(check.after) <= set(names[:place])


def test_a_kind_that_is_none_is_refused() -> None:
    with pytest.raises(UnknownName, match="there is no kind of plugin 'tokeniser'"):
        checks("tokeniser")


def test_planted_faults_try_every_check() -> None:
    refused = {(fault.kind, fault.check) for fault in FAULTS.values()}
    own = {(kind, check.name) for kind in KINDS for check in checks(kind) if check.name not in EVERY}
    assert own - refused == set()
    assert {check for _, check in refused} >= set(EVERY)


def made_here(**fields: Any) -> assay.Host:
    tokenizer = assay.TokenizerPlugin(
        **{"name": "letters", "summary": "s", "license": "MIT", "build": PLUGIN.build} | fields
    )
    return assay.Host([Found(plugin=tokenizer, origin=assay.Origin(entry_point="here"))], [])


@pytest.mark.long
def test_a_plugin_made_in_this_process_is_tried_as_far_as_that_goes() -> None:
    found = {finding.check: finding for finding in conform(made_here(), "tokenizer", "letters")}
    assert [str(finding) for finding in found.values() if finding.status == "failed"] == []
    skipped = [name for name, finding in found.items() if finding.status == "skipped"]
    assert {"loads-light", "hooks-version", "second-process"} <= set(skipped)
    assert found["round-trip"].status == "ok"


def test_a_name_that_nothing_has() -> None:
    with pytest.raises(UnknownName, match="there is no tokenizer named 'litters'") as caught:
        conform(made_here(), "tokenizer", "litters")
    assert caught.value.remedy == "did you mean letters?"


def boom(text: str) -> Any:
    raise SystemExit(5)


def test_whatever_a_plugin_raises_is_a_finding_and_what_rests_on_it_is_not_tried() -> None:
    found = {finding.check: finding for finding in conform(made_here(build=boom), "tokenizer", "letters")}
    assert found["builds"].status == "failed"
    assert str(found["builds"].reason).startswith("SystemExit: 5 (test_runner.py:")
    assert found["builds"].remedy == "fix it in here"
    assert found["round-trip"] == Finding(
        check="round-trip",
        rule="Text comes back from its ids where lossless is declared.",
        status="skipped",
        reason="tells nothing unless takes-any-text holds",
    )


def test_a_check_is_made_once_and_after_what_it_rests_on() -> None:
    made: list[str] = []

    def first(plugin: object, context: Context) -> str:
        """The first. It has more to say."""
        made.append("first")
        return "with a note"

    def second_one(plugin: object, context: Context) -> None:
        """The second."""
        made.append("second")
        raise Skip("not today")

    examination = Examination(made_here(), "tokenizer", "letters")
    examination.checks = {check.name: check for check in (Check.of(first), Check.of(second_one, "first"))}
    assert str(examination.finding("second-one")) == "second-one skipped: not today"
    assert str(examination.finding("first")) == "first ok: with a note"
    assert examination.finding("first").rule == "The first."
    assert made == ["first", "second"]


def test_a_finding_known_from_elsewhere_is_not_made_again() -> None:
    known = Finding(check="builds", rule="r", status="failed", reason="it hung")
    examination = Examination(made_here(), "tokenizer", "letters", [known])
    assert examination.finding("builds") is known
    assert examination.finding("deterministic").reason == "tells nothing unless builds holds"


def test_a_fresh_process_that_a_plugin_ends_is_a_failed_check(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    ends = "def write(publication):\n    import os\n    os._exit(4)"
    file.write_text(plugin("report", ends), "utf-8")
    found = {finding.check: finding for finding in conform(assay.discover([file]), "report", "mine")}
    assert found["writes"].status == "failed"
    assert found["writes"].reason == "its fresh process exited with code 4"
    assert found["prints-nothing"].status == "skipped"


class TestStrings:
    def test_the_shortest_string_is_shown(self) -> None:
        def rule(text: str) -> None:
            if "b" in text and "d" in text:
                raise ConformanceError(f"it is {text!r}")

        with pytest.raises(ConformanceError) as caught:
            hold(rule, ["ac", "a long text with both b, c and d"])
        assert caught.value.message == "it is 'bd'"

    def test_strings_of_hypothesis_are_tried_where_it_is_installed(self) -> None:
        def rule(text: str) -> None:
            if any(ord(char) > 0xFFFF for char in text):
                raise ConformanceError(f"it is {len(text)} long")

        with pytest.raises(ConformanceError, match="it is 1 long"):
            hold(rule, ["plain"])

    def test_without_hypothesis_it_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        assert hold(lambda text: None, ["a", "b"]) == "2 fuzz strings; without hypothesis, which is not installed"

    def test_what_holds_the_second_time_is_shown_as_it_was(self) -> None:
        seen: list[str] = []

        def rule(text: str) -> None:
            seen.append(text)
            if len(seen) == 1:
                raise ConformanceError(f"it was {text!r}")

        with pytest.raises(ConformanceError, match="it was 'abc'"):
            hold(rule, ["abc"])

    @given(strategies.text(min_size=1), strategies.sets(strategies.characters(), min_size=1, max_size=3))
    def test_the_smallest_text_breaks_still_and_loses_nothing_more(self, text: str, needed: set[str]) -> None:
        whole = text + "".join(sorted(needed)) + text
        found = smallest(whole, lambda shorter: needed <= set(shorter))
        assert sorted(found) == sorted(needed)

    def test_long_things_are_cut(self) -> None:
        assert shown([1, 2, 3]) == "[1, 2, 3]"
        assert shown(range(12)) == "[0, 1, 2, 3, 4, 5, 6, 7, ... 4 more]"
        assert quoted("a\n\u2028") == r"'a\n\u2028'"
        assert quoted("naïve") == "'naïve'"
        assert quoted("x" * 100) == f"'{'x' * 30}'...'{'x' * 30}'"


@pytest.mark.parametrize("shows", ["run", "runs", "comparison", "history"])
def test_there_is_something_to_show_of_every_kind(shows: Any) -> None:
    found = publication(shows)
    content = {
        "run": found.outcomes[-1:],
        "runs": found.outcomes[1:],
        "comparison": found.comparison and found.comparison.judgements,
        "history": found.series,
    }
    assert content[shows]
    reading = found.read()
    assert reading is not None
    assert reading.pieces[0].decoded == reading.text


def test_files_opened_for_writing_are_seen(process: Callable[..., Any], tmp_path: Path) -> None:
    script = """
import tempfile
from pathlib import Path
from assay.testkit.file_audit import watched
opened = []
with watched(opened):
    Path("here.txt").write_text("x")
    Path("here.txt").read_text()
    with tempfile.TemporaryFile() as file: file.write(b"x")
    open("/dev/null", "w").close()
Path("later.txt").write_text("x")
print(opened)
"""
    ran = process([sys.executable, "-c", script], cwd=tmp_path)
    assert ran.stdout == "['here.txt']\n", ran.stderr


def test_importing_the_kit_loads_nothing_heavy(process: Callable[..., Any], tmp_path: Path) -> None:
    script = (
        "import sys, assay.testkit as kit\n"
        "[kit.checks(kind) for kind in ('tokenizer', 'attention', 'corpus', 'metric', 'report')]\n"
        "[getattr(kit, name) for name in kit.__all__]\n"
        "print(sorted({'torch', 'numpy', 'pandas', 'rich', 'scipy', 'hypothesis', 'pytest'} & set(sys.modules)))"
    )
    ran = process([sys.executable, "-c", script], cwd=tmp_path)
    assert ran.stdout == "[]\n", ran.stderr
