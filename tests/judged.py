"""An attention and its judge in one process: what the host does over two lines."""

from __future__ import annotations

from collections.abc import MutableMapping

from torch import Tensor

from assay.attention.calls import Candidate
from assay.attention.inputs import Inputs
from assay.attention.layouts import Layout
from assay.attention.verification import Verification
from assay.measure.attention_subject import AttentionSubject
from assay.plugins.types import Weights
from assay.records.results import Metrics
from assay.records.workload import Workload


class NearStep:
    """A step of a subject of this process, as its judge sees it."""

    def __init__(self, subject: AttentionSubject, workload: Workload, weights: Weights | None) -> None:
        self.subject = subject
        self.number = subject.build(workload, weights)

    def __call__(
        self,
        inputs: Inputs,
        upstream: Tensor | None = None,
        *,
        layout: Layout = "contiguous",
        same_memory: bool = False,
        prefill: bool = True,
    ) -> tuple[Tensor, ...]:
        return self.subject.call(self.number, inputs, upstream, layout=layout, same_memory=same_memory, prefill=prefill)


def verification_of(
    subject: AttentionSubject, *, seed: int = 0, held: MutableMapping[tuple[str, str], tuple[str, ...]] | None = None
) -> Verification:
    """Return the verification of a subject."""
    plugin = subject.plugin
    return Verification(
        candidate=Candidate(
            name=plugin.name,
            build=lambda workload, weights: NearStep(subject, workload, weights),
            offers=lambda workload: plugin.unsupported(workload) is None,
            compiles=plugin.compiles,
            empty_rows=plugin.empty_rows,
            approximate=bool(plugin.approximate),
        ),
        workload=subject.workload,
        text=None if subject.text is None else subject.text(),
        seed=seed,
        held={} if held is None else held,
    )


def admit(
    subject: AttentionSubject, *, seed: int = 0, again: bool = False, epoch: int = 0
) -> tuple[Verification, Metrics]:
    """Judge a subject, and make it ready to be timed in an epoch; return its verification and the figures of both."""
    verification = verification_of(subject, seed=seed)
    metrics = Metrics()
    if again:
        verification.admit_again()
    else:
        metrics = verification.admit()
    assert isinstance(verification.run, NearStep)
    timed = verification.timed_inputs(epoch)
    subject.take_inputs(verification.run.number, timed.inputs, timed.upstream, timed.seed)
    return verification, metrics | subject.check()
