"""What holds for every right attention, whatever its inputs: checked by changing what must not matter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from assay.attention.calls import Candidate, Run
from assay.attention.inputs import Inputs, make_inputs, make_upstream, make_weights
from assay.attention.oracle import ORDINARY, STRESSED, Problem, make_problem
from assay.attention.reference import looked_at, visible, widened
from assay.attention.stress import stressed
from assay.attention.tolerance import LEAST_FOR_MEAN, LOOSE, join
from assay.errors import WrongOutput
from assay.records.workload import Workload

OTHER, MANY = 9, 64  # trials
ULPS = 16.0
LEAST = 0.05
MASKED = ("causal", "window", "prefix", "padding")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltStep:
    """A step of a workload, the inputs it is tried on, and what came out: the output, then gradients."""

    run: Run
    workload: Workload
    inputs: Inputs
    seed: int
    approximate: bool
    found: tuple[Tensor, ...]

    @property
    def output(self) -> Tensor:
        """The output on the inputs."""
        return self.found[0]

    def other(self) -> Inputs:
        """Return other inputs, with the same padded lengths."""
        drawn = make_inputs(self.workload, None, OTHER, self.seed)
        return (
            drawn if self.inputs.lengths is None else replace(drawn, tensors=(*drawn.tensors[:-1], self.inputs.lengths))
        )

    def problem(self, inputs: Inputs, trial: int, *, ordinary: bool = True) -> Problem:
        """Return what is asked on some inputs, to be held to float64."""
        weights = make_weights(self.workload)
        return make_problem(
            self.workload, weights, inputs, trial, seed=self.seed, ordinary=ordinary, loose=self.approximate
        )

    def upstream(self) -> Tensor | None:
        """Return the gradient of the output, where the workload asks for gradients."""
        if self.workload.phase == "fwd":
            return None
        return make_upstream(self.workload, ORDINARY, self.seed, self.inputs.lengths)

    def hold(self, name: str, found: Tensor, wanted: Tensor, what: str, slack_of: Tensor | None = None) -> None:
        """Raise `WrongOutput` unless two outputs agree, to the slack (of other rows), where they are looked at."""
        seen = looked_at(self.workload, torch.arange(self.workload.q_len), self.inputs.lengths)
        self._hold(name, found, wanted, what, widened(seen, found), slack_of)

    def hold_all(self, name: str, found: tuple[Tensor, ...], wanted: tuple[Tensor, ...], what: str) -> None:
        """Hold an output, and its gradients everywhere."""
        self.hold(name, found[0], wanted[0], what)
        for gradient, other in zip(found[1:], wanted[1:], strict=True):
            self._hold(name, gradient, other, what, torch.ones_like(gradient, dtype=torch.bool))

    def slack(self, output: Tensor) -> Tensor:
        """How far two orders of the same sum may lie apart: 16 units in the last place of the row's largest number."""
        rows = output.double().abs().nan_to_num(0.0).amax(dim=-1, keepdim=True)
        allowed = LOOSE if self.approximate else ULPS * torch.finfo(output.dtype).eps
        return allowed * rows.clamp_min(LEAST * rows.max().item())

    def _hold(
        self, name: str, found: Tensor, wanted: Tensor, what: str, wide: Tensor, slack_of: Tensor | None = None
    ) -> None:
        difference = (found.double() - wanted.double()).abs()
        wrong = wide & ~(difference <= self.slack(wanted if slack_of is None else slack_of))
        if bool(wrong.any()):
            raise WrongOutput(f"{name}: {what}, and the output differs by {difference[wrong].max().item():.3g}")


def check_properties(built: BuiltStep, *, layouts: bool = True) -> list[str]:
    """Try what must hold of a step, in one layout of memory or in several; return the names of what held.

    Raises `WrongOutput` with the name of the first property that does not hold, and whatever the plugin raises.
    """
    checks = {name: check for name, check in CHECKS.items() if layouts or name != "strided"}
    names = [name for name, check in checks.items() if check(built)]
    built.problem(built.inputs, ORDINARY).compare(built.found)
    return names + (["stress"] if _stress(built) else [])


def build_step(candidate: Candidate, workload: Workload, seed: int, run: Run | None = None) -> BuiltStep:
    """Build a step, unless it is built already, and call it once."""
    run = candidate.build(workload, make_weights(workload)) if run is None else run
    inputs = make_inputs(workload, None, ORDINARY, seed)
    upstream = None if workload.phase == "fwd" else make_upstream(workload, ORDINARY, seed, inputs.lengths)
    return BuiltStep(
        run=run,
        workload=workload,
        inputs=inputs,
        seed=seed,
        approximate=candidate.approximate,
        found=run(inputs, upstream),
    )


def _repeats(built: BuiltStep) -> bool:
    """The same inputs give the same output, whatever was asked in between, and other inputs another."""
    upstream = built.upstream()
    other = built.run(built.other(), upstream)
    again = built.run(built.inputs, upstream)
    built.hold_all("repeat", again, built.found, "it is called again with the same inputs")
    if torch.equal(other[0], built.output):
        raise WrongOutput("repeat: other inputs give the same output")
    return True


def _afresh(built: BuiltStep) -> bool:
    """The same tensors with other values give another output: nothing is remembered by who asks."""
    upstream, other = built.upstream(), built.other()
    wanted = built.run(other, upstream)
    built.run(built.inputs, upstream)
    found = built.run(other, upstream, same_memory=True)
    built.hold_all("afresh", found, wanted, "the same tensors hold other values")
    return True


