"""The hooks a plugin may implement. Each yields frozen descriptors; importing a plugin is free, `build` works."""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from assay.contracts import AttentionPlugin, CorpusPlugin, TokenizerPlugin

hookspec = pluggy.HookspecMarker("assay")
hookimpl = pluggy.HookimplMarker("assay")


class Hooks:
    """What the host asks of every plugin, in this order."""

    @hookspec
    def assay_corpora(self) -> Iterable[CorpusPlugin]:
        """Yield the corpora that this plugin brings."""
        raise NotImplementedError

    @hookspec
    def assay_tokenizers(self) -> Iterable[TokenizerPlugin]:
        """Yield the tokenizers that this plugin brings."""
        raise NotImplementedError

    @hookspec
    def assay_attentions(self) -> Iterable[AttentionPlugin]:
        """Yield the attention implementations that this plugin brings."""
        raise NotImplementedError


PROVIDES: dict[str, type[CorpusPlugin] | type[TokenizerPlugin] | type[AttentionPlugin]] = {
    "assay_corpora": CorpusPlugin,
    "assay_tokenizers": TokenizerPlugin,
    "assay_attentions": AttentionPlugin,
}
