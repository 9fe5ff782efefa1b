"""The frozen records that travel down the road: cases, samples, measurements, runs."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Literal

from assay.records.display import Displayed
from assay.records.metrics import Metric as Metric
from assay.records.metrics import Metrics as Metrics
from assay.records.metrics import Value as Value
from assay.records.noise import Noise as Noise
from assay.records.plugin_code import PluginCode, changed_code
from assay.records.run_warnings import run_warnings
from assay.records.workload import Workload

if TYPE_CHECKING:
    import pandas as pd

# The operation on fresh text: sampled now and then, and recorded without a verdict.
FRESH = "fresh"


class Status(StrEnum):
    """How a case ended. All four are results."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizerCase:
    """One tokenizer on one corpus.

    With `held_out` 0 the tokenizer is trained on the whole corpus and measured on the whole corpus;
    otherwise it is measured on a share `held_out` of it, and trained on the rest.
    With `trained_on` the corpus has edge cases, and that is the name of the corpus that it is trained on.
    With `sample` above 0 it is measured on a random sample of these documents, just large enough for the 95 %
    interval of every row's bytes per token to be within that share on both sides.
    With `shards` the corpus is a set of files too large to hold: it is counted shard by shard and not timed, and
    `trained_on` is the name of the corpus that the tokenizer is trained on.
    """

    tokenizer: str
    corpus: str
    held_out: float = 0.0
    trained_on: str | None = None
    sample: float = 0.0
    shards: bool = False

    @property
    def plugin(self) -> str:
        """The name of the plugin that is measured."""
        return self.tokenizer

    @property
    def edge_case(self) -> bool:
        """Whether the corpus has edge cases: the tokenizer is tried on it, and neither counted nor timed."""
        return self.trained_on is not None and not self.shards

    @property
    def limit(self) -> bool:
        """The former name of `edge_case`."""
        return self.edge_case

    @property
    def split(self) -> str:
        """`all`, or `held-out-10` where 10 % of the corpus is held out; `all~1%` for a sample that is good to 1 %.

        `shards` in place of `all` where the corpus is counted shard by shard.
        """
        part = f"held-out-{self.held_out * 100:g}" if self.held_out else "shards" if self.shards else "all"
        return f"{part}~{self.sample * 100:g}%" if self.sample else part

    @property
    def group(self) -> str:
        """What rows that may be compared have in common."""
        return f"tokenizer/{self.corpus}/{self.split}"

    @property
    def id(self) -> str:
        """The name of this case, unique within a run."""
        return f"{self.group}/{self.tokenizer}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionCase:
    """One attention implementation on one workload."""

    attention: str
    workload: Workload
    edge_case: ClassVar[bool] = False
    shards: ClassVar[bool] = False

    @property
    def plugin(self) -> str:
        """The name of the plugin that is measured."""
        return self.attention

    @property
    def group(self) -> str:
        """What rows that may be compared have in common."""
        return f"attention/{self.workload.id}"

    @property
    def id(self) -> str:
        """The name of this case, unique within a run."""
        return f"{self.group}/{self.attention}"


Case = TokenizerCase | AttentionCase


