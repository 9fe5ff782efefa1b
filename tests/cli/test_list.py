"""`assay list` and the command line's manners, in real processes."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from assay.execute.suites import PIPELINE_ATTENTIONS, TUTORIAL_ATTENTIONS

Cli = Callable[..., Any]
Install = Callable[..., Path]

GOOD = """
import assay

print("a plugin should not print")

@assay.hookimpl
def assay_tokenizers():
    yield assay.TokenizerPlugin(name="good", summary="good", build=print)
    yield assay.TokenizerPlugin(name="needy", summary="needy", build=print, requires=("no-such-thing>=2",))
"""


def names(rows: list[dict[str, str]]) -> list[str]:
    return [row["name"] for row in rows]


def test_list_shows_all_that_is_installed(cli: Cli) -> None:
    document = cli("list", "--json").json
    assert {"regex", "regex-unk", "gpt2", "r50k_base", "p50k_base"} <= set(names(document["tokenizers"]))
    attentions = names(document["attentions"])
    assert len(set(attentions)) == len(attentions)
    assert {*TUTORIAL_ATTENTIONS, *PIPELINE_ATTENTIONS, "naive", "flash-attn"} <= set(attentions)
    assert {"the-verdict", "many-languages", "udhr", "adversarial-emoji"} <= set(names(document["corpora"]))
    assert {"tutorial", "quick"} <= set(names(document["suites"]))
    assert document["failures"] == []
    for kind in ("tokenizers", "attentions", "corpora"):
        assert all(row["summary"] and row["licence"] for row in document[kind])
        assert all(row["origin"].startswith("assay-bench ") for row in document[kind])


def test_list_of_one_kind(cli: Cli) -> None:
    document = cli("list", "corpora", "--json").json
    assert {"the-verdict", "many-languages", "udhr", "adversarial-emoji"} <= set(names(document["corpora"]))
    assert "tokenizers" not in document


def test_what_a_vocabulary_was_trained_on_is_listed(cli: Cli) -> None:
    rows = cli("list", "tokenizers", "--json").json["tokenizers"]
    found = {row["name"]: row["trained_on"] for row in rows}
    assert found["gpt2"].startswith("OpenAI's WebText")
    assert (found["cl100k_base"], found["regex"]) == ("not published", "")
    assert "Its vocabulary was trained on: OpenAI's WebText" in cli("plugins", "why", "gpt2").stdout


def test_a_pipe_gets_tables_with_tabs(cli: Cli) -> None:
    ran = cli("list", "tokenizers")
    lines = [line.split("\t") for line in ran.stdout.splitlines()]
    assert lines[0] == ["name", "status", "summary", "origin", "licence", "trained_on", "remedy"]
    assert {len(line) for line in lines} == {7}
    assert [line[:2] for line in lines if line[0] == "gpt2"] == [["gpt2", "ready"]]
    assert ran.stderr == ""


def test_reports_are_listed_with_the_files_that_they_write_and_what_they_show(cli: Cli) -> None:
    lines = [line.split("\t") for line in cli("list", "reports").stdout.splitlines()]
    assert lines[0][:4] == ["name", "status", "suffix", "shows"]
    found = {line[0]: line[2:4] for line in lines}
    assert found["csv"] == [".csv", "run, comparison, history"]
    assert found["parquet"] == [".parquet", "run"]


def test_bad_plugins_are_listed_beside_good_ones(cli: Cli, install: Install) -> None:
    install("good-dist", "1.0", {"good": "good_plugin"}, {"good_plugin": GOOD})
    install("import-dist", "1.1", {"broken": "broken_plugin"}, {"broken_plugin": "import tea_and_biscuits"})
    site = install("exit-dist", "1.2", {"leaving": "leaving_plugin"}, {"leaving_plugin": "raise SystemExit(9)"})
    ran = cli("list", "--json", env={"PYTHONPATH": site})
    document = ran.json
    assert ran.rc == 0
    failures = {row["origin"]: row for row in document["failures"]}
    assert set(failures) == {"import-dist 1.1 (broken)", "exit-dist 1.2 (leaving)"}
    assert "pip install" in failures["import-dist 1.1 (broken)"]["remedy"]
    assert failures["exit-dist 1.2 (leaving)"]["stage"] == "import"
    rows = {row["name"]: row for row in document["tokenizers"]}
    assert (rows["good"]["status"], rows["gpt2"]["status"], rows["needy"]["status"]) == ("ready", "ready", "missing")
    assert 'pip install "no-such-thing>=2"' in rows["needy"]["remedy"]
    assert "a plugin should not print" in ran.stderr


def test_a_name_of_ours_cannot_be_taken(cli: Cli, install: Install) -> None:
    site = install("rival", "2", {"rival": "rival_plugin"}, {"rival_plugin": GOOD.replace('"good"', '"gpt2"')})
    clashing = cli("list", "--json", env={"PYTHONPATH": site}).json
    assert "gpt2" in names(clashing["tokenizers"])
    assert {row["stage"] for row in clashing["failures"]} == {"clash"}
    assert all("--block rival:rival" in row["remedy"] for row in clashing["failures"])
    fixed = cli("list", "--json", "--block", "rival:rival", env={"PYTHONPATH": site}).json
    assert "gpt2" in names(fixed["tokenizers"])
    assert fixed["failures"] == []


@pytest.mark.parametrize("field", ["summary=None", "requires=None", "missing=exit"])
def test_a_crooked_descriptor_does_not_stop_the_list(cli: Cli, tmp_path: Path, field: str) -> None:
    (tmp_path / "crooked.py").write_text(f"""
