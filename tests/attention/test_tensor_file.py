"""A file of tensors: what one side writes the other reads, and what is not there is refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from assay.attention.tensor_file import ALIGNMENT, SMALLEST, TensorFile
from assay.records.stored_tensor import StoredTensor

DTYPES = ("float32", "float64", "bfloat16", "float16", "int64", "int32", "uint8", "bool")
SHAPES = st.lists(st.integers(0, 5), max_size=4).map(tuple)
reuse = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
Pair = tuple[TensorFile, TensorFile]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    path = tmp_path / "tensors"
    return TensorFile(path), TensorFile(path)


def made(dtype: str, shape: Sequence[int], seed: int = 0) -> Tensor:
    values = torch.randn(tuple(shape), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return (10 * values).to(getattr(torch, dtype))


def hand_over(pair: Pair, tensors: Sequence[Tensor]) -> list[Tensor]:
    writer, reader = pair
    return reader.read(writer.write(tensors))


@reuse
@given(wanted=st.lists(st.tuples(st.sampled_from(DTYPES), SHAPES), max_size=5))
def test_every_dtype_and_shape_comes_back(pair: Pair, wanted: list[tuple[str, tuple[int, ...]]]) -> None:
    """In one file, message after message, whatever lay there before."""
    tensors = [made(dtype, shape, seed) for seed, (dtype, shape) in enumerate(wanted)]
    found = hand_over(pair, tensors)
    assert [tensor.dtype for tensor in found] == [tensor.dtype for tensor in tensors]
    assert [tensor.shape for tensor in found] == [tensor.shape for tensor in tensors]
    assert all(map(torch.equal, found, tensors))


def test_bits_come_back_and_not_only_values(pair: Pair) -> None:
    odd = torch.tensor([torch.nan, -0.0, torch.inf, 1e-45])
    (found,) = hand_over(pair, [odd])
    assert found.view(torch.int32).tolist() == odd.view(torch.int32).tolist()


@pytest.mark.parametrize("change", [lambda x: x.mT, lambda x: x[:, ::2], lambda x: x.expand(3, 4, 6)])
def test_a_view_comes_back_contiguous(pair: Pair, change: object) -> None:
    tensor = change(made("float32", (4, 6)))  # type: ignore[operator]
    (found,) = hand_over(pair, [tensor])
    assert found.is_contiguous()
    assert torch.equal(found, tensor)


def test_one_that_asks_for_a_gradient_is_handed_over_without_it(pair: Pair) -> None:
    (found,) = hand_over(pair, [made("float32", (2, 3)).requires_grad_()])
    assert not found.requires_grad


def test_the_file_grows_and_both_sides_see_it(pair: Pair) -> None:
    sizes = []
    for number in (1, SMALLEST // 4, SMALLEST // 4 + 1, 1 << 18, 5):
        tensor = made("float32", (number,), number)
        (found,) = hand_over(pair, [tensor])
        assert torch.equal(found, tensor)
        sizes.append(pair[1]._file.seek(0, 2))
    assert sizes == [SMALLEST, SMALLEST, 2 * SMALLEST, 1 << 20, 1 << 20]


def test_a_tensor_that_comes_twice_is_stored_once_and_stays_one(pair: Pair) -> None:
    x, other = made("float32", (2, 8)), made("float32", (2, 8))
    first, second, third, last = pair[0].write([x, x, other, x])
    assert first == second == last
    assert third.offset == first.offset + ALIGNMENT
    found = pair[1].read([first, second, third, last])
    assert found[0] is found[1] is found[3]
    assert found[2] is not found[0]


def test_places_are_aligned_and_do_not_overlap(pair: Pair) -> None:
    places = pair[0].write([made("uint8", (number,)) for number in (1, 63, 64, 65, 0, 3)])
    assert [place.offset for place in places] == [0, 64, 128, 192, 320, 320]


def test_a_message_is_written_in_place_of_the_last(pair: Pair) -> None:
    (first,) = pair[0].write([torch.zeros(3)])
    (view,) = pair[1].read([first])
    (second,) = pair[0].write([torch.ones(3)])
    assert first == second
    assert view.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (StoredTensor(0, (1 << 20,), "float32"), "the file holds less than "),
        (StoredTensor(SMALLEST, (1,), "uint8"), "the file holds less than "),
        (StoredTensor(SMALLEST - 64, (65,), "uint8"), "the file holds less than "),
        (StoredTensor(1 << 60, (1 << 40, 1 << 40), "float32"), "the file holds less than "),
        (StoredTensor(-64, (1,), "float32"), "is not a tensor"),
        (StoredTensor(0, (-1,), "float32"), "is not a tensor"),
        (StoredTensor(0, (-2, -2), "float32"), "is not a tensor"),
        (StoredTensor(1, (1,), "float32"), "is not a tensor"),
        (StoredTensor(0, (1,), "float33"), "is not a tensor"),
        (StoredTensor(0, (1,), "Tensor"), "is not a tensor"),
        (StoredTensor(0, (1,), "load"), "is not a tensor"),
    ],
)
def test_what_the_file_lacks_is_refused(pair: Pair, place: StoredTensor, words: str) -> None:
    """The other side may be anything: it says where tensors lie, and nothing of that is believed."""
    pair[0].write([torch.ones(3)])
    with pytest.raises(ValueError, match=words):
        pair[1].read([place])
    assert pair[1].read([StoredTensor(SMALLEST - 64, (64,), "uint8")])[0].tolist() == [0] * 64


def test_nothing_can_be_read_of_a_file_to_which_nothing_was_written(pair: Pair) -> None:
    with pytest.raises(ValueError, match="the file holds less"):
        pair[1].read([StoredTensor(0, (1,), "float32")])
    assert pair[1].read([StoredTensor(0, (0,), "float32")])[0].shape == (0,)
    assert pair[1].read([]) == []
