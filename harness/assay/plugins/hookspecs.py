"""The hooks a plugin may implement. Each yields frozen descriptors; importing a plugin is free, `build` works."""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from assay.plugins.types import (
    AttentionPlugin,
    CorpusPlugin,
    Descriptor,
    ExecutorPlugin,
    MetricPlugin,
    ReportPlugin,
    TokenizerPlugin,
)

# Raised when a hook or a field is added that a plugin may rely on. A plugin says with `assay_hooks = 1` for which
# version it was written; one that is written for a later one than this cannot be loaded.
# 2: assay_executors, TokenizerPlugin.splits_at.
# 3: assay_tokenizer_file, Provided.license, AttentionPlugin.approximate, TokenizerPlugin.files,
#    TokenizerPlugin.trained_on;
#    AATest, ExecutorConfig, ReportContext, Supports, TaskResult, TokenAlignment, TokenizedText.
HOOKS_VERSION = 3
OLDEST_HOOKS_VERSION = 1

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

    @hookspec
    def assay_metrics(self) -> Iterable[MetricPlugin]:
        """Yield the metrics that this plugin adds to rows of others."""
        raise NotImplementedError

    @hookspec
    def assay_reports(self) -> Iterable[ReportPlugin]:
        """Yield the forms in which this plugin can write results."""
        raise NotImplementedError

    @hookspec
    def assay_executors(self) -> Iterable[ExecutorPlugin]:
        """Yield the engines over which this plugin can spread counts."""
        raise NotImplementedError

    @hookspec
    def assay_tokenizer_file(self, source: str) -> TokenizerPlugin | None:
        """Return the tokenizer that a user named by its file, or None for a source that this plugin does not read.

        The source is a path or begins with a prefix, as in `hf:tokenizer.json`. Only its kind is found out here:
        `build` reads it. Raise `AssayError` for a source that is this plugin's and cannot be read.
        """
        raise NotImplementedError


PROVIDES: dict[str, type[Descriptor]] = {
    "assay_corpora": CorpusPlugin,
    "assay_tokenizers": TokenizerPlugin,
    "assay_attentions": AttentionPlugin,
    "assay_metrics": MetricPlugin,
    "assay_reports": ReportPlugin,
    "assay_executors": ExecutorPlugin,
}
READS = "assay_tokenizer_file"  # is asked for what a user names, and announces nothing
