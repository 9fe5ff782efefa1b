"""What a run asks of every tokenizer beside its documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from assay.errors import WrongOutput
from assay.measure import short_conformance
from assay.measure.short_conformance import added_ids, has_tokens, known_ids, not_capped, sane_size, verify_shortly
from assay.plugins.types import SpecialTokens, TokenizerPlugin
from assay.records.results import Metrics

TEXT = "He had been told that it was so, and 24 others said it too.\n" * 40


@dataclass
class Bytes:
    """UTF-8 bytes as ids, and what a test changes of it."""

    vocab_size: Any = 257
    unk_id: Any = None
    special_tokens: Any = field(default_factory=dict)
    spoil: Callable[[str, list[int]], list[int]] = lambda text, ids: ids
    back: Callable[[str], str] = lambda text: text

    def encode(self, text: str) -> Sequence[int]:
        return self.spoil(text, list(text.encode("utf-8", "surrogatepass")))

    def decode(self, ids: Sequence[int]) -> str:
        return self.back(bytes(value for value in ids if value < 256).decode("utf-8", "replace"))


class WithBytes(Bytes):
    """Tells the bytes of its tokens too."""

    def token_bytes(self, token_id: int) -> bytes:
        if token_id > 256:
            raise KeyError(token_id)
        return bytes([token_id]) if token_id < 256 else b""


def verify(tokenizer: Bytes, *, lossless: bool = True, specials: SpecialTokens | None = None) -> Metrics:
    plugin = TokenizerPlugin(
        name="t",
        summary="of a test",
        build=lambda text: tokenizer,
        lossless=lossless,
        specials=specials or SpecialTokens(),
    )
    return verify_shortly(plugin, tokenizer, TEXT)


@pytest.fixture(autouse=True)
def _no_growth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(short_conformance, "call_growth", lambda call: 12.0)


def test_a_right_one_passes_and_adds_nothing() -> None:
    assert verify(WithBytes()) == {"call_growth_bytes": 12.0}
    assert added_ids(WithBytes(), TEXT) == ()


def test_memory_that_grows_much_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(short_conformance, "call_growth", lambda call: 40_000.0)
    with pytest.raises(WrongOutput, match=r"^memory grows by 39\.1 KiB with each call"):
        verify(Bytes())


@pytest.mark.parametrize(
    ("tokenizer", "told"),
    [
        (Bytes(vocab_size=10**30), "^vocab_size is 1,000,000"),
        (Bytes(vocab_size=0), r"^vocab_size is 0 \("),
        (Bytes(vocab_size="257"), "^vocab_size is '257', a str, not an integer"),
        (Bytes(unk_id=257), "^unk_id is 257, and the vocabulary has 257"),
        (Bytes(unk_id="0"), "^unk_id is '0'"),
        (Bytes(special_tokens={"<s>": 257}), "^the id of '<s>' is 257, and the vocabulary has 257"),
        (Bytes(special_tokens={"<s>": None}), "^the id of '<s>' in special_tokens is None, not an integer"),
    ],
)
def test_sizes_are_sane(tokenizer: Bytes, told: str) -> None:
    with pytest.raises(WrongOutput, match=told):
        known_ids(tokenizer, sane_size(tokenizer))


def test_a_vocabulary_that_white_space_has_trained_may_be_empty() -> None:
    class Nothing(Bytes):
        def encode(self, text: str) -> Sequence[int]:
            return []

    plugin = TokenizerPlugin(name="t", summary="of a test", build=lambda text: Nothing(), lossless=False)
    verify_shortly(plugin, Nothing(vocab_size=0), " \n ")
    with pytest.raises(WrongOutput, match=r"^vocab_size is 0 \("):
        verify_shortly(plugin, Nothing(vocab_size=0), "a word")


def test_the_last_id_can_be_decoded() -> None:
    class Short(Bytes):
        def decode(self, ids: Sequence[int]) -> str:
            return bytes(ids).decode()

    with pytest.raises(WrongOutput, match=r"^vocab_size is 257, and decode\(\[256\]\) raises ValueError"):
        sane_size(Short())


def test_half_a_character_may_be_refused() -> None:
    class Strict(Bytes):
        vocab_size = 256

        def decode(self, ids: Sequence[int]) -> str:
            return bytes(ids).decode()

    sane_size(Strict(vocab_size=256))


@pytest.mark.parametrize(
    ("back", "specials"),
    [
        (lambda text: text[1:] if text.startswith("  ") else text, ()),
        (lambda text: text.removesuffix("\n\n"), ()),
        (lambda text: text.replace("\u00a0", " "), ()),
        (lambda text: text.replace("\r\n", "\n"), ()),
        (lambda text: text.replace("<honk> ", "<honk>"), ("<honk>",)),
        (lambda text: text.replace("<HONK>", "<honk>"), ("<honk>",)),
        (lambda text: text.replace("\n<honk>", "<honk>"), ("<honk>",)),
    ],
)
def test_white_space_and_special_tokens_come_back(back: Callable[[str], str], specials: tuple[str, ...]) -> None:
    known = SpecialTokens(other=specials)
    with pytest.raises(WrongOutput, match=r"^it promises a lossless round trip, but "):
        verify(Bytes(back=back), specials=known)
    verify(Bytes(back=back), lossless=False, specials=known)


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda text, ids: ids[:128], "characters has 128 ids, and written twice it has 128"),
        (lambda text, ids: ids[:20_000], "and written twice it has 20,000"),
        (lambda text, ids: ids[:1], "characters has 1 ids, and written twice it has 1"),
    ],
)
def test_ids_have_no_end(spoil: Callable[[str, list[int]], list[int]], told: str, lossless: bool) -> None:
    with pytest.raises(WrongOutput, match=told):
        not_capped(Bytes(spoil=spoil), TEXT)
    with pytest.raises(WrongOutput):
        verify(Bytes(spoil=spoil), lossless=lossless)


@pytest.mark.parametrize("lossless", [True, False])
def test_bytes_of_tokens_are_those_of_the_text(lossless: bool) -> None:
    class Wrong(WithBytes):
        def token_bytes(self, token_id: int) -> bytes:
            return b"x"

    with pytest.raises(WrongOutput, match=r"^the tokens of '.+' have the bytes b'x+', and decode gives '"):
        verify(Wrong(), lossless=lossless)


def test_a_lossy_one_may_spell_otherwise_what_has_no_bytes_or_is_unknown() -> None:
    lower = WithBytes(spoil=lambda text, ids: [*text.lower().encode(), 256], unk_id=256)
    lower.back = lambda text: "  ".join(text.split())
    verify(lower, lossless=False)


def test_decode_may_put_spaces_between_tokens_and_bytes_may_not_lack_those_within() -> None:
    words = ["", *dict.fromkeys(TEXT.split(" "))]

    class Between(Bytes):
        def encode(self, text: str) -> Sequence[int]:
            return [words.index(word) for word in text.split(" ")] if text else []

        def decode(self, ids: Sequence[int]) -> str:
            return " ".join(words[value] for value in ids)

        def token_bytes(self, token_id: int) -> bytes:
            return words[token_id].encode()

    verify(Between(vocab_size=len(words)))

    class Within(Between):
        def decode(self, ids: Sequence[int]) -> str:
            return "".join(f" {words[value]}" for value in ids)[1:] if len(ids) > 1 else f" {words[ids[0]]}"

    with pytest.raises(WrongOutput, match="have the bytes"):
        verify(Within(vocab_size=len(words)))


@pytest.mark.parametrize("ids", [(1,), (1, 2), (256, 256)])
def test_ids_around_every_text_are_counted(ids: tuple[int, ...]) -> None:
    around = Bytes(spoil=lambda text, own: [ids[0], *own, *ids[1:]])
    assert added_ids(around, "He had") == ids


def test_a_text_with_the_added_token_in_it_need_not_come_back() -> None:
    class Marked(Bytes):
        def encode(self, text: str) -> Sequence[int]:
            return [256, *(value for part in text.split("<s>") for value in (*part.encode(), 256))]

    verify(Marked(), specials=SpecialTokens(bos="<s>"))


def test_unknown_tokens_are_not_added() -> None:
    unknown = Bytes(spoil=lambda text, ids: [256], unk_id=256)
    assert added_ids(unknown, "He had") is None


def test_texts_have_tokens() -> None:
    has_tokens(["", " \n", "a"], [[], [], [1]])
    has_tokens(["short", "a"], [[], [1]])
    for texts, ids in ((["a"], [[]]), (["a" * 100, "b"], [[], [1]]), ([" ", "a"], [[], []])):
        with pytest.raises(WrongOutput, match="has no token at all"):
            has_tokens(texts, ids)


def test_what_is_refused_is_left_out() -> None:
    class Shy(Bytes):
        def encode(self, text: str) -> Sequence[int]:
            raise ValueError("not today")

    assert verify(Shy()) == {"call_growth_bytes": 12.0}
