"""Calls of a step: on copies of its inputs, in whatever layout, and with new memory for every output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from assay.attention.calls import Candidate, checked
from assay.attention.inputs import Inputs, make_inputs, make_upstream
from assay.attention.layouts import LAYOUTS, PACKED, lay_out
from assay.attention.oracle import make_problem
from assay.attention.reference import attend
from assay.errors import WrongOutput
from assay.plugins.types import AttentionPlugin, Step, Weights
from assay.records.semantics import Semantics
from assay.records.workload import Workload

CAUSAL = Workload.self_attention("core", batch=2, length=6, d_model=8, heads=2, semantics=Semantics(mask="causal"))


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def right(workload: Workload, weights: Weights | None) -> Step:
    return lambda *inputs: attend(workload, Inputs(tensors=inputs), weights)


class TestMemory:
    SINGLE = Workload.self_attention("core", batch=2, length=1, d_model=4)  # its output is its value

    @pytest.mark.parametrize("which", [0, 1, 2], ids=["q", "k", "v"])
    @pytest.mark.parametrize("view", [lambda x: x, lambda x: x.view_as(x), lambda x: x[:]], ids=["it", "view", "slice"])
    def test_an_output_that_is_an_input_is_refused(self, which: int, view: Callable[[Tensor], Tensor]) -> None:
        """All three have the same values, so that only the memory is wrong."""
        (q, _, _) = make_inputs(self.SINGLE, None, 0).tensors
        inputs = Inputs(tensors=(q, q.clone(), q.clone()))
        copying = checked(lambda workload, weights: lambda *given: given[which].clone())(self.SINGLE, None)
        assert torch.equal(copying(inputs)[0], q)
        wrong = checked(lambda workload, weights: lambda *given: view(given[which]))(self.SINGLE, None)
        with pytest.raises(WrongOutput, match=r"^memory: the output shares its memory with an input"):
            wrong(inputs)

    @pytest.mark.parametrize("buffers", [1, 2, 3])
    def test_buffers_that_are_given_in_turn_are_refused(self, buffers: int) -> None:
        def build(workload: Workload, weights: Weights | None) -> Step:
            attend_, made, calls = right(workload, weights), [torch.empty(2, 2, 6, 4) for _ in range(buffers)], []

            def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
                calls.append(1)
                return made[len(calls) % buffers].copy_(attend_(q, k, v))

            return step

        run, inputs = checked(build)(CAUSAL, None), make_inputs(CAUSAL, None, 0)
        for _ in range(buffers):
            run(inputs)
        with pytest.raises(WrongOutput, match=r"^memory: the output lies in the memory of an earlier call's"):
            run(inputs)

    def test_parts_of_one_piece_of_memory_are_refused_too(self) -> None:
        def build(workload: Workload, weights: Weights | None) -> Step:
            attend_, whole, calls = right(workload, weights), torch.empty(9, 2, 2, 6, 4), []

            def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
                calls.append(1)
                return whole[len(calls)].copy_(attend_(q, k, v))

            return step

        run, inputs = checked(build)(CAUSAL, None), make_inputs(CAUSAL, None, 0)
        run(inputs)
        with pytest.raises(WrongOutput, match="lies in the memory of an earlier call's"):
            run(inputs)

    def test_a_gradient_may_be_the_upstream_gradient_itself_but_no_buffer(self) -> None:
        single = replace(self.SINGLE, phase="bwd")
        upstream, inputs = make_upstream(single, 0), make_inputs(single, None, 0)
        run = checked(lambda workload, weights: lambda q, k, v: v.clone() + 0 * (q + k))(single, None)
        for _ in range(3):  # that of v is: torch.autograd gives it on as it is
            assert torch.equal(run(inputs, upstream, same_memory=False)[3], upstream)
        buffer = torch.empty_like(upstream)

        class Keeping(torch.autograd.Function):
            @staticmethod
            def forward(ctx: object, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
                return v.clone()

            @staticmethod
            def backward(ctx: object, given: Tensor) -> tuple[Tensor, ...]:  # type: ignore[override]
                return torch.zeros_like(given), torch.zeros_like(given), buffer.copy_(given)

        wrong = checked(lambda workload, weights: Keeping.apply)(single, None)
        wrong(inputs, upstream)
        with pytest.raises(WrongOutput, match=r"^memory: the gradient of v lies in the memory of an earlier call's"):
            wrong(inputs, upstream)

    def test_memory_that_is_not_written_is_nan(self) -> None:
        """All but some bytes at the beginning, where the allocator writes its own; of some sizes it takes others."""

        def share(length: int) -> float:
            larger = replace(CAUSAL, q_len=length, kv_len=length)
            run = checked(lambda workload, weights: lambda q, k, v: torch.empty_like(q))(larger, None)
            return max(run(make_inputs(larger, None, 0))[0].isnan().float().mean().item() for _ in range(5))

        assert max(map(share, (64, 96, 256, 1_024))) > 0.9

    @pytest.mark.parametrize("which", [0, 1, 2], ids=["q", "k", "v"])
    def test_an_input_that_is_changed_and_changed_back_is_noticed(self, which: int) -> None:
        def build(workload: Workload, weights: Weights | None) -> Step:
            attend_ = right(workload, weights)

            def step(*inputs: Tensor) -> Tensor:
                output = attend_(*inputs)
                inputs[which].mul_(2.0).div_(2.0)
                return output

            return step

        with pytest.raises(WrongOutput, match=r"^inputs: the inputs were changed"):
            checked(build)(CAUSAL, None)(make_inputs(CAUSAL, None, 0))

    def test_an_upstream_gradient_that_is_changed_is_noticed(self) -> None:
        workload = replace(CAUSAL, phase="bwd")

        def build(workload: Workload, weights: Weights | None) -> Step:
            class Spoiling(torch.autograd.Function):
                @staticmethod
                def forward(ctx: object, output: Tensor) -> Tensor:
                    return output.clone()

                @staticmethod
                def backward(ctx: object, given: Tensor) -> Tensor:  # type: ignore[override]
                    result = given.clone()
                    given.zero_()
                    return result

            attend_ = right(workload, weights)
            return lambda q, k, v: Spoiling.apply(attend_(q, k, v))

        with pytest.raises(WrongOutput, match=r"^inputs: the inputs were changed"):
            checked(build)(workload, None)(make_inputs(workload, None, 0), make_upstream(workload, 0))


class TestLayouts:
    """The same values in other places of memory."""

    @pytest.mark.parametrize("name", LAYOUTS)
    @pytest.mark.parametrize("shape", [(2, 3, 5, 4), (2, 5, 4)], ids=["heads", "tokens"])
    def test_values_stay(self, name: str, shape: tuple[int, ...]) -> None:
        tensor = torch.randn(shape)
        (copy,) = lay_out([tensor], name)
        assert torch.equal(copy, tensor)
        assert copy.untyped_storage().data_ptr() != tensor.untyped_storage().data_ptr()
        assert copy.stride(-1) == 1  # which is promised: numbers of a row lie side by side

    def test_each_is_another(self) -> None:
        tensor = torch.randn(2, 3, 5, 4)
        found = {name: lay_out([tensor], name)[0] for name in LAYOUTS}
        assert found["contiguous"].is_contiguous()
        assert found["late"].is_contiguous()
        assert found["late"].storage_offset() > 0
        assert found["transposed"].stride() == (60, 4, 12, 1)
        assert found["heads-first"].stride() == (20, 40, 4, 1)
        assert found["sliced"].stride(2) > 4
        assert found["sliced"].storage_offset() > 0

    def test_each_tensor_may_have_its_own(self) -> None:
        tensors = [torch.randn(2, 3, 5, 4) for _ in range(4)]
        names = ("transposed", "sliced", "late", "heads-first")
        mixed = lay_out(tensors, names)
        for tensor, name, copy in zip(tensors, names, mixed, strict=True):
            (alone,) = lay_out([tensor], name)
            assert (copy.stride(), copy.storage_offset()) == (alone.stride(), alone.storage_offset())
            assert torch.equal(copy, tensor)

    @pytest.mark.parametrize("kv_heads", [3, 1])
    def test_queries_keys_and_values_are_packed_in_one(self, kv_heads: int) -> None:
        tensors = [torch.randn(2, heads, 5, 4) for heads in (3, kv_heads, kv_heads)]
        packed = lay_out([*tensors, torch.tensor([5, 2])], PACKED)
        assert all(torch.equal(copy, tensor) for copy, tensor in zip(packed, tensors, strict=False))
        assert len({copy.untyped_storage().data_ptr() for copy in packed[:3]}) == 1
        assert packed[3].tolist() == [5, 2]

    def test_what_cannot_be_packed_is_transposed(self) -> None:
        tensors = [torch.randn(2, 3, length, 4) for length in (5, 7, 7)]
        assert all(torch.equal(*pair) for pair in zip(lay_out(tensors, PACKED), tensors, strict=True))

    def test_one_tensor_stays_one(self) -> None:
        x = torch.randn(2, 1, 5, 4)
        for layout in (*LAYOUTS, PACKED, ("transposed", "sliced")):
            q, k, v = lay_out([x, x, x], layout)
            assert q is k is v

    def test_a_step_is_called_on_copies_in_the_layout_that_is_asked_for(self) -> None:
        seen = []

        def build(workload: Workload, weights: Weights | None) -> Step:
            def step(*inputs: Tensor) -> Tensor:
                seen.append([(tensor.stride(), tensor.data_ptr()) for tensor in inputs])
                return right(workload, weights)(*inputs)

            return step

        run, inputs = checked(build)(CAUSAL, None), make_inputs(CAUSAL, None, 0)
        plain = run(inputs)[0]
        turned = run(inputs, layout="transposed")[0]
        again = run(make_inputs(CAUSAL, None, 1), same_memory=True)[0]
        assert torch.equal(plain, turned)
        assert not torch.equal(again, turned)
        assert seen[0][0][0] != seen[1][0][0]
        assert seen[1] == seen[2]


def test_a_candidate_says_what_its_plugin_announces() -> None:
    announced = AttentionPlugin(
        name="a",
        summary="",
        build=right,
        unsupported=lambda workload: "too long" if workload.q_len > 6 else None,
        empty_rows="nan",
        compiles=True,
        approximate="int8 keys",
    )
    candidate = Candidate.of(announced)
    assert (candidate.name, candidate.empty_rows, candidate.compiles, candidate.approximate) == ("a", "nan", True, True)
    assert [candidate.offers(replace(CAUSAL, q_len=length, kv_len=length)) for length in (6, 7)] == [True, False]
    inputs = make_inputs(CAUSAL, None, 0)
    make_problem(CAUSAL, None, inputs, 0, seed=0).solve(candidate.build(CAUSAL, None))
    assert not Candidate.of(replace(announced, approximate=None)).approximate
