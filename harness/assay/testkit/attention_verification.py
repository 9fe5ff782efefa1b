"""Verify an attention on small workloads, and tell apart what it breaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from assay.errors import AssayError, Unavailable, WrongOutput, guard, reason_of
from assay.plugins.types import AttentionPlugin
from assay.records.workload import Workload
from assay.testkit.context import Context
from assay.testkit.result import ConformanceError, Skip
from assay.testkit.workloads import long, small

RAISES = "computes"
# Which check a wrong output belongs to, by the name with which its message begins; all others are properties.
BROKEN_BY: Mapping[str, str] = {
    "prefill": RAISES,
    "output": "output",
    "memory": "output",
    "inputs": "inputs-kept",
    "causality": "mask",
    "window": "mask",
    "prefix": "mask",
    "padding": "mask",
    "reference": "reference",
    "dropout": "dropout",
    "dropout-masks": "dropout",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadTrial:
    """The result of one workload: the properties that held, or the check that it breaks, and how."""

    workload: str
    held: tuple[str, ...] = ()
    breaks: str | None = None
    message: str = ""


def offered(plugin: AttentionPlugin, workloads: Sequence[Workload]) -> tuple[Workload, ...]:
    """Those of some workloads that a plugin offers; of one that compiles the first, as each takes long."""
    found = tuple(workload for workload in workloads if plugin.unsupported(workload) is None)
    return found[:1] if plugin.compiles else found


def devices() -> tuple[str, ...]:
    """Where workloads can run here."""
    import torch

    return ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)


def workloads(plugin: AttentionPlugin) -> tuple[Workload, ...]:
    """The small workloads that a plugin offers on the devices that are here; raises what `unsupported` raises."""
    return tuple(one for device in devices() for one in offered(plugin, small(device)))


def trials(plugin: AttentionPlugin, context: Context) -> tuple[WorkloadTrial, ...]:
    """Try every small workload that the plugin offers, once for all checks, and then the long ones."""

    def make() -> tuple[WorkloadTrial, ...]:
        with one_thread():
            found = tuple(_trial(plugin, workload) for workload in workloads(plugin))
            if plugin.compiles or any(trial.breaks is not None for trial in found):
                return found
            longer = (one for device in devices() for one in offered(plugin, long(device)))
            return (*found, *(_trial(plugin, workload, properties=False) for workload in longer))

    return context.once("trials", make)


def hold(plugin: AttentionPlugin, context: Context, check: str, remedy: str) -> int:
    """Raise `ConformanceError` where a workload breaks this check, `Skip` where one breaks another; count what held."""
    tried = trials(plugin, context)
    broken = next((trial for trial in tried if trial.breaks == check), None)
    if broken is not None:
        raise ConformanceError(f"{broken.message}, on {broken.workload}", remedy=remedy)
    other = next((trial for trial in tried if trial.breaks is not None), None)
    if other is not None and check != RAISES:  # whatever else is wrong with it, it was computed
        raise Skip(f"not reached on {other.workload}, which fails in {other.breaks}")
    return len(tried)


@contextmanager
def one_thread() -> Iterator[None]:
    """As the workloads ask; and on a busy machine several threads only wait for one another."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _trial(plugin: AttentionPlugin, workload: Workload, *, properties: bool = True) -> WorkloadTrial:
    """The `properties` first, as they say what is wrong; then float64 on other inputs."""
    from assay.attention.calls import Candidate
    from assay.attention.companions import check_kind
    from assay.attention.inputs import make_inputs, make_weights
    from assay.attention.oracle import verify

    try:
        candidate = Candidate.of(plugin)
        inputs_of = partial(make_inputs, workload, None, seed=0)
        with guard():
            held = check_kind(candidate, workload) if properties else ()
            verify(candidate.build, workload, make_weights(workload), inputs_of, approximate=candidate.approximate)
    except WrongOutput as error:
        breaks = BROKEN_BY.get(error.message.partition(":")[0], "properties")
        return WorkloadTrial(workload=workload.id, breaks=breaks, message=error.message)
    except Unavailable as error:
        return WorkloadTrial(workload=workload.id, breaks=RAISES, message=f"it is not available: {error}")
    except AssayError as error:
        return WorkloadTrial(workload=workload.id, breaks=RAISES, message=f"it raises {reason_of(error)}")
    return WorkloadTrial(workload=workload.id, held=held)
