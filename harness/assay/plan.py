"""From what was asked to the cases that answer it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from assay.contracts import LADDER, AttentionPlugin, CorpusPlugin, TokenizerPlugin
from assay.corpus import divide, find, is_path
from assay.errors import AssayError, UnknownName
from assay.host import Host
from assay.records import AttentionCase, Case, TokenizerCase
from assay.workload import Semantics, TextSource, Workload

OURS = "assay"
TUTORIAL = ("regex", "regex-unk", "gpt2", "r50k_base", "p50k_base", "cl100k_base", "o200k_base")
CAUSAL = Semantics(mask="causal")
CAUSAL_DROPOUT = Semantics(mask="causal", dropout=0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A named and versioned choice of cases. A workload's text is its own corpus where that is
    selected, else the first.

    `baselines` are the plugins that the others are compared with. With `grid` tokenizers are also timed at
    several lengths of text and in batches. Of the tokenizers that come with Assay those in `tokenizers` take
    part, all for None; those of others always do.
    """

    name: str
    version: int
    summary: str
    corpora: str
    source_tokenizer: str
    baselines: tuple[str, ...]
    workloads: tuple[Workload, ...]
    tokenizers: tuple[str, ...] | None = None
    grid: bool = False


def _tutorial_workloads() -> Iterator[Workload]:
    text = TextSource(corpus="the-verdict", tokenizer="gpt2")
    make = Workload.self_attention
    yield make("core", batch=1, length=7, d_model=5, semantics=Semantics(kind="weightless"))
    for batch, length in ((8, 4), (4, 256)):
        yield make("qkv", batch=batch, length=length, d_model=256, source=text)
        yield make("qkv", batch=batch, length=length, d_model=256, source=text, semantics=CAUSAL)
        yield make("qkv", batch=batch, length=length, d_model=256, source=text, semantics=CAUSAL_DROPOUT)
        yield make("module", batch=batch, length=length, d_model=256, heads=4, source=text, semantics=CAUSAL)
    yield make("core", batch=4, length=256, d_model=256, heads=4, source=text, semantics=CAUSAL)


SUITES = (
    Suite(
        name="tutorial",
        version=1,
        summary="every system of the tutorial, tokenizers of others, and attention at 7x5, 8x4x256 and 4x256x256",
        corpora="the-verdict",
        source_tokenizer="gpt2",
        baselines=("gpt2", "sdpa"),
        workloads=tuple(_tutorial_workloads()),
        tokenizers=TUTORIAL,
    ),
    Suite(
        name="standard",
        version=1,
        summary="all tokenizers on all corpora that are here, at several lengths; the attention of the tutorial",
        corpora="*",
        source_tokenizer="gpt2",
        baselines=("gpt2", "sdpa"),
        workloads=tuple(_tutorial_workloads()),
        grid=True,
    ),
    Suite(
        name="quick",
        version=1,
        summary="the same tokenizers, and attention at 8x4x256 only",
        corpora="the-verdict",
        source_tokenizer="gpt2",
        baselines=("gpt2", "sdpa"),
        workloads=tuple(workload for workload in _tutorial_workloads() if workload.batch == 8),
        tokenizers=TUTORIAL,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What was asked: comma-separated names and globs, or `none`; corpora may also be paths.

    `tokenizers` and `corpora` None take those of the suite. `held_out` is the share of each corpus that trainable
    tokenizers do not see in a second row; 0 makes no such row. `threads` is torch's.
    """

    suite: str = "tutorial"
    tokenizers: str | None = None
    attentions: str = "*"
    corpora: str | None = None
    held_out: float = 0.1
    threads: int = 1


def suite(name: str) -> Suite:
    """Give the suite of that name, or raise `UnknownName`."""
    for candidate in SUITES:
        if candidate.name == name:
            return candidate
    names = [candidate.name for candidate in SUITES]
    near = difflib.get_close_matches(name, names, n=1)
    remedy = f"did you mean {near[0]}?" if near else f"there are: {', '.join(names)}"
    raise UnknownName(f"there is no suite named {name!r}", remedy=remedy)


def plan(host: Host, selection: Selection) -> tuple[Case, ...]:
    """List the cases of a selection, tokenizers first.

    Raises `UnknownName` for a name that nothing has, `CorpusError` for a corpus that cannot be used (all
    corpora are read once here, so that bad input costs nothing), `AssayError` for an empty plan.
    """
    chosen = suite(selection.suite)
    if not 0.0 <= selection.held_out < 1.0:
        raise AssayError(f"the held-out share must lie in [0 %, 100 %), not {selection.held_out * 100:g} %")
    corpora = _corpora(host, chosen.corpora if selection.corpora is None else selection.corpora)
    tokenizers = chosen_tokenizers(host, chosen, selection.tokenizers)
    attentions = host.select(AttentionPlugin, selection.attentions)
    splits = dict.fromkeys((0.0, selection.held_out))
    ladders = {corpus for corpus in corpora if find(host, corpus).kind == LADDER}
    if tokenizers or attentions:
        for corpus in corpora:
            plugin = find(host, corpus)
            for split in splits if host.missing(plugin) is None and corpus not in ladders else ():
                divide(plugin, split if tokenizers else 0.0)
    cases: list[Case] = [
        TokenizerCase(tokenizer=tokenizer.name, corpus=corpus, held_out=split)
        for corpus in corpora
        for split in splits
        for tokenizer in tokenizers
        if not split or (ladders.isdisjoint({corpus}) and not (chosen.grid and tokenizer.pretrained))
    ]
    texts = tuple(name for name in corpora if name not in ladders and host.missing(find(host, name)) is None)
    for workload in chosen.workloads:
        drawn = _with(workload, chosen, texts, selection.threads)
        cases += [AttentionCase(attention=attention.name, workload=drawn) for attention in attentions]
    if not cases:
        raise AssayError("nothing is selected", remedy="give --tokenizers or --attentions, see `assay list`")
    return tuple(cases)


def chosen_tokenizers(host: Host, chosen: Suite, patterns: str | None) -> tuple[TokenizerPlugin, ...]:
    """Those asked for; else the suite's own, and whatever others have installed or brought as a file."""
    if patterns is not None or chosen.tokenizers is None:
        return host.select(TokenizerPlugin, "*" if patterns is None else patterns)
    return tuple(
        plugin
        for plugin in host.every(TokenizerPlugin)
        if plugin.name in chosen.tokenizers or host.origin(plugin).distribution != OURS
    )


def _corpora(host: Host, patterns: str) -> tuple[str, ...]:
    names: dict[str, None] = {}
    known = {corpus.name for corpus in host.every(CorpusPlugin)}
    for pattern in filter(None, (part.strip() for part in patterns.split(","))):
        if pattern not in known and is_path(pattern):
            names[pattern] = None
        else:
            names |= dict.fromkeys(corpus.name for corpus in host.select(CorpusPlugin, pattern))
    return tuple(names)


def _with(workload: Workload, chosen: Suite, corpora: tuple[str, ...], threads: int) -> Workload:
    if workload.source is None or not corpora:
        return replace(workload, threads=threads)
    asked = workload.source.corpus
    source = TextSource(corpus=asked if asked in corpora else corpora[0], tokenizer=chosen.source_tokenizer)
    return replace(workload, threads=threads, source=source)
