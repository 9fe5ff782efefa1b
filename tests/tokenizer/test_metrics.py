"""The counts: every figure against a slow and obvious one, by hand, and on tokenizers that are odd."""

from __future__ import annotations

import hashlib
import math
import re
import time
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import uax29
from assay.errors import WrongOutput
from assay.plugins.types import Document
from assay.records.metric_catalogue import definition
from assay.records.results import Metrics, Value
from assay.stats.bootstrap import FEWEST, ratio_interval
from assay.tokenizer.metrics import (
    Total,
    Vocabulary,
    compression,
    ids_digest,
    intervals,
    renyi_entropy,
    sums,
    tally,
    token_counts,
    vocabulary_figures,
    vocabulary_of,
)

IDS = st.lists(st.integers(0, 2**40), max_size=12)
LANGUAGES = ["en", "en-GB", "de", "zh-Hans", None, "no tag"]
# Letters of one to four bytes, marks, a script without spaces, and what joins or parts words.
TEXTS = st.text("ab eé'._1\u0301字ไ🙂\n", max_size=12)
PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"


class Syllables:
    """Cuts the bytes of a text after every `a`, `é`'s first byte and space; a piece outside its list is unknown."""

    special_tokens: Mapping[str, int] | None = {"<unk>": 0, "<pad>": 1, "<also pad>": 1}

    def __init__(self, known: Sequence[bytes], unk_id: int | None = 0) -> None:
        self.unk_id = unk_id
        self.known = [b"<unk>", b"<pad>", *dict.fromkeys(known)]
        self.vocab_size = len(self.known) + 1  # the last id is not assigned

    def encode(self, text: str) -> list[int]:
        return [self.known.index(piece) if piece in self.known else 0 for piece in cut(text)]

    def decode(self, ids: Sequence[int]) -> str:
        return b"".join(self.known[token] for token in ids).decode("utf-8", "replace")


class Telling(Syllables):
    """One that tells the bytes of its tokens."""

    def token_bytes(self, token_id: int) -> bytes:
        if token_id >= len(self.known):
            raise KeyError(token_id)
        return self.known[token_id]


def cut(text: str) -> list[bytes]:
    pieces, piece = [], b""
    for byte in text.encode("utf-8", "surrogatepass"):
        piece += bytes([byte])
        if byte in b"a \xc3":
            pieces.append(piece)
            piece = b""
    return [*pieces, piece] if piece else pieces


def documents(*texts: str, languages: Sequence[str | None] = ()) -> list[Document]:
    return [
        Document(text=text, id=str(number), language=languages[number] if number < len(languages) else None)
        for number, text in enumerate(texts)
    ]


def counted(corpus: Sequence[Document], tokenizer: Syllables, *, parallel: bool = False) -> dict[str, Value]:
    return dict(token_counts(corpus, [tokenizer.encode(each.text) for each in corpus], tokenizer, parallel=parallel))


def width(character: str) -> int:
    point = ord(character)
    return 1 if point < 0x80 else 2 if point < 0x800 else 3 if point < 0x10000 else 4


