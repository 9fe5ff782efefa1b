"""What the judge of an attention asks of the process that runs it, and what the host asks of the judge."""

from __future__ import annotations

from dataclasses import dataclass

from assay.execute.worker.protocol import Request
from assay.records.results import Metrics
from assay.records.stored_tensor import StoredTensor
from assay.records.workload import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What an attention announces, and the ids of the text that its inputs are embedded from, where there is one."""

    name: str
    compiles: bool
    empty_rows: str
    approximate: bool
    ids: tuple[int, ...]
    vocab_size: int


class Describe(Request[Described], doing="describing the attention"):
    """Describe the attention that is loaded; its text may be `known` already, and is left out then."""

    known: bool


class Offers(Request[bool], doing="saying what it offers"):
    """Ask whether the attention offers a workload."""

    workload: Workload


class BuildStep(Request[int], doing="building a step"):
    """Build a step with these weights; answered by its number. Those that are `dropped` are called no more."""

    workload: Workload
    weights: tuple[StoredTensor, ...]
    dropped: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredInputs:
    """The inputs of a call in the file to the step's process."""

    tensors: tuple[StoredTensor, ...]
    past: StoredTensor | None
    upstream: StoredTensor | None


class CallStep(Request[tuple[StoredTensor, ...]], doing="calling a step"):
    """Call a step; answered by where its output and gradients lie. `layout` and the flags are those of `Run`."""

    step: int
    inputs: StoredInputs
    layout: tuple[str, ...]
    same_memory: bool
    prefill: bool


class TakeInputs(Request[None], doing="taking the inputs that are timed"):
    """Take what a step is timed on; rows that are written between calls follow from the seed."""

    step: int
    inputs: StoredInputs
    seed: int


class FetchAnswer(Request[tuple[StoredTensor, ...]], doing="returning an answer"):
    """Return the answer that was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The judge's next question to the step's process, as JSON; or None, and the figures of what was judged."""

    question: str | None = None
    metrics: Metrics = Metrics()


class JudgeStep(Request[Turn], doing="judging"):
    """Judge an attention on a workload, and draw what it is timed on in an epoch; `again` where it passed before.

    `folder` is where the files lie through which tensors are handed over, `key` the first part of their names.
    """

    workload: Workload
    seed: int
    epoch: int
    again: bool
    folder: str
    key: str
    threads: int


class GoOn(Request[Turn], doing="judging"):
    """Go on with the reply to the last question, as JSON."""

    reply: str


class JudgeAnswer(Request[Turn], doing="judging a timed answer"):
    """Judge what a timed call gave: call number `call` of a batch that follows from its seed and iterations."""

    tensors: tuple[StoredTensor, ...]
    seed: int
    iterations: int
    call: int


class JudgeAgain(Request[Turn], doing="judging again"):
    """Judge after timing what the answers of timed calls do not show."""
