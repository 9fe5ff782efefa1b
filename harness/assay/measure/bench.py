"""The bench inside a worker: one case at a time, step by step, as the host asks."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from assay import clock
from assay.contracts import AttentionPlugin, Provided, TokenizerPlugin
from assay.corpus import divide, find, load
from assay.errors import AssayError, Unavailable
from assay.host import Host
from assay.measure.anchors import AnchorSubject
from assay.measure.subject import Operation, Subject
from assay.measure.tokenizer import TokenizerSubject
from assay.records import AttentionCase, Case, Metric, Sample
from assay.workload import TextSource

if TYPE_CHECKING:
    from assay.inputs import EmbeddedText


class Bench:
    """Measures cases with the plugins of a host; a text that several cases share is made once."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.closed_vocabulary = False
        self._texts: dict[TextSource, EmbeddedText] = {}
        self._subject: Subject | None = None
        self._operations: dict[str, Operation] = {}

    def load(self, case: Case) -> None:
        """Take up a case: build a tokenizer, make ready the text for an attention.

        Raises `Unavailable` for what is missing on this machine, and whatever the plugin raises.
        """
        self.unload()
        if isinstance(case, AttentionCase):
            attention = self.host.one(AttentionPlugin, case.attention)
            self._need(attention)
            from assay.measure.attention import AttentionSubject

            self._set_threads(case.workload.threads)
            source = case.workload.source
            self._subject = AttentionSubject(attention, case, None if source is None else self._text(source))
        else:
            tokenizer = self.host.one(TokenizerPlugin, case.tokenizer)
            self.closed_vocabulary = tokenizer.closed_vocabulary
            self._need(tokenizer)
            self._subject = TokenizerSubject(tokenizer, divide(find(self.host, case.corpus), case.held_out))

    def load_anchors(self, *, gemm: bool, threads: int) -> None:
        """Take up the anchors of the machine instead of a case."""
        self.unload()
        if gemm:
            self._set_threads(threads)
        self._subject = AnchorSubject(gemm=gemm)

    def unload(self) -> None:
        """Drop the case, so that its memory is free for the next."""
        self._subject = None
        self._operations = {}

    def predict(self) -> tuple[Metric, ...]:
        """Predict time and memory of the case."""
        return self._loaded().predict()

    def check(self) -> tuple[Metric, ...]:
        """Pass the gate, and make the operations ready."""
        metrics = self._loaded().check()
        self._operations = {operation.name: operation for operation in self._loaded().operations()}
        return metrics

    def operations(self) -> Sequence[Operation]:
        """Give the operations of the case that passed."""
        return tuple(self._operations.values())

    def calibrate(self, name: str, target_ns: int) -> int:
        """Find the loops that make a sample of about so many nanoseconds."""
        return clock.calibrate(partial(self.sample, name), target_ns)

    def sample(self, name: str, loops: int) -> Sample:
        """Time an operation once, then look at what it gave."""
        operation = self._operations[name]
        with operation.context():
            sample, outputs = clock.read(operation.call, loops)
            operation.audit(outputs)
        return sample

    def memory(self) -> tuple[Metric, ...]:
        """Measure the memory of one call."""
        return self._loaded().memory()

    def recheck(self) -> None:
        """Check the output again."""
        self._loaded().recheck()

    def _loaded(self) -> Subject:
        if self._subject is None:
            raise AssayError("no case is loaded")
        return self._subject

    def _text(self, source: TextSource) -> EmbeddedText:
        from assay.inputs import EmbeddedText

        if source not in self._texts:
            plugin = self.host.one(TokenizerPlugin, source.tokenizer)
            self._need(plugin)
            documents = load(find(self.host, source.corpus))
            tokenizer = plugin.build("\n".join(document.text for document in documents))
            ids = [value for document in documents for value in tokenizer.encode(document.text)]
            self._texts[source] = EmbeddedText(ids, tokenizer.vocab_size)
        return self._texts[source]

    def _need(self, plugin: Provided) -> None:
        missing = self.host.missing(plugin)
        if missing is not None:
            raise Unavailable(f"{plugin.name} {missing.what}", remedy=missing.remedy)

    def _set_threads(self, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)


def reason_of(error: BaseException) -> str:
    """One line: what was raised and, unless it is a sentence of ours, where."""
    text = " ".join(str(error).split())
    if isinstance(error, AssayError):
        return " ".join(error.message.split())
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {text}{place}" if text else f"{type(error).__name__}{place}"
