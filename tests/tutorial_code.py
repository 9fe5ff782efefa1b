"""The tutorial's word tokenizers as it wrote them, in our words: the slow reference, as a plugin in a file.

`assay run --plugin tests/tutorial_code.py --tokenizers tutorial,regex` weighs them against ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import assay

ENDOFTEXT, UNKNOWN = "<|endoftext|>", "<|unk|>"


class Tutorial:
    """Splits by `re.split`, strips every piece twice, looks up in a dict; an unseen word is a KeyError."""

    unk_id: int | None = None

    def __init__(self, training_text: str, specials: Sequence[str] = ()) -> None:
        vocabulary = [*sorted(set(self.split(training_text))), *specials]
        self.ids = {token: number for number, token in enumerate(vocabulary)}
        self.tokens = {number: token for token, number in self.ids.items()}

    @property
    def vocab_size(self) -> int:
        return len(self.ids)

    def split(self, text: str) -> list[str]:
        pieces = re.split(r'([,.?_!"()\']|--|\s)', text)
        return [piece.strip() for piece in pieces if piece.strip()]

    def encode(self, text: str) -> list[int]:
        return [self.ids[token] for token in self.split(text)]

    def decode(self, ids: Sequence[int]) -> str:
        text = " ".join([self.tokens[number] for number in ids])
        return re.sub(r'\s+([,.?!"()\'])', r"\1", text)


class TutorialWithUnknown(Tutorial):
    """An unseen word becomes `<|unk|>`."""

    def __init__(self, training_text: str) -> None:
        super().__init__(training_text, (ENDOFTEXT, UNKNOWN))
        self.unk_id = self.ids[UNKNOWN]

    def encode(self, text: str) -> list[int]:
        known = [token if token in self.ids else UNKNOWN for token in self.split(text)]
        return [self.ids[token] for token in known]


@assay.hookimpl
def assay_tokenizers() -> Iterator[assay.TokenizerPlugin]:
    yield assay.TokenizerPlugin(name="tutorial", summary="re.split and a dict", build=Tutorial, lossless=False)
    yield assay.TokenizerPlugin(
        name="tutorial-unk", summary="the same, with <|unk|>", build=TutorialWithUnknown, lossless=False
    )
