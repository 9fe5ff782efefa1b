"""The verification of an attention on a workload: what must hold before it is timed, and of its answers meanwhile."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field, replace
from functools import partial

import torch
from torch import Tensor

from assay.attention.calls import OUTPUTS, Candidate, Run, check_form
from assay.attention.companions import check_kind, main_companion, plain
from assay.attention.dropout import check_likeness
from assay.attention.fresh_values import FreshValues
from assay.attention.inputs import EmbeddedText, Inputs, generator_of, make_inputs, make_upstream, make_weights
from assay.attention.oracle import TIMED, Problem, check_dropout, spread_rows, verify, verify_again
from assay.errors import WrongOutput
from assay.plugins.types import Weights
from assay.records.results import Metrics
from assay.records.workload import Workload

ANSWER_ROWS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedInputs:
    """What timed calls of an epoch begin with, and the seed of the rows that are written between them."""

    inputs: Inputs
    upstream: Tensor | None
    seed: int


@dataclass(slots=True, kw_only=True)
class Verification:
    """Holds a candidate to the reference, whatever process the candidate runs in.

    `seed` is that of the run. `held` remembers which properties held, by plugin and small workload.
    """

    candidate: Candidate
    workload: Workload
    text: EmbeddedText | None
    seed: int
    held: MutableMapping[tuple[str, str], tuple[str, ...]]
    weights: Weights | None = field(init=False)
    run: Run | None = field(init=False, default=None)
    _fresh: FreshValues | None = field(init=False, default=None)
    _timed: TimedInputs | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.weights = make_weights(self.workload)

    def admit(self) -> Metrics:
        """Try the properties on small workloads, and compare the step with float64; return the figures.

        Raises `WrongOutput` whose message begins with the name of what does not hold, and whatever the plugin raises.
        """
        properties = () if self.candidate.compiles else self._properties()
        verified = verify(
            self.candidate.build,
            self.workload,
            self.weights,
            partial(make_inputs, self.workload, self.text, seed=self.seed),
            seed=self.seed,
            approximate=self.candidate.approximate,
        )
        self.run = verified.run
        properties = self._properties() if self.candidate.compiles else properties  # its first step is its first then
        gradient = verified.gradient
        return Metrics(
            error=verified.error,
            naive_error=verified.naive_error,
            gradient_error=None if gradient is None else gradient.step,
            naive_gradient_error=None if gradient is None else gradient.naive,
            checked_queries=verified.checked,
            properties=", ".join(properties),
        )

    def admit_again(self) -> None:
        """Build a step that passed in another process, and compare it with float64 on some queries."""
        self.run = verify_again(
            self.candidate.build,
            self.workload,
            self.weights,
            make_inputs(self.workload, self.text, TIMED, self.seed),
            seed=self.seed,
            approximate=self.candidate.approximate,
        )

    def timed_inputs(self, epoch: int) -> TimedInputs:
        """Draw what is timed in an epoch; padded lengths are those of the workload, which decide the work."""
        workload, trial = self.workload, TIMED + 1 + epoch
        inputs = make_inputs(workload, self.text, trial, self.seed)
        if inputs.lengths is not None:
            inputs = replace(inputs, tensors=(*inputs.tensors[:-1], torch.tensor(workload.lengths).to(inputs.lengths)))
        upstream = None if workload.phase == "fwd" else make_upstream(workload, trial, self.seed, inputs.lengths)
        self._timed = TimedInputs(inputs=inputs, upstream=upstream, seed=self.seed + epoch)
        self._fresh = None
        return self._timed

    def check_answer(self, found: tuple[Tensor, ...], seed: int, iterations: int, call: int) -> None:
        """Hold what a timed call gave to float64; raise `WrongOutput`."""
        assert self._timed is not None, "timed_inputs comes first"
        if self._fresh is None:
            self._fresh = FreshValues(self.workload, self._timed.inputs, self._timed.upstream, self._timed.seed)
        self._fresh.at(seed, iterations, call)
        inputs, upstream = self._timed.inputs, self._timed.upstream
        rows = None
        if upstream is None:
            rows = spread_rows(self.workload.q_len, ANSWER_ROWS, generator_of(self.workload, TIMED, seed))
        if rows is not None and self._fresh.query is not None:  # else the answer of the call before would pass
            rows = torch.cat([rows, torch.tensor([self._fresh.query])]).unique()
        problem = Problem(
            workload=plain(self.workload),
            weights=self.weights,
            inputs=inputs,
            upstream=upstream,
            rows=rows,
            ordinary=False,
            loose=self.candidate.approximate,
        )
        names = {"fwd": OUTPUTS[:1], "bwd": OUTPUTS[1:], "fwd_bwd": OUTPUTS}[self.workload.phase]
        try:
            check_form(found, self.workload, names)
            if self.workload.semantics.dropout:
                check_likeness(found[0], self.workload, inputs, self.weights)
            else:
                problem.compare(found, gradients_only=self.workload.phase == "bwd")
        except WrongOutput as error:
            what = error.message.removeprefix("reference: ").removeprefix("output: ")
            raise WrongOutput(f"timed: the answer of a timed call is wrong: {what}") from None

    def recheck(self) -> None:
        """Hold a step with dropout to its distribution once more; others are held to the answers of timed calls."""
        if self.workload.semantics.dropout and self.run is not None:
            inputs = make_inputs(self.workload, self.text, TIMED, self.seed)
            check_dropout(self.run, self.workload, self.weights, inputs, self.seed)

    def _properties(self) -> tuple[str, ...]:
        """Those of the workload's kind, once for each plugin and kind; a compiled step is not built again for it."""
        candidate = self.candidate
        main = plain(self.workload) if candidate.compiles else main_companion(candidate, self.workload)
        if main is None:
            return ()
        key = (candidate.name, replace(main, semantics=self.workload.semantics).id)
        if key not in self.held:
            own = None if self.workload.semantics.dropout else self.run
            self.held[key] = check_kind(candidate, self.workload, self.seed, own if candidate.compiles else None)
        return self.held[key]
