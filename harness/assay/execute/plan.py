"""From what was asked to the cases that answer it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

from assay.corpus.loading import divide, find, is_path, load
from assay.corpus.sampling import ALWAYS_WHOLE
from assay.corpus.shards import FIELD, find_shards, is_shards, wanted
from assay.errors import AssayError
from assay.execute.suites import Suite, of_workloads, suite
from assay.plugins.host import DISTRIBUTION, Host, matches
from assay.plugins.types import EDGE_CASE, SCALING, AttentionPlugin, CorpusPlugin, Provided, TokenizerPlugin
from assay.records.results import AttentionCase, Case, TokenizerCase
from assay.records.workload import Dtype, TextSource, Workload

TEXT = "the-verdict"
Plugin = TypeVar("Plugin", bound=Provided)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What was asked: comma-separated names and globs, or `none`; corpora may also be paths.

    `tokenizers`, `attentions` and `corpora` None take those of the suite. `held_out` is the share of each corpus
    that trainable tokenizers do not see in a second row; 0 makes no such row. `sample` is the width, as a share,
    that a sample of each corpus must reach; 0 takes all documents. `threads` is torch's. `workloads` are ids of
    attention workloads, in place of the suite's cases; `dtype` and `device` change those of every workload.
    `metrics` are those of plugins, all that are ready for None. With `spread` paths are shards, to be counted and not
    timed; what cannot be held in memory is so without it. `field` is where records of shards hold their text.
    """

    suite: str = "tutorial"
    workloads: tuple[str, ...] = ()
    tokenizers: str | None = None
    attentions: str | None = None
    corpora: str | None = None
    held_out: float = 0.1
    sample: float = 0.0
    threads: int = 1
    dtype: Dtype | None = None
    device: str | None = None
    metrics: str | None = None
    spread: bool = False
    field: str = FIELD

    def wants(self, case: Case) -> bool:
        """Whether the names and globs that were given take in the plugin of a case."""
        patterns = self.attentions if isinstance(case, AttentionCase) else self.tokenizers
        return patterns is None or matches(patterns, case.plugin)

    def asks_for(self, kind: type[Provided], name: str, distribution: str | None) -> bool:
        """Whether a plugin of this name would take part: by the names given, else of the suite's or others' own."""
        tokenizer = kind is TokenizerPlugin
        patterns = self.tokenizers if tokenizer else self.attentions
        if patterns is not None:
            return matches(patterns, name)
        return _takes(self.chosen.tokenizers if tokenizer else self.chosen.attentions, name, distribution)

    @property
    def chosen(self) -> Suite:
        """The suite by its name, or one of the workloads; raises `UnknownName`."""
        return of_workloads(self.workloads) if self.workloads else suite(self.suite)


