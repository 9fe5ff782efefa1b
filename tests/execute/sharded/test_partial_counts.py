"""Parts add up: in any order and any grouping to the last bit, and to what the documents come to together."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from functools import reduce
from operator import add

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import WrongOutput
from assay.execute.sharded.partial_counts import (
    Difference,
    MergeableCounts,
    bucket,
    quantile,
    unseen,
)
from assay.tokenizer.metrics import COUNTED, Total, Vocabulary

COUNTS = st.integers(0, 2**40)
BY_NUMBER = st.dictionaries(st.integers(0, 5), st.integers(1, 9), max_size=4)
TOTALS = st.builds(Total, **dict.fromkeys(COUNTED, COUNTS))
PARTS = st.builds(
    MergeableCounts,
    vocabulary=st.just(Vocabulary(size=7, assigned=6)),
    strata=st.dictionaries(st.integers(0, 5), TOTALS, max_size=4),
    used=BY_NUMBER,
    lengths=BY_NUMBER,
    digest=st.integers(0, 2**256 - 1),
    changed=COUNTS,
    first=st.none() | st.builds(Difference, shard=st.sampled_from("ab"), document=st.integers(0, 2), what=st.just("")),
    bad=COUNTS,
    whole=COUNTS,
    squares=COUNTS,
    seen=COUNTS,
    seen_size=COUNTS,
)


def grouped(parts: Sequence[MergeableCounts], chance: random.Random) -> MergeableCounts:
    """Add parts in some order and some grouping."""
    left = list(parts)
    while len(left) > 1:
        one, other = (left.pop(chance.randrange(len(left))) for _ in range(2))
        left.append(one + other)
    return left[0]


@given(parts=st.lists(PARTS, min_size=1, max_size=6), chance=st.randoms(use_true_random=False))
def test_order_and_grouping_change_nothing(parts: list[MergeableCounts], chance: random.Random) -> None:
    written = json.dumps(reduce(add, parts).to_plain())
    assert json.dumps(grouped(parts, chance).to_plain()) == written
    assert json.dumps(MergeableCounts.from_plain(json.loads(written)).to_plain()) == written


@given(parts=st.lists(PARTS, min_size=1, max_size=4))
def test_what_is_added_is_the_sum(parts: list[MergeableCounts]) -> None:
    whole = reduce(add, parts)
    for name in COUNTED:
        assert getattr(whole.total, name) == sum(getattr(part.total, name) for part in parts)
    assert sum(whole.used.values()) == sum(sum(part.used.values()) for part in parts)
    assert whole.digest == sum(part.digest for part in parts) % 2**256
    assert whole.seen == sum(part.seen for part in parts)
    assert (unseen(whole).seen, unseen(whole).total) == (0, whole.total)


def test_parts_of_two_vocabularies_do_not_add_up() -> None:
    with pytest.raises(WrongOutput, match="has 2 ids in one process, 3 in another"):
        MergeableCounts(vocabulary=Vocabulary(size=2)) + MergeableCounts(vocabulary=Vocabulary(size=3))


@given(lengths=st.lists(st.integers(0, 10**9), min_size=1, max_size=200), share=st.sampled_from([0.01, 0.5, 0.9, 0.99]))
def test_a_quantile_is_that_of_the_lengths_but_for_1_in_128(lengths: list[int], share: float) -> None:
    sketch: dict[int, int] = {}
    for length in lengths:
        sketch[bucket(length)] = sketch.get(bucket(length), 0) + 1
    exact = sorted(lengths)[-int(-share * len(lengths) // 1) - 1]
    found = quantile(sketch, share)
    assert found <= exact < max(found * (1 + 1 / 128), found + 1)


def test_short_lengths_are_kept_as_they_are() -> None:
    assert [bucket(length) for length in (0, 1, 255, 256, 257, 1023)] == [0, 1, 255, 256, 256, 1020]
    assert quantile({}, 0.5) == 0
