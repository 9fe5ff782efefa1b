"""Where a tensor lies in a file that two processes map, without the tensor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """The offset of the first byte, the shape, and the name of torch's type, such as `float32`."""

    offset: int
    shape: tuple[int, ...]
    dtype: str
