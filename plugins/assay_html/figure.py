"""What a chart of the page consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Section = Literal["tokens", "parity", "speed", "vocabulary", "growth", "attention", "pipeline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A chart, whatever draws it.

    `id` names it on the page: lower-case letters, digits and hyphens. `says` is the plain sentence under the chart:
    what it shows, and what it does not. `spec` is Vega-Lite as plain dicts, the data inside. `columns` and `rows` are
    the same data as text for a person, `alt` what a reader is told who cannot see the picture.
    """

    id: str
    section: Section
    title: str
    says: str
    spec: Mapping[str, Any]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    alt: str
