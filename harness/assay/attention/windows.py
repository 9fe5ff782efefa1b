"""The tutorial's data pipeline: sliding windows over token ids, batches, and embeddings.

loader = window_loader(ids, max_length=4, stride=1, batch_size=1)
inputs, targets = next(iter(loader))          # each [batch_size, max_length]
embed = TextEmbedding(vocab_size=50257, context_length=4, width=256)
x = embed(inputs)                             # [batch_size, max_length, width]
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset


class Windows(Dataset[tuple[Tensor, Tensor]]):
    """Windows of `max_length` ids every `stride` ids, each with its target: the window moved by one.

    A window starts at 0, stride, 2 * stride, ... while start < len(ids) - max_length, so that every target
    is complete.
    """

    def __init__(self, ids: Sequence[int], *, max_length: int, stride: int) -> None:
        if max_length < 1 or stride < 1:
            raise ValueError(f"max_length and stride must be at least 1, not {max_length} and {stride}")
        self.ids = torch.as_tensor(ids, dtype=torch.long)
        self.max_length = max_length
        self.starts = range(0, max(0, len(self.ids) - max_length), stride)

    def __len__(self) -> int:
        """The number of windows."""
        return len(self.starts)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """Return inputs and targets, each [max_length]."""
        start = self.starts[index]
        end = start + self.max_length
        return self.ids[start:end], self.ids[start + 1 : end + 1]


def window_loader(
    ids: Sequence[int],
    *,
    max_length: int,
    stride: int,
    batch_size: int,
    shuffle: bool = False,
    drop_last: bool = True,
    seed: int | None = None,
) -> DataLoader[tuple[Tensor, Tensor]]:
    """Batch the windows of a text: pairs of inputs and targets, each [batch_size, max_length].

    `seed` makes a shuffled order repeatable, whatever the state of torch's global generator; without
    `drop_last` the last batch may be smaller.
    """
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    windows = Windows(ids, max_length=max_length, stride=stride)
    # An empty dataset cannot be shuffled: torch's random sampler refuses it, where no batch is the answer.
    return DataLoader(
        windows,
        batch_size=batch_size,
        shuffle=shuffle and len(windows) > 0,
        drop_last=drop_last,
        generator=generator,
    )


class TextEmbedding(nn.Module):
    """Token embedding plus learned absolute position embedding, both from N(0, 1).

    With a `seed` the weights are repeatable, and torch's global generator is left as it was.
    """

    def __init__(self, *, vocab_size: int, context_length: int, width: int, seed: int | None = None) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[], enabled=seed is not None):
            if seed is not None:
                torch.manual_seed(seed)
            self.token = nn.Embedding(vocab_size, width)
            self.position = nn.Embedding(context_length, width)

    def forward(self, ids: Tensor) -> Tensor:
        """Embed ids [batch, length], with length at most the context length, as [batch, length, width]."""
        positions = torch.arange(ids.shape[-1], device=ids.device)
        embedded: Tensor = self.token(ids) + self.position(positions)
        return embedded
