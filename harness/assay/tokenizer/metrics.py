"""The exact metrics of a tokenizer on the documents of a corpus: its counts, and the ratios of them."""

from __future__ import annotations

import hashlib
import math
import re
import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import accumulate, repeat

from assay.plugins.types import Document, TokenBytes, Tokenizer
from assay.records.metric_catalogue import LANGUAGE
from assay.records.results import Metrics, Value
from assay.stats.bootstrap import ratio_interval
from assay.tokenizer.answers import as_bytes, special_ids, unknown_id, vocabulary_size
from assay.tokenizer.words import spaceless, word_spans

ALPHA = 2.5
SPACELESS_MOST = 0.01
LARGEST_VOCABULARY = 1 << 21
ENGLISH = ("en", "eng")


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The counts of some documents, which add up; `size` is their bytes.

    `covered` is how many of them consist of the bytes of their tokens; only of these `continued` words are known.
    """

    documents: int = 0
    characters: int = 0
    size: int = 0
    spaceless: int = 0
    words: int = 0
    continued: int = 0
    covered: int = 0
    tokens: int = 0
    unknown: int = 0

    def __add__(self, other: Total) -> Total:
        return Total(**{name: getattr(self, name) + getattr(other, name) for name in COUNTED})


COUNTED = tuple(field.name for field in fields(Total))


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The `size` of a vocabulary and, where the tokenizer tells, how many ids are assigned, and to special tokens.

    None where it is not known.
    """

    size: int | None
    assigned: int | None = None
    special: int | None = None


def token_counts(
    documents: Sequence[Document], ids: Sequence[Sequence[int]], tokenizer: Tokenizer, *, parallel: bool = False
) -> Metrics:
    """Count one tokenizer's ids of some documents, each encoded by itself; `parallel` ones say the same.

    A figure that the documents or the tokenizer cannot give is left out. Raises `WrongOutput` where
    `token_bytes` gives something else than bytes.
    """
    used = Counter(token for document in ids for token in document)
    known, unknown = dict(bytes_of(tokenizer, used)), unknown_id(tokenizer)
    tallies = [tally(document.text, tokens, unknown, known) for document, tokens in zip(documents, ids, strict=True)]
    total = sum(tallies, Total())
    by_language = [
        (document.language, each)
        for document, each in zip(documents, tallies, strict=True)
        if document.language is not None and re.fullmatch(LANGUAGE, document.language)
    ]
    return (
        vocabulary_figures(vocabulary_of(tokenizer), used)
        | sums(total)
        | intervals(tallies, total)
        | dict(_languages(by_language, parallel=parallel))
        | {"ids_sha256": ids_digest(ids)}
    )


def compression(ours: Metrics, baseline: Metrics) -> Metrics:
    """The bytes per token over those of the baseline on the same documents; above 1 is fewer tokens."""
    own, other = (float(metrics.get("bytes_per_token", 0.0)) for metrics in (ours, baseline))
    return Metrics(compression=own / other if own and other else None)


def renyi_entropy(counts: Iterable[int], alpha: float = ALPHA) -> float:
    """Return the Rényi entropy of a distribution of positive counts, in bits: log2 Σ p^alpha / (1 - alpha).

    Source: Zouhar et al. 2023, Tokenization and the Noiseless Channel, ACL. `alpha` is not 1.
    """
    counts = tuple(counts)
    total = sum(counts)
    return math.log2(math.fsum((count / total) ** alpha for count in counts)) / (1.0 - alpha)


def ids_digest(documents: Iterable[Sequence[int]]) -> str:
    """Return the sha256 of all ids in order, each as a 64-bit little-endian integer."""
    hasher = hashlib.sha256()
    for ids in documents:
        hasher.update(packed(ids))
    return hasher.hexdigest()


def packed(ids: Sequence[int]) -> bytes:
    """Write ids as 64-bit little-endian integers."""
    numbers = array("q", list(ids))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def bytes_of(tokenizer: Tokenizer, tokens: Iterable[int]) -> Iterator[tuple[int, bytes]]:
    """Yield the ids that are assigned, each with its bytes; none where the tokenizer has no `token_bytes`."""
    if not isinstance(tokenizer, TokenBytes):
        return
    for token in tokens:
        try:
            content = tokenizer.token_bytes(token)
        except KeyError:
            continue
        yield token, as_bytes(content)


def tally(
    text: str,
    ids: Sequence[int],
    unknown: int | None,
    token_bytes: Mapping[int, bytes],
    spans: Sequence[tuple[int, int]] | None = None,
) -> Total:
    """Count one document; `token_bytes` are those of its tokens, as far as they are known, `spans` its words.

    A space that the tokens have before the text is not part of it.
    """
    content = text.encode("utf-8", "surrogatepass")
    spans = word_spans(text) if spans is None else spans
    cover = list(map(token_bytes.get, ids, repeat(b"")))
    joined = b"".join(cover)
    if joined == b" " + content:  # some tokenizers put a space before each text
        first = next(place for place, part in enumerate(cover) if part)
        cover[first], joined = cover[first][1:], content
    covered = joined == content
    return Total(
        documents=1,
        characters=len(text),
        size=len(content),
        spaceless=spaceless(text),
        words=len(spans),
        continued=_continued(content, spans, cover) if covered else 0,
        covered=int(covered),
        tokens=len(ids),
        unknown=0 if unknown is None else list(ids).count(unknown),
    )


