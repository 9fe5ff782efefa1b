"""The limits: each text is what its name says, and the same on every machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.corpus.loading import load
from assay.plugins.types import EDGE_CASE
from assay.records.text import is_utf8
from assay_corpora.limits import BERT_SPECIALS, LIMITS, MEGABYTE, SPECIALS, documents


def texts(limit: str) -> dict[str, str]:
    return {document.id: document.text for document in documents(limit)}


@pytest.mark.long
def test_every_limit_is_a_corpus_and_every_corpus_of_the_kind_a_limit() -> None:
    host = assay.discover()
    found = {corpus.name: corpus for corpus in host.every(assay.CorpusPlugin) if corpus.kind == EDGE_CASE}
    assert set(found) == {f"limit-{limit}" for limit in LIMITS}
    for name, corpus in found.items():
        assert load(corpus) == tuple(documents(name.removeprefix("limit-")))


def test_empty_is_one_document_without_text() -> None:
    assert list(texts("empty").values()) == [""]


def test_a_nul_stands_everywhere() -> None:
    found = texts("nul")
    assert found["first"][0] == found["last"][-1] == found["alone"] == "\0"
    assert all("\0" in text for text in found.values())


def test_no_text_of_the_surrogates_has_utf_8_and_every_other_text_does() -> None:
    assert {limit: {is_utf8(text) for text in texts(limit).values()} for limit in LIMITS} == {
        limit: {limit != "surrogates"} for limit in LIMITS
    }


@pytest.mark.long
def test_unbroken_is_a_megabyte_of_letters_in_which_no_dozen_comes_twice() -> None:
    (text,) = texts("unbroken").values()
    assert len(text.encode("ascii")) == MEGABYTE == 1_000_000
    assert text.isalpha()
    assert len({text[at : at + 12] for at in range(len(text) - 11)}) == len(text) - 11


def test_spaces_are_a_megabyte_too() -> None:
    (text,) = texts("spaces").values()
    assert text == " " * MEGABYTE


def test_every_special_token_stands_alone_and_within_words() -> None:
    found = texts("specials")
    for token in (*SPECIALS, *BERT_SPECIALS):
        assert found[f"alone {token}"] == token
        assert f"before{token}after" in found[f"within {token}"]


@pytest.mark.long
def test_every_code_point_stands_once() -> None:
    (text,) = texts("code-points").values()
    assert len(text) == len(set(text)) == sys.maxunicode + 1 - 2048
    assert list(text) == sorted(text)


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_letters_do_not_depend_on_the_process(process: Callable[..., Any], tmp_path: Path, seed: str) -> None:
    program = "from assay_corpora.limits import documents\nprint(next(documents('unbroken')).text[-99:])"
    ran = process([sys.executable, "-c", program], cwd=tmp_path, env={"PYTHONHASHSEED": seed})
    assert ran.stdout == texts("unbroken")["letters"][-99:] + "\n"
