"""`assay.comparison.check` as a whole: two sides whose difference is known, from verification to the verdicts."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import workshop
from assay.comparison import paired_sampling
from assay.comparison.check import VersionCheck
from assay.comparison.judging import Judging
from assay.comparison.tolerance import Budgets, tolerances
from assay.errors import UnknownName
from assay.execute.selection import Selection
from assay.plugins.discovery import discover
from assay.records.settings import Settings
from assay.records.verdicts import Clock, Comparison, Judgement, Tolerance, Verdict
from planted import DOUBLE, STEADY, TEXT, living, plugin, sides
from planted import source as plugin_source

pytestmark = pytest.mark.long

LARGE = Tolerance(minimum_effect=0.25, equivalence_margin=0.25)
ENOUGH_S, HARDLY_S = 120.0, 0.01
HALF_MORE = "times = 15"
# What was planted is large, so short readings tell it.
BATCH_NS = 200_000
SHIFTED = """
def encode(self, text):
    return [(byte + 1) % 256 for byte in text.encode()]

def decode(self, ids):
    return bytes((number - 1) % 256 for number in ids).decode()
"""
BROKEN = "def crime(self):\n    raise RuntimeError('broken')"
DEADLY = """
def begin(self):
    self.process = os.getpid()

def crime(self):
    if os.getpid() != self.process:  # in a copy, which means while it is timed
        ctypes.string_at(0)
