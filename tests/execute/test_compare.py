"""`assay.compare_tokenizers` and `assay.compare_attention`: what becomes of functions, objects, names and files."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.errors import AssayError
from assay.execute import compare

ID = "core/fwd/causal/b1.h8.s128.d64/f32/cpu.t1"


def encode(text: str) -> list[int]:
    return list(text.encode())


class Trained:
    """A tokenizer that is trained."""

    def __init__(self, text: str) -> None:
        self.text = text

    encode = staticmethod(encode)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What `assay.run` is called with, without doing it."""
    found: dict[str, Any] = {}
    monkeypatch.setattr(compare, "run", lambda **options: found.update(options))
    return found


def names(plugins: list[Any]) -> list[str]:
    return [plugin.name for plugin in plugins]


class TestTokenizers:
    def test_objects_are_plugins_beside_names(self, asked: dict[str, Any]) -> None:
        assay.compare_tokenizers({"mine": encode, "gpt2": "gpt2", "again": "gpt2"}, text="a text", budget_s=2.0)
        assert names(asked["plugins"]) == ["mine", "again", "text"]
        assert (asked["tokenizers"], asked["corpora"]) == (["mine", "gpt2", "again"], ["text"])
        assert (asked["held_out"], asked["attentions"], asked["budget_s"]) == (0.0, "none", 2.0)

    def test_what_is_trained_is_held_out(self, asked: dict[str, Any]) -> None:
        assay.compare_tokenizers({"mine": Trained}, corpora="the-verdict")
        assert (asked["held_out"], asked["corpora"]) == (0.1, "the-verdict")
        assay.compare_tokenizers({"mine": Trained}, corpora="the-verdict", held_out=0.2)
        assert asked["held_out"] == 0.2

    def test_a_file_has_its_name(self, asked: dict[str, Any]) -> None:
        assay.compare_tokenizers({"mine": Path("t.json"), "./t.model": "./t.model"}, text="a", corpora=["json"])
        assert asked["tokenizers"] == ["mine=t.json", "./t.model"]
        assert asked["corpora"] == ["text", "json"]

    def test_plugins_and_settings_of_the_caller_stay(self, asked: dict[str, Any]) -> None:
        assay.compare_tokenizers({"mine": encode}, text="a", settings=assay_settings(plugins=()), plugins=[])
        assert names(asked["plugins"]) == ["mine", "text"]

    @pytest.mark.parametrize(
        ("given", "options", "sentence"),
        [
            ([encode], {}, "tokenizers is a list, not a dict"),
            ({}, {}, "there are no tokenizers"),
            ({"a b": encode}, {}, "'a b' cannot be a name"),
            ({"gpt2": encode}, {}, "'gpt2' is the name of a plugin that is installed"),
            ({1: encode}, {}, "tokenizers names an int, and a name is a text"),
            ({"mine": encode}, {"text": {"json": "a"}}, "'json' is the name of a plugin that is installed"),
            ({"mine": "absent"}, {}, "there is no tokenizer named 'absent'"),
            ({"mine": encode}, {"text": None}, "there is no text to compare tokenizers on"),
            ({"mine": encode}, {"factories": ["other"]}, "factories names 'other', which is not compared"),
        ],
    )
    def test_bad_input_is_one_sentence(self, given: Any, options: dict[str, Any], sentence: str) -> None:
        with pytest.raises(AssayError, match=sentence):
            assay.compare_tokenizers(given, **{"text": "a"} | options)


def assay_settings(**fields: Any) -> Any:
    from assay.records.settings import Settings

    return Settings(**fields)


class TestAttention:
    def test_objects_are_plugins_beside_names(self, asked: dict[str, Any]) -> None:
        def build(workload: assay.Workload, weights: assay.Weights | None) -> Callable[..., Any]:
            return lambda q, k, v: v

        assay.compare_attention({"mine": build, "sdpa": "sdpa"}, workload=[ID, assay.Workload.parse(ID)])
        assert names(asked["plugins"]) == ["mine"]
        assert (asked["attentions"], tuple(asked["workloads"])) == (["mine", "sdpa"], (ID, ID))
        assert (asked["threads"], asked["corpora"]) == (1, "none")

    @pytest.mark.parametrize(("workload", "sentence"), [("x", "is no workload id"), ([], "there is no workload")])
    def test_bad_input_is_one_sentence(self, workload: Any, sentence: str) -> None:
        with pytest.raises(AssayError, match=sentence):
            assay.compare_attention({"mine": encode}, workload=workload)


