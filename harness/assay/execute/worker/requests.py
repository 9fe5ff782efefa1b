"""What a worker that measures can be asked for, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assay.execute.worker.protocol import Request
from assay.plugins.discovery import discover
from assay.plugins.host import Host
from assay.records.results import Case, Measurement, Metrics, Sample, Value
from assay.records.settings import Settings
from assay.records.tokenizer_file import TokenizerFile
from assay.records.verdicts import Clock

MOST_DOCUMENTS = 1 << 40


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginSelection:
    """Which plugins there are, as `discover` takes them."""

    plugins: tuple[str, ...] = ()
    block: tuple[str, ...] = ()
    load: str | None = None
    files: tuple[TokenizerFile, ...] = ()
    same_ids_as: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Settings, host: Host | None = None) -> PluginSelection:
        """Take those of some settings, without those that the host found unsafe to load."""
        block = settings.block if host is None else (*settings.block, *host.unsafe)
        return cls(
            plugins=settings.plugins,
            block=block,
            load=settings.load,
            files=settings.files,
            same_ids_as=settings.same_ids_as,
        )

    def discover(self, *, lenient: bool = False, trial_s: float | None = None) -> Host:
        """Find them, in a process that may die of it; with `trial_s` each is tried for so long in one of its own."""
        host = discover(
            self.plugins,
            self.block,
            self.load,
            lenient=lenient,
            timeout_s=trial_s,
            files=self.files,
            same_ids_as=self.same_ids_as,
        )
        host.timeout_s = None
        return host


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a worker must know before its first case: plugins, the core for timing, whether lengths are timed too."""

    plugins: PluginSelection
    core: int | None
    grid: bool = False


class Load(Request[None], doing="loading"):
    """Find the plugins, where that is not done; take up a case, or the machine probes, or neither.

    A sample has so many `documents`, where that is known. With `again` the case was verified in another process, and
    only whether its output is right in this one is still open. The names of the files through which an attention
    is given its inputs begin with `file`. `probes` is the `dtype/device/bytes` of those of torch, or an empty text for
    those of Python.
    """

    setup: Setup
    case: Case | None = None
    documents: int | None = None
    again: bool = False
    file: str | None = None
    probes: str | None = None
    threads: int = 1


class TryPlugins(Request[Mapping[str, str]], doing="trying its plugins"):
    """Find the plugins, each of them tried in a child process first; answered by the failures of those not loaded.

    The names of these are those that `--block` takes. It comes before the first case, where the host has not tried
    the plugins of this environment.
    """

    setup: Setup
    trial_s: float


class Unload(Request[None], doing="unloading"):
    """Drop the case."""


class Size(Request[float], doing="sizing a sample"):
    """Draw a sample of so many documents; answered by its relative uncertainty."""

    documents: int

    def fault(self, answer: float) -> str | None:
        """A sample of more documents than there can be is all of them."""
        if answer > 0 and self.documents > MOST_DOCUMENTS:
            return f"{answer} for a sample of {self.documents} documents"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """What a case is expected to take, and the memory that there is, None for no limit."""

    metrics: Metrics
    room: int | None


class Predict(Request[Predicted], doing="predicting"):
    """Predict time and memory of the case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedOperation:
    """An operation that can be timed, the clock that it is timed by, and what one call handles: tokens, bytes.

    Of one with `answers` some timed calls are judged.
    """

    name: str
    clock: Clock
    tokens: int
    size: int | None
    answers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The exact figures of a case, and its operations where the output is right."""

    metrics: Metrics
    operations: tuple[OfferedOperation, ...] = ()


class Verify(Request[Checked], doing="checking"):
    """Verify the output of the case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """The iterations of a sample, and the CPU seconds that other processes spent meanwhile."""

    iterations: int
    children_s: float


class VerifyShortly(Request[Metrics], doing="checking short strings"):
    """Verify what documents do not show of the tokenizer."""


class NameSpecials(Request[tuple[str, ...]], doing="naming its special tokens"):
    """List the special tokens of the tokenizer, declared or found."""


class EncodeTexts(Request[tuple[list[int] | None, ...]], doing="encoding strings"):
    """Encode texts; answered by the ids of each, None for one that is refused."""

    texts: tuple[str, ...]

    def fault(self, answer: tuple[list[int] | None, ...]) -> str | None:
        """Every text has an answer."""
        return _miscounted(len(answer), len(self.texts))


class DecodeIds(Request[tuple[str | None, ...]], doing="decoding ids"):
    """Decode the ids of several texts; answered by the texts, None for one that is refused."""

    documents: tuple[list[int], ...]

    def fault(self, answer: tuple[str | None, ...]) -> str | None:
        """Every list of ids has an answer."""
        return _miscounted(len(answer), len(self.documents))


class Calibrate(Request[Calibrated], doing="calibrating"):
    """Find the iterations that make a sample of about so many nanoseconds."""

    operation: str
    target_ns: int

    def fault(self, answer: Calibrated) -> str | None:
        """There is at least one call in a sample."""
        return None if answer.iterations > 0 else f"{answer.iterations} iterations"


class TakeSample(Request[Sample], doing="sampling"):
    """Time so many iterations of an operation; the values that it is called with follow from the seed."""

    operation: str
    iterations: int
    seed: int = 0

    def fault(self, answer: Sample) -> str | None:
        """A sample has as many calls as were asked for, and took some time or none."""
        if answer.iterations != self.iterations or answer.wall_ns < 0 or answer.cpu_ns < 0:
            return f"{answer} for {self.iterations} iterations"
        return None


class KeepAnswer(Request[None], doing="keeping an answer"):
    """Keep what one call of the last sample gave, for the judge."""

    call: int


class MeasureMemory(Request[Metrics], doing="measuring memory"):
    """Measure the memory of one call."""


class Recheck(Request[None], doing="checking again"):
    """Verify the output once more."""


class NamePlugins(Request[Mapping[str, Mapping[str, str | None]]], doing="naming its plugins"):
    """List `tokenizers` and `attentions` by name, each with its distribution, None for one from a file.

    `distributions` are all that are installed, each with its version.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedMetric:
    """A metric of a plugin: where it is from, whether it looks at tokens or rows, and what to do if it fails."""

    name: str
    origin: str
    remedy: str
    of_tokens: bool
    of_row: bool


class NameMetrics(Request[tuple[OfferedMetric, ...]], doing="naming its metrics"):
    """List those of the named metrics that are here."""

    names: tuple[str, ...]


class ComputeMetric(Request[Value | None], doing="computing a metric"):
    """Compute a metric of a plugin for a row; None where it has no value."""

    name: str
    row: Measurement


class CallFunction(Request[str], doing="counting"):
    """Call a function, given as `module:name`, with a text; answered by what it returns."""

    function: str
    task: str


class Fork(Request[bool], doing="forking"):
    """Have a copy of the process answer from here on, unless other threads run, which a copy would lack."""


class Join(Request[bool], doing="ending a fork"):
    """End the copy, if there is one; the process answers again, as it was."""


class Stop(Request[None], doing="stopping"):
    """End the process."""


def _miscounted(answers: int, wanted: int) -> str | None:
    return None if answers == wanted else f"{answers} answers, where {wanted} were asked for"
