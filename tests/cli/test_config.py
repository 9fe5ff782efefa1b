"""Settings: flags before ASSAY_* before pyproject.toml before assay.toml, and typos in them are told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]

OBJECT = """
class Bytes:
    vocab_size, unk_id = 256, None
    encode = staticmethod(lambda text: list(text.encode()))
    decode = staticmethod(lambda ids: bytes(ids).decode())

def load():
    return Bytes()
"""
PLUGIN = """
import assay

@assay.hookimpl
def assay_tokenizers():
    yield assay.TokenizerPlugin(name="NAME", summary="", build=print)
"""


def chosen(ran: Any) -> list[str]:
    """Which tokenizers a command took: by default all."""
    assert ran.rc == 0, ran.stderr
    return [row["tokenizer"] for row in ran.json["tokenizers"]]


@pytest.mark.long
def test_a_flag_beats_the_environment_beats_pyproject_beats_assay_toml(cli: Cli, tmp_path: Path) -> None:
    command = ["tokens", "the", "--json"]
    assert len(chosen(cli(*command))) >= 7
    (tmp_path / "assay.toml").write_text('tokenizers = "regex"')
    assert chosen(cli(*command)) == ["regex"]
    (tmp_path / "pyproject.toml").write_text('[tool.assay]\ntokenizers = "regex-unk"')
    assert chosen(cli(*command)) == ["regex-unk"]
    assert chosen(cli(*command, env={"ASSAY_TOKENIZERS": "gpt2"})) == ["gpt2"]
    flagged = cli(*command, "--tokenizers", "r50k_base", env={"ASSAY_TOKENIZERS": "gpt2"})
    assert chosen(flagged) == ["r50k_base"]


def test_no_config_ignores_the_files_wherever_it_stands(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(PLUGIN.replace("NAME", "mine"))
    (tmp_path / "assay.toml").write_text("plugin = ['mine.py']\n")
    (tmp_path / "pyproject.toml").write_text("[tool.assay.list]\nblock = ['regex']\n")

    def names(*arguments: str, **env: str) -> set[str]:
        ran = cli(*arguments, env=env)
        assert (ran.rc, ran.stderr) == (0, ""), ran
        return {row["name"] for row in ran.json["tokenizers"]}

    for found in (names("--no-config", "list", "--json"), names("list", "--json", "--no-config")):
        assert "regex" in found
        assert "mine" not in found
    assert "regex" in names("list", "--json", ASSAY_NO_CONFIG="1")
    (tmp_path / "assay.toml").write_text("nonsense = [")
    assert "regex" in names("list", "--json", "--no-config")
    (tmp_path / "assay.toml").write_text("[budget]\n'*' = 'nonsense'\n")
    ran = cli("check", "--no-config", "--baseline", "run:none", "--tokenizers", "none", "--attentions", "none")
    assert "nonsense" not in ran.complaint


def test_a_plugin_that_a_settings_file_brought_is_named_once(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(PLUGIN.replace("NAME", "mine"))
    (tmp_path / "pyproject.toml").write_text("[tool.assay]\nplugin = ['mine.py']\n")
    told = "assay: loads the plugin mine.py, which pyproject.toml names (--no-config ignores that)\n"
    assert cli("list", "--json").stderr == told
    assert cli("run", "--tokenizers", "mine", "--attentions", "none", "--quiet").stderr.count(told) == 1
    assert cli("list", "--json", "--plugin", "mine.py").stderr == ""
    assert cli("list", "--json", env={"ASSAY_PLUGIN": "mine.py"}).stderr == ""


def test_a_tokenizer_of_python_that_a_settings_file_brought_is_named_once(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(OBJECT)
    (tmp_path / "assay.toml").write_text("tokenizers = ['mine=py:mine.py:load', 'regex']\n")
    told = "assay: loads the plugin mine=py:mine.py:load, which assay.toml names (--no-config ignores that)\n"
    ran = cli("tokens", "the", "--json")
    assert (chosen(ran), ran.stderr) == (["mine", "regex"], told)
    assert cli("tokens", "the", "--json", "--tokenizers", "mine=py:mine.py:load").stderr == ""


def test_a_setting_of_one_command_beats_one_of_all(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "assay.toml").write_text('tokenizers = "regex"\n[tokens]\ntokenizers = "regex-unk"\n')
    assert chosen(cli("tokens", "the", "--json")) == ["regex-unk"]


def test_a_list_in_a_file_needs_no_escape(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "assay.toml").write_text('tokenizers = ["regex-unk", "gpt*"]')
    assert chosen(cli("tokens", "the", "--json")) == ["regex-unk", "gpt2"]


def test_settings_reach_every_command_that_has_them(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(PLUGIN.replace("NAME", "mine"))
    (tmp_path / "assay.toml").write_text('plugin = ["mine.py"]\nblock = ["assay:regex", "attention"]\n')
    document = cli("list", "--json").json
    assert "mine" in [row["name"] for row in document["tokenizers"]]
    assert "regex" not in [row["name"] for row in document["tokenizers"]]
    assert document["attentions"] == []


def test_plugins_and_blocks_from_the_environment(cli: Cli, tmp_path: Path) -> None:
    for name in ("ann", "bob"):
        (tmp_path / f"{name}.py").write_text(PLUGIN.replace("NAME", name))
    document = cli(
        "list", "--json", env={"ASSAY_PLUGIN": "ann.py:bob.py", "ASSAY_BLOCK": "assay:regex tiktoken plain peers"}
    ).json
    assert [row["name"] for row in document["tokenizers"]] == ["ann", "bob"]


@pytest.mark.long
def test_a_run_is_set_by_files_and_environment(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.assay.run]\nattentions = "none"\ntokenizers = "regex"\nbudget = 0.1\nheld-out = "25%"\n'
        'quiet = true\nresults = "elsewhere"\n'
    )
    ran = cli("run", "--json", env={"ASSAY_SUITE": "quick", "ASSAY_TOKENIZERS": "regex-unk"})
    assert [(row["tokenizer"], row["split"]) for row in ran.json["tokenizers"]] == [
        ("regex-unk", "all"),
        ("regex-unk", "held-out-25"),
    ]
    assert ran.json["run"]["suite"].startswith("quick/")
    assert ran.stderr == ""
    assert (tmp_path / "elsewhere" / "assay.sqlite").is_file()
    assert not (tmp_path / "results").exists()


@pytest.mark.long
@pytest.mark.parametrize("setting", ["JSON", "QUIET"])
def test_every_option_can_be_set_by_the_environment(cli: Cli, setting: str) -> None:
    command = ["run", "--tokenizers", "regex", "--attentions", "none", "--held-out", "0", "--budget", "0.1s"]
    ran = cli(*command, env={f"ASSAY_{setting}": "1"})
    if setting == "JSON":
        assert json.loads(ran.stdout)["schema"] == 1
    else:
        assert ran.stderr == ""


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("assay.toml", "tokeniser = 'gpt2'", "assay.toml sets 'tokeniser', which is no option of assay"),
        ("assay.toml", "[run]\nbugdet = 3", "assay.toml sets 'bugdet', which is no option of assay run"),
        ("assay.toml", "[rum]\nbudget = 3", "assay.toml sets 'rum'"),
        ("pyproject.toml", "[tool.assay]\nbugdet = 3", "pyproject.toml sets 'bugdet'"),
        ("assay.toml", "budget = ", "assay.toml cannot be read"),
        ("assay.toml", b"\xff\xfe", "assay.toml cannot be read"),
        ("assay.toml", "budget = 'soon'", "'soon' is no time"),
        ("assay.toml", "threads = 'two'", "--threads"),
        ("assay.toml", "plugin = 5", "--plugin"),
        ("assay.toml", "run = 5", "assay.toml"),
        ("pyproject.toml", "[tool]\nassay = 5", "pyproject.toml"),
    ],
)
def test_a_typo_in_the_settings_is_one_clear_line(
    cli: Cli, tmp_path: Path, name: str, content: str | bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert words in cli("run", "--tokenizers", "regex").complaint


def test_a_pyproject_without_assay_is_nothing_to_us(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "theirs"\n[tool.ruff]\nline-length = 80\n')
    assert chosen(cli("tokens", "the", "--tokenizers", "regex", "--json")) == ["regex"]


def test_help_is_there_when_the_settings_are_wrong(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "assay.toml").write_text("tokeniser = 'gpt2'")
    ran = cli("run", "--help")
    assert ran.rc == 0
    assert "--tokenizers" in ran.stdout


def test_a_wrong_value_in_the_environment_is_one_clear_line(cli: Cli) -> None:
    assert "did you mean tutorial" in cli("run", env={"ASSAY_SUITE": "tutorail"}).complaint
    assert "--budget" in cli("run", env={"ASSAY_BUDGET": "soon"}).complaint


def test_settings_reach_the_commands_of_a_group(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("1 / 0")
    (tmp_path / "assay.toml").write_text('corpora = "nowhere"\nplugin = ["mine.py"]\n[data]\njson = true\n')
    ran = cli("data", "list")
    assert "the-verdict" in [row["name"] for row in ran.json["corpora"]]
    assert "plugin mine.py cannot be imported: ZeroDivisionError" in ran.stderr
    (tmp_path / "assay.toml").write_text("[data]\ntokenizers = 'gpt2'\n")
    assert "sets 'tokenizers', which is no option of assay data" in cli("data", "list").complaint
