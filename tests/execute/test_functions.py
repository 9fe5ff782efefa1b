"""What a user hands over in Python, as descriptors: told apart by signature, or refused with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import assay
from assay.errors import AssayError
from assay.execute.functions import attention_of, corpora_of, tokenizer_of

SQUARE = assay.Workload.parse("core/fwd/causal/b1.h8.s1024.d64/f32/cpu.t1")


class Trained:
    """A tokenizer that is built on the training text, an id a character."""

    def __init__(self, text: str) -> None:
        self.text = text

    def encode(self, text: str) -> list[int]:
        return [self.text.index(each) for each in text]


class Ready:
    """A tokenizer that needs no text."""

    def __init__(self, width: int = 2) -> None:
        self.width = width

    def encode(self, text: str) -> list[int]:
        return [self.width] * len(text)


def encode(text: str) -> list[int]:
    return list(text.encode())


class TestTokenizers:
    @pytest.mark.parametrize(
        ("given", "factory", "ids", "pretrained"),
        [
            (encode, False, [98], True),
            (Ready(), False, [2], True),
            (Ready, False, [2], True),
            (Trained, False, [1], False),
            (lambda: Ready(3), True, [3], True),
            (str.encode, False, [98], True),
            (lambda text: Trained(text), True, [1], False),
        ],
    )
    def test_what_is_handed_over_is_built(self, given: Any, factory: bool, ids: list[int], pretrained: bool) -> None:
        plugin = tokenizer_of("mine", given, factory=factory)
        assert list(plugin.build("abc").encode("b")) == ids
        assert (plugin.name, plugin.pretrained, plugin.lossless) == ("mine", pretrained, False)

    def test_a_plugin_gets_the_name(self) -> None:
        plugin = assay.TokenizerPlugin(name="other", summary="s", build=lambda text: None)  # type: ignore[arg-type,return-value]
        assert tokenizer_of("mine", plugin) == replace(plugin, name="mine")

    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            (3, "the tokenizer 'm' is an int"),
            (None, "the tokenizer 'm' is None"),
            (lambda: [1], r"the tokenizer 'm' cannot encode: a lambda\(\) does not take one text"),
            (type("Odd", (), {"__init__": lambda self, a, b: None}), "takes neither nothing nor the training text"),
        ],
    )
    def test_anything_else_is_refused(self, given: object, sentence: str) -> None:
        with pytest.raises(AssayError, match=sentence):
            tokenizer_of("m", given)


class TestAttentions:
    def step(self, q: int, k: int, v: int) -> int:
        return q + k + v

    def test_a_step_is_what_is_called(self) -> None:
        plugin = attention_of("mine", self.step, [SQUARE])
        assert plugin.build(SQUARE, None)(1, 2, 3) == 6

    def test_two_arguments_build_a_step(self) -> None:
        def build(workload: assay.Workload, weights: assay.Weights | None) -> Callable[..., Any]:
            return lambda q, k, v: workload

        assert attention_of("mine", build, [SQUARE]).build is build

    def test_what_is_said_to_build_does(self) -> None:
        def build(*given: object) -> Callable[..., Any]:
            return self.step

        assert attention_of("mine", build, [SQUARE], factory=True).build is build
        assert attention_of("mine", build, [SQUARE]).build(SQUARE, None) is build

    def test_a_class_is_made(self) -> None:
        class Attention:
            def __call__(self, q: int, k: int, v: int) -> int:
                return q

        assert attention_of("mine", Attention, [SQUARE]).build(SQUARE, None)(7, 0, 0) == 7

    @pytest.mark.parametrize(("given", "sentence"), [(1, "'m' is an int"), (lambda: 1, "takes no tensors")])
    def test_anything_else_is_refused(self, given: object, sentence: str) -> None:
        with pytest.raises(AssayError, match=sentence):
            attention_of("m", given, [SQUARE])

    def test_it_is_asked_for_other_sizes_and_for_nothing_else(self) -> None:
        offered = attention_of("mine", self.step, [SQUARE]).unsupported
        assert offered(replace(SQUARE, q_len=191, kv_len=191, batch=2)) is None
        for other in (
            replace(SQUARE, q_len=1026),
            replace(SQUARE, kv_heads=2),
            replace(SQUARE, phase="fwd_bwd"),
            replace(SQUARE, semantics=assay.Semantics()),
        ):
            assert offered(other) is not None


class TestTexts:
    @pytest.mark.parametrize(
        ("text", "documents"),
        [("one", ["one"]), (["one", "two"], ["one", "two"]), ([assay.Document(text="one", id="1")], ["one"])],
    )
    def test_a_text_is_a_corpus(self, text: object, documents: list[str]) -> None:
        (corpus,) = corpora_of(text)
        assert corpus.name == "text"
        for _ in range(2):
            assert [document.text for document in corpus.documents()] == documents

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [(3, "an int"), ("", "empty"), ([], "empty"), ([3], "an int"), (b"x", "a bytes"), (["a", None], "None")],
    )
    def test_anything_else_is_refused(self, text: object, sentence: str) -> None:
        with pytest.raises(AssayError, match=f"text is {sentence}"):
            corpora_of(text)

    def test_texts_may_have_names(self) -> None:
        assert [corpus.name for corpus in corpora_of({"war": "a", "peace": ["b", "c"]})] == ["war", "peace"]
