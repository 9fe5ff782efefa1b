"""An attention in the process that runs it: what is timed, what is told of it, and what its judge makes of that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest
import torch
from torch import Tensor

from assay.attention.inputs import make_inputs
from assay.attention.support import Supports
from assay.attention.verification import Verification
from assay.errors import WrongOutput
from assay.measure import attention_prediction, attention_subject
from assay.measure import timer as clock
from assay.measure.attention_subject import AttentionSubject
from assay.measure.extrapolation import ENOUGH_S
from assay.measure.subject import Operation
from assay.plugins.types import AttentionPlugin, Step, Weights
from assay.records.results import AttentionCase
from assay.records.semantics import Semantics
from assay.records.workload import Phase, Workload
from judged import admit

WORKLOAD = Workload.self_attention("core", batch=2, length=8, d_model=16, heads=2)
DROPOUT = replace(WORKLOAD, semantics=Semantics(dropout=0.1))


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@dataclass(eq=False)
class Attention:
    """A right attention, unless a test changes what it gives."""

    keep: Callable[[Tensor], Tensor] = lambda output: output
    spoil: Callable[[Tensor], Tensor] = lambda output: output
    built: list[Workload] = field(default_factory=list)

    def build(self, workload: Workload, weights: Weights | None) -> Step:
        self.built.append(workload)

        def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            shares = torch.softmax(q @ k.mT * q.shape[-1] ** -0.5, dim=-1)
            shares = torch.nn.functional.dropout(shares, workload.semantics.dropout)
            return self.keep(self.spoil(shares @ v))

        return step


def subject(attention: Attention, workload: Workload = WORKLOAD, **known: object) -> AttentionSubject:
    plugin = AttentionPlugin(
        name="a",
        summary="of a test",
        build=attention.build,
        unsupported=Supports(dropout=True),
        **known,  # type: ignore[arg-type]
    )
    return AttentionSubject(plugin, AttentionCase(attention="a", workload=workload), None)


def admitted(attention: Attention, workload: Workload = WORKLOAD) -> tuple[AttentionSubject, Verification, Operation]:
    """A step that passed the verification, as in a later process: that takes the fewest calls."""
    made = subject(attention, workload)
    verification, _ = admit(made, again=True)
    (operation,) = made.operations()
    return made, verification, operation


def timed(operation: Operation, iterations: int = 3, seed: int = 5) -> list[object]:
    """Take a sample as the bench does."""
    with operation.context():
        operation.refresh(seed, iterations)
        _, outputs = operation.read(operation.call, iterations)
        operation.spot_check(outputs)
    return outputs


def judge(verification: Verification, operation: Operation, outputs: list[object], call: int, seed: int = 5) -> None:
    """Have an answer judged as the host does."""
    assert operation.answer is not None
    verification.check_answer(operation.answer(outputs, call), seed, len(outputs), call)


@pytest.mark.parametrize("phase", ["fwd", "bwd", "fwd_bwd"])
def test_a_right_one_passes(phase: Phase) -> None:
    _, verification, operation = admitted(Attention(), replace(WORKLOAD, phase=phase))
    assert (operation.name, operation.tokens, operation.size, operation.clock) == ("step", 16, None, "cpu")
    for seed in range(20):
        judge(verification, operation, timed(operation, 3, seed), 2, seed)


def test_with_dropout_too() -> None:
    _, verification, operation = admitted(Attention(), DROPOUT)
    judge(verification, operation, timed(operation), 2)
    verification.recheck()


def test_of_a_batch_in_new_memory_any_call_can_be_judged() -> None:
    _, verification, operation = admitted(Attention())
    outputs = timed(operation, 9)
    for call in range(8):
        with pytest.raises(WrongOutput, match=r"^timed: the answer of a timed call is wrong"):
            verification.check_answer((outputs[0],), 5, 9, call + 1)  # type: ignore[arg-type]
    for call in range(len(outputs)):
        judge(verification, operation, outputs, call)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (torch.zeros_like, "wrong output, first at"),
        (lambda output: output * torch.nan, "wrong output, first at .* nan"),
        (lambda output: output.flip(1), "wrong output, first at"),
    ],
    ids=["0", "NaN", "heads"],
)
def test_a_wrong_output_of_a_timed_call_is_refused(spoil: Callable[[Tensor], Tensor], words: str) -> None:
    attention = Attention()
    _, verification, operation = admitted(attention)
    judge(verification, operation, timed(operation), 2)
    attention.spoil = spoil
    with pytest.raises(WrongOutput, match=rf"^timed: the answer of a timed call is wrong: {words}"):
        judge(verification, operation, timed(operation), 2)


def test_an_answer_that_is_remembered_is_refused() -> None:
    """What is right of one call is wrong of the next, in the same batch and in another."""
    attention, memory = Attention(), []
    _, verification, operation = admitted(attention)

    def keep(output: Tensor) -> Tensor:
        memory.append(output)
        return memory[0].clone()

    attention.keep = keep
    outputs = timed(operation)
    judge(verification, operation, outputs[:1], 0) if len(outputs) == 1 else None
    for call in (1, 2):
        with pytest.raises(WrongOutput, match=r"^timed: the answer"):
            judge(verification, operation, outputs, call)
    outputs = timed(operation, seed=6)
    with pytest.raises(WrongOutput, match=r"^timed: the answer"):
        judge(verification, operation, outputs, 0, 6)


def test_one_that_remembers_by_its_inputs_computes_every_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """By their sum it learns next to nothing; by their place it knows an answer beforehand, and that is wrong."""
    computed: list[int] = []
    monkeypatch.setattr(attention_subject, "check_replay", lambda *_: None)  # on a slow machine it finds them before

    def remembering(key_of: Callable[..., object]) -> Callable[[Workload, Weights | None], Step]:
        def build(workload: Workload, weights: Weights | None) -> Step:
            right, memory = Attention().build(workload, weights), {}

            def step(*inputs: Tensor) -> Tensor:
                key = key_of(*inputs)
                if key not in memory:
                    computed.append(1)
                    memory[key] = right(*inputs)
                return memory[key].clone()

            return step

        return build

    def sums(*inputs: Tensor) -> object:
        return tuple(tensor.sum().item() for tensor in inputs)

    def places(*inputs: Tensor) -> object:
        return tuple(tensor.data_ptr() for tensor in inputs)

    for key_of, computes in ((sums, range(34, 37)), (places, range(1))):
        attention = Attention()
        attention.build = remembering(key_of)  # type: ignore[method-assign]
        _, verification, operation = admitted(attention)
        computed.clear()
        outputs = [timed(operation, 20, seed) for seed in range(3)]
        assert len(computed) in computes
        if key_of is places:
            with pytest.raises(WrongOutput, match=r"^timed: the answer"):
                judge(verification, operation, outputs[2], 19, 2)
        else:
            judge(verification, operation, outputs[2], 19, 2)


@pytest.mark.parametrize("workload", [WORKLOAD, DROPOUT], ids=["plain", "dropout"])
def test_another_shape_of_some_timed_call_is_noticed(workload: Workload) -> None:
    attention = Attention()
    _, _, operation = admitted(attention, workload)
    calls: list[int] = []

    def spoil(output: Tensor) -> Tensor:
        calls.append(1)
        return output[:1] if len(calls) == 2 else output

    attention.spoil = spoil
    with pytest.raises(WrongOutput, match=r"^timed: a timed call gives an output of another shape"):
        timed(operation)


def test_inputs_that_are_changed_while_it_is_timed_are_noticed() -> None:
    made, _, operation = admitted(Attention())
    q = made._given.tensors[0]
    for change in (lambda: q.neg_(), lambda: q.add_(0.0)):
        timed(operation)
        with operation.context():
            operation.refresh(5, 3)
            outputs = [operation.call(), change()]
            with pytest.raises(WrongOutput, match=r"^inputs: the inputs were changed while it was timed"):
                operation.spot_check(outputs[:1])


def test_values_move_between_calls_and_batches_and_lie_where_they_were() -> None:
    made, _, operation = admitted(Attention())
    seen, places = set(), set()
    for seed in (5, 6):
        operation.refresh(seed, 3)
        for _ in range(3):
            made.fresh.prepare()
            with operation.context():
                operation.call()
            seen.add(tuple(tensor.sum().item() for tensor in made._given.tensors))
            places.add(tuple(tensor.data_ptr() for tensor in made._given.tensors))
    assert (len(seen), len(places)) == (6, 1)


class TestFigures:
    def test_those_that_only_its_own_process_can_tell(self) -> None:
        made = subject(Attention(), approximate="nothing, really", flop=lambda workload: 12.0)
        _, figures = admit(made)
        assert figures["approximate"] == "nothing, really"
        assert figures["executed_flop"] == 12
        assert isinstance(figures["executed_flop"], int)
        assert "softmax" in str(figures["dispatched"])
        assert 0 < figures["build_seconds"] < 60
        assert 0 < figures["first_step_seconds"] < 60
        assert {"error", "properties"} <= set(figures)
        others = subject(Attention())
        assert not {"approximate", "executed_flop"} & set(admit(others)[1])

    def test_in_a_later_process_they_are_known(self) -> None:
        made = AttentionSubject(
            subject(Attention()).plugin, AttentionCase(attention="a", workload=WORKLOAD), None, again=True
        )
        _, figures = admit(made, again=True)
        assert figures == {}
        assert made.ready() == {}

    @pytest.mark.parametrize("factor", [0.5, 0.8, 1.0, 1.2, 2.0])
    def test_false_predictions_are_told(self, factor: float) -> None:
        """What is more than a tenth off, and of memory more than 64 KiB."""
        workload = Workload.self_attention("core", batch=1, length=512, d_model=4, heads=2)
        made, _, _ = admitted(Attention(), workload)
        used = int(made.memory()["peak_bytes"])
        flop = 2 * 2 * 2 * 512 * 512 * 2
        made.plugin = replace(made.plugin, peak_bytes=lambda _: int(factor * used), flop=lambda _: int(factor * flop))
        told = str(made.memory().get("mispredicted", ""))
        assert ("its plugin predicted" in told) == (factor != 1.0)
        assert (f"its plugin says that it executes {int(factor * flop):,} FLOP and {flop:,} were counted" in told) == (
            factor != 1.0
        )

    @pytest.mark.parametrize(("factor", "is_told"), [(0.92, False), (1.08, False), (0.88, True), (1.12, True)])
    def test_a_tenth_is_allowed(self, factor: float, is_told: bool) -> None:
        workload = Workload.self_attention("core", batch=1, length=512, d_model=4, heads=2)
        made, _, _ = admitted(Attention(), workload)
        used = int(made.memory()["peak_bytes"])
        made.plugin = replace(made.plugin, peak_bytes=lambda _: int(factor * used))
        assert ("mispredicted" in made.memory()) == is_told

    def test_what_is_held_between_calls_is_memory_too(self) -> None:
        held: list[Tensor] = []

        def build(workload: Workload, weights: Weights | None) -> Step:
            right, scratch = Attention().build(workload, weights), torch.zeros(1 << 20)
            held.append(scratch)

            def step(*inputs: Tensor) -> Tensor:
                if len(held) == 1:
                    held.append(torch.zeros(1 << 19))  # with the first call
                return right(*inputs)

            return step

        attention = Attention()
        plain = int(admitted(attention)[0].memory()["peak_bytes"])
        attention.build = build  # type: ignore[method-assign]
        made = subject(attention)
        admit(made)
        assert made.held_bytes >= 4 << 20
        assert int(made.memory()["peak_bytes"]) - plain == made.held_bytes


class TestSteps:
    def test_each_is_called_by_its_number_until_it_is_dropped(self) -> None:
        attention = Attention()
        made = subject(attention)
        numbers = [made.build(replace(WORKLOAD, batch=batch), None) for batch in (1, 2)]
        assert numbers == [1, 2]
        inputs = make_inputs(replace(WORKLOAD, batch=1), None, 0)
        (output,) = made.call(1, inputs, None)
        assert output.shape == (1, 2, 8, 8)
        made.drop(1)
        made.drop(1)
        with pytest.raises(KeyError):
            made.call(1, inputs, None)
        assert made.build(WORKLOAD, None) == 3

    def test_what_is_timed_is_a_copy(self) -> None:
        """The file that the judge writes is the next call's."""
        made, inputs = subject(Attention()), make_inputs(WORKLOAD, None, 0)
        before = [tensor.clone() for tensor in inputs.tensors]
        made.take_inputs(made.build(WORKLOAD, None), inputs, None, 0)
        for tensor in inputs.tensors:
            tensor.zero_()
        assert all(map(torch.equal, made._given.tensors, before))


