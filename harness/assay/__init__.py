"""A benchmark harness for tokenizers and attention implementations: correct first, then fast, honest about noise.

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
    from assay.attention.support import Supports
    from assay.attention.windows import TextEmbedding, Windows, window_loader
    from assay.comparison.compare_runs import compare
    from assay.comparison.stored_history import history
    from assay.corpus.download import Download
    from assay.errors import AssayError, Unavailable, UnknownName, UnknownToken
    from assay.execute.compare import compare_attention, compare_tokenizers
    from assay.execute.job import run
    from assay.plugins.discovery import discover
    from assay.plugins.executor import Executor, ExecutorConfig, TaskResult
    from assay.plugins.hookspecs import HOOKS_VERSION, hookimpl
    from assay.plugins.host import Failure, Host, Origin
    from assay.plugins.types import (
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
    from assay.records.display import Plot
    from assay.records.metric_catalogue import Definition, definition
    from assay.records.plugin_code import PluginCode
    from assay.records.report_data import History, Listed, Mark, Point, ReportContext, Series, TokenizedText
    from assay.records.results import (
        AttentionCase,
        Manifest,
        Measurement,
        Metric,
        Metrics,
        Noise,
        Outcome,
        Run,
        Sample,
        Status,
        Timing,
        TokenizerCase,
    )
    from assay.records.segmentation import Piece, Span, TokenAlignment
    from assay.records.semantics import Semantics
    from assay.records.special_tokens import SpecialTokens
    from assay.records.temporary import temporary_folder
    from assay.records.user_cache import data_folder
    from assay.records.verdicts import AATest, Change, Compared, Comparison, Judgement, Tolerance, Verdict
    from assay.records.workload import TextSource, Workload
    from assay.report.charts.drawing import chart_svg
    from assay.report.charts.theme import CHART_COLOURS, chart_theme
    from assay.report.tables.attention_scaling import Growth, family, growths
    from assay.report.tables.code import code_table
    from assay.report.tables.results import Table
    from assay.report.tables.run_tables import report_tables
    from assay.store.dataframes import Frames, results
    from assay.tokenizer.alignment import Spans

_HOMES = {
    "plugins.types": (
        "AttentionPlugin CorpusPlugin Document EncodeBatch ExecutorPlugin MetricPlugin Missing Prefill ReportPlugin"
        " SpecialIds Step TokenBytes Tokenized Tokenizer TokenizerPlugin Weights lazy"
    ),
    "records.metric_catalogue": "Definition definition",
    "comparison.compare_runs": "compare",
    "comparison.stored_history": "history",
    "records.segmentation": "Piece TokenAlignment Span",
    "corpus.download": "Download",
    "plugins.discovery": "discover",
    "records.temporary": "temporary_folder",
    "errors": "AssayError Unavailable UnknownName UnknownToken",
    "plugins.executor": "TaskResult Executor ExecutorConfig",
    "store.dataframes": "Frames results",
    "plugins.hookspecs": "HOOKS_VERSION hookimpl",
    "plugins.host": "Failure Host Origin",
    "execute.compare": "compare_attention compare_tokenizers",
    "execute.job": "run",
    "attention.support": "Supports",
    "report.tables.run_tables": "report_tables",
    "tokenizer.alignment": "Spans",
    "records.display": "Plot",
    "records.report_data": "History Listed Mark Point ReportContext Series TokenizedText",
    "records.results": (
        "AttentionCase Manifest Measurement Metric Metrics Noise Outcome Run Sample Status Timing TokenizerCase"
    ),
    "report.charts.drawing": "chart_svg",
    "report.charts.theme": "CHART_COLOURS chart_theme",
    "report.tables.attention_scaling": "Growth family growths",
    "records.special_tokens": "SpecialTokens",
    "records.plugin_code": "PluginCode",
    "report.tables.code": "code_table",
    "report.tables.results": "Table",
    "records.user_cache": "data_folder",
    "records.verdicts": "AATest Change Compared Comparison Judgement Tolerance Verdict",
    "attention.windows": "TextEmbedding Windows window_loader",
    "records.semantics": "Semantics",
    "records.workload": "TextSource Workload",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "AATest",
    "AssayError",
    "AttentionCase",
    "AttentionPlugin",
    "CHART_COLOURS",
    "Change",
    "Compared",
    "Comparison",
    "CorpusPlugin",
    "Definition",
    "Document",
    "Download",
    "EncodeBatch",
    "Executor",
    "ExecutorConfig",
    "ExecutorPlugin",
    "Failure",
    "Frames",
    "Growth",
    "HOOKS_VERSION",
    "History",
    "Host",
    "Judgement",
    "Listed",
    "Manifest",
    "Mark",
    "Measurement",
    "Metric",
    "MetricPlugin",
    "Metrics",
    "Missing",
    "Noise",
    "Origin",
    "Outcome",
    "Piece",
    "Plot",
    "PluginCode",
    "Point",
    "Prefill",
    "ReportContext",
    "ReportPlugin",
    "Run",
    "Sample",
    "Semantics",
    "Series",
    "Span",
    "Spans",
    "SpecialIds",
    "SpecialTokens",
    "Status",
    "Step",
    "Supports",
    "Table",
    "TaskResult",
    "TextEmbedding",
    "TextSource",
    "Timing",
    "TokenAlignment",
    "TokenBytes",
    "Tokenized",
    "TokenizedText",
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
    "chart_svg",
    "chart_theme",
    "code_table",
    "compare",
    "compare_attention",
    "compare_tokenizers",
    "data_folder",
    "definition",
    "discover",
    "family",
    "growths",
    "history",
    "hookimpl",
    "lazy",
    "report_tables",
    "results",
    "run",
    "temporary_folder",
    "window_loader",
]


if not TYPE_CHECKING:  # a type checker should see the names above, and no others

    def __getattr__(name: str) -> object:
        home = _HOME_OF.get(name)
        if home is None:
            return _former(name)
        value = getattr(importlib.import_module(f"assay.{home}"), name)
        globals()[name] = value
        return value

    def _former(name: str) -> object:
        """Return what now goes by another name; raise AttributeError for a name that never was."""
        former = importlib.import_module("assay.plugins.former_names")
        if name not in former.FORMER:
            raise AttributeError(f"module 'assay' has no attribute {name!r}")
        return former.Ended if name == "Ended" else __getattr__(former.FORMER[name])


def __dir__() -> list[str]:
    return __all__
