"""A tiny report context of each kind, to try reports and metrics on: real counts of a short text, made-up times."""

from __future__ import annotations

from collections.abc import Sequence

from assay.corpus.loading import Parts
from assay.environment.describe import describe
from assay.measure.roofline import account
from assay.measure.throughput import speeds
from assay.measure.tokenizer_subject import TokenizerSubject
from assay.plugins.types import Document, Tokenized, TokenizerPlugin
from assay.records.plugin_code import PluginCode
from assay.records.report_data import Listed, Mark, Point, ReportContext, Series, Shown, TokenizedText
from assay.records.results import (
    AttentionCase,
    Manifest,
    Measurement,
    Metrics,
    Noise,
    Outcome,
    Run,
    Sample,
    Status,
    Timing,
    TokenizerCase,
)
from assay.records.verdicts import AATest, Change, Comparison, Judgement, Verdict
from assay.records.workload import Workload
from assay.tokenizer.alignment import align_tokens

TEXT = 'A first line, with "marks" & <signs>.\nA second one: 27 °C, naïve, 漢字, 😀.\n'
CORPUS = "example"
STARTED = "2026-01-02T03:04:05+00:00"
SHA256 = "0123456789abcdef" * 4
WORKLOAD = Workload.parse("core/fwd/causal/b1.h2.s64.d16/f32/cpu.t1")


class Letters:
    """One id a code point: a tokenizer that needs nothing."""

    vocab_size, unk_id = 0x110000, None

    def encode(self, text: str) -> Sequence[int]:
        """Return the code points."""
        return [ord(char) for char in text]

    def decode(self, ids: Sequence[int]) -> str:
        """Return their text."""
        return "".join(map(chr, ids))


PLUGIN = TokenizerPlugin(name="letters", summary="one id a code point", license="MIT", build=lambda text: Letters())


def tokenized() -> tuple[Tokenized, ...]:
    """Return the lines of the text with the ids of `Letters`."""
    return tuple(Tokenized(text=line, ids=Letters().encode(line)) for line in TEXT.splitlines(keepends=True))


def rows() -> tuple[Measurement, ...]:
    """Return rows of a tokenizer and an attention that are ok, and one that failed, one skipped, one unsupported."""
    counts = TokenizerSubject(PLUGIN, Parts(training=TEXT, measured=(Document(text=TEXT, id="1"),))).check()
    encode, decode, step = _timing("encode", 5_000), _timing("decode", 3_000), _timing("step", 90_000)
    size = len(TEXT.encode())
    timed = speeds(encode, "cpu", tokens=len(TEXT), size=size) | speeds(decode, "cpu", tokens=len(TEXT), size=size)
    checked = Metrics(error=2.9e-07, naive_error=3.1e-07, properties="repeat, afresh, unseen, ones")
    attention = (
        checked
        | speeds(step, "cpu", tokens=WORKLOAD.tokens)
        | account(WORKLOAD, step, "cpu", {})
        | {"peak_bytes": 1 << 20}
    )
    tokenizer = TokenizerCase(tokenizer=PLUGIN.name, corpus=CORPUS)
    return (
        Measurement(case=tokenizer, status=Status.OK, metrics=counts | timed, timings=(encode, decode), code=SHA256),
        Measurement(
            case=TokenizerCase(tokenizer="broken", corpus=CORPUS),
            status=Status.FAILED,
            reason='ValueError: no <b>"bold"</b> | & so on',
            remedy="fix it",
        ),
        Measurement(
            case=AttentionCase(attention="example", workload=WORKLOAD),
            status=Status.OK,
            metrics=attention,
            timings=(step,),
        ),
        Measurement(
            case=AttentionCase(attention="absent", workload=WORKLOAD),
            status=Status.SKIPPED,
            reason="absent needs a-package>=1, which is not installed",
            remedy='pip install "a-package>=1"',
        ),
        Measurement(
            case=AttentionCase(attention="other", workload=WORKLOAD), status=Status.UNSUPPORTED, reason="not offered"
        ),
    )


