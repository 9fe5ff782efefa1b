"""Fresh texts: the words of documents in another order for each call, so that no text comes twice."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from random import Random

MOST_CHARACTERS = 1 << 20  # of the documents; each call makes so much text anew
POOL = 256  # words; shorter documents share theirs with their neighbours
FEWEST_WORDS = 12  # different ones, which have 479 million orders
LONG, LONGEST = 24, 64  # characters of a word that may hold several, and of what has no mark between
SHORT = 64  # words, which are shuffled one by one
STRIDES = range(16, 48)
SEED = 20
WORD = re.compile(r"\s*\S+")


def words_of(text: str, *, whole: bool = False) -> list[str]:
    """Cut a text into words, each with the white space before it; white space at the end is left out.

    Scripts without spaces make long words. They are cut before marks, and after 64 characters without one, unless they
    are to stay `whole`.
    """
    words = WORD.findall(text)
    if whole or all(len(word) <= LONG for word in words):
        return words
    inside = _inside(text)
    return [piece for word in words for piece in ([word] if len(word) <= LONG else inside.findall(word))]


def _inside(text: str) -> re.Pattern[str]:
    """A pattern of what is cut off a long word: marks (punctuation, symbols), and what follows them."""
    marks = "".join(re.escape(each) for each in sorted(set(text)) if unicodedata.category(each)[0] in "PS")
    if not marks:
        return re.compile(rf"\s*\S{{1,{LONGEST}}}")
    return re.compile(rf"\s*[{marks}]*[^\s{marks}]{{1,{LONGEST}}}(?:[{marks}]+(?!\S))?|\s*[{marks}]+")


@dataclass(frozen=True, slots=True)
class _Document:
    """The words of a document, and the white space at its end."""

    words: list[str]
    end: str


class _Pool:
    """Documents whose words change places. First words, which have no space before them, stay first words."""

    def __init__(self, documents: Sequence[_Document], chance: Random) -> None:
        self._firsts = ["".join(each.words[:1]) for each in documents]
        self._rest = [word for each in documents for word in each.words[1:]]
        self._shape = [(max(0, len(each.words) - 1), each.end) for each in documents]
        places = list(range(len(self._rest)))
        chance.shuffle(places)
        self._scattered = itemgetter(*places)

    def draw(self, chance: Random) -> Iterator[str]:
        """Make as many texts, of as many words."""
        firsts = chance.sample(self._firsts, len(self._firsts))
        words, place = self._mixed(chance), 0
        for first, (count, end) in zip(firsts, self._shape, strict=True):
            yield first + "".join(words[place : place + count]) + end
            place += count

    def _mixed(self, chance: Random) -> Sequence[str]:
        """The words in another order. Of many, strides in any order are scattered, since shuffling takes long."""
        if len(self._rest) < SHORT:
            return chance.sample(self._rest, len(self._rest))
        stride = chance.choice(STRIDES)
        strided: list[str] = []
        for start in chance.sample(range(stride), stride):
            strided += self._rest[start::stride]
        words: tuple[str, ...] = self._scattered(strided)
        return words


class FreshTexts:
    """Makes texts of the words of documents, about as long as these; of much text a part."""

    def __init__(self, texts: Sequence[str], pools: Sequence[_Pool]) -> None:
        self._texts, self._pools = texts, pools
        self.size = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)

    @classmethod
    def of(cls, texts: Sequence[str], *, whole_words: bool = False) -> FreshTexts | None:
        """Take the words of documents that have any; None where there are too few for each text to be new."""
        chance = Random(SEED)
        texts = [text for text in _part(texts) if text.strip()]
        pools: list[list[_Document]] = []
        known: list[set[str]] = []
        for text in texts:
            if not pools or (len(known[-1]) >= FEWEST_WORDS and sum(len(one.words) for one in pools[-1]) >= POOL):
                pools.append([])
                known.append(set())
            words = words_of(text, whole=whole_words)
            pools[-1].append(_Document(words, text[sum(map(len, words)) :]))
            known[-1].update(words[1:])
        if len(pools) > 1 and len(known[-1]) < FEWEST_WORDS:
            pools[-2:] = [[*pools[-2], *pools[-1]]]
        elif not pools or len(known[-1]) < FEWEST_WORDS:
            return None
        return cls(texts, [_Pool(pool, chance) for pool in pools])

    def draw(self, chance: Random) -> list[str]:
        """Make the texts of one call."""
        return [text for pool in self._pools for text in pool.draw(chance)]


def _part(texts: Sequence[str]) -> Sequence[str]:
    """Every so many-th of many documents, or the beginning of each of few, up to a million characters in all."""
    most = -(-sum(map(len, texts)) // MOST_CHARACTERS)
    if most <= 1:
        return texts
    if len(texts) >= POOL:
        texts = texts[::most]
        most = -(-sum(map(len, texts)) // MOST_CHARACTERS)
    return [_beginning(text, len(text) // most) for text in texts] if most > 1 else texts


def _beginning(text: str, length: int) -> str:
    """So many characters, up to the last white space in them where there is any."""
    cut = text[:length]
    space = next((place for place in range(length - 1, 0, -1) if cut[place].isspace()), length)
    return cut[:space]