"""
# Work that a sleep of 10 ms, after which caches are cold and the core has slept, cannot make 30 % dearer.
SLEEPY = "times = 200\ndef crime(self):\n    time.sleep({seconds})"
BRIEFLY, LONG = SLEEPY.format(seconds=0.0005), SLEEPY.format(seconds=0.01)


@pytest.fixture(autouse=True, scope="module")
def short_batches() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paired_sampling, "BATCH_NS", BATCH_NS)
        yield


@dataclass
class Told:
    """What a check says on its way, and at which words it is stopped as by Ctrl-C."""

    stop_at: str = ""
    lines: list[tuple[str, float]] = field(default_factory=list)

    def __call__(self, what: str, left_s: float) -> None:
        self.lines.append((what, left_s))
        if self.stop_at and what.startswith(self.stop_at):
            raise KeyboardInterrupt


def compare(
    folder: Path,
    before: Mapping[str, str],
    after: Mapping[str, str],
    *,
    budget_s: float = HARDLY_S,
    budgets: Budgets | None = None,
    tokenizers: str | None = None,
    clock: Clock | None = None,
    operations: tuple[str, ...] = (),
    **options: Any,
) -> Comparison:
    """Check tokenizers, all that the candidate has, on a short text."""
    (folder / "short.txt").write_text(TEXT, "utf-8")
    pair = sides(folder, before, after)
    selection = Selection(
        tokenizers=tokenizers or ",".join(after), attentions="none", corpora=str(folder / "short.txt"), held_out=0.0
    )
    return VersionCheck(
        discover(pair[1].plugins),
        selection,
        Settings(budget_s=budget_s),
        pair,
        Judging(operations=operations, clock=clock, budgets=budgets or Budgets(default=LARGE)),
        **options,
    ).run()


def verdicts(comparison: Comparison) -> dict[str, Judgement]:
    """The judgements by `tokenizer/operation`, or by tokenizer alone."""
    return {judgement.cell.partition("/all/")[2]: judgement for judgement in comparison.judgements}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Comparison, Told]:
    """Tokenizers that became slower, one of which may, and one by wall time, beside one that did not."""
    told = Told()
    comparison = compare(
        tmp_path_factory.mktemp("planted"),
        {"steady": STEADY, "doubled": STEADY, "excused": STEADY, "sleepy": BRIEFLY},
        {"steady": STEADY, "doubled": DOUBLE, "excused": HALF_MORE, "sleepy": LONG},
        budget_s=ENOUGH_S,
        clock="cpu",
        budgets=tolerances({"*/excused/*": "95%", "*/sleepy/*": "30%"}, LARGE),
        tick=told,
    )
    return comparison, told


@pytest.mark.alone
def test_doubled_work_is_called_slower_and_nothing_else(planted: tuple[Comparison, Told]) -> None:
    found = verdicts(planted[0])
    del found["sleepy/encode"]
    regressed = found.pop("doubled/encode")
    assert (regressed.verdict, regressed.clock) == (Verdict.REGRESSED, "cpu")
    assert regressed.ratio is not None
    assert regressed.low is not None
    assert 1.6 < regressed.ratio < 2.5
    assert 1.25 < regressed.low < regressed.ratio
    assert {name: one.verdict for name, one in found.items()} == {
        f"{tokenizer}/{operation}": Verdict.UNCHANGED
        for tokenizer in ("steady", "doubled", "excused", "sleepy")
        for operation in ("encode", "decode")
        if f"{tokenizer}/{operation}" not in ("doubled/encode", "sleepy/encode")
    }
    assert planted[0].exit_code() == planted[0].exit_code(strict=True) == 1


@pytest.mark.alone
def test_a_budget_by_glob_excuses_what_it_allows(planted: tuple[Comparison, Told]) -> None:
    excused = verdicts(planted[0])["excused/encode"]
    assert excused.tolerance == Tolerance(minimum_effect=0.95, equivalence_margin=0.95)
    assert excused.ratio is not None
    assert excused.ratio > 1.25, "under the others' tolerance it would not have passed"
    assert verdicts(planted[0])["doubled/encode"].tolerance == LARGE


@pytest.mark.alone
def test_a_check_says_what_it_compared(planted: tuple[Comparison, Told]) -> None:
    comparison = planted[0]
    assert (comparison.baseline, comparison.candidate, comparison.suite) == ("before", "after", "tutorial/1")
    assert (comparison.changes, comparison.warnings, comparison.interrupted) == ((), (), False)
    assert comparison.budget_s == ENOUGH_S
    assert 0 < comparison.seconds < ENOUGH_S
    assert comparison.environment.keys() >= {"python", "cores"}
    names = [f"{name}/{what}" for name in ("steady", "doubled", "excused", "sleepy") for what in ("encode", "decode")]
    assert list(verdicts(comparison)) == names
    assert {one.epochs >= 8 for one in comparison.judgements} == {True}


@pytest.mark.alone
def test_the_baseline_is_compared_with_itself_on_the_way(planted: tuple[Comparison, Told]) -> None:
    alike = planted[0].aa_test
    assert alike is not None
    assert (alike.cells, alike.readings >= 8, alike.replays >= 40) == (8, True, True)
    assert alike.epochs == max(one.epochs for one in planted[0].judgements)
    assert 0 < alike.spread < 1
    assert alike.minimum_detectable_effect > 0
    assert alike.false_alarms <= 0.25


@pytest.mark.alone
def test_it_is_told_what_goes_on(planted: tuple[Comparison, Told]) -> None:
    lines = planted[1].lines
    assert lines[0] == (f"checking 1 of 4: {planted[0].judgements[0].cell.rpartition('/')[0]}", ENOUGH_S)
    assert lines[1][0].startswith("epoch 1, as it is checked: ")
    assert any(what.startswith("epoch 2, 8 of 8 cells open: ") for what, _ in lines)
    assert any(what.startswith("epoch 3, the baseline against itself: ") for what, _ in lines)
    left = [left_s for _, left_s in lines]
    assert left == sorted(left, reverse=True)


@pytest.mark.alone
def test_sleep_is_no_work_but_is_told_of(planted: tuple[Comparison, Told]) -> None:
    judgement = verdicts(planted[0])["sleepy/encode"]
    assert (judgement.clock, judgement.verdict is Verdict.REGRESSED) == ("cpu", False)
    assert re.match(r"wall time rose by \d+% and CPU time did not", str(judgement.reason))
    assert judgement.remedy == "judge it with --clock wall"


def test_too_little_time_leaves_the_same_code_in_doubt_and_says_how_much_more_it_takes(tmp_path: Path) -> None:
    comparison = compare(tmp_path, {"steady": STEADY}, {"steady": STEADY})
    for judgement in comparison.judgements:
        assert (judgement.verdict, judgement.epochs, judgement.p_value) == (Verdict.INCONCLUSIVE, 1, None)
        assert judgement.reason == "1 epoch is too few to tell"
        assert judgement.more_s is not None
        assert judgement.more_s > 0
    assert len(comparison.judgements) == 2
    assert (comparison.exit_code(), comparison.exit_code(strict=True)) == (0, 4)
    assert comparison.aa_test is None


def test_other_ids_are_a_change_and_their_speed_is_not_compared(tmp_path: Path) -> None:
    comparison = compare(
        tmp_path, {"steady": STEADY, "shifted": STEADY}, {"steady": STEADY, "shifted": f"{DOUBLE}\n{SHIFTED}"}
    )
    (change,) = comparison.changes
    assert change.case.endswith("/shifted")
    assert change.metric == "ids_sha256"
    assert change.baseline != change.candidate
    found = verdicts(comparison)
    for operation in ("encode", "decode"):
        judgement = found[f"shifted/{operation}"]
        assert (judgement.verdict, judgement.ratio) == (Verdict.NOT_COMPARABLE, None)
        assert judgement.reason == "it does other work now: ids_sha256 changed"
        assert found[f"steady/{operation}"].verdict is Verdict.INCONCLUSIVE
    assert comparison.exit_code() == 1


def test_a_candidate_that_breaks_has_failed_as_a_whole(tmp_path: Path) -> None:
    comparison = compare(
        tmp_path,
        {"breaks": STEADY, "steady": STEADY, "dies": STEADY},
        {"breaks": BROKEN, "steady": STEADY, "dies": DEADLY},
    )
    found = verdicts(comparison)
    assert (found["breaks"].verdict, found["breaks"].remedy) == (Verdict.FAILED, "fix it in after")
    assert "broken" in str(found["breaks"].reason)
    for operation in ("encode", "decode"):
        assert found[f"dies/{operation}"].verdict is Verdict.FAILED
        assert "killed by SIGSEGV" in str(found[f"dies/{operation}"].reason)
        assert (found[f"steady/{operation}"].verdict, found[f"steady/{operation}"].epochs) == (Verdict.INCONCLUSIVE, 1)
    assert len(found) == 5
    assert comparison.exit_code() == 3


def test_a_baseline_that_breaks_is_not_the_fault_of_the_candidate(tmp_path: Path) -> None:
    comparison = compare(tmp_path, {"breaks": BROKEN, "dies": DEADLY}, {"breaks": STEADY, "dies": STEADY})
    verdicts = {one.verdict for one in comparison.judgements}
    assert verdicts == {Verdict.ADDED, Verdict.NOT_COMPARABLE}, "where one dies, the other side may not have been tried"
    assert all(str(one.reason).startswith("baseline: failed, ") for one in comparison.judgements)
    assert comparison.exit_code() == 5


def test_what_the_baseline_lacks_cannot_be_compared(tmp_path: Path) -> None:
    comparison = compare(tmp_path, {"steady": STEADY}, {"come": STEADY})
    (judgement,) = comparison.judgements
    assert judgement.verdict is Verdict.ADDED
    assert judgement.reason == "baseline: skipped, there is no tokenizer named 'come'"
    assert comparison.exit_code() == 5


def test_what_the_candidate_lacks_is_named_where_a_pattern_asks_for_it(tmp_path: Path) -> None:
    comparison = compare(
        tmp_path, {"our_old": STEADY, "our_own": STEADY, "their": STEADY}, {"our_own": STEADY}, tokenizers="our_*"
    )
    found = {judgement.cell.rpartition("/all/")[2]: judgement for judgement in comparison.judgements}
    assert set(found) == {"our_own/encode", "our_own/decode", "tokenizer/our_old"}
    assert found["tokenizer/our_old"].verdict is Verdict.MISSING
    assert "candidate has not" in str(found["tokenizer/our_old"].reason)
    assert comparison.exit_code() == 5


def test_what_the_candidate_lacks_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    told = Told()
    pair = sides(tmp_path, {"gone": STEADY}, {"steady": STEADY})
    selection = Selection(tokenizers="gone", attentions="none", held_out=0.0)
    with pytest.raises(UnknownName, match="gone"):
        VersionCheck(discover(pair[1].plugins), selection, Settings(), pair, Judging(), tick=told)
    assert told.lines == []


@pytest.mark.alone
def test_to_calibrate_is_to_compare_the_baseline_with_itself(tmp_path: Path) -> None:
    told = Told(stop_at="epoch 6")
    comparison = compare(
        tmp_path, {"doubled": STEADY}, {"doubled": DOUBLE}, budget_s=ENOUGH_S, tick=told, clock="cpu", calibrate=True
    )
    assert comparison.candidate == comparison.baseline == "before"
    ratio = verdicts(comparison)["doubled/encode"].ratio
    assert ratio is not None
    assert 0.8 < ratio < 1.25
    assert comparison.count(Verdict.REGRESSED) == 0
    assert comparison.aa_test is not None
    assert (comparison.aa_test.cells, comparison.aa_test.readings, comparison.aa_test.epochs) == (2, 10, 5)


@pytest.mark.alone
def test_sleep_is_seen_by_wall_time(tmp_path: Path) -> None:
    both = ({"sleepy": BRIEFLY}, {"sleepy": LONG})
    told = Told(stop_at="epoch 6")
    comparison = compare(tmp_path, *both, budget_s=ENOUGH_S, tick=told, clock="wall", operations=("encode",))
    (judgement,) = comparison.judgements
    assert (judgement.cell.rpartition("/")[2], judgement.verdict) == ("encode", Verdict.REGRESSED)
    assert (judgement.clock, judgement.ratio) == ("wall", judgement.wall_ratio)
    assert judgement.low is not None
    assert judgement.low > 1


@pytest.mark.parametrize("crime", ["time.sleep(0.02)", "os.fork() or os._exit(sum(range(100_000)) * 0)\n    os.wait()"])
def test_work_that_leaves_the_process_is_judged_by_wall_time_unasked(tmp_path: Path, crime: str) -> None:
    both = {"elsewhere": f"times = 1\ndef crime(self):\n    {crime}"}
    (judgement,) = compare(tmp_path, both, both, operations=("encode",)).judgements
    assert (judgement.clock, judgement.verdict) == ("wall", Verdict.INCONCLUSIVE)


def test_what_was_read_until_ctrl_c_is_judged(tmp_path: Path) -> None:
    told = Told(stop_at="epoch 3")
    comparison = compare(tmp_path, {"steady": STEADY}, {"steady": STEADY}, budget_s=ENOUGH_S, tick=told)
    assert [(one.verdict, one.epochs) for one in comparison.judgements] == [(Verdict.INCONCLUSIVE, 2)] * 2
    assert comparison.warnings == ("interrupted: the verdicts are those of what was read until then",)
    assert comparison.interrupted
    assert comparison.exit_code() == 130


def test_ctrl_c_at_the_gate_leaves_what_passed_it_with_a_first_reading(tmp_path: Path) -> None:
    told = Told(stop_at="checking 2 of 2")
    both = {"first": STEADY, "second": STEADY}
    comparison = compare(tmp_path, both, both, budget_s=ENOUGH_S, tick=told)
    found = verdicts(comparison)
    assert set(found) == {"first/encode", "first/decode"}
    assert {(one.verdict, one.epochs, one.reason) for one in found.values()} == {
        (Verdict.INCONCLUSIVE, 1, "1 epoch is too few to tell")
    }
    assert comparison.exit_code() == 130


def test_a_signal_ends_a_real_check_with_its_verdicts(
    tmp_path: Path, child_environment: Callable[..., dict[str, str]]
) -> None:
    mark = secrets.token_hex(8)
    (tmp_path / "short.txt").write_text(TEXT, "utf-8")
    plugin(tmp_path / "planted.py", {"steady": STEADY})
    command = ["check", "--calibrate", "--json", "--plugin", "planted.py", "--tokenizers", "steady"]
    process = subprocess.Popen(
        [sys.executable, "-m", "assay", *command, "--corpora", "short.txt", "--attentions", "none", "--budget", "9m"],
        cwd=tmp_path,
        env=child_environment({"CHECK_TEST": mark, "ASSAY_CACHE": tmp_path / "cache"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stderr is not None
    try:
        assert any(line.startswith("epoch 2") for line in process.stderr), "it never came to the second epoch"
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    finally:
        left = living("CHECK_TEST", mark, patience_s=5.0 if process.returncode is not None else 0.0)
    assert process.returncode == 130, errors
    assert left == []
    document = json.loads(output)
    assert (document["interrupted"], document["exit_code"]) == (True, 130)
    assert {one["verdict"] for one in document["judgements"]} == {"inconclusive"}
    assert {one["cell"].rpartition("/")[2] for one in document["judgements"]} == {"encode", "decode"}
    assert all(one["epochs"] >= 1 for one in document["judgements"])


def test_what_makes_a_check_worthless_stands_in_its_warnings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Doubts of the sides, a busy machine, and distributions that only one side has."""
    info = {"METADATA": "Metadata-Version: 2.1\nName: a-thing\nVersion: 1"}
    workshop.write(tmp_path / "site" / "a_thing-1.dist-info", info)
    monkeypatch.setattr(os, "getloadavg", lambda: (99.0, 0.0, 0.0))
    (tmp_path / "short.txt").write_text(TEXT, "utf-8")
    before, after = sides(tmp_path, {"steady": STEADY}, {"steady": STEADY})
    before = replace(before, paths=(*before.paths, str(tmp_path / "site")))
    pair = (before, replace(after, warnings=("it is installed from elsewhere",)))
    selection = Selection(tokenizers="steady", attentions="none", corpora=str(tmp_path / "short.txt"), held_out=0.0)
    found = VersionCheck(discover(after.plugins), selection, Settings(budget_s=HARDLY_S), pair, Judging()).run()
    assert found.warnings[0] == "it is installed from elsewhere"
    assert "the machine was busy when the check began: a load of 99.0" in found.warnings[1]
    assert found.warnings[2] == "distributions differ between the sides: a-thing 1 -> none"


def test_a_bad_plugin_of_the_baseline_alone_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_text(TEXT, "utf-8")
    before, after = sides(tmp_path, {"Steady": STEADY}, {"Steady": STEADY})
    files = [tmp_path / side / "odd.py" for side in ("baseline", "candidate")]
    files[0].write_text("import os\nos._exit(0)")
    files[1].write_text(plugin_source({"Odd": STEADY}))
    before, after = (
        replace(side, plugins=(*side.plugins, str(file))) for side, file in zip((before, after), files, strict=True)
    )
    selection = Selection(tokenizers="Steady,Odd", attentions="none", corpora=str(tmp_path / "short.txt"), held_out=0.0)
    host, settings = discover(after.plugins), Settings(budget_s=HARDLY_S, plugins=after.plugins)
    found = VersionCheck(host, selection, settings, (before, after), Judging(budgets=Budgets(default=LARGE))).run()
    assert {name: one.verdict for name, one in verdicts(found).items()}["Odd"] is Verdict.ADDED
    assert verdicts(found)["Steady/encode"].epochs == 1
    (told,) = (text for text in found.warnings if "odd.py" in text)
    assert told.startswith(f"before is measured without a plugin: plugin {files[0]} cannot be imported: it ended the")
