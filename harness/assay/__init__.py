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
    from assay.contracts import (
        AttentionPlugin,
        CorpusPlugin,
        Document,
        Missing,
        Only,
        Prefill,
        SpecialTokens,
        Step,
        TokenBytes,
        Tokenizer,
        TokenizerPlugin,
        Weights,
        lazy,
    )
    from assay.discovery import discover
    from assay.errors import AssayError, Unavailable, UnknownName, UnknownToken
    from assay.frames import Frames, results
    from assay.hookspecs import hookimpl
    from assay.host import Failure, Host, Origin
    from assay.job import Outcome, run
    from assay.records import AttentionCase, Measurement, Metric, Run, Sample, Status, Timing, TokenizerCase
    from assay.semantics import Semantics
    from assay.windows import TextEmbedding, Windows, window_loader
    from assay.workload import TextSource, Workload

_HOMES = {
    "contracts": (
        "AttentionPlugin CorpusPlugin Document Missing Only Prefill SpecialTokens Step TokenBytes Tokenizer"
        " TokenizerPlugin Weights lazy"
    ),
    "discovery": "discover",
    "errors": "AssayError Unavailable UnknownName UnknownToken",
    "frames": "Frames results",
    "hookspecs": "hookimpl",
    "host": "Failure Host Origin",
    "job": "Outcome run",
    "records": "AttentionCase Measurement Metric Run Sample Status Timing TokenizerCase",
    "windows": "TextEmbedding Windows window_loader",
    "semantics": "Semantics",
    "workload": "TextSource Workload",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "AssayError",
    "AttentionCase",
    "AttentionPlugin",
    "CorpusPlugin",
    "Document",
    "Failure",
    "Frames",
    "Host",
    "Measurement",
    "Metric",
    "Missing",
    "Only",
    "Origin",
    "Outcome",
    "Prefill",
    "Run",
    "Sample",
    "Semantics",
    "SpecialTokens",
    "Status",
    "Step",
    "TextEmbedding",
    "TextSource",
    "Timing",
    "TokenBytes",
    "Tokenizer",
    "TokenizerCase",
    "TokenizerPlugin",
    "Unavailable",
    "UnknownName",
    "UnknownToken",
    "Weights",
    "Windows",
    "Workload",
    "discover",
    "hookimpl",
    "lazy",
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
