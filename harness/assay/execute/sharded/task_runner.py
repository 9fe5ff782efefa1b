"""What a worker does with a task; the one function that executors call."""

from __future__ import annotations

import contextlib
import hashlib
import platform
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from assay.corpus.loading import find, split
from assay.corpus.reading import read
from assay.corpus.shard_reader import passages, sha256_of
from assay.errors import AssayError, Unavailable, UnknownToken, guard, raised_by
from assay.execute.sharded.fingerprint import fingerprint
from assay.execute.sharded.messages import Counted, CountedPlugin, Draw, Task, TaskAnswer
from assay.execute.sharded.shard_counter import ShardCounter, cut_of
from assay.execute.worker.requests import PluginSelection
from assay.measure.short_conformance import verify_strings
from assay.plugins.host import Host
from assay.plugins.types import Tokenizer, TokenizerPlugin
from assay.records.dataclass_json import from_json, to_json
from assay.records.refusal import Refusal
from assay.tokenizer.answers import as_tokenizer
from assay.tokenizer.metrics import Vocabulary, vocabulary_of
from assay.tokenizer.python_tokenizer import decodes
from assay.tokenizer.words import word_spans

TRIES = 3
PAUSE_S = 0.5
MOST_BUILT = 16


def answer(text: str) -> str:
    """Take a task and return the answer, both as JSON; whatever goes wrong is in the answer.

    A shard that cannot be read is tried three times: a network may be back.
    """
    task = from_json(Task, text)
    machine = platform.node() or "this machine"
    for tries_left in range(TRIES - 1, -1, -1):
        try:
            with contextlib.redirect_stdout(sys.stderr), guard():  # drivers of object stores may raise anything
                return to_json(_count(task, machine) if task.subjects else _look(task, machine))
        except AssayError as error:
            raised = raised_by(error)
            if isinstance(raised, OSError) and tries_left:
                time.sleep(PAUSE_S)
                continue
            reason, remedy = error.message, error.remedy
            if isinstance(raised, OSError):
                reason = f"{task.shard.shown} cannot be read on {machine}: {raised.strerror or raised}"
                remedy = "every worker must be able to read every shard under this path"
            elif raised is not error:
                reason = f"{task.shard.shown}: {reason}"
            return to_json(TaskAnswer(machine=machine, refusal=Refusal(reason=reason, remedy=remedy)))
    raise AssertionError("the last try returns")


def chance(sha256: str, document: int, seed: int) -> int:
    """Draw the number in [0, 2**64) of a document of a shard: by blake2b, so that it is the same everywhere."""
    content = f"{seed} {sha256} {document}".encode()
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest())


def drawn(number: int, draw: Draw) -> bool:
    """Whether a document with this number is drawn."""
    return draw.low * 2.0**64 <= number < draw.high * 2.0**64 or (draw.high >= 1.0 and number >= draw.low * 2.0**64)


def _look(task: Task, machine: str) -> TaskAnswer:
    return TaskAnswer(machine=machine, sha256=sha256_of(task.shard))


def _count(task: Task, machine: str) -> TaskAnswer:
    """Read the shard once, and count it with all tokenizers; one that fails costs the others nothing."""
    live = [_Live(task, subject) for subject in task.subjects]
    cut = cut_of([one.counter.plugin for one in live if one.counter is not None])
    seen = seen_size = passed_over = 0
    words_s = 0.0
    began = time.thread_time()
    for passage in passages(task.shard, task.sha256, cut):
        if not passage.text:
            passed_over += 1
            continue
        size = len(passage.text.encode())
        seen, seen_size = seen + passage.last, seen_size + size
        number = chance(task.sha256, passage.document, task.draw.seed)
        if not drawn(number, task.draw):
            continue
        start = time.thread_time()
        spans = word_spans(passage.text)
        words_s += time.thread_time() - start
        for one in live:
            one.go_on(lambda counter: counter.take(passage, spans, number))  # noqa: B023
        if all(one.counter is None for one in live):
            break
    read_s = time.thread_time() - began - words_s - sum(one.cpu_s for one in live)
    return TaskAnswer(
        machine=machine,
        sha256=task.sha256,
        counted=tuple(one.counted(seen, seen_size, passed_over) for one in live),
        read_s=read_s,
        words_s=words_s,
    )


class _Live:
    """A tokenizer that counts, as long as nothing goes wrong with it."""

    def __init__(self, task: Task, subject: CountedPlugin) -> None:
        """Build the tokenizer, which must be the one that the host has."""
        self.counter: ShardCounter | None = None
        self.cpu_s = 0.0
        self._closed_vocabulary = False
        self._refusal: Refusal | None = None
        with self._ending():
            built = _built(task.plugins, subject.tokenizer, subject.trained_on, threading.get_ident())
            if built.fingerprint != subject.fingerprint:
                raise AssayError(
                    f"{platform.node()} has other code, another version or another training text of"
                    f" {subject.tokenizer} than the host",
                    remedy="install the same on every machine",
                )
            self._closed_vocabulary = built.plugin.closed_vocabulary
            self.counter = ShardCounter(built.plugin, built.tokenizer, built.vocabulary, task.shard.name)

    def go_on(self, step: Callable[[ShardCounter], None]) -> None:
        """Go on, if it is still there; whatever it raises ends it."""
        if self.counter is None:
            return
        start = time.thread_time()
        with self._ending():
            step(self.counter)
        self.cpu_s += time.thread_time() - start

    def counted(self, seen: int, seen_size: int, passed_over: int) -> Counted:
        """Return its counts, or why there are none."""
        partial = None
        if self.counter is not None:
            with self._ending():
                partial = self.counter.partial(seen=seen, seen_size=seen_size, passed_over=passed_over)
        return Counted(partial=partial, cpu_s=self.cpu_s if partial is not None else 0.0, refusal=self._refusal)

    @contextlib.contextmanager
    def _ending(self) -> Iterator[None]:
        """End it with what it raises meanwhile."""
        try:
            with guard():
                yield
        except AssayError as error:
            self.counter = None
            expected = isinstance(error, UnknownToken) and self._closed_vocabulary
            self._refusal = Refusal.of(error, expected=expected)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltTokenizer:
    """A tokenizer that is ready, and what is to be known of it."""

    plugin: TokenizerPlugin
    tokenizer: Tokenizer
    vocabulary: Vocabulary
    fingerprint: str


@lru_cache(maxsize=MOST_BUILT)
def _built(plugins: PluginSelection, name: str, trained_on: str, thread: int) -> BuiltTokenizer:
    """Build a tokenizer once for all shards, and for each thread: not all may be shared."""
    host = _host(plugins)
    plugin = host.one(TokenizerPlugin, name)
    host.need(plugin)
    training = training_of(host, plugin, trained_on)
    tokenizer = as_tokenizer(plugin.build(training))
    if not decodes(tokenizer):
        raise Unavailable("it has no decode, which counting shards takes", remedy="hand over an object that has it")
    verify_strings(plugin, tokenizer, training)
    return BuiltTokenizer(
        plugin=plugin,
        tokenizer=tokenizer,
        vocabulary=vocabulary_of(tokenizer),
        fingerprint=fingerprint(host, plugin, training),
    )


def training_of(host: Host, plugin: TokenizerPlugin, trained_on: str) -> str:
    """Return the text that a tokenizer is trained on; none for one that is trained already."""
    if plugin.pretrained:
        return ""
    corpus = find(host, trained_on)
    return split(corpus, read(host, corpus), 0.0).training


@lru_cache(maxsize=1)
def _host(plugins: PluginSelection) -> Host:
    return plugins.discover(lenient=True)
