"""The code in README and guides does what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import assay
from assay.testkit import conform

ROOT = Path(__file__).parents[2]


def blocks(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)


def test_eleven_lines_are_a_plugin(tmp_path):
    source = blocks("README.md")[0]
    assert len([line for line in source.splitlines() if line.strip()]) == 11
    file = tmp_path / "mine.py"
    file.write_text(source, encoding="utf-8")
    host = assay.discover(plugins=[file])
    assert host.failures == ()
    letters = host.one(assay.TokenizerPlugin, "letters").build("")
    assert letters.decode(letters.encode("añ🎈")) == "añ🎈"


@pytest.mark.long
def test_eleven_lines_conform_and_are_weighed(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(blocks("README.md")[0], encoding="utf-8")
    found = conform(assay.discover(plugins=[file]), "tokenizer", "letters")
    assert {finding.check: finding.reason for finding in found if finding.status == "failed"} == {}
    outcome = assay.run(
        tokenizers="letters", attentions="none", held_out=0, budget_s=0.1, results=tmp_path / "r", plugins=[file]
    )
    (row,) = outcome.measurements
    assert (row.status, row.value("tokens"), row.value("round_trip")) == (assay.Status.OK, 20_479, 1.0)
    assert row.value("encode_mb_per_s") > 0


@pytest.mark.long
def test_python_door_of_the_readme(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(blocks("README.md")[1].replace("budget_s=2", "budget_s=0.1, tokenizers='regex,regex-unk,gpt2'"), names)
    assert names["gpt2"].encode("Hello, this is a test sentence.") == [15496, 11, 428, 318, 257, 1332, 6827, 13]
    frames = names["frames"]
    assert set(frames.tokenizers["tokenizer"]) >= {"regex", "regex-unk", "gpt2"}
    assert len(frames.samples) > 0


def test_metric_of_the_guide_conforms(tmp_path):
    file = tmp_path / "guide.py"
    file.write_text(blocks("docs/plugins.md")[1], encoding="utf-8")
    found = conform(assay.discover(plugins=[file]), "metric", "length_entropy")
    assert {finding.check: finding.reason for finding in found if finding.status == "failed"} == {}


def test_attention_of_the_guide_passes_the_gate(tmp_path):
    from functools import partial

    import torch

    from assay.attention.calls import checked
    from assay.attention.inputs import make_inputs
    from assay.attention.oracle import verify

    file = tmp_path / "guide.py"
    file.write_text(blocks("docs/plugins.md")[0], encoding="utf-8")
    plugin = assay.discover(plugins=[file]).one(assay.AttentionPlugin, "mine")
    causal = assay.Workload.self_attention(
        "core", batch=2, length=9, d_model=8, heads=2, semantics=assay.Semantics(mask="causal")
    )
    assert plugin.unsupported(causal) is None
    with torch.inference_mode():
        assert verify(checked(plugin.build), causal, None, partial(make_inputs, causal, None)).error < 1e-5


def test_every_command_is_in_the_readme():
    from assay.cli.app import app

    page = (ROOT / "README.md").read_text("utf-8")
    for name in app.commands:
        assert f"assay {name}" in page


def test_every_hook_is_in_the_guide():
    from assay.plugins.hookspecs import PROVIDES

    page = (ROOT / "docs/plugins.md").read_text("utf-8")
    for hook, kind in PROVIDES.items():
        assert f"`{hook}()`" in page
        assert f"assay.{kind.__name__}" in page


def test_the_guide_has_the_version_of_the_hooks_and_every_former_name():
    from assay.plugins.former_names import FORMER

    page = (ROOT / "docs/plugins.md").read_text("utf-8")
    assert f"`assay.HOOKS_VERSION`, which is {assay.HOOKS_VERSION}." in page
    table = page.partition("| works until version")[2]
    assert dict(re.findall(r"^\| `assay\.(\w+)`.*\| `assay\.(\w+)`", table, re.MULTILINE)) == dict(FORMER)


@pytest.mark.long
@pytest.mark.parametrize(("page", "number"), [("README.md", 2), ("docs/python.md", 0)])
def test_functions_of_the_pages_are_compared(page: str, number: int, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"assay": assay}
    exec(blocks(page)[number].replace("budget_s=1", "budget_s=0.1, epochs=1"), names)
    assert {row.case.plugin: str(row.status) for row in names["result"].measurements} == {"mine": "ok", "gpt2": "ok"}
