"""The gate: right attentions pass it, and every kind of wrong one is refused."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import Tensor
from torch.nn.functional import dropout

from assay.attention import oracle
from assay.attention.calls import CheckedStep, Run, checked
from assay.attention.inputs import Inputs, make_inputs, make_weights
from assay.attention.oracle import ORDINARY, TIMED, Verified, make_problem, spread_rows, verify, verify_again
from assay.attention.reference import attend
from assay.errors import WrongOutput
from assay.plugins.types import Step, Weights
from assay.records.semantics import Semantics
from assay.records.workload import Phase, Workload

CAUSAL = Workload.self_attention("core", batch=2, length=6, d_model=8, heads=2, semantics=Semantics(mask="causal"))
DROPOUT = replace(CAUSAL, semantics=Semantics(mask="causal", dropout=0.1))
Build = Callable[[Workload, Weights | None], Step]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """As the workloads ask; on a busy machine several threads only wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def attention(
    *,
    scale: Callable[[int], float] = lambda width: width**-0.5,
    future: Callable[[int], Tensor] = lambda length: torch.ones(length, length).triu(1).bool(),
    drop: Callable[[Tensor, float], Tensor] = dropout,
    finish: Callable[[Tensor], Tensor] = lambda context: context,
) -> Build:
    """A causal attention that is right, unless one of its parts is replaced."""

    def build(workload: Workload, weights: Weights | None) -> Step:
        def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            scores = q @ k.mT * scale(q.shape[-1])
            shares = torch.softmax(scores.masked_fill(future(q.shape[-2]), -torch.inf), dim=-1)
            return finish(drop(shares, workload.semantics.dropout) @ v)

        return step

    return build


def cached(workload: Workload, weights: Weights | None) -> Step:
    """It computes once, and gives that result ever after."""
    right, kept = attention()(workload, weights), []

    def step(*inputs: Tensor) -> Tensor:
        if not kept:
            kept.append(right(*inputs))
        return kept[0].clone()

    return step


def last_result(workload: Workload, weights: Weights | None) -> Step:
    """It gives the result of the call before, where there is one."""
    right, results = attention()(workload, weights), []

    def step(*inputs: Tensor) -> Tensor:
        results.append(right(*inputs))
        return results[-2:][0].clone()

    return step


def in_place(workload: Workload, weights: Weights | None) -> Step:
    """The right output, but the query is scaled where it lies."""
    right = attention(scale=lambda width: 1.0)(workload, weights)
    return lambda q, k, v: right(q.mul_(q.shape[-1] ** -0.5), k, v)