def _continued(content: bytes, words: Sequence[tuple[int, int]], tokens: Iterable[bytes]) -> int:
    """How many words have a border between two tokens inside."""
    borders = bytearray(len(content) + 1)
    for border in accumulate(map(len, tokens)):
        borders[border] = 1
    starts: Sequence[int] = range(len(content) + 1)
    if not content.isascii():
        starts = [place for place, byte in enumerate(content) if byte & 0xC0 != 0x80]
        starts.append(len(content))
    return sum(borders.find(1, starts[start] + 1, starts[end]) >= 0 for start, end in words)


def vocabulary_of(tokenizer: Tokenizer) -> Vocabulary:
    """Count a vocabulary; its ids are tried one by one, up to two million."""
    size = vocabulary_size(tokenizer)
    tells = size is not None and isinstance(tokenizer, TokenBytes) and size <= LARGEST_VOCABULARY
    specials = special_ids(tokenizer)
    return Vocabulary(
        size=size,
        assigned=sum(1 for _ in bytes_of(tokenizer, range(size or 0))) if tells else None,
        special=None if specials is None else len(set(specials.values())),
    )


def vocabulary_figures(vocabulary: Vocabulary, used: Mapping[int, int]) -> Metrics:
    """Return the figures of a vocabulary, and of how much of it is used: how often each id."""
    entropy, size = renyi_entropy(used.values()) if len(used) > 1 else None, vocabulary.size
    return Metrics(
        vocabulary_size=size,
        used_ids=len(used),
        assigned_ids=vocabulary.assigned,
        special_ids=vocabulary.special,
        vocabulary_utilisation=len(used) / size if used and size else None,
        renyi_efficiency_used=None if entropy is None else entropy / math.log2(len(used)),
        renyi_efficiency_nominal=None if entropy is None or not size else entropy / math.log2(size),
    )


def sums(total: Total) -> Metrics:
    """Return the counts over all documents, and their ratios."""
    words = total.words if _spaced(total) else None
    return Metrics(
        documents=total.documents,
        characters=total.characters,
        bytes=total.size,
        tokens=total.tokens,
        unknown_tokens=total.unknown,
        unknown_token_rate=_over(total.unknown, total.tokens),
        bytes_per_token=_over(total.size, total.tokens),
        characters_per_token=_over(total.characters, total.tokens),
        spaceless_share=_over(total.spaceless, total.characters),
        words=words,
        fertility=_over(total.tokens, words),
        continued_words=_over(total.continued, words if total.covered == total.documents else None),
    )


def _over(part: int, whole: int | None) -> float | None:
    return part / whole if whole else None


def _spaced(total: Total) -> bool:
    """Whether words can be counted: all but a hundredth of the characters are of scripts with spaces."""
    return total.spaceless <= SPACELESS_MOST * total.characters


def intervals(units: Sequence[Total], total: Total) -> Metrics:
    """Return the 95 % intervals of the ratios over documents, or over strata that documents were dealt into."""
    tokens = [unit.tokens for unit in units]
    ratios = [
        ("unknown_token_rate", [unit.unknown for unit in units], tokens),
        ("bytes_per_token", [unit.size for unit in units], tokens),
    ]
    if _spaced(total):
        ratios.append(("fertility", tokens, [unit.words for unit in units]))
    figures = Metrics()
    for name, numerators, denominators in ratios:
        interval = ratio_interval(numerators, denominators)
        if interval is not None:
            figures |= {f"{name}_low": interval.low, f"{name}_high": interval.high}
    return figures


def _languages(documents: Sequence[tuple[str, Total]], *, parallel: bool) -> Iterator[tuple[str, Value]]:
    """The tokens of each of several languages, and of parallel documents the parity to English."""
    numbers = Counter(language for language, _ in documents)
    tokens = {name: sum(each.tokens for language, each in documents if language == name) for name in numbers}
    if len(tokens) < 2:
        return
    yield from ((f"tokens_{language}", count) for language, count in tokens.items())
    english = next((name for name in tokens if name.partition("-")[0] in ENGLISH), None)
    if not parallel or english is None or not tokens[english]:
        return
    # A language that lacks a document, or has one more, does not say the same.
    parity = {name: count / tokens[english] for name, count in tokens.items() if numbers[name] == numbers[english]}
    yield from ((f"parity_{language}", value) for language, value in parity.items() if language != english)
    if len(parity) > 1:
        worst = max(parity, key=parity.__getitem__)
        yield "premium", parity[worst]
        yield "premium_language", worst
