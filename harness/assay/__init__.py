"""Assay weighs tokenizers and attention implementations: correct first, then fast, honest about noise.

    host = assay.discover()
    gpt2 = host.one(assay.TokenizerPlugin, "gpt2").build("")
    gpt2.encode("Hello, this is a test sentence.")

    outcome = assay.run(suite="tutorial")
    assay.results(outcome.run.id).tokenizers      # a pandas DataFrame

Everything here is loaded when it is first used: `import assay` costs no torch, pandas or tiktoken.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.catalogue import Definition, definition
    from assay.contracts import (
        AttentionPlugin,
        CorpusPlugin,
        Document,
        EncodeBatch,
        ExecutorPlugin,
        MetricPlugin,
        Missing,
        Prefill,
        ReportPlugin,
        SpecialIds,
        Step,
        TokenBytes,
        Tokenized,
        Tokenizer,
        TokenizerPlugin,
        Weights,
        lazy,
    )
    from assay.contrast import compare
    from assay.cuts import Piece, Pieces, Span
    from assay.discovery import discover
    from assay.errors import AssayError, Unavailable, UnknownName, UnknownToken
    from assay.executor import Ended, Executor, Spread
    from assay.frames import Frames, results
    from assay.hookspecs import HOOKS_VERSION, hookimpl
    from assay.host import Failure, Host, Origin
    from assay.job import run
    from assay.only import Only
    from assay.outline import report_tables
    from assay.pieces import Spans
    from assay.publication import Listed, Mark, Point, Publication, Reading, Series
    from assay.records import (
        AttentionCase,
        Manifest,
        Measurement,
        Metric,
        Noise,
        Outcome,
        Run,
        Sample,
        Status,
        Timing,
        TokenizerCase,
    )
    from assay.scaling import Growth, family, growths
    from assay.semantics import Semantics
    from assay.specials import SpecialTokens
    from assay.tables import Table
    from assay.verdicts import Alike, Change, Compared, Comparison, Judgement, Tolerance, Verdict
    from assay.windows import TextEmbedding, Windows, window_loader
    from assay.workload import TextSource, Workload

_HOMES = {
    "contracts": (
        "AttentionPlugin CorpusPlugin Document EncodeBatch ExecutorPlugin MetricPlugin Missing Prefill ReportPlugin"
        " SpecialIds Step TokenBytes Tokenized Tokenizer TokenizerPlugin Weights lazy"
    ),
    "catalogue": "Definition definition",
    "contrast": "compare",
    "cuts": "Piece Pieces Span",
    "discovery": "discover",
    "errors": "AssayError Unavailable UnknownName UnknownToken",
    "executor": "Ended Executor Spread",
    "frames": "Frames results",
    "hookspecs": "HOOKS_VERSION hookimpl",
    "host": "Failure Host Origin",
    "job": "run",
    "only": "Only",
    "outline": "report_tables",
    "pieces": "Spans",
    "publication": "Listed Mark Point Publication Reading Series",
    "records": ("AttentionCase Manifest Measurement Metric Noise Outcome Run Sample Status Timing TokenizerCase"),
    "scaling": "Growth family growths",
    "specials": "SpecialTokens",
    "tables": "Table",
    "verdicts": "Alike Change Compared Comparison Judgement Tolerance Verdict",
    "windows": "TextEmbedding Windows window_loader",
    "semantics": "Semantics",
    "workload": "TextSource Workload",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "Alike",
    "AssayError",
    "AttentionCase",
    "AttentionPlugin",
    "Change",
    "Compared",
    "Comparison",
    "CorpusPlugin",
    "Definition",
    "Document",
    "EncodeBatch",
    "Ended",
    "Executor",
    "ExecutorPlugin",
    "Failure",
    "Frames",
    "Growth",
    "HOOKS_VERSION",
    "Host",
    "Judgement",
    "Listed",
    "Manifest",
    "Mark",
    "Measurement",
    "Metric",
    "MetricPlugin",
    "Missing",
    "Noise",
    "Only",
    "Origin",
    "Outcome",
    "Piece",
    "Pieces",
    "Point",
    "Prefill",
    "Publication",
    "Reading",
    "ReportPlugin",
    "Run",
    "Sample",
    "Semantics",
    "Series",
    "Span",
    "Spans",
    "SpecialIds",
    "SpecialTokens",
    "Spread",
    "Status",
    "Step",
    "Table",
    "TextEmbedding",
    "TextSource",
    "Timing",
    "TokenBytes",
    "Tokenized",
    "Tokenizer",
    "TokenizerCase",
    "TokenizerPlugin",
    "Tolerance",
    "Unavailable",
    "UnknownName",
    "UnknownToken",
    "Verdict",
    "Weights",
    "Windows",
    "Workload",
    "compare",
    "definition",
    "discover",
    "family",
    "growths",
    "hookimpl",
    "lazy",
    "report_tables",
    "results",
    "run",
    "window_loader",
]


if not TYPE_CHECKING:  # a type checker should see the names above, and no others

    def __getattr__(name: str) -> object:
        home = _HOME_OF.get(name)
        if home is None:
            raise AttributeError(f"module 'assay' has no attribute {name!r}")
        value = getattr(importlib.import_module(f"assay.{home}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
