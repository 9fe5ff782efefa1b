"""From what was asked to the cases that answer it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from assay.corpus.forms import FIELD
from assay.corpus.loading import find, is_path
from assay.corpus.own_files import named, notes_of, why_counted
from assay.corpus.reading import read_all
from assay.corpus.sampling import ALWAYS_WHOLE
from assay.corpus.shards import find_shards, is_counted, is_shards
from assay.credentials import keep
from assay.errors import AssayError, CorpusError
from assay.execute.refused import ask_offers
from assay.execute.selection import Selection, takes
from assay.execute.suites import Suite
from assay.plugins.host import Host
from assay.plugins.types import EDGE_CASE, SCALING, AttentionPlugin, CorpusPlugin, Provided, TokenizerPlugin
from assay.records.name_list import join_names, split_names
from assay.records.results import AttentionCase, Case, TokenizerCase
from assay.records.settings import Settings
from assay.records.text import name_fault, quoted
from assay.records.workload import TextSource, Workload

TEXT = "the-verdict"
Plugin = TypeVar("Plugin", bound=Provided)
Tokenizers = tuple[TokenizerPlugin, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Corpora:
    """The corpora of a plan by what is done with them, each under the name that it was asked for by.

    On those that are `timed` tokenizers are timed; the `texts` are those of them that are here and are no scaling
    corpora. The `edge_cases` are only checked, and the `sharded` ones only counted.
    """

    timed: Mapping[str, CorpusPlugin]
    texts: Mapping[str, CorpusPlugin]
    edge_cases: Mapping[str, CorpusPlugin]
    sharded: tuple[str, ...]

    @property
    def training(self) -> str:
        """The text of the tutorial where it is selected or nothing else is, else the first text."""
        return TEXT if TEXT in self.texts else next(iter(self.texts), TEXT)


def plan(
    host: Host, selection: Selection, settings: Settings, tell: Callable[[str], object] = lambda note: None
) -> tuple[Case, ...]:
    """List the cases of a selection, tokenizers first; tell what is to be known of how the user's files are read.

    All corpora are read once here, so that bad input costs nothing. One of a plugin that cannot be read keeps its
    cases, which then fail. Raises `UnknownName` for a name that nothing has, `CorpusError` for a file of the user that
    cannot be used, `AssayError` for an empty plan.
    """
    suite = selection.chosen
    _check_shares(selection)
    asked = suite.corpora if selection.corpora is None else selection.corpora
    names = corpus_names(host, asked, selection.include, settings.field)
    tokenizers = choose(host, TokenizerPlugin, suite.tokenizers, selection.tokenizers)
    attentions = choose(host, AttentionPlugin, suite.attentions, selection.attentions)
    corpora = _by_kind(host, names, sharded=settings.executor is not None)
    if tokenizers or attentions:
        corpora = _read(host, corpora, selection, settings, tokenized=bool(tokenizers))
        for name in (*corpora.timed, *corpora.sharded):
            notes = notes_of(corpora.timed[name]) if name in corpora.timed else why_counted(name)
            if notes is not None:
                tell(f"{name}: {notes}")
    cases: list[Case] = []
    if not any(workload.level == "pipeline" for workload in suite.workloads):
        cases += _timed_cases(suite, selection, corpora, tokenizers)
        cases += _shard_cases(selection, corpora, tokenizers)
        cases += _edge_cases(corpora, tokenizers)  # last, so that what breaks here has no part in what is timed
    for number, workload in enumerate(_workloads(suite, selection, settings, corpora, tokenizers)):
        if number == 0:
            ask_offers(host, attentions, workload)
        cases += [AttentionCase(attention=attention.name, workload=workload) for attention in attentions]
    if not cases:
        raise AssayError("nothing is selected", remedy="give --tokenizers or --attentions, see `assay list`")
    return tuple(cases)


def _check_shares(selection: Selection) -> None:
    if not 0.0 <= selection.held_out < 1.0:
        raise AssayError(f"the held-out share must lie in [0 %, 100 %), not {selection.held_out * 100:g} %")
    if not 0.0 <= selection.sample < 1.0:
        raise AssayError(f"the width of a sample must lie in (0 %, 100 %), not {selection.sample * 100:g} %")


def corpus_names(host: Host, patterns: str, include: Sequence[str] = (), field: str = FIELD) -> tuple[str, ...]:
    """Return the names of corpora that a list means, as they are stored: URLs without credentials.

    This process keeps the credentials. Behind the names of files stands how these are read.
    """
    names: dict[str, str] = {}
    known = {corpus.name for corpus in host.every(CorpusPlugin)}
    for pattern in split_names(patterns):
        if pattern not in known and (is_path(pattern) or is_shards(pattern)):
            name = keep(named(pattern, include, field))
            if (fault := name_fault(name)) is not None:
                raise CorpusError(
                    f"the corpus {quoted(name)} cannot be stored by this name: {fault}",
                    remedy="rename it, or go into its folder and give a shorter path",
                )
            if names.setdefault(name, pattern) != pattern:
                raise AssayError(
                    f"two corpora are called {name}, because they differ only in what is kept secret",
                    remedy="measure them in two runs",
                )
        else:
            selected = host.select(CorpusPlugin, join_names([pattern]))
            names |= {corpus.name: corpus.name for corpus in selected}
    return tuple(names)


def choose(host: Host, kind: type[Plugin], own: tuple[str, ...] | None, patterns: str | None) -> tuple[Plugin, ...]:
    """Return the plugins that patterns name; for None a suite's own, and whatever others have installed or brought."""
    if patterns is not None or own is None:
        return host.select(kind, "*" if patterns is None else patterns)
    every = host.every(kind)
    return tuple(plugin for plugin in every if takes(own, plugin.name, host.origin(plugin).distribution))


