"""Parts add up: in any order and any grouping to the last bit, and to what the documents come to together."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import add
from typing import Any

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


@pytest.mark.long
@given(parts=st.lists(PARTS, min_size=1, max_size=6), chance=st.randoms(use_true_random=False))
def test_order_and_grouping_change_nothing(parts: list[MergeableCounts], chance: random.Random) -> None:
    written = json.dumps(reduce(add, parts).to_plain())
    assert json.dumps(grouped(parts, chance).to_plain()) == written
    assert json.dumps(MergeableCounts.from_plain(json.loads(written)).to_plain()) == written


@pytest.mark.long
@given(parts=st.lists(PARTS, min_size=1, max_size=4))
def test_what_is_added_is_the_sum(parts: list[MergeableCounts]) -> None:
    whole = reduce(add, parts)
    for name in COUNTED:
        assert getattr(whole.total, name) == sum(getattr(part.total, name) for part in parts)
        for number in range(6):
            each = [getattr(part.strata.get(number, Total()), name) for part in parts]
            assert getattr(whole.strata.get(number, Total()), name) == sum(each)
    for number in range(6):
        assert whole.used.get(number, 0) == sum(part.used.get(number, 0) for part in parts)
        assert whole.lengths.get(number, 0) == sum(part.lengths.get(number, 0) for part in parts)
    assert whole.digest == sum(part.digest for part in parts) % 2**256
    for name in ("changed", "bad", "whole", "squares", "seen", "seen_size"):
        assert getattr(whole, name) == sum(getattr(part, name) for part in parts)
    told = sorted((each.shard, each.document) for part in parts if (each := part.first) is not None)
    assert (whole.first and (whole.first.shard, whole.first.document)) == (told[0] if told else None)
    assert whole.vocabulary == parts[0].vocabulary
    assert unseen(whole) == replace(whole, seen=0, seen_size=0)


def part(**fields: Any) -> MergeableCounts:
    return MergeableCounts(vocabulary=Vocabulary(size=7, assigned=6, special=2), **fields)


@pytest.mark.parametrize("first", [("a", 2, "y"), ("a", 10, "x"), ("b", 0, "w"), None])
def test_the_first_difference_is_by_shard_then_by_the_number_of_its_document(first: Any) -> None:
    """Not by what is told of it, nor by which part comes first."""
    wanted = Difference(shard="a", document=2, what="z" if first is None else "y" if first[1] == 2 else "z")
    other = None if first is None else Difference(shard=first[0], document=first[1], what=first[2])
    one, two = part(first=Difference(shard="a", document=2, what="z")), part(first=other)
    assert (one + two).first == (two + one).first == wanted


def test_the_digest_has_256_bits() -> None:
    found = part(digest=2**256 - 1) + part(digest=3)
    assert (found.digest, found.ids_sum) == (2, "0" * 63 + "2")


def test_as_json_by_hand() -> None:
    total = Total(**{name: number for number, name in enumerate(COUNTED, start=1)})
    found = part(
        strata={10: total, 2: Total()},
        used={5: 1, 3: 2},
        lengths={9: 1, 4: 2},
        digest=255,
        changed=1,
        first=Difference(shard="s", document=3, what="w"),
        bad=2,
        whole=3,
        squares=4,
        seen=5,
        seen_size=6,
        passed_over=11,
        returned=7,
        returnable=8,
        returned_normalized=9,
        returnable_normalized=10,
    )
    plain = {
        "vocabulary": {"size": 7, "assigned": 6, "special": 2},
        "heaps": {"2": [0] * len(COUNTED), "10": list(range(1, len(COUNTED) + 1))},
        "used": {"3": 2, "5": 1},
        "lengths": {"4": 2, "9": 1},
        "digest": "0" * 62 + "ff",
        "first": {"shard": "s", "document": 3, "what": "w"},
        "changed": 1,
        "bad": 2,
        "whole": 3,
        "squares": 4,
        "seen": 5,
        "seen_size": 6,
        "passed_over": 11,
        "returned": 7,
        "returnable": 8,
        "returned_normalized": 9,
        "returnable_normalized": 10,
    }
    assert json.dumps(found.to_plain()) == json.dumps(plain)
    assert MergeableCounts.from_plain(plain) == found
    assert part().to_plain()["first"] is None
    assert MergeableCounts.from_plain(part().to_plain()) == part()


@pytest.mark.parametrize(
    "field", ["strata", "used", "lengths", "digest", "changed", "first", "bad", "whole", "squares", "seen", "seen_size"]
)
def test_what_is_written_tells_every_field(field: str) -> None:
    values: dict[str, Any] = {
        "strata": {1: Total(words=1)},
        "used": {1: 1},
        "lengths": {1: 1},
        "first": Difference(shard="s", document=1, what="w"),
    }

    def written(counts: MergeableCounts) -> str:
        return json.dumps(counts.to_plain())

    assert written(part()) == written(part())
    assert written(part(used={1: 1, 2: 2})) == written(part(used={2: 2, 1: 1}))
    assert written(part()) != written(part(**{field: values.get(field, 1)}))


@pytest.mark.parametrize(
    ("share", "length"), [(0.0, 3), (0.1, 3), (0.5, 3), (0.51, 5), (0.8, 5), (0.81, 9), (0.9, 9), (0.91, 20), (1.0, 20)]
)
def test_a_quantile_by_hand(share: float, length: int) -> None:
    """Of ten documents: five of 3 tokens, three of 5, one of 9 and one of 20."""
    assert quantile({20: 1, 5: 3, 3: 5, 9: 1}, share) == length


def test_parts_of_two_vocabularies_do_not_add_up() -> None:
    with pytest.raises(WrongOutput) as caught:
        MergeableCounts(vocabulary=Vocabulary(size=2)) + MergeableCounts(vocabulary=Vocabulary(size=3))
    assert caught.value.message == "its vocabulary has 2 ids in one process, 3 in another"
    with pytest.raises(WrongOutput):
        part() + MergeableCounts(vocabulary=Vocabulary(size=7, assigned=5, special=2))


@pytest.mark.long
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
    assert [bucket(length) for length in (511, 512, 515, 516, 65_535)] == [510, 512, 512, 516, 65_280]
    assert quantile({}, 0.5) == 0
