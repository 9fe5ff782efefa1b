"""Which keys each query sees, as booleans that are made once."""

from __future__ import annotations

import torch
from torch import Tensor

import assay


def visible(workload: assay.Workload) -> Tensor | None:
    """Return [batch or 1, 1, q_len or 1, kv_len], true where a query sees a key; None where each sees all."""
    semantics = workload.semantics
    if semantics.mask == "none":
        return None
    keys = torch.arange(workload.kv_len, device=workload.device)
    if semantics.mask == "padding":
        lengths = torch.tensor(workload.lengths, device=workload.device)
        return keys < lengths.view(-1, 1, 1, 1)
    seen = sees(semantics, positions(workload), keys)
    return None if bool(seen.all()) else seen[None, None]


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
