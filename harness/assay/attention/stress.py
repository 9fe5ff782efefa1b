"""Inputs that are hard on an attention: on those of N(0, 1) scores are small, and much that is wrong does not show.

Queries of four sorts take turns at random. `plain` ones stay. `large` ones are 30 times as long, so that scores go far
beyond what e^x can hold. `low` ones see all keys alike, with scores of -2,048 or so: a mask that only subtracts
something shows. `sharp` ones look at one key of theirs alone. Values of every other head are large and of one sign.
"""

from __future__ import annotations

import torch
from torch import Tensor

from assay.attention.inputs import Inputs, generator_of
from assay.attention.reference import visible
from assay.records.workload import Workload

STREAM = 3 << 20
LARGE = 30.0
LOW = 4096.0
LOW_OF_GRADIENTS = 512.0
LOW_WHERE_TURNED = 128.0
COMMON = 4.0
LONGER = 8.0
TOKEN = 10.0


def stressed(workload: Workload, inputs: Inputs, seed: int) -> Inputs:
    """Make inputs of N(0, 1) hard; where they are one x, tokens of a common direction and length do it."""
    generator = generator_of(workload, STREAM, seed)
    if workload.level != "core" or workload.semantics.kind == "weightless":
        return _stressed_tokens(workload, inputs, generator)
    q, k, v = inputs.tensors[:3]
    first = int(torch.randint(0, 2, (), generator=generator))
    heads = (torch.arange(workload.batch)[:, None] + torch.arange(workload.kv_heads)) % 2 == first
    v = torch.where(heads[..., None, None].to(v.device), _large_values(workload) * (1 + v / 8), v)
    if workload.semantics.kind == "linear":
        longer = torch.rand(q.shape[:-1], generator=generator).unsqueeze(-1).to(q.device) < 0.5
        return Inputs(tensors=(torch.where(longer, LONGER * q, q), k, v, *inputs.tensors[3:]))
    place = _common_place(workload)
    k = k.clone()
    k[..., place] = COMMON
    sorts = torch.randint(0, 4, q.shape[:-1], generator=generator).to(q.device)
    if workload.phase != "fwd":  # the gradient of keys sums over queries: a low one would hide the others of its head
        whole = torch.randint(0, 2, q.shape[:2], generator=generator).to(q.device) * 2
        sorts = torch.where(whole.unsqueeze(-1) == 2, whole.unsqueeze(-1), sorts * (sorts != 2))
    low = torch.zeros_like(q)
    low[..., place] = -_low(workload) * (1.0 + torch.rand(q.shape[:-1], generator=generator).to(q)) / 2
    choices = (q, LARGE * q, low, _sharp(workload, k, inputs.lengths, generator))
    for sort, changed in enumerate(choices):
        q = torch.where((sorts == sort).unsqueeze(-1), changed, q)
    return Inputs(tensors=(q, k, v, *inputs.tensors[3:]))


def _common_place(workload: Workload) -> int:
    """Where keys are all alike: the first number of a key, or that of the pair which rotary positions turn least."""
    return workload.d_qk // 2 - 1 if workload.semantics.bias == "rope" else 0


def _low(workload: Workload) -> float:
    """How long a low query is: shorter for gradients, and where rounded rotations make keys differ."""
    if workload.semantics.bias == "rope" and workload.dtype != "f32":
        return LOW_WHERE_TURNED
    return LOW if workload.phase == "fwd" else LOW_OF_GRADIENTS


def _large_values(workload: Workload) -> float:
    """As large as float16 holds the sum of some hundred, or of gradients made from them."""
    return 500.0 if workload.phase == "fwd" else 16.0


def _sharp(workload: Workload, k: Tensor, lengths: Tensor | None, generator: torch.Generator) -> Tensor:
    """Queries along one key that they see: its score is some 30, the others' are near 0."""
    seen = visible(workload, torch.arange(workload.q_len), lengths)[:, 0].expand(workload.batch, -1, -1)
    order = torch.rand(workload.batch, workload.q_heads, workload.q_len, generator=generator)
    number = seen.sum(dim=-1)[:, None]
    chosen = (order * number).long().clamp_max(workload.kv_len - 1) + seen.int().argmax(dim=-1)[:, None]
    repeated = k.repeat_interleave(workload.q_heads // workload.kv_heads, dim=1)
    place = chosen.clamp_max(workload.kv_len - 1).unsqueeze(-1).expand(-1, -1, -1, workload.d_qk).to(k.device)
    keys = repeated.gather(2, place)
    along: Tensor = LARGE * keys / keys.norm(dim=-1, keepdim=True)
    return along.to(k.dtype)


def _stressed_tokens(workload: Workload, inputs: Inputs, generator: torch.Generator) -> Inputs:
    """Tokens of different lengths with a direction in common, so that scores of a head are all high or all low."""
    if workload.semantics.kind == "weightless":
        x = 2.0 * inputs.tensors[0]
        return Inputs(tensors=(x, x, x))
    width = inputs.tensors[0].shape[-1]
    direction = torch.randn(width, generator=generator).to(inputs.tensors[0])

    def changed(x: Tensor) -> Tensor:
        factors = torch.tensor([1.0, 4.0])[torch.randint(0, 2, x.shape[:-1], generator=generator)]
        return factors.unsqueeze(-1).to(x) * x + TOKEN * direction

    return inputs.map(changed)
