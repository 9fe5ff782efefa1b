"""The token view: a text of a run tokenized again in other processes, for those who want to see the tokens."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from assay.corpus import loading as corpus
from assay.corpus.reading import read
from assay.errors import AssayError
from assay.plugins.host import Host
from assay.plugins.types import EDGE_CASE
from assay.records.name_list import join_names
from assay.records.plugin_label import MARK
from assay.records.report_data import TokenizedText
from assay.records.results import Measurement, Outcome, Status, TokenizerCase
from assay.records.segmentation import Piece, Span, TokenAlignment
from assay.records.settings import Settings

TEXT = "the-verdict"
MOST_BYTES = 100_000  # what a page can show
PATIENCE_S = 120.0


def token_view(host: Host, outcome: Outcome) -> TokenizedText | None:
    """Tokenize the tutorial's text, or else the first short one of the run, with every tokenizer measured on it.

    None where the run has no such text, or it is not here. A tokenizer whose tokens are not as many as they were in the
    run has changed since, and is failed.
    """
    rows = _rows(outcome)
    if not rows:
        return None
    case = rows[0].case
    assert isinstance(case, TokenizerCase)
    try:
        documents = read(host, corpus.find(host, case.corpus))
    except AssayError:
        return None
    if len(documents) != 1:
        return None
    text = documents[0].text
    settings = Settings.from_json(outcome.run.settings)
    names = [row.case.plugin for row in rows]
    found = {pieces.tokenizer: pieces for pieces in _cut(settings, case.corpus, names, text)}
    pieces = tuple(_checked(row, found[row.case.plugin]) for row in rows if row.case.plugin in found)
    return TokenizedText(corpus=case.corpus, text=text, pieces=pieces)


def _rows(outcome: Outcome) -> Sequence[Measurement]:
    """Return the rows of one text, each of ids of its own; those of Python objects are gone."""
    gone = {code.name for code in outcome.codes if code.kind == "tokenizer" and code.source == "object"}
    texts: dict[str, list[Measurement]] = {}
    for row in outcome.measurements:
        case = row.case
        if (
            isinstance(case, TokenizerCase)
            and case.split == "all"
            and not case.edge_case
            and not case.corpus.startswith((EDGE_CASE, "adversarial"))
            and row.status is Status.OK
            and row.value("documents") == 1
            and int(row.value("bytes") or 0) <= MOST_BYTES
            and row.value("same_ids_as") is None
            and case.plugin not in gone
        ):
            texts.setdefault(case.corpus, []).append(row)
    return texts.get(TEXT) or next(iter(texts.values()), [])


def _cut(settings: Settings, corpus_name: str, names: Sequence[str], text: str) -> Iterator[TokenAlignment]:
    """Tokenize with all in one process; where that breaks with each in its own: a bad one costs only itself."""
    answer = _ask(settings, corpus_name, names, text)
    if isinstance(answer, list):
        yield from map(_pieces, answer)
    elif len(names) == 1:
        yield TokenAlignment(tokenizer=names[0], status=Status.FAILED, reason=answer)
    else:
        for name in names:
            yield from _cut(settings, corpus_name, [name], text)


def _ask(settings: Settings, corpus_name: str, names: Sequence[str], text: str) -> list[dict[str, Any]] | str:
    """Return the answer of `assay tokens`, or why it has none."""
    command = [sys.executable, "-m", "assay", "tokens", "--json", "--file", "-", "--corpora", corpus_name]
    named = {file.name: file.named for file in settings.files}
    command += ["--tokenizers", join_names([named.get(name, name) for name in names])]
    files = [file for file in settings.plugins if not file.startswith(MARK)]
    command += [part for file in files for part in ("--plugin", file)]
    command += [part for name in settings.block for part in ("--block", name)]
    command += ["--load", settings.load or "*"]
    try:
        ended = subprocess.run(
            command, input=text, capture_output=True, encoding="utf-8", timeout=PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"gave no tokens within {PATIENCE_S:g} s"
    try:
        return list(json.loads(ended.stdout)["tokenizers"])
    except (ValueError, KeyError):
        lines = ended.stderr.strip().splitlines()
        return lines[-1].removeprefix("assay: error: ") if lines else f"its process ended with {ended.returncode}"


def _pieces(content: dict[str, Any]) -> TokenAlignment:
    def span(cells: dict[str, Any]) -> Span:
        return Span(tuple(cells["bytes"]), tuple(cells["characters"]))

    return TokenAlignment(
        tokenizer=content["tokenizer"],
        status=Status(content["status"]),
        tokens=tuple(Piece(**{**token, "span": span(token["span"])}) for token in content["tokens"]),
        uncovered=tuple(map(span, content["lost"])),
        decoded=content["decoded"],
        reason=content["reason"],
        remedy=content["remedy"],
        expected=content["expected"],
    )


def _checked(row: Measurement, pieces: TokenAlignment) -> TokenAlignment:
    if pieces.status is not Status.OK or len(pieces.tokens) == row.value("tokens"):
        return pieces
    reason = f"it gives {len(pieces.tokens):,} tokens now, and gave {row.value('tokens'):,} in the run"
    return TokenAlignment(tokenizer=pieces.tokenizer, status=Status.FAILED, reason=reason)
