"""Which keys each query sees, as booleans: made once, or of padding in each call, as its lengths change."""

from __future__ import annotations

import torch
from torch import Tensor

import assay


def visible(workload: assay.Workload) -> Tensor | None:
    """Return [1, 1, q_len, kv_len], true where a query sees a key; None where each sees all, or all but padding."""
    semantics = workload.semantics
    if semantics.mask in ("none", "padding"):
        return None
    keys = torch.arange(workload.kv_len, device=workload.device)
    seen = sees(semantics, positions(workload), keys)
    return None if bool(seen.all()) else seen[None, None]


def valid(lengths: Tensor, kv_len: int) -> Tensor:
    """Return [batch, 1, 1, kv_len], true for the keys within the valid length of an item."""
    return torch.arange(kv_len, device=lengths.device) < lengths.view(-1, 1, 1, 1)


def positions(workload: assay.Workload) -> Tensor:
    """Return the positions of the queries, [q_len, 1]: they are the last of kv_len."""
    first = workload.kv_len - workload.q_len
    return torch.arange(first, workload.kv_len, device=workload.device).unsqueeze(-1)


def sees(semantics: assay.Semantics, own: Tensor, keys: Tensor) -> Tensor:
    """Return whether queries at the positions `own` see keys at the positions `keys`, which broadcast."""
    past = keys <= own
    if semantics.mask == "window":
        return past & (keys > own - semantics.reach)
    if semantics.mask == "prefix":
        return past | (keys < semantics.reach)
    return past if semantics.mask == "causal" else torch.ones_like(past)