def _by_kind(host: Host, names: tuple[str, ...], *, sharded: bool) -> _Corpora:
    shards = tuple(name for name in names if is_counted(host, name, sharded=sharded))
    whole = {name: find(host, name) for name in names if name not in shards}
    timed = {name: corpus for name, corpus in whole.items() if corpus.kind != EDGE_CASE}
    return _Corpora(
        timed=timed,
        texts={name: each for name, each in timed.items() if each.kind != SCALING and host.missing(each) is None},
        edge_cases={name: corpus for name, corpus in whole.items() if corpus.kind == EDGE_CASE},
        sharded=shards,
    )


def _read(host: Host, corpora: _Corpora, selection: Selection, settings: Settings, *, tokenized: bool) -> _Corpora:
    """Read every corpus that is here, as it will be used; those that cannot be read are not among the texts."""
    shares = _splits(selection) if tokenized else (0.0,)
    edge_cases = [corpus for corpus in corpora.edge_cases.values() if host.missing(corpus) is None]
    read_all(host, [*corpora.texts.values(), *edge_cases], shares)
    for name in corpora.sharded if tokenized else ():
        find_shards(name, settings.field, settings.timeout_s)
    return replace(corpora, texts={name: each for name, each in corpora.texts.items() if host.broken(each) is None})


def _splits(selection: Selection) -> tuple[float, ...]:
    """The shares of a corpus that are held out, one row of a tokenizer for each."""
    return tuple(dict.fromkeys((0.0, selection.held_out)))


def _timed_cases(suite: Suite, selection: Selection, corpora: _Corpora, tokenizers: Tokenizers) -> Iterator[Case]:
    for name, corpus in corpora.timed.items():
        sample = 0.0 if corpus.kind in ALWAYS_WHOLE else selection.sample
        for held_out in _splits(selection):
            if held_out and corpus.kind == SCALING:
                continue
            for tokenizer in tokenizers:
                if not (held_out and suite.grid and tokenizer.pretrained):
                    yield TokenizerCase(tokenizer=tokenizer.name, corpus=name, held_out=held_out, sample=sample)


def _shard_cases(selection: Selection, corpora: _Corpora, tokenizers: Tokenizers) -> Iterator[Case]:
    training, sample = corpora.training, selection.sample
    for name in corpora.sharded:
        for tokenizer in tokenizers:
            yield TokenizerCase(tokenizer=tokenizer.name, corpus=name, trained_on=training, sample=sample, shards=True)


def _edge_cases(corpora: _Corpora, tokenizers: Tokenizers) -> Iterator[Case]:
    for name in corpora.edge_cases:
        for tokenizer in tokenizers:
            yield TokenizerCase(tokenizer=tokenizer.name, corpus=name, trained_on=corpora.training)


def _workloads(
    suite: Suite, selection: Selection, settings: Settings, corpora: _Corpora, tokenizers: Tokenizers
) -> Iterator[Workload]:
    """The workloads as they are measured: a pipeline of a suite once for each tokenizer."""
    for workload in suite.workloads:
        if selection.workloads and workload.threads != settings.threads:
            raise AssayError(
                f"{workload.id} asks for {workload.threads} threads, and the run has {settings.threads}",
                remedy=f"give --threads {workload.threads}",
            )
        dtype, device = selection.dtype or workload.dtype, selection.device or workload.device
        placed = replace(workload, threads=settings.threads, dtype=dtype, device=device)
        sources = [suite.source_tokenizer]
        if selection.workloads:
            sources = [workload.source.tokenizer] if workload.source else sources
        elif workload.level == "pipeline":
            sources = [tokenizer.name for tokenizer in tokenizers]
        yield from (_on_text(placed, corpora, source) for source in sources)


def _on_text(workload: Workload, corpora: _Corpora, tokenizer: str) -> Workload:
    """A workload on its own text where that is selected, else on the first."""
    if workload.source is None or not corpora.texts:
        return workload
    own = workload.source.corpus
    corpus = own if own in corpora.texts else next(iter(corpora.texts))
    return replace(workload, source=TextSource(corpus=corpus, tokenizer=tokenizer))
