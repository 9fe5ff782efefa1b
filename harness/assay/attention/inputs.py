"""The host's inputs and weights for an attention workload: the same for every plugin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from assay.attention.windows import TextEmbedding, window_loader
from assay.errors import Unavailable
from assay.plugins.types import Weights
from assay.records.workload import Workload

UPSTREAM, LENGTHS = 1 << 20, 2 << 20  # the first of their streams
SEED_BITS = 24
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What one step is given: (q, k, v) at level `core`, (x,) at the others, then valid lengths if there is padding.

    `past` is what a step of level `decode` is filled with before.
    """

    tensors: tuple[Tensor, ...]
    past: Tensor | None = None

    @property
    def lengths(self) -> Tensor | None:
        """The valid lengths [batch] where there is padding."""
        return None if self.tensors[-1].is_floating_point() else self.tensors[-1]

    def map(self, change: Callable[[Tensor], Tensor]) -> Inputs:
        """Change every floating-point tensor."""
        tensors = tuple(change(tensor) if tensor.is_floating_point() else tensor for tensor in self.tensors)
        return Inputs(tensors=tensors, past=None if self.past is None else change(self.past))


class EmbeddedText:
    """A tokenized text and its embeddings, each made once."""

    def __init__(self, ids: Sequence[int], vocab_size: int) -> None:
        self.ids = ids
        self.vocab_size = vocab_size
        self._embeddings: dict[tuple[int, int, int], TextEmbedding] = {}

    def hidden(self, *, batch: int, length: int, width: int, seed: int, offset: int) -> Tensor:
        """Embed the first batch of windows of the text from token `offset` on, as [batch, length, width].

        Raises `Unavailable` for too short a text.
        """
        ids = self.ids[offset:]
        loader = window_loader(ids, max_length=length, stride=length, batch_size=batch)
        first = next(iter(loader), None)
        if first is None:
            raise Unavailable(
                f"the text has {len(self.ids)} tokens, too few for {batch} windows of {length}",
                remedy="give a longer text",
            )
        table = self.embedding(length=length, width=width, seed=seed)
        embedded: Tensor = table(first[0].to(table.token.weight.device)).detach()
        return embedded

    def embedding(self, *, length: int, width: int, seed: int) -> TextEmbedding:
        """Return the token and position embedding of a context length and a width, made once.

        Tokens are drawn before positions, so that all lengths have the same, and hold them once.
        """
        key = (length, width, seed)
        if key not in self._embeddings:
            made = TextEmbedding(vocab_size=self.vocab_size, context_length=length, width=width, seed=seed)
            for (_, other_width, other_seed), known in self._embeddings.items():
                if (other_width, other_seed) == (width, seed):
                    made.token = known.token
            self._embeddings[key] = made
        return self._embeddings[key]


def make_weights(workload: Workload) -> Weights | None:
    """Draw the canonical projections from N(0, 1 / fan_in); None at level `core`."""
    if workload.level == "core":
        return None
    generator = generator_of(workload, 0, None)
    query_width, key_width = workload.q_heads * workload.d_qk, workload.kv_heads * workload.d_qk
    value_width, context_width = workload.kv_heads * workload.d_v, workload.q_heads * workload.d_v

    def draw(rows: int, columns: int) -> Tensor:
        return _cast(torch.randn(rows, columns, generator=generator) * rows**-0.5, workload)

    return Weights(
        wq=draw(workload.d_model, query_width),
        wk=draw(workload.d_model, key_width),
        wv=draw(workload.d_model, value_width),
        wo=None if workload.level == "qkv" else draw(context_width, workload.d_model),
    )


def convert_weights(weights: Weights | None, change: Callable[[Tensor], Tensor]) -> Weights | None:
    """Change every tensor of some weights."""
    if weights is None:
        return None
    wo = None if weights.wo is None else change(weights.wo)
    return Weights(wq=change(weights.wq), wk=change(weights.wk), wv=change(weights.wv), wo=wo)


