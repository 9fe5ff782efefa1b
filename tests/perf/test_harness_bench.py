"""The harness's own hot paths as ordinary benchmarks: what every run spends beside the plugins.

Run it by `python -m pytest tests/perf/test_harness_bench.py --benchmark-only`.
"""

from __future__ import annotations

import itertools
import math
import random
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.comparison.session_level import session_level
from assay.corpus.loading import load
from assay.records.results import GroupResult, Metrics, Sample, Timing
from assay.stats.paired_ratio import paired_ratio
from assay.store.store import Store
from assay.tokenizer.metrics import token_counts
from assay.tokenizer.words import word_spans

CORPUS = "many-languages"
PAIRS = 400


@pytest.fixture(scope="module")
def host() -> assay.Host:
    return assay.discover()


def samples(seed: int) -> tuple[Sample, ...]:
    """What two operations of a long run come to: so many readings, of six processes."""
    chance = random.Random(seed)
    times = (5_000_000 * math.exp(chance.gauss(0.0, 0.02)) for _ in range(PAIRS))
    return tuple(
        Sample(iterations=16, wall_ns=int(time * 1.1), cpu_ns=int(time), epoch=number * 6 // PAIRS)
        for number, time in enumerate(times)
    )


def test_discovery(benchmark: Any) -> None:
    found = benchmark.pedantic(assay.discover, rounds=10, warmup_rounds=1)
    assert len(found.found) > 40


def test_reading_a_corpus(benchmark: Any, host: assay.Host) -> None:
    corpus = host.one(assay.CorpusPlugin, CORPUS)
    documents = benchmark.pedantic(load, [corpus], rounds=50, iterations=5, warmup_rounds=1)
    assert len(documents) > 10


def test_token_counts(benchmark: Any, host: assay.Host) -> None:
    documents = load(host.one(assay.CorpusPlugin, CORPUS))
    tokenizer = host.one(assay.TokenizerPlugin, "regex").build("\n".join(document.text for document in documents))
    ids = [tokenizer.encode(document.text) for document in documents]
    metrics = benchmark.pedantic(token_counts, [documents, ids, tokenizer], rounds=10, warmup_rounds=1)
    assert metrics["tokens"] == sum(map(len, ids))


@pytest.mark.parametrize("last", ["", " …"], ids=["ascii", "any"])
def test_words(benchmark: Any, host: assay.Host, last: str) -> None:
    """A text of ASCII alone has an expression of its own; one other character, and it is that for any text."""
    (document,) = load(host.one(assay.CorpusPlugin, "the-verdict"))
    plain = document.text.encode("ascii", "ignore").decode()
    assert len(benchmark(word_spans, plain + last)) == len(word_spans(plain))


def test_paired_ratio(benchmark: Any) -> None:
    candidate, baseline = samples(1), samples(2)
    ratio = benchmark.pedantic(paired_ratio, [candidate, baseline], rounds=20, warmup_rounds=1)
    assert ratio.low < 1.0 < ratio.high
    assert (ratio.pairs, ratio.epochs) == (PAIRS, 6)


def test_level_of_stored_readings(benchmark: Any) -> None:
    seconds = [sample.cpu_ns / 1e9 for sample in samples(3)] * 10
    found = benchmark.pedantic(session_level, [seconds], rounds=20, iterations=5, warmup_rounds=1)
    assert math.exp(found.centre) == pytest.approx(0.005, rel=0.01)


def test_storing_a_group(benchmark: Any, tmp_path: Path) -> None:
    store, numbers = Store(tmp_path), itertools.count()

    def fresh() -> tuple[tuple[str, GroupResult], dict[str, object]]:
        """A run of its own for each round: nothing is stored twice."""
        run = assay.Run(id=f"run-{next(numbers)}", started="", suite="quick", command="assay run", environment={})
        cases = [assay.TokenizerCase(tokenizer=f"tokenizer-{n}", corpus=CORPUS) for n in range(5)]
        store.begin(run, cases)
        rows = tuple(
            assay.Measurement(
                case=case,
                status=assay.Status.OK,
                metrics=Metrics({f"metric_{n}": n for n in range(40)}),
                timings=(Timing(name="encode", samples=samples(4)), Timing(name="decode", samples=samples(5))),
            )
            for case in cases
        )
        return (run.id, GroupResult(measurements=rows)), {}

    benchmark.pedantic(store.add, setup=fresh, rounds=10)
    assert len(store.measurements("run-0")) == 5
    store.close()