class TestPredict:
    def test_longer_lengths_are_run_up_to_that_of_a_short_call(self) -> None:
        attention = Attention()
        workload = Workload.self_attention("core", batch=1, length=128, d_model=8)
        made = subject(attention, workload)
        predicted = dict(made.predict())
        lengths = [small.q_len for small in attention.built]
        assert (lengths[0], lengths[-2:]) == (16, [128, 2])
        assert predicted["predicted_bytes"] == dict(admitted(attention, workload)[0].memory())["peak_bytes"]
        assert predicted["predicted_seconds"] > 0
        assert predicted["overhead_seconds"] > 0  # of the last, on two positions

    def test_what_grows_with_the_square_of_the_length_is_predicted_to_a_few_percent(self) -> None:
        """Scores of 2 heads and 512 queries and keys: 4 bytes each; some of them live at once."""
        workload = Workload.self_attention("core", batch=1, length=512, d_model=4, heads=2)
        made, _, _ = admitted(Attention(), workload)
        predicted = dict(made.predict())
        measured = dict(made.memory())
        assert predicted["predicted_bytes"] == pytest.approx(measured["peak_bytes"], rel=0.1)
        assert measured["peak_bytes"] >= 2 * 512 * 512 * 4

    def test_a_call_that_takes_long_is_predicted_from_two_shorter_lengths(self) -> None:
        """It takes a second for 2,000 pairs of positions, by a clock that a test has."""
        attention = Attention()
        made = subject(attention, Workload.self_attention("core", batch=1, length=512, d_model=8))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clock, "typical_seconds", lambda *_, **__: attention.built[-1].q_len ** 2 / 2e3)
            predicted = dict(made.predict())
        assert [small.q_len for small in attention.built] == [16, 32, 2]
        assert predicted["predicted_seconds"] == pytest.approx(512**2 / 2e3)

    def test_what_may_not_fit_is_not_run(self) -> None:
        attention = Attention()
        made = subject(attention, Workload.self_attention("core", batch=1, length=4096, d_model=8))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(attention_prediction, "room", lambda device: 1 << 20)
            predicted = dict(made.predict())
        assert max(small.q_len for small in attention.built) <= 256  # 256 KiB of scores, and as much of their softmax
        assert predicted["predicted_bytes"] == pytest.approx(2 * 4096**2 * 4, rel=0.1)

    @pytest.mark.long
    @pytest.mark.parametrize("phase", ["fwd", "bwd", "fwd_bwd"])
    def test_memory_of_every_phase_is_predicted_from_half_of_the_length(self, phase: Phase) -> None:
        workload = Workload.self_attention("core", batch=1, length=512, d_model=64, heads=2, phase=phase)
        attention = Attention()
        made, _, _ = admitted(attention, workload)
        built = len(attention.built)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clock, "typical_seconds", lambda *_, **__: ENOUGH_S * (attention.built[-1].q_len / 256) ** 2)
            predicted = dict(made.predict())
        assert max(small.q_len for small in attention.built[built:]) == 256
        assert predicted["predicted_bytes"] == pytest.approx(dict(made.memory())["peak_bytes"], rel=0.1)

    def test_the_plugins_own_figure_goes_before(self) -> None:
        made = subject(Attention())
        made.plugin = replace(made.plugin, peak_bytes=lambda workload: 12_345)
        assert dict(made.predict())["predicted_bytes"] == 12_345
