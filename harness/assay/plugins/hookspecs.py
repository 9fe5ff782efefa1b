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
#    TokenizerPlugin.trained_on; AATest, ExecutorConfig, ReportContext, Supports, TaskResult, TokenAlignment,
#    TokenizedText.
HOOKS_VERSION = 3
OLDEST_HOOKS_VERSION = 1

hookspec = pluggy.HookspecMarker("assay")
hookimpl = pluggy.HookimplMarker("assay")


class Hooks:
    """What the host asks of every plugin, in this order. Each has an example to paste into a module."""

    @hookspec
    def assay_corpora(self) -> Iterable[CorpusPlugin]:
        """Yield the corpora that this plugin brings.

        For example:

            import assay

            assay_hooks = 3
            TEXTS = ("A document is a text.", "It has an id, which no other has.")

            def documents():
                for number, text in enumerate(TEXTS):
                    yield assay.Document(text=text, id=str(number), language="en")

            @assay.hookimpl
            def assay_corpora():
                yield assay.CorpusPlugin(
                    name="my-corpus",
                    summary="two short documents",
                    license="MIT",
                    documents=documents,
                    sha256=None,  # `assay conform` tells it
                    title="Two documents",
                    author="you",
                    source="this module",
                    language="en",
                    kind="prose",
                )
        """
        raise NotImplementedError

    @hookspec
    def assay_tokenizers(self) -> Iterable[TokenizerPlugin]:
        """Yield the tokenizers that this plugin brings.

        For example:

            import assay

            assay_hooks = 3

            class Bytes:
                vocab_size, unk_id = 256, None

                def encode(self, text):
                    return list(text.encode())

                def decode(self, ids):
                    return bytes(ids).decode(errors="replace")

            @assay.hookimpl
            def assay_tokenizers():
                yield assay.TokenizerPlugin(
                    name="my-bytes",
                    summary="one id a byte",
                    license="MIT",
                    build=lambda training_text: Bytes(),
                )
        """
        raise NotImplementedError

    @hookspec
    def assay_attentions(self) -> Iterable[AttentionPlugin]:
        """Yield the attention implementations that this plugin brings.

        For example:

            import assay

            assay_hooks = 3

            def build(workload, weights):
                import torch  # here, so that listing plugins does not load it

                def step(q, k, v):
                    scores = q @ k.mT * workload.d_qk**-0.5
                    hidden = torch.ones_like(scores, dtype=torch.bool).triu(1)
                    return torch.softmax(scores.masked_fill(hidden, -torch.inf), dim=-1) @ v

                return step

            @assay.hookimpl
            def assay_attentions():
                yield assay.AttentionPlugin(
                    name="my-attention",
                    summary="causal attention as it is defined",
                    license="MIT",
                    requires=("torch>=2.6",),
                    build=build,
                    unsupported=assay.Supports(levels=("core",), masks=("causal",)),
                )
        """
        raise NotImplementedError

    @hookspec
    def assay_metrics(self) -> Iterable[MetricPlugin]:
        """Yield the metrics that this plugin adds to rows of others.

        For example:

            import assay

            assay_hooks = 3

            def longest(documents, tokenizer):
                return max((len(document.ids) for document in documents), default=None)

            @assay.hookimpl
            def assay_metrics():
                yield assay.MetricPlugin(
                    name="longest_document",
                    summary="tokens of the longest document",
                    license="MIT",
                    unit="tokens",
                    of_tokens=longest,
                )
        """
        raise NotImplementedError

    @hookspec
    def assay_reports(self) -> Iterable[ReportPlugin]:
        r"""Yield the forms in which this plugin can write results.

        For example:

            import assay

            assay_hooks = 3

            def write(context):
                rows = [row for outcome in context.outcomes for row in outcome.measurements]
                return "".join(f"{row.status}: {row.case.id}\n" for row in rows)

            @assay.hookimpl
            def assay_reports():
                yield assay.ReportPlugin(
                    name="my-lines",
                    summary="one line for each row",
                    license="MIT",
                    write=write,
                    suffix=".lines",
                )
        """
        raise NotImplementedError

    @hookspec
    def assay_executors(self) -> Iterable[ExecutorPlugin]:
        """Yield the engines over which this plugin can spread counts.

        For example:

            import assay

            assay_hooks = 3

            class Loop:
                label = "a loop"

                def __init__(self, config):
                    self.config = config

                def map(self, function, tasks):
                    for place, task in enumerate(tasks):
                        yield assay.TaskResult(place=place, result=function(task))

                def close(self):
                    pass

            @assay.hookimpl
            def assay_executors():
                yield assay.ExecutorPlugin(
                    name="my-loop",
                    summary="one task after the other",
                    license="MIT",
                    open=Loop,
                )
        """
        raise NotImplementedError

    @hookspec
    def assay_tokenizer_file(self, source: str) -> TokenizerPlugin | None:
        """Return the tokenizer that a user named by its file, or None for a source that this plugin does not read.

        The source is a path or begins with a prefix, as in `hf:tokenizer.json`. Only its kind is found out here:
        `build` reads it. Raise `AssayError` for a source that is this plugin's and cannot be read.

        For example:

            from pathlib import Path

            import assay

            assay_hooks = 3

            class Letters:
                unk_id = None

                def __init__(self, path):
                    self.letters = Path(path).read_text("utf-8")
                    self.vocab_size = len(self.letters)

                def encode(self, text):
                    return [self.letters.index(letter) for letter in text]

                def decode(self, ids):
                    return "".join(self.letters[number] for number in ids)

            @assay.hookimpl
            def assay_tokenizer_file(source):
                if not source.endswith(".letters"):
                    return None
                return assay.TokenizerPlugin(
                    name=Path(source).name,
                    summary="one id for each letter of a file",
                    license="MIT",
                    build=lambda training_text: Letters(source),
                    pretrained=True,
                    lossless=False,
                    files=(source,),
                )
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
