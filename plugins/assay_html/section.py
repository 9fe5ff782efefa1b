"""A section of the page: whatever of words, pictures, tables and lists it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import assay
from assay_html.figure import Figure
from assay_html.grid import Grid
from assay_html.trend import Trend
from assay_html.verdicts import Judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What stands under one heading, in this order. The first column of a `linked` table leads to a page beside it."""

    id: str
    title: str
    words: tuple[str, ...] = ()
    grid: Grid | None = None
    judged: tuple[Judged, ...] = ()
    pictures: tuple[tuple[Figure, str], ...] = ()
    tables: tuple[assay.Table, ...] = ()
    linked: bool = False
    trends: tuple[Trend, ...] = ()
    corpus: str = ""
    view: str = ""
    tokens: Mapping[str, object] | None = None
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def filled(self) -> bool:
        """Return whether there is anything to show."""
        rows = () if self.grid is None else self.grid.rows
        return bool(
            self.words or rows or self.judged or self.pictures or self.tables or self.trends or self.view or self.facts
        )