def _stays(built: BuiltStep) -> bool:
    """A call of a decoding step does not move on: the next one is for the same positions, whatever it is given."""
    if built.inputs.past is None:
        return False
    other = replace(built.inputs, tensors=built.other().tensors)
    wanted = built.run(other)[0]
    built.run(built.inputs)
    found = built.run(built.inputs, prefill=False)[0]
    built.hold("stays", found, built.output, "it is called twice after one prefill")
    found = built.run(other, prefill=False)[0]
    built.hold("stays", found, wanted, "it is called with another x after one prefill")
    return True


def _means(built: BuiltStep) -> bool:
    """Errors that no call of a decoding step shows, since it gives few numbers, show in the mean over many calls."""
    if built.inputs.past is None or built.approximate:
        return False
    built.run(built.inputs)
    answers = []
    for trial in range(MANY, MANY + -(-LEAST_FOR_MEAN // built.output.numel())):
        other = make_inputs(built.workload, None, trial, built.seed).tensors[0]
        inputs = replace(built.inputs, tensors=(other, *built.inputs.tensors[1:]))
        answers.append(built.problem(inputs, trial).answer(built.run(inputs, prefill=False)[0]))
    join(answers).compare_means()
    return True


def _unseen(built: BuiltStep) -> bool:
    """What a query does not see may be anything finite: its output stays."""
    workload, mask, lengths = built.workload, built.workload.semantics.mask, built.inputs.lengths
    if mask not in MASKED:
        return False
    for row in dict.fromkeys((0, workload.q_len // 2, workload.q_len - 1)):
        place = torch.tensor([row])
        seen, counts = visible(workload, place, lengths)[:, 0, 0], looked_at(workload, place, lengths)[:, 0]
        if bool((seen.all(dim=-1) | ~counts).all()):
            continue
        changed = built.run(_replaced(built, ~seen), built.upstream())[0]
        axis = changed.ndim - 2
        difference = (changed.double() - built.output.double()).abs().select(axis, row)
        moved = difference / built.slack(built.output).select(axis, row)
        counted = counts.expand(workload.batch).to(moved.device)
        if not moved[counted].max().item() <= 1.0:
            name, largest = "causality" if mask == "causal" else mask, difference[counted].max().item()
            raise WrongOutput(f"{name}: query {row} changes by {largest:.3g} with keys that it must not see")
    return True


def _replaced(built: BuiltStep, where: Tensor) -> Inputs:
    """Other finite values at some positions [batch or 1, kv_len] of k and v, or of x."""
    workload, inputs, other = built.workload, built.inputs, built.other()
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
    """Weights of attention add up to one: where every value is 1, so is every output, to the precision."""
    if built.workload.level != "core" or built.workload.semantics.kind == "weightless":
        return False
    q, k, v, *lengths = built.inputs.tensors
    problem = built.problem(Inputs(tensors=(q, k, torch.ones_like(v), *lengths)), ORDINARY, ordinary=False)
    found = built.run(problem.inputs, problem.upstream)
    try:
        problem.answer_of_output(found[0], torch.ones_like(found[0])).compare(mean=False)
    except WrongOutput as error:
        raise WrongOutput(
            f"ones: every value is 1, and there is a {error.message.removeprefix('reference: ')}"
        ) from error
    return True


def _key_order(built: BuiltStep) -> bool:
    """Without mask and positions the order of the keys is nothing: they are turned round with their values."""
    semantics, workload = built.workload.semantics, built.workload
    if semantics.mask != "none" or semantics.bias != "none":
        return False
    tensors, past = built.inputs.tensors, built.inputs.past
    if past is not None:
        found = built.run(Inputs(tensors=tensors, past=past.flip(-2)))[0]
    elif workload.level == "core" and semantics.kind != "weightless":
        q, k, v = tensors
        found = built.run(Inputs(tensors=(q, k.flip(2), v.flip(2))), built.upstream())[0]
    else:
        x = tensors[0].flip(-2)
        found = built.run(Inputs(tensors=(x,) * len(tensors)), built.upstream())[0].flip(-2)
    # Where many summands cancel a row is small, and the rounding of its summands is not; all rows see as many keys.
    largest = torch.full_like(built.output, built.output.abs().nan_to_num(0.0).max().item())
    built.hold("key-order", found, built.output, "keys and values are turned round", largest)
    return True


def _strided(built: BuiltStep) -> bool:
    """Inputs that do not lie in one piece of memory are the same inputs."""
    found = built.run(built.inputs, built.upstream(), layout="transposed")
    built.hold_all("strided", found, built.found, "the inputs lie in memory in another order")
    return True


def _stress(built: BuiltStep) -> bool:
    """Inputs that are hard are computed like others; an approximation may be far off there."""
    if built.approximate:
        return False
    inputs = stressed(built.workload, make_inputs(built.workload, None, STRESSED, built.seed), built.seed)
    try:
        built.problem(inputs, STRESSED, ordinary=False).solve(built.run)
    except WrongOutput as error:
        raise WrongOutput(f"stress: {error.message.removeprefix('reference: ')}, in {built.workload.id}") from error
    return True


CHECKS: Mapping[str, Callable[[BuiltStep], bool]] = {
    "repeat": _repeats,
    "afresh": _afresh,
    "stays": _stays,
    "means": _means,
    "unseen": _unseen,
    "ones": _ones,
    "key-order": _key_order,
    "strided": _strided,
}
