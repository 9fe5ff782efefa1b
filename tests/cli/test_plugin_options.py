"""Which plugins a command loads: host and workers agree, a run that goes on too, and failures count when asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.cli.plugin_options import PluginOptions, warn
from assay.plugins.hook_versions import Deprecation

Cli = Callable[..., Any]
Install = Callable[..., Path]

# Is there only where nothing else that is installed was loaded in the same process, beside what it needs itself.
LONELY = """
import sys
import assay

class Letters:
    vocab_size, unk_id = 0x110000, None
    def encode(self, text):
        return [ord(char) for char in text]
    def decode(self, ids):
        return "".join(map(chr, ids))

def build(text):
    others = {"assay_regex", "assay_peers", "assay_tiktoken", "assay_attention"} & sys.modules.keys()
    assert not others, f"{others} were loaded"
    return Letters()

@assay.hookimpl
def assay_tokenizers():
    yield assay.TokenizerPlugin(name="lonely", summary="", build=build)
"""
QUICK = ["--attentions", "none", "--budget", "0.2s", "--held-out", "0", "--quiet"]
BROKEN = "raise SystemExit(0)"


@pytest.fixture
def site(install: Install) -> Path:
    install("broken-dist", "1", {"broken": "broken_plugin"}, {"broken_plugin": BROKEN})
    return install("lonely-dist", "1", {"lonely": "lonely_plugin"}, {"lonely_plugin": LONELY})


@pytest.mark.long
def test_workers_load_what_the_host_loads_and_a_run_goes_on_with_it(cli: Cli, site: Path) -> None:
    env = {"PYTHONPATH": site}
    ran = cli("run", "--tokenizers", "lonely", *QUICK, "--load", "lonely,corpora", "--json", env=env)
    assert [(row["tokenizer"], row["status"]) for row in ran.json["tokenizers"]] == [("lonely", "ok")]
    assert ran.json["run"]["settings"]["load"] == "lonely,corpora"
    assert (ran.rc, ran.stderr) == (0, ""), "the broken plugin was not even tried"
    again = cli("run", "--resume", ran.json["run"]["id"], "--strict-plugins", "--quiet", "--json", env=env)
    assert (again.rc, again.stderr) == (0, ""), "nor is it when the run goes on"
    everything = cli("run", "--tokenizers", "lonely", *QUICK, "--json", env=env)
    (row,) = everything.json["tokenizers"]
    assert "were loaded" in row["reason"], "the test can fail"


@pytest.mark.long
def test_both_sides_of_a_check_load_what_the_host_loads(cli: Cli, site: Path) -> None:
    command = ["check", "--calibrate", "--tokenizers", "lonely", "--attentions", "none", "--budget", "1s", "--quiet"]
    ran = cli(*command, "--load", "lonely,corpora", "--json", env={"PYTHONPATH": site})
    assert ran.rc == 0, ran.stderr
    assert '"failed": 0' in ran.stdout
    strict = cli(*command, "--load", "lonely,corpora,broken", "--strict-plugins", env={"PYTHONPATH": site})
    assert strict.rc == 3
    assert "lonely/encode" in strict.stdout, "the work was done"


@pytest.mark.long
def test_strict_plugins_count_after_the_work_is_done(cli: Cli, site: Path, tmp_path: Path) -> None:
    env = {"PYTHONPATH": site, "ASSAY_LOAD": "lonely,corpora,broken,builtin"}
    ran = cli("run", "--tokenizers", "lonely", *QUICK, "--strict-plugins", "--json", env=env)
    assert [row["status"] for row in ran.json["tokenizers"]] == ["ok"]
    assert ran.rc == 3
    said = (
        "assay: warning: plugin broken-dist 1 (broken) cannot be imported: SystemExit: 0 (broken_plugin.py:1) (fix it"
    )
    assert said in ran.stderr
    report = ["report", "-o", "r.md"]
    assert cli(*report, env=env).rc == 0
    assert cli(*report, env={**env, "ASSAY_STRICT_PLUGINS": "1"}).rc == 3
    assert "lonely" in (tmp_path / "r.md").read_text("utf-8")
    assert cli(*report, "--strict-plugins", "--block", "broken", env=env).rc == 0


def test_a_command_tells_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(BROKEN)
    chosen = PluginOptions([str(tmp_path / "mine.py")], [], "none")
    assert chosen.find() is chosen.find() is chosen.host()
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("cannot be imported") == 1


@pytest.mark.parametrize(("code", "becomes"), [(0, 3), (4, 3), (5, 3), (1, 1), (3, 3), (130, 130)])
def test_a_failed_plugin_counts_like_a_failed_case(tmp_path: Path, code: int, becomes: int) -> None:
    (tmp_path / "mine.py").write_text(BROKEN)
    assert PluginOptions([str(tmp_path / "mine.py")], [], "none").code(code) == becomes
    assert PluginOptions([], [], "none").code(code) == code


def test_a_deprecation_is_told_on_standard_error(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    source = "import assay\n@assay.hookimpl\ndef assay_corpora(): return []\n"
    install("mine-dist", "1.0", {"mine": "mine_plugin"}, {"mine_plugin": source})
    going = Deprecation(what="assay_corpora", until="hooks version 3", instead="assay_texts")
    warn(assay.discover(load="mine", deprecations=[going]))
    assert capsys.readouterr().err == (
        "assay: warning: plugin mine-dist 1.0 (mine) uses assay_corpora, which works until hooks version 3; use"
        " assay_texts instead\n"
    )
