"""Sliding windows, batches and embeddings, as the tutorial prints them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

import assay
from assay.attention.windows import TextEmbedding, Windows, window_loader


@pytest.fixture(scope="module")
def ids() -> list[int]:
    host = assay.discover()
    (document,) = host.one(assay.CorpusPlugin, "the-verdict").documents()
    return host.one(assay.TokenizerPlugin, "gpt2").build("").encode(document.text)


def starts(loader: Iterable[tuple[Tensor, Tensor]]) -> list[int]:
    """The first id of every window, in order; with ids that count up, it is where the window starts."""
    return [int(row[0]) for inputs, _ in loader for row in inputs]


class TestWindows:
    def test_growing_contexts(self, ids: list[int]) -> None:
        inputs, targets = Windows(ids, max_length=4, stride=1)[0]
        grown = [(inputs[: n + 1].tolist(), int(targets[n])) for n in range(3)]
        assert grown == [([40], 367), ([40, 367], 2885), ([40, 367, 2885], 1464)]

    @settings(deadline=None)
    @given(count=st.integers(0, 40), max_length=st.integers(1, 12), stride=st.integers(1, 15))
    def test_the_tutorials_loop(self, count: int, max_length: int, stride: int) -> None:
        ids = list(range(100, 100 + count))
        expected, start = [], 0
        while start < len(ids) - max_length:
            expected.append((ids[start : start + max_length], ids[start + 1 : start + 1 + max_length]))
            start += stride
        windows = Windows(ids, max_length=max_length, stride=stride)
        found = [tuple(half.tolist() for half in windows[index]) for index in range(len(windows))]
        assert found == expected
        assert all(len(inputs) == len(targets) == max_length for inputs, targets in found)

    def test_the_verdict_whole(self, ids: list[int]) -> None:
        assert len(Windows(ids, max_length=4, stride=1)) == 5145 - 4
        assert len(Windows(ids, max_length=256, stride=256)) == 20

    def test_there_is_no_window_beyond_the_last(self) -> None:
        with pytest.raises(IndexError):
            Windows(range(10), max_length=4, stride=1)[6]

    @pytest.mark.parametrize(("max_length", "stride"), [(0, 1), (4, 0), (-1, 1), (4, -1)])
    def test_sizes_below_one_are_refused(self, max_length: int, stride: int) -> None:
        with pytest.raises(ValueError, match="at least 1"):
            Windows(range(10), max_length=max_length, stride=stride)


class TestLoader:
    def test_the_first_batch(self, ids: list[int]) -> None:
        inputs, targets = next(iter(window_loader(ids, max_length=4, stride=1, batch_size=1, shuffle=False)))
        assert inputs.tolist() == [[40, 367, 2885, 1464]]
        assert targets.tolist() == [[367, 2885, 1464, 1807]]

    def test_the_second_batch_is_one_stride_on(self, ids: list[int]) -> None:
        _, (inputs, targets) = list(window_loader(ids[:9], max_length=4, stride=4, batch_size=1))
        assert inputs.tolist() == [ids[4:8]]
        assert targets.tolist() == [ids[5:9]]

    def test_a_batch_of_eight(self, ids: list[int]) -> None:
        inputs, targets = next(iter(window_loader(ids, max_length=4, stride=4, batch_size=8)))
        assert inputs.shape == targets.shape == (8, 4)
        assert inputs.flatten().tolist() == ids[:32]
        assert targets.flatten().tolist() == ids[1:33]

    def test_unshuffled_is_in_order_every_time(self) -> None:
        loader = window_loader(range(50), max_length=4, stride=2, batch_size=3, drop_last=False)
        assert starts(loader) == starts(loader) == list(range(0, 46, 2))

    def test_shuffled_is_another_order_of_the_same(self) -> None:
        loader = window_loader(range(100), max_length=4, stride=1, batch_size=8, shuffle=True, drop_last=False, seed=1)
        order = starts(loader)
        assert order != sorted(order)
        assert sorted(order) == list(range(96))

    def test_a_seed_repeats_the_order_whatever_torch_drew_before(self) -> None:
        def order(seed: int) -> list[int]:
            return starts(window_loader(range(100), max_length=4, stride=1, batch_size=8, shuffle=True, seed=seed))

        torch.manual_seed(1)
        first = order(7)
        torch.manual_seed(2)
        assert order(7) == first
        assert order(8) != first

    def test_a_second_pass_has_another_order(self) -> None:
        loader = window_loader(range(100), max_length=4, stride=1, batch_size=8, shuffle=True, seed=7)
        assert starts(loader) != starts(loader)

    @pytest.mark.parametrize(("drop_last", "sizes"), [(True, [4, 4]), (False, [4, 4, 2])])
    def test_drop_last(self, drop_last: bool, sizes: list[int]) -> None:
        loader = window_loader(range(14), max_length=4, stride=1, batch_size=4, drop_last=drop_last)
        assert [len(inputs) for inputs, _ in loader] == sizes
        assert len(loader) == len(sizes)

    @pytest.mark.parametrize("shuffle", [False, True])
    @pytest.mark.parametrize("count", [0, 1, 4])
    def test_too_short_a_text_gives_no_batch(self, count: int, shuffle: bool) -> None:
        loader = window_loader(range(count), max_length=4, stride=1, batch_size=1, shuffle=shuffle, drop_last=False)
        assert list(loader) == []


class TestEmbedding:
    def test_the_tutorials_numbers(self) -> None:
        table = TextEmbedding(vocab_size=6, context_length=4, width=3, seed=42).token
        torch.testing.assert_close(table.weight[0], torch.tensor([1.9269, 1.4873, -0.4974]), atol=5e-5, rtol=0)
        rows = [
            [0.8599, -0.3097, -0.3957],
            [0.4396, -0.7581, 1.0783],
            [-0.6866, 0.6105, 1.3347],
            [0.8008, 1.6806, 0.3559],
        ]
        torch.testing.assert_close(table(torch.tensor([[5, 1, 3, 2]])), torch.tensor([rows]), atol=5e-5, rtol=0)

    def test_a_seed_is_torchs_seed(self) -> None:
        torch.manual_seed(42)
        torch.testing.assert_close(
            TextEmbedding(vocab_size=6, context_length=4, width=3).token.weight,
            TextEmbedding(vocab_size=6, context_length=4, width=3, seed=42).token.weight,
        )

    def test_token_and_position_are_added(self) -> None:
        embed = TextEmbedding(vocab_size=6, context_length=4, width=3, seed=1)
        embedded = embed(torch.tensor([[5, 1], [1, 1]]))
        for row, ids in enumerate([[5, 1], [1, 1]]):
            for position, token in enumerate(ids):
                expected = embed.token.weight[token] + embed.position.weight[position]
                assert torch.equal(embedded[row, position], expected)

    def test_the_tutorials_shape(self, ids: list[int]) -> None:
        inputs, _ = next(iter(window_loader(ids, max_length=4, stride=4, batch_size=8)))
        embed = TextEmbedding(vocab_size=50_257, context_length=4, width=256, seed=123)
        assert embed(inputs).shape == (8, 4, 256)
        assert (embed.token.weight.shape, embed.position.weight.shape) == ((50_257, 256), (4, 256))

    def test_with_a_seed_the_global_generator_is_left_as_it_was(self) -> None:
        before = torch.get_rng_state()
        one = TextEmbedding(vocab_size=6, context_length=4, width=3, seed=1)
        assert torch.equal(torch.get_rng_state(), before)
        torch.rand(3)
        other = TextEmbedding(vocab_size=6, context_length=4, width=3, seed=1)
        assert torch.equal(one.token.weight, other.token.weight)
        assert torch.equal(one.position.weight, other.position.weight)

    def test_a_text_longer_than_the_context_is_refused(self) -> None:
        with pytest.raises(IndexError):
            TextEmbedding(vocab_size=6, context_length=4, width=3)(torch.zeros(1, 5, dtype=torch.long))


def test_embeddings_of_several_lengths_share_their_tokens() -> None:
    from assay.attention.inputs import EmbeddedText

    text = EmbeddedText(list(range(40)), 50)
    short, long = (text.embedding(length=length, width=8, seed=1) for length in (4, 16))
    assert short.token is long.token
    alone = TextEmbedding(vocab_size=50, context_length=16, width=8, seed=1)
    assert torch.equal(long.token.weight, alone.token.weight)
    assert torch.equal(long.position.weight, alone.position.weight)
    assert text.embedding(length=4, width=8, seed=2).token is not short.token
