"""The audit of an attention's timed calls: right outputs pass, however they are kept; wrong ones do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from assay.attention.inputs import EmbeddedText
from assay.errors import WrongOutput
from assay.measure import attention_subject
from assay.measure import timer as clock
from assay.measure.attention_subject import AttentionSubject
from assay.measure.extrapolation import ENOUGH_S
from assay.measure.spot_check import STRIDE
from assay.measure.subject import Operation
from assay.plugins.types import AttentionPlugin, Step, Weights
from assay.records.results import AttentionCase
from assay.records.semantics import Semantics
from assay.records.workload import Phase, TextSource, Workload

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


def subject(attention: Attention, workload: Workload = WORKLOAD) -> AttentionSubject:
    plugin = AttentionPlugin(
        name="a", summary="of a test", build=attention.build, unsupported=lambda workload: None, peak_bytes=None
    )
    return AttentionSubject(plugin, AttentionCase(attention="a", workload=workload), None)


def checked(attention: Attention, workload: Workload = WORKLOAD) -> tuple[AttentionSubject, Operation]:
    made = subject(attention, workload)
    made.check()
    (operation,) = made.operations()
    return made, operation


def timed(operation: Operation, iterations: int = 1) -> None:
    """Take a sample as the bench does."""
    with operation.context():
        _, outputs = clock.read(operation.call, iterations)
        operation.spot_check(outputs)


def reused() -> Callable[[Tensor], Tensor]:
    """Write every output into the same memory, as a step with a buffer of its own does."""
    kept: dict[torch.Size, Tensor] = {}
    return lambda output: kept.setdefault(output.shape, torch.empty_like(output)).copy_(output)


@pytest.mark.parametrize("workload", [WORKLOAD, DROPOUT], ids=["plain", "dropout"])
def test_a_right_one_passes(workload: Workload) -> None:
    made, operation = checked(Attention(), workload)
    assert (operation.name, operation.tokens, operation.size) == ("step", 16, None)
    for _ in range(STRIDE):
        timed(operation, 3)
    made.recheck()


@pytest.mark.parametrize("keep", [lambda output: output, reused()], ids=["new memory", "its own memory"])
@pytest.mark.parametrize(
    "spoil",
    [torch.zeros_like, lambda output: output * torch.nan, lambda output: output.flip(1)],
    ids=["0", "NaN", "heads"],
)
def test_a_wrong_output_of_a_timed_call_is_caught(
    keep: Callable[[Tensor], Tensor], spoil: Callable[[Tensor], Tensor]
) -> None:
    attention = Attention(keep=keep)
    made, operation = checked(attention)
    timed(operation, 3)
    attention.spoil = spoil
    with pytest.raises(WrongOutput, match="a timed call gives another output than before"):
        timed(operation, 3)
    with pytest.raises(WrongOutput, match="wrong output"):
        made.recheck()


@pytest.mark.parametrize("place", [0, 1, 60, 61, 200, 255])
def test_one_wrong_element_is_caught_when_its_turn_comes(place: int) -> None:
    def spoil(output: Tensor) -> Tensor:
        output.view(-1)[place] += 1.0
        return output

    attention = Attention()
    _, operation = checked(attention)
    attention.spoil = spoil
    caught = 0
    for _ in range(STRIDE):
        try:
            timed(operation)
        except WrongOutput:
            caught += 1
    assert caught == 1


@pytest.mark.parametrize("workload", [WORKLOAD, DROPOUT], ids=["plain", "dropout"])
def test_another_shape_of_a_timed_call_is_caught(workload: Workload) -> None:
    attention = Attention()
    _, operation = checked(attention, workload)
    attention.spoil = lambda output: output[:1]
    with pytest.raises(WrongOutput, match="an output of another shape"):
        timed(operation)


def test_inputs_that_are_changed_while_it_is_timed_are_noticed() -> None:
    made, operation = checked(Attention())
    assert made.inputs is not None
    timed(operation)
    with torch.inference_mode():
        made.inputs.tensors[0].neg_()
    with pytest.raises(WrongOutput, match="the inputs were changed while it was timed"):
        made.recheck()


class TestPredict:
    def test_longer_lengths_are_run_up_to_that_of_a_short_call(self) -> None:
        attention = Attention()
        workload = Workload.self_attention("core", batch=1, length=128, d_model=8)
        made = subject(attention, workload)
        predicted = dict(made.predict())
        lengths = [small.q_len for small in attention.built]
        assert (lengths[0], lengths[-2:]) == (16, [128, 2])
        assert predicted["predicted_bytes"] == dict(checked(attention, workload)[0].memory())["peak_bytes"]
        assert predicted["predicted_seconds"] > 0
        assert predicted["overhead_seconds"] > 0  # of the last, on two positions

    def test_what_grows_with_the_square_of_the_length_is_predicted_to_a_few_percent(self) -> None:
        """Scores of 2 heads and 512 queries and keys: 4 bytes each; some of them live at once."""
        workload = Workload.self_attention("core", batch=1, length=512, d_model=4, heads=2)
        made, _ = checked(Attention(), workload)
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
            patch.setattr(attention_subject, "room", lambda device: 1 << 20)
            predicted = dict(made.predict())
        assert max(small.q_len for small in attention.built) <= 256  # 256 KiB of scores, and as much of their softmax
        assert predicted["predicted_bytes"] == pytest.approx(2 * 4096**2 * 4, rel=0.1)

    @pytest.mark.long
    @pytest.mark.parametrize("phase", ["fwd", "bwd", "fwd_bwd"])
    def test_memory_of_every_phase_is_predicted_from_half_of_the_length(self, phase: Phase) -> None:
        workload = Workload.self_attention("core", batch=1, length=512, d_model=64, heads=2, phase=phase)
        attention = Attention()
        made, _ = checked(attention, workload)
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


class TestInLaterProcesses:
    """What was verified in one process is verified once more, on less, in the next."""

    WITH_TEXT = replace(WORKLOAD, source=TextSource(corpus="mine", tokenizer="letters"))

    def test_the_timed_inputs_are_those_that_were_kept(self, tmp_path: Path) -> None:
        kept = tmp_path / "kept"
        text = EmbeddedText([number % 7 for number in range(200)], 7)
        plugin, case = subject(Attention()).plugin, AttentionCase(attention="a", workload=self.WITH_TEXT)
        first = AttentionSubject(plugin, case, text, kept=kept)
        first.check()
        again = AttentionSubject(plugin, case, None, kept=kept)
        assert again.ready() == {}
        assert all(map(torch.equal, first.inputs.tensors, again.inputs.tensors))  # type: ignore[union-attr]
        again.operations()
        again.recheck()

    def test_nothing_is_kept_of_what_is_wrong(self, tmp_path: Path) -> None:
        kept = tmp_path / "kept"
        wrong = subject(Attention(spoil=lambda output: output + 1))
        wrong.kept = kept
        with pytest.raises(WrongOutput):
            wrong.check()
        assert not kept.exists()

    def test_one_that_is_wrong_in_this_process_is_refused(self) -> None:
        with pytest.raises(WrongOutput, match="reference: wrong output"):
            subject(Attention(spoil=lambda output: output + 1)).ready()

    def test_it_is_built_once_and_with_dropout_once_without(self) -> None:
        for workload, shares in ((WORKLOAD, [0.0]), (DROPOUT, [0.0, 0.1])):
            attention = Attention()
            subject(attention, workload).ready()
            assert [built.semantics.dropout for built in attention.built] == shares
