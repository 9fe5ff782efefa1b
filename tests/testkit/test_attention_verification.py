"""Attentions that are right on short inputs and wrong beyond some positions are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from torch import Tensor

import assay
from assay.plugins.types import AttentionPlugin
from assay.records.workload import Workload
from assay.testkit import attention_verification as verification
from assay.testkit import workloads
from assay.testkit.context import Context

BEYOND = (200, 500, 1000)
Spoil = Callable[[Tensor, int], Tensor]


def late_rows(output: Tensor, beyond: int) -> Tensor:
    """What positions beyond some give is a thousandth too large."""
    factors = output.new_ones(output.shape[-2])
    factors[beyond:] = 1.001
    return output * factors[:, None]


def late_gradients(output: Tensor, beyond: int) -> Tensor:
    """No gradient goes through positions beyond some."""
    kept = output.clone()
    kept[..., beyond:, :] = output[..., beyond:, :].detach()
    return kept


def planted(workload: str, name: str, spoil: Spoil, beyond: int) -> tuple[AttentionPlugin, Workload]:
    """An attention that offers one workload, spoilt where its keys are more than some positions."""
    host = assay.discover(load="assay:attention")
    right = host.one(AttentionPlugin, name)
    offered = Workload.parse(f"{workload}/f32/cpu.t1")

    def build(asked: Workload, weights: object) -> object:
        step = right.build(asked, weights)  # type: ignore[arg-type]

        class Spoilt:
            def __getattr__(self, field: str) -> object:
                return getattr(step, field)

            def __call__(self, *inputs: Tensor) -> Tensor:
                output = step(*inputs)
                if asked.level == "decode":
                    return output * 1.001 if asked.kv_len > beyond else output
                return spoil(output, beyond)

        return Spoilt()

    return replace(right, name="planted", build=build, peak_bytes=None), offered  # type: ignore[arg-type]


CASES = (
    ("core/fwd/causal/b1.h2:1.s1051.d16", "sdpa", late_rows),
    ("core/fwd/window301/b1.h1.s1051.d16", "sdpa-mask", late_rows),
    ("core/fwd/padding/b2.h1.s1531.d16", "sdpa-mask", late_rows),
    ("core/fwd/linear+causal/b1.h1.s1051.d16", "linear", late_rows),
    ("core/fwd_bwd/causal/b1.h1.s1051.d16", "sdpa", late_gradients),
)


@pytest.mark.long
@pytest.mark.parametrize("beyond", BEYOND)
@pytest.mark.parametrize(("workload", "name", "spoil"), CASES)
def test_wrong_beyond_some_positions(workload: str, name: str, spoil: Spoil, beyond: int) -> None:
    plugin, one = planted(workload, name, spoil, beyond)
    assert workload in workloads.LONG
    assert plugin.unsupported(one) is None
    trial = verification._trial(plugin, one, properties=False)
    assert (trial.breaks, trial.workload) == ("reference", one.id)
    assert verification._trial(planted(workload, name, spoil, 2000)[0], one, properties=False).breaks is None


def test_long_workloads_are_tried_after_the_short_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    plugin, one = planted(*CASES[0], 1000)
    short = "core/fwd/causal/b1.h2:1.s40.d16"
    monkeypatch.setattr(workloads, "SMALL", (short,))
    monkeypatch.setattr(workloads, "HALF", ())
    monkeypatch.setattr(workloads, "LONG", (CASES[0][0],))
    host = assay.discover(load="assay:attention")
    trials = verification.trials(plugin, Context(host, host.one(AttentionPlugin, "sdpa")))
    assert [(trial.workload, trial.breaks) for trial in trials] == [
        (f"{short}/f32/cpu.t1", None),
        (one.id, "reference"),
    ]


def test_long_workloads_have_lengths_that_no_usual_block_divides() -> None:
    for one in workloads.long():
        assert max(one.q_len, one.kv_len) % 16
        assert max(one.q_len, one.kv_len) > 1000
    for kind in {(one.level, one.semantics.mask, one.phase) for one in workloads.small()}:
        assert kind in {(one.level, one.semantics.mask, one.phase) for one in workloads.long()}, kind
