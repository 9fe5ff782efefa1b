"""A corpus for Assay; put your own in the place of this one."""

from collections.abc import Iterator
from importlib import resources

import assay

assay_hooks = 3  # the version of the hooks that this is written for


def documents() -> Iterator[assay.Document]:
    file = resources.files(__name__) / "texts.txt"  # is in the wheel too
    for number, text in enumerate(file.read_text("utf-8").splitlines()):
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
        source="texts.txt of this project",
        language="en",
        kind="prose",
    )