def slow(  # noqa: C901 (the plainest way, to be read from top to bottom)
    corpus: Sequence[Document], tokenizer: Syllables, *, parallel: bool
) -> dict[str, Value]:
    """Every figure, one character and one token at a time."""
    found: dict[str, Value] = {}
    characters = size = without_spaces = words = tokens = unknown = broken = 0
    seen: dict[int, int] = {}
    whole = True
    each: list[tuple[int, int, int, int]] = []
    by_language: dict[str, list[int]] = {}
    packed = b""
    for document in corpus:
        before = (size, words, tokens, unknown)
        for character in document.text:
            characters += 1
            size += width(character)
            without_spaces += character in "字ไ"
        ids = tokenizer.encode(document.text)
        borders, covered = [], b""
        for token in ids:
            tokens += 1
            unknown += token == tokenizer.unk_id
            seen[token] = seen.get(token, 0) + 1
            packed += token.to_bytes(8, "little")
            covered += tokenizer.known[token]
            borders.append(len(covered))
        whole = whole and covered == document.text.encode()
        for start, end in uax29.word_spans(document.text):
            words += 1
            first = sum(map(width, document.text[:start]))
            last = sum(map(width, document.text[:end]))
            broken += any(first < border < last for border in borders)
        each.append((size - before[0], words - before[1], tokens - before[2], unknown - before[3]))
        if document.language in ("en", "en-GB", "de", "zh-Hans"):
            by_language.setdefault(str(document.language), []).append(len(ids))
    found |= {"documents": len(corpus), "characters": characters, "bytes": size, "tokens": tokens}
    found |= {"unknown_tokens": unknown, "ids_sha256": hashlib.sha256(packed).hexdigest()}
    found |= {"vocabulary_size": len(tokenizer.known) + 1, "special_ids": 2, "used_ids": len(seen)}
    telling = isinstance(tokenizer, Telling)
    if telling:
        found["assigned_ids"] = len(tokenizer.known)
    if tokens:
        found["vocabulary_utilisation"] = len(seen) / tokenizer.vocab_size
        found["unknown_token_rate"] = unknown / tokens
        found["bytes_per_token"] = size / tokens
        found["characters_per_token"] = characters / tokens
    if len(seen) > 1:
        power = sum((count / tokens) ** 2.5 for count in seen.values())
        found["renyi_efficiency_used"] = -math.log(power) / 1.5 / math.log(len(seen))
        found["renyi_efficiency_nominal"] = -math.log(power) / 1.5 / math.log(tokenizer.vocab_size)
    if characters:
        found["spaceless_share"] = without_spaces / characters
    spaced = 100 * without_spaces <= characters
    if spaced:
        found["words"] = words
    if spaced and words:
        found["fertility"] = tokens / words
        if whole and telling:
            found["continued_words"] = broken / words
    sizes, words_of, tokens_of, unknown_of = zip(*each, strict=True) if each else ((),) * 4
    ratios = {"unknown_token_rate": (unknown_of, tokens_of), "bytes_per_token": (sizes, tokens_of)}
    if spaced:
        ratios["fertility"] = (tokens_of, words_of)
    for name, (above, below) in ratios.items():
        interval = ratio_interval(above, below)
        if interval is not None:
            found |= {f"{name}_low": interval.low, f"{name}_high": interval.high}
    if len(by_language) > 1:
        found |= {f"tokens_{language}": sum(counts) for language, counts in by_language.items()}
        english = next((language for language in by_language if language in ("en", "en-GB")), None)
        if parallel and english and sum(by_language[english]):
            parity = {
                language: sum(counts) / sum(by_language[english])
                for language, counts in by_language.items()
                if len(counts) == len(by_language[english])
            }
            found |= {f"parity_{language}": value for language, value in parity.items() if language != english}
            if len(parity) > 1:
                found["premium"] = max(parity.values())
                found["premium_language"] = next(name for name in parity if parity[name] == found["premium"])
    return found


CORPORA = st.lists(
    st.builds(Document, text=TEXTS, id=st.just("d"), language=st.sampled_from(LANGUAGES)), max_size=FEWEST + 5
)
TOKENIZERS = st.builds(
    lambda kind, known, unk_id: kind(known, unk_id),
    st.sampled_from([Syllables, Telling]),
    st.lists(TEXTS.flatmap(lambda text: st.sampled_from([*cut(text), b"a", b" "])), max_size=6),
    st.sampled_from([0, None]),
)


