"""What comes of a text at a limit, by what the descriptor promises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assay
from assay.errors import UnknownToken
from assay.execute.functions import tokenizer_of
from assay.measure.edge_case_subject import EdgeCaseFailed, EdgeCaseSubject
from assay.measure.id_equivalence import IdEquivalence
from assay.plugins.types import SpecialTokens, Tokenizer
from assay.records.results import Metrics

SURROGATE = "a\ud800b"


class Points:
    """One id a code point; `encode` and `decode` may be replaced."""

    vocab_size, unk_id = 0x110000, None

    def __init__(self, encode: Callable[[str], Any] | None = None, decode: Callable[[Any], Any] | None = None) -> None:
        if encode is not None:
            self.encode = encode  # type: ignore[method-assign]
        if decode is not None:
            self.decode = decode  # type: ignore[method-assign]

    def encode(self, text: str) -> Any:
        return list(map(ord, text))

    def decode(self, ids: Any) -> Any:
        return "".join(map(chr, ids))


class Panic(BaseException):
    """No Exception, as Rust's panics are none."""


def subject(tokenizer: Points, *texts: str, **promises: Any) -> EdgeCaseSubject:
    plugin = assay.TokenizerPlugin(name="t", summary="", build=lambda text: cast(Tokenizer, tokenizer), **promises)
    documents = [assay.Document(text=text, id=str(number)) for number, text in enumerate(texts)]
    return EdgeCaseSubject(plugin, documents, "the training text")


def figures(metrics: Metrics) -> dict[str, Any]:
    return dict(metrics)


def failure(*arguments: Any, **promises: Any) -> tuple[str, bool, str]:
    """What came of it, whether that was expected, and what was said."""
    with pytest.raises(EdgeCaseFailed) as caught:
        subject(*arguments, **promises).check()
    return figures(caught.value.metrics)["limit"], caught.value.expected, caught.value.message


def raising(error: BaseException) -> Callable[[Any], Any]:
    def encode(text: str) -> Any:
        raise error

    return encode


@given(texts=st.lists(st.text(st.characters()), min_size=1, max_size=3))
def test_what_comes_back_is_exact_lone_surrogates_too(texts: list[str]) -> None:
    assert figures(subject(Points(), *texts).check()) == {"limit": "exact", "round_trip": 1.0}


def test_the_training_text_is_what_it_is_built_on() -> None:
    seen: list[str] = []

    def build(text: str) -> Tokenizer:
        seen.append(text)
        return cast(Tokenizer, Points())

    plugin = assay.TokenizerPlugin(name="t", summary="", build=build)
    EdgeCaseSubject(plugin, [assay.Document(text="", id="0")], "the training text")
    assert seen == ["the training text"]


def test_a_loss_breaks_the_promise_where_there_is_utf_8() -> None:
    lossy = Points(decode=lambda ids: "".join(map(chr, ids)).replace("\0", ""))
    outcome, expected, said = failure(lossy, "fine", "a\0b")
    assert (outcome, expected) == ("lossy", False)
    assert said == (
        "it promises a lossless round trip, but text '1' differs at character 1: 'a\\x00b' became 'ab'"
        " (1 of 2 texts came back)"
    )


def test_a_loss_that_is_announced_is_told() -> None:
    lossy = Points(decode=lambda ids: "".join(map(chr, ids)).replace("\0", ""))
    found = figures(subject(lossy, "a\0b", lossless=False).check())
    assert (found["limit"], found["round_trip"]) == ("lossy", 0.0)
    assert "'a\\x00b' became 'ab'" in found["round_trip_difference"]


def test_lone_surrogates_may_be_replaced_or_refused_by_the_most_faithful() -> None:
    replaces = Points(encode=lambda text: [0xFFFD if 0xD800 <= ord(one) < 0xE000 else ord(one) for one in text])
    assert figures(subject(replaces, SURROGATE).check())["limit"] == "lossy"
    refuses = Points(encode=lambda text: list(text.encode()))
    outcome, expected, said = failure(refuses, SURROGATE)
    assert (outcome, expected) == ("raises UnicodeEncodeError", True)
    assert "surrogates not allowed" in said


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(ValueError("no"), "raises ValueError"), (MemoryError(), "memory"), (Panic("no"), "raises Panic")],
)
def test_an_error_on_utf_8_is_blamed(error: BaseException, outcome: str) -> None:
    assert failure(Points(encode=raising(error)), "a")[:2] == (outcome, False)


@pytest.mark.parametrize("error", [MemoryError(), Panic()])
def test_a_panic_is_blamed_on_lone_surrogates_too(error: BaseException) -> None:
    assert failure(Points(encode=raising(error)), SURROGATE)[1] is False


def test_an_unseen_word_is_expected_of_a_closed_vocabulary_only() -> None:
    closed = Points(encode=raising(UnknownToken("\0")))
    assert failure(closed, "\0", closed_vocabulary=True)[:2] == ("raises UnknownToken", True)
    assert failure(closed, "\0")[:2] == ("raises UnknownToken", False)


def test_a_special_token_may_be_refused_where_that_is_announced() -> None:
    refuses = Points(encode=raising(ValueError("special")))
    specials = SpecialTokens(eos="<s>", in_text="refused")
    assert failure(refuses, "a<s>", specials=specials)[1] is True
    assert failure(refuses, "a", specials=specials)[1] is False


def test_a_message_that_quotes_a_megabyte_is_cut() -> None:
    said = failure(Points(encode=raising(UnknownToken("x" * 1_000_000))), "a")[2]
    assert len(said) < 300
    assert "999,836 characters" in said


def test_ids_must_be_in_range_and_the_same_twice() -> None:
    counter = iter(range(9))
    for encode in (lambda text: [0x110000], lambda text: [next(counter)], lambda text: ["a"]):
        assert failure(Points(encode=encode), SURROGATE)[:2] == ("wrong", False)


def test_the_gravest_text_is_told_not_the_first() -> None:
    def encode(text: str) -> Any:
        if text == "bad":
            raise ValueError("no")
        return list(text.encode("utf-8", "replace"))

    assert failure(Points(encode=encode), SURROGATE, "bad", "fine")[0] == "raises ValueError"


class TestClaims:
    def claiming(self, reference: Points, *texts: str) -> EdgeCaseSubject:
        made = subject(Points(), *texts)
        made.equivalence = IdEquivalence("reference", cast(Tokenizer, reference))
        return made

    def test_other_ids_than_those_claimed_are_wrong(self) -> None:
        with pytest.raises(
            EdgeCaseFailed, match=r"it claims the ids of reference, but text '0' has id 97 instead of 98"
        ):
            self.claiming(Points(encode=lambda text: [ord(one) + 1 for one in text]), "a").check()

    @pytest.mark.parametrize("error", [ValueError(), Panic()])
    def test_nobody_need_fail_as_the_reference_does(self, error: BaseException) -> None:
        assert figures(self.claiming(Points(encode=raising(error)), "a").check())["limit"] == "exact"

    def test_a_claim_does_not_speak_of_lone_surrogates(self) -> None:
        other = Points(encode=lambda text: list(text.encode("utf-8", "replace")))
        assert figures(self.claiming(other, SURROGATE).check())["limit"] == "exact"


def test_a_function_from_python_is_encoded_and_not_called_exact() -> None:
    documents = [assay.Document(text="a", id="0")]
    checked = EdgeCaseSubject(tokenizer_of("mine", Points().encode), documents, "").check()
    assert figures(checked) == {"limit": "encoded"}
