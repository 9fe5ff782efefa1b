"""Tokenizers named by their files: which words mean one, what they are called, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

import assay
from assay.errors import AssayError
from assay.plugins.discovery import discover
from assay.plugins.tokenizer_files import add_sources, changes_of, is_source, refuse_changed, size_and_sha256, whole
from assay.records.tokenizer_file import TokenizerFile

SOURCE = """
class Letters:
    vocab_size, unk_id = 1114112, None
    def encode(self, text): return [ord(char) for char in text]
    def decode(self, ids): return "".join(map(chr, ids))
"""
READER = """
import assay

assay_hooks = 3

@assay.hookimpl
def assay_tokenizer_file(source):
    if not source.startswith("tea:"):
        return None
    {does}
"""
GOOD = 'return assay.TokenizerPlugin(name="tea leaves", summary="tea", license="MIT", build=str)'


@pytest.fixture
def host() -> assay.Host:
    return discover(timeout_s=None)


@pytest.fixture
def letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(SOURCE, "utf-8")
    return "py:mine.py:Letters"


class TestWords:
    @pytest.mark.parametrize(
        "word", ["./x", "a/b", "x.model", "x.json", "py:a:b", "hf:owner/name", "x=./y", "~/x.gguf", "x=y.tiktoken"]
    )
    def test_a_path_or_a_prefix_means_a_file(self, host: assay.Host, word: str) -> None:
        assert is_source(host, word)

    @pytest.mark.parametrize("word", ["gpt2", "gpt*", "*", "none", "", "gpt3", "p50k_base", "a" * 5000])
    def test_names_and_patterns_do_not(self, host: assay.Host, word: str) -> None:
        assert not is_source(host, word)

    def test_an_installed_name_means_the_plugin_though_a_folder_has_it(
        self, host: assay.Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("gpt2").mkdir()
        Path("mine").mkdir()
        assert (is_source(host, "gpt2"), is_source(host, "mine")) == (False, True)

    def test_a_source_gets_a_whole_path(self, tmp_path: Path, letters: str) -> None:
        file = tmp_path.resolve() / "mine.py"
        assert whole("py:mine.py:Letters") == f"py:{file}:Letters"
        assert whole("tiktoken:mine.py#pattern=gpt2") == f"tiktoken:{file}#pattern=gpt2"
        assert whole("mine.py") == str(file)
        assert whole("hf:owner/name") == "hf:owner/name"


class TestNames:
    def test_a_file_is_called_after_itself_and_recorded(self, host: assay.Host, tmp_path: Path, letters: str) -> None:
        file = add_sources(host, [letters])[letters]
        size, sha256 = size_and_sha256([str(tmp_path / "mine.py")])
        assert file == TokenizerFile(
            name="mine.Letters", source=f"py:{tmp_path.resolve()}/mine.py:Letters", size=size, sha256=sha256
        )
        assert host.one(assay.TokenizerPlugin, "mine.Letters").build("").encode("a") == [97]
        assert str(file).startswith(
            f"mine.Letters is py:{tmp_path.resolve()}/mine.py:Letters, {len(SOURCE)} bytes, sha256"
        )

    def test_two_of_one_name_get_more_of_their_paths(self, host: assay.Host, tmp_path: Path) -> None:
        sources = []
        for folder in ("a/x", "b/x", "c"):
            (tmp_path / folder).mkdir(parents=True)
            (tmp_path / folder / "mine.py").write_text(SOURCE, "utf-8")
            sources.append(f"py:{tmp_path}/{folder}/mine.py:Letters")
        names = [file.name for file in add_sources(host, sources).values()]
        assert names == ["a-x-mine.Letters", "b-x-mine.Letters", "c-mine.Letters"]

    def test_a_name_may_be_given_and_one_file_is_one_tokenizer(self, host: assay.Host, letters: str) -> None:
        words = [f"mine={letters}", letters, f"yours={letters}"]
        assert [file.name for file in add_sources(host, words).values()] == ["mine", "yours", "yours"]
        assert [file.name for file in host.files] == ["mine", "yours"]

    def test_a_name_that_is_taken_is_refused(self, host: assay.Host, letters: str) -> None:
        with pytest.raises(AssayError, match="there is a tokenizer named 'gpt2' already"):
            add_sources(host, [f"gpt2={letters}"])


class TestChanges:
    def test_other_content_is_told_and_refused(self, host: assay.Host, letters: str) -> None:
        file = add_sources(host, [letters])[letters]
        refuse_changed(host, [file])
        Path("mine.py").write_text(f"{SOURCE}\n", "utf-8")
        (change,) = changes_of(host, file)
        assert str(file.sha256) in change
        with pytest.raises(AssayError, match=r"mine\.Letters has changed since the run"):
            refuse_changed(host, [file])

    def test_a_worker_finds_what_was_named_and_claims(self, host: assay.Host, letters: str) -> None:
        file = add_sources(host, [letters])[letters]
        other = discover(timeout_s=None, files=[file], same_ids_as=["mine.Letters=characters", "nobody=gpt2"])
        assert other.one(assay.TokenizerPlugin, file.name).same_ids_as == "characters"

    def test_what_is_gone_is_a_failure_of_its_own_name(self, host: assay.Host, letters: str) -> None:
        file = add_sources(host, [letters])[letters]
        Path("mine.py").unlink()
        other = discover(timeout_s=None, files=[file])
        with pytest.raises(AssayError, match=r"there is no file"):
            other.one(assay.TokenizerPlugin, file.name)


class TestReaders:
    def test_a_plugin_reads_sources_of_its_own(self, tmp_path: Path) -> None:
        (tmp_path / "tea.py").write_text(READER.format(does=GOOD), "utf-8")
        host = discover([tmp_path / "tea.py"])
        assert [file.name for file in add_sources(host, ["tea:green"]).values()] == ["tea_leaves"]

    @pytest.mark.parametrize(
        ("does", "told"),
        [
            ("return 7", "failed in assay_tokenizer_file: it gives int"),
            ("raise ValueError('cold')", "cold"),
            ("import os; os._exit(3)", "assay_tokenizer_file"),
            ("return assay.TokenizerPlugin(name='a', summary='b', build=3)", "not a callable"),
        ],
    )
    def test_what_a_reader_does_wrong_is_a_sentence(self, tmp_path: Path, does: str, told: str) -> None:
        (tmp_path / "tea.py").write_text(READER.format(does=does), "utf-8")
        with pytest.raises(AssayError, match=told):
            add_sources(discover([tmp_path / "tea.py"]), ["tea:green"])

    def test_without_a_reader_it_says_which_plugins_are_left_out(self, letters: str) -> None:
        with pytest.raises(AssayError, match=r"no plugin reads the tokenizer .* \(these plugins are left out: .*files"):
            add_sources(discover(load="none"), [letters])
