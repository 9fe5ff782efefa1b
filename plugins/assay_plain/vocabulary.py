"""A closed vocabulary: the sorted set of the training text's units, then one id for all others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from assay_plain import CHARACTERS, WHITESPACE


class VocabularyTokenizer:
    """Units as `split` cuts them, ids in sorted order; `unk` stands for every unit outside the vocabulary.

    `joint` is what `decode` writes between two units. In a text, `unk` means itself.
    """

    def __init__(self, training_text: str, split: Callable[[str], Iterable[str]], joint: str, unk: str) -> None:
        units = sorted(set(split(training_text)) - {unk})
        self._units = [*units, unk]
        self._ids = {unit: index for index, unit in enumerate(units)}
        self._split = split
        self._joint = joint

    @property
    def vocab_size(self) -> int:
        """The units and `unk`."""
        return len(self._units)

    @property
    def unk_id(self) -> int:
        """The last id."""
        return len(self._units) - 1

    def encode(self, text: str) -> list[int]:
        """Return the id of each unit of the text."""
        ids, unknown = self._ids, self.unk_id
        return [ids.get(unit, unknown) for unit in self._split(text)]

    def decode(self, ids: Sequence[int]) -> str:
        """Join the units."""
        return self._joint.join([self._units[index] for index in ids])


def characters(training_text: str) -> VocabularyTokenizer:
    """Take each code point as a unit."""
    return VocabularyTokenizer(training_text, iter, "", str(CHARACTERS.unk))


def whitespace(training_text: str) -> VocabularyTokenizer:
    """Take each word between white space, as `str.split` sees it, as a unit."""
    return VocabularyTokenizer(training_text, str.split, " ", str(WHITESPACE.unk))
