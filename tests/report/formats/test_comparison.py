"""A comparison on a terminal, in a pull request, as JUnit XML and as JSON."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assay.records.verdicts import AATest, Change, Comparison, Judgement, Tolerance, Verdict
from assay.report.formats.comparison_json import as_json
from assay.report.formats.comparison_markdown import MARKER, as_markdown
from assay.report.formats.comparison_terminal import lines_of, show, tables_of
from assay.report.formats.comparison_text import (
    change_text,
    found_text,
    headline,
    more,
    ordered,
    percent,
    split,
    values,
)
from assay.report.formats.junit import of_comparison as as_junit
from assay.report.tables.results import write
from assay.report.text.escape import NO_BREAK

GROUP = "tokenizer/the-verdict/held-out-10"
WORKLOAD = "attention/module/fwd/causal/b2.h12.s1024.d64.m768/f32/cpu.t1/the-verdict+gpt2"
ALIKE = AATest(
    cells=4, readings=32, epochs=16, spread=0.006, minimum_detectable_effect=0.013, false_alarms=0.001, replays=1000
)


def judged(cell: str, verdict: Verdict, ratio: float | None = None, **fields: Any) -> Judgement:
    known: dict[str, Any] = {} if ratio is None else {"low": ratio - 0.004, "high": ratio + 0.005, "wall_ratio": ratio}
    return Judgement(cell=cell, verdict=verdict, ratio=ratio, epochs=16, **(known | fields))


EVERY = (
    judged(f"{GROUP}/regex/encode", Verdict.UNCHANGED, 1.001, minimum_detectable_effect=0.0132),
    judged(f"{GROUP}/regex/decode", Verdict.INCONCLUSIVE, 1.012, more_s=38.0),
    judged(f"{WORKLOAD}/multi-head-stack/step", Verdict.REGRESSED, 1.031),
    judged(f"{GROUP}/regex-unk/encode", Verdict.REGRESSED, 1.051),
    judged(f"{GROUP}/gpt2/encode", Verdict.IMPROVED, 0.9),
    judged(f"{GROUP}/o200k_base/encode", Verdict.NOT_COMPARABLE, reason="the baseline has no such plugin"),
    judged(f"{WORKLOAD}/sdpa/step", Verdict.FAILED, reason="it took longer than 120 s", remedy="give --timeout"),
    judged(f"{GROUP}/gpt2/decode", Verdict.UNCHANGED, 1.0, clock="wall"),
)
CHANGES = (
    Change(case=f"{GROUP}/regex", metric="tokens", baseline=4649, candidate=4650),
    Change(case=f"{GROUP}/regex", metric="ids_sha256", baseline="a1" * 32, candidate="b2" * 32),
    Change(case=f"{GROUP}/gpt2", metric="fertility", baseline=1.25, candidate=None),
)
WHOLE = Comparison(
    baseline="HEAD~1",
    candidate="the working tree",
    suite="tutorial/1",
    started="2026-11-23T02:00:00.000+00:00",
    command="assay check --baseline HEAD~1",
    environment={"processor": "One <two> | three", "cores": "2"},
    budget_s=20.0,
    seconds=19.5,
    changes=CHANGES,
    judgements=EVERY,
    aa_test=ALIKE,
    warnings=("the machine is loaded",),
)
EMPTY = replace(WHOLE, changes=(), judgements=(), aa_test=None, warnings=(), environment={})
NASTY = "<script>alert(1)</script>|`*_@x_~$\\ [a](b)"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def drawn(comparison: Comparison, width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal = Terminal()
    write(tables_of(comparison), terminal)
    return re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue()).replace(NO_BREAK, " ")


class TestPhrases:
    def test_the_headline_counts_and_says_how_long_it_needs(self) -> None:
        assert headline(WHOLE) == (
            "3 exact metrics changed, 2 regressed, 1 failed, 1 improved, 2 unchanged, 1 not comparable, "
            "1 inconclusive (about 40 more seconds would tell)"
        )

    def test_the_headline_of_nothing_and_of_exact_changes_alone(self) -> None:
        assert headline(EMPTY) == "nothing was measured"
        assert headline(replace(EMPTY, changes=CHANGES[:1])) == "1 exact metric changed"

    @pytest.mark.parametrize(
        ("share", "text"),
        [(None, "-"), (math.inf, "nothing"), (0.08, "+8 %"), (0.0132, "+1.3 %"), (0.257, "+26 %"), (1.5, "+150 %")],
    )
    def test_what_would_have_been_found(self, share: float | None, text: str) -> None:
        assert found_text(judged("a", Verdict.UNCHANGED, 1.0, minimum_detectable_effect=share)) == text

    def test_an_estimate_far_beyond_its_margin_is_named_first(self) -> None:
        far = judged("far", Verdict.INCONCLUSIVE, 1.8, minimum_detectable_effect=math.inf, reason="1 epoch is too few")
        near = judged("near", Verdict.INCONCLUSIVE, 1.09)
        slower = judged("slower", Verdict.REGRESSED, 3.0)
        assert [one.cell for one in ordered((near, slower, far))] == ["far", "slower", "near"]
        lines = lines_of(replace(EMPTY, judgements=(near, slower, far)))
        assert lines[0].startswith("assay: inconclusive, far beyond its margin: far: +80")
        assert lines[0].endswith("; 1 epoch is too few; would have found nothing")
        assert lines[1].startswith("assay: regressed: slower: ")
        wide = replace(far, tolerance=Tolerance(equivalence_margin=0.3))
        assert [one.cell for one in ordered((near, slower, wide))] == ["slower", "far", "near"]

    def test_the_times_of_all_inconclusive_cells_add_up(self) -> None:
        cells = [judged(str(number), Verdict.INCONCLUSIVE, 1.0, more_s=30.0) for number in range(3)]
        assert "90 more seconds would tell)" in headline(replace(EMPTY, judgements=tuple(cells)))
        some = (*cells, judged("x", Verdict.INCONCLUSIVE, 1.0))
        assert headline(replace(EMPTY, judgements=some)) == (
            "4 inconclusive (about 90 more seconds would tell 3 of them)"
        )
        assert headline(replace(EMPTY, judgements=some[-1:])) == "1 inconclusive"

    @pytest.mark.parametrize(
        ("seconds", "words"),
        [
            (0.0, "about 1 more second"),
            (7.2, "about 8 more seconds"),
            (37.0, "about 40 more seconds"),
            (120.0, "about 120 more seconds"),
            (121.0, "about 3 more minutes"),
            (7201.0, "about 3 more hours"),
        ],
    )
    def test_times_are_round(self, seconds: float, words: str) -> None:
        assert more(seconds) == words

    @pytest.mark.parametrize(
        ("ratio", "text"), [(1.051, "+5.1"), (0.95, "-5.0"), (1.0001, "0.0"), (0.9999, "0.0"), (21.5, "+2,050")]
    )
    def test_percent(self, ratio: float, text: str) -> None:
        assert percent(ratio) == text

    def test_a_change_has_its_interval_where_there_is_one(self) -> None:
        assert change_text(EVERY[3]) == "+5.1 % (+4.7 to +5.6)"
        assert change_text(replace(EVERY[3], low=None)) == "+5.1 %"
        assert change_text(EVERY[5]) == "-"

    def test_the_worst_come_first_and_the_largest_of_them(self) -> None:
        shown = [(one.verdict.value, one.ratio) for one in ordered(EVERY)]
        assert shown[:3] == [("regressed", 1.051), ("regressed", 1.031), ("failed", None)]
        assert [verdict for verdict, _ in shown[3:]] == [
            *("improved", "not comparable", "inconclusive", "unchanged", "unchanged")
        ]

    @pytest.mark.parametrize(
        ("cell", "parts"),
        [
            (f"{GROUP}/regex-unk/encode", (GROUP, "regex-unk/encode")),
            ("tests/perf/test_it.py::test_one[a/b]", ("tests/perf/test_it.py", "test_one[a/b]")),
            ("test_one", ("", "test_one")),
        ],
    )
    def test_a_cell_has_a_group_and_a_name(self, cell: str, parts: tuple[str, str]) -> None:
        assert split(cell) == parts

    def test_values_that_differ_look_different(self) -> None:
        change = replace(CHANGES[0], baseline=0.12345678, candidate=0.12345679)
        assert values(change) == ("0.12345678", "0.12345679")
        assert values(CHANGES[0]) == ("4,649", "4,650")
        assert values(CHANGES[1]) == ("a1" * 6, "b2" * 6)
        assert values(CHANGES[2]) == ("1.25", "-")
        assert values(replace(CHANGES[0], baseline=1, candidate=True)) == ("1", "True")


class TestTerminal:
    @pytest.mark.parametrize("width", [80, 120])
    def test_it_fits_and_nothing_is_cut_or_wrapped(self, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
        lines = drawn(WHOLE, width, monkeypatch).splitlines()
        assert max(map(len, lines)) <= width
        for judgement in EVERY:
            name = split(judgement.cell)[1]
            (row,) = (line for line in lines if line.startswith(f"{name} ") and str(judgement.verdict) in line)
            assert change_text(judgement) in row
            assert row.split()[-1] == "16"
        text = " ".join(" ".join(lines).split())
        assert "regex/decode: about 40 more seconds would tell" in text
        assert "sdpa/step: it took longer than 120 s (give --timeout)" in text
        assert "judged by wall time: gpt2/decode" in text

    def test_exact_changes_and_the_worst_group_come_first(self) -> None:
        titles = [table.title for table in tables_of(WHOLE)]
        assert titles == [f"exact changes: {GROUP}", GROUP, WORKLOAD]
        assert next(row[0] for row in tables_of(WHOLE)[1].rows) == "regex-unk/encode"

    def test_a_pipe_gets_every_cell_by_its_id_with_unrounded_figures(self, capsys: pytest.CaptureFixture[str]) -> None:
        show(WHOLE)
        written = capsys.readouterr()
        changes, verdicts = written.out.split("\n\n")
        assert changes.splitlines()[2].split("\t") == [f"{GROUP}/regex", "ids_sha256", "a1" * 32, "b2" * 32]
        rows = [line.split("\t") for line in verdicts.splitlines()]
        assert {len(row) for row in rows} == {len(rows[0])}
        read = {row[0]: dict(zip(rows[0], row, strict=True)) for row in rows[1:]}
        assert set(read) == {one.cell for one in EVERY}
        assert read[f"{GROUP}/regex-unk/encode"]["ratio"] == "1.051"
        assert read[f"{WORKLOAD}/sdpa/step"]["remedy"] == "give --timeout"
        assert written.err.splitlines() == list(lines_of(WHOLE))

    def test_the_lines_name_what_is_at_fault_and_end_with_the_headline(self) -> None:
        assert lines_of(WHOLE) == (
            "assay: warning: the machine is loaded",
            f"assay: regressed: {GROUP}/regex-unk/encode: +5.1 % (+4.7 to +5.6)",
            f"assay: regressed: {WORKLOAD}/multi-head-stack/step: +3.1 % (+2.7 to +3.6)",
            f"assay: failed: {WORKLOAD}/sdpa/step: it took longer than 120 s (give --timeout)",
            (
                "the baseline against itself: 32 readings of 4 cells, spread 0.6 %; 16 epochs find +1.3 % in 95 of 100;"
                " false alarms in 1 of 1,000 replays"
            ),
            headline(WHOLE),
        )

    def test_many_at_fault_are_counted(self) -> None:
        many = tuple(judged(f"a/b/c/{number}", Verdict.REGRESSED, 1.1) for number in range(15))
        lines = lines_of(replace(EMPTY, judgements=many))
        assert lines[-2] == "assay: regressed: 5 more cells"
        assert len(lines) == 12

    def test_nothing_gives_no_table(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert tables_of(EMPTY) == tables_of(EMPTY, raw=True) == ()
        show(EMPTY)
        assert capsys.readouterr() == ("", "nothing was measured\n")

    def test_what_a_terminal_obeys_does_not_reach_it(self) -> None:
        table = tables_of(replace(EMPTY, judgements=(judged("g/x\x1b[31m/encode", Verdict.UNCHANGED),)))[0]
        stream = Terminal()
        write([table], stream)
        assert "x<1B>[31m/encode" in stream.getvalue()


def cells_of(line: str) -> list[str]:
    """A row of a Markdown table as a reader sees it."""
    bars = len(re.findall(r"(?<!\\)[|]", line))
    table = "\n".join((line, f"|{' --- |' * (bars - 1)}", ""))
    found = MarkdownIt("commonmark").enable("table").parse(table)
    parts = ([part.content for part in one.children or () if part.type != "html_inline"] for one in found)
    return ["".join(words) for words, one in zip(parts, found, strict=True) if one.type == "inline"]


class TestMarkdown:
    def test_the_marker_and_the_headline_come_first_and_what_is_unchanged_is_folded(self) -> None:
        page = as_markdown(WHOLE)
        lines = page.splitlines()
        assert lines[0] == MARKER == "<!-- assay-check -->"
        assert lines[2] == f"### Assay: {headline(WHOLE)}"
        seen, _, folded = page.partition("<details><summary>2 unchanged</summary>")
        assert [one.cell in seen for one in EVERY] == [one.verdict is not Verdict.UNCHANGED for one in EVERY]
        assert all(one.cell in folded for one in EVERY if one.verdict is Verdict.UNCHANGED)
        assert seen.index("ids_sha256") < seen.index("**regressed**") < seen.index("| failed")
        assert page.count("<details>") == page.count("</details>") == 2
        assert "`assay check --baseline HEAD~1`" in page
        assert "the baseline against itself: 32 readings" in page

    def test_every_table_is_well_formed(self) -> None:
        tables = [block.splitlines() for block in as_markdown(WHOLE).split("\n\n") if block.startswith("|")]
        assert len(tables) == 3
        for table in tables:
            assert {line.count("|") for line in table} == {table[0].count("|")}

    def test_names_are_text(self) -> None:
        changed = Change(case=f"g/{NASTY}", metric=NASTY, baseline=NASTY, candidate="x\ny")
        cell = judged(f"g/{NASTY}/encode", Verdict.FAILED, reason=NASTY)
        page = as_markdown(replace(WHOLE, changes=(changed,), judgements=(cell,), environment={NASTY: NASTY}))
        rows = [cells_of(line) for line in page.splitlines() if line.startswith("|") and "script" in line]
        assert rows == [
            [f"g/{NASTY}", NASTY, NASTY, "x y"],
            ["failed", f"g/{NASTY}/encode", "-", "-", "-", "16", NASTY],
        ]

    def test_a_backtick_is_readable_and_renders_as_one(self) -> None:
        cell = judged("g/a`b/encode", Verdict.FAILED, reason="see `c`")
        page = as_markdown(replace(EMPTY, judgements=(cell,), candidate="x`y", warnings=("run `d`",)))
        assert "&#" not in page
        assert "`` g/a`b/encode ``" in page
        assert "`` x`y `` against" in page
        assert "- warning: run \\`d\\`" in page
        (row,) = (cells_of(line) for line in page.splitlines() if line.startswith("| failed"))
        assert (row[1], row[-1]) == ("g/a`b/encode", "see `c`")

    @pytest.mark.long
    @pytest.mark.parametrize("verdict", [Verdict.REGRESSED, Verdict.UNCHANGED])
    def test_five_thousand_cells_fit(self, verdict: Verdict) -> None:
        cells = tuple(judged(f"{WORKLOAD}/plugin-{number}/step", verdict, 1.05) for number in range(5000))
        changes = tuple(replace(CHANGES[0], case=f"{GROUP}/{number}") for number in range(5000))
        page = as_markdown(replace(WHOLE, judgements=(*cells, *EVERY), changes=changes))
        assert 50_000 < len(page.encode("utf-8")) < 64_000
        left = [int(number.replace(",", "")) for number in re.findall(r"^([\d,]+) more are left out", page, re.M)]
        shown = sum(page.count(cell) for cell in (f"{GROUP}/", f"{WORKLOAD}/"))
        assert shown + sum(left) == len(cells) + len(EVERY) + len(changes)
        assert page.rstrip().endswith("</details>")
        assert "assay check --baseline" in page

    def test_names_without_end_fit_too(self) -> None:
        long = "|\U0001f600" * 2_000
        many = {f"{number}{long}": long for number in range(300)}
        page = as_markdown(
            replace(
                WHOLE,
                baseline=long,
                candidate=long,
                suite=long,
                command=long,
                environment=many,
                warnings=(long,) * 100,
                judgements=tuple(replace(one, cell=long, reason=long, remedy=long) for one in EVERY),
                changes=(Change(case=long, metric=long, baseline=long, candidate=long),) * 100,
            )
        )
        assert len(page.encode("utf-8")) < 64_000

    def test_nothing(self) -> None:
        page = as_markdown(EMPTY)
        assert page.startswith(f"{MARKER}\n\n### Assay: nothing was measured\n")
        assert not [line for line in page.splitlines() if line.startswith("|")]


class TestJunit:
    def test_every_verdict_has_its_outcome(self) -> None:
        (suite,) = ElementTree.fromstring(as_junit(WHOLE))
        counts = {name: suite.get(name) for name in ("name", "tests", "failures", "errors", "skipped", "time")}
        assert counts == {
            "name": "assay check",
            "tests": "11",
            "failures": "5",
            "errors": "1",
            "skipped": "2",
            "time": "19.500",
        }
        tests = {str(test.get("name")): test for test in suite.iter("testcase")}
        outcomes = {name: [child.tag for child in test] for name, test in tests.items()}
        tags = {
            "regressed": ["failure"],
            "failed": ["error"],
            "inconclusive": ["skipped"],
            "not comparable": ["skipped"],
        }
        assert outcomes == {
            **{f"{change.case}: {change.metric}": ["failure"] for change in CHANGES},
            **{one.cell: tags.get(one.verdict.value, ["system-out"]) for one in EVERY},
        }
        regressed = tests[f"{GROUP}/regex-unk/encode"]
        assert regressed.get("classname") == GROUP
        assert regressed[0].get("message") == ("regressed: CPU time +5.1 % (+4.7 to +5.6), wall time +5.1 %, 16 epochs")
        assert tests[f"{GROUP}/o200k_base/encode"][0].get("message") == (
            "not comparable: the baseline has no such plugin"
        )
        assert str(tests[f"{GROUP}/regex/encode"][0].text).endswith("16 epochs, would have found +1.3 %")
        assert tests[f"{GROUP}/regex: tokens"][0].get("message") == "tokens was 4,649 and is 4,650"
        properties = {item.get("name"): item.get("value") for item in suite.iter("property")}
        assert properties["processor"] == "One <two> | three"
        assert properties["command"] == WHOLE.command
        assert str(suite.findtext("system-out")).endswith(headline(WHOLE))

    def test_nothing(self) -> None:
        (suite,) = ElementTree.fromstring(as_junit(EMPTY))
        assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("1", "0", "1")
        assert suite.find("testcase/error") is not None, "a server is not green where nothing was measured"
        assert suite.findtext("system-out") == "nothing was measured"


class TestJson:
    def test_it_holds_all_and_the_exit_code(self) -> None:
        content = json.loads(as_json(replace(WHOLE, environment=MappingProxyType(dict(WHOLE.environment)))))
        assert content["schema"] == 1
        assert (content["exit_code"], content["headline"]) == (1, headline(WHOLE))
        assert content["counts"]["regressed"] == 2
        assert [cell["cell"] for cell in content["judgements"]] == [one.cell for one in EVERY]
        assert content["judgements"][3]["verdict"] == "regressed"
        assert content["changes"][0] == {
            "case": f"{GROUP}/regex",
            "metric": "tokens",
            "baseline": 4649,
            "candidate": 4650,
        }
        assert content["alike"]["detectable"] == 0.013
        assert content["environment"] == dict(WHOLE.environment)

    def test_strict_has_its_own_exit_code(self) -> None:
        open_ = replace(EMPTY, judgements=(judged("a", Verdict.INCONCLUSIVE),))
        assert json.loads(as_json(open_))["exit_code"] == 0
        assert json.loads(as_json(open_, strict=True))["exit_code"] == 4


anything = st.text(st.characters(), max_size=12)
maybe = st.none() | st.floats(allow_nan=True, allow_infinity=True)
judgements = st.builds(
    Judgement,
    cell=anything,
    verdict=st.sampled_from(Verdict),
    clock=st.sampled_from(["cpu", "wall"]),
    epochs=st.integers(0, 100),
    **dict.fromkeys(("ratio", "low", "high", "wall_ratio", "more_s", "p_value"), maybe),
    **dict.fromkeys(("reason", "remedy"), st.none() | anything),
)
side = st.none() | st.integers() | st.floats() | st.booleans() | anything
comparisons = st.builds(
    Comparison,
    **dict.fromkeys(("baseline", "candidate", "suite", "started", "command"), anything),
    environment=st.dictionaries(anything, anything, max_size=3),
    budget_s=st.floats(0, 1e6),
    seconds=st.floats(0, 1e6),
    changes=st.lists(st.builds(Change, case=anything, metric=anything, baseline=side, candidate=side), max_size=3).map(
        tuple
    ),
    judgements=st.lists(judgements, max_size=5).map(tuple),
    aa_test=st.none() | st.just(ALIKE) | st.just(replace(ALIKE, minimum_detectable_effect=float("inf"), replays=0)),
    warnings=st.lists(anything, max_size=2).map(tuple),
)


@pytest.mark.long
@given(comparisons)
@settings(deadline=None, max_examples=100)
def test_whatever_is_in_it_can_be_shown_and_read_back(comparison: Comparison) -> None:
    (suite,) = ElementTree.fromstring(as_junit(comparison))
    count = len(comparison.changes) + len(comparison.judgements) + comparison.nothing_measured
    assert len(list(suite.iter("testcase"))) == int(str(suite.get("tests"))) == count
    page = as_markdown(comparison)
    page.encode("utf-8")
    count -= comparison.nothing_measured  # its headline says so
    rows = [line for line in page.splitlines() if line.startswith("|")]
    heads = sum(set(line) <= set("|-: ") for line in rows)
    assert len(rows) == count + 2 * heads
    content = json.loads(as_json(comparison))
    assert content["exit_code"] == comparison.exit_code()
    assert len(content["judgements"]) == len(comparison.judgements)
    shown: list[Mapping[str, Any]] = content["changes"]
    assert [len(change) for change in shown] == [4] * len(comparison.changes)
    for raw in (False, True):
        tables = tables_of(comparison, raw=raw)
        assert sum(len(table.rows) for table in tables) == count
        assert all(len(row) == len(table.columns) for table in tables for row in table.rows)
    again = replace(comparison)
    assert (as_junit(again), as_markdown(again), lines_of(again)) == (as_junit(comparison), page, lines_of(comparison))
