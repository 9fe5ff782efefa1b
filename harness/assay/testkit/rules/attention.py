"""What an attention implementation must do."""

from __future__ import annotations

from assay.execute.suites import SUITES
from assay.plugins.types import AttentionPlugin
from assay.records.workload import Workload
from assay.testkit import attention_verification as verification
from assay.testkit.context import Context
from assay.testkit.registry import Check
from assay.testkit.result import ConformanceError, Skip
from assay.testkit.subprocess import ask
from assay.testkit.workloads import large, small

SHARE, SLACK = 0.1, 1 << 20


def unsupported(plugin: AttentionPlugin, context: Context) -> str:
    """What it offers it says without importing torch and without building: a reason, or None."""
    asked = {workload.of_step.id: workload for suite in SUITES for workload in suite.workloads}
    ids = [*(workload.id for workload in small()), *asked]
    answer = ask(context.origin, "unsupported", name=plugin.name, workloads=ids).content
    heavy = [name for name in ("torch", "numpy") if name in answer["modules"]]
    if heavy:
        raise ConformanceError(
            f"asking unsupported(workload) loads {', '.join(heavy)}",
            remedy="decide by the workload alone, for instance with assay.Supports",
        )
    if answer["built"] is not None:
        raise ConformanceError(
            f"asking unsupported(workload) loads {answer['built']}, which build names", remedy="decide without it"
        )
    strange = next((kind for kind in answer["kinds"] if kind not in ("str", "NoneType")), None)
    if strange is not None:
        place = next(
            place
            for place, text in enumerate(answer["answers"])
            if text is not None and not text.startswith(("'", '"'))
        )
        raise ConformanceError(
            f"unsupported gives {answer['answers'][place]}, a {strange}, for {ids[place]}",
            remedy="give the reason as text, or None where it is offered",
        )
    return f"{len(ids)} workloads asked"


def offers_something(plugin: AttentionPlugin, context: Context) -> str:
    """It offers at least one of the small workloads on a device that is here: otherwise nothing can be said of it."""
    found = verification.workloads(plugin)
    if found:
        return f"{len(found)} small workloads"
    here = verification.devices()
    elsewhere = [one for one in small("cuda") if plugin.unsupported(one) is None] if "cuda" not in here else []
    first = next(one for one in small() if one.semantics.mask == "causal")
    reason = f"none of {len(small())} small workloads is offered on {', '.join(here)}"
    if elsewhere:
        raise ConformanceError(
            f"{reason}, {len(elsewhere)} on cuda", remedy="conform it on a machine with a CUDA device"
        )
    raise ConformanceError(
        f"{reason}, for instance not {first.id}: {plugin.unsupported(first)}", remedy="offer what it can do"
    )


def computes(plugin: AttentionPlugin, context: Context) -> str:
    """Every workload that it offers it builds and computes."""
    return _told(verification.hold(plugin, context, "computes", "compute it, or give a reason from unsupported"))


def output(plugin: AttentionPlugin, context: Context) -> str:
    """The output has the shape of the workload, the precision and the device of the inputs, and memory of its own."""
    return _told(verification.hold(plugin, context, "output", "give a new plain tensor of that shape and type"))


def inputs_kept(plugin: AttentionPlugin, context: Context) -> str:
    """The inputs are left as they are."""
    return _told(verification.hold(plugin, context, "inputs-kept", "change no input in place"))


def mask(plugin: AttentionPlugin, context: Context) -> str:
    """Keys that a query must not see change nothing: causality, windows, prefixes, padding."""
    masked = [one for one in verification.workloads(plugin) if one.semantics.mask != "none"]
    if not masked:
        raise Skip("it offers no workload with a mask")
    verification.hold(plugin, context, "mask", "fix the mask: queries are the last of the keys' positions")
    return _told(len(masked))


def properties(plugin: AttentionPlugin, context: Context) -> str:
    """What holds for every right attention holds for it, such as weights that add up to 1."""
    verification.hold(plugin, context, "properties", "see docs/attention.md for the property of that name")
    tried = verification.trials(plugin, context)
    names = dict.fromkeys(name for trial in tried for name in trial.held)
    return f"{', '.join(names)}, on {len(tried)} workloads"


def reference(plugin: AttentionPlugin, context: Context) -> str:
    """Outputs and gradients are those of float64, to twice the error of the definition in the same precision."""
    return _told(verification.hold(plugin, context, "reference", "fix it, or leave the workload out by unsupported"))


def dropout(plugin: AttentionPlugin, context: Context) -> str:
    """With dropout its outputs vary from call to call as dropping that share of the weights makes them."""
    dropping = [one for one in verification.workloads(plugin) if one.semantics.dropout]
    if not dropping:
        raise Skip("it offers no workload with dropout")
    verification.hold(plugin, context, "dropout", "drop weights of attention and scale the rest, or decline dropout")
    return _told(len(dropping))


def peak_bytes(plugin: AttentionPlugin, context: Context) -> str:
    """The memory that it predicts is what torch allocates, its build included, to a tenth and a mebibyte."""
    foretell = plugin.peak_bytes
    if foretell is None:
        raise Skip("it predicts no memory")
    verification.hold(plugin, context, "peak-bytes", "")  # of what is wrong memory does not matter
    told = [
        (one, foretell(one)) for device in verification.devices() for one in verification.offered(plugin, large(device))
    ]
    known = [(workload, value) for workload, value in told if value is not None]
    if not known:
        raise Skip(f"it predicts no memory for {len(large())} workloads of some size")
    for workload, value in known:
        found = _allocated(plugin, workload)
        if not abs(value - found) <= SHARE * found + SLACK:
            raise ConformanceError(
                f"peak_bytes predicts {value:,} bytes and a step allocates {found:,}, on {workload.id}",
                remedy="count what build keeps and a step allocates, its output too, its inputs not; or give None",
            )
    return _told(len(known))


def _allocated(plugin: AttentionPlugin, workload: Workload) -> int:
    from assay.attention.passes import mode
    from assay.measure.attention_prediction import opened
    from assay.measure.memory import peak_device_bytes

    with verification.one_thread():
        call, held = opened(plugin, workload)
        with mode(workload):
            return held + peak_device_bytes(call, workload.device)


def _told(count: int) -> str:
    return f"{count} workload{'s' * (count != 1)}"


CHECKS = (
    Check.of(unsupported, "ready", "loads-light"),
    Check.of(offers_something, "ready"),
    *Check.all_of((computes, output, inputs_kept, mask), "offers-something"),
    *Check.all_of((properties, reference, dropout, peak_bytes), "offers-something"),
)
