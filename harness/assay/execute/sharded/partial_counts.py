"""What one tokenizer came to on some documents, in a form that adds up: in any order, in any grouping, the same."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import reduce
from typing import Any

from assay.errors import WrongOutput
from assay.tokenizer.metrics import COUNTED, Total, Vocabulary

HEAPS = 200
WHOLE = 1 << 256
KEPT_BITS = 8  # of the length of a document: what is beyond is cut off, less than 1 in 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first document whose text did not come back, and what of it."""

    shard: str
    document: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeableCounts:
    """The counts of some documents.

    `heaps` are sums over documents that chance dealt into 200 heaps, for intervals. `used` is how often each id was
    given; `lengths` how many documents have so many tokens, of which only the first 8 binary digits are kept.
    `digest` is the sum of the sha256 of the ids of each document, modulo 2**256. `changed` documents did not come back
    from decoding, the `first` of them is told. `bad` counts what was no UTF-8, `whole` documents that should have been
    cut and could not be, `squares` the squares of the documents' bytes. `seen` documents of `seen_size` bytes were read
    to draw these.
    """

    vocabulary: Vocabulary
    heaps: Mapping[int, Total] = field(default_factory=dict)
    used: Mapping[int, int] = field(default_factory=dict)
    lengths: Mapping[int, int] = field(default_factory=dict)
    digest: int = 0
    changed: int = 0
    first: Difference | None = None
    bad: int = 0
    whole: int = 0
    squares: int = 0
    seen: int = 0
    seen_size: int = 0

    @property
    def total(self) -> Total:
        """The counts over all documents."""
        return reduce(Total.__add__, self.heaps.values(), Total())

    @property
    def ids_sum(self) -> str:
        """The digest as 64 hexadecimal digits."""
        return f"{self.digest:064x}"

    def __add__(self, other: MergeableCounts) -> MergeableCounts:
        """Add what another part came to; raise `WrongOutput` where that had another vocabulary."""
        if self.vocabulary != other.vocabulary:
            ours, theirs = self.vocabulary.size, other.vocabulary.size
            raise WrongOutput(f"its vocabulary has {ours} ids in one process, {theirs} in another")
        heaps = {
            heap: self.heaps.get(heap, Total()) + other.heaps.get(heap, Total()) for heap in {*self.heaps, *other.heaps}
        }
        numbers = {name: getattr(self, name) + getattr(other, name) for name in NUMBERS}
        return MergeableCounts(
            vocabulary=self.vocabulary,
            heaps=heaps,
            used=Counter(self.used) + Counter(other.used),
            lengths=Counter(self.lengths) + Counter(other.lengths),
            digest=(self.digest + other.digest) % WHOLE,
            first=min(filter(None, (self.first, other.first)), key=_place, default=None),
            **numbers,
        )


NUMBERS = ("changed", "bad", "whole", "squares", "seen", "seen_size")


def unseen(part: MergeableCounts) -> MergeableCounts:
    """Give a part without what was read to draw it: of one that adds to a sample, it is known already."""
    return replace(part, seen=0, seen_size=0)


def bucket(tokens: int) -> int:
    """Cut a length down to its first 8 binary digits."""
    spare = max(0, tokens.bit_length() - KEPT_BITS)
    return tokens >> spare << spare


def quantile(lengths: Mapping[int, int], share: float) -> int:
    """Give the length that this share of documents does not exceed (nearest rank), less than 1 in 128 too low."""
    left = max(1, -int(-share * sum(lengths.values()) // 1))
    for length in sorted(lengths):
        left -= lengths[length]
        if left <= 0:
            return length
    return 0


def partial_to_json(part: MergeableCounts) -> dict[str, object]:
    """Write a part as a JSON object, the same for equal parts."""
    return {
        "vocabulary": asdict(part.vocabulary),
        "heaps": {str(heap): [getattr(part.heaps[heap], name) for name in COUNTED] for heap in sorted(part.heaps)},
        "used": {str(token): part.used[token] for token in sorted(part.used)},
        "lengths": {str(length): part.lengths[length] for length in sorted(part.lengths)},
        "digest": part.ids_sum,
        "first": None if part.first is None else asdict(part.first),
        **{name: getattr(part, name) for name in NUMBERS},
    }


def partial_from_json(content: Mapping[str, Any]) -> MergeableCounts:
    """Read a part."""
    first = content["first"]
    return MergeableCounts(
        vocabulary=Vocabulary(**content["vocabulary"]),
        heaps={
            int(heap): Total(**dict(zip(COUNTED, values, strict=True))) for heap, values in content["heaps"].items()
        },
        used={int(token): count for token, count in content["used"].items()},
        lengths={int(length): count for length, count in content["lengths"].items()},
        digest=int(content["digest"], 16),
        first=None if first is None else Difference(**first),
        **{name: content[name] for name in NUMBERS},
    )


def same(ours: MergeableCounts, theirs: MergeableCounts) -> bool:
    """Whether two parts are the same, to the last bit."""
    return json.dumps(partial_to_json(ours)) == json.dumps(partial_to_json(theirs))


def _place(difference: Difference) -> tuple[str, int, str]:
    return difference.shard, difference.document, difference.what
