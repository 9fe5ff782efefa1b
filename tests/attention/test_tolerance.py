"""How near an output must be: errors just under each limit pass, and just over it are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from assay.attention.tolerance import LOOSE, Answer
from assay.errors import WrongOutput

EPS = {torch.float32: 2.0**-23, torch.bfloat16: 2.0**-7, torch.float16: 2.0**-10}
UNITS = {torch.float32: 6, torch.bfloat16: 2, torch.float16: 2}
SIGMAS = {torch.float32: 8, torch.bfloat16: 4, torch.float16: 4}
DTYPES = pytest.mark.parametrize("dtype", EPS, ids=str)


def answer(dtype: torch.dtype, *, error: float, plain: float, variance: float = 0.0, row: float = 4.0) -> Answer:
    """One row of 3 whose largest number is `row`, with errors at its smallest, of which float64 is 0."""
    exact = torch.tensor([[[[0.0, 1.0, row], [100.0, 0.0, 0.0]]]], dtype=torch.float64)
    spoilt, plainly = exact.clone(), exact.clone()
    spoilt[..., 0, 0] = error
    plainly[..., 0, 1] += plain  # where the plain formula is off in the row does not matter
    return Answer(
        name="output",
        found=spoilt.to(dtype),
        plain=plainly,  # as exactly as a test can say it
        exact=exact,
        variance=lambda rows: torch.full((1, 1, 2 if rows is None else len(rows), 3), variance, dtype=torch.float64),
        mask=torch.ones(1, 2, dtype=torch.bool),
        rows=torch.tensor([7, 9]),
    )


def passes(found: Answer) -> bool:
    try:
        found.compare(mean=False)
    except WrongOutput:
        return False
    return True


@DTYPES
class TestRows:
    def test_some_units_in_the_last_place_of_the_rows_largest_number(self, dtype: torch.dtype) -> None:
        limit = UNITS[dtype] * EPS[dtype] * 4.0
        assert passes(answer(dtype, error=0.98 * limit, plain=0.0))
        assert not passes(answer(dtype, error=1.02 * limit, plain=0.0))
        assert not passes(answer(dtype, error=-1.02 * limit, plain=0.0))

    def test_twice_the_error_of_the_plain_formula_in_that_row(self, dtype: torch.dtype) -> None:
        limit = 2.0 * 3.0 + UNITS[dtype] * EPS[dtype] * 4.0
        assert passes(answer(dtype, error=0.98 * limit, plain=3.0))
        assert not passes(answer(dtype, error=1.02 * limit, plain=3.0))
        assert passes(answer(dtype, error=0.98 * limit, plain=-3.0))

    def test_or_what_rounding_is_expected_to_make(self, dtype: torch.dtype) -> None:
        limit = SIGMAS[dtype] * 0.5
        assert passes(answer(dtype, error=0.98 * limit, plain=0.0, variance=0.25))
        assert not passes(answer(dtype, error=1.02 * limit, plain=0.0, variance=0.25))
        of_gradients = replace(answer(dtype, error=1.48 * limit, plain=0.0, variance=0.25), mask=None)
        assert passes(of_gradients)
        assert not passes(replace(of_gradients, found=answer(dtype, error=1.52 * limit, plain=0.0).found))

    @pytest.mark.parametrize("plain", [torch.nan, torch.inf, -torch.inf])
    def test_where_the_plain_formula_breaks_down_it_allows_nothing(self, dtype: torch.dtype, plain: float) -> None:
        """And refuses nothing that is right: half precision makes 0 / 0 of some rows of linear attention."""
        limit = UNITS[dtype] * EPS[dtype] * 4.0
        assert passes(answer(dtype, error=0.98 * limit, plain=plain))
        assert not passes(answer(dtype, error=1.02 * limit, plain=plain))
        assert passes(answer(dtype, error=0.98 * SIGMAS[dtype] * 0.5, plain=plain, variance=0.25))

    def test_a_larger_row_beside_it_allows_nothing(self, dtype: torch.dtype) -> None:
        """The other row has the number 100, and errors of its own would be allowed there."""
        limit = UNITS[dtype] * EPS[dtype] * 4.0
        assert not passes(answer(dtype, error=5.0 * limit, plain=0.0))

    def test_what_is_not_looked_at_may_be_anything(self, dtype: torch.dtype) -> None:
        wrong = answer(dtype, error=9.0, plain=0.0)
        assert passes(replace(wrong, mask=torch.tensor([[False, True]])))
        assert not passes(replace(wrong, mask=torch.tensor([[True, False]])))

    @pytest.mark.parametrize("value", [torch.nan, torch.inf])
    def test_what_is_not_finite_is_refused(self, dtype: torch.dtype, value: float) -> None:
        assert not passes(answer(dtype, error=value, plain=1e30, variance=1e30))

    def test_a_row_of_zeros_is_held_to_the_rounding_of_what_it_is_made_from(self, dtype: torch.dtype) -> None:
        exact = torch.zeros(1, 1, 1, 3, dtype=torch.float64)
        nothing = answer(dtype, error=0.0, plain=0.0)
        near = replace(
            nothing, exact=exact, plain=exact, found=(exact + 1e-3).to(dtype), mask=None, rows=torch.arange(1)
        )
        assert not passes(near)
        assert passes(replace(near, variance=lambda rows: torch.full_like(exact, 1e-6)))


def test_the_first_wrong_number_is_named() -> None:
    with pytest.raises(
        WrongOutput, match=r"^reference: wrong output, first at \[0, 0, 7, 0\]: 2 instead of 0 "
    ) as told:
        answer(torch.float32, error=2.0, plain=0.5).compare(mean=False)
    assert "(largest error 2, allowed here 1)" in told.value.message


def test_errors_are_told() -> None:
    errors = answer(torch.float32, error=0.5, plain=-0.75).compare(mean=False)
    assert (errors.step, errors.naive) == (0.5, 0.75)
    assert errors.allowed == pytest.approx(1.5, rel=1e-4)


def many(size: float, *, heads: int = 2, spread: float = 1.0) -> Answer:
    """Errors of this size in the second head, where the plain formula's are 1 and their variance `spread`."""
    exact = torch.zeros(1, heads, 64, 64, dtype=torch.float64)
    signs = torch.where(torch.arange(64) % 2 == 0, 1.0, -1.0).expand_as(exact).double()
    found = signs.clone()
    found[:, 1:] *= size
    return Answer(
        name="gradient of k",
        found=found,
        plain=signs,
        exact=exact,
        variance=lambda rows: torch.full(
            (1, heads, 64 if rows is None else len(rows), 64), spread, dtype=torch.float64
        ),
        mask=None,
        rows=torch.arange(64),
    )


