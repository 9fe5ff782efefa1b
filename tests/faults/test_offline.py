"""Without any network, not even the loopback: everything that comes with Assay works."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.long

CALL = 'exec "$@"'


@pytest.fixture
def offline(unshared: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Run `assay` in a network namespace of its own, with an empty tiktoken cache."""
    empty = tmp_path / "cache"
    empty.mkdir()

    def call(*arguments: str) -> Any:
        command = [sys.executable, "-m", "assay", *arguments]
        return unshared("-rn", CALL, *command, env={"TIKTOKEN_CACHE_DIR": empty})

    return call


def test_the_namespace_has_no_network(unshared: Callable[..., Any]) -> None:
    program = "import socket; socket.create_connection(('127.0.0.1', 9), timeout=5)"
    ran = unshared("-rn", CALL, sys.executable, "-c", program)
    assert "Network is unreachable" in ran.stderr


def test_a_run_needs_no_network(offline: Callable[..., Any]) -> None:
    chosen = ["--tokenizers", "regex,gpt2,cl100k_base", "--attentions", "causal", "--held-out", "0"]
    on_the_text = "qkv/fwd/causal/b8.h1.s4.d256.m256/f32/cpu.t1/the-verdict+gpt2"
    ran = offline("run", *chosen, "--workload", on_the_text, "--budget", "0.3s", "--json")
    assert ran.rc == 0, ran.stderr
    rows = {row["tokenizer"]: row for row in ran.json["tokenizers"]}
    assert {name: rows[name]["tokens"] for name in ("regex", "gpt2")} == {"regex": 4649, "gpt2": 5145}
    assert {row["status"] for row in rows.values()} <= {"ok", "skipped"}
    assert [(row["attention"], row["status"]) for row in ran.json["attentions"]] == [("causal", "ok")]


def test_tokens_needs_no_network(offline: Callable[..., Any]) -> None:
    ran = offline("tokens", "I HAD always thought", "--json")
    assert ran.rc == 0, ran.stderr
    rows = {row["tokenizer"]: row for row in ran.json["tokenizers"]}
    assert rows["gpt2"]["ids"] == rows["p50k_base"]["ids"] == [40, 367, 2885, 1464, 1807]
