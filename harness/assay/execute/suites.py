"""The named and versioned choices of cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from assay.errors import UnknownName
from assay.records.near_names import did_you_mean, near_names
from assay.records.semantics import Semantics
from assay.records.workload import TextSource, Workload

TUTORIAL = ("regex", "regex-unk", "gpt2", "r50k_base", "p50k_base", "cl100k_base", "o200k_base")
TUTORIAL_ATTENTIONS = (
    "weightless",
    "self-attention",
    "causal",
    "multi-head-stack",
    "multi-head-split",
    "sdpa",
    "nn-mha",
)
PIPELINE_ATTENTIONS = ("multi-head-stack", "multi-head-split", "fused-qkv", "nn-mha", "sdpa")
ATTENTION_BASELINES = ("naive", "multi-head-split", "kv-cache", "sdpa")
CAUSAL = Semantics(mask="causal")
CAUSAL_DROPOUT = Semantics(mask="causal", dropout=0.1)
WINDOW = Semantics(mask="window", reach=256)
LINEAR = Semantics(kind="linear", mask="causal")
VERDICT = TextSource(corpus="the-verdict", tokenizer="gpt2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A named and versioned choice of cases. A workload's text is its own corpus where that is
    selected, else the first; one of level `pipeline` is done with every tokenizer, and the suite has no rows of
    tokenizers alone.

    `baselines` are the plugins that the others are compared with. With `grid` tokenizers are also timed at
    several lengths of text and in batches. Of the tokenizers and attentions that come with Assay those named take
    part, all for None; those of others always do, unless the names are empty.
    """

    name: str
    version: int = 1
    summary: str
    workloads: tuple[Workload, ...]
    baselines: tuple[str, ...] = ATTENTION_BASELINES
    corpora: str = "the-verdict"
    source_tokenizer: str = "gpt2"
    tokenizers: tuple[str, ...] | None = ()
    attentions: tuple[str, ...] | None = None
    grid: bool = False


def suite(name: str) -> Suite:
    """Return the suite of that name, or raise `UnknownName`."""
    for candidate in SUITES:
        if candidate.name == name:
            return candidate
    names = [candidate.name for candidate in SUITES]
    remedy = did_you_mean(near_names(name, names, most=1), f"there are: {', '.join(names)}")
    raise UnknownName(f"there is no suite named {name!r}", remedy=remedy)


def of_workloads(ids: Sequence[str]) -> Suite:
    """Make a suite of workloads by their ids, on all attentions; raise `UnknownName` for what is no id."""
    try:
        workloads = tuple(map(Workload.parse, ids))
    except ValueError as error:
        raise UnknownName(str(error), remedy="an id looks like core/fwd/causal/b1.h8.s1024.d64/f32/cpu.t1") from None
    return Suite(name="workloads", summary="as asked for", workloads=workloads)


def _tutorial() -> Iterator[Workload]:
    make = Workload.self_attention
    yield make("core", batch=1, length=7, d_model=5, semantics=Semantics(kind="weightless"))
    for batch, length in ((8, 4), (4, 256)):
        yield make("qkv", batch=batch, length=length, d_model=256, source=VERDICT)
        yield make("qkv", batch=batch, length=length, d_model=256, source=VERDICT, semantics=CAUSAL)
        yield make("qkv", batch=batch, length=length, d_model=256, source=VERDICT, semantics=CAUSAL_DROPOUT)
        yield make("module", batch=batch, length=length, d_model=256, heads=4, source=VERDICT, semantics=CAUSAL)
    yield make("core", batch=4, length=256, d_model=256, heads=4, source=VERDICT, semantics=CAUSAL)


def _core(semantics: Semantics, *lengths: int, batch: int = 1) -> Iterator[Workload]:
    """Attention of GPT-2's shape (12 heads of 64) at several lengths."""
    for length in lengths:
        yield Workload.self_attention("core", batch=batch, length=length, d_model=768, heads=12, semantics=semantics)


def _gpt2() -> Iterator[Workload]:
    yield from _core(CAUSAL, 128, 256, 512, 1024, 2048)
    yield from _core(WINDOW, 512, 1024, 2048)
    yield from _core(LINEAR, 512, 1024, 2048)
    yield from (replace(workload, phase="fwd_bwd") for workload in _core(CAUSAL, 512))
    yield from (replace(workload, level="module") for workload in _core(CAUSAL, 1024))


def _grouped() -> Iterator[Workload]:
    for workload in _core(CAUSAL, 256, 512, 1024):
        yield replace(workload, q_heads=32, kv_heads=8, d_qk=128, d_v=128, d_model=4096)


def _decode() -> Iterator[Workload]:
    for workload in _core(CAUSAL, 128, 256, 512, 1024, 2048, 4096):
        yield replace(workload, level="decode", q_len=1)


def _pipeline() -> Iterator[Workload]:
    for workload in _core(CAUSAL, 1024, batch=4):
        yield replace(workload, level="pipeline", source=VERDICT)


TUTORIAL_SUITE = Suite(
    name="tutorial",
    summary="every system of the tutorial, tokenizers of others, and attention at 7x5, 8x4x256 and 4x256x256",
    baselines=("gpt2", "sdpa"),
    workloads=tuple(_tutorial()),
    tokenizers=TUTORIAL,
    attentions=TUTORIAL_ATTENTIONS,
)
SUITES = (
    TUTORIAL_SUITE,
    replace(
        TUTORIAL_SUITE,
        name="standard",
        version=2,
        summary="all tokenizers on all corpora here, at several lengths and at limits; the tutorial's attention",
        corpora="*",
        tokenizers=None,
        grid=True,
    ),
    replace(
        TUTORIAL_SUITE,
        name="quick",
        summary="the same tokenizers, and attention at 8x4x256 only",
        workloads=tuple(workload for workload in TUTORIAL_SUITE.workloads if workload.batch == 8),
    ),
    Suite(
        name="gpt2-124m",
        summary="attention of GPT-2's shape, 12 heads of 64: causal, windowed and linear, 128 to 2,048 positions",
        workloads=tuple(_gpt2()),
    ),
    Suite(
        name="gqa",
        summary="grouped queries: 32 query heads share 8 key heads of 128, 256 to 1,024 positions",
        workloads=tuple(_grouped()),
    ),
    Suite(
        name="window",
        summary="each position sees the last 256, of 512 to 4,096 positions",
        workloads=tuple(_core(WINDOW, 512, 1024, 2048, 4096)),
    ),
    Suite(
        name="decode",
        summary="the next token of a text of 128 to 4,096, with and without a cache of keys and values",
        workloads=tuple(_decode()),
    ),
    Suite(
        name="ragged",
        summary="eight texts of uneven length, padded to 512",
        workloads=tuple(_core(Semantics(mask="padding"), 512, batch=8)),
    ),
    Suite(
        name="positions",
        summary="causal attention with positions inside: ALiBi and rotary, 512 and 1,024 positions",
        workloads=(
            *_core(Semantics(mask="causal", bias="alibi"), 512, 1024),
            *_core(Semantics(mask="causal", bias="rope"), 512, 1024),
        ),
    ),
    Suite(
        name="pipeline",
        summary="the whole way from text: every tokenizer with every attention, four windows of 1,024 tokens",
        baselines=("sdpa",),
        workloads=tuple(_pipeline()),
        tokenizers=("regex-unk", "gpt2", "cl100k_base", "o200k_base", "characters", "bytes"),
        attentions=PIPELINE_ATTENTIONS,
    ),
)