class TestMeans:
    """No row is beyond its limit, as rounding may make 12 there, but all together are."""

    def test_twice_the_mean_error_of_the_plain_formula_in_each_head(self) -> None:
        many(1.98).compare(mean=True)
        with pytest.raises(
            WrongOutput, match=r"^reference: wrong gradient of k: its errors at \[0, 1\] are 2.02 in the root"
        ):
            many(2.02).compare(mean=True)
        many(2.02).compare(mean=False)

    def test_or_one_and_a_half_of_what_rounding_makes(self) -> None:
        many(2.98, spread=4.0).compare(mean=True)
        with pytest.raises(WrongOutput, match="root mean square"):
            many(3.02, spread=4.0).compare(mean=True)

    def test_of_few_numbers_no_mean_is_taken(self) -> None:
        wrong = many(2.02)
        few = {name: getattr(wrong, name)[..., :63, :] for name in ("found", "plain", "exact")}
        replace(wrong, **few, rows=torch.arange(63)).compare(mean=True)


class TestLoosely:
    @staticmethod
    def off(share: float) -> Answer:
        exact: Tensor = torch.ones(1, 1, 2, 3, dtype=torch.float64)
        return replace(
            answer(torch.float32, error=0.0, plain=0.0), exact=exact, plain=exact, found=(exact * (1 + share)).float()
        )

    def test_an_approximation_may_be_off_by_a_quarter_in_the_mean(self) -> None:
        self.off(0.99 * LOOSE).compare_loosely()
        for share in (1.01 * LOOSE, -1.01 * LOOSE, torch.nan, torch.inf):
            with pytest.raises(WrongOutput, match=r"^reference: the output is wrong by .* of its size"):
                self.off(share).compare_loosely()
