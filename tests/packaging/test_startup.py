"""Starting is cheap: what needs no heavy package imports none, seen in fresh processes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import assay

HEAVY = {"torch", "pandas", "numpy", "tiktoken", "sqlalchemy"}


@pytest.fixture
def imported(process: Callable[..., Any], tmp_path: Path) -> Callable[..., set[str]]:
    """Run Python with `-X importtime` and give every module that it imported."""

    def call(*arguments: str) -> set[str]:
        ran = process([sys.executable, "-X", "importtime", *arguments], cwd=tmp_path)
        assert ran.rc == 0, ran.stderr
        lines = (line for line in ran.stderr.splitlines() if line.startswith("import time:"))
        return {line.rpartition("|")[2].strip() for line in lines}

    return call


@pytest.mark.parametrize(
    "arguments",
    [
        ["-m", "assay", "--help"],
        ["-m", "assay", "--version"],
        ["-m", "assay", "list"],
        ["-m", "assay", "list", "--json"],
        ["-m", "assay", "run", "--help"],
        ["-c", "import assay; assert len(assay.discover().found) > 40"],
        ["-c", "import assay_regex, assay_tiktoken, assay_attention, assay_corpora"],
    ],
    ids=lambda arguments: " ".join(arguments[1:3]),
)
def test_no_heavy_package_is_imported(imported: Callable[..., set[str]], arguments: list[str]) -> None:
    modules = imported(*arguments)
    assert "assay" in modules
    assert modules & HEAVY == set()


def test_the_measure_sees_a_heavy_import(imported: Callable[..., set[str]]) -> None:
    assert "tiktoken" in imported("-c", "import assay; assay.discover().one(assay.TokenizerPlugin, 'gpt2').build('')")


@pytest.mark.parametrize("name", assay.__all__)
def test_every_public_name_resolves(name: str) -> None:
    assert getattr(assay, name) is not None


def test_dir_names_all_that_is_public() -> None:
    assert set(assay.__all__) <= set(dir(assay))
    assert len(set(assay.__all__)) == len(assay.__all__)


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'assay' has no attribute 'tokenise'"):
        assay.tokenise  # noqa: B018