class TestSlow:
    @pytest.mark.long
    @settings(max_examples=300, deadline=None)
    @given(corpus=CORPORA, tokenizer=TOKENIZERS, parallel=st.booleans())
    def test_every_figure(self, corpus: list[Document], tokenizer: Syllables, parallel: bool) -> None:
        assert counted(corpus, tokenizer, parallel=parallel) == pytest.approx(
            slow(corpus, tokenizer, parallel=parallel)
        )

    @settings(max_examples=60, deadline=None)
    @given(corpus=CORPORA, parallel=st.booleans())
    def test_of_one_that_knows_every_piece(self, corpus: list[Document], parallel: bool) -> None:
        tokenizer = Telling([piece for document in corpus for piece in cut(document.text)])
        found = counted(corpus, tokenizer, parallel=parallel)
        assert found == pytest.approx(slow(corpus, tokenizer, parallel=parallel))
        assert found["unknown_tokens"] == 0
        assert ("continued_words" in found) == ("fertility" in found)

    def test_the_slow_count_has_every_figure_that_the_page_lists_under_counts(self) -> None:
        texts = ["ba aab é. "] * FEWEST
        languages = ["en", "de"] * (FEWEST // 2)
        known = [piece for text in texts for piece in cut(text)]
        found = set(slow(documents(*texts, languages=languages), Telling(known), parallel=True))
        found |= set(slow(documents(*texts), Telling([b"a"]), parallel=False))
        assert {"tokens_de", "parity_de"} <= found
        plain = {re.sub(r"^(tokens|parity)_(en|de)$", r"\1", name) for name in found}
        section = PAGE.read_text("utf-8").partition("### Counts")[2].partition("\n##")[0]
        assert plain | {"compression"} == set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE))

    @settings(max_examples=30, deadline=None)
    @given(corpus=CORPORA, tokenizer=TOKENIZERS)
    def test_every_figure_has_a_definition_and_is_exact(self, corpus: list[Document], tokenizer: Syllables) -> None:
        known = [definition(name) for name in counted(corpus, tokenizer, parallel=True)]
        assert all(entry is not None and entry.exact for entry in known)


