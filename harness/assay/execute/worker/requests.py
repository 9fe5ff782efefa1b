"""What a worker that measures can be asked for, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assay.execute.worker.protocol import Request
from assay.plugins.discovery import discover
from assay.plugins.host import Host
from assay.records.results import Case, Measurement, Metrics, Value
from assay.records.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginSelection:
    """Which plugins there are, as `discover` takes them."""

    plugins: tuple[str, ...] = ()
    block: tuple[str, ...] = ()
    load: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> PluginSelection:
        """Take those of some settings."""
        return cls(plugins=settings.plugins, block=settings.block, load=settings.load)

    def discover(self, *, lenient: bool = False) -> Host:
        """Find them."""
        return discover(self.plugins, self.block, self.load, lenient=lenient)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a worker must know before its first case: plugins, the core for timing, whether lengths are timed too."""

    plugins: PluginSelection
    core: int | None
    grid: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Load(Request[None]):
    """Find the plugins, where that is not done; take up a case, or the machine probes, or neither.

    A sample has so many `documents`, where that is known. With `again` the case was verified in another process, and
    only whether its output is right in this one is still open. `probes` is the `dtype/device` of those of torch, or an
    empty text for those of Python.
    """

    doing = "loading"
    setup: Setup
    case: Case | None = None
    documents: int | None = None
    again: bool = False
    probes: str | None = None
    threads: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Unload(Request[None]):
    """Drop the case."""

    doing = "unloading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size(Request[float]):
    """Draw a sample of so many documents; answered by its relative uncertainty."""

    doing = "sizing a sample"
    documents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """What a case is expected to take, and the memory that there is, None for no limit."""

    metrics: Metrics
    room: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Predict(Request[Predicted]):
    """Predict time and memory of the case."""

    doing = "predicting"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedOperation:
    """An operation that can be timed, with the tokens and the bytes that one call handles."""

    name: str
    tokens: int
    size: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The exact figures of a case, and its operations where the output is right."""

    metrics: Metrics
    operations: tuple[OfferedOperation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Request[Checked]):
    """Verify the output of the case."""

    doing = "checking"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """The iterations of a sample, and the CPU seconds that other processes spent meanwhile."""

    iterations: int
    children_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrate(Request[Calibrated]):
    """Find the iterations that make a sample of about so many nanoseconds."""

    doing = "calibrating"
    operation: str
    target_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """What all iterations took."""

    wall_ns: int
    cpu_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeSample(Request[Sampled]):
    """Time so many iterations of an operation."""

    doing = "sampling"
    operation: str
    iterations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureMemory(Request[Metrics]):
    """Measure the memory of one call."""

    doing = "measuring memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck(Request[None]):
    """Verify the output once more."""

    doing = "checking again"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamePlugins(Request[Mapping[str, Mapping[str, str | None]]]):
    """List `tokenizers` and `attentions` by name, each with its distribution, None for one from a file."""

    doing = "naming its plugins"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedMetric:
    """A metric of a plugin: where it is from, whether it looks at tokens or rows, and what to do if it fails."""

    name: str
    origin: str
    remedy: str
    of_tokens: bool
    of_row: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NameMetrics(Request[tuple[OfferedMetric, ...]]):
    """List those of the named metrics that are here."""

    doing = "naming its metrics"
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputeMetric(Request[Value]):
    """Compute a metric of a plugin for a row; None where it has no value."""

    doing = "computing a metric"
    name: str
    row: Measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFunction(Request[str]):
    """Call a function, given as `module:name`, with a text; answered by what it returns."""

    doing = "counting"
    function: str
    task: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork(Request[bool]):
    """Have a copy of the process answer from here on, unless other threads run, which a copy would lack."""

    doing = "forking"


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Request[bool]):
    """End the copy, if there is one; the process answers again, as it was."""

    doing = "ending a fork"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop(Request[None]):
    """End the process."""

    doing = "stopping"
