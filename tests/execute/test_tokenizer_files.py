"""A selection that names files: it is rewritten to names, with claims and baselines."""

from __future__ import annotations

from pathlib import Path

import pytest

import assay
from assay.errors import AssayError, UnknownName
from assay.execute.selection import Selection
from assay.execute.tokenizer_files import name_files, with_files_of
from assay.plugins.discovery import discover
from assay.records.settings import Settings

SOURCE = """
class Letters:
    vocab_size, unk_id = 1114112, None
    def encode(self, text): return [ord(char) for char in text]
    def decode(self, ids): return "".join(map(chr, ids))

class Words(Letters):
    def encode(self, text): return [ord(char) for char in text.replace("é", "e")]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(SOURCE, "utf-8")


def test_files_become_names_everywhere() -> None:
    host = discover(timeout_s=None)
    selection = Selection(tokenizers="gpt2, port=py:mine.py:Words ,py:mine.py:Letters")
    settings = Settings(baselines=("py:mine.py:Letters",), same_ids_as=("port=py:mine.py:Letters",))
    selection, settings = name_files(host, selection, settings)
    assert selection.tokenizers == "gpt2,port,mine.Letters"
    assert settings.baselines == ("mine.Letters",)
    assert settings.same_ids_as == ("port=mine.Letters",)
    assert [file.name for file in settings.files] == ["port", "mine.Letters"]
    assert host.one(assay.TokenizerPlugin, "port").same_ids_as == "mine.Letters"
    assert Settings.from_json(settings.to_json()) == settings
    assert name_files(host, selection, settings) == (selection, settings)


def test_a_claim_of_what_is_not_there_is_refused() -> None:
    with pytest.raises(UnknownName, match="there is no tokenizer named 'gpt9'"):
        name_files(discover(timeout_s=None), Selection(), Settings(same_ids_as=("gpt9=gpt2",)))
    with pytest.raises(AssayError, match="'gpt2' does not say whose ids are to be the same"):
        name_files(discover(timeout_s=None), Selection(), Settings(same_ids_as=("gpt2",)))


def test_a_stored_run_brings_its_files_and_tells_which_changed() -> None:
    _, stored = name_files(discover(timeout_s=None), Selection(tokenizers="a=py:mine.py:Letters"), Settings())
    host = discover(timeout_s=None)
    settings, changed = with_files_of(host, Settings(), stored.to_json())
    assert (settings.files, changed) == (stored.files, ())
    assert name_files(host, Selection(tokenizers="py:mine.py:Letters"), settings)[0].tokenizers == "a"
    Path("mine.py").write_text(f"{SOURCE}\n", "utf-8")
    assert "the tokenizer a has changed" in with_files_of(discover(timeout_s=None), Settings(), stored.to_json())[1][0]
    Path("mine.py").unlink()
    assert with_files_of(discover(timeout_s=None), Settings(), stored.to_json())[0].files == ()


@pytest.mark.long
def test_a_port_that_differs_shows_the_smallest_text(tmp_path: Path) -> None:
    Path("text.txt").write_text("Plain words, and then a café.\n" * 20, "utf-8")
    outcome = assay.run(
        tokenizers="port=py:mine.py:Words,same=py:mine.py:Letters",
        same_ids_as=["port=py:mine.py:Letters", "same=characters"],
        attentions="none",
        corpora="text.txt",
        held_out=0,
        budget_s=0.1,
        results=tmp_path / "r",
    )
    port, same = outcome.measurements
    assert port.status is assay.Status.FAILED
    assert "the smallest text that differs is 'é': [101] instead of [233]" in str(port.reason)
    assert same.status is assay.Status.FAILED  # characters numbers those of its text
    assert [file.name for file in Settings.from_json(outcome.run.settings).files] == ["port", "same"]
