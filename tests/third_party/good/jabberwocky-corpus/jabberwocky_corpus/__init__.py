"""A corpus: one poem, as a file of the package."""

from __future__ import annotations

from importlib import resources

import assay

assay_hooks = 1


def documents():
    text = (resources.files(__name__) / "jabberwocky.txt").read_text("utf-8")
    yield assay.Document(text=text, id="jabberwocky", language="en")


@assay.hookimpl
def assay_corpora():
    yield assay.CorpusPlugin(
        name="jabberwocky",
        summary="a poem whose words no training text has",
        license="public domain",
        documents=documents,
        sha256="6e992f7259fcd1d9199cab4663e84e6a1e6a6f69bc66d44425df196aa054f4e7",
        title="Jabberwocky",
        author="Lewis Carroll",
        source="Through the Looking-Glass, London 1871",
        language="en",
        kind="verse",
    )
