"""Texts of the lengths at which speed is measured: lines, paragraphs, pages, each drawn without replacement."""

from __future__ import annotations

import random
import re
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from time import perf_counter, process_time

from assay.records.results import Metrics

SIZE = 1 << 16
PAGE = 3_000
SEED = 9
FEWEST = 100


def lengths(texts: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """Cut documents into lines, paragraphs (between blank lines) and pages (lines up to 3,000 characters).

    Of each kind, pieces are drawn at random without replacement until they hold 64 KiB of characters, or
    all of them are taken; white space at a border stays with the piece before it, so that all pieces of a
    document together are the document.
    """
    return {
        "line": _drawn(piece for text in texts for piece in text.splitlines(keepends=True)),
        "paragraph": _drawn(piece for text in texts for piece in re.split(r"(?<=\n\n)(?=[^\n])", text)),
        "page": _drawn(piece for text in texts for piece in _pages(text)),
    }


def _drawn(pieces: Iterator[str]) -> tuple[str, ...]:
    pool = [piece for piece in pieces if piece.strip()]
    random.Random(SEED).shuffle(pool)
    chosen, size = [], 0
    for piece in pool:
        if size >= SIZE:
            break
        chosen.append(piece)
        size += len(piece)
    return tuple(chosen)


def _pages(text: str) -> Iterator[str]:
    page = ""
    for line in text.splitlines(keepends=True):
        if page and len(page) + len(line) > PAGE:
            yield page
            page = ""
        page += line
    yield page


def latency(encode: Callable[[str], object], texts: Sequence[str]) -> Metrics:
    """Time each text once by itself: the median and the 99th percentile, which takes at least 100 texts.

    By CPU time, and by wall time beside it.
    """
    walls, cpus = [], []
    for text in texts:
        wall, cpu = perf_counter(), process_time()
        encode(text)
        cpus.append(process_time() - cpu)
        walls.append(perf_counter() - wall)
    if len(texts) < FEWEST:
        return Metrics()
    return Metrics(
        latency_p50_seconds=statistics.median(cpus),
        latency_p99_seconds=statistics.quantiles(cpus, n=100)[98],
        latency_p50_wall_seconds=statistics.median(walls),
        latency_p99_wall_seconds=statistics.quantiles(walls, n=100)[98],
    )
