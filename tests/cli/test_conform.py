"""`assay conform`: a table of checks in real processes, whatever the plugin does to them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from faulty import FAULTS, plugin

Cli = Callable[..., Any]
Install = Callable[..., Path]


@pytest.fixture
def conform(cli: Cli, tmp_path: Path) -> Cli:
    """Conform `mine` of a single file."""

    def call(source: str, *arguments: str, **options: Any) -> Any:
        (tmp_path / "mine.py").write_text(source, "utf-8")
        return cli("conform", "mine", "--plugin", "mine.py", *arguments, **options)

    return call


def results(ran: Any) -> dict[str, str]:
    lines = [line.split("\t") for line in ran.stdout.splitlines()]
    assert lines[0] == ["check", "result", "reason", "remedy"]
    assert {len(line) for line in lines} == {4}
    return {line[0]: line[1] for line in lines[1:]}


@pytest.mark.long
def test_a_good_plugin(conform: Cli) -> None:
    ran = conform(plugin("tokenizer"))
    assert (ran.rc, ran.stderr) == (0, "")
    found = results(ran)
    assert set(found.values()) == {"ok", "skipped"}
    assert found["round-trip"] == "ok"
    assert len(found) == 24


@pytest.mark.long
def test_a_fault_is_exit_code_3_with_the_reason_and_the_remedy(conform: Cli) -> None:
    ran = conform(FAULTS["wrong sha256"].source, "--json")
    assert ran.rc == 3
    document = ran.json
    assert (document["name"], document["kind"], document["origin"], document["conforms"]) == (
        "mine",
        "corpus",
        "mine.py",
        False,
    )
    failed = [check for check in document["checks"] if check["status"] == "failed"]
    assert [check["check"] for check in failed] == ["sha256"]
    assert failed[0]["rule"] == "The sha256 of its documents is the one that it declares."
    assert "it declares 0000" in failed[0]["reason"]
    assert failed[0]["remedy"].startswith("declare that of the UTF-8 bytes")


@pytest.mark.long
def test_what_it_prints_does_not_reach_standard_output(conform: Cli) -> None:
    source = plugin("metric", "print('loading')\ndef of_row(row):\n    print('a row')\n    return None")
    ran = conform(source)
    assert ran.rc == 0
    assert set(results(ran).values()) == {"ok"}


ENDS = """
import ctypes, os, time

def of_row(row):
    {crime}
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("crime", "reason"),
    [
        ("ctypes.string_at(0)", "its process was killed by SIGSEGV while checking, in string_at"),
        ("os._exit(0)", "its process exited with code 0 while checking"),
        ("time.sleep(600)", "it gave no answer for 2 s while checking, in of_row"),
    ],
)
def test_what_ends_a_process_is_a_failed_check(conform: Cli, crime: str, reason: str) -> None:
    ran = conform(plugin("metric", ENDS.format(crime=crime)), "--json", "--timeout", "2s")
    assert ran.rc == 3, ran.stderr
    found = {check["check"]: check for check in ran.json["checks"]}
    assert [name for name, check in found.items() if check["status"] == "failed"] == ["answers"]
    assert found["answers"]["reason"].startswith(reason)
    assert found["answers"]["remedy"]
    assert found["unit"]["reason"] == "tells nothing unless answers holds"


@pytest.mark.long
def test_a_process_that_somebody_killed_is_started_again(conform: Cli, tmp_path: Path) -> None:
    mark = f"open({str(tmp_path / 'mark')!r}"
    crime = f"if not os.path.exists({str(tmp_path / 'mark')!r}): {mark}, 'w').close(); os.kill(os.getpid(), 9)"
    ran = conform(plugin("metric", ENDS.format(crime=crime)), "--json")
    assert (ran.rc, (tmp_path / "mark").exists()) == (0, True), ran.stdout


DEADLY = """
import os

class Mine(Letters):
    def encode(self, text):
        os._exit(9)

    def decode(self, ids):
        os._exit(9)
"""


@pytest.mark.long
def test_after_three_deaths_the_rest_is_skipped(conform: Cli) -> None:
    found = {check["check"]: check for check in conform(plugin("tokenizer", DEADLY), "--json").json["checks"]}
    failed = [name for name, check in found.items() if check["status"] == "failed"]
    assert failed == ["memory-kept", "takes-any-text", "ids-in-range"]
    assert found["deterministic"]["status"] == "skipped"
    assert found["deterministic"]["reason"] == "its process died 3 times before, and is not started again"


@pytest.mark.long
def test_an_unknown_name(conform: Cli, cli: Cli) -> None:
    assert (
        "there is no plugin 'gpt3', and nothing that one announces (did you mean gpt2"
        in cli("conform", "gpt3").complaint
    )
    complaint = cli("conform", "assay:regex").complaint
    assert "'assay:regex' is a plugin, and not one of the things that it announces (give one of regex, " in complaint
    assert "there is no report named 'gpt2'" in cli("conform", "gpt2", "--kind", "report").complaint
    assert "'tokeniser' is not one of" in cli("conform", "gpt2", "--kind", "tokeniser").complaint


@pytest.mark.long
@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import tea_and_biscuits", "cannot be imported: ModuleNotFoundError: No module named 'tea_and_biscuits'"),
        ("import os; os._exit(7)", "cannot be imported: it ended the process with exit code 7"),
        (plugin("metric", fields="unit=3"), "metric mine cannot be used: unit of mine is 3, not text"),
    ],
)
def test_a_plugin_that_cannot_be_loaded_is_exit_code_3_and_one_line(conform: Cli, source: str, words: str) -> None:
    ran = conform(source)
    assert (ran.rc, ran.stdout) == (3, "")
    assert ran.stderr.startswith("assay: error: ")
    assert words in ran.stderr
    assert ran.stderr.count("\n") == 1


@pytest.mark.long
def test_other_plugins_that_fail_are_warned_of(conform: Cli, install: Install) -> None:
    site = install("broken", "1", {"broken": "broken_plugin"}, {"broken_plugin": "import tea_and_biscuits"})
    ran = conform(plugin("metric"), env={"PYTHONPATH": os.fspath(site)})
    assert ran.rc == 0
    assert ran.stderr.startswith("assay: warning: plugin broken 1 (broken) cannot be imported")


@pytest.mark.long
def test_one_name_of_two_kinds_asks_which(conform: Cli) -> None:
    both = plugin("metric") + plugin("report")
    asked = conform(both)
    assert "'mine' is the name of a metric and of a report (say which kind: metric or report)" in asked.complaint
    assert results(conform(both, "--kind", "report"))["writes"] == "ok"
