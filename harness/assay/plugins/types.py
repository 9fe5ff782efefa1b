"""What a plugin gives the host: protocols for behaviour, frozen descriptors for what it announces."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from assay.plugins.executor import Executor, ExecutorConfig
from assay.records.report_data import ReportContext, Shown
from assay.records.results import Measurement, Value
from assay.records.special_tokens import SpecialTokens as SpecialTokens
from assay.records.workload import Workload

if TYPE_CHECKING:
    from torch import Tensor


UNSTATED = "unstated"
SCALING = "adversarial"
PARALLEL = "parallel"
EDGE_CASE = "limit"
NORMALIZATIONS = ("nfc", "nfd", "nfkc", "nfkd", "lowercase", "strip-accents", "spaces", "no-spaces")


@runtime_checkable
class Tokenizer(Protocol):
    """Text to ids and back."""

    @property
    def vocab_size(self) -> int:
        """One more than the largest id that `encode` can give."""

    @property
    def unk_id(self) -> int | None:
        """The id that stands for unknown tokens, or None where there is none."""

    def encode(self, text: str) -> Sequence[int]:
        """Return the ids of a text; raise `assay.UnknownToken` for what a closed vocabulary lacks."""

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids."""


@runtime_checkable
class TokenBytes(Protocol):
    """An optional ability of a tokenizer: the exact bytes behind one id."""

    def token_bytes(self, token_id: int) -> bytes:
        """Return the bytes of one token; raise KeyError for an id that is not assigned."""


@runtime_checkable
class EncodeBatch(Protocol):
    """An optional ability of a tokenizer: many texts in one call, with so many threads."""

    def encode_batch(self, texts: Sequence[str], threads: int) -> Sequence[Sequence[int]]:
        """Return the ids of each text, equal to those of `encode`."""


@runtime_checkable
class SpecialIds(Protocol):
    """An optional ability of a tokenizer: the ids of its special tokens."""

    @property
    def special_tokens(self) -> Mapping[str, int]:
        """Return the id of each special token."""


