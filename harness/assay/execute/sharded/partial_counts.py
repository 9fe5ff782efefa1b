"""The counts of one tokenizer on some documents, in a form that adds up: in any order and grouping the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import reduce
from typing import Any

from assay.errors import WrongOutput
from assay.tokenizer.metrics import COUNTED, Total, Vocabulary

STRATA = 200
WHOLE = 1 << 256
KEPT_BITS = 8  # of the length of a document: what is beyond is cut off, less than 1 in 128


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Difference:
    """The first document whose text did not come back, and what of it."""

    shard: str
    document: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeableCounts:
    """The counts of some documents.

    `strata` are sums over documents that chance dealt into 200 bootstrap strata, for intervals. `used` is how often
    each id was given; `lengths` how many documents have so many tokens, of which only 8 binary digits are kept.
    `digest` is the sum of the sha256 of the ids of each document, modulo 2**256. `changed` documents did not come back
    from decoding, the `first` of them is told. `bad` counts what was no UTF-8, `whole` documents that should have been
    cut and could not be, `squares` the squares of the documents' bytes. `seen` documents of `seen_size` bytes were read
    to draw these, and `passed_over` were empty or null. Of `returnable` characters `returned` came back, and as many
    after the declared normalization.
    """

    vocabulary: Vocabulary
    strata: Mapping[int, Total] = field(default_factory=dict)
    used: Mapping[int, int] = field(default_factory=dict)
    lengths: Mapping[int, int] = field(default_factory=dict)
    digest: int = 0
    changed: int = 0
    first: Difference | None = None
    bad: int = 0
    whole: int = 0
    squares: int = 0
    returned: int = 0
    returnable: int = 0
    returned_normalized: int = 0
    returnable_normalized: int = 0
    seen: int = 0
    seen_size: int = 0
    passed_over: int = 0

    @property
    def total(self) -> Total:
        """The counts over all documents."""
        return reduce(Total.__add__, self.strata.values(), Total())

    @property
    def ids_sum(self) -> str:
        """The digest as 64 hexadecimal digits."""
        return f"{self.digest:064x}"

    def __add__(self, other: MergeableCounts) -> MergeableCounts:
        """Add another part; raise `WrongOutput` where that had another vocabulary."""
        if self.vocabulary != other.vocabulary:
            ours, theirs = self.vocabulary.size, other.vocabulary.size
            raise WrongOutput(f"its vocabulary has {ours} ids in one process, {theirs} in another")
        strata = {
            number: self.strata.get(number, Total()) + other.strata.get(number, Total())
            for number in {*self.strata, *other.strata}
        }
        numbers = {name: getattr(self, name) + getattr(other, name) for name in NUMBERS}
        return MergeableCounts(
            vocabulary=self.vocabulary,
            strata=strata,
            used=Counter(self.used) + Counter(other.used),
            lengths=Counter(self.lengths) + Counter(other.lengths),
            digest=(self.digest + other.digest) % WHOLE,
            first=min(filter(None, (self.first, other.first)), default=None),
            **numbers,
        )

    def to_plain(self) -> dict[str, object]:
        """Return them as JSON has them, the same for equal parts."""
        return {
            "vocabulary": asdict(self.vocabulary),
            "heaps": {str(key): [getattr(each, name) for name in COUNTED] for key, each in sorted(self.strata.items())},
            "used": {str(token): count for token, count in sorted(self.used.items())},
            "lengths": {str(length): count for length, count in sorted(self.lengths.items())},
            "digest": self.ids_sum,
            "first": None if self.first is None else asdict(self.first),
            **{name: getattr(self, name) for name in NUMBERS},
        }

    @classmethod
    def from_plain(cls, content: Mapping[str, Any]) -> MergeableCounts:
        """Make them from what JSON has."""
        first = content["first"]
        return cls(
            vocabulary=Vocabulary(**content["vocabulary"]),
            strata={int(key): Total(**dict(zip(COUNTED, each, strict=True))) for key, each in content["heaps"].items()},
            used={int(token): count for token, count in content["used"].items()},
            lengths={int(length): count for length, count in content["lengths"].items()},
            digest=int(content["digest"], 16),
            first=None if first is None else Difference(**first),
            **{name: content[name] for name in NUMBERS},
        )


NUMBERS = (
    *("changed", "bad", "whole", "squares", "seen", "seen_size", "passed_over"),
    *("returned", "returnable", "returned_normalized", "returnable_normalized"),
)


def unseen(part: MergeableCounts) -> MergeableCounts:
    """Return a part without what was read to draw it: of one that adds to a sample, it is known already."""
    return replace(part, seen=0, seen_size=0, passed_over=0)


def bucket(tokens: int) -> int:
    """Cut a length down to its first 8 binary digits."""
    spare = max(0, tokens.bit_length() - KEPT_BITS)
    return tokens >> spare << spare


def quantile(lengths: Mapping[int, int], share: float) -> int:
    """Return the length that this share of documents does not exceed (nearest rank), less than 1 in 128 too low."""
    left = max(1, -int(-share * sum(lengths.values()) // 1))
    for length in sorted(lengths):
        left -= lengths[length]
        if left <= 0:
            return length
    return 0
