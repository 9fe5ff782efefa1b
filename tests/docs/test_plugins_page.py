"""The tables of docs/plugins.md have every field of every descriptor, as the code has it, with a valid example."""

from __future__ import annotations

import ast
import re
from dataclasses import MISSING, fields, replace
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.plugins.hookspecs import PROVIDES
from assay.plugins.types import Provided
from assay.plugins.validation import validate

PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text("utf-8")
CELLS = re.compile(r"(?<!\\)\|")
KINDS = {kind.__name__: kind for kind in PROVIDES.values()}
WHOLE: dict[str, dict[str, Any]] = {
    "TokenizerPlugin": {"build": str, "pretrained": True},
    "AttentionPlugin": {"build": print, "unsupported": print},
    "CorpusPlugin": {
        "documents": list,
        "sha256": None,
        **dict.fromkeys(("title", "author", "source", "language", "kind"), "word"),
    },
    "MetricPlugin": {"unit": "bits", "of_tokens": print},
    "ReportPlugin": {"write": print, "suffix": ".txt"},
    "ExecutorPlugin": {"open": print},
}


def rows(heading: str) -> list[list[str]]:
    """The cells below a heading: field, type, default, rule, example."""
    part = PAGE.partition(f"### {heading}\n")[2].partition("\n#")[0]
    lines = [line for line in part.splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`").replace("\\|", "|") for cell in CELLS.split(line)[1:-1]] for line in lines]


def heading(kind: type[Provided]) -> str:
    if kind is Provided:
        return "Every plugin"
    (found,) = re.findall(rf"^### (.+: `assay\.{kind.__name__}`)$", PAGE, re.MULTILINE)
    return str(found)


@pytest.mark.parametrize("kind", [Provided, *KINDS.values()])
def test_every_field_is_in_the_table_with_its_type_and_default(kind: type[Provided]) -> None:
    defaults = {field.name: field.default for field in fields(kind)}
    known = {"SpecialTokens": assay.SpecialTokens}
    found = {name: (of_type, default) for name, of_type, default, *_ in rows(heading(kind))}
    assert list(found) == list(kind.__annotations__)
    for name, (of_type, default) in found.items():
        assert of_type == kind.__annotations__[name], name
        assert (MISSING if default == "required" else eval(default, known)) == defaults[name], name


@pytest.mark.parametrize("kind", KINDS.values())
def test_every_example_is_valid(kind: Any) -> None:
    plugin = kind(name="mine", summary="mine", **WHOLE[kind.__name__])
    for name, _, _, rule, example in [*rows("Every plugin"), *rows(heading(kind))]:
        assert rule.endswith(".")
        (given,) = ast.parse(f"dict({example})", mode="eval").body.keywords  # type: ignore[attr-defined]
        assert given.arg == name
        value = eval(compile(ast.Expression(given.value), "example", "eval"), {"assay": assay})
        assert validate(replace(plugin, **{name: value})) is None, example
