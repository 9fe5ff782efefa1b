"""The adversarial ladders: sizes, families, and that they hold what their names say."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assay
from assay_corpora.adversarial import PIECES, SIZES, text

FAMILIES = [*PIECES, "one-character", "nul", "brackets"]


@pytest.fixture(scope="module")
def corpora() -> dict[str, assay.CorpusPlugin]:
    every = assay.discover().every(assay.CorpusPlugin)
    return {corpus.name: corpus for corpus in every if corpus.name.startswith("adversarial-")}


def test_every_family_is_a_corpus_and_every_corpus_a_family(corpora: dict[str, assay.CorpusPlugin]) -> None:
    assert set(corpora) == {f"adversarial-{family}" for family in FAMILIES}
    assert {corpus.kind for corpus in corpora.values()} == {"adversarial"}
    assert len(FAMILIES) >= 8


@pytest.mark.parametrize("family", FAMILIES)
def test_the_documents_are_a_ladder(corpora: dict[str, assay.CorpusPlugin], family: str) -> None:
    documents = list(corpora[f"adversarial-{family}"].documents())
    assert [document.id for document in documents] == ["1000", "2000", "4000", "8000", "16000", "32000", "64000"]
    assert [len(document.text) for document in documents] == [int(document.id) for document in documents] == [*SIZES]


@given(family=st.sampled_from(FAMILIES), size=st.integers(0, 3_000))
def test_any_size_is_met_exactly_and_is_utf_8(family: str, size: int) -> None:
    made = text(family, size)
    assert len(made) == size
    assert made.encode("utf-8").decode("utf-8") == made


@given(
    family=st.sampled_from([name for name in FAMILIES if name != "brackets"]),
    size=st.integers(0, 2_000),
    more=st.integers(0, 2_000),
)
def test_a_longer_text_goes_on_from_a_shorter_one(family: str, size: int, more: int) -> None:
    assert text(family, size + more).startswith(text(family, size))


def test_the_seed_does_not_depend_on_the_process(process: Callable[..., Any], tmp_path: Path) -> None:
    program = "from assay_corpora.adversarial import PIECES, text\nprint(ascii([text(name, 99) for name in PIECES]))"
    for seed in ("1", "2"):
        ran = process([sys.executable, "-c", program], cwd=tmp_path, env={"PYTHONHASHSEED": seed})
        assert ran.stdout == ascii([text(name, 99) for name in PIECES]) + "\n"


def test_brackets_nest_and_close() -> None:
    partners = dict(zip(")]}>\u00bb\u300d", "([{<\u00ab\u300c", strict=True))
    opened: list[str] = []
    deepest = 0
    for char in text("brackets", 2_000):
        if char in partners:
            assert opened.pop() == partners[char]
        else:
            opened.append(char)
            deepest = max(deepest, len(opened))
    assert (opened, deepest) == ([], 1_000)


def test_each_family_is_what_it_says() -> None:
    made = {family: text(family, 4_000) for family in FAMILIES}
    assert set(made["one-character"]) == {"a"}
    assert set(made["nul"]) == {"\0"}
    assert made["white-space"].isspace()
    assert len(set(made["white-space"])) == 10
    assert made["digits"].isdecimal()
    assert made["no-spaces"].isalpha()
    assert "\ufffd" in made["bytes"]
    assert sum(unicodedata.combining(char) > 0 for char in made["combining-marks"]) > 3_000
    assert all(char in made["emoji"] for char in "\u200d\ufe0f\U0001f3fd")
    assert any("\U0001f1e6" <= char <= "\U0001f1ff" for char in made["emoji"])


def test_scripts_change_nearly_every_time() -> None:
    names = [unicodedata.name(char).split()[0] for char in text("scripts", 4_000)]
    changes = sum(before != after for before, after in pairwise(names))
    assert len(set(names)) == 14
    assert changes > 3_600
