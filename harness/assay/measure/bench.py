"""The bench inside a worker: one case at a time, step by step, as the host asks."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from assay import clock
from assay.contracts import LADDER, AttentionPlugin, Provided, Tokenizer, TokenizerPlugin
from assay.corpus import divide, find, load
from assay.errors import AssayError, GateFailed, Unavailable
from assay.host import Host
from assay.measure.anchors import AnchorSubject
from assay.measure.identity import Identity
from assay.measure.subject import Operation, Subject
from assay.measure.tokenizer import TokenizerSubject
from assay.records import AttentionCase, Case, Metric, Sample
from assay.workload import TextSource

if TYPE_CHECKING:
    from assay.inputs import EmbeddedText


class Bench:
    """Measures cases with the plugins of a host; a text that several cases share is made once."""

    def __init__(self, host: Host, *, grid: bool = False) -> None:
        """With `grid` tokenizers are also timed at several lengths and in batches."""
        self.host = host
        self.grid = grid
        self._identities: dict[str, Identity] = {}
        self._fuzzed: dict[str, tuple[Metric, ...] | GateFailed] = {}
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
            corpus = find(self.host, case.corpus)
            self._need(corpus)
            parts = divide(corpus, case.held_out)
            grid = self.grid and corpus.kind != LADDER and not case.held_out
            subject = TokenizerSubject(tokenizer, parts, kind=corpus.kind, grid=grid)
            subject.identity = self._identity(tokenizer, parts.training)
            self._subject = subject

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
        subject = self._loaded()
        metrics = subject.check()
        if isinstance(subject, TokenizerSubject) and subject.identity is not None:
            metrics += self._fuzz(subject.plugin.name, subject.tokenizer, subject.identity)
        self._operations = {operation.name: operation for operation in subject.operations()}
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

    def _identity(self, plugin: TokenizerPlugin, training: str) -> Identity | None:
        """Build the tokenizer whose ids another claims to give; a pretrained one is built once."""
        name = plugin.same_ids_as
        if name is None or name in self._identities:
            return None if name is None else self._identities[name]
        reference = self.host.one(TokenizerPlugin, name)
        missing = self.host.missing(reference)
        if missing is not None:
            raise Unavailable(f"it claims the ids of {name}, and that {missing.what}", remedy=missing.remedy)
        identity = Identity(name, reference.build(training))
        if reference.pretrained:
            self._identities[name] = identity
        return identity

    def _fuzz(self, name: str, tokenizer: Tokenizer, identity: Identity) -> tuple[Metric, ...]:
        """Compare ids of nasty strings, once in this process; what was found then counts for every case."""
        if name not in self._fuzzed:
            try:
                self._fuzzed[name] = identity.fuzz(tokenizer)
            except GateFailed as error:
                self._fuzzed[name] = error
        found = self._fuzzed[name]
        if isinstance(found, GateFailed):
            raise found
        return found

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
