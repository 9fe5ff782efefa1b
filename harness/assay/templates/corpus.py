"""A corpus for Assay; put your own in the place of this one."""

from collections.abc import Iterator

import assay

assay_hooks = 3  # the version of the hooks that this is written for

TEXTS = ("A document is a text.", "It has an id, which no other has.")


def documents() -> Iterator[assay.Document]:
    for number, text in enumerate(TEXTS):
        yield assay.Document(text=text, id=str(number), language="en")


@assay.hookimpl
def assay_corpora() -> Iterator[assay.CorpusPlugin]:
    yield assay.CorpusPlugin(
        name="$name",
        summary="two documents",
        license="MIT",
        documents=documents,
        sha256=None,  # `assay conform` tells it; then no other text passes for this
        title="Two documents",
        author="you",
        source="this module",
        language="en",
        kind="prose",
    )
