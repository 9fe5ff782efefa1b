"""A file in memory through which one process hands tensors to another."""

from __future__ import annotations

import math
import mmap
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from assay.records.stored_tensor import StoredTensor

ALIGNMENT = 64
SMALLEST = 1 << 16


class TensorFile:
    """One side writes all tensors of a message, the other reads them before the next message."""

    def __init__(self, path: Path) -> None:
        """Make the file, or open the one that the other side made."""
        self._file = path.open("r+b" if path.exists() else "w+b")
        self._bytes: Tensor | None = None

    def write(self, tensors: Sequence[Tensor]) -> tuple[StoredTensor, ...]:
        """Copy tensors of any device into the file, in place of the last ones; one that comes twice is stored once."""
        places: dict[int, StoredTensor] = {}
        end = 0
        for tensor in tensors:
            if id(tensor) not in places:
                dtype = str(tensor.dtype).removeprefix("torch.")
                places[id(tensor)] = StoredTensor(end, tuple(tensor.shape), dtype)
                end += -(-tensor.numel() * tensor.element_size() // ALIGNMENT) * ALIGNMENT
        self._map(end)
        for tensor in {id(tensor): tensor for tensor in tensors}.values():
            self._view(places[id(tensor)]).copy_(tensor.detach())
        return tuple(places[id(tensor)] for tensor in tensors)

    def read(self, stored: Sequence[StoredTensor]) -> list[Tensor]:
        """Return views of stored tensors, which last until the next message; what is stored once is one tensor.

        Raises `ValueError` where the file holds less.
        """
        views = {place: self._view(place) for place in stored}
        return [views[place] for place in stored]

    def _view(self, place: StoredTensor) -> Tensor:
        dtype = getattr(torch, place.dtype, None)
        if not isinstance(dtype, torch.dtype) or min((0, place.offset, *place.shape)) < 0 or place.offset % ALIGNMENT:
            raise ValueError(f"{place} is not a tensor")
        size = math.prod(place.shape) * dtype.itemsize
        if not size:
            return torch.empty(place.shape, dtype=dtype)
        end = place.offset + size
        if self._bytes is None or self._bytes.numel() < end:
            self._map(0)
        if self._bytes is None or self._bytes.numel() < end:
            raise ValueError(f"the file holds less than {place}")
        return self._bytes[place.offset : end].view(dtype).view(place.shape)

    def _map(self, least: int) -> None:
        """Map the whole file, which is made so many bytes long at least."""
        size = self._file.seek(0, 2)
        if size < least or (least and not size):
            size = max(SMALLEST, 1 << (least - 1).bit_length())
            self._file.truncate(size)
        if size and (self._bytes is None or self._bytes.numel() < size):
            self._bytes = torch.frombuffer(mmap.mmap(self._file.fileno(), size), dtype=torch.uint8)