def plan(host: Host, selection: Selection) -> tuple[Case, ...]:
    """List the cases of a selection, tokenizers first.

    Raises `UnknownName` for a name that nothing has, `CorpusError` for a corpus that cannot be used (all
    corpora are read once here, so that bad input costs nothing), `AssayError` for an empty plan. For a limit, which
    trains nothing, and for shards tokenizers are trained on the tutorial's text where it is selected or nothing else
    is, else on the first text.
    """
    chosen = selection.chosen
    if not 0.0 <= selection.held_out < 1.0:
        raise AssayError(f"the held-out share must lie in [0 %, 100 %), not {selection.held_out * 100:g} %")
    if not 0.0 <= selection.sample < 1.0:
        raise AssayError(f"the width of a sample must lie in (0 %, 100 %), not {selection.sample * 100:g} %")
    named = _corpora(host, chosen.corpora if selection.corpora is None else selection.corpora)
    spread = tuple(name for name in named if wanted(host, name, spread=selection.spread))
    corpora = tuple(name for name in named if name not in spread)
    tokenizers = chosen_tokenizers(host, chosen, selection.tokenizers)
    attentions = _attentions(host, chosen, selection.attentions)
    pipelines = any(workload.level == "pipeline" for workload in chosen.workloads)
    splits = dict.fromkeys((0.0, selection.held_out))
    kinds = {corpus: find(host, corpus).kind for corpus in corpora}
    ladders = {corpus for corpus in corpora if kinds[corpus] == SCALING}
    limits = tuple(corpus for corpus in corpora if kinds[corpus] == EDGE_CASE)
    corpora = tuple(corpus for corpus in corpora if corpus not in limits)
    if tokenizers or attentions:
        for corpus in corpora:
            plugin = find(host, corpus)
            for split in splits if host.missing(plugin) is None and corpus not in ladders else ():
                divide(plugin, split if tokenizers else 0.0)
        for corpus in limits:
            load(find(host, corpus))
        for corpus in spread if tokenizers else ():
            find_shards(corpus, selection.field)
    samples = {corpus: 0.0 if kinds[corpus] in ALWAYS_WHOLE else selection.sample for corpus in corpora}
    cases: list[Case] = [
        TokenizerCase(tokenizer=tokenizer.name, corpus=corpus, held_out=split, sample=samples[corpus])
        for corpus in corpora
        for split in splits
        for tokenizer in tokenizers
        if not split or (ladders.isdisjoint({corpus}) and not (chosen.grid and tokenizer.pretrained))
    ]
    texts = tuple(name for name in corpora if name not in ladders and host.missing(find(host, name)) is None)
    trained_on = TEXT if TEXT in texts or not texts else texts[0]
    cases += [
        TokenizerCase(
            tokenizer=tokenizer.name, corpus=corpus, trained_on=trained_on, sample=selection.sample, shards=True
        )
        for corpus in spread
        for tokenizer in tokenizers
    ]
    cases += [  # last, so that what breaks here has no part in what is timed
        TokenizerCase(tokenizer=tokenizer.name, corpus=corpus, trained_on=trained_on)
        for corpus in limits
        for tokenizer in tokenizers
    ]
    cases = [] if pipelines else cases
    for workload in chosen.workloads:
        sources = [tokenizer.name for tokenizer in tokenizers]
        if selection.workloads and workload.threads != selection.threads:
            raise AssayError(
                f"{workload.id} asks for {workload.threads} threads, and the run has {selection.threads}",
                remedy=f"give --threads {workload.threads}",
            )
        own = workload.source.tokenizer if selection.workloads and workload.source else chosen.source_tokenizer
        for source in sources if workload.level == "pipeline" and not selection.workloads else [own]:
            drawn = _with(workload, source, texts, selection)
            cases += [AttentionCase(attention=attention.name, workload=drawn) for attention in attentions]
    if not cases:
        raise AssayError("nothing is selected", remedy="give --tokenizers or --attentions, see `assay list`")
    return tuple(cases)


def chosen_tokenizers(host: Host, chosen: Suite, patterns: str | None) -> tuple[TokenizerPlugin, ...]:
    """Those asked for; else the suite's own, and whatever others have installed or brought as a file."""
    if patterns is not None or chosen.tokenizers is None:
        return host.select(TokenizerPlugin, "*" if patterns is None else patterns)
    return _named(host, TokenizerPlugin, chosen.tokenizers)


def _attentions(host: Host, chosen: Suite, patterns: str | None) -> tuple[AttentionPlugin, ...]:
    if patterns is not None or chosen.attentions is None:
        return host.select(AttentionPlugin, "*" if patterns is None else patterns)
    return _named(host, AttentionPlugin, chosen.attentions)


def _named(host: Host, kind: type[Plugin], names: tuple[str, ...]) -> tuple[Plugin, ...]:
    """Of a suite that has this kind, those named, and those of others."""
    every = host.every(kind)
    return tuple(plugin for plugin in every if _takes(names, plugin.name, host.origin(plugin).distribution))


def _takes(own: tuple[str, ...] | None, name: str, distribution: str | None) -> bool:
    """Whether a suite with these names of its own (None for all) takes a plugin in; one without names takes none."""
    return own is None or name in own or (bool(own) and distribution != DISTRIBUTION)


def _corpora(host: Host, patterns: str) -> tuple[str, ...]:
    names: dict[str, None] = {}
    known = {corpus.name for corpus in host.every(CorpusPlugin)}
    for pattern in filter(None, (part.strip() for part in patterns.split(","))):
        if pattern not in known and (is_path(pattern) or is_shards(pattern)):
            names[pattern] = None
        else:
            names |= dict.fromkeys(corpus.name for corpus in host.select(CorpusPlugin, pattern))
    return tuple(names)


def _with(workload: Workload, tokenizer: str, corpora: tuple[str, ...], selection: Selection) -> Workload:
    dtype, device = selection.dtype or workload.dtype, selection.device or workload.device
    drawn = replace(workload, threads=selection.threads, dtype=dtype, device=device)
    if workload.source is None or not corpora:
        return drawn
    asked = workload.source.corpus
    return replace(drawn, source=TextSource(corpus=asked if asked in corpora else corpora[0], tokenizer=tokenizer))
