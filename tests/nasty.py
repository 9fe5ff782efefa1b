"""Hostile words, and a run, a comparison and a history that are full of them: whatever is written must be text."""

from __future__ import annotations

import json
import re
from types import MappingProxyType

from assay.records.plugin_code import PluginCode
from assay.records.report_data import Mark, Point, ReportContext, Series
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
from assay.records.verdicts import Change, Compared, Comparison, Judgement, Verdict
from assay.records.workload import Workload

WORDS = MappingProxyType(
    {
        "markup": "</script><img src=x onerror=alert(1)>&amp;<!--]]>",
        "markdown": "[a](javascript:alert(1)) ![b](c) **d** _e_ ~~f~~ `g` # h",
        "quotes": '"double", \'single\', ""',
        "pipes": "a|b||c\\|d\\",
        "equals": "=cmd|' /C calc'!A0",
        "plus": "+1+1",
        "minus": "-2+3",
        "at": "@SUM(1+1)",
        "tab": "\t=1+1",
        "carriage": "\r=1+1",
        "feed": "\n=1+1",
        "full width": "\uff1d1+1",
        "semicolon": "a; =1+1;'b",
        "apostrophe": "'=1+1",
        "number": "1e5",
        "lines": 'one\r\ntwo\x0bthree"} 1\n# EOF\n',
        "direction": "\u202eback\u202c \u200fmark \u2066apart\u2069 \u061c",
        "controls": "\x00\x07\x08\x1b[31mred\x1b[0m\x1b]0;title\x07\x7f\x85\x9b1m\u2028\u2029\ufeff",
        "half": "half \ud800 \udfff",
        "none": "\ufffe\uffff\U0001fffe\ue000",
        "template": "{{7*7}} ${7*7} %s %n {0}",
        "letters": "分词器 עברית e\u0301 \u2764\ufe0f \U0001f44d\U0001f3fd",
        "long": "=" + "x" * 10_000,
    }
)
# What nobody can see, what turns the direction of writing, what a terminal obeys, and what is no character.
UNFIT = re.compile(
    "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
WORKLOAD = Workload.parse("core/fwd/causal/b1.h2.s64.d16/f32/cpu.t1")
METRICS = [{"name": word, "unit": word, "meaning": word, "exact": True} for word in WORDS.values()]


def unescaped(cell: str) -> str:
    """The text of a cell of CSV, without the apostrophes that keep it from being a formula."""
    return re.sub(r"(^|;)(\s*)'", r"\1\2", cell)


def run(name: str = "20260102-030405-aaaa") -> Run:
    """A run of which everything that is not ours is hostile."""
    return Run(
        id=name,
        started="2026-01-02T03:04:05+00:00",
        finished="2026-01-02T03:05:05+00:00",
        suite=WORDS["markup"],
        command=" ".join(WORDS.values()),
        environment={"python": "CPython 3.11.7", "cores": "2", **{word: word for word in WORDS.values()}},
        settings=json.dumps({"metrics": METRICS}),
        state="complete",
    )


def rows() -> tuple[Measurement, ...]:
    """For each word a tokenizer that is ok, one that failed, and an attention that was skipped, named so."""
    found = []
    for number, word in enumerate(WORDS.values()):
        figures = {
            "tokens": 5_145 + number,
            "encode_mb_per_s": 47.25,
            "parity_pt-BR": 1.5,
            "round_trip_difference": word,
        }
        metrics = Metrics(figures | {word: -number})
        timing = Timing(name="encode", samples=(Sample(iterations=2, wall_ns=5_000, cpu_ns=5_000),))
        ok = TokenizerCase(tokenizer=f"{word}{number}", corpus=word)
        failed = TokenizerCase(tokenizer=f"{word}{number}", corpus=word, held_out=0.1)
        skipped = AttentionCase(attention=f"{word}{number}", workload=WORKLOAD)
        found += [
            Measurement(case=ok, status=Status.OK, metrics=metrics, timings=(timing,)),
            Measurement(case=failed, status=Status.FAILED, reason=word, remedy=word, expected=number % 2 == 1),
            Measurement(case=skipped, status=Status.SKIPPED, reason=word, remedy=word),
        ]
    return tuple(found)


def outcome() -> Outcome:
    """A run with these rows."""
    found, each = rows(), len(WORDS)
    counts = Manifest(planned=3 * each, ok=each, failed=each, skipped=each, unsupported=0, missing=0)
    noise = Noise(median=0.004, worst=0.02, minimum_detectable_effect=0.013, groups=2)
    return Outcome(run=run(), manifest=counts, measurements=found, noise=noise, codes=codes())


def codes() -> tuple[PluginCode, ...]:
    """The code of a plugin of each name, of a distribution of that name, and of one that could not be loaded."""
    return tuple(
        PluginCode(
            kind=kind,
            name=word,
            origin=word,
            source="distribution",
            recorded="2026-01-02T03:04:05+00:00",
            summary=word,
            license=word,
            distribution=word,
            version=word,
            direct_url={"url": word},
            revision=word,
            path=word,
            covers=word,
            failure=word if kind == "plugin" else None,
            remedy=word if kind == "plugin" else None,
        )
        for kind in ("tokenizer", "plugin")
        for word in WORDS.values()
    )


def comparison() -> Comparison:
    """Two stored runs, with a change and a failure of each name."""
    names = ("20260102-030405-aaaa", "20260103-030405-bbbb")
    return Comparison(
        baseline=WORDS["markup"],
        candidate=WORDS["controls"],
        suite=WORDS["direction"],
        started="2026-01-02T03:04:05+00:00",
        command=" ".join(WORDS.values()),
        environment={word: word for word in WORDS.values()},
        budget_s=20.0,
        seconds=19.5,
        changes=tuple(
            Change(case=f"tokenizer/c/all/{word}", metric=word, baseline=word, candidate=-7, run=names[1])
            for word in WORDS.values()
        ),
        judgements=tuple(
            Judgement(
                cell=f"tokenizer/c/all/{word}/encode", verdict=Verdict.FAILED, reason=word, remedy=word, run=names[1]
            )
            for word in WORDS.values()
        ),
        warnings=tuple(WORDS.values()),
        runs=tuple(
            Compared(name=word, id=name, started="2026-01-02T03:04:05+00:00", suite=word, git=word)
            for name, word in zip(names, (WORDS["equals"], WORDS["lines"]), strict=True)
        ),
    )


def series() -> tuple[Series, ...]:
    """A history of each name."""
    return tuple(
        Series(
            case=f"tokenizer/{word}/all/{word}",
            group=f"tokenizer/{word}/all",
            plugin=word,
            metric=word,
            exact=True,
            machine={"processor": word},
            points=(
                Point(run="a", started="2026-01-02", git=word, value=word, environment="e"),
                Point(run="b", started="2026-01-03", git=None, value=-2, environment="e"),
            ),
            marks=(Mark(index=1, change=None, differs=(word,)),),
            unit=word,
        )
        for word in WORDS.values()
    )


def publications() -> tuple[ReportContext, ...]:
    """All of it, as reports get it."""
    return (
        ReportContext(shows="run", outcomes=(outcome(),)),
        ReportContext(shows="run", outcomes=(outcome(),), comparison=comparison()),
        ReportContext(shows="runs", outcomes=(outcome(),)),
        ReportContext(shows="comparison", comparison=comparison()),
        ReportContext(shows="history", series=series()),
    )
