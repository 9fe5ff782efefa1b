"""The judge of attention outputs: a float64 reference, and the verification that a step passes before it is timed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from assay.attention.calls import OUTPUTS, Build, Run
from assay.attention.dropout import verify_dropout
from assay.attention.inputs import Inputs, convert_weights, generator_of, make_upstream
from assay.attention.layouts import Layout
from assay.attention.passes import run_pass
from assay.attention.reference import attend, looked_at
from assay.attention.rounding import Rounding
from assay.attention.stress import stressed
from assay.attention.tolerance import Answer, Errors
from assay.plugins.types import Weights
from assay.records.workload import Workload

ORDINARY, STRESSED, DROPPED, TIMED = range(4)  # trials
MOST_PAIRS = 1 << 28
MOST_ROWS = 640
STRESSED_ROWS = SOME_ROWS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One pass that is asked of a step: a workload, the host's weights and inputs, and what its gradient begins with.

    `rows` are the queries that are held to the reference, all for None. An ordinary problem is one of N(0, 1): of
    others no mean is taken. A `loose` one is for an approximation.
    """

    workload: Workload
    weights: Weights | None
    inputs: Inputs
    upstream: Tensor | None = None
    rows: Tensor | None = None
    ordinary: bool = True
    loose: bool = False

    def solve(self, run: Run, layout: Layout = "contiguous") -> tuple[Errors, ...]:
        """Have a step run it, and hold its output and then its gradients to float64; raise `WrongOutput`."""
        found = run(self.inputs, self.upstream, layout=layout)
        return self.compare(found)

    def compare(self, found: tuple[Tensor, ...], *, gradients_only: bool = False) -> tuple[Errors, ...]:
        """Hold what a step found to float64: the output and the gradients, or these only."""
        with torch.inference_mode(self.upstream is None):
            answers = self._answers((None, *found) if gradients_only else found)
            if self.loose:
                return tuple(answer.compare_loosely() for answer in answers)
            return tuple(answer.compare(mean=self.ordinary) for answer in answers)

    def expected(self, precision: Callable[[Tensor], Tensor]) -> tuple[Tensor, ...]:
        """Compute what comes out by the definition in a precision."""
        inputs, weights = self.inputs.map(precision), convert_weights(self.weights, precision)
        if self.upstream is None:
            return (attend(self.workload, inputs, weights, self.rows),)

        def definition(*tensors: Tensor) -> Tensor:
            return attend(self.workload, Inputs(tensors=tensors), weights)

        return tuple(tensor.detach() for tensor in run_pass(definition, inputs, precision(self.upstream)))

    def answer_of_output(self, found: Tensor, exact: Tensor, plain: Tensor | None = None) -> Answer:
        """Return what is to be compared of an output of all queries; without the plain formula's, that is exact."""
        queries = torch.arange(self.workload.q_len) if self.rows is None else self.rows

        def variance(suspects: Tensor | None) -> Tensor:
            rounding = Rounding(self.workload, self.inputs, self.weights)
            return rounding.output(queries if suspects is None else queries[suspects.cpu()])

        return Answer(
            name=OUTPUTS[0],
            found=found if self.rows is None else found.index_select(found.ndim - 2, self.rows.to(found.device)),
            plain=exact if plain is None else plain,
            exact=exact,
            variance=variance,
            mask=looked_at(self.workload, queries, self.inputs.lengths),
            rows=queries,
        )

    def answer(self, found: Tensor) -> Answer:
        """Return what is to be compared of an output of all queries."""
        with torch.inference_mode():
            return self.answer_of_output(found, self.expected(Tensor.double)[0], self.expected(_as_it_is)[0])

    def _answers(self, found: tuple[Tensor | None, ...]) -> Iterator[Answer]:
        exact, plain = self.expected(Tensor.double), self.expected(_as_it_is)
        if found[0] is not None:
            yield self.answer_of_output(found[0], exact[0], plain[0])
        for place in range(1, len(exact)):
            gradient = found[place]
            assert gradient is not None, "only the output may be missing"
            yield Answer(
                name=OUTPUTS[place],
                found=gradient,
                plain=plain[place],
                exact=exact[place],
                variance=partial(self._variance, place),
                mask=None,
                rows=torch.arange(exact[place].shape[-2]),
            )

    def _variance(self, place: int, suspects: Tensor | None) -> Tensor:
        """The variance of a gradient, of the rows at some places or of all for None."""
        assert self.upstream is not None
        rounding = Rounding(self.workload, self.inputs, self.weights)
        if place == 1:
            return rounding.gradients(self.upstream, suspects)[0]
        whole = rounding.gradients(self.upstream)[place - 1]
        return whole if suspects is None else whole.index_select(2, suspects)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A step that passed, and its largest errors on ordinary inputs; `allowed` is the largest allowed there.

    `gradient` is the largest of the three gradients', None where none is asked for; `checked` is the share of the
    queries that were held to the reference.
    """

    run: Run
    error: float
    naive_error: float
    allowed: float
    checked: float
    gradient: Errors | None = None


def verify(
    build: Build,
    workload: Workload,
    weights: Weights | None,
    inputs_of: Callable[[int], Inputs],
    *,
    seed: int = 0,
    approximate: bool = False,
) -> Verified:
    """Build a step and hold it to the float64 reference, on ordinary inputs and on inputs that are hard.

    In each row the largest error may be twice that of the definition in the workload's own precision, plus some units
    in the last place of the row's largest number, see `tolerance`. With dropout the figures come from a twin of the
    step without it; the step itself must vary from call to call, around the reference. What is drawn follows the
    `seed` of the run. Of hard inputs some rows are looked at, and above 2^28 pairs of positions of all. Raises
    `WrongOutput`.
    """
    exact = replace(workload, semantics=replace(workload.semantics, dropout=0.0))
    run = build(exact, weights)
    ordinary = make_problem(exact, weights, inputs_of(ORDINARY), ORDINARY, seed=seed, loose=approximate)
    outcome = ordinary.solve(run)
    if not approximate:
        hard = stressed(exact, inputs_of(STRESSED), seed)
        rows = spread_rows(workload.q_len, STRESSED_ROWS, generator_of(exact, STRESSED, seed))
        Problem(workload=exact, weights=weights, inputs=hard, rows=rows, ordinary=False).solve(run)
    if workload.semantics.dropout:
        run = build(workload, weights)
        check_dropout(run, workload, weights, inputs_of(DROPPED), seed)
    gradients = outcome[1:]
    return Verified(
        run=run,
        error=outcome[0].step,
        naive_error=outcome[0].naive,
        allowed=outcome[0].allowed,
        checked=1.0 if ordinary.rows is None else len(ordinary.rows) / workload.q_len,
        gradient=max(gradients, key=lambda errors: errors.step, default=None),
    )


def verify_again(
    build: Build,
    workload: Workload,
    weights: Weights | None,
    inputs: Inputs,
    *,
    seed: int = 0,
    approximate: bool = False,
) -> Run:
    """Build a step that passed in another process, and hold it to the reference once more, on some queries.

    These are the first, the last and others drawn between, 128 in all; with gradients it is every query. Raises
    `WrongOutput`.
    """
    exact = replace(workload, semantics=replace(workload.semantics, dropout=0.0))
    run = build(exact, weights)
    problem = make_problem(exact, weights, inputs, TIMED, seed=seed, ordinary=False, loose=approximate)
    if problem.upstream is None:
        rows = spread_rows(workload.q_len, SOME_ROWS, generator_of(exact, TIMED, seed))
        problem = replace(problem, rows=rows)
    problem.solve(run)
    return build(workload, weights) if workload.semantics.dropout else run


def make_problem(
    workload: Workload,
    weights: Weights | None,
    inputs: Inputs,
    trial: int,
    *,
    seed: int,
    ordinary: bool = True,
    loose: bool = False,
) -> Problem:
    """Return the problem of some inputs in the workload's phase; above 2^28 pairs of positions some rows are asked."""
    rows, upstream = None, None
    if workload.phase != "fwd":
        upstream = make_upstream(workload, trial, seed, inputs.lengths)
    elif workload.batch * workload.q_heads * workload.q_len * workload.kv_len > MOST_PAIRS:
        rows = spread_rows(workload.q_len, MOST_ROWS, generator_of(workload, trial, seed))
    return Problem(
        workload=workload,
        weights=weights,
        inputs=inputs,
        upstream=upstream,
        rows=rows,
        ordinary=ordinary,
        loose=loose,
    )


def spread_rows(length: int, most: int, generator: torch.Generator) -> Tensor | None:
    """Return so many rows: the first, the last, and one at random in each of equal stretches between; None for all."""
    edge = most // 10
    inner = most - 2 * edge
    if length <= most:
        return None
    bounds = torch.linspace(edge, length - edge, inner + 1, dtype=torch.float64).long()
    drawn = bounds[:-1] + (torch.rand(inner, generator=generator) * bounds.diff()).long()
    return torch.cat([torch.arange(edge), drawn, torch.arange(length - edge, length)])


def check_dropout(run: Run, workload: Workload, weights: Weights | None, inputs: Inputs, seed: int) -> None:
    """Hold a step with dropout to what dropping makes of the reference, over many calls; raise `WrongOutput`."""
    doubled = convert_weights(weights, Tensor.double)
    with torch.inference_mode():
        verify_dropout(lambda: run(inputs)[0], workload, inputs, doubled, seed)


def _as_it_is(tensor: Tensor) -> Tensor:
    return tensor