class TestByHand:
    def test_of_two_documents(self) -> None:
        # ba|na|na| |c3|a9 |a|. and b1: banana has borders inside, and so has é, between its two bytes.
        found = counted(
            documents("banana é a.", "b1"), Telling([b"ba", b"na", b" ", b"\xc3", b"\xa9 ", b"a", b".", b"b1"])
        )
        digest = found.pop("ids_sha256")
        assert digest == ids_digest([[2, 3, 3, 4, 5, 6, 7, 8], [9]])
        assert found == {
            "vocabulary_size": 11,
            "assigned_ids": 10,
            "special_ids": 2,
            "used_ids": 8,
            "vocabulary_utilisation": 8 / 11,
            "renyi_efficiency_used": pytest.approx(-math.log2((7 + 2**2.5) / 9**2.5) / 1.5 / 3),
            "renyi_efficiency_nominal": pytest.approx(-math.log2((7 + 2**2.5) / 9**2.5) / 1.5 / math.log2(11)),
            "documents": 2,
            "characters": 13,
            "bytes": 14,
            "words": 4,
            "spaceless_share": 0.0,
            "tokens": 9,
            "unknown_tokens": 0,
            "unknown_token_rate": 0.0,
            "bytes_per_token": 14 / 9,
            "characters_per_token": 13 / 9,
            "fertility": 9 / 4,
            "continued_words": 2 / 4,
        }

    @pytest.mark.parametrize("before", [[], [1]])  # a token without bytes
    def test_a_space_that_tokens_have_before_the_text_is_not_part_of_it(self, before: list[int]) -> None:
        known = {1: b"", 2: b" ba", 3: b"na", 4: b" b"}
        total = tally("bana b", [*before, 2, 3, 4], None, known)
        assert (total.covered, total.words, total.continued) == (1, 2, 1)
        assert tally("bana b", [*before, 4, 3, 4], None, known).covered == 0

    @pytest.mark.parametrize(("ideographs", "given"), [(1, True), (2, False)])
    def test_words_are_left_out_from_one_ideograph_in_a_hundred_on(self, ideographs: int, given: bool) -> None:
        found = counted(documents("b" * (100 - ideographs) + "字" * ideographs), Telling([]))
        assert found["spaceless_share"] == ideographs / 100
        assert (("words" in found), ("fertility" in found)) == (given, given)

    def test_without_tokens_there_are_no_ratios(self) -> None:
        found = token_counts(documents(" "), [[]], Telling([]))
        assert found["tokens"] == found["used_ids"] == 0
        assert not {"unknown_token_rate", "bytes_per_token", "vocabulary_utilisation"} & set(found)

    def test_a_single_id_has_no_efficiency(self) -> None:
        found = counted(documents("aa"), Telling([b"a"]))
        assert found["used_ids"] == 1
        assert not {"renyi_efficiency_used", "renyi_efficiency_nominal"} & set(found)

    def test_parity_is_to_english_and_only_of_parallel_text(self) -> None:
        corpus = documents("aaaa", "aa", "aaaaaa", languages=["de", "en", "ta"])
        found = counted(corpus, Telling([b"a"]), parallel=True)
        assert (found["tokens_de"], found["tokens_en"], found["tokens_ta"]) == (4, 2, 6)
        assert (found["parity_de"], found["parity_ta"]) == (2.0, 3.0)
        assert (found["premium"], found["premium_language"]) == (3.0, "ta")
        assert "parity_en" not in found
        assert not {"parity_de", "premium"} & set(counted(corpus, Telling([b"a"])))

    @pytest.mark.parametrize(
        ("english", "is_it"),
        [("en", True), ("eng", True), ("en-GB", True), ("eng-Latn", True), ("enm", False), ("de", False)],
    )
    def test_english_is_known_by_its_two_codes(self, english: str, is_it: bool) -> None:
        found = counted(documents("aaaa", "aa", languages=["ta", english]), Telling([b"a"]), parallel=True)
        assert (found.get("parity_ta"), found.get("premium_language")) == ((2.0, "ta") if is_it else (None, None))

    def test_a_language_of_fewer_tokens_has_a_parity_below_1_and_no_premium_is_paid_for_it(self) -> None:
        found = counted(documents("aa", "aaaa", languages=["de", "en"]), Telling([b"a"]), parallel=True)
        assert (found["parity_de"], found["premium"], found["premium_language"]) == (0.5, 1.0, "en")

    def test_english_without_tokens_has_nothing_to_compare_with(self) -> None:
        found = counted(documents("aa", "", languages=["de", "en"]), Telling([b"a"]), parallel=True)
        assert (found["tokens_de"], found["tokens_en"]) == (2, 0)
        assert not {"parity_de", "premium"} & set(found)

    def test_a_language_that_lacks_a_document_has_no_parity(self) -> None:
        corpus = documents("aa", "aa", "aaaa", languages=["en", "en", "de"])
        assert not {"parity_de", "premium"} & set(counted(corpus, Telling([b"a"]), parallel=True))

    def test_without_english_there_is_no_parity(self) -> None:
        found = counted(documents("a", "aa", languages=["fr", "de"]), Telling([b"a"]), parallel=True)
        assert "tokens_fr" in found
        assert not {"parity_de", "parity_fr", "premium"} & set(found)

    def test_one_language_is_not_counted_apart(self) -> None:
        assert "tokens_en" not in counted(documents("a", "aa", languages=["en", "en"]), Telling([b"a"]))


