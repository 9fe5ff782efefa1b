"""What holds for every right attention, whatever its inputs: checked by changing what must not matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from assay.attention.inputs import Inputs, make_inputs, make_weights
from assay.attention.oracle import ULPS, call_step, check_step
from assay.attention.passes import mode, run_pass
from assay.attention.reference import looked_at, visible, widened
from assay.errors import WrongOutput
from assay.plugins.types import AttentionPlugin, Step
from assay.records.workload import Workload

LENGTH = 192
LEAST = 0.05
ODD = 7
MASKED = ("causal", "window", "prefix", "padding")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltStep:
    """A step of a workload, the inputs it is tried on, and what came out."""

    step: Step
    workload: Workload
    inputs: Inputs
    output: Tensor

    def again(self, inputs: Inputs) -> Tensor:
        """Call the step on other inputs."""
        return call_step(self.step, self.workload, inputs, None)[0]

    def hold(self, name: str, found: Tensor, wanted: Tensor, what: str) -> None:
        """Raise `WrongOutput` unless two outputs agree, to the slack, where they are looked at."""
        wide = widened(looked_at(self.workload, torch.arange(self.workload.q_len)), found)
        difference = (found.double() - wanted.double()).abs()
        wrong = wide & ~(difference <= self.slack(wanted))
        if bool(wrong.any()):
            raise WrongOutput(f"{name}: {what}, and the output differs by {difference[wrong].max().item():.3g}")

    def slack(self, output: Tensor) -> Tensor:
        """How far two orders of the same sum may lie apart: 16 units in the last place of the row's largest number."""
        rows = output.double().abs().nan_to_num(0.0).amax(dim=-1, keepdim=True)
        return ULPS * torch.finfo(output.dtype).eps * rows.clamp_min(LEAST * rows.max().item())


