"""How the columns of a table share the width of a terminal: which wrap, which are dropped, which stand below.

What does not fit is made to, step by step, and no name and no number is ever cut:

1. headers wrap at their words, and sentences too; names longer than two fifths of the width wrap within themselves;
2. optional columns are left out, in their order;
3. the gap between columns becomes one cell, and names wrap sooner;
4. what is still too wide is set in parts, one below the other, each with the first column.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

GAP = 2
LONGEST_NAME = 24  # cells that a name has, however narrow the terminal is
SHORTEST_NAME = 12  # before a table is set in parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """The size of a column in cells.

    `head` are the widths of the words of its title, `word` is that of the longest word in its cells, `natural` that of
    the longest of title and cells. Those of `figures` wrap at their words only; `sentences` are text of several words.
    With a `drop_rank` the column is optional; the lowest is dropped first.
    """

    head: tuple[int, ...]
    word: int
    natural: int
    figures: bool = False
    sentences: bool = False
    drop_rank: int | None = None

    def least(self, longest: int) -> int:
        """Return the smallest width, where names may have so many cells."""
        title = min(max(self.head, default=0), longest)
        return max(title, self.word if self.figures else min(self.word, longest), 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Columns that stand side by side, by their index, with their widths and the gap between them."""

    columns: tuple[int, ...]
    widths: tuple[int, ...]
    gap: int

    @property
    def width(self) -> int:
        """Return all cells of a line."""
        return sum(self.widths) + self.gap * (len(self.widths) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The parts of a table from top to bottom, and the columns that were dropped, in the order of the table."""

    parts: tuple[Part, ...]
    left_out: tuple[int, ...] = ()


def fit(extents: Sequence[Extent], width: int) -> Layout:
    """Fit columns into a width. It is exceeded only by a figure that has no room beside the name of its row."""
    longest = max(LONGEST_NAME, width * 2 // 5)
    kept = list(range(len(extents)))
    left: list[int] = []

    def over(gap: int, longest: int) -> int:
        return sum(extents[index].least(longest) for index in kept) + gap * (len(kept) - 1) - width

    ranks = {index: rank for index in kept if (rank := extents[index].drop_rank) is not None}
    for index in sorted(ranks, key=ranks.__getitem__):
        if over(GAP, longest) <= 0 or len(kept) == 1:
            break
        kept.remove(index)
        left.append(index)
    gap = GAP if over(GAP, longest) <= 0 else 1
    while over(gap, longest) > 0 and longest > SHORTEST_NAME:
        longest -= 1
    if over(gap, longest) <= 0:
        return Layout(parts=(_part(extents, kept, width, gap, longest),), left_out=tuple(sorted(left)))
    longest = min(LONGEST_NAME, (width - GAP) // 2)
    split = _split(extents, kept, width, longest)
    parts = tuple(_part(extents, columns, width, GAP, longest) for columns in split)
    return Layout(parts=parts, left_out=tuple(sorted(left)))


def _split(extents: Sequence[Extent], kept: Sequence[int], width: int, longest: int) -> list[list[int]]:
    """Divide columns among parts, the first column in each, and at least one beside it."""
    first, *others = kept
    parts: list[list[int]] = []
    for index in others:
        if parts and _least([extents[i] for i in (*parts[-1], index)], longest) <= width:
            parts[-1].append(index)
        else:
            parts.append([first, index])
    return parts or [[first]]


def _least(extents: Sequence[Extent], longest: int) -> int:
    return sum(extent.least(longest) for extent in extents) + GAP * (len(extents) - 1)


def _part(extents: Sequence[Extent], columns: Sequence[int], width: int, gap: int, longest: int) -> Part:
    """Spend what is left on names, then on sentences in equal shares, on titles that wrap, and on names that do."""
    found = {index: extents[index].least(longest) for index in columns}
    left = width - sum(found.values()) - gap * (len(columns) - 1)
    names = [index for index in columns if not extents[index].figures and not extents[index].sentences]
    sentences = [index for index in columns if extents[index].sentences and not extents[index].figures]
    for index in names:
        left -= _widen(found, index, min(extents[index].natural, longest), left)
    while left > 0 and (growing := [index for index in sentences if found[index] < extents[index].natural]):
        left -= sum(_widen(found, index, found[index] + 1, 1) for index in growing[:left])
    left -= _raise_titles(extents, found, left)
    for index in names:
        left -= _widen(found, index, extents[index].natural, left)
    return Part(columns=tuple(columns), widths=tuple(found[index] for index in columns), gap=gap)


def _widen(found: dict[int, int], index: int, to: int, left: int) -> int:
    """Make a column as wide as that, or as there are cells left for; return how many it took."""
    more = max(0, min(left, to - found[index]))
    found[index] += more
    return more


def _raise_titles(extents: Sequence[Extent], found: dict[int, int], left: int) -> int:
    """Spend cells on the titles of most lines, as long as that makes the whole head lower; return how many it took."""
    spent = 0
    while (most := max(_lines(extents[index].head, wide) for index, wide in found.items())) > 1:
        wider = {
            index: next(w for w in itertools.count(wide) if _lines(extents[index].head, w) < most)
            for index, wide in found.items()
        }
        cost = sum(wider.values()) - sum(found.values())
        if spent + cost > left:
            break
        found.update(wider)
        spent += cost
    return spent


def _lines(words: Sequence[int], width: int) -> int:
    """Return how many lines words of these widths take."""
    count, used = 1, 0
    for word in words:
        if used and used + 1 + word > width:
            count, used = count + 1, 0
        used += word + bool(used)
    return count
