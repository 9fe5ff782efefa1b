"""The corpora that come with Assay: their texts and their manifests."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import pytest

import assay
import assay_corpora
from assay.corpus import load

ROOT = Path(assay_corpora.__file__).parent
FIELDS = {"name", "title", "author", "summary", "licence", "source", "sha256", "text", "language", "kind"}


@pytest.fixture(scope="module")
def host() -> assay.Host:
    return assay.discover()


def test_the_verdict(host: assay.Host) -> None:
    corpus = host.one(assay.CorpusPlugin, "the-verdict")
    (document,) = load(corpus)
    content = document.text.encode("ascii")
    assert len(document.text) == len(content) == 20_479
    assert corpus.sha256 == hashlib.sha256(content).hexdigest()
    assert corpus.sha256 == "b41e41a68f0398a3154ae69e2e4c0e2694e17fe0d66730536837f1b01935b31f"
    assert document.text.startswith("I HAD always thought")
    assert not document.text.endswith("\n")


def test_the_verdict_says_whose_it_is(host: assay.Host) -> None:
    corpus = host.one(assay.CorpusPlugin, "the-verdict")
    assert (corpus.title, corpus.author, corpus.language, corpus.kind) == (
        "The Verdict",
        "Edith Wharton",
        "en",
        "prose",
    )
    assert "public domain" in corpus.licence
    assert "1908" in corpus.source


def test_every_folder_is_announced() -> None:
    assert {path.parent.name for path in ROOT.glob("*/corpus.toml")} == set(assay_corpora.FOLDERS)


@pytest.mark.parametrize("folder", assay_corpora.FOLDERS)
def test_the_manifest_is_complete_and_announced_as_it_stands(host: assay.Host, folder: str) -> None:
    manifest = tomllib.loads((ROOT / folder / "corpus.toml").read_text("utf-8"))
    assert set(manifest) == FIELDS
    assert all(isinstance(value, str) and value.strip() for value in manifest.values())
    corpus = host.one(assay.CorpusPlugin, manifest["name"])
    assert {name: getattr(corpus, name) for name in FIELDS - {"text"}} == {
        name: manifest[name] for name in FIELDS - {"text"}
    }


@pytest.mark.parametrize("folder", assay_corpora.FOLDERS)
def test_the_text_is_what_the_manifest_promises(folder: str) -> None:
    manifest = tomllib.loads((ROOT / folder / "corpus.toml").read_text("utf-8"))
    content = (ROOT / folder / manifest["text"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == manifest["sha256"]