def same_draw(shares: Tensor, p: float) -> Tensor:
    """Dropout that drops the same weights on every call."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return dropout(shares, p)


def gate(build: Build, workload: Workload = CAUSAL) -> Verified:
    return verify(checked(build), workload, make_weights(workload), partial(make_inputs, workload, None))


def again(build: Build, workload: Workload, seed: int = 0) -> Run:
    inputs = make_inputs(workload, None, TIMED, seed)
    return verify_again(checked(build), workload, make_weights(workload), inputs, seed=seed)


class TestAgain:
    """A step that passed the gate in another process is held to the reference on some queries."""

    LONG = replace(CAUSAL, q_len=400, kv_len=400)

    @pytest.mark.parametrize("workload", [CAUSAL, LONG, replace(LONG, phase="fwd_bwd"), DROPOUT])
    def test_a_right_one_passes(self, workload: Workload) -> None:
        again(attention(), workload)

    @pytest.mark.parametrize("row", [0, 11, 388, 399])
    def test_a_wrong_row_at_either_end_is_refused(self, row: int) -> None:
        for seed in range(3):
            with pytest.raises(WrongOutput, match=rf"^reference: wrong output, first at \[0, 0, {row}, 0\]"):
                again(attention(finish=lambda context: spoilt(context, row)), self.LONG, seed)

    def test_those_between_are_drawn_for_each_run(self) -> None:
        """Of 376 rows between the ends 104 are seen: one of them in some of twenty runs, and not in all."""
        refused = []
        for seed in range(20):
            try:
                again(attention(finish=lambda context: spoilt(context, 200)), self.LONG, seed)
            except WrongOutput as error:
                refused.append(error.message)
        assert 0 < len(refused) < 20
        assert all("first at [0, 0, 200, 0]" in message for message in refused)

    def test_with_gradients_every_row_is_held(self) -> None:
        backward = replace(self.LONG, phase="fwd_bwd")
        for seed in range(3):
            with pytest.raises(WrongOutput, match=r"^reference: wrong output, first at \[0, 0, 200, 0\]"):
                again(attention(finish=lambda context: spoilt(context, 200)), backward, seed)

    def test_an_approximation_is_held_to_the_loose_bound(self) -> None:
        weights, inputs = make_weights(CAUSAL), make_inputs(CAUSAL, None, TIMED, 0)
        for factor, passes in ((1.2, True), (1.3, False)):
            build = checked(attention(finish=lambda context, factor=factor: context * factor))
            with pytest.raises(WrongOutput, match=r"^reference: wrong output"):
                verify_again(build, CAUSAL, weights, inputs)
            if passes:
                verify_again(build, CAUSAL, weights, inputs, approximate=True)
            else:
                with pytest.raises(WrongOutput, match=r"is wrong by 0\.3 of its size, for an approximation"):
                    verify_again(build, CAUSAL, weights, inputs, approximate=True)

    def test_the_step_that_is_given_back_is_the_one_that_drops(self) -> None:
        run = again(attention(), DROPOUT)
        inputs = make_inputs(DROPOUT, None, 0)
        assert not torch.equal(run(inputs)[0], run(inputs)[0])


def spoilt(context: Tensor, row: int) -> Tensor:
    found = context.clone()
    found[..., row, 0] += 0.1
    return found


class TestRight:
    @pytest.mark.parametrize("dtype", ["f32", "bf16"])
    @pytest.mark.parametrize("workload", [CAUSAL, DROPOUT], ids=["plain", "dropout"])
    def test_it_passes(self, workload: Workload, dtype: str) -> None:
        verified = gate(attention(), replace(workload, dtype=dtype))
        assert 0.0 < verified.error < {"f32": 1e-5, "bf16": 1e-1}[dtype]
        assert 0.0 < verified.naive_error < {"f32": 1e-5, "bf16": 1e-1}[dtype]

    @pytest.mark.parametrize("share", [0.01, 0.5, 0.9])
    def test_any_share_may_be_dropped(self, share: float) -> None:
        gate(attention(), replace(CAUSAL, semantics=Semantics(mask="causal", dropout=share)))

    @pytest.mark.long
    @pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9, 0.99])
    def test_a_right_dropout_is_never_refused(self, share: float) -> None:
        """Whatever it draws: where few weights are dropped, or few are kept, their variance varies by itself."""
        dropping, refused = replace(CAUSAL, semantics=Semantics(mask="causal", dropout=share)), []

        def drop(shares: Tensor, p: float, burnt: int) -> Tensor:
            torch.rand(burnt)
            return dropout(shares, p)

        for burnt in range(30):
            try:
                gate(attention(drop=partial(drop, burnt=burnt)), dropping)
            except WrongOutput as error:
                refused.append(error.message)
        assert refused == []

    @pytest.mark.parametrize("level", ["qkv", "module"])
    def test_the_output_projection_is_part_of_what_dropout_varies(self, level: str) -> None:
        def build(workload: Workload, weights: Weights | None) -> Step:
            heads = attention()(workload, None)

            def step(x: Tensor) -> Tensor:
                assert weights is not None
                q, k, v = ((x @ w).unflatten(-1, (2, -1)).transpose(1, 2) for w in (weights.wq, weights.wk, weights.wv))
                joined = heads(q, k, v).transpose(1, 2).flatten(-2)
                return joined if weights.wo is None else joined @ weights.wo

            return step

        gate(build, replace(DROPOUT, level=level))

    @pytest.mark.parametrize("level", ["qkv", "module"])
    @pytest.mark.parametrize("dtype", ["f32", "bf16"])
    def test_the_definition_itself_passes_with_projections(self, level: str, dtype: str) -> None:
        def build(workload: Workload, weights: Weights | None) -> Step:
            return lambda x: attend(workload, Inputs(tensors=(x,)), weights)

        verified = gate(build, replace(CAUSAL, level=level, dtype=dtype))
        assert verified.error == verified.naive_error > 0.0

    @pytest.mark.parametrize("phase", ["bwd", "fwd_bwd"])
    def test_the_gradient_that_is_told_is_the_worst_of_the_three(self, phase: Phase) -> None:
        workload = replace(CAUSAL, phase=phase)
        verified = gate(attention(), workload)
        problem = make_problem(workload, None, make_inputs(workload, None, ORDINARY), ORDINARY, seed=0)
        output, *gradients = problem.solve(checked(attention())(workload, None))
        steps = sorted(errors.step for errors in gradients)
        assert 0.0 < steps[0] < steps[-1]
        assert verified.gradient is not None
        assert verified.gradient.step == steps[-1]
        assert (verified.error, verified.naive_error, verified.allowed) == (output.step, output.naive, output.allowed)

    def test_the_step_that_is_given_back_is_the_one_that_drops(self) -> None:
        run = gate(attention(), DROPOUT).run
        assert isinstance(run, CheckedStep)
        step, inputs = run.step, make_inputs(DROPOUT, None, 0).tensors
        assert not torch.equal(step(*inputs), step(*inputs))

    def test_the_global_generator_is_left_as_it_was(self) -> None:
        before = torch.get_rng_state()
        gate(attention(), DROPOUT)
        assert torch.equal(torch.get_rng_state(), before)


WRONG = {
    "wrong triangle": (attention(future=lambda n: torch.ones(n, n).tril(-1).bool()), "wrong output"),
    "sees one position too far": (attention(future=lambda n: torch.ones(n, n).triu(2).bool()), "wrong output"),
    "does not see itself": (attention(future=lambda n: torch.ones(n, n).triu(0).bool()), "wrong output"),
    "no mask": (attention(future=lambda n: torch.zeros(n, n).bool()), "wrong output"),
    "no scale": (attention(scale=lambda width: 1.0), "wrong output"),
    "scaled twice": (attention(scale=lambda width: 1 / width), "wrong output"),
    "swapped heads": (attention(finish=lambda context: context.flip(1)), "wrong output"),
    "swapped batch": (attention(finish=lambda context: context.flip(0)), "wrong output"),
    "one wrong element": (attention(finish=lambda c: c.index_fill(2, torch.tensor([5]), 0.0)), "wrong output"),
    "slightly off": (attention(finish=lambda context: context * 1.0001), "wrong output"),
    "zeros": (attention(finish=torch.zeros_like), "wrong output"),
    "NaN": (attention(finish=lambda context: context * torch.nan), "wrong output.*nan"),
    "one NaN": (attention(finish=lambda c: c.index_fill(2, torch.tensor([5]), torch.nan)), "wrong output.*nan"),
    "infinite": (attention(finish=lambda context: context + torch.inf), "wrong output.*inf"),
    "the first result again": (cached, "wrong output"),
    "the result of the call before": (last_result, "wrong output"),
    "input changed in place": (in_place, "inputs were changed"),
    "heads joined": (attention(finish=lambda c: c.transpose(1, 2).flatten(-2)), r"shape \[2, 6, 8\]"),
    "a shape that would broadcast": (attention(finish=lambda context: context[:1]), r"shape \[1, 2, 6, 4\]"),
    "float64": (attention(finish=lambda context: context.double()), "torch.float64"),
    "bfloat16": (attention(finish=lambda context: context.bfloat16()), "torch.bfloat16"),
    "no tensor": (attention(finish=lambda context: (context,)), "tuple, not a plain tensor"),
    "dropout left on": (attention(drop=lambda shares, p: dropout(shares, 0.1)), "wrong output"),
}


@pytest.mark.parametrize(("build", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_attention_is_refused(build: Build, message: str) -> None:
    with pytest.raises(WrongOutput, match=message):
        gate(build)


@pytest.mark.parametrize("name", ["wrong triangle", "no scale", "swapped heads", "NaN", "the first result again"])
def test_it_is_refused_in_low_precision_too(name: str) -> None:
    with pytest.raises(WrongOutput, match="wrong output"):
        gate(WRONG[name][0], replace(CAUSAL, dtype="bf16"))


class TestManyPairs:
    """Above a number of pairs of positions some rows are looked at: the edges, and one in each stretch between."""

    LONG = Workload.self_attention("core", batch=1, length=2000, d_model=4, semantics=Semantics(mask="causal"))

    def gate(self, wrong: slice, seed: int = 0) -> Verified:
        def build(workload: Workload, weights: Weights | None) -> Step:
            right = attention(future=lambda length: torch.ones(length, length).triu(1).bool())(workload, weights)

            def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
                output = right(q, k, v)
                output[:, :, wrong] = 0.0
                return output

            return step

        return verify(checked(build), self.LONG, None, partial(make_inputs, self.LONG, None), seed=seed)

    @pytest.fixture(autouse=True)
    def _few_pairs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(oracle, "MOST_PAIRS", 1000)

    def test_a_part_is_looked_at(self) -> None:
        assert self.gate(slice(0, 0)).checked == 640 / 2000

    @pytest.mark.long
    @pytest.mark.parametrize("start", [0, 60, 990, 1500, 1992])
    def test_a_wrong_block_is_found_in_every_run(self, start: int) -> None:
        for seed in range(5):
            with pytest.raises(WrongOutput, match=r"^reference: wrong output, first at \[0, 0, "):
                self.gate(slice(start, start + 8), seed)

    @pytest.mark.long
    def test_other_rows_in_another_run(self) -> None:
        """One row of some four is looked at: a single wrong one is missed in most runs, and not in all."""
        found = 0
        for seed in range(12):
            try:
                self.gate(slice(1234, 1235), seed)
            except WrongOutput:
                found += 1
        assert 0 < found < 12

    def test_below_that_number_all_are(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(oracle, "MOST_PAIRS", 2000 * 2000)
        assert self.gate(slice(0, 0)).checked == 1.0
        with pytest.raises(WrongOutput, match=r"first at \[0, 0, 1234, 0\]"):
            self.gate(slice(1234, 1235))

    @pytest.mark.parametrize(("length", "most"), [(2000, 640), (641, 640), (100_000, 128), (8192, 640)])
    def test_rows_are_spread(self, length: int, most: int) -> None:
        rows = spread_rows(length, most, torch.Generator().manual_seed(1))
        assert rows is not None
        assert len(rows) == most
        edge = most // 10
        assert rows[:edge].tolist() == list(range(edge))
        assert rows[-edge:].tolist() == list(range(length - edge, length))
        assert rows.diff().max() <= 2 * (length - 2 * edge) / (most - 2 * edge) + 1
        assert spread_rows(most, most, torch.Generator()) is None


WRONG_DROPOUT = {
    "the kept weights are not scaled": (
        attention(drop=lambda shares, p: shares * (torch.rand_like(shares) >= p)),
        "not scaled",
    ),
    "scaled the wrong way": (attention(drop=lambda shares, p: dropout(shares, p) * (1 - p) ** 2), "mean output"),
    "nothing is dropped": (attention(drop=lambda shares, p: shares), "nothing is dropped"),
    "the same is dropped every time": (attention(drop=same_draw), "nothing is dropped"),
    "half is dropped where a tenth is asked": (attention(drop=lambda shares, p: dropout(shares, 5 * p)), "dropout"),
    "half as much is dropped": (attention(drop=lambda shares, p: dropout(shares, p / 2)), r"0\.\d\d times as much"),
    "half as much again is dropped": (attention(drop=lambda shares, p: dropout(shares, 1.5 * p)), r"1\.\d\d times"),
    "dropped without being asked": (attention(drop=lambda shares, p: dropout(shares, 0.1)), "wrong output"),
    "sees the future when it drops": (
        lambda workload, weights: attention(
            future=lambda n: torch.ones(n, n).triu(2 if workload.semantics.dropout else 1).bool()
        )(workload, weights),
        "mean output",
    ),
}


@pytest.mark.parametrize(("build", "message"), WRONG_DROPOUT.values(), ids=WRONG_DROPOUT)
def test_a_wrong_dropout_is_refused(build: Build, message: str) -> None:
    with pytest.raises(WrongOutput, match=message):
        gate(build, DROPOUT)


class TestDefinition:
    """`attend` itself, against sums written out in Python."""

    @pytest.mark.parametrize("mask", ["none", "causal"])
    @pytest.mark.parametrize("kind", ["softmax", "weightless"])
    @pytest.mark.parametrize(("queries", "keys", "kv_heads"), [(3, 3, 4), (2, 5, 4), (1, 4, 2), (3, 3, 1)])
    def test_core(self, mask: str, kind: str, queries: int, keys: int, kv_heads: int) -> None:
        width = 3
        if kind == "weightless":  # of one x
            queries, kv_heads, width = keys, 4, 2
        workload = Workload(
            level="core",
            batch=1,
            q_len=queries,
            kv_len=keys,
            q_heads=4,
            kv_heads=kv_heads,
            d_qk=2,
            d_v=width,
            d_model=8,
            semantics=Semantics(kind=kind, mask=mask),
        )
        generator = torch.Generator().manual_seed(0)
        q, k, v = (
            torch.randn(shape, generator=generator, dtype=torch.float64)
            for shape in ((1, 4, queries, 2), (1, kv_heads, keys, 2), (1, kv_heads, keys, width))
        )
        output = attend(workload, Inputs(tensors=(q, k, v)), None)
        assert output.shape == (1, 4, queries, width)
        for head in range(4):
            group = head * kv_heads // 4
            for position in range(queries):
                seen = keys if mask == "none" else keys - queries + position + 1
                scale = 1.0 if kind == "weightless" else 1 / math.sqrt(2)
                raw = [math.exp(scale * float(q[0, head, position] @ k[0, group, key])) for key in range(seen)]
                context = sum((w / sum(raw)) * v[0, group, key] for key, w in enumerate(raw))
                assert output[0, head, position].tolist() == pytest.approx(context.tolist())

    def test_projections_and_heads(self) -> None:
        workload = replace(CAUSAL, level="module", batch=1)
        weights, inputs = make_weights(workload), make_inputs(workload, None, 0)
        (x,) = inputs.tensors
        core = replace(workload, level="core", q_heads=1, kv_heads=1)
        heads = [
            attend(core, Inputs(tensors=tuple((x @ w[:, 4 * h : 4 * h + 4]).unsqueeze(1) for w in projections)), None)
            for projections in [(weights.wq, weights.wk, weights.wv)]
            for h in range(2)
        ]
        joined = torch.cat(heads, dim=-1)[:, 0]
        torch.testing.assert_close(attend(workload, inputs, weights), joined @ weights.wo)
        without_output = attend(replace(workload, level="qkv"), inputs, replace(weights, wo=None))
        torch.testing.assert_close(without_output, joined)
