"""Figures of tokenizers: how they cut, how fast they are, and how both change with text and size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import assay
from assay_html.escape import short
from assay_html.figure import Figure
from assay_html.shapes import dots, heat, lines
from assay_html.values import between, number, plus_minus, rows_of, table, three

STEPS = {
    "line_mb_per_s": "line",
    "paragraph_mb_per_s": "paragraph",
    "page_mb_per_s": "page",
    "encode_mb_per_s": "whole",
    "batch_mb_per_s": "batch",
    "batch2_mb_per_s": "batch, 2 threads",
    "cold_mb_per_s": "whole, cold",
}
SCALING = "adversarial-"
HOLLOW = " A hollow dot is of a tokenizer that loses part of the text: further right is not better there."
Data = list[dict[str, object]]


def figures(outcome: assay.Outcome) -> Iterator[Figure]:
    """Yield the figures that the run has data for."""
    whole = [
        row
        for row in outcome.measurements
        if isinstance(row.case, assay.TokenizerCase)
        and not (row.case.edge_case or row.case.held_out or row.case.corpus.startswith(SCALING))
    ]
    yield from _compression(whole)
    yield from _parity(whole)
    yield from _speed(whole)
    yield from _lengths(whole)
    yield from _vocabulary(whole)
    yield from _growth(rows_of(outcome, assay.TokenizerCase))


def _compression(rows: Sequence[assay.Measurement]) -> Iterator[Figure]:
    data = _by_corpus(rows, "bytes_per_token", low="bytes_per_token_low", high="bytes_per_token_high")
    lossy = any("hollow" in point for point in data)
    if data:
        yield Figure(
            id="chart-compression",
            section="tokens",
            title="Bytes of text per token",
            says="Further right, a token holds more text and a text is fewer tokens. A line is the 95 % interval over"
            " documents, where there are 20 or more. It says nothing of how well a model learns from such tokens."
            f"{HOLLOW if lossy else ''}",
            spec=dots(data, x="value", y="tokenizer", title="bytes per token", colour="corpus"),
            columns=("tokenizer", "corpus", "bytes per token", "interval"),
            rows=table(data, ("tokenizer", "corpus", "value"), "{:.3f}"),
            alt=f"Bytes per token of {_several(data, 'tokenizer')} on {_several(data, 'corpus')}",
        )


def _parity(rows: Sequence[assay.Measurement]) -> Iterator[Figure]:
    data: Data = [
        {
            "tokenizer": short(row.case.plugin),
            "language": name.removeprefix("parity_"),
            "value": float(value),
        }
        for row in rows
        if row.value("same_ids_as") is None
        for name, value in row.metrics.items()
        if name.startswith("parity_") and not isinstance(value, str)
    ]
    if data:
        yield Figure(
            id="chart-parity",
            section="parity",
            title="Tokens for the same text in other languages",
            says="Each dot is a language's tokens over those of English, on the same text in both: at 2 a speaker of"
            " that language needs twice the tokens. The dashed line is English. It is one text only.",
            spec=dots(
                data,
                x="value",
                y="language",
                title="tokens / tokens of English",
                colour="tokenizer",
                rule=(1.0,),
                type="log",
            ),
            columns=("tokenizer", "language", "tokens / English", ""),
            rows=table(data, ("tokenizer", "language", "value"), "{:.3f}"),
            alt=f"Parity of {_several(data, 'language')} with English for {_several(data, 'tokenizer')}",
        )


def _speed(rows: Sequence[assay.Measurement]) -> Iterator[Figure]:
    data = _by_corpus([row for row in rows if row.status is assay.Status.OK], "encode_mb_per_s", spread="encode_spread")
    if data:
        yield Figure(
            id="chart-speed",
            section="speed",
            title="Encoding speed",
            says="Megabytes of UTF-8 per second in one process, the median of its samples by the clock of its ratio:"
            " CPU time, unless it works elsewhere. The line is half the distance between their quartiles to both"
            " sides. Only rows that passed their checks have a dot. Speeds of different corpora were not sampled side"
            " by side.",
            spec=dots(data, x="value", y="tokenizer", title="MB/s, logarithmic", colour="corpus", type="log"),
            columns=("tokenizer", "corpus", "MB/s", "spread"),
            rows=table(data, ("tokenizer", "corpus", "value"), three),
            alt=f"Encoding speed of {_several(data, 'tokenizer')} on {_several(data, 'corpus')}",
        )


def _lengths(rows: Sequence[assay.Measurement]) -> Iterator[Figure]:
    measured = [row for row in rows if number(row, "line_mb_per_s") is not None]
    corpora = list(dict.fromkeys(_corpus(row) for row in measured))
    for corpus in corpora[:1]:
        data: Data = [
            {"tokenizer": short(row.case.plugin), "step": step, "value": value}
            for row in measured
            if _corpus(row) == corpus
            for metric, step in STEPS.items()
            if (value := number(row, metric)) is not None
        ]
        yield Figure(
            id="chart-lengths",
            section="speed",
            title=f"Encoding speed by length of text: {short(corpus)}",
            says="The same text encoded a line, a paragraph, a page or all at once, in batches, and for the first time."
            " Each is by CPU time, with 2 threads by wall time. Short texts measure the call more than the tokenizer."
            " Other corpora are in the tables below.",
            spec=lines(
                data, x="step", y="value", colour="tokenizer", titles=("", "MB/s"), ordinal=tuple(STEPS.values())
            ),
            columns=("tokenizer", "text", "MB/s", ""),
            rows=table(data, ("tokenizer", "step", "value"), three),
            alt=f"Encoding speed of {_several(data, 'tokenizer')} by length of text",
        )


def _vocabulary(rows: Sequence[assay.Measurement]) -> Iterator[Figure]:
    data: Data = [
        {
            "family": short(f"{family}, {_corpus(row)}{', loses text' if row.loses_text else ''}"),
            "size": size,
            "value": value,
            **between(row, "bytes_per_token_low", "bytes_per_token_high"),
        }
        for row in rows
        if (family := row.value("family")) is not None
        and (size := number(row, "vocabulary_size")) is not None
        and (value := number(row, "bytes_per_token")) is not None
    ]
    if len({point["size"] for point in data}) > 1:
        yield Figure(
            id="chart-vocabulary",
            section="vocabulary",
            title="Bytes per token by vocabulary size",
            says="Tokenizers that differ in vocabulary size alone, trained and measured on the same text. A larger"
            " vocabulary holds longer tokens; what it costs in a model's embeddings is not shown.",
            spec=lines(data, x="size", y="value", colour="family", titles=("entries, logarithmic", "bytes per token")),
            columns=("family", "entries", "bytes per token", "interval"),
            rows=table(data, ("family", "size", "value"), "{:.3f}"),
            alt=f"Bytes per token by vocabulary size for {_several(data, 'family')}",
        )


def _growth(rows: Sequence[assay.Measurement]) -> Iterator[Figure]:
    data: Data = [
        {
            "tokenizer": short(row.case.plugin),
            "text": short(_corpus(row).removeprefix(SCALING)),
            "value": value,
            "label": plus_minus(value, (high - low) / 2).split(" "),
            "low": low,
            "high": high,
        }
        for row in rows
        if _corpus(row).startswith(SCALING)
        and (value := number(row, "growth_exponent")) is not None
        and (low := number(row, "growth_exponent_low")) is not None
        and (high := number(row, "growth_exponent_high")) is not None
    ]
    if data:
        yield Figure(
            id="chart-growth",
            section="growth",
            title="How encoding time grows with length",
            says="Exponents fitted over texts of one sort and growing length: 1 is linear, 2 means that twice the text"
            " takes four times as long. Darker is worse. Below it is half of the 95 % interval of the fit; what"
            " has none is left out. An exponent says nothing of the speed itself.",
            spec=heat(data, x="text", y="tokenizer", value="value", label="label"),
            columns=("tokenizer", "text", "exponent", "interval"),
            rows=table(data, ("tokenizer", "text", "value"), "{:.2f}"),
            alt=f"Growth exponents of {_several(data, 'tokenizer')} on {_several(data, 'text')}",
        )


def _by_corpus(rows: Sequence[assay.Measurement], metric: str, **ends: str) -> Data:
    """Return a metric with its interval by tokenizer and corpus."""
    return [
        {
            "tokenizer": short(row.case.plugin),
            "corpus": short(_corpus(row)),
            "value": value,
            **between(row, value=value, **ends),
            **({"hollow": True} if metric == "bytes_per_token" and row.loses_text else {}),
        }
        for row in rows
        if (value := number(row, metric)) is not None
    ]


def _corpus(row: assay.Measurement) -> str:
    assert isinstance(row.case, assay.TokenizerCase)
    return row.case.corpus


def _several(data: Sequence[Mapping[str, object]], field: str) -> str:
    count = len({point[field] for point in data})
    plural = {
        "tokenizer": "tokenizers",
        "corpus": "corpora",
        "language": "languages",
        "text": "sorts of text",
        "family": "families",
    }
    return f"{count} {plural[field] if count != 1 else field}"
