"""Real vocabularies read as files, id by id against the library that each is from."""

from __future__ import annotations

import os
import unicodedata
from itertools import chain
from pathlib import Path

import pytest

import assay
from assay.corpus.loading import find, load
from assay.plugins.tokenizer_files import add_sources
from assay.tokenizer.fuzzing import strings
from vocabulary_files import VOCABULARIES

FUZZ = 40_000 if os.environ.get("ASSAY_FULL") else 2_000
SEED = 2_026
LOSSY = {"minilm", "minilm-vocab", "clip", "qwen", "qwen3.6"}


def texts(host: assay.Host) -> list[str]:
    """Those of The Verdict and of many languages, and of the Declaration of Human Rights where it was fetched."""
    corpora = [host.one(assay.CorpusPlugin, name) for name in ("the-verdict", "many-languages", "udhr")]
    return [each.text for corpus in corpora if host.missing(corpus) is None for each in load(find(host, corpus.name))]


@pytest.mark.long
@pytest.mark.parametrize("name", VOCABULARIES)
def test_ids_are_those_of_the_vocabularys_own_library(name: str, tmp_path: Path) -> None:
    vocabulary = VOCABULARIES[name]
    source, own = vocabulary.source(tmp_path), vocabulary.own(tmp_path)
    host = assay.discover(timeout_s=None)
    file = add_sources(host, [f"it={source}"])[f"it={source}"]
    plugin = host.one(assay.TokenizerPlugin, file.name)
    if (missing := host.missing(plugin)) is not None:
        pytest.skip(f"{missing.what}: {missing.remedy}")
    built = plugin.build("")
    lossy = 0
    for text in chain(texts(host), strings(FUZZ, SEED)):
        if not vocabulary.unassigned and any(unicodedata.category(char) in ("Cn", "Co") for char in text):
            continue
        ids = list(built.encode(text))
        assert ids == own(text), text
        assert max(ids, default=0) < built.vocab_size
        joined = b"".join(built.token_bytes(token) for token in ids if token != built.unk_id)  # type: ignore[attr-defined]
        if name not in LOSSY and "\u2581" not in text:  # which is how SentencePiece writes a space
            assert joined in (text.encode(), b" " + text.encode()), text
            lossy += built.decode(ids) != text
    assert lossy == 0