@dataclass(frozen=True, slots=True)
class Sample:
    """One timed batch of `iterations` calls: wall time and CPU time of the process, both in nanoseconds.

    Samples of one `epoch` come from one process; the next epoch has a fresh one.
    """

    iterations: int
    wall_ns: int
    cpu_ns: int
    epoch: int = 0

    @property
    def loops(self) -> int:
        """The former name of `iterations`."""
        return self.iterations


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """All samples of one timed operation of a case, such as `encode`."""

    name: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What one `case` came to.

    `status` says how it ended; `reason` and `remedy` why not well, and what to do. `metrics` are its figures, `timings`
    the raw samples behind its speeds. `expected` marks a failure that the plugin announces in its descriptor (a closed
    vocabulary meeting an unseen word): the row is failed and has no speed, but the run is not at fault. `code` is the
    sha256 of the plugin's code that was measured, by which `Outcome.codes` has more of it.
    """

    case: Case
    status: Status
    reason: str | None = None
    remedy: str | None = None
    expected: bool = False
    metrics: Metrics = Metrics()
    timings: tuple[Timing, ...] = ()
    code: str | None = None

    def value(self, name: str) -> Value | None:
        """Return the value of the metric of that name, or None where this row has none."""
        found: Value | None = self.metrics.get(name)
        return found

    def samples(self, operation: str) -> tuple[Sample, ...]:
        """Return the raw samples of an operation; nothing where none were kept."""
        return next((timing.samples for timing in self.timings if timing.name == operation), ())

    @property
    def loses_text(self) -> bool:
        """Whether some document of a tokenizer does not come back: its bytes per token are then of less text."""
        whole = self.value("round_trip")
        return isinstance(whole, int | float) and whole < 1

    @property
    def blamed(self) -> bool:
        """Whether this row makes the run exit with 3."""
        return self.status is Status.FAILED and not self.expected


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeTiming:
    """Samples of a fixed piece of work, taken in the same rounds as the cases of a group.

    `work` is what one call does: steps of a Python loop, bytes copied, FLOP of a product.
    """

    group: str
    name: str
    work: int
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResult:
    """The results of the comparable cases of one group, and what the machine could do meanwhile."""

    measurements: tuple[Measurement, ...]
    probes: tuple[ProbeTiming, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: what was asked, where and when, and how it ended. Times are UTC in ISO 8601.

    `settings` is JSON of the engine, with which the run can be resumed. `process` is the process that measures it, or
    measured it last. A run that is stored as `running`, and whose process is gone, is `interrupted`.
    """

    id: str
    started: str
    suite: str
    command: str
    environment: Mapping[str, str]
    settings: str = "{}"
    state: Literal["running", "complete", "interrupted", "failed"] = "running"
    finished: str | None = None
    process: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Cases by how they ended; `missing` ones are planned and not measured yet."""

    planned: int
    ok: int
    failed: int
    skipped: int
    unsupported: int
    missing: int

    @classmethod
    def of(cls, planned: int, ended: Mapping[Status, int]) -> Manifest:
        """Count the cases of a run, from how many were planned and how many ended in which way."""
        counts = {status.value: ended.get(status, 0) for status in Status}
        return cls(planned=planned, **counts, missing=planned - sum(counts.values()))

    def __str__(self) -> str:
        """Such as `23 cases planned: 20 ok, 1 failed, 2 skipped`."""
        counts = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "planned"}
        told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        return f"{self.planned} case{'s' * (self.planned != 1)} planned: {told or 'nothing to do'}"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Outcome(Displayed):
    """A run, what became of its plan, what it measured, and how noisy the machine was.

    A notebook shows it as a short table, with the answers and one line on how far to trust them.

    `codes` are those of the plugins that had a part in it, several of one where the run was resumed with other code.
    A run that was stored before they were recorded has none.
    """

    run: Run
    manifest: Manifest
    measurements: tuple[Measurement, ...]
    noise: Noise | None
    codes: tuple[PluginCode, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether a case failed in a way that its plugin does not announce."""
        return any(measurement.blamed for measurement in self.measurements)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader should know before the figures: that the machine was busy, or that the run is an older one."""
        return (*run_warnings([row.metrics for row in self.measurements]), *changed_code(self.codes))

    @property
    def frame(self) -> pd.DataFrame:
        """What was compared as one pandas DataFrame of hand-picked columns, a row for each case.

        Tokenizers stand before attentions; of a run of both, the column `kind` tells them apart. Rows that are not
        applicable are left out. `assay.results(outcome.run.id)` has every column.
        """
        frame: pd.DataFrame = importlib.import_module("assay.store.dataframes").frame_of(self)
        return frame


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedRun:
    """A stored run and its name: its id, or the path of the file that it is in."""

    name: str
    outcome: Outcome