class TestOdd:
    def test_a_token_that_is_no_bytes(self) -> None:
        class Text(Telling):
            def token_bytes(self, token_id: int) -> bytes:
                text: bytes = super().token_bytes(token_id).decode()  # type: ignore[assignment]
                return text

        with pytest.raises(WrongOutput, match="token_bytes gives str, not bytes"):
            counted(documents("a"), Text([b"a"]))

    def test_special_tokens_that_are_no_table(self) -> None:
        tokenizer = Telling([b"a"])
        tokenizer.special_tokens = None
        assert "special_ids" not in counted(documents("a"), tokenizer)

    def test_a_vocabulary_without_end_is_not_looked_through(self) -> None:
        tokenizer = Telling([b"a"])
        tokenizer.vocab_size = 2**40
        start = time.process_time()
        assert "assigned_ids" not in counted(documents("a"), tokenizer)
        assert time.process_time() - start < 1.0

    @pytest.mark.parametrize(("size", "looked_through"), [(1 << 21, True), ((1 << 21) + 1, False)])
    def test_a_vocabulary_of_two_million_ids_is_looked_through(self, size: int, looked_through: bool) -> None:
        """Told by a tokenizer that gives something wrong at the first look."""
        tokenizer = Telling([b"a"])
        tokenizer.vocab_size = size
        tokenizer.token_bytes = lambda token_id: None  # type: ignore[assignment, method-assign, return-value]
        if looked_through:
            with pytest.raises(WrongOutput, match="token_bytes gives NoneType, not bytes"):
                vocabulary_of(tokenizer)
        else:
            assert vocabulary_of(tokenizer) == Vocabulary(size=size, special=2)

    def test_a_lone_surrogate_is_three_bytes(self) -> None:
        found = counted(documents("a\ud800b"), Telling([b"a", b"\xed\xa0\x80b"]))
        assert (found["bytes"], found["tokens"], found["unknown_tokens"], found["words"]) == (5, 2, 0, 2)
        assert found["continued_words"] == 0.0

    @pytest.mark.long
    def test_a_megabyte_is_counted_in_under_a_second(self) -> None:
        corpus = documents(*["a banana, and another one aaé. " * 1000] * 33)
        tokenizer = Telling(cut(corpus[0].text))
        ids = [tokenizer.encode(corpus[0].text)] * len(corpus)
        start = time.process_time()
        found = token_counts(corpus, ids, tokenizer)
        assert time.process_time() - start < 2.0  # about 0.4 s on a quiet core
        assert found["bytes"] > 1_000_000
        assert "fertility_low" in found


class TestCompression:
    OURS = Metrics(tokens=1, bytes_per_token=3.0)

    def test_by_hand(self) -> None:
        baseline = Metrics(bytes_per_token=2.0)
        assert compression(self.OURS, baseline) == {"compression": 1.5}
        assert compression(self.OURS, self.OURS) == {"compression": 1.0}

    def test_without_either_there_is_none(self) -> None:
        assert compression(self.OURS, Metrics()) == compression(Metrics(), self.OURS) == {}

    @settings(deadline=None)
    @given(text=st.text("ab ", min_size=1))
    def test_it_is_the_baseline_s_tokens_over_ours(self, text: str) -> None:
        corpus, ours, theirs = documents(text), Telling([b"a"]), Telling([b"a"])
        ours.encode = lambda text: list(text.encode())  # type: ignore[method-assign]
        ours.known = [bytes([byte]) for byte in range(256)]
        ours.vocab_size = 256
        mine = token_counts(corpus, [ours.encode(text)], ours)
        other = token_counts(corpus, [theirs.encode(text)], theirs)
        expected = len(theirs.encode(text)) / len(text)
        assert compression(mine, other)["compression"] == pytest.approx(expected)


class TestRenyi:
    def test_against_the_package_of_its_authors(self) -> None:
        """Their test: `pick @@ed pick @@l @@ed pick @@les` has 1.653012966845049 bits at alpha 2.5."""
        assert renyi_entropy([3, 2, 1, 1]) == pytest.approx(1.653012966845049)
        assert renyi_entropy([3, 2, 1, 1]) / 2 == pytest.approx(0.8265064834225245)

    @given(count=st.integers(1, 9), kinds=st.integers(1, 40))
    def test_even_counts_have_the_most(self, count: int, kinds: int) -> None:
        assert renyi_entropy([count] * kinds) == pytest.approx(math.log2(kinds), abs=1e-9)

    @given(counts=st.lists(st.integers(1, 99), min_size=1, max_size=20), alpha=st.floats(1.1, 8.0))
    def test_it_falls_with_alpha_from_shannon_s(self, counts: list[int], alpha: float) -> None:
        total = sum(counts)
        shannon = -math.fsum(count / total * math.log2(count / total) for count in counts)
        assert renyi_entropy(counts, alpha + 0.5) <= renyi_entropy(counts, alpha) + 1e-9 <= shannon + 2e-9


