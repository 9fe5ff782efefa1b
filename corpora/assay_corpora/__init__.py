"""The corpora that come with Assay: one folder each, with a manifest and, where it may be committed, the text."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import partial
from importlib import resources

import assay

FOLDERS = ("the_verdict",)


@assay.hookimpl
def assay_corpora() -> Iterator[assay.CorpusPlugin]:
    """Announce one corpus for each folder's `corpus.toml`."""
    for folder in FOLDERS:
        manifest = tomllib.loads(resources.files(__name__).joinpath(folder, "corpus.toml").read_text("utf-8"))
        yield assay.CorpusPlugin(
            name=manifest["name"],
            summary=manifest["summary"],
            licence=manifest["licence"],
            documents=partial(_documents, folder, manifest["text"], manifest["language"]),
            sha256=manifest["sha256"],
            title=manifest["title"],
            author=manifest["author"],
            source=manifest["source"],
            language=manifest["language"],
            kind=manifest["kind"],
        )


def _documents(folder: str, text: str, language: str) -> Iterator[assay.Document]:
    content = resources.files(__name__).joinpath(folder, text).read_bytes()
    yield assay.Document(text=content.decode("utf-8"), id=text, language=language)
