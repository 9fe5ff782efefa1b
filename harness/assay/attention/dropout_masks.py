"""Reading dropout's masks off outputs: where values are rows of the identity, the weights of attention come out.

A weight is either dropped or kept and scaled, in the share that was asked for. All weights are drawn by themselves:
in an autocorrelation over calls, items, heads, queries and keys nothing stands out at any distance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from assay.attention.calls import Build
from assay.attention.inputs import DTYPES, Inputs, convert_weights, generator_of, make_inputs
from assay.attention.reference import looked_at, project, weigh
from assay.errors import WrongOutput
from assay.plugins.types import Weights
from assay.records.workload import Workload

CALLS = 256
BATCH = 4
KEYS = 48
AXES = ("calls", "items of a batch", "heads", "queries", "keys")
STREAM = 4 << 20
LEAST_WEIGHT = 1e-4
SHARE_SLACK = 0.01
BITS_SLACK = 1 / 256  # kernels of GPUs draw 8 bits for each weight
SIGMAS = 6.0
DOUBT = 40.0  # a right dropout is refused with a probability below e^-40, at each distance


def masked(workload: Workload) -> Workload | None:
    """Return a small workload whose masks can be read, or None where they cannot."""
    if not workload.semantics.dropout or workload.semantics.kind != "softmax":
        return None
    length = KEYS if workload.level == "core" else min(KEYS, workload.d_model)
    queries = length // 2 if workload.level == "decode" else length
    return replace(workload, batch=BATCH, q_len=queries, kv_len=length, phase="fwd", source=None)


def check_masks(build: Build, workload: Workload, seed: int) -> None:
    """Read the masks of many calls on a workload of `masked`; raise `WrongOutput` for what no dropout gives."""
    generator = generator_of(workload, STREAM, seed)
    keys = torch.randperm(workload.kv_len, generator=generator)[: workload.d_v].sort().values
    inputs, weights = _readable(workload, keys, generator)
    exact = _weights_of_attention(workload, inputs, weights)[..., keys]
    rows = looked_at(workload, torch.arange(workload.q_len), inputs.lengths)
    observed = (exact > LEAST_WEIGHT) & rows[:, None, :, None].to(exact.device)
    run = build(workload, weights)
    with torch.random.fork_rng(devices=[]), torch.inference_mode():
        torch.manual_seed(seed)
        outputs = [_read(workload, run(inputs)[0], len(keys)) for _ in range(CALLS)]
        observed = observed & ~outputs[0].isnan()
        kept = torch.stack([output.float() / exact.float() for output in outputs]) * (1.0 - workload.semantics.dropout)
    Masks(workload=workload, kept=kept, observed=observed).check()


@dataclass(frozen=True, slots=True, kw_only=True)
class Masks:
    """What each weight was multiplied by, 0 or 1, in each call: [calls, batch, heads, queries, keys]."""

    workload: Workload
    kept: Tensor
    observed: Tensor

    def check(self) -> None:
        """Raise `WrongOutput` unless they are those of a dropout."""
        dropout, place = self.workload.semantics.dropout, self.observed.expand_as(self.kept)
        ones = self.kept > 0.5
        off = torch.where(place, (self.kept - ones.float()).abs(), 0.0).max().item()
        if not off <= self._slack():
            raise WrongOutput(f"a weight is neither dropped nor scaled by 1 / (1 - {dropout}), by {off:.2g}")
        number = int(place.sum())
        share = 1.0 - (ones & place).sum().item() / number
        slack = max(SHARE_SLACK * dropout, SIGMAS * (dropout * (1.0 - dropout) / number) ** 0.5)
        if self.workload.device != "cpu":
            slack = max(slack, BITS_SLACK)
        if not abs(share - dropout) <= slack:
            raise WrongOutput(f"{share:.4f} of the weights are dropped, and {dropout} were asked for")
        self._check_independence(torch.where(place, ones.float() - (1.0 - share), 0.0), share)

    def _slack(self) -> float:
        half = DTYPES[self.workload.dtype] in (torch.bfloat16, torch.float16)
        return 0.03 if self.workload.level == "core" or not half else 0.3

    def _check_independence(self, centred: Tensor, share: float) -> None:
        """Hold the sums of products at every distance to the bound of Bernstein for as many independent ones."""
        products, pairs = _autocorrelation(centred), len(centred) * _autocorrelation(self.observed.float())
        variance = (share * (1.0 - share)) ** 2
        most = max(share, 1.0 - share) ** 2
        far = DOUBT * most / 3.0
        bound = far + (far**2 + 4.0 * DOUBT * variance * pairs.clamp_min(0.0)).sqrt()  # each pair may come twice
        excess = products.abs() / bound
        excess[(0,) * centred.ndim] = 0.0
        if bool((excess <= 1.0).all()):
            return
        place = torch.unravel_index(excess.argmax(), excess.shape)
        names = [name for name, distance in zip(AXES, place, strict=True) if int(distance)]
        raise WrongOutput(f"masks of different {' and '.join(names)} are not independent")


def _autocorrelation(values: Tensor) -> Tensor:
    """Sums of products of values at every distance, around the ends."""
    products: Tensor = torch.fft.irfftn(torch.fft.rfftn(values).abs().square(), s=values.shape)
    return products


def _readable(workload: Workload, keys: Tensor, generator: torch.Generator) -> tuple[Inputs, Weights | None]:
    """Inputs with which the output of a head is, in its first numbers, its weights of some keys."""
    usual = make_inputs(workload, None, 0)
    dtype, device = DTYPES[workload.dtype], workload.device
    chosen = torch.zeros(workload.kv_len, workload.d_v, dtype=torch.float64)
    chosen[keys, torch.arange(len(keys))] = 1.0
    if workload.level == "core":
        q, k, v = usual.tensors[:3]
        values = chosen.to(v).expand_as(v).contiguous()
        return Inputs(tensors=(q / 2, k / 2, values, *usual.tensors[3:])), None
    square = torch.randn(workload.d_model, workload.kv_len, generator=generator, dtype=torch.float64)
    x = torch.linalg.qr(square).Q.mT  # its rows are orthonormal, so that x (xᵀ chosen) is chosen
    query, key = (
        torch.randn(workload.d_model, heads * workload.d_qk, generator=generator, dtype=torch.float64)
        for heads in (workload.q_heads, workload.kv_heads)
    )
    value = (x.mT @ chosen).repeat(1, workload.kv_heads)
    joined = torch.eye(workload.q_heads * workload.d_v, workload.d_model, dtype=torch.float64)
    weights = Weights(wq=query / 2, wk=key / 2, wv=value, wo=None if workload.level == "qkv" else joined)
    batch = x.expand(workload.batch, -1, -1).to(dtype=dtype, device=device).contiguous()
    given = convert_weights(weights, lambda tensor: tensor.to(dtype=dtype, device=device))
    if workload.level != "decode":
        return Inputs(tensors=(batch, *usual.tensors[1:])), given
    past = workload.kv_len - workload.q_len
    return Inputs(tensors=(batch[:, past:].contiguous(), *usual.tensors[1:]), past=batch[:, :past].contiguous()), given


def _weights_of_attention(workload: Workload, inputs: Inputs, weights: Weights | None) -> Tensor:
    q, k, _ = project(workload, inputs.map(Tensor.double), convert_weights(weights, Tensor.double))
    return weigh(workload, q, k, torch.arange(workload.q_len), inputs.lengths).nan_to_num(0.0)


def _read(workload: Workload, output: Tensor, keys: int) -> Tensor:
    """The weights in an output, [batch, heads, queries, keys]; NaN for those that the output projection cut off."""
    if workload.level != "core":
        width = workload.q_heads * workload.d_v
        whole = output.new_full((*output.shape[:2], width), torch.nan)
        known = min(width, output.shape[-1])
        whole[..., :known] = output[..., :known]
        output = whole.unflatten(-1, (workload.q_heads, workload.d_v)).transpose(1, 2)
    return output[..., :keys]