def make_inputs(workload: Workload, text: EmbeddedText | None, trial: int, seed: int | None = None) -> Inputs:
    """Draw the inputs of a trial; another trial gives other values of the same shapes.

    With a text, x is the embedding of its windows, each trial one token further on; without, it is drawn
    from N(0, 1). At level `core` with a text, q, k and v are the heads of x in three orders. With the `seed` of a run
    they are that run's own, padded lengths too; without, they are the workload's. Raises `Unavailable` for too short
    a text.
    """
    lengths: tuple[Tensor, ...] = ()
    if workload.semantics.mask == "padding":
        lengths = (_lengths(workload, trial, seed).to(workload.device),)
    if workload.level == "core":
        return Inputs(tensors=(*_heads(workload, text, trial, seed), *lengths))
    x = _cast(_hidden(workload, text, trial, workload.d_model, seed), workload)
    if workload.level == "decode":
        past, new = x.split((workload.kv_len - workload.q_len, workload.q_len), dim=1)
        return Inputs(tensors=(new.contiguous(), *lengths), past=past.contiguous())
    return Inputs(tensors=(x, *lengths))


def make_upstream(workload: Workload, trial: int, seed: int | None = None, lengths: Tensor | None = None) -> Tensor:
    """Draw the gradient of the output of level `core` from N(0, 1); at padded queries it is 0."""
    shape = (workload.batch, workload.q_heads, workload.q_len, workload.d_v)
    upstream = torch.randn(shape, generator=generator_of(workload, trial + UPSTREAM, seed))
    if workload.semantics.mask == "padding":
        valid_lengths = torch.tensor(workload.lengths) if lengths is None else lengths.cpu()
        valid = torch.arange(workload.q_len) < valid_lengths.unsqueeze(-1)
        upstream = upstream * valid[:, None, :, None]
    return _cast(upstream, workload)


def generator_of(workload: Workload, stream: int, seed: int | None) -> torch.Generator:
    """Return the generator of one stream of numbers, of the workload alone or of a run with this seed."""
    own = 0 if seed is None else (seed + 1) << SEED_BITS
    return torch.Generator().manual_seed((own + workload.seed + stream) % (1 << 63))


def _lengths(workload: Workload, trial: int, seed: int | None) -> Tensor:
    """The workload's valid lengths, or with the seed of a run others, from 1 on."""
    if seed is None:
        return torch.tensor(workload.lengths)
    generator = generator_of(workload, trial + LENGTHS, seed)
    return torch.randint(1, workload.kv_len + 1, (workload.batch,), generator=generator)


def _heads(workload: Workload, text: EmbeddedText | None, trial: int, seed: int | None) -> tuple[Tensor, ...]:
    if workload.semantics.kind == "weightless":
        x = _cast(_hidden(workload, text, trial, workload.d_qk, seed), workload).unsqueeze(1)
        return x, x, x
    if text is not None:
        x = _hidden(workload, text, trial, workload.q_heads * workload.d_qk, seed)
        heads = _cast(x.unflatten(-1, (workload.q_heads, -1)).transpose(1, 2), workload)
        return heads, heads.roll(1, dims=1).contiguous(), heads.flip(1).contiguous()
    generator = generator_of(workload, trial + 1, seed)
    shapes = (
        (workload.batch, workload.q_heads, workload.q_len, workload.d_qk),
        (workload.batch, workload.kv_heads, workload.kv_len, workload.d_qk),
        (workload.batch, workload.kv_heads, workload.kv_len, workload.d_v),
    )
    return tuple(_cast(torch.randn(shape, generator=generator), workload) for shape in shapes)


def _hidden(workload: Workload, text: EmbeddedText | None, trial: int, width: int, seed: int | None) -> Tensor:
    if text is None:
        shape = (workload.batch, workload.kv_len, width)
        return torch.randn(shape, generator=generator_of(workload, trial + 1, seed))
    return text.hidden(batch=workload.batch, length=workload.kv_len, width=width, seed=workload.seed, offset=trial)


def _cast(tensor: Tensor, workload: Workload) -> Tensor:
    return tensor.to(dtype=DTYPES[workload.dtype], device=workload.device).contiguous()