class TestDigest:
    def test_by_hand(self) -> None:
        packed = bytes.fromhex("01000000000000000201000000000000ff00000000000000")
        assert ids_digest([[1, 258], [255]]) == hashlib.sha256(packed).hexdigest()

    def test_of_nothing(self) -> None:
        assert ids_digest([]) == ids_digest([[], []]) == hashlib.sha256(b"").hexdigest()

    @given(corpus=st.lists(IDS, max_size=5))
    def test_borders_between_documents_do_not_count(self, corpus: list[list[int]]) -> None:
        packed = b"".join(token.to_bytes(8, "little") for ids in corpus for token in ids)
        assert ids_digest(corpus) == hashlib.sha256(packed).hexdigest()

    @pytest.mark.parametrize(
        "kind",
        [
            tuple,
            np.array,
            bytes,
            bytearray,
            partial(array, "B"),
            partial(array, "q"),
            lambda ids: memoryview(bytes(ids)),
        ],
        ids=["tuple", "numpy", "bytes", "bytearray", "array of bytes", "array of longs", "memoryview"],
    )
    @pytest.mark.parametrize("ids", [[3, 1, 2], [1, 2, 3, 4, 5, 6, 7, 8]], ids=["three", "eight"])
    def test_any_sequence_of_integers_has_the_digest_of_a_list(
        self, kind: Callable[[list[int]], Sequence[int]], ids: list[int]
    ) -> None:
        assert ids_digest([kind(ids)]) == ids_digest([ids])


def test_figures_by_hand_where_something_is_missing() -> None:
    """No vocabulary that is used, no words among text without spaces, no borders where bytes are not known."""
    assert vocabulary_figures(Vocabulary(size=8, assigned=7, special=1), {3: 2, 5: 2}) == {
        "vocabulary_size": 8,
        "used_ids": 2,
        "assigned_ids": 7,
        "special_ids": 1,
        "vocabulary_utilisation": 0.25,
        "renyi_efficiency_used": pytest.approx(1.0),
        "renyi_efficiency_nominal": pytest.approx(1 / 3),
    }
    assert vocabulary_figures(Vocabulary(size=8), {}) == {"vocabulary_size": 8, "used_ids": 0}
    total = Total(
        documents=2, characters=100, size=120, spaceless=1, words=10, continued=3, covered=2, tokens=40, unknown=4
    )
    assert sums(total) == {
        "documents": 2,
        "characters": 100,
        "bytes": 120,
        "tokens": 40,
        "unknown_tokens": 4,
        "unknown_token_rate": 0.1,
        "bytes_per_token": 3.0,
        "characters_per_token": 2.5,
        "spaceless_share": 0.01,
        "words": 10,
        "fertility": 4.0,
        "continued_words": 0.3,
    }
    assert "continued_words" not in sums(replace(total, covered=1))
    assert not {"words", "fertility", "continued_words"} & set(sums(replace(total, spaceless=2)))
    assert set(sums(Total())) == {"documents", "characters", "bytes", "tokens", "unknown_tokens", "words"}
    both = total + Total(
        documents=1, characters=2, size=3, spaceless=4, words=5, continued=6, covered=7, tokens=8, unknown=9
    )
    assert both == Total(
        documents=3, characters=102, size=123, spaceless=5, words=15, continued=9, covered=9, tokens=48, unknown=13
    )


def test_intervals_are_those_of_the_ratios_of_sums() -> None:
    units = [
        Total(
            documents=1, characters=9, size=10 + number, words=2 + number % 4, tokens=5 + number % 3, unknown=number % 2
        )
        for number in range(30)
    ]
    found = intervals(units, sum(units, Total()))
    tokens, words = [unit.tokens for unit in units], [unit.words for unit in units]
    for name, above, below in (
        ("unknown_token_rate", [unit.unknown for unit in units], tokens),
        ("bytes_per_token", [unit.size for unit in units], tokens),
        ("fertility", tokens, words),
    ):
        interval = ratio_interval(above, below)
        assert interval is not None
        assert (found[f"{name}_low"], found[f"{name}_high"]) == (interval.low, interval.high)
    assert len(found) == 6