SCRIPT = """
import asyncio
import sys
import types
import assay

table = {chr(code): code for code in range(50_000)}
aside = sys.modules["aside"] = types.ModuleType("aside")
exec("class Kept:\\n    def encode(self, text):\\n        return [1]\\n", aside.__dict__)

def encode(text):
    return [table[letter] for letter in text]

class Whole:
    vocab_size, unk_id = 256, None
    def encode(self, text):
        return list(text.encode())
    def decode(self, ids):
        return bytes(ids).decode()

async def main():
    given = {
        "closure": encode, "lambda": lambda text: [ord(letter) for letter in text], "class": Whole,
        "texts": lambda text: text.split(), "elsewhere": aside.Kept(),
    }
    return assay.compare_tokenizers(given, text="To be, or not to be. " * 40, budget_s=0.1, epochs=1, load="none")

outcome = asyncio.run(main())
print(outcome.run.command)
for row in outcome.measurements:
    code = next(code for code in outcome.codes if code.name == row.case.plugin)
    print(row.case.plugin, row.status, row.value("tokens"), row.value("round_trip"), row.value("vocabulary_size"),
          code.source, code.sha256 == row.code, row.reason, sep="|")
"""


@pytest.mark.long
def test_a_script_from_standard_input_without_a_guard_in_a_running_loop(tmp_path: Path) -> None:
    """What is measured in other processes, from a program that none of them could import again."""
    ended = subprocess.run(
        [sys.executable, "-"], input=SCRIPT, capture_output=True, text=True, cwd=tmp_path, check=True
    )
    command, *rows = ended.stdout.splitlines()
    assert command == (
        "run from Python with the Python objects closure, lambda, class, texts, elsewhere, text:"
        " no command line repeats it"
    )
    found = {name: rest for name, *rest in (row.split("|") for row in rows)}
    for name in ("closure", "lambda"):
        assert found[name][:6] == ["ok", "840", "None", "None", "object", "True"]
        assert "it has no decode" in found[name][6]
    assert found["class"][:4] == ["ok", "840", "1.0", "256"]
    assert found["texts"][0] == "failed"
    assert "item 0 is 'To', a str" in found["texts"][6]
    assert found["elsewhere"][0] == "skipped"
    assert "No module named 'aside'" in found["elsewhere"][6]


@pytest.mark.long
def test_a_function_is_redefined(tmp_path: Path) -> None:
    """A second run in the same process has the new function, also where it has the old name."""

    def made(value: int) -> Callable[[str], list[int]]:
        return lambda text: [value, *text.encode()]

    options: dict[str, Any] = {"text": "a text " * 20, "budget_s": 0.1, "epochs": 1, "load": "none"}
    first, second = (
        assay.compare_tokenizers({"mine": made(value)}, results=tmp_path, **options).measurements[0]
        for value in (300, 301)
    )
    assert first.value("ids_sha256") != second.value("ids_sha256")
    assert first.code != second.code


@pytest.mark.long
def test_steps_builds_and_modules_are_measured(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    scale = 0.125

    def step(q: Any, k: Any, v: Any) -> Any:
        length = q.shape[-2]
        seen = torch.ones(length, length, dtype=torch.bool).tril()
        scores = (q @ k.transpose(-2, -1)) * q.shape[-1] ** -0.5
        return scores.masked_fill(~seen, float("-inf")).softmax(-1) @ v

    class Module(torch.nn.Module):  # type: ignore[misc,name-defined]
        def forward(self, q: Any, k: Any, v: Any) -> Any:
            return step(q, k, v)

    given = {
        "step": step,
        "build": lambda workload, weights: step,
        "module": Module(),
        "class": Module,
        "wrong": lambda q, k, v: v * scale,
    }
    outcome = assay.compare_attention(given, workload=ID, results=tmp_path, budget_s=0.1, epochs=1, load="none")
    assert {row.case.plugin: str(row.status) for row in outcome.measurements} == {
        **dict.fromkeys(("step", "build", "module", "class"), "ok"),
        "wrong": "failed",
    }
