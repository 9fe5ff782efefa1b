"""The whole way from text: tokenized, cut into windows, embedded, and attended to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from assay.attention.inputs import DTYPES, EmbeddedText
from assay.errors import WrongOutput
from assay.measure.attention_subject import AttentionSubject
from assay.measure.gpu_timer import most_iterations, on_gpu, reader
from assay.measure.memory import peak_device_bytes, peak_resident_bytes
from assay.measure.round_trip import round_trip
from assay.measure.spot_check import SpotCheck, spot_checker
from assay.measure.subject import Operation, Subject
from assay.measure.timer import call_seconds
from assay.measure.token_ids import as_ints
from assay.plugins.types import AttentionPlugin, Tokenizer, TokenizerPlugin
from assay.records.results import AttentionCase, Metrics
from assay.tokenizer.answers import of_size, outside, vocabulary_size

PADDING = 0
SPARE = 8
LONGEST_WORD = 64


class PipelineSubject(Subject):
    """A tokenizer and an attention of level `module` on the text of a corpus; each part is checked by itself."""

    def __init__(
        self,
        plugins: tuple[TokenizerPlugin, AttentionPlugin],
        case: AttentionCase,
        tokenizer: Tokenizer,
        texts: Sequence[str],
        *,
        again: bool = False,
    ) -> None:
        """Take as much of the texts, laid end to end, as fills the windows; the last is filled up with id 0.

        With `again` what is exact is known from another process.
        """
        self.tokenizer_plugin, attention = plugins
        self.tokenizer = tokenizer
        self.workload = case.workload.of_step
        self.text = _fitting(tokenizer, "\n".join(texts), self.workload.tokens)
        self.ids = as_ints(tokenizer.encode(self.text))
        size = vocabulary_size(tokenizer)
        wrong = outside(self.ids, size)
        if wrong is not None:
            raise WrongOutput(f"the id {wrong[1]} is outside the tokenizer's vocabulary{of_size(size)}")
        self.size = len(self.text.encode("utf-8", "surrogatepass"))
        filled = [*self.ids, *[PADDING] * (self.workload.tokens + SPARE - len(self.ids))]
        self.embedded = EmbeddedText(filled, max(filled) + 1 if size is None else size)
        step = replace(case, workload=self.workload)
        self.attention = AttentionSubject(attention, step, lambda: self.embedded, again=again)

    def predict(self) -> Metrics:
        """What the attention is expected to take, and what making its input takes, done once before."""
        hidden = self._embed(self._tokenize())
        read = reader(self.workload.device, from_idle=True)
        sample, _ = read(lambda: self._embed(self._tokenize()), 1)
        extra = {"predicted_seconds": call_seconds(sample), "predicted_bytes": hidden.nbytes}
        own = self.attention.predict()
        return Metrics({name: type(more)(own[name]) + more for name, more in extra.items() if name in own})

    def check(self) -> Metrics:
        """Verify the ids of the tokenizer and its promise of a round trip; the attention was judged before."""
        metrics = self.attention.check()
        difference = round_trip(self.tokenizer, "the text", self.text, self.ids)
        if difference is not None and self.tokenizer_plugin.lossless:
            raise WrongOutput(f"the tokenizer promises a lossless round trip, but {difference}")
        return metrics | {
            "tokens": len(self.ids),
            "bytes": self.size,
            "context_bytes": self.workload.q_len * self.size / len(self.ids),
            "flop_per_kb": self.workload.flop / (self.size / 1e3),
        }

    def ready(self) -> Metrics:
        """Return how many tokens the text comes to, which must be as many as in another process."""
        return Metrics(tokens=len(self.ids))

    def operations(self) -> tuple[Operation, ...]:
        """One call of `step` goes the whole way; `tokenize`, `embed` and `attend` are its stages by themselves."""
        ids = self._tokenize()
        hidden = self._embed(ids)
        with torch.inference_mode():
            attended = spot_checker(self.attention.step(hidden))
        calls: tuple[tuple[str, Callable[[], object], SpotCheck], ...] = (
            ("step", lambda: self.attention.step(self._embed(self._tokenize())), attended),
            ("tokenize", self._tokenize, partial(_same_ids, self.ids)),
            ("embed", partial(self._embed, ids), spot_checker(hidden)),
            ("attend", partial(self.attention.step, hidden), attended),
        )
        read = reader(self.workload.device, from_idle=True)  # a good part of it is work of the host
        return tuple(
            Operation(
                name=name,
                call=call,
                spot_check=spot_check,
                tokens=len(self.ids),
                size=self.size,
                clock="wall" if on_gpu(self.workload.device) else "cpu",
                context=torch.inference_mode,
                read=read,
                most_iterations=most_iterations(self.workload.device),
            )
            for name, call, spot_check in calls
        )

    def memory(self) -> Metrics:
        """Torch's allocations of going the whole way once, and the high-water mark of the process."""
        (whole, *_) = self.operations()
        with torch.inference_mode():
            resident = peak_resident_bytes(whole.call)
            peak = self.attention.held_bytes + peak_device_bytes(whole.call, self.workload.device)
        return Metrics(peak_bytes=peak, peak_resident_bytes=resident)

    def recheck(self) -> None:
        """Check that the text gives the same ids."""
        _same_ids(self.ids, [self._tokenize()])

    def _tokenize(self) -> Sequence[int]:
        return self.tokenizer.encode(self.text)

    def _embed(self, ids: Sequence[int]) -> Tensor:
        """Lay the ids in windows, and embed them: [batch, q_len, d_model]."""
        workload = self.workload
        embedding = self.embedded.embedding(length=workload.q_len, width=workload.d_model, seed=workload.seed)
        windows = torch.full((workload.tokens,), PADDING, dtype=torch.int64, device=workload.device)
        windows[: len(ids)] = torch.as_tensor(ids, dtype=torch.int64, device=workload.device)
        with torch.inference_mode():
            embedded = embedding.to(workload.device)(windows.view(workload.batch, -1))
            hidden: Tensor = embedded.to(DTYPES[workload.dtype])
        return hidden


def _fitting(tokenizer: Tokenizer, text: str, tokens: int) -> str:
    """The longest beginning of a text, to a white space where there is one, that has at most so many tokens."""
    low, high = 0, min(len(text), 8 * tokens)
    while high < len(text) and len(as_ints(tokenizer.encode(text[:high]))) <= tokens:
        low, high = high, min(len(text), 2 * high)
    while low < high:
        middle = (low + high + 1) // 2
        fits = len(as_ints(tokenizer.encode(text[:middle]))) <= tokens
        low, high = (middle, high) if fits else (low, middle - 1)
    cut = max((place for place in range(max(1, low - LONGEST_WORD), low) if text[place].isspace()), default=low)
    return text if low == len(text) else text[:cut]


def _same_ids(expected: list[int], outputs: Sequence[object]) -> None:
    if any(as_ints(output) != expected for output in outputs):
        raise WrongOutput("a timed call gives other ids than before")
