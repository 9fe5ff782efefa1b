"""Spot checks: how small an error they see, in which of the numbers, and in which of the calls."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from assay.attention.fresh_values import FreshValues
from assay.attention.inputs import make_inputs
from assay.errors import WrongOutput
from assay.measure.spot_check import STRIDE, AnswerCheck, SpotCheck, spot_checker
from assay.records.workload import Workload

OTHER, SHAPE = "a timed call gives another output than before", "a timed call gives an output of another shape"


def caught(check: SpotCheck, outputs: Sequence[object], turns: int = 122) -> list[int]:
    """The turns in which these outputs are refused."""
    found = []
    for turn in range(turns):
        try:
            check(outputs)
        except WrongOutput as error:
            found.append(turn if error.message == OTHER else -1)
    return found


def with_wrong(tensor: Tensor, place: int, value: float) -> Tensor:
    changed = tensor.clone()
    changed.view(-1)[place] = value
    return changed


@pytest.mark.parametrize("place", [0, 1, 60, 61, 130, 199])
def test_every_61st_number_from_an_offset_that_goes_round(place: int) -> None:
    expected = torch.zeros(10, 20)
    turns = caught(spot_checker(expected), [with_wrong(expected, place, 1.0)])
    assert turns == [place % 61, place % 61 + 61]


@pytest.mark.parametrize("call", [0, 1, 2])
def test_the_calls_go_round_too(call: int) -> None:
    """Of three calls one is wrong, and it is seen when its turn meets the place."""
    expected = torch.zeros(61)
    outputs = [expected, expected, expected]
    outputs[call] = with_wrong(expected, 7, 1.0)
    turns = caught(spot_checker(expected), outputs, 3 * 61)
    assert turns == [turn for turn in range(3 * 61) if turn % 61 == 7 and turn % 3 == call]
    assert len(turns) == 1


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
class TestTolerance:
    EXPECTED = ((1.0, -8.0), (0.5, 2.0))

    def tensor(self, dtype: torch.dtype) -> Tensor:
        return torch.tensor(self.EXPECTED, dtype=dtype)

    @pytest.mark.parametrize(("place", "before", "units"), [(0, 1.0, 32), (2, 0.5, 8), (3, 2.0, 8)])
    def test_of_an_output_it_is_four_units_of_the_largest_number_of_the_row(
        self, dtype: torch.dtype, place: int, before: float, units: int
    ) -> None:
        expected, eps = self.tensor(dtype), torch.finfo(dtype).eps
        for sign in (1, -1):
            near = with_wrong(expected, place, before + sign * units * eps)
            far = with_wrong(expected, place, before + sign * (units + 4) * eps)
            assert caught(spot_checker(expected), [near], 61) == []
            assert caught(spot_checker(expected), [far], 61) == [place]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_not_a_number_is_wrong(value: float) -> None:
    expected = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert caught(spot_checker(expected), [with_wrong(expected, 2, value)], 61) == [2]


@pytest.mark.parametrize("output", [torch.zeros(3), None, (torch.zeros(4),)])
def test_another_shape_is_wrong(output: object) -> None:
    assert caught(spot_checker(torch.zeros(2, 2)), [output], 2) == [-1, -1]


class Lazy(Tensor):
    """A tensor that could compute when it is looked at."""


class TestAnswers:
    """What a batch of timed calls gave, before its judge sees any of it."""

    WORKLOAD = Workload.self_attention("core", batch=1, length=9, d_model=16)

    def check(self) -> AnswerCheck:
        made = AnswerCheck(FreshValues(self.WORKLOAD, make_inputs(self.WORKLOAD, None, 0), None, 0))
        made.begin(1, 3)
        return made

    def outputs(self, number: int = 3) -> list[object]:
        return [torch.full((1, 1, 9, 16), float(call)) for call in range(number)]

    def test_any_of_them_is_returned(self) -> None:
        answers, outputs = self.check(), self.outputs()
        answers.check(outputs)
        for call, output in enumerate(outputs):
            assert answers.answer(outputs, call) == (output,)

    def test_where_only_the_last_is_known_it_stands_for_all(self) -> None:
        """A GPU keeps no more than one."""
        answers, outputs = self.check(), self.outputs(1)
        answers.check(outputs)
        assert answers.answer(outputs, 7) == (outputs[0],)

    def test_gradients_are_an_answer_of_several(self) -> None:
        answers, several = self.check(), [(torch.zeros(2), torch.ones(3)), (torch.ones(2), torch.zeros(3))]
        answers.check(several)
        assert answers.answer(several, 0) is several[0]

    @pytest.mark.parametrize("when", ["answer", "begin"])
    @pytest.mark.parametrize("value", [9.0, torch.nan])
    @pytest.mark.parametrize("place", [0, STRIDE, 2 * STRIDE])
    def test_a_last_output_that_is_written_to_later_is_noticed(self, when: str, value: float, place: int) -> None:
        """As by a thread that goes on with the work after the call has returned."""
        answers, outputs = self.check(), self.outputs()
        answers.check(outputs)
        last = outputs[-1]
        assert isinstance(last, Tensor)
        last.view(-1)[place] = value
        with pytest.raises(WrongOutput, match=r"^timed: an output changed after it was returned"):
            answers.answer(outputs, 0) if when == "answer" else answers.begin(2, 3)

    def test_a_whole_output_that_comes_later_is_noticed_wherever_it_is_looked_at(self) -> None:
        answers, outputs = self.check(), [torch.full((1, 1, 9, 16), torch.nan)]
        answers.check(outputs)
        outputs[0].fill_(1.0)
        with pytest.raises(WrongOutput, match="changed after it was returned"):
            answers.answer(outputs, 0)

    def test_what_is_not_a_number_and_stays_so_is_the_judges_to_refuse(self) -> None:
        answers, outputs = self.check(), [torch.full((1, 1, 9, 16), torch.nan)]
        answers.check(outputs)
        answers.answer(outputs, 0)
        answers.begin(2, 1)

    def test_the_last_of_an_earlier_batch_may_be_written_to_again(self) -> None:
        """A step may keep a buffer, once the next batch has begun."""
        answers, outputs = self.check(), self.outputs()
        answers.check(outputs)
        answers.begin(2, 3)
        outputs[-1].zero_()  # type: ignore[attr-defined]
        answers.check(self.outputs())
        answers.answer(outputs, 0)

    @pytest.mark.parametrize("place", [0, 1, 2])
    @pytest.mark.parametrize(
        ("output", "name"),
        [
            (torch.zeros(1, 1, 9, 16).as_subclass(Lazy), "Lazy"),
            ([torch.zeros(1, 1, 9, 16)], "list"),
            (None, "NoneType"),
            ((torch.zeros(1, 1, 9, 16), None), "NoneType"),
        ],
        ids=["subclass", "list", "nothing", "part"],
    )
    def test_what_is_not_a_plain_tensor_is_refused(self, place: int, output: object, name: str) -> None:
        outputs = self.outputs()
        outputs[place] = output
        with pytest.raises(WrongOutput, match=rf"^timed: a timed call gives {name}, not a plain tensor"):
            self.check().check(outputs)

    @pytest.mark.parametrize("place", [0, 1, 2])
    @pytest.mark.parametrize("shape", [(1, 1, 9, 15), (1, 9, 16), (1, 1, 16, 9), ()])
    def test_another_shape_is_refused(self, place: int, shape: tuple[int, ...]) -> None:
        outputs = self.outputs()
        outputs[place] = torch.zeros(shape)
        with pytest.raises(WrongOutput, match=r"^timed: a timed call gives an output of another shape"):
            self.check().check(outputs)

    def test_another_number_of_tensors_is_refused(self) -> None:
        with pytest.raises(WrongOutput, match="of another shape"):
            self.check().check([(torch.zeros(2),), (torch.zeros(2), torch.zeros(2))])

    def test_inputs_that_are_written_to_are_noticed(self) -> None:
        inputs = make_inputs(self.WORKLOAD, None, 0)
        answers = AnswerCheck(FreshValues(self.WORKLOAD, inputs, None, 0))
        answers.begin(1, 3)
        inputs.tensors[1].add_(0.0)
        with pytest.raises(WrongOutput, match=r"^inputs: the inputs were changed"):
            answers.check(self.outputs())
