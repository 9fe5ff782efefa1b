"""How often the interval of a sample holds the value of all documents: the draws of `--sample`, with many seeds."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import assay
from assay.corpus.loading import divide
from assay.corpus.shard_reader import passages, sha256_of
from assay.corpus.shards import Shard, find_shards
from assay.execute.sharded.aggregation import figures
from assay.execute.sharded.coordinator import Coordinator
from assay.execute.sharded.count_cache import CountCache
from assay.execute.sharded.local_executor import LocalExecutor
from assay.execute.sharded.messages import CountedPlugin, Draw
from assay.execute.sharded.partial_counts import STRATA, MergeableCounts
from assay.execute.sharded.shard_counter import cut_of
from assay.execute.sharded.task_runner import chance
from assay.execute.worker.requests import PluginSelection
from assay.plugins.executor import ExecutorConfig
from assay.tokenizer.metrics import Total, Vocabulary

NUMBERS = 2.0**64


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A document as a sample sees it: where it stands, its bytes and its tokens."""

    sha256: str
    number: int
    size: int
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many of `draws` intervals held the `value` of all documents, and what a sample took on average."""

    value: float
    draws: int
    held: int
    documents: float
    share: float


def coverage(folder: Path, name: str, draws: int, width: float) -> Coverage:
    """Count all documents of a folder once, and then draw samples of them, without reading anything again."""
    shards = find_shards(str(folder))
    return covered(counted(shards, name), sum(shard.size for shard in shards), draws, width)


def counted(shards: Sequence[Shard], name: str) -> list[Counted]:
    """Count each document of some shards."""
    host = assay.discover()
    plugin = host.one(assay.TokenizerPlugin, name)
    text = divide(host.one(assay.CorpusPlugin, "the-verdict"), 0.0).training
    tokenizer = plugin.build(text)
    found = []
    for shard in shards:
        sha256 = sha256_of(shard)
        size = tokens = 0
        for passage in passages(shard, sha256, cut_of([plugin])):
            size, tokens = size + len(passage.text.encode()), tokens + len(tokenizer.encode(passage.text))
            if passage.last:
                found.append(Counted(sha256=sha256, number=passage.document, size=size, tokens=tokens))
                size = tokens = 0
    return found


def covered(documents: Sequence[Counted], stored: int, draws: int, width: float) -> Coverage:
    """Draw samples of documents that are counted, each with its own seed."""
    value = sum(each.size for each in documents) / sum(each.tokens for each in documents)
    held = taken = 0
    for seed in range(draws):
        part = _Drawn(documents, stored, seed).drawn(width)
        metrics = dict(figures(PLUGIN, part, sampled=True))
        held += float(metrics["bytes_per_token_low"]) <= value <= float(metrics["bytes_per_token_high"])
        taken += part.total.documents
    return Coverage(
        value=value, draws=draws, held=held, documents=taken / draws, share=taken / draws / max(1, len(documents))
    )


class _Drawn(Coordinator):
    """A coordinator whose documents are counted already; the way in which it draws is that of every other."""

    def __init__(self, documents: Sequence[Counted], stored: int, seed: int) -> None:
        shard = Shard(path="counted before", size=stored)
        subject = CountedPlugin(tokenizer="counted before", trained_on="", fingerprint="")
        super().__init__(
            [shard], [subject], PluginSelection(), LocalExecutor(ExecutorConfig()), CountCache(Path("/nowhere"))
        )
        self._seed = seed
        numbered = [(chance(each.sha256, each.number, seed), place) for place, each in enumerate(documents)]
        self._numbers = sorted(numbered)
        self._documents = documents

    def drawn(self, width: float) -> MergeableCounts:
        """Draw until the interval is narrow enough."""
        self.sample(width, self._seed, lambda phase: None)
        (tally,) = self.tallies
        assert tally.part is not None
        return tally.part

    def count(self, draw: Draw, tell: Callable[[str], object]) -> None:
        """Add the documents of a draw."""
        low, high = (bisect_left(self._numbers, (int(end * NUMBERS), -1)) for end in (draw.low, draw.high))
        strata: dict[int, Total] = {}
        squares = 0
        for number, place in self._numbers[low:high]:
            each = self._documents[place]
            total = Total(documents=1, size=each.size, tokens=each.tokens, characters=each.size)
            strata[number % STRATA] = strata.get(number % STRATA, Total()) + total
            squares += each.size**2
        (tally,) = self.tallies
        part = MergeableCounts(vocabulary=Vocabulary(size=1), strata=strata, squares=squares)
        tally.part = part if tally.part is None else tally.part + part


PLUGIN = assay.TokenizerPlugin(name="counted", summary="", build=lambda text: None)  # type: ignore[arg-type,return-value]
