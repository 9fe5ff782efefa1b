"""Reading a run's text again with its tokenizers, in other processes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import assay
from assay.records.results import Measurement, Metrics, Outcome, Status
from assay.records.settings import Settings
from assay.report.token_view import token_view
from assay.store.store import Store

BAD = """
import os

import assay


class Letters:
    vocab_size, unk_id = 0x110000, None

    def encode(self, text):
        if "ASSAY_WORKER" not in os.environ and len(text) > 20_000 and KILLS:
            os._exit(9)
        return [ord(char) for char in text]

    def decode(self, ids):
        return "".join(map(chr, ids))


KILLS = os.path.exists(os.path.join(os.path.dirname(__file__), "kills"))


@assay.hookimpl
def assay_tokenizers():
    yield assay.TokenizerPlugin(name="letters", summary="one id a character", build=lambda text: Letters())
"""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """A run of two tokenizers of ours and one from a file, on The Verdict."""
    folder = tmp_path_factory.mktemp("read")
    (folder / "mine.py").write_text(BAD, "utf-8")
    outcome = assay.run(
        suite="quick",
        tokenizers="regex-unk,gpt2,letters",
        attentions="none",
        held_out=0.0,
        results=folder / "results",
        plugins=[folder / "mine.py"],
        budget_s=0.1,
    )
    return folder, outcome


@pytest.mark.long
def test_the_text_comes_with_the_tokens_of_every_tokenizer(measured: tuple[Path, Outcome]) -> None:
    folder, outcome = measured
    found = token_view(assay.discover([folder / "mine.py"]), outcome)
    assert found is not None
    assert (found.corpus, len(found.text)) == ("the-verdict", 20_479)
    assert {one.tokenizer: len(one.tokens) for one in found.pieces} == {
        "regex-unk": 4_649,
        "gpt2": 5_145,
        "letters": 20_479,
    }
    gpt2 = next(one for one in found.pieces if one.tokenizer == "gpt2")
    assert [token.id for token in gpt2.tokens[:6]] == [40, 367, 2885, 1464, 1807, 3619]
    assert "".join(found.text[slice(*token.span.characters)] for token in gpt2.tokens) == found.text


@pytest.mark.long
def test_a_tokenizer_that_kills_its_process_costs_only_itself(measured: tuple[Path, Outcome]) -> None:
    folder, outcome = measured
    (folder / "kills").touch()
    try:
        found = token_view(assay.discover([folder / "mine.py"]), outcome)
    finally:
        (folder / "kills").unlink()
    assert found is not None
    states = {one.tokenizer: (one.status, one.reason) for one in found.pieces}
    status, reason = states["letters"]
    assert status is Status.FAILED
    assert reason == "it ended the process with exit code 9"
    assert {states[name][0] for name in ("regex-unk", "gpt2")} == {Status.OK}


@pytest.mark.long
def test_a_tokenizer_that_has_changed_since_says_so(measured: tuple[Path, Outcome]) -> None:
    folder, outcome = measured
    rows = tuple(map(_shorter, outcome.measurements))
    found = token_view(assay.discover([folder / "mine.py"]), replace(outcome, measurements=rows))
    assert found is not None
    gpt2 = next(one for one in found.pieces if one.tokenizer == "gpt2")
    assert (gpt2.status, gpt2.reason) == (Status.FAILED, "it gives 5,145 tokens now, and gave 5,144 in the run")


def _shorter(row: Measurement) -> Measurement:
    if row.case.plugin != "gpt2":
        return row
    return replace(row, metrics=Metrics({**row.metrics, "tokens": int(row.metrics["tokens"]) - 1}))


@pytest.mark.long
def test_without_a_text_of_one_document_there_is_nothing_to_read(measured: tuple[Path, Outcome]) -> None:
    folder, outcome = measured
    host = assay.discover([folder / "mine.py"])
    assert token_view(host, replace(outcome, measurements=())) is None
    long = tuple(replace(row, metrics=Metrics({**row.metrics, "bytes": 10**9})) for row in outcome.measurements)
    assert token_view(host, replace(outcome, measurements=long)) is None


@pytest.mark.long
def test_the_settings_of_the_run_say_which_plugins_to_load(measured: tuple[Path, Outcome]) -> None:
    folder, outcome = measured
    assert Settings.from_json(outcome.run.settings).plugins == (str(folder / "mine.py"),)
    with Store(folder / "results", create=False) as store:
        assert store.outcome(outcome.run.id) == outcome
