"""The corpora that come with Assay: their texts and their manifests."""

from __future__ import annotations

import hashlib
import platform
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import assay
import assay_corpora
from assay.corpus.loading import load

ROOT = Path(assay_corpora.__file__).parent
FIELDS = {"name", "title", "author", "summary", "license", "source", "language", "kind"}
OPTIONAL = {"sha256", "texts", "packages", "arguments"}


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
    assert "public domain" in corpus.license
    assert "1908" in corpus.source


def test_every_folder_is_announced() -> None:
    assert {path.parent.name for path in ROOT.glob("*/corpus.toml")} == set(assay_corpora.FOLDERS)


def manifests() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every corpus's folder and its part of the manifest, with what it shares with others."""
    for folder in assay_corpora.FOLDERS:
        shared = tomllib.loads((ROOT / folder / "corpus.toml").read_text("utf-8"))
        for own in shared.pop("corpora", [{}]):
            yield folder, shared | own


CORPORA = {manifest["name"]: (folder, manifest) for folder, manifest in manifests()}


def test_the_names_are_different(host: assay.Host) -> None:
    assert len(CORPORA) == len(list(manifests()))
    assert set(CORPORA) <= {corpus.name for corpus in host.every(assay.CorpusPlugin)}


@pytest.mark.parametrize("name", CORPORA)
def test_the_manifest_is_complete_and_announced_as_it_stands(host: assay.Host, name: str) -> None:
    _, manifest = CORPORA[name]
    assert manifest.keys() - OPTIONAL == FIELDS
    assert all(isinstance(manifest[field], str) and manifest[field].strip() for field in FIELDS)
    assert all("\n" not in manifest[field] and len(manifest[field]) < 150 for field in FIELDS)
    corpus = host.one(assay.CorpusPlugin, name)
    same = FIELDS - {"source"}
    assert {field: getattr(corpus, field) for field in same} == {field: manifest[field] for field in same}
    assert corpus.sha256 == manifest.get("sha256")


@pytest.mark.parametrize("name", sorted(CORPORA.keys() - {"python-stdlib"}))
def test_every_corpus_that_does_not_vary_has_a_hash(name: str) -> None:
    assert re.fullmatch("[0-9a-f]{64}", CORPORA[name][1]["sha256"])


@pytest.mark.parametrize("name", [name for name, (_, manifest) in CORPORA.items() if "packages" not in manifest])
def test_what_comes_with_assay_is_what_its_manifest_promises(host: assay.Host, name: str) -> None:
    documents = load(host.one(assay.CorpusPlugin, name))
    assert len({document.id for document in documents}) == len(documents)


def test_every_committed_text_is_named() -> None:
    for folder, manifest in CORPORA.values():
        lying = {path.name for path in (ROOT / folder).glob("*.txt")}
        assert lying - {"LICENSE.txt"} == set(manifest.get("texts", {}))


def test_one_file_has_one_hash() -> None:
    pinned = {
        (package["file"], package["version"], package["sha256"])
        for _, manifest in CORPORA.values()
        for package in manifest.get("packages", ())
    }
    assert len({file for file, *_ in pinned}) == len(pinned)
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for *_, digest in pinned)


def test_many_languages_is_small_free_and_says_its_languages(host: assay.Host) -> None:
    corpus = host.one(assay.CorpusPlugin, "many-languages")
    documents = load(corpus)
    assert len({document.language for document in documents}) == len(documents) == 13
    assert sum(len(document.text.encode()) for document in documents) < 40_000
    assert "Apache-2.0" in corpus.license
    assert "Apache License" in (ROOT / "many_languages" / "LICENSE.txt").read_text("utf-8")


def test_the_standard_library_is_a_bounded_sample_and_names_its_python(host: assay.Host) -> None:
    corpus = host.one(assay.CorpusPlugin, "python-stdlib")
    documents = load(corpus)
    assert corpus.sha256 is None
    assert 500_000 < sum(len(document.text) for document in documents) <= 1_000_000
    assert platform.python_version() in corpus.source
    assert {document.id.split("/")[0] for document in documents} == {platform.python_version()}
    assert documents == load(corpus)