import assay

@assay.hookimpl
def assay_tokenizers():
    fields = dict(name="crooked", summary="", build=print) | dict({field})
    yield assay.TokenizerPlugin(**fields)
""")
    ran = cli("list", "tokenizers", "--plugin", "crooked.py")
    assert ran.rc == 0, ran.stderr
    assert "Traceback" not in ran.stderr
    assert "gpt2\tready" in ran.stdout
    assert "crooked" in ran.stdout


def test_an_unknown_kind_is_refused(cli: Cli) -> None:
    assert "'tokenisers'" in cli("list", "tokenisers").complaint


def test_an_unknown_block_is_refused(cli: Cli) -> None:
    complaint = cli("list", "--block", "regexp").complaint
    assert "there is no plugin 'regexp' to block" in complaint
    assert "assay-bench:regex" in complaint


def test_a_missing_plugin_file_is_refused(cli: Cli) -> None:
    assert "there is no plugin file absent.py" in cli("list", "--plugin", "absent.py").complaint


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_names_every_command_and_the_exit_codes(cli: Cli, arguments: list[str]) -> None:
    ran = cli(*arguments)
    assert ran.rc == 0
    assert all(command in ran.stdout for command in ("run", "list", "show", "tokens", "report"))
    assert "130" in ran.stdout
    assert ran.stderr == ""


def test_version(cli: Cli) -> None:
    assert cli("--version").stdout == f"assay {metadata.version('assay-bench')}\n"


@pytest.mark.parametrize("arguments", [["lst"], ["list", "--jsn"], ["run", "--tokenizer", "gpt2"]])
def test_a_mistyped_command_or_option_is_refused(cli: Cli, arguments: list[str]) -> None:
    assert arguments[-1] in cli(*arguments).complaint or arguments[1] in cli(*arguments).complaint


def test_an_output_that_knows_only_ascii_is_no_crash(cli: Cli) -> None:
    ran = cli("list", "attentions", env={"PYTHONIOENCODING": "ascii"})
    assert ran.rc == 0, ran.stderr
    assert "weightless" in ran.stdout


def test_verbose_lists_the_plugins_themselves(cli: Cli, install: Install) -> None:
    install("good-dist", "1.0", {"good": "good_plugin"}, {"good_plugin": "assay_hooks = 1\n" + GOOD})
    install("import-dist", "1.1", {"broken": "broken_plugin"}, {"broken_plugin": "1 / 0"})
    site = install("late-dist", "2", {"late": "late_plugin"}, {"late_plugin": "assay_hooks = 99\n" + GOOD})
    ran = cli("list", "metrics", "--verbose", "--block", "plain", "--json", env={"PYTHONPATH": site})
    rows = {row["name"]: row for row in ran.json["plugins"]}
    good = rows["good"]
    assert good.pop("import_ms") > 0
    assert good == {
        "name": "good",
        "status": "ready",
        "origin": "good-dist 1.0 (good)",
        "distribution": "good-dist",
        "version": "1.0",
        "hooks": ["assay_tokenizers"],
        "hooks_version": 1,
        "announces": ["good", "needy"],
        "needs": ["no-such-thing>=2"],
        "lacks": [
            {
                "name": "needy",
                "what": "needs no-such-thing>=2, which is not installed",
                "remedy": 'pip install "no-such-thing>=2"',
            }
        ],
    }
    assert {name: rows[name]["status"] for name in ("broken", "late", "plain", "regex")} == {
        "broken": "failed",
        "late": "failed",
        "plain": "left out",
        "regex": "ready",
    }
    assert rows["broken"]["import_ms"] is None
    assert "plugins" not in cli("list", "metrics", "--json").json
    table = cli("list", "metrics", "--verbose", env={"PYTHONPATH": site}).stdout
    assert "good\tready\tgood-dist\t1.0\ttokenizers\t1\t" in table
    assert "it is written for hooks version 99, this is 3\tpip install --upgrade assay-bench" in table


@pytest.mark.parametrize(
    ("source", "code"),
    [("raise SystemExit(0)", 3), ("import assay\n@assay.hookimpl\ndef assay_corpora(): return []", 0)],
)
def test_strict_plugins_exit_with_3_when_one_failed(cli: Cli, tmp_path: Path, source: str, code: int) -> None:
    (tmp_path / "mine.py").write_text(source)
    listed = cli("list", "reports", "--plugin", "mine.py", "--strict-plugins", "--json")
    assert "md" in names(listed.json["reports"])
    assert listed.rc == code
    told = "assay: failed: plugins, which --strict-plugins counts: mine.py\n"
    assert listed.stderr == (told if code else "")
    assert cli("list", "reports", "--plugin", "mine.py", env={"ASSAY_STRICT_PLUGINS": "1"}).rc == code
    assert cli("list", "reports", "--plugin", "mine.py").rc == (2 if code else 0)


def test_none_or_some_of_the_installed_plugins_can_be_loaded(cli: Cli, install: Install, tmp_path: Path) -> None:
    site = install("boom-dist", "1", {"boom": "boom_plugin"}, {"boom_plugin": "import os\nos._exit(9)"})
    (failure,) = cli("list", "--json", env={"PYTHONPATH": site}).json["failures"]
    assert failure["message"] == "it ended the process with exit code 9"
    kept = cli("list", "--json", "--load", "regex,builtin", env={"PYTHONPATH": site}).json
    assert names(kept["tokenizers"]) == ["regex", "regex-unk", "regex-fast", "regex-unk-fast"]
    assert kept["attentions"] == []
    assert {row["origin"] for row in kept["reports"]} == {f"assay-bench {metadata.version('assay-bench')} (builtin)"}
    none = cli("list", "--json", env={"PYTHONPATH": site, "ASSAY_LOAD": "none"}).json
    assert not any(none[kind] for kind in ("tokenizers", "attentions", "corpora", "metrics", "reports"))
    (tmp_path / "pyproject.toml").write_text('[tool.assay]\nload = "assay"\n')
    assert "gpt2" in names(cli("list", "--json", env={"PYTHONPATH": site}).json["tokenizers"])
    complaint = cli("list", "--load", "regexp", env={"PYTHONPATH": site}).complaint
    assert "there is no installed plugin 'regexp' to load (there are: " in complaint
