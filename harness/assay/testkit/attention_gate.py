"""Holding an attention to the gate on small workloads, and telling apart what it breaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from assay.errors import Unavailable, WrongOutput, reason_of
from assay.plugins.types import AttentionPlugin
from assay.records.workload import Workload
from assay.testkit.context import Context
from assay.testkit.result import ConformanceError, Skip
from assay.testkit.workloads import small

RAISES = "computes"
# Which check a refusal of the gate belongs to, by the name with which its message begins; all others are properties.
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
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of one workload: the properties that held, or the check that it breaks, and how."""

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


def attempts(plugin: AttentionPlugin, context: Context) -> tuple[Attempt, ...]:
    """Try every small workload that the plugin offers, once for all checks."""
    if "attempts" not in context.kept:
        with one_thread():
            context.kept["attempts"] = tuple(_attempt(plugin, workload) for workload in workloads(plugin))
    found: tuple[Attempt, ...] = context.kept["attempts"]
    return found


def hold(plugin: AttentionPlugin, context: Context, check: str, remedy: str) -> int:
    """Raise `ConformanceError` where a workload breaks this check, `Skip` where one breaks another; count what held."""
    tried = attempts(plugin, context)
    broken = next((attempt for attempt in tried if attempt.breaks == check), None)
    if broken is not None:
        raise ConformanceError(f"{broken.message}, on {broken.workload}", remedy=remedy)
    other = next((attempt for attempt in tried if attempt.breaks is not None), None)
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


def _attempt(plugin: AttentionPlugin, workload: Workload) -> Attempt:
    """The properties first, as they say what is wrong; then float64 on other inputs."""
    from assay.attention.inputs import make_inputs, make_weights
    from assay.attention.oracle import verify
    from assay.attention.passes import mode
    from assay.attention.properties import check_properties, companion

    try:
        held = check_properties(plugin, companion(workload, compiles=plugin.compiles))
        with mode(workload):
            verify(plugin.build, workload, make_weights(workload), partial(make_inputs, workload, None))
    except KeyboardInterrupt:
        raise
    except WrongOutput as error:
        breaks = BROKEN_BY.get(error.message.partition(":")[0], "properties")
        return Attempt(workload=workload.id, breaks=breaks, message=error.message)
    except Unavailable as error:
        return Attempt(workload=workload.id, breaks=RAISES, message=f"it is not available: {error}")
    except BaseException as error:  # a plugin may raise SystemExit, or a panic that is no Exception
        return Attempt(workload=workload.id, breaks=RAISES, message=f"it raises {reason_of(error)}")
    return Attempt(workload=workload.id, held=held)
