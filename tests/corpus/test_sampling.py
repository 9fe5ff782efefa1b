"""A sample of documents: nested, no larger than it need be, and as good as it says."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.corpus.loading import Parts
from assay.corpus.sampling import (
    enough,
    half_width,
    relative_uncertainty,
    sample_metrics,
    sample_width,
    shuffled,
    size_of,
    taken,
    worth,
)
from assay.errors import UnknownToken
from assay.measure.tokenizer_subject import TokenizerSubject
from assay.plugins.types import Document, TokenizerPlugin
from assay.records.results import Measurement, Metrics, Status, TokenizerCase, Value
from assay.stats.bootstrap import FEWEST, ratio_interval
from assay.tokenizer.metrics import token_counts

DOCUMENTS = st.lists(st.text(), unique=True)


class TestOrder:
    @given(documents=DOCUMENTS)
    def test_it_has_every_document_once_and_is_the_same_again(self, documents: list[str]) -> None:
        order = shuffled(documents)
        assert sorted(order) == sorted(documents)
        assert shuffled(tuple(documents)) == order

    def test_the_sample_of_a_corpus_never_changes(self) -> None:
        assert shuffled(range(12)) == (6, 7, 8, 9, 2, 10, 1, 11, 4, 5, 0, 3)
        assert shuffled(range(12), seed=2_718) == shuffled(range(12)) != shuffled(range(12), seed=2_719)

    def test_each_document_comes_first_as_often(self) -> None:
        """Of 1,000 seeds each of ten documents comes first in 100 of them, give or take 9.5."""
        first = [shuffled(range(10), seed)[0] for seed in range(1_000)]
        assert all(60 < first.count(document) < 140 for document in range(10))


@given(
    scale=st.floats(0.01, 10.0),
    whole=st.integers(1, 100_000),
    targets=st.lists(st.floats(1e-3, 0.999), min_size=2, max_size=2).map(sorted),
)
def test_a_wider_target_never_takes_more_documents(scale: float, whole: int, targets: list[float]) -> None:
    def left(count: int) -> float:
        """Falls now and then rises again, as a real one may."""
        return 0.0 if count >= whole else scale * (1.3 if math.log2(count / FEWEST) % 2 else 1.0) / math.sqrt(count)

    narrow, wide = (enough(left, target) for target in targets)
    assert FEWEST <= wide <= narrow < 2 * max(whole, FEWEST)
    assert left(narrow) <= targets[0]
    if narrow > FEWEST:
        assert left(narrow // 2) > targets[0]


@pytest.mark.parametrize(("target", "count"), [(0.5, 20), (0.4999, 40), (0.25, 40), (0.2, 80), (0.125, 80), (0.1, 160)])
def test_a_sample_doubles_until_it_is_within_the_target(target: float, count: int) -> None:
    """And one that is just as uncertain as the target is within it."""
    assert enough(lambda documents: 10.0 / documents, target) == count


class TestDoubt:
    def test_of_the_whole_corpus_there_is_none(self) -> None:
        assert relative_uncertainty([1, 2, 3], [1, 1, 1], of=3) == 0.0

    def test_of_too_few_documents_it_is_without_end(self) -> None:
        assert relative_uncertainty([3] * (FEWEST - 1), [1] * (FEWEST - 1), of=10_000) == math.inf
        assert relative_uncertainty([3] * FEWEST, [1] * FEWEST, of=10_000) == 0.0

    def test_documents_of_very_unequal_size_count_as_fewer(self) -> None:
        assert worth([7] * 30) == pytest.approx(30)
        assert worth([1] * 30 + [30]) == pytest.approx(60**2 / 930)
        assert relative_uncertainty([1] * 30 + [30], [1] * 30 + [30], of=10_000) == math.inf

    def test_of_documents_without_tokens_it_is_without_end(self) -> None:
        assert relative_uncertainty([3] * FEWEST, [0] * FEWEST, of=10_000) == math.inf


def corpus_of(documents: int, sigma: float) -> list[tuple[int, int]]:
    """Bytes and tokens of documents of unequal lengths, each with its own bytes per token between 2 and 6."""
    chance = random.Random(documents)
    tokens = [max(1, round(chance.lognormvariate(5.0, sigma))) for _ in range(documents)]
    return [(round(count * chance.uniform(2.0, 6.0)), count) for count in tokens]


def ratio(units: list[tuple[int, int]]) -> float:
    return sum(size for size, _ in units) / sum(tokens for _, tokens in units)


@pytest.mark.long
@pytest.mark.parametrize(("sigma", "target"), [(0.7, 0.15), pytest.param(1.5, 0.1, marks=pytest.mark.long)])
def test_a_sample_gives_the_figure_of_its_corpus_within_the_target(sigma: float, target: float) -> None:
    """In at least 36 of 40 draws; the target is no idle one: few of them come within an eighth of it."""
    corpus = corpus_of(4_000, sigma)
    truth, off = ratio(corpus), []
    for seed in range(40):
        order = list(shuffled(corpus, seed))

        def left(count: int, order: list[tuple[int, int]] = order) -> float:
            sizes, tokens = zip(*order[:count], strict=True)
            return relative_uncertainty(sizes, tokens, of=len(order))

        count = enough(left, target)
        assert count < len(corpus) / 4
        off.append(abs(ratio(order[:count]) / truth - 1))
    assert sum(error <= target for error in off) >= 36
    assert sum(error <= target / 8 for error in off) <= 16


class Halves:
    """Half as many ids as characters, and a note of every text that was encoded."""

    vocab_size, unk_id = 256, None

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, text: str) -> list[int]:
        self.encoded.append(text)
        return list(text.encode())[::2]

    def decode(self, ids: list[int]) -> str:
        return bytes(ids).decode()


class TestSubject:
    TEXTS = tuple(f"{number:04d} " + "x" * (number % 7) for number in range(100))

    def subject(self) -> tuple[TokenizerSubject, Halves]:
        tokenizer = Halves()
        plugin = TokenizerPlugin(name="halves", summary="", build=lambda training: tokenizer, lossless=False)
        documents = tuple(Document(text=text, id=str(number)) for number, text in enumerate(self.TEXTS))
        return TokenizerSubject(plugin, Parts(training="t", measured=documents)), tokenizer

    def test_samples_are_nested_and_each_document_is_encoded_once(self) -> None:
        subject, tokenizer = self.subject()
        before: tuple[str, ...] = ()
        for count in (20, 40, 80, 160):
            left = subject.size(count)
            assert subject.texts[: len(before)] == before
            assert tuple(tokenizer.encoded) == subject.texts
            assert (left == 0.0) == (count > len(self.TEXTS))
            before = subject.texts
        assert sorted(before) == list(self.TEXTS)

    def test_one_that_is_told_its_size_takes_the_same(self) -> None:
        (sized, _), (told, _) = self.subject(), self.subject()
        for count in (20, 40):
            sized.size(count)
        told.draw(40)
        assert told.documents == sized.documents
        ours, theirs = (dict(one.check()) for one in (sized, told))
        for name in ("documents", "tokens", "ids_sha256", "sample_documents", "sample_share", "sample_width"):
            assert ours[name] == theirs[name]
        assert (ours["sample_documents"], ours["corpus_documents"]) == (40, 100)

    def test_cold_figures_are_of_the_pass_that_found_the_size(self) -> None:
        """But for its first quarter, in which a tokenizer makes up for what it put off."""
        subject, _ = self.subject()
        subject.size(40)
        assert "first_call_seconds" not in subject.predict()
        figures = dict(subject.check())
        assert 0.7 < float(figures["cold_bytes"]) / float(figures["bytes"]) <= 0.75

    def test_a_wrong_one_asks_for_no_more_documents_and_fails_in_the_check(self) -> None:
        """Also one that is right when it is asked again."""
        subject, tokenizer = self.subject()

        def refuse_one(text: str) -> list[int]:
            if len(tokenizer.encoded) == 5:
                tokenizer.encoded.append(text)
                raise UnknownToken(text)
            return Halves.encode(tokenizer, text)

        tokenizer.encode = refuse_one  # type: ignore[method-assign]
        assert (subject.size(20), subject.size(40)) == (0.0, 0.0)
        with pytest.raises(UnknownToken):
            subject.check()


def test_metrics() -> None:
    documents = tuple(Document(text="ab" * (number + 1), id=str(number)) for number in range(40))
    sample = documents[:20]
    counts = token_counts(sample, [[1] * (number % 3 + 1) for number in range(20)], Halves())
    figures = counts | sample_metrics(sample, documents, counts)
    assert (figures["sample_documents"], figures["corpus_documents"]) == (20, 40)
    assert figures["sample_share"] == pytest.approx(sum(range(1, 21)) / sum(range(1, 41)))
    low, high = float(figures["bytes_per_token_low"]), float(figures["bytes_per_token_high"])
    assert figures["sample_width"] == pytest.approx((high - low) / 2 / float(figures["bytes_per_token"]))
    few = token_counts(documents[:3], [[1]] * 3, Halves())
    assert "sample_width" not in sample_metrics(documents[:3], documents, few)


def row(**figures: Value) -> Measurement:
    metrics = Metrics(figures)
    return Measurement(case=TokenizerCase(tokenizer="t", corpus="c"), status=Status.OK, metrics=metrics)


class TestWidth:
    def test_by_hand(self) -> None:
        assert half_width(3.0, 5.0, 4.0) == 0.25
        counts = Metrics(bytes_per_token=4.0, bytes_per_token_low=3.0, bytes_per_token_high=6.0)
        assert sample_width(counts) == 0.375
        assert sample_width(Metrics(bytes_per_token=4.0)) is None

    def test_of_a_sample_it_is_half_its_interval_over_its_ratio(self) -> None:
        sizes, tokens = [30 + number for number in range(25)], [10 + number % 3 for number in range(25)]
        interval = ratio_interval(sizes, tokens)
        assert interval is not None
        wanted = (interval.high - interval.low) / 2 / (sum(sizes) / sum(tokens))
        assert relative_uncertainty(sizes, tokens, of=26) == pytest.approx(wanted)
        assert relative_uncertainty(sizes, tokens, of=25) == 0.0

    def test_documents_worth_twenty_equal_ones_are_enough_and_fewer_are_not(self) -> None:
        """Eighteen of size 3 and four of size 1: (54 + 4) squared over 162 + 4 is 20.3; with three of size 1, 19.7."""
        assert worth([3] * 18 + [1] * 4) == pytest.approx(58**2 / 166)
        assert relative_uncertainty([3] * 18 + [1] * 4, [1] * 22, of=99) < math.inf
        assert relative_uncertainty([3] * 18 + [1] * 3, [1] * 21, of=99) == math.inf

    def test_a_document_is_as_large_as_its_utf_8(self) -> None:
        assert [size_of(Document(text=text, id="d")) for text in ("ab", "é", "字", "\ud800")] == [2, 2, 3, 3]


class TestSentence:
    @pytest.mark.parametrize(
        ("share", "told"),
        [(0.00123, "0.12 %"), (0.0994, "9.9 %"), (0.1, "10 %"), (0.126, "13 %"), (0.0, "0 %")],
    )
    def test_shares_have_two_digits(self, share: float, told: str) -> None:
        said = taken([row(sample_documents=20, corpus_documents=90, sample_share=share, sample_width=share)])
        assert said == f"sampled 20 of 90 documents ({told} of the bytes): bytes per token within ±{told}"

    def test_a_corpus_of_twenty_was_sampled_and_its_sentence_is_whole(self) -> None:
        said = taken([row(sample_documents=20, corpus_documents=20, sample_share=1.0, sample_width=0.016)])
        assert said == (
            "all 20 documents, since no smaller sample was narrow enough: "
            "bytes per token within ±1.6 % for documents of this sort"
        )
        assert taken([row(sample_documents=19, corpus_documents=19)]) == (
            "all 19 documents: fewer than 20 are not sampled"
        )

    def test_of_the_worst_row(self) -> None:
        rows = [
            row(sample_documents=212, corpus_documents=5480, sample_share=0.0389, sample_width=width)
            for width in (0.001, 0.0088)
        ]
        said = taken([*rows, row()])
        assert said == "sampled 212 of 5,480 documents (3.9 % of the bytes): bytes per token within ±0.88 %"

    def test_of_nearly_all_bytes(self) -> None:
        said = taken([row(sample_documents=20, corpus_documents=21, sample_share=0.9996, sample_width=0.14)])
        assert said == "sampled 20 of 21 documents (100 % of the bytes): bytes per token within ±14 %"

    def test_of_a_corpus_that_was_spent(self) -> None:
        said = taken([row(sample_documents=66, corpus_documents=66, sample_share=1.0, sample_width=0.016)])
        assert said is not None
        assert said.startswith("all 66 documents, since no smaller sample was narrow enough")
        assert "±1.6 %" in said

    def test_of_a_corpus_of_few_documents(self) -> None:
        said = taken([row(sample_documents=3, corpus_documents=3, sample_share=1.0)])
        assert said == "all 3 documents: fewer than 20 are not sampled"

    def test_of_no_sample(self) -> None:
        assert taken([row(documents=3)]) is None
