"""A tokenizer for Assay; put your own in the place of this one."""

import re
from collections.abc import Iterator, Sequence
from importlib import resources

import assay

assay_hooks = 3  # the version of the hooks that this is written for


class Tokenizer:
    """The words of vocabulary.txt whole, the rest byte by byte."""

    unk_id = None  # the id of the unknown token, where there is one

    def __init__(self, text: str) -> None:
        file = resources.files(__name__) / "vocabulary.txt"  # is in the wheel too
        words = file.read_bytes().split()
        self.words = [*(bytes([n]) for n in range(256)), *words]
        self.ids = {word: [number] for number, word in enumerate(self.words)}
        self.vocab_size = len(self.words)  # one more than the largest id

    def encode(self, text: str) -> list[int]:
        cut = [word.encode() for word in re.findall(r"\w+|\W", text)]
        return [token for word in cut for token in self.ids.get(word, word)]

    def decode(self, ids: Sequence[int]) -> str:
        return b"".join(self.words[token] for token in ids).decode(errors="replace")


@assay.hookimpl
def assay_tokenizers() -> Iterator[assay.TokenizerPlugin]:
    yield assay.TokenizerPlugin(
        name="$name",
        summary="frequent words whole, the rest byte by byte",
        license="MIT",
        build=Tokenizer,
        pretrained=True,  # the training text is not used
        trained_on="a list of frequent English words",
    )
