"""Every plugin that is ready here, as ordinary benchmarks of pytest-benchmark, once its output has been checked.

Run it by `python -m pytest tests/perf/test_plugins_bench.py --benchmark-only`, and against what was stored before by
`--assay-check=BASELINE.json`. Rounds are few and short, since `assay run` is what measures; what is wrong, or compiles
for a minute first, is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

import assay
from assay.measure.bench import Bench
from assay.measure.subject import Operation
from assay.records.results import Case

CORPORA = ("the-verdict", "many-languages")
SAMPLE_NS = 2_000_000
ROUNDS = 20
CAUSAL = assay.Semantics(mask="causal")
SMALL = assay.Workload.self_attention
WORKLOADS = (
    SMALL("core", batch=1, length=128, d_model=256, heads=4, semantics=CAUSAL),
    SMALL("module", batch=8, length=16, d_model=256, heads=4, semantics=CAUSAL),
    SMALL("core", batch=1, length=7, d_model=5, semantics=assay.Semantics(kind="weightless")),
)


@cache
def host() -> assay.Host:
    return assay.discover()


def tokenizers() -> Iterator[Any]:
    """A case for each tokenizer and corpus; corpora one after the other, and tokenizers in the order of discovery."""
    for corpus in CORPORA:
        for plugin in host().every(assay.TokenizerPlugin):
            if host().missing(plugin) is None:
                case = assay.TokenizerCase(tokenizer=plugin.name, corpus=corpus)
                yield pytest.param(case, id=case.id)


def attentions() -> Iterator[Any]:
    """A case for each attention and workload that it offers."""
    for workload in WORKLOADS:
        for plugin in host().every(assay.AttentionPlugin):
            if not plugin.compiles and host().missing(plugin) is None and plugin.unsupported(workload) is None:
                case = assay.AttentionCase(attention=plugin.name, workload=workload)
                yield pytest.param(case, id=case.id)


@pytest.fixture(scope="module")
def bench() -> Bench:
    """One for all cases: what they share is made once."""
    return Bench(host())


@pytest.fixture(scope="module")
def checked(request: pytest.FixtureRequest, bench: Bench) -> tuple[Case, dict[str, Operation]]:
    """A case and its operations by name; skipped where the plugin fails, since a wrong output has no speed."""
    case = request.param
    try:
        bench.load(case)
        bench.check()
    except Exception as error:  # whatever a plugin raises costs its own rows
        pytest.skip(f"{case.id}: {error}")
    return case, {operation.name: operation for operation in bench.operations()}


def measure(benchmark: Any, bench: Bench, case: Case, operation: Operation) -> None:
    benchmark.group = f"{case.group}/{operation.name}"
    benchmark.extra_info |= {"tokens": operation.tokens, "bytes": operation.size}
    iterations = bench.calibrate(operation.name, SAMPLE_NS)
    with operation.context():
        output = benchmark.pedantic(operation.call, rounds=ROUNDS, iterations=iterations)
        operation.audit([output])
    bench.recheck()


@pytest.mark.parametrize("operation", ["encode", "decode"])
@pytest.mark.parametrize("checked", list(tokenizers()), indirect=True)
def test_tokenizer(benchmark: Any, bench: Bench, checked: tuple[Case, dict[str, Operation]], operation: str) -> None:
    case, operations = checked
    measure(benchmark, bench, case, operations[operation])


@pytest.mark.parametrize("checked", list(attentions()), indirect=True)
def test_attention(benchmark: Any, bench: Bench, checked: tuple[Case, dict[str, Operation]]) -> None:
    case, operations = checked
    (operation,) = operations.values()
    measure(benchmark, bench, case, operation)