@dataclass(frozen=True, slots=True)
class Missing:
    """`what` a plugin lacks on this machine, as in `needs a GPU`, and the command or advice that is the `remedy`."""

    what: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provided:
    """What every descriptor says about itself.

    `name` is its own among all of its kind, `summary` a few words for lists, `license` the terms under which it comes
    (an SPDX expression such as `MIT`); `licence` is the former spelling.
    `requires` lists requirements as pip takes them (`torch>=2.6`). `missing` answers, without importing
    anything heavy, for what pip names cannot express, such as data files.
    """

    name: str
    summary: str
    requires: tuple[str, ...] = ()
    license: str = ""
    licence: str = ""
    missing: Callable[[], Missing | None] | None = None

    def __post_init__(self) -> None:
        if self.license == "":
            object.__setattr__(self, "license", self.licence or UNSTATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizerPlugin(Provided):
    """Announces a tokenizer.

    `build` receives the training text, which a `pretrained` one ignores. `lossless` promises that
    decode(encode(text)) == text, and is held to it. `closed_vocabulary` announces that `encode` raises
    `UnknownToken` on text with words it was not trained on. `same_ids_as` names the tokenizer whose ids this
    one claims to give: the claim is checked before anything is timed. `family` names those that differ from this one
    in vocabulary size alone. `specials` is its special-token policy. `thread_safe` promises that threads may encode
    with one tokenizer at once. `splits_at` is a regular expression, as `re` reads it, of the places (no characters
    wide) where a text may be cut so that the ids of the parts, one after the other, are those of the whole; None where
    none is known. It is used for documents of megabytes, before white space, and held to at every cut.
    `normalization` names, in order, what one that is not lossless changes on purpose: `nfc`, `nfd`, `nfkc`, `nfkd`,
    `lowercase`, `strip-accents`, `spaces` (runs of white space become one space, and none is left at the ends),
    `no-spaces` (white space is removed). The text that is lost is counted with these steps and without.
    `files` are the paths of what `build` reads, for one that a user named by its file: their hash is recorded.
    `trained_on` is what the vocabulary of a `pretrained` one was trained on, in words, such as `WebText, 2017`,
    or `not published`; empty where that is unknown. It stands in each row, since a text may have been part of it.
    """

    build: Callable[[str], Tokenizer]
    pretrained: bool = False
    lossless: bool = True
    closed_vocabulary: bool = False
    same_ids_as: str | None = None
    family: str | None = None
    specials: SpecialTokens = SpecialTokens()
    thread_safe: bool = True
    splits_at: str | None = None
    normalization: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    trained_on: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The host's canonical projections, used as x @ w.

    `wq` [d_model, q_heads * d_qk], `wk` [d_model, kv_heads * d_qk], `wv` [d_model, kv_heads * d_v];
    `wo` [q_heads * d_v, d_model] at level `module`, else None. Head h owns columns h * d to (h + 1) * d.
    """

    wq: Tensor
    wk: Tensor
    wv: Tensor
    wo: Tensor | None = None


class Step(Protocol):
    """One forward pass: (q, k, v) at level `core`, (x,) at the others; shapes in `Workload`."""

    def __call__(self, *inputs: Any, **named: Any) -> Tensor:  # to a type checker: any parameters, such as (q, k, v)
        """Compute the attention of the tensors that are given, all by position; leave them as they are."""


@runtime_checkable
class Prefill(Protocol):
    """What a step of level `decode` has besides: it is told the past before it is asked for what follows."""

    def prefill(self, past: Tensor) -> None:
        """Take in the x of the positions before, [batch, kv_len - q_len, d_model]; what was known is forgotten.

        The calls that follow are all for the next q_len positions: a call does not move on.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionPlugin(Provided):
    """Announces an attention implementation.

    `unsupported` gives the reason why a workload cannot be done, or None; it must not import torch.
    `build` receives the workload and the host's weights (None at level `core`), and returns a step.
    `peak_bytes` predicts what a step allocates, its output included, where the plugin knows; otherwise the
    host predicts from small workloads. `flop` tells the floating-point operations that it executes, masked pairs
    and recomputation included, where the plugin knows. `empty_rows` declares what comes out for a query that
    sees no key at all: zeros, NaN, or nothing that one may rely on. `compiles` announces that a first call
    translates code, which takes seconds: the host then does without what it would learn from small workloads.
    `approximate` says what is approximated, such as `int8 queries and keys`: such a row is held to a loose bound only,
    shows its error, and is never compared as exact.
    """

    build: Callable[[Workload, Weights | None], Step]
    unsupported: Callable[[Workload], str | None]
    peak_bytes: Callable[[Workload], int | None] | None = None
    flop: Callable[[Workload], int | None] | None = None
    empty_rows: Literal["zero", "nan", "unstated"] = "unstated"
    compiles: bool = False
    approximate: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One `text` of a corpus, its `id`, which no other there has, and its `language`, a tag of BCP 47 where known."""

    text: str
    id: str
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusPlugin(Provided):
    """Announces a corpus.

    `documents` reads it, from the beginning each time. `title`, `author` and `source` are those of the text, `language`
    is a tag of BCP 47 (`mul` for several, `und` for none). `sha256` is over the UTF-8 bytes of the documents in order,
    a NUL byte between two documents; None for texts of the user, which nobody has vouched for. `kind` is a word such as
    `prose`. A corpus of the kind `adversarial` is a scaling corpus: documents of one sort and of growing length, from
    which a growth exponent is fitted. One of the kind `parallel` says the same in every language. One of the kind
    `limit` has edge cases: it is tried and not timed, and trains nothing. It alone may be empty or hold lone
    surrogates, which count as the three bytes that `surrogatepass` writes.
    """

    documents: Callable[[], Iterator[Document]]
    sha256: str | None
    title: str
    author: str
    source: str
    language: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokenized:
    """The `text` of one document, and the `ids` that a tokenizer made of it."""

    text: str
    ids: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPlugin(Provided):
    """Announces a metric, a column of its own in every table of rows that have it; the summary says what it means.

    `of_tokens` receives all documents of a tokenizer's row with their ids, and the tokenizer; `of_row` a measured row,
    for what follows from its other metrics. Either may answer None where the metric has no meaning. `unit` is that of a
    single number, `text` for words. An `exact` metric carries no noise: any change of it is a finding.
    """

    unit: str
    exact: bool = True
    of_tokens: Callable[[Sequence[Tokenized], Tokenizer], Value | None] | None = None
    of_row: Callable[[Measurement], Value | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPlugin(Provided):
    """Announces a form in which results are written; its name is the format of `assay report --format`.

    `write` receives what there is to show and gives the whole report, as text (written as UTF-8) or as bytes; it
    raises `assay.AssayError` for what it cannot write. `suffix` is how names of such files end, by which `-o` knows the
    format: `.html`. `shows` says what it can be made of: one `run`, several `runs`, a `comparison`, a `history`.
    """

    write: Callable[[ReportContext], str | bytes]
    suffix: str
    shows: tuple[Shown, ...] = ("run",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorPlugin(Provided):
    """Announces an engine over whose workers counts are spread.

    `open` receives how far they are to be spread and gives the engine, ready to work; it raises `assay.AssayError` for
    what it cannot do, such as a scheduler where it needs none. `isolated` promises that a task which ends its process
    costs no other task.
    """

    open: Callable[[ExecutorConfig], Executor]
    isolated: bool = False


@dataclass(frozen=True, slots=True)
class Lazy:
    """A callable that imports its target, `module:attribute`, when it is first called."""

    target: str

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Import the target and call it."""
        module, _, attribute = self.target.partition(":")
        return getattr(importlib.import_module(module), attribute)(*args, **kwargs)


def lazy(target: str) -> Callable[..., Any]:
    """Name a `build` without importing it: `lazy("my_package.bpe:MyTokenizer")`."""
    module, colon, attribute = target.partition(":")
    if not (module and colon and attribute):
        raise ValueError(f"{target!r} is not of the form 'module:attribute'")
    return Lazy(target)


Descriptor = TokenizerPlugin | AttentionPlugin | CorpusPlugin | MetricPlugin | ReportPlugin | ExecutorPlugin
NAMES_OF_KINDS: Mapping[type[Provided], str] = {
    TokenizerPlugin: "tokenizer",
    AttentionPlugin: "attention",
    CorpusPlugin: "corpus",
    MetricPlugin: "metric",
    ReportPlugin: "report",
    ExecutorPlugin: "executor",
}
