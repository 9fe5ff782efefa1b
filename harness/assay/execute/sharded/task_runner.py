"""What a worker does with a task; the one function that executors call."""

from __future__ import annotations

import contextlib
import hashlib
import platform
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from assay.corpus.loading import divide, find
from assay.corpus.shard_reader import passages, sha256_of
from assay.errors import AssayError, Unavailable, UnknownToken, WrongOutput, reason_of
from assay.execute.sharded.fingerprint import fingerprint
from assay.execute.sharded.messages import (
    Counted,
    CountedPlugin,
    Draw,
    Plugins,
    Task,
    TaskAnswer,
    answer_to_json,
    task_from_json,
)
from assay.execute.sharded.shard_counter import Counting, cut_of
from assay.plugins.discovery import discover
from assay.plugins.host import Host
from assay.plugins.types import Tokenizer, TokenizerPlugin
from assay.records.results import Status
from assay.tokenizer.metrics import Vocabulary, vocabulary_of
from assay.tokenizer.words import word_spans

TRIES = 3
PAUSE_S = 0.5
KEPT = 16


def answer(text: str) -> str:
    """Take a task and give the answer, both as JSON; whatever goes wrong is in the answer.

    A shard that cannot be read is tried three times: a network may be back.
    """
    task = task_from_json(text)
    machine = platform.node() or "this machine"
    for tries_left in range(TRIES - 1, -1, -1):
        try:
            with contextlib.redirect_stdout(sys.stderr):
                return answer_to_json(_count(task, machine) if task.subjects else _look(task, machine))
        except KeyboardInterrupt:
            raise
        except AssayError as error:
            return answer_to_json(TaskAnswer(machine=machine, failed=error.message, remedy=error.remedy))
        except OSError as error:
            if not tries_left:
                failed = f"{task.shard.path} cannot be read on {machine}: {error.strerror or error}"
                remedy = "every worker must be able to read every shard under this path"
                return answer_to_json(TaskAnswer(machine=machine, failed=failed, remedy=remedy))
            time.sleep(PAUSE_S)
        except BaseException as error:  # reading may raise anything where drivers of object stores do
            return answer_to_json(TaskAnswer(machine=machine, failed=f"{task.shard.path}: {reason_of(error)}"))
    raise AssertionError("the last try returns")


def chance(sha256: str, document: int, seed: int) -> int:
    """Give the number in [0, 2**64) that falls to a document of a shard: blake2b, so that it is the same everywhere."""
    content = f"{seed} {sha256} {document}".encode()
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest())


def drawn(number: int, draw: Draw) -> bool:
    """Whether a document with this number is drawn."""
    return draw.low * 2.0**64 <= number < draw.high * 2.0**64 or (draw.high >= 1.0 and number >= draw.low * 2.0**64)


def _look(task: Task, machine: str) -> TaskAnswer:
    return TaskAnswer(machine=machine, sha256=sha256_of(task.shard))


def _count(task: Task, machine: str) -> TaskAnswer:
    """Read the shard once, and count it with all tokenizers; one that fails costs the others nothing."""
    live: list[_Live] = [_begun(task, subject) for subject in task.subjects]
    cut = cut_of([one.counting.plugin for one in live if one.counting is not None])
    seen = seen_size = 0
    words_s = 0.0
    began = time.thread_time()
    for passage in passages(task.shard, task.sha256, cut):
        size = len(passage.text.encode())
        seen, seen_size = seen + passage.last, seen_size + size
        number = chance(task.sha256, passage.document, task.draw.seed)
        if not drawn(number, task.draw):
            continue
        start = time.thread_time()
        spans = word_spans(passage.text)
        words_s += time.thread_time() - start
        for one in live:
            one.go_on(lambda counting: counting.take(passage, spans, number))  # noqa: B023
        if all(one.counting is None for one in live):
            break
    read_s = time.thread_time() - began - words_s - sum(one.cpu_s for one in live)
    return TaskAnswer(
        machine=machine,
        sha256=task.sha256,
        counted=tuple(one.counted(seen, seen_size) for one in live),
        read_s=read_s,
        words_s=words_s,
    )


class _Live:
    """A tokenizer that counts, as long as nothing goes wrong with it."""

    def __init__(self) -> None:
        self.counting: Counting | None = None
        self.closed_vocabulary = False
        self.cpu_s = 0.0
        self._failed: Counted | None = None

    def go_on(self, step: Callable[[Counting], None]) -> None:
        """Go on, if it is still there; whatever it raises ends it."""
        if self.counting is None:
            return
        start = time.thread_time()
        try:
            step(self.counting)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a plugin may raise SystemExit, or a panic that is no Exception
            self.fail(error)
        self.cpu_s += time.thread_time() - start

    def fail(self, error: BaseException) -> None:
        """End it, with what it raised."""
        self.counting = None
        self._failed = Counted(
            status=Status.SKIPPED if isinstance(error, Unavailable) else Status.FAILED,
            reason=reason_of(error),
            remedy=error.remedy if isinstance(error, AssayError) else None,
            expected=isinstance(error, UnknownToken) and self.closed_vocabulary,
        )

    def counted(self, seen: int, seen_size: int) -> Counted:
        """Give what it came to."""
        if self.counting is not None:
            try:
                partial = self.counting.partial(seen=seen, seen_size=seen_size)
                return Counted(partial=partial, cpu_s=self.cpu_s)
            except WrongOutput as error:
                self.fail(error)
        assert self._failed is not None
        return self._failed


def _begun(task: Task, subject: CountedPlugin) -> _Live:
    live = _Live()
    try:
        built = _built(task.plugins, subject.tokenizer, subject.trained_on, threading.get_ident())
        if built.fingerprint != subject.fingerprint:
            raise AssayError(
                f"{platform.node()} has other code, another version or another training text of {subject.tokenizer}"
                " than the host",
                remedy="install the same on every machine",
            )
        live.closed_vocabulary = built.plugin.closed_vocabulary
        live.counting = Counting(built.plugin, built.tokenizer, built.vocabulary, task.shard.name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin may raise SystemExit, or a panic that is no Exception
        live.fail(error)
    return live


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltTokenizer:
    """A tokenizer that is ready, and what is to be known of it."""

    plugin: TokenizerPlugin
    tokenizer: Tokenizer
    vocabulary: Vocabulary
    fingerprint: str


@lru_cache(maxsize=KEPT)
def _built(plugins: Plugins, name: str, trained_on: str, thread: int) -> BuiltTokenizer:
    """Build a tokenizer once for all shards, and for each thread: not all may be shared."""
    host = _host(plugins)
    plugin = host.one(TokenizerPlugin, name)
    missing = host.missing(plugin)
    if missing is not None:
        raise Unavailable(f"{name} {missing.what}", remedy=missing.remedy)
    training = training_of(host, plugin, trained_on)
    tokenizer = plugin.build(training)
    return BuiltTokenizer(
        plugin=plugin,
        tokenizer=tokenizer,
        vocabulary=vocabulary_of(tokenizer),
        fingerprint=fingerprint(host, plugin, training),
    )


def training_of(host: Host, plugin: TokenizerPlugin, trained_on: str) -> str:
    """Give the text that a tokenizer is trained on; none for one that is trained already."""
    return "" if plugin.pretrained else divide(find(host, trained_on), 0.0).training


@lru_cache(maxsize=1)
def _host(plugins: Plugins) -> Host:
    return discover(plugins.plugins, plugins.block, plugins.load, lenient=True)
