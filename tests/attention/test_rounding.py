"""The variance of rounding, against the errors that the plain formula really makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from assay.attention.inputs import make_inputs, make_upstream, make_weights
from assay.attention.oracle import Problem
from assay.attention.rounding import Rounding
from assay.records.semantics import Semantics
from assay.records.workload import Workload

PLAIN = Workload(level="core", batch=2, q_len=60, kv_len=90, q_heads=4, kv_heads=2, d_qk=32, d_v=24, d_model=48)
LABELS = [
    "full",
    "causal",
    "window20",
    "prefix9",
    "padding",
    "causal+alibi",
    "causal+rope",
    "linear+causal",
    "weightless",
]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def workload_of(label: str, dtype: str, level: str = "core") -> Workload:
    semantics = Semantics.parse(label)
    changes: dict[str, Any] = {"semantics": semantics, "dtype": dtype, "level": level}
    if level != "core" or semantics.mask == "padding" or semantics.kind == "weightless":
        changes["q_len"] = 90
    if semantics.kind == "weightless":
        changes |= {"q_heads": 2, "kv_heads": 2, "d_v": 32}
    return replace(PLAIN, **changes)


def share(error: Tensor, variance: Tensor) -> float:
    """The root mean square of errors in standard deviations."""
    seen = error.isfinite() & (variance > 0)
    return (error[seen].square() / variance[seen]).mean().sqrt().item()


@pytest.mark.parametrize("dtype", ["f32", "bf16", "f16"])
@pytest.mark.parametrize("label", LABELS)
def test_errors_of_outputs_are_about_as_large_as_foretold(label: str, dtype: str) -> None:
    workload = workload_of(label, dtype)
    problem = Problem(workload=workload, weights=None, inputs=make_inputs(workload, None, 0, 1))
    (exact,), (plain,) = problem.expected(Tensor.double), problem.expected(lambda tensor: tensor)
    variance = Rounding(workload, problem.inputs, None).output(torch.arange(workload.q_len))
    assert variance.shape == exact.shape
    assert 0.1 <= share(plain.double() - exact, variance) <= 1.5


@pytest.mark.parametrize("dtype", ["f32", "bf16", "f16"])
@pytest.mark.parametrize("level", ["qkv", "module"])
@pytest.mark.parametrize("label", ["full", "causal+rope"])
def test_of_projections_too(label: str, level: str, dtype: str) -> None:
    workload = workload_of(label, dtype, level)
    weights = make_weights(workload)
    problem = Problem(workload=workload, weights=weights, inputs=make_inputs(workload, None, 0, 1))
    (exact,), (plain,) = problem.expected(Tensor.double), problem.expected(lambda tensor: tensor)
    variance = Rounding(workload, problem.inputs, weights).output(torch.arange(workload.q_len))
    assert variance.shape == exact.shape
    assert 0.1 <= share(plain.double() - exact, variance) <= 1.5


@pytest.mark.parametrize("dtype", ["f32", "bf16"])
@pytest.mark.parametrize("label", ["full", "causal", "window20", "padding", "causal+rope", "linear+causal"])
def test_errors_of_gradients_too(label: str, dtype: str) -> None:
    workload = replace(workload_of(label, dtype), phase="bwd")
    inputs = make_inputs(workload, None, 0, 1)
    upstream = make_upstream(workload, 0, 1, inputs.lengths)
    problem = Problem(workload=workload, weights=None, inputs=inputs, upstream=upstream)
    exact, plain = problem.expected(Tensor.double), problem.expected(lambda tensor: tensor)
    for found, wanted, variance in zip(
        plain[1:], exact[1:], Rounding(workload, inputs, None).gradients(upstream), strict=True
    ):
        assert variance.shape == wanted.shape
        assert 0.1 <= share(found.double() - wanted, variance) <= 1.5


def test_those_of_some_rows_are_those_of_the_whole() -> None:
    workload = replace(workload_of("causal+alibi", "bf16"), phase="bwd")
    inputs, upstream = make_inputs(workload, None, 0, 1), make_upstream(workload, 0, 1)
    rounding, rows = Rounding(workload, inputs, None), torch.tensor([59, 3])
    torch.testing.assert_close(rounding.output(rows), rounding.output(torch.arange(60))[:, :, rows])
    torch.testing.assert_close(rounding.gradients(upstream, rows)[0], rounding.gradients(upstream)[0][:, :, rows])


def test_a_query_with_one_key_has_the_rounding_of_its_value_alone() -> None:
    """The weight is 1 and cannot move: what is left are three roundings of a quarter unit each."""
    workload = replace(PLAIN, q_len=1, kv_len=1, q_heads=1, kv_heads=1, batch=1, dtype="bf16")
    inputs = make_inputs(workload, None, 0)
    variance = Rounding(workload, inputs, None).output(torch.arange(1))
    value = inputs.tensors[2].double()
    torch.testing.assert_close(variance, 3.0 * (2.0**-9 * value).square(), rtol=1e-4, atol=0.0)


def test_a_gradient_that_is_zero_has_the_rounding_of_what_cancels() -> None:
    """The only key of the first query has weight 1: its score has no gradient, and rounding leaves some."""
    workload = replace(workload_of("causal", "f32"), q_len=90, phase="bwd")
    inputs, upstream = make_inputs(workload, None, 0, 1), make_upstream(workload, 0, 1)
    problem = Problem(workload=workload, weights=None, inputs=inputs, upstream=upstream)
    of_q = Rounding(workload, inputs, None).gradients(upstream)[0][:, :, 0]
    assert problem.expected(Tensor.double)[1][:, :, 0].abs().max() < 1e-14
    assert 1e-10 < of_q.sqrt().min() < of_q.sqrt().max() < 1e-5


def test_weights_too_small_to_be_normal_are_rounded_by_whole_units() -> None:
    """A weight of 2^-20 is a subnormal number of float16, whose units are 2^-24."""
    workload = replace(PLAIN, q_len=1, kv_len=2, q_heads=1, kv_heads=1, batch=1, d_qk=1, d_v=1, dtype="f16")
    inputs = make_inputs(workload, None, 0)
    q, k, v = torch.tensor([[[[1.0]]]]), torch.tensor([[[[0.0], [-20 * 0.6931]]]]), torch.tensor([[[[0.0], [1000.0]]]])
    given = replace(inputs, tensors=tuple(tensor.half() for tensor in (q, k, v)))
    spread = Rounding(workload, given, None).output(torch.arange(1)).sqrt().item()
    assert spread > 1000.0 * 2.0**-26
