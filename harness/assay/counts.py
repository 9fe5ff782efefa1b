"""The exact figures of a tokenizer on the documents of a corpus: its counts, and what follows from them."""

from __future__ import annotations

import hashlib
import math
import operator
import re
import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from assay.bootstrap import ratio_interval
from assay.catalogue import LANGUAGE
from assay.contracts import Document, TokenBytes, Tokenizer
from assay.errors import GateFailed
from assay.records import Metric, Value
from assay.words import spaceless, word_spans

ALPHA = 2.5
SPACELESS_MOST = 0.01
LARGEST_VOCABULARY = 1 << 21
ENGLISH = ("en", "eng")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The counts of one document; `size` is its bytes.

    `continued` is None where the bytes of its tokens are not those of its text.
    """

    language: str | None
    characters: int
    size: int
    spaceless: int
    words: int
    continued: int | None
    tokens: int
    unknown: int


def token_counts(
    documents: Sequence[Document], ids: Sequence[Sequence[int]], tokenizer: Tokenizer, *, parallel: bool = False
) -> tuple[Metric, ...]:
    """Count one tokenizer's ids of some documents, each encoded by itself; `parallel` ones say the same.

    A figure that the documents or the tokenizer cannot give is left out. Raises `GateFailed` where
    `token_bytes` gives something else than bytes.
    """
    used = Counter(token for document in ids for token in document)
    tallies = _tallies(documents, ids, tokenizer.unk_id, dict(_bytes_of(tokenizer, used)))
    figures: dict[str, Value] = {
        **_vocabulary(tokenizer, used),
        **_sums(tallies),
        **dict(_intervals(tallies)),
        **dict(_languages(tallies, parallel=parallel)),
        "ids_sha256": ids_digest(ids),
    }
    return tuple(Metric(name=name, value=value) for name, value in figures.items())


def compression(ours: Iterable[Metric], baseline: Iterable[Metric]) -> tuple[Metric, ...]:
    """The bytes per token over those of the baseline on the same documents; above 1 is fewer tokens."""
    own, other = (
        next((float(metric.value) for metric in metrics if metric.name == "bytes_per_token"), 0.0)
        for metrics in (ours, baseline)
    )
    return (Metric(name="compression", value=own / other),) if own and other else ()


def renyi_entropy(counts: Iterable[int], alpha: float = ALPHA) -> float:
    """The Rényi entropy of a distribution, given by positive counts, in bits: log2 Σ p^alpha / (1 - alpha).

    Source: Zouhar et al. 2023, Tokenization and the Noiseless Channel, ACL. `alpha` is not 1.
    """
    counts = tuple(counts)
    total = sum(counts)
    return math.log2(math.fsum((count / total) ** alpha for count in counts)) / (1.0 - alpha)


def ids_digest(documents: Iterable[Sequence[int]]) -> str:
    """The sha256 of all ids in order, each as a 64-bit little-endian integer."""
    hasher = hashlib.sha256()
    for ids in documents:
        packed = array("q", list(ids))
        if sys.byteorder == "big":
            packed.byteswap()
        hasher.update(packed.tobytes())
    return hasher.hexdigest()


def _bytes_of(tokenizer: Tokenizer, tokens: Iterable[int]) -> Iterator[tuple[int, bytes]]:
    """The ids that are assigned, each with its bytes; none where the tokenizer does not tell."""
    if not isinstance(tokenizer, TokenBytes):
        return
    for token in tokens:
        try:
            content: object = tokenizer.token_bytes(token)
        except KeyError:
            continue
        if not isinstance(content, bytes):
            raise GateFailed(f"token_bytes gives {type(content).__name__}, not bytes")
        yield token, content


def _tallies(
    documents: Sequence[Document], ids: Sequence[Sequence[int]], unknown: int | None, pieces: Mapping[int, bytes]
) -> list[Tally]:
    tallies = []
    for document, tokens in zip(documents, ids, strict=True):
        content = document.text.encode("utf-8", "surrogatepass")
        spans = word_spans(document.text)
        covered = [pieces.get(token, b"") for token in tokens]
        tallies.append(
            Tally(
                language=document.language,
                characters=len(document.text),
                size=len(content),
                spaceless=spaceless(document.text),
                words=len(spans),
                continued=_continued(content, spans, covered) if b"".join(covered) == content else None,
                tokens=len(tokens),
                unknown=0 if unknown is None else list(tokens).count(unknown),
            )
        )
    return tallies


def _continued(content: bytes, words: Sequence[tuple[int, int]], pieces: Iterable[bytes]) -> int:
    """How many words have a border between two tokens inside."""
    borders = bytearray(len(content) + 1)
    for border in accumulate(map(len, pieces)):
        borders[border] = 1
    starts: Sequence[int] = range(len(content) + 1)
    if not content.isascii():
        starts = [place for place, byte in enumerate(content) if byte & 0xC0 != 0x80]
        starts.append(len(content))
    return sum(borders.find(1, starts[start] + 1, starts[end]) >= 0 for start, end in words)


def _vocabulary(tokenizer: Tokenizer, used: Mapping[int, int]) -> dict[str, Value]:
    """The vocabulary, and how much of it the documents use."""
    size = operator.index(tokenizer.vocab_size)
    figures: dict[str, Value] = {"vocabulary_size": size, "used_ids": len(used)}
    if isinstance(tokenizer, TokenBytes) and size <= LARGEST_VOCABULARY:
        figures["assigned_ids"] = sum(1 for _ in _bytes_of(tokenizer, range(size)))
    specials = getattr(tokenizer, "special_tokens", None)
    if isinstance(specials, Mapping):
        figures["special_ids"] = len(set(specials.values()))
    if used:
        figures["vocabulary_utilisation"] = len(used) / size
    if len(used) > 1:
        entropy = renyi_entropy(used.values())
        figures["renyi_efficiency_used"] = entropy / math.log2(len(used))
        figures["renyi_efficiency_nominal"] = entropy / math.log2(size)
    return figures


def _sums(tallies: Sequence[Tally]) -> dict[str, Value]:
    """The counts over all documents, and their ratios."""
    tokens = sum(tally.tokens for tally in tallies)
    unknown = sum(tally.unknown for tally in tallies)
    characters = sum(tally.characters for tally in tallies)
    size = sum(tally.size for tally in tallies)
    figures: dict[str, Value] = {
        "documents": len(tallies),
        "characters": characters,
        "bytes": size,
        "tokens": tokens,
        "unknown_tokens": unknown,
    }
    if tokens:
        figures["unknown_token_rate"] = unknown / tokens
        figures["bytes_per_token"] = size / tokens
        figures["characters_per_token"] = characters / tokens
    if characters:
        figures["spaceless_share"] = sum(tally.spaceless for tally in tallies) / characters
    if _spaced(tallies):
        words = sum(tally.words for tally in tallies)
        continued = [tally.continued for tally in tallies if tally.continued is not None]
        figures["words"] = words
        if words:
            figures["fertility"] = tokens / words
        if words and len(continued) == len(tallies):
            figures["continued_words"] = sum(continued) / words
    return figures


def _spaced(tallies: Sequence[Tally]) -> bool:
    """Whether words can be counted: all but a hundredth of the characters are of scripts with spaces."""
    characters = sum(tally.characters for tally in tallies)
    return sum(tally.spaceless for tally in tallies) <= SPACELESS_MOST * characters


def _intervals(tallies: Sequence[Tally]) -> Iterator[tuple[str, float]]:
    tokens = [tally.tokens for tally in tallies]
    ratios = [
        ("unknown_token_rate", [tally.unknown for tally in tallies], tokens),
        ("bytes_per_token", [tally.size for tally in tallies], tokens),
    ]
    if _spaced(tallies):
        ratios.append(("fertility", tokens, [tally.words for tally in tallies]))
    for name, numerators, denominators in ratios:
        interval = ratio_interval(numerators, denominators)
        if interval is not None:
            yield f"{name}_low", interval.low
            yield f"{name}_high", interval.high


def _languages(tallies: Sequence[Tally], *, parallel: bool) -> Iterator[tuple[str, Value]]:
    """The tokens of each of several languages, and of parallel documents the parity to English."""
    known = [tally for tally in tallies if tally.language is not None and re.fullmatch(LANGUAGE, tally.language)]
    documents = Counter(str(tally.language) for tally in known)
    tokens = {name: sum(tally.tokens for tally in known if tally.language == name) for name in documents}
    if len(tokens) < 2:
        return
    yield from ((f"tokens_{language}", count) for language, count in tokens.items())
    english = next((name for name in tokens if name.partition("-")[0] in ENGLISH), None)
    if not parallel or english is None or not tokens[english]:
        return
    # A language that lacks a document, or has one more, does not say the same.
    parity = {name: count / tokens[english] for name, count in tokens.items() if documents[name] == documents[english]}
    yield from ((f"parity_{language}", value) for language, value in parity.items() if language != english)
    if len(parity) > 1:
        worst = max(parity, key=parity.__getitem__)
        yield "premium", parity[worst]
        yield "premium_language", worst
