"""Records that are shown: a run of tokenizers, one of attention over lengths, a comparison, a history."""

from __future__ import annotations

from assay.records.report_data import History, Mark, Point, Series
from assay.records.results import (
    AttentionCase,
    Manifest,
    Measurement,
    Metrics,
    Noise,
    Outcome,
    Run,
    Status,
    TokenizerCase,
)
from assay.records.verdicts import Change, Comparison, Judgement, Verdict
from assay.records.workload import Workload

ENVIRONMENT = {"processor": "One", "cores": "2", "load": "0.31", "python": "CPython 3.11.1", "assay": "0.2.0"}
NOISE = Noise(median=0.006, worst=0.01, minimum_detectable_effect=0.026, groups=2)


def run_of(*rows: Measurement, noise: Noise | None = NOISE) -> Outcome:
    run = Run(
        id="r",
        started="2026-11-30T13:50:12",
        suite="s/1",
        command="assay run",
        environment=ENVIRONMENT,
        state="complete",
    )
    counts = Manifest(planned=len(rows), ok=len(rows), failed=0, skipped=0, unsupported=0, missing=0)
    return Outcome(run=run, manifest=counts, measurements=rows, noise=noise)


def tokenizer(
    name: str, *, corpus: str = "text", ratio: float = 1.0, half: float = 0.0, **figures: float
) -> Measurement:
    """A row that passed its checks, with the interval ratio ± half against gpt2."""
    ends = {"encode_ratio_low": ratio - half, "encode_ratio_high": ratio + half} if half else {}
    usual = {"tokens": 5145, "bytes_per_token": 4.0, "round_trip": 1.0, "encode_mb_per_s": 10 / ratio}
    metrics = {**usual, "encode_spread": 0.02, "encode_ratio": ratio, **ends, **figures}
    case = TokenizerCase(tokenizer=name, corpus=corpus)
    return Measurement(case=case, status=Status.OK, metrics=Metrics(metrics, baseline="gpt2"))


def attention(name: str, length: int = 128, *, ratio: float = 1.0, half: float = 0.0, **figures: float) -> Measurement:
    """A row that passed its checks, with the interval ratio ± half against sdpa."""
    ends = {"step_ratio_low": ratio - half, "step_ratio_high": ratio + half} if half else {}
    metrics = {"step_seconds": ratio / 1e3, "step_spread": 0.02, "step_ratio": ratio, **ends, **figures}
    workload = Workload.self_attention("core", batch=1, length=length, d_model=64)
    case = AttentionCase(attention=name, workload=workload)
    return Measurement(
        case=case, status=Status.OK, metrics=Metrics(metrics, error=1e-6, naive_error=2e-6, baseline="sdpa")
    )


def failed(name: str, reason: str, *, expected: bool = False) -> Measurement:
    case = TokenizerCase(tokenizer=name, corpus="text")
    return Measurement(case=case, status=Status.FAILED, reason=reason, remedy="mind it", expected=expected)


def not_applicable(name: str) -> Measurement:
    case = AttentionCase(attention=name, workload=attention("x").case.workload)  # type: ignore[union-attr]
    return Measurement(case=case, status=Status.UNSUPPORTED, reason="mask none is not offered")


TOKENIZERS = run_of(tokenizer("gpt2"), tokenizer("fast", ratio=0.5, half=0.02, tokens=4000), failed("mine", "it broke"))
ATTENTIONS = run_of(
    *(
        attention(name, length, ratio=ratio, half=0.05 * (name != "sdpa"))
        for length in (128, 256)
        for name, ratio in (("sdpa", 1.0), ("naive", 2.0))
    ),
    not_applicable("other"),
)
COMPARISON = Comparison(
    baseline="main",
    candidate="working tree",
    suite="tutorial/1",
    started="2026-11-30T13:00:00",
    command="assay check",
    environment={},
    budget_s=10,
    seconds=9,
    judgements=(
        Judgement(cell="tokenizer/text/all/a/encode", verdict=Verdict.UNCHANGED, ratio=1.0, low=0.99, high=1.01),
        Judgement(cell="tokenizer/text/all/b/encode", verdict=Verdict.REGRESSED, ratio=1.2, low=1.17, high=1.23),
    ),
    changes=(Change(case="tokenizer/text/all/a", metric="tokens", baseline=7, candidate=8),),
)
HISTORY = History(
    metric="tokens",
    series=(
        Series(
            case="tokenizer/text/all/gpt2",
            group="tokenizer/text/all",
            plugin="gpt2",
            metric="tokens",
            exact=True,
            machine={"processor": "One"},
            points=tuple(
                Point(run=f"r{place}", started="2026-11-30", git=None, value=value, environment="e")
                for place, value in enumerate((7, 7, 9))
            ),
            marks=(Mark(index=2, change=0.29, differs=()),),
        ),
    ),
)
