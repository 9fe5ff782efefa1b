"""Plugins that only the baseline of a check has: renamed and broken ones must not pass unseen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assay.execute.selection import Selection
from assay.plugins.host import Host
from assay.plugins.types import AttentionPlugin, Provided, TokenizerPlugin
from assay.records.verdicts import Judgement, Verdict

Names = Mapping[str, Mapping[str, str | None]]


def lost(host: Host, selection: Selection, before: Names, after: Names) -> Iterator[Judgement]:
    """Judge what was asked for and is in the baseline alone.

    `before` and `after` give the distributions of plugins by name, for `tokenizers` and for `attentions`; where
    `after` is not known, the host's plugins are those of the candidate. One whose distribution failed to load has
    failed; of others nobody knows whether they were meant to go.
    """
    broken = {failure.origin.distribution: failure for failure in host.failures}
    kinds: tuple[tuple[str, type[Provided]], ...] = (("tokenizer", TokenizerPlugin), ("attention", AttentionPlugin))
    for kind, of in kinds:
        here = after.get(f"{kind}s") or {plugin.name for plugin in host.every(of)}
        for name, distribution in before.get(f"{kind}s", {}).items():
            if name not in here and selection.asks_for(of, name, distribution):
                failure = broken.get(distribution)
                because = f": {failure}" if failure else ""
                yield Judgement(
                    cell=f"{kind}/{name}",
                    verdict=Verdict.FAILED if failure else Verdict.NOT_COMPARABLE,
                    reason=f"the baseline has this plugin, the candidate has not{because}",
                    remedy=None if failure else "was it renamed?",
                )
