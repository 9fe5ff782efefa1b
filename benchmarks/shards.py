"""Makes a corpus of shards of any size from texts that may be used: documents of many lengths, the same for a seed.

python -m benchmarks.shards FOLDER --size 1GB --shards 64

The texts are passages of `prose-10mb` (fetched by `assay data fetch`), so that 1 GB has each passage about a hundred
times, in other company each time: right for counts and for their cost, not for what a language is like.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import click

import assay
from assay.cli.options import size as parse_size
from assay.corpus.loading import load

CORPUS = "prose-10mb"
PARAGRAPH = re.compile(r"\n\s*\n")
MEDIAN, SPREAD = 1_500.0, 1.0  # of the lognormal length of a document, in characters
LEAST = 40


@click.command(help=(__doc__ or "").partition("\n")[0])
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--size", "size_bytes", default="1GB", show_default=True, callback=parse_size, help="Of all shards.")
@click.option("--shards", type=click.IntRange(1), default=64, show_default=True)
@click.option("--corpus", default=CORPUS, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
def main(folder: Path, size_bytes: int, shards: int, corpus: str, seed: int) -> None:
    """Write shards of JSON Lines into a new folder."""
    make(folder, text_of(corpus), size_bytes, shards, seed)


def text_of(corpus: str) -> str:
    """Give the whole text of a corpus; raise `assay.AssayError` where it is not here."""
    host = assay.discover()
    plugin = host.one(assay.CorpusPlugin, corpus)
    missing = host.missing(plugin)
    if missing is not None:
        raise assay.AssayError(f"the corpus {corpus} {missing.what}", remedy=missing.remedy)
    return "\n\n".join(document.text for document in load(plugin))


def make(folder: Path, text: str, size: int, shards: int, seed: int = 0) -> None:
    """Write so many shards of about equal size, `size` bytes in all; each by its own seed, whatever the others."""
    folder.mkdir(parents=True)
    for number in range(shards):
        written = 0
        with (folder / f"{number:04d}.jsonl").open("wb") as file:
            for document in documents(text, random.Random(f"{seed}/{number}")):
                line = json.dumps({"text": document}, ensure_ascii=False).encode() + b"\n"
                if written + len(line) > size / shards:
                    break
                file.write(line)
                written += len(line)


def documents(text: str, chance: random.Random) -> Iterator[str]:
    """Cut documents out of a text without end: paragraphs in a row, from a place and of a length that chance gives."""
    starts = [0, *(match.end() for match in PARAGRAPH.finditer(text))]
    while True:
        start = chance.choice(starts)
        length = max(LEAST, int(chance.lognormvariate(0.0, SPREAD) * MEDIAN))
        end = text.find("\n", start + length)
        yield text[start : end if end > 0 else len(text)].strip() or "."


if __name__ == "__main__":
    main()
