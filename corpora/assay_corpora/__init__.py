"""The corpora that come with Assay: one folder each, with a manifest and either its texts or what reads them.

A manifest `corpus.toml` says whose the text is. `[texts]` names files of the folder and their languages;
`[[packages]]` pins what `assay data fetch` brings, for the function `documents` of the folder to read; with
neither, that function makes the text. `[[corpora]]` announces several corpora that share the rest.
"""

from __future__ import annotations

import platform
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib import resources
from typing import Any

import assay
from assay_corpora.package import Package
from assay_corpora.packed import Packed

FOLDERS = (
    "the_verdict",
    "many_languages",
    "udhr",
    "shakespeare",
    "bible",
    "prose_10mb",
    "python_stdlib",
    "chat",
    "commonmark",
    "naughty_strings",
    "adversarial",
    "limits",
)
assay_hooks = 3  # the version of the hooks that this is written for


@assay.hookimpl
def assay_corpora() -> Iterator[assay.CorpusPlugin]:
    """Announce the corpora of every folder's `corpus.toml`."""
    for folder in FOLDERS:
        shared = tomllib.loads(resources.files(__name__).joinpath(folder, "corpus.toml").read_text("utf-8"))
        for own in shared.pop("corpora", [{}]):
            yield _corpus(folder, shared | own)


def _corpus(folder: str, manifest: Mapping[str, Any]) -> assay.CorpusPlugin:
    documents = _documents(folder, manifest)
    return assay.CorpusPlugin(
        name=manifest["name"],
        summary=manifest["summary"],
        license=manifest["license"],
        missing=documents.missing if isinstance(documents, Packed) else None,
        documents=documents,
        sha256=manifest.get("sha256"),
        title=manifest["title"],
        author=manifest["author"],
        # A text that varies with Python says which one it is.
        source=manifest["source"].replace("{python}", platform.python_version()),
        language=manifest["language"],
        kind=manifest["kind"],
    )


def _documents(folder: str, manifest: Mapping[str, Any]) -> Callable[[], Iterator[assay.Document]]:
    if "texts" in manifest:
        return partial(_texts, folder, manifest["texts"])
    read, arguments = assay.lazy(f"{__name__}.{folder}:documents"), manifest.get("arguments", {})
    if "packages" not in manifest:
        return partial(read, **arguments)
    packages = tuple(Package(**package) for package in manifest["packages"])
    return Packed(corpus=manifest["name"], packages=packages, read=read, arguments=arguments)


def _texts(folder: str, texts: Mapping[str, str]) -> Iterator[assay.Document]:
    for file, language in texts.items():
        content = resources.files(__name__).joinpath(folder, file).read_bytes()
        yield assay.Document(text=content.decode("utf-8"), id=file, language=language)
