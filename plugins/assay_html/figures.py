"""The figures of a run, in reading order: those for which it has data."""

from __future__ import annotations

import assay
from assay_html import figures_attention, figures_tokenizers
from assay_html.figure import Figure


def figures(outcome: assay.Outcome) -> tuple[Figure, ...]:
    """Return the figures of tokenizers, then those of attention."""
    return (*figures_tokenizers.figures(outcome), *figures_attention.figures(outcome))
