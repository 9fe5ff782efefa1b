"""Whether a text may be cut where a tokenizer declares that it may."""

from __future__ import annotations

import re

from assay.plugins.types import TokenizerPlugin
from assay.testkit.context import Context
from assay.testkit.registry import Check
from assay.testkit.result import ConformanceError, Skip
from assay.testkit.shrinking import quoted, shown

LINES = 12  # of the training text: a part of it is long enough to have all that a pattern looks at
MOST = 2_000


def splits_at(plugin: TokenizerPlugin, context: Context) -> str:
    """A text that is cut where it declares gives the ids of the whole, part after part."""
    if plugin.splits_at is None:
        raise Skip("it declares no splits_at")
    expression = re.compile(plugin.splits_at)
    tried = 0
    for text in ("\n".join(context.training.splitlines()[:LINES]), " ".join(context.strings), *context.strings):
        whole = context.ids(text[:MOST])
        for match in expression.finditer(text[:MOST]) if whole is not None else ():
            if match.end() > match.start():
                raise ConformanceError(
                    f"splits_at matches {quoted(match[0])}, which is no place between two characters",
                    remedy="look ahead and behind, as in (?<=\\S)(?= )",
                )
            before, after = text[: match.start()], text[match.start() : MOST]
            ours, theirs = context.ids(before), context.ids(after)
            if ours is None or theirs is None or [*ours, *theirs] != whole:
                raise ConformanceError(
                    f"cut into {quoted(before[-20:])} and {quoted(after[:20])}, the text gives"
                    f" {shown([*(ours or [])[-3:], *(theirs or [])[:3]])} there, and not the ids of the whole",
                    remedy="fix splits_at, or leave it out: long documents are then taken whole",
                )
            tried += 1
    return f"{tried:,} places"


CHECKS = (Check.of(splits_at, "takes-any-text", "deterministic"),)
