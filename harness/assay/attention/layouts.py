"""Copies of tensors in other places of memory: the same values, as frameworks hand them to a kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

PACKED = "packed"
GAP = 8
Layout = str | tuple[str, ...]


def lay_out(tensors: Sequence[Tensor], layout: Layout) -> list[Tensor]:
    """Copy tensors: each in the layout of that name, or of its own in a tuple that goes round.

    `packed` puts the first three side by side in one piece of memory, where they are q, k and v of one length and
    width. A tensor that comes twice stays one, and what is not floating-point is contiguous.
    """
    if layout == PACKED:
        packed = _packed(tensors)
        return [*packed, *lay_out(tensors[len(packed) :], "transposed")]
    names = (layout,) if isinstance(layout, str) else layout
    made: dict[int, Tensor] = {}
    for place, tensor in enumerate(tensors):
        if id(tensor) not in made:
            name = names[place % len(names)] if tensor.is_floating_point() else "contiguous"
            made[id(tensor)] = LAYOUTS[name](tensor)
    return [made[id(tensor)] for tensor in tensors]


def _contiguous(tensor: Tensor) -> Tensor:
    return tensor.clone(memory_format=torch.contiguous_format)


def _transposed(tensor: Tensor) -> Tensor:
    """Positions before heads, as a projection leaves them; of [batch, length, width] positions before the batch."""
    axis = 1 if tensor.ndim == 4 else 0
    return tensor.transpose(axis, -2).clone(memory_format=torch.contiguous_format).transpose(axis, -2)


def _sliced(tensor: Tensor) -> Tensor:
    """A part of something larger in length and width: it begins later, and leaves gaps."""
    *outer, length, width = tensor.shape
    whole = tensor.new_full((*outer, length + GAP, width + GAP), torch.nan)
    part = whole[..., GAP // 2 : GAP // 2 + length, :width]
    return part.copy_(tensor)


def _late(tensor: Tensor) -> Tensor:
    """The end of a longer piece of memory, without gaps."""
    whole = tensor.new_full((tensor.numel() + 16 * GAP,), torch.nan)
    return whole[16 * GAP :].view(tensor.shape).copy_(tensor)


def _heads_first(tensor: Tensor) -> Tensor:
    """Heads, then the batch; of [batch, length, width] as it is."""
    if tensor.ndim < 4:
        return _contiguous(tensor)
    return tensor.transpose(0, 1).clone(memory_format=torch.contiguous_format).transpose(0, 1)


def _packed(tensors: Sequence[Tensor]) -> list[Tensor]:
    """q, k and v as heads of one [batch, length, heads, width]; none of them where that cannot be."""
    parts = list(tensors[:3])
    if len(parts) < 3 or any(part.ndim != 4 for part in parts) or parts[0] is parts[1]:
        return []
    if len({(part.shape[0], part.shape[2], part.shape[3]) for part in parts}) > 1:
        return []
    whole = torch.cat([part.transpose(1, 2) for part in parts], dim=2)
    return [part.transpose(1, 2) for part in whole.split([part.shape[1] for part in parts], dim=2)]


LAYOUTS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "contiguous": _contiguous,
    "transposed": _transposed,
    "sliced": _sliced,
    "late": _late,
    "heads-first": _heads_first,
}