def publication(shows: Shown) -> ReportContext:
    """Return what a report of that sort is made from."""
    first, last = _outcome("20260102-030405-aaaa"), _outcome("20260103-030405-bbbb")
    return ReportContext(
        shows=shows,
        outcomes=(last,) if shows == "run" else (first, last) if shows == "runs" else (),
        comparison=_comparison() if shows == "comparison" else None,
        series=(_series(),) if shows == "history" else (),
        plugins=(
            Listed(
                kind="tokenizer",
                name=PLUGIN.name,
                summary=PLUGIN.summary,
                origin="example 1.0 (example)",
                license="MIT",
                status="ready",
            ),
        ),
        read=lambda: TokenizedText(corpus=CORPUS, text=TEXT, pieces=(align_tokens(PLUGIN, TEXT, TEXT),)),
        command="assay report",
    )


def _timing(name: str, ns: int) -> Timing:
    """Eight samples of ten calls, each a little longer than the one before."""
    samples = (Sample(iterations=10, wall_ns=10 * ns + 97 * turn, cpu_ns=10 * ns + 89 * turn) for turn in range(8))
    return Timing(name=name, samples=tuple(samples))


def _outcome(run_id: str) -> Outcome:
    found = rows()
    ended = {status: sum(row.status is status for row in found) for status in Status}
    return Outcome(
        run=Run(
            id=run_id,
            started=STARTED,
            suite="example/1",
            command="assay run --suite example",
            environment=describe(),
            state="complete",
            finished=STARTED,
        ),
        manifest=Manifest.of(len(found), ended),
        measurements=found,
        noise=Noise(median=0.004, worst=0.02, minimum_detectable_effect=0.013, groups=2),
        codes=(_code(),),
    )


def _code() -> PluginCode:
    return PluginCode(
        kind="tokenizer",
        name=PLUGIN.name,
        origin="example 1.0 (example)",
        source="distribution",
        recorded=STARTED,
        summary=PLUGIN.summary,
        license="MIT",
        distribution="example",
        version="1.0",
        direct_url={"url": "https://example.org/example-1.0.whl", "archive_info": {}},
        sha256=SHA256,
        covers="all files that were installed, but for compiled caches (3 files)",
    )


def _comparison() -> Comparison:
    cell = f"tokenizer/{CORPUS}/all/{{}}/encode"
    judged = {"ratio": 1.08, "low": 1.05, "high": 1.11, "p_value": 1e-6, "wall_ratio": 1.09, "epochs": 8}
    steady = {"ratio": 1.001, "low": 0.99, "high": 1.01, "p_value": 0.4, "wall_ratio": 1.0, "epochs": 23}
    return Comparison(
        baseline="HEAD~1",
        candidate="installed",
        suite="example/1",
        started=STARTED,
        command="assay check --baseline HEAD~1",
        environment=describe(),
        budget_s=60.0,
        seconds=42.0,
        changes=(Change(case=f"tokenizer/{CORPUS}/all/changed", metric="tokens", baseline=76, candidate=77),),
        judgements=(
            Judgement(cell=cell.format("slower"), verdict=Verdict.REGRESSED, **judged),  # type: ignore[arg-type]
            Judgement(cell=cell.format("letters"), verdict=Verdict.UNCHANGED, **steady),  # type: ignore[arg-type]
            Judgement(
                cell=cell.format("unclear"),
                verdict=Verdict.INCONCLUSIVE,
                more_s=30.0,
                **steady,  # type: ignore[arg-type]
            ),
            Judgement(cell=cell.format("broken"), verdict=Verdict.FAILED, reason="ValueError: no <b>", remedy="fix it"),
            Judgement(cell=cell.format("new"), verdict=Verdict.ADDED, reason="the baseline has no such cell"),
        ),
        aa_test=AATest(
            cells=2,
            readings=10,
            epochs=23,
            spread=0.02,
            minimum_detectable_effect=0.018,
            false_alarms=0.003,
            replays=1_000,
        ),
        warnings=("the baseline is a day old",),
    )


def _series() -> Series:
    values = (11.9, 12.1, 12.0, 9.1, 9.0)
    points = (
        Point(run=f"2026010{day}-030405-aaaa", started=STARTED, git=f"{day}abcdef", value=value, environment="e")
        for day, value in enumerate(values, start=1)
    )
    return Series(
        case=f"tokenizer/{CORPUS}/all/letters",
        group=f"tokenizer/{CORPUS}/all",
        plugin=PLUGIN.name,
        metric="encode_mb_per_s",
        exact=False,
        machine={"processor": "an example", "cores": "2"},
        points=tuple(points),
        marks=(Mark(index=3, change=-0.24, differs=("python: 3.11 -> 3.12",)),),
    )