def companion(workload: Workload, *, compiles: bool = False) -> Workload:
    """A workload of the same semantics that is small enough to be tried many times, without dropout or gradients.

    For one that compiles it has the size of the workload: another would be compiled by itself.
    """
    if compiles:
        plain = replace(workload.semantics, dropout=0.0)
        return replace(workload, phase="fwd", semantics=plain, source=None)
    length = min(workload.kv_len, LENGTH)
    reach = workload.semantics.reach and max(1, min(workload.semantics.reach, length // 3))
    queries = max(1, min(workload.q_len, length - 1 if workload.level == "decode" else length))
    return replace(
        workload,
        q_len=length if workload.q_len == workload.kv_len else queries,
        kv_len=length,
        batch=min(workload.batch, 2),
        phase="fwd",
        semantics=replace(workload.semantics, dropout=0.0, reach=reach),
        source=None,
    )


def check_properties(plugin: AttentionPlugin, workload: Workload) -> tuple[str, ...]:
    """Try a plugin on the workload and on variants of it that it offers; give the names of what held.

    Raises `WrongOutput` with the name of the first property that does not hold, and whatever the plugin raises.
    """
    if plugin.unsupported(workload) is not None:
        return ()
    with mode(workload):
        built = _build(plugin, workload)
        checks = {name: check for name, check in CHECKS.items() if not (plugin.compiles and name == "strided")}
        names = [name for name, check in checks.items() if check(built)]
        try:
            check_step(built.step, workload, make_weights(workload), built.inputs)
        except WrongOutput as error:
            raise WrongOutput(f"{error.message}, in {workload.id}") from error
        if not plugin.compiles:  # each variant would be compiled by itself
            names += [name for name, variant in _variants(workload) if _holds(plugin, name, variant)]
            names += ["batch"] if _batch(plugin, built) else []
            names += ["empty-rows"] if _empty_rows(plugin, workload) else []
    return tuple(names)


def _build(plugin: AttentionPlugin, workload: Workload) -> BuiltStep:
    step, inputs = plugin.build(workload, make_weights(workload)), make_inputs(workload, None, 0)
    output = call_step(step, workload, inputs, None)[0].clone()  # a step may use its output again
    return BuiltStep(step=step, workload=workload, inputs=inputs, output=output)


def _repeats(built: BuiltStep) -> bool:
    """The same inputs give the same output, whatever was asked in between, and other inputs another."""
    other = built.again(make_inputs(built.workload, None, 1)).clone()
    built.hold("repeat", built.again(built.inputs), built.output, "it is called again with the same inputs")
    if torch.equal(other, built.output):
        raise WrongOutput("repeat: other inputs give the same output")
    return True


def _afresh(built: BuiltStep) -> bool:
    """The same tensors with other values give another output: nothing is remembered by who asks."""
    other, kept = make_inputs(built.workload, None, 1), built.inputs.map(Tensor.clone)
    wanted = built.again(other).clone()
    _put(built.inputs, other)
    try:
        built.hold("afresh", built.again(built.inputs), wanted, "the same tensors hold other values")
    finally:
        _put(built.inputs, kept)
    return True


def _put(into: Inputs, source: Inputs) -> None:
    for old, new in zip(into.tensors, source.tensors, strict=True):
        old.copy_(new)
    if into.past is not None and source.past is not None:
        into.past.copy_(source.past)


def _stays(built: BuiltStep) -> bool:
    """A call of a decoding step does not move on: the next one is for the same positions."""
    if built.inputs.past is None:
        return False
    built.again(built.inputs)
    found = run_pass(built.step, built.inputs, None)[0]
    built.hold("stays", found, built.output, "it is called twice after one prefill")
    return True


def _unseen(built: BuiltStep) -> bool:
    """What a query does not see may be anything finite: its output stays."""
    workload, mask = built.workload, built.workload.semantics.mask
    if mask not in MASKED:
        return False
    for row in dict.fromkeys((0, workload.q_len // 2, workload.q_len - 1)):
        seen = visible(workload, torch.tensor([row]))[:, 0, 0]
        if bool(seen.all()) or not bool(looked_at(workload, torch.tensor([row])).all()):
            continue
        changed = built.again(_replaced(built, ~seen))
        axis = changed.ndim - 2
        moved = (changed.double() - built.output.double()).abs() / built.slack(built.output)
        difference = (changed.double() - built.output.double()).select(axis, row).abs().max().item()
        if not moved.select(axis, row).max().item() <= 1.0:
            name = "causality" if mask == "causal" else mask
            raise WrongOutput(f"{name}: query {row} changes by {difference:.3g} with keys that it must not see")
    return True


def _replaced(built: BuiltStep, where: Tensor) -> Inputs:
    """Other finite values at some positions [batch or 1, kv_len] of k and v, or of x."""
    workload, inputs = built.workload, built.inputs
    other = make_inputs(workload, None, 1)
    if workload.level == "core":
        wide = where[:, None, :, None].to(built.output.device)
        q, k, v, *lengths = inputs.tensors
        changed = (torch.where(wide, 3 * new, old) for new, old in zip(other.tensors[1:3], (k, v), strict=True))
        if workload.semantics.kind == "weightless":
            x = torch.where(wide, 3 * other.tensors[0], q)
            return Inputs(tensors=(x, x, x))
        return Inputs(tensors=(q, *changed, *lengths))
    past = 0 if inputs.past is None else inputs.past.shape[1]
    wide = where[:, :, None].to(built.output.device)
    x, *lengths = inputs.tensors
    x = torch.where(wide[:, past:], 3 * other.tensors[0], x)
    if inputs.past is None or other.past is None:
        return Inputs(tensors=(x, *lengths))
    return Inputs(tensors=(x, *lengths), past=torch.where(wide[:, :past], 3 * other.past, inputs.past))


def _ones(built: BuiltStep) -> bool:
    """Weights of attention add up to one: where every value is 1, so is every output."""
    if built.workload.level != "core" or built.workload.semantics.kind == "weightless":
        return False
    q, k, v, *lengths = built.inputs.tensors
    found = built.again(Inputs(tensors=(q, k, torch.ones_like(v), *lengths)))
    built.hold("ones", found, torch.ones_like(found), "every value is 1")
    return True


def _key_order(built: BuiltStep) -> bool:
    """Without mask and positions the order of the keys is nothing: they are turned round with their values."""
    semantics, workload = built.workload.semantics, built.workload
    if semantics.mask != "none" or semantics.bias != "none":
        return False
    if workload.level == "core" and semantics.kind != "weightless":
        q, k, v = built.inputs.tensors
        found = built.again(Inputs(tensors=(q, k.flip(2), v.flip(2))))
    else:
        flipped = tuple(tensor.flip(-2) for tensor in built.inputs.tensors[:1]) * len(built.inputs.tensors)
        found = built.again(Inputs(tensors=flipped)).flip(-2)
    built.hold("key-order", found, built.output, "keys and values are turned round")
    return True


def _strided(built: BuiltStep) -> bool:
    """Inputs that do not lie in one piece of memory are the same inputs."""
    spread = built.inputs.map(_spread)
    if built.workload.semantics.kind == "weightless":
        spread = Inputs(tensors=spread.tensors[:1] * 3)
    built.hold("strided", built.again(spread), built.output, "the inputs lie in memory in another order")
    return True


def _spread(tensor: Tensor) -> Tensor:
    axis = 1 if tensor.ndim == 4 else 0
    return tensor.transpose(axis, -2).contiguous().transpose(axis, -2)


CHECKS: dict[str, Callable[[BuiltStep], bool]] = {
    "repeat": _repeats,
    "afresh": _afresh,
    "stays": _stays,
    "unseen": _unseen,
    "ones": _ones,
    "key-order": _key_order,
    "strided": _strided,
}


def _variants(workload: Workload) -> Iterator[tuple[str, Workload]]:
    """Sizes at which implementations break: one position, and a head dimension that no block divides."""
    if workload.level != "decode":
        yield "length-one", replace(workload, q_len=1, kv_len=1)
    width = ODD + (workload.semantics.bias == "rope")
    yield "odd-heads", replace(workload, d_qk=width, d_v=width, d_model=width * workload.q_heads)


def _holds(plugin: AttentionPlugin, name: str, workload: Workload) -> bool:
    if plugin.unsupported(workload) is not None:
        return False
    weights = make_weights(workload)
    _named(name, lambda: check_step(plugin.build(workload, weights), workload, weights, make_inputs(workload, None, 0)))
    return True


def _named(name: str, check: Callable[[], object]) -> None:
    """Name what a refusal speaks of."""
    try:
        check()
    except WrongOutput as error:
        raise WrongOutput(f"{name}: {error.message}") from error


def _batch(plugin: AttentionPlugin, built: BuiltStep) -> bool:
    """An item of a batch comes out as it does alone."""
    workload = built.workload
    pair = replace(workload, batch=2)
    alone = replace(workload, batch=1)
    if workload.semantics.mask == "padding" or any(plugin.unsupported(one) is not None for one in (pair, alone)):
        return False
    both = built if workload.batch == 2 else _build(plugin, pair)
    step = plugin.build(alone, make_weights(alone))
    second = both.inputs.map(lambda tensor: tensor[1:])
    if workload.semantics.kind == "weightless":
        second = Inputs(tensors=second.tensors[:1] * 3)
    found = call_step(step, alone, second, None)[0]
    both.hold("batch", found.expand_as(both.output[1:]), both.output[1:], "the second of a batch is computed alone")
    return True


def _empty_rows(plugin: AttentionPlugin, workload: Workload) -> bool:
    """Two queries come before the first key: they give what the plugin declares, and the rest is right."""
    semantics = workload.semantics
    if workload.level != "core" or semantics.kind == "weightless" or semantics.mask not in ("causal", "window"):
        return False
    longer = replace(workload, q_len=workload.kv_len + 2)
    if plugin.unsupported(longer) is not None:
        return False
    inputs = make_inputs(longer, None, 0)
    step = plugin.build(longer, None)
    _named("empty-rows", lambda: check_step(step, longer, None, inputs))
    empty = call_step(step, longer, inputs, None)[0][:, :, :2]
    right = {"zero": bool((empty == 0).all()), "nan": bool(empty.isnan().all()), "unstated": True}
    if not right[plugin.empty_rows]:
        raise WrongOutput(f"empty-rows: a query that sees no key does not give {plugin.empty_rows}, as is declared")
    return True
