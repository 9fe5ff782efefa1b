"""The bench inside a worker: one case at a time, step by step, as the host asks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, cast

from assay.corpus.loading import divide, find, load
from assay.errors import AssayError, Unavailable, WrongOutput
from assay.measure import timer as clock
from assay.measure.edge_case_subject import EdgeCaseSubject
from assay.measure.gpu_timer import on_gpu, room, wake
from assay.measure.id_equivalence import IdEquivalence, ids_or_error
from assay.measure.machine_probes import PythonProbes, TorchProbes
from assay.measure.plugin_metrics import figure
from assay.measure.round_trip import text_or_none
from assay.measure.subject import Operation, Subject
from assay.measure.tokenizer_subject import TokenizerSubject
from assay.plugins.host import Host
from assay.plugins.types import SCALING, AttentionPlugin, MetricPlugin, Tokenized, TokenizerPlugin
from assay.records.results import AttentionCase, Case, Measurement, Metrics, Sample, Value
from assay.records.workload import TextSource
from assay.tokenizer.answers import as_ints, as_tokenizer, of_size, outside, vocabulary_size
from assay.tokenizer.special_names import special_names

if TYPE_CHECKING:
    from torch import Tensor

    from assay.attention.inputs import EmbeddedText
    from assay.measure.attention_subject import AttentionSubject

CPU = "cpu"


class Bench:
    """Measures cases with the plugins of a host; a text that several cases share is made once."""

    def __init__(self, host: Host, *, grid: bool = False) -> None:
        """With `grid` tokenizers are also timed at several lengths and in batches."""
        self.host = host
        self.grid = grid
        self._equivalences: dict[str, IdEquivalence] = {}
        self._conformance: dict[str, Metrics | WrongOutput] = {}
        self.closed_vocabulary = False
        self._texts: dict[TextSource, EmbeddedText] = {}
        self._subject: Subject | None = None
        self._device = CPU
        self._again = False
        self._operations: dict[str, Operation] = {}
        self._outputs: tuple[Operation, list[object]] | None = None
        self._answer: tuple[Tensor, ...] = ()

    def load(self, case: Case, documents: int | None = None, *, again: bool = False) -> None:
        """Take up a case: build a tokenizer, make ready the text for an attention.

        A sample has so many `documents`, where that is known already. `again`: the case was verified in another
        process, and `check` need only make sure that the output is right in this one too.
        Raises `Unavailable` for what is missing on this machine, and whatever the plugin raises.
        """
        self.unload()
        self._again = again
        if isinstance(case, AttentionCase):
            attention = self.host.one(AttentionPlugin, case.attention)
            self.host.need(attention)
            unsupported = attention.unsupported(case.workload.of_step)
            if unsupported is not None:
                raise Unavailable(f"it does not offer this workload: {unsupported}", remedy="leave it out")
            from assay.measure.attention_subject import AttentionSubject

            self._set_threads(case.workload.threads)
            self._device = case.workload.device
            self._need_device(case.workload.device)
            wake(self._device)
            source = case.workload.source
            if source is not None and case.workload.level == "pipeline":
                self._subject = self._pipeline(attention, case, source)
                return
            text = None if source is None else partial(self._text, source)
            self._subject = AttentionSubject(attention, case, text, again=again)
        else:
            tokenizer = self.host.one(TokenizerPlugin, case.tokenizer)
            self.closed_vocabulary = tokenizer.closed_vocabulary
            self.host.need(tokenizer)
            corpus = find(self.host, case.corpus)
            self.host.need(corpus)
            if case.trained_on is not None:
                training = divide(find(self.host, case.trained_on), 0.0).training
                edge_cases = EdgeCaseSubject(tokenizer, load(corpus), training)
                edge_cases.equivalence = self._equivalence(tokenizer, training)
                self._subject = edge_cases
                return
            parts = divide(corpus, case.held_out)
            grid = self.grid and corpus.kind != SCALING and not case.held_out
            subject = TokenizerSubject(tokenizer, parts, kind=corpus.kind, grid=grid)
            subject.equivalence = None if again else self._equivalence(tokenizer, parts.training)
            if documents is not None:
                subject.draw(documents)
            self._subject = subject

    def load_probes(self, dtype_device: str, threads: int) -> None:
        """Take up machine probes instead of a case: those of a `dtype/device/bytes`, or Python's for an empty text."""
        self.unload()
        if dtype_device:
            self._set_threads(threads)
            dtype, device, moved = dtype_device.split("/")
            self._subject = TorchProbes(dtype, device, int(moved))
        else:
            self._subject = PythonProbes()

    @property
    def attention(self) -> AttentionSubject:
        """The attention that is loaded, or that of a pipeline."""
        subject = self._loaded()
        subject = getattr(subject, "attention", subject)
        assert not isinstance(subject, TokenizerSubject), "an attention comes first"
        return cast("AttentionSubject", subject)

    def unload(self) -> None:
        """Drop the case, so that its memory is free for the next."""
        self._subject = None
        self._device = CPU
        self._operations = {}
        self._outputs, self._answer = None, ()

    def size(self, documents: int) -> float:
        """Draw a sample of so many documents, and return its relative uncertainty."""
        return self._tokenizer().size(documents)

    def predict(self) -> Metrics:
        """Predict time and memory of the case."""
        return self._loaded().predict()

    def room(self) -> int | None:
        """The memory that the case may take where it is computed, in bytes; None for no limit."""
        return room(self._device)

    def check(self) -> Metrics:
        """Verify the output, and make the operations ready."""
        subject = self._loaded()
        metrics = subject.ready() if self._again else subject.check()
        self._operations = {operation.name: operation for operation in subject.operations()}
        return metrics

    def verify_shortly(self) -> Metrics:
        """Verify a tokenizer on strings, once in this process; what was found then counts for every case."""
        subject = self._loaded()
        if not isinstance(subject, TokenizerSubject):
            return Metrics()
        name = subject.plugin.name
        if name not in self._conformance:
            try:
                self._conformance[name] = subject.verify_shortly()
            except WrongOutput as error:
                self._conformance[name] = error
        found = self._conformance[name]
        if isinstance(found, WrongOutput):
            raise found
        return found

    def specials(self) -> tuple[str, ...]:
        """Return the special tokens of the tokenizer, declared or found."""
        subject = self._tokenizer()
        return special_names(subject.plugin.specials.tokens, subject.tokenizer)

    def encode(self, texts: Sequence[str]) -> tuple[list[int] | None, ...]:
        """Return the ids of texts, None for one that is refused, to be compared with those of another process."""
        tokenizer = self._tokenizer().tokenizer
        return tuple(ids if isinstance(ids := ids_or_error(tokenizer, text), list) else None for text in texts)

    def decode(self, documents: Sequence[Sequence[int]]) -> tuple[str | None, ...]:
        """Return the texts of ids, None for those that are refused."""
        tokenizer = self._tokenizer().tokenizer
        return tuple(text_or_none(tokenizer, ids) for ids in documents)

    def operations(self) -> Sequence[Operation]:
        """Return the operations of the case that passed."""
        return tuple(self._operations.values())

    def calibrate(self, name: str, target_ns: int) -> int:
        """Find the iterations that make a sample of about so many nanoseconds."""
        return clock.calibrate(partial(self.sample, name), target_ns, self._operations[name].most_iterations)

    def sample(self, name: str, iterations: int, seed: int = 0) -> Sample:
        """Time an operation once, on values that follow from the seed, then check what it returned."""
        operation = self._operations[name]
        self._outputs = None
        with operation.context():
            operation.refresh(seed, iterations)
            sample, outputs = operation.read(operation.call, iterations)
            operation.spot_check(outputs)
        if operation.answer is not None:
            self._outputs = operation, outputs
        return sample

    def keep_answer(self, call: int) -> None:
        """Keep what one call of the last sample gave, until it is asked for."""
        assert self._outputs is not None, "a sample comes first"
        operation, outputs = self._outputs
        assert operation.answer is not None
        self._answer = operation.answer(outputs, call)

    def answer(self) -> tuple[Tensor, ...]:
        """Return the answer that was kept last."""
        return self._answer

    def memory(self) -> Metrics:
        """Measure the memory of one call."""
        return self._loaded().memory()

    def recheck(self) -> None:
        """Check the output again."""
        self._loaded().recheck()

    def metric(self, name: str, row: Measurement) -> Value | None:
        """Ask a metric plugin about a row: of a tokenizer, which is loaded then, by its tokens, else by its figures.

        Raises `WrongOutput` for an answer that is not a figure, and where the ids are not those of the row.
        """
        plugin = self.host.one(MetricPlugin, name)
        subject = self._subject
        value: Value | None = None
        if plugin.of_tokens is not None and isinstance(subject, TokenizerSubject):
            documents = self._tokenized(subject, row)
            value = figure(plugin.unit, plugin.of_tokens(documents, subject.tokenizer))
        if value is None and plugin.of_row is not None:
            value = figure(plugin.unit, plugin.of_row(row))
        return value

    def _tokenized(self, subject: TokenizerSubject, row: Measurement) -> list[Tokenized]:
        """All documents with their ids, which no plugin can change for the next one."""
        if not subject.ids:
            digest = subject.ready()
            if digest["ids_sha256"] != row.value("ids_sha256"):
                raise WrongOutput("the tokenizer gives other ids in a fresh process than in its row")
        return [Tokenized(text=text, ids=tuple(ids)) for text, ids in zip(subject.texts, subject.ids, strict=True)]

    def _loaded(self) -> Subject:
        if self._subject is None:
            raise AssayError("no case is loaded")
        return self._subject

    def _equivalence(self, plugin: TokenizerPlugin, training: str) -> IdEquivalence | None:
        """Build the tokenizer whose ids another claims to give; a pretrained one is built once."""
        name = plugin.same_ids_as
        if name is None or name in self._equivalences:
            return None if name is None else self._equivalences[name]
        reference = self.host.one(TokenizerPlugin, name)
        self.host.need(reference, f"it claims the ids of {name}, and that")
        equivalence = IdEquivalence(name, as_tokenizer(reference.build(training)), reference.specials.tokens)
        if reference.pretrained:
            self._equivalences[name] = equivalence
        return equivalence

    def _tokenizer(self) -> TokenizerSubject:
        subject = self._loaded()
        assert isinstance(subject, TokenizerSubject), "only a tokenizer has ids"
        return subject

    def _text(self, source: TextSource) -> EmbeddedText:
        from assay.attention.inputs import EmbeddedText

        if source not in self._texts:
            plugin = self.host.one(TokenizerPlugin, source.tokenizer)
            self.host.need(plugin)
            documents = load(find(self.host, source.corpus))
            tokenizer = as_tokenizer(plugin.build("\n".join(document.text for document in documents)))
            ids = [value for document in documents for value in as_ints(tokenizer.encode(document.text))]
            size = vocabulary_size(tokenizer)
            wrong = outside(ids, size)
            if wrong is not None:
                raise WrongOutput(f"{source.tokenizer} gives the id {wrong[1]}, outside its vocabulary{of_size(size)}")
            self._texts[source] = EmbeddedText(ids, max(ids) + 1 if size is None else size)
        return self._texts[source]

    def _pipeline(self, attention: AttentionPlugin, case: AttentionCase, source: TextSource) -> Subject:
        from assay.measure.pipeline_subject import PipelineSubject

        tokenizer, corpus = self.host.one(TokenizerPlugin, source.tokenizer), find(self.host, source.corpus)
        self.host.need(tokenizer)
        self.host.need(corpus)
        parts = divide(corpus, 0.0)
        texts = tuple(document.text for document in parts.measured)
        built = as_tokenizer(tokenizer.build(parts.training))
        return PipelineSubject((tokenizer, attention), case, built, texts, again=self._again)

    def _need_device(self, device: str) -> None:
        import torch

        if on_gpu(device) and not torch.cuda.is_available():
            raise Unavailable(
                "torch finds no CUDA device here", remedy="leave out --device, or run it where there is one"
            )

    def _set_threads(self, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)
