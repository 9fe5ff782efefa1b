"""The verification: what it lets in, on what it has steps timed, and which answers of timed calls it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn.functional import dropout

from assay.attention import companions
from assay.attention.calls import Candidate
from assay.attention.fresh_values import FreshValues, part_sizes
from assay.attention.inputs import Inputs, make_inputs, make_weights
from assay.attention.passes import fill, mode, run_pass
from assay.attention.reference import attend, project, weigh
from assay.attention.verification import Verification
from assay.errors import WrongOutput
from assay.plugins.types import AttentionPlugin, Step, Weights
from assay.records.semantics import Semantics
from assay.records.workload import Workload

CAUSAL = Workload.parse("core/fwd/causal/b2.h2.s24.d8/f32/cpu.t1")
DROPOUT = replace(CAUSAL, semantics=Semantics(mask="causal", dropout=0.1))
PADDED = Workload.parse("core/fwd_bwd/padding/b3.h2.s24.d8/f32/cpu.t1")
IDS = (
    CAUSAL.id,
    "core/fwd/causal/b1.h2.s200.d8/f32/cpu.t1",
    "core/fwd/causal/b2.h4:2.s24.d8/bf16/cpu.t1",
    "core/fwd/full+alibi/b1.h3.s20:31.d8:5/f16/cpu.t1",
    "core/bwd/causal/b2.h4:2.s24.d8/f32/cpu.t1",
    "core/fwd_bwd/window7/b2.h2.s24.d8/bf16/cpu.t1",
    "core/fwd/padding/b3.h2.s24.d8/f32/cpu.t1",
    PADDED.id,
    "core/bwd/padding/b3.h2.s24.d8/f32/cpu.t1",
    DROPOUT.id,
    "core/fwd/weightless/b2.h1.s24.d8/f32/cpu.t1",
    "core/fwd/linear+causal/b2.h2.s24.d8/f32/cpu.t1",
    "qkv/fwd/causal/b2.h2.s24.d8.m16/f32/cpu.t1",
    "module/fwd/causal/b2.h2.s24.d8.m16/bf16/cpu.t1",
    "decode/fwd/causal/b2.h2.s1:24.d8.m16/f32/cpu.t1",
)
WORKLOADS = [Workload.parse(text) for text in IDS]
BY_ID = pytest.mark.parametrize("workload", WORKLOADS, ids=IDS)
EXACT = pytest.mark.parametrize(
    "workload", [one for one in WORKLOADS if not one.semantics.dropout], ids=lambda one: one.id
)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Right:
    """The definition itself, with dropout where it is asked for."""

    def __init__(self, workload: Workload, weights: Weights | None) -> None:
        self.workload, self.weights = workload, weights
        self.past: Tensor | None = None

    def prefill(self, past: Tensor) -> None:
        self.past = past

    def __call__(self, *inputs: Tensor) -> Tensor:
        given = Inputs(tensors=inputs, past=self.past)
        if not self.workload.semantics.dropout:
            return attend(self.workload, given, self.weights)
        q, k, v = project(self.workload, given, self.weights)
        shares = weigh(self.workload, q, k, torch.arange(self.workload.q_len))
        return dropout(shares, self.workload.semantics.dropout) @ v


def verification_of(
    workload: Workload, build: Callable[..., Step] = Right, *, seed: int = 0, **known: object
) -> Verification:
    plugin = AttentionPlugin(name="a", summary="", build=build, unsupported=lambda workload: None, **known)  # type: ignore[arg-type]
    return Verification(candidate=Candidate.of(plugin), workload=workload, text=None, seed=seed, held={})


def answers(verification: Verification, epoch: int, seed: int, iterations: int) -> list[tuple[Tensor, ...]]:
    """What the calls of a batch give in the process that is timed; in phase `bwd` the gradients."""
    workload, timed = verification.workload, verification.timed_inputs(epoch)
    copies = {id(tensor): tensor.clone() for tensor in timed.inputs.tensors}  # one that comes twice stays one
    inputs = Inputs(tensors=tuple(copies[id(tensor)] for tensor in timed.inputs.tensors), past=timed.inputs.past)
    upstream = None if timed.upstream is None else timed.upstream.clone()
    fresh, step = FreshValues(workload, inputs, upstream, timed.seed), Right(workload, make_weights(workload))
    found = []
    with mode(workload):
        fill(step, inputs)
        fresh.begin(seed, iterations)
        for size in part_sizes(iterations):
            fresh.prepare()
            output, *gradients = (tensor.detach() for tensor in run_pass(step, inputs, upstream))
            found += [tuple(gradients) if workload.phase == "bwd" else (output, *gradients)] * size
    return found


def rows_of(tensors: Sequence[Tensor]) -> set[tuple[float, ...]]:
    return {tuple(row) for tensor in tensors for row in tensor.reshape(-1, tensor.shape[-1]).tolist()}


@BY_ID
def test_right_answers_of_timed_calls_are_taken(workload: Workload) -> None:
    verification = verification_of(workload)
    for epoch, seed, iterations in ((0, 5, 1), (0, 2**47 + 1, 9), (1, 5, 9)):
        found = answers(verification, epoch, seed, iterations)
        for call in {0, iterations // 2, iterations - 1}:
            verification.check_answer(found[call], seed, iterations, call)


@pytest.mark.long
@EXACT
def test_answers_to_other_calls_are_refused(workload: Workload) -> None:
    """Of the call before, of the first, of another batch, of one of as many calls, of another epoch."""
    verification = verification_of(workload)
    other, wrong = (
        answers(verification, 1, 5, 9),
        [answers(verification, 0, 6, 9)[4], answers(verification, 0, 5, 120)[4]],
    )
    found = answers(verification, 0, 5, 9)
    for answer in (other[4], *wrong, found[0], found[3], found[5], found[8]):
        with pytest.raises(WrongOutput, match=r"^timed: the answer of a timed call is wrong: wrong (output|gradient)"):
            verification.check_answer(answer, 5, 9, 4)
    verification.check_answer(found[4], 5, 9, 4)


@BY_ID
@pytest.mark.parametrize("spoil", [torch.zeros_like, lambda x: x * torch.nan, lambda x: x.roll(1, 0).neg()])
def test_what_is_no_answer_is_refused(workload: Workload, spoil: Callable[[Tensor], Tensor]) -> None:
    verification = verification_of(workload)
    (found,) = answers(verification, 0, 5, 1)
    with pytest.raises(WrongOutput, match=r"^timed: the answer of a timed call is wrong: "):
        verification.check_answer((spoil(found[0]), *found[1:]), 5, 1, 0)
    if workload.phase != "fwd":
        with pytest.raises(WrongOutput, match=r"^timed: .* wrong gradient of v"):
            verification.check_answer((*found[:-1], spoil(found[-1])), 5, 1, 0)


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.bfloat16(),
        lambda x: x.double(),
        lambda x: x.unsqueeze(0),
        lambda x: x[0],
        lambda x: x[:, :1],
        lambda x: x[..., :-1],
        lambda x: x.transpose(1, 2),
    ],
    ids=["bf16", "f64", "more", "fewer", "broadcast", "narrow", "turned"],
)
@pytest.mark.parametrize("workload", [CAUSAL, DROPOUT, replace(CAUSAL, phase="bwd")], ids=lambda one: one.id)
def test_answers_in_another_form_are_refused(workload: Workload, change: Callable[[Tensor], Tensor]) -> None:
    """Another process may send anything; what is computed in half precision is not an answer in float32."""
    verification = verification_of(replace(workload, batch=1))
    (found,) = answers(verification, 0, 5, 1)
    for place in range(len(found)):
        spoilt = [change(tensor) if number == place else tensor for number, tensor in enumerate(found)]
        with pytest.raises(WrongOutput, match=r"^timed: .* wrong: the (output|gradient of [qkv]) has shape \["):
            verification.check_answer(tuple(spoilt), 5, 1, 0)
    for several in (found[:-1], (*found, found[0])):
        with pytest.raises(WrongOutput, match=r"^timed: .* wrong: there are \d tensors, not \d"):
            verification.check_answer(several, 5, 1, 0)


@pytest.mark.parametrize("text", [IDS[1], "qkv/fwd/full/b1.h2.s200.d8.m16/f32/cpu.t1"])
def test_of_a_long_output_the_row_of_the_query_that_was_new_is_looked_at(text: str) -> None:
    """Nothing else is new in every third call, where q, k and v take turns."""
    verification = verification_of(Workload.parse(text))
    for seed in range(3):
        found = answers(verification, 0, seed, 7)
        for call in range(1, 7):
            with pytest.raises(WrongOutput, match=r"^timed: .* wrong output, first at"):
                verification.check_answer(found[call - 1], seed, 7, call)
            verification.check_answer(found[call], seed, 7, call)


def test_of_a_long_output_some_rows_are_looked_at_others_in_each_batch() -> None:
    workload = Workload.parse("core/fwd/causal/b1.h1.s200.d8/f32/cpu.t1")
    verification, refused = verification_of(workload), 0
    for seed in range(20):
        (found,) = answers(verification, 0, seed, 1)
        spoilt = found[0].clone()
        spoilt[..., 100, :] = 0.0
        try:
            verification.check_answer((spoilt,), seed, 1, 0)
        except WrongOutput:
            refused += 1
    assert 0 < refused < 20


def test_an_approximation_is_held_to_a_quarter() -> None:
    verification = verification_of(CAUSAL, approximate="all")
    (found,) = answers(verification, 0, 5, 1)
    verification.check_answer((1.24 * found[0],), 5, 1, 0)
    with pytest.raises(WrongOutput, match=r"^timed: the answer of a timed call is wrong: .* by 0.26 of its size"):
        verification.check_answer((1.26 * found[0],), 5, 1, 0)


class TestTimedInputs:
    def test_they_are_others_in_each_run_and_epoch(self) -> None:
        drawn = [verification_of(CAUSAL, seed=seed).timed_inputs(epoch) for seed in (0, 1) for epoch in (0, 1)]
        first = {tuple(timed.inputs.tensors[0].flatten().tolist()) for timed in drawn}
        assert len(first) == 4
        again = verification_of(CAUSAL).timed_inputs(0)
        assert all(map(torch.equal, again.inputs.tensors, drawn[0].inputs.tensors))

    def test_none_of_them_was_given_before(self) -> None:
        """A step has seen those of the verification, and could know what comes out."""
        given: list[Tensor] = []

        def watched(workload: Workload, weights: Weights | None) -> Step:
            right = Right(workload, weights)

            def step(*inputs: Tensor) -> Tensor:
                given.extend(inputs)
                return right(*inputs)

            return step

        verification = verification_of(CAUSAL, watched)
        verification.admit()
        timed = verification.timed_inputs(0)
        assert not rows_of(given) & rows_of(timed.inputs.tensors)
        assert rows_of(given) & rows_of(make_inputs(CAUSAL, None, 0, 0).tensors)

    @pytest.mark.parametrize("epoch", [0, 1, 4])
    def test_padded_lengths_are_those_of_the_workload(self, epoch: int) -> None:
        """They decide how much work there is; those of the verification vary."""
        timed = verification_of(PADDED, seed=3).timed_inputs(epoch)
        assert timed.inputs.lengths is not None
        assert timed.inputs.lengths.dtype == torch.int64
        assert tuple(timed.inputs.lengths.tolist()) == PADDED.lengths == (8, 16, 24)
        assert timed.upstream is not None
        rows = (timed.upstream != 0).any(dim=-1).any(dim=1)
        assert rows.sum(dim=-1).tolist() == [8, 16, 24]

    def test_an_upstream_gradient_where_one_is_asked_for(self) -> None:
        assert verification_of(CAUSAL).timed_inputs(0).upstream is None
        assert verification_of(replace(CAUSAL, phase="bwd")).timed_inputs(0).upstream is not None


class TestAdmit:
    def test_the_figures_of_a_right_one(self) -> None:
        verification = verification_of(replace(CAUSAL, phase="fwd_bwd"))
        figures = verification.admit()
        assert set(figures) == {
            *("error", "naive_error", "gradient_error", "naive_gradient_error", "checked_queries", "properties"),
        }
        assert figures["checked_queries"] == 1.0
        assert 0 < figures["error"] == figures["naive_error"]
        assert {"repeat", "afresh", "unseen", "ones", "strided", "stress"} <= set(
            str(figures["properties"]).split(", ")
        )
        assert verification.run is not None

    def test_properties_are_tried_once_for_a_plugin_and_kind(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[Workload] = []
        monkeypatch.setattr(
            "assay.attention.verification.check_kind", lambda candidate, workload, *_: asked.append(workload)
        )
        monkeypatch.setattr(
            "assay.attention.verification.verify", lambda *given, **named: (_ for _ in ()).throw(WrongOutput("x"))
        )
        held: dict[tuple[str, str], tuple[str, ...]] = {}
        for workload in (CAUSAL, replace(CAUSAL, batch=3), replace(CAUSAL, dtype="bf16"), DROPOUT, CAUSAL):
            verification = replace(verification_of(workload), held=held)
            with pytest.raises(WrongOutput):
                verification.admit()
        assert asked == [CAUSAL, replace(CAUSAL, dtype="bf16"), DROPOUT]

    @pytest.mark.parametrize("compiles", [False, True])
    def test_the_first_step_that_is_built_of_what_compiles_is_the_one_that_is_timed(self, compiles: bool) -> None:
        asked: list[Workload] = []

        def build(workload: Workload, weights: Weights | None) -> Step:
            asked.append(workload)
            return Right(workload, weights)

        verification_of(CAUSAL, build, compiles=compiles).admit()
        assert (asked[0] == CAUSAL) == compiles
        assert len(asked) == 2 if compiles else len(asked) > 5

    def test_one_that_passed_elsewhere_is_held_to_float64_once_more(self) -> None:
        verification = verification_of(CAUSAL)
        verification.admit_again()
        assert verification.run is not None
        wrong = verification_of(CAUSAL, lambda workload, weights: lambda q, k, v: v.clone())
        with pytest.raises(WrongOutput, match=r"^reference: wrong output"):
            wrong.admit_again()
        assert wrong.run is None

    def test_another_run_tries_other_values(self) -> None:
        """A step that knows by heart what one run asks is refused in the next."""
        known: dict[bytes, Tensor] = {}

        def by_heart(workload: Workload, weights: Weights | None) -> Step:
            right = Right(workload, weights)

            def step(*inputs: Tensor) -> Tensor:
                key = bytes(torch.cat([tensor.flatten() for tensor in inputs]).view(torch.uint8).tolist())
                if learning:
                    known[key] = right(*inputs)
                return known[key].clone() if key in known else torch.zeros_like(inputs[0])

            return step

        learning = True
        verification_of(CAUSAL, by_heart).admit_again()
        learning = False
        verification_of(CAUSAL, by_heart).admit_again()
        with pytest.raises(WrongOutput, match=r"^reference: "):
            verification_of(CAUSAL, by_heart, seed=1).admit_again()


class TestRecheck:
    def test_a_step_that_no_longer_drops_is_refused(self) -> None:
        keeps: list[bool] = []

        def build(workload: Workload, weights: Weights | None) -> Step:
            drops, exact = Right(workload, weights), Right(replace(workload, semantics=CAUSAL.semantics), weights)
            return lambda *inputs: exact(*inputs) if keeps else drops(*inputs)

        verification = verification_of(DROPOUT, build)
        verification.admit_again()
        verification.recheck()
        keeps.append(True)
        with pytest.raises(WrongOutput, match=r"^dropout: .*nothing is dropped"):
            verification.recheck()

    def test_without_dropout_answers_were_enough(self) -> None:
        verification = verification_of(CAUSAL)
        verification.admit_again()
        verification.run = None
        verification.recheck()


def test_the_names_of_checks_are_known() -> None:
    """A refusal begins with one of them, and is not named anew."""
    assert {"repeat", "afresh", "stays", "unseen", "ones", "key-order", "strided"} < set(companions.NAMES)
