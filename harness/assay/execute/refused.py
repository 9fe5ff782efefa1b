"""Cases that cannot even begin: a corpus or plugin is not here, cannot be read, or does not offer the workload."""

from __future__ import annotations

from collections.abc import Iterable

from assay.corpus.loading import find
from assay.corpus.reading import read_all
from assay.errors import AssayError, CorpusError, PluginFailed, Unavailable, guard
from assay.plugins.host import Host
from assay.plugins.supervision import Channel
from assay.plugins.types import AttentionPlugin, CorpusPlugin, TokenizerPlugin
from assay.records.refusal import Refusal
from assay.records.results import AttentionCase, Case, Status, TokenizerCase
from assay.records.workload import Workload


def refused(host: Host, case: Case) -> Refusal | None:
    """Return why a case cannot begin, or None: skipped, unsupported, or failed where a plugin misbehaves."""
    try:
        if isinstance(case, AttentionCase):
            if (refusal := _not_offered(host, case)) is not None:
                return refusal
        else:
            corpus = find(host, case.corpus)
            host.need(corpus, f"the corpus {corpus.name}")
        host.need(plugin_of(host, case))
    except (Unavailable, CorpusError, PluginFailed) as error:
        return Refusal.of(error)
    return None


def ask_offers(host: Host, attentions: Iterable[AttentionPlugin], workload: Workload) -> None:
    """Ask attentions, some at once, whether they offer a workload; the host notes those that never answer."""
    apart = [attention for attention in attentions if not host.is_trusted(attention)]

    def ask(attention: AttentionPlugin, channel: Channel) -> bool:
        return attention.unsupported(workload.of_step) is None

    for _ in host.call_all(apart, "unsupported", ask):
        pass


def try_corpora(host: Host, cases: Iterable[Case]) -> None:
    """Read the corpora of cases that were planned before; the host notes those that cannot be read."""
    names = dict.fromkeys(case.corpus for case in cases if isinstance(case, TokenizerCase) and not case.shards)
    known = {corpus.name: corpus for corpus in host.every(CorpusPlugin) if not host.is_trusted(corpus)}
    read_all(host, [known[name] for name in names if name in known and host.missing(known[name]) is None], (0.0,))


def plugin_of(host: Host, case: Case) -> AttentionPlugin | TokenizerPlugin:
    """Return the plugin of a case."""
    if isinstance(case, AttentionCase):
        return host.one(AttentionPlugin, case.attention)
    return host.one(TokenizerPlugin, case.tokenizer)


def _not_offered(host: Host, case: AttentionCase) -> Refusal | None:
    """Ask an attention whether it offers a workload."""
    attention, workload = host.one(AttentionPlugin, case.attention), case.workload.of_step

    def ask(*_: object) -> str | None:
        answer = attention.unsupported(workload)
        return None if answer is None else str(answer)

    try:
        with guard():
            unsupported = ask() if host.is_trusted(attention) else host.call(attention, "unsupported", ask)
    except AssayError as error:
        remedy = host.remedy(attention)
        return Refusal(reason=f"it could not say what it offers: {error.message}", remedy=remedy)
    return None if unsupported is None else Refusal(status=Status.UNSUPPORTED, reason=unsupported)
