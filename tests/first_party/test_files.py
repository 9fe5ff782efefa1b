"""Tokenizers by their files: kinds are found by content, and what is silent in a file is told."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.plugins.types import TokenBytes
from assay_files import hub_cache, patterns, python_object, sources
from assay_files.byte_level import bytes_of, stand_ins
from assay_files.detection import detect
from assay_tiktoken.encoding import PATTERNS

RANKS = {bytes([byte]): byte for byte in range(256)} | {b"ab": 256}


def ranks_file(folder: Path, name: str = "mine.tiktoken") -> Path:
    lines = (b"%s %d" % (base64.b64encode(token), rank) for token, rank in RANKS.items())
    (folder / name).write_bytes(b"\n".join(lines) + b"\n")
    return folder / name


def byte_level(**more: Any) -> dict[str, Any]:
    """The content of a tokenizer.json of all bytes."""
    part = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    model = {"type": "BPE", "vocab": {char: number for number, char in enumerate(stand_ins())}, "merges": []}
    parts = {"added_tokens": [], "normalizer": None, "pre_tokenizer": part, "post_processor": None, "decoder": part}
    return {"version": "1.0", "truncation": None, "padding": None, **parts, "model": model} | more


def special(number: int, content: str) -> dict[str, Any]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": number, "content": content, "special": True, **flags}


def built(source: str | Path) -> Any:
    plugin = sources.find(str(source))
    assert plugin is not None
    return plugin.build("")


class TestKinds:
    def test_content_tells_the_kind(self, tmp_path: Path) -> None:
        files = {
            "gguf": ("a.bin", b"GGUF\x03"),
            "tekken": ("b.json", b'{"config": {"default_num_special_tokens": 1000}}'),
            "tokenizer.json": ("c.json", json.dumps(byte_level()).encode()),
            "tiktoken": ("d.txt", b"IQ== 0\n"),
            "sentencepiece": ("e", b"\n\x0e\n\x05<unk>\x15\x00\x00\x00\x00\x18\x02"),
            "vocab.txt": ("f.txt", b"[PAD]\n[UNK]\nthe\n"),
        }
        for kind, (name, content) in files.items():
            (tmp_path / name).write_bytes(content)
            assert detect(tmp_path / name, tuple(sources.LIBRARIES))[0] == kind

    def test_a_model_may_stand_at_the_end_of_a_tokenizer_json(self, tmp_path: Path) -> None:
        content = {"version": "1.0", "comment": "x" * 100_000, "model": byte_level()["model"]}
        (tmp_path / "a.json").write_text(json.dumps(content), "utf-8")
        assert detect(tmp_path / "a.json", tuple(sources.LIBRARIES))[0] == "tokenizer.json"

    def test_vocab_and_merges_belong_together_whichever_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "vocab.json").write_text('{"a": 0, "b": 1}', "utf-8")
        with pytest.raises(assay.AssayError, match="must lie beside each other"):
            detect(tmp_path / "vocab.json", tuple(sources.LIBRARIES))
        (tmp_path / "merges.txt").write_text("#version: 0.2\na b\n", "utf-8")
        both = (tmp_path / "vocab.json", tmp_path / "merges.txt")
        for name in ("vocab.json", "merges.txt", "."):
            assert detect(tmp_path / name, tuple(sources.LIBRARIES)) == ("vocab.json", both)

    def test_what_is_no_tokenizer_is_refused_with_what_was_tried(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text("{}", "utf-8")
        with pytest.raises(assay.AssayError, match=r"tried GGUF, tekken JSON, tokenizer\.json"):
            sources.find(str(tmp_path / "a.json"))
        with pytest.raises(assay.AssayError, match=r"tried GGUF \("):
            sources.find(f"gguf:{tmp_path}/a.json")
        (tmp_path / "empty").mkdir()
        with pytest.raises(assay.AssayError, match=r"has no tokenizer: it was searched for tokenizer\.json"):
            sources.find(str(tmp_path / "empty"))
        with pytest.raises(assay.AssayError, match="there is no tokenizer"):
            sources.find(str(tmp_path / "nothing.json"))

    def test_a_folder_with_two_models_is_refused(self, tmp_path: Path) -> None:
        for name in ("a.model", "b.model"):
            (tmp_path / name).write_bytes(b"\n\x0e\n\x05<unk>")
        with pytest.raises(assay.AssayError, match=r"has 2 tokenizers: a\.model, b\.model \(name one file\)"):
            sources.find(str(tmp_path))

    def test_prefixes_of_others_are_left_to_them(self) -> None:
        assert sources.find("tea:green") is None

    def test_a_missing_library_is_a_row_with_its_command(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from importlib import metadata

        from assay.plugins.tokenizer_files import add_sources

        (tmp_path / "a.gguf").write_bytes(b"GGUF\x03")
        host = assay.discover(timeout_s=None)
        add_sources(host, [str(tmp_path / "a.gguf")])
        before = metadata.version

        def version(name: str) -> str:
            if name == "gguf":
                raise metadata.PackageNotFoundError(name)
            return before(name)

        monkeypatch.setattr(metadata, "version", version)
        missing = host.missing(host.one(assay.TokenizerPlugin, "a.gguf"))
        assert missing is not None
        assert missing.remedy.startswith("pip install ")

    def test_nothing_heavy_is_loaded_to_find_a_kind(self, tmp_path: Path) -> None:
        (tmp_path / "tokenizer.json").write_text(json.dumps(byte_level()), "utf-8")
        code = f"from assay_files.sources import find; import sys; find({str(tmp_path)!r}); print(*sys.modules)"
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert not {"tokenizers", "tiktoken", "sentencepiece", "gguf", "numpy"} & set(ran.stdout.split())


class TestRanks:
    def test_the_pattern_is_named_given_or_known_by_the_file(self, tmp_path: Path) -> None:
        file = ranks_file(tmp_path)
        with pytest.raises(assay.AssayError, match=r"add #pattern=NAME, one of gpt2, "):
            sources.find(str(file))
        assert built(f"{file}#pattern=gpt2").encode("ab ab") == [256, 32, 256]
        assert built(f"tiktoken:{file}#pattern=.").encode("ab") == [97, 98]
        known = built(ranks_file(tmp_path, "cl100k_base.tiktoken"))
        assert known.encode("ab") == [256]
        assert known.token_bytes(256) == b"ab"
        assert "cut by the pattern of cl100k_base" in known.notes

    def test_qwens_own_code_normalises(self, tmp_path: Path) -> None:
        qwen = built(ranks_file(tmp_path, "qwen.tiktoken"))
        assert qwen.encode("e\u0301") == qwen.encode("\u00e9")
        assert any("NFC" in note for note in qwen.notes)

    def test_damage_is_a_sentence(self, tmp_path: Path) -> None:
        (tmp_path / "gpt2.tiktoken").write_bytes(b"IQ== 0\nIg==\n")
        with pytest.raises(assay.AssayError, match="is damaged"):
            built(tmp_path / "gpt2.tiktoken")

    def test_patterns_are_those_of_the_plugin_tiktoken(self) -> None:
        assert {name: patterns.KNOWN[name].text for name in PATTERNS} == PATTERNS


class TestTokenizerJson:
    @pytest.fixture(autouse=True)
    def library(self) -> None:
        pytest.importorskip("tokenizers")

    def test_what_a_file_does_silently_is_switched_off_and_told(self, tmp_path: Path) -> None:
        template = {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [256], "tokens": ["<s>"]}},
        }
        padding = {"strategy": {"Fixed": 9}, "direction": "Right", "pad_id": 0, "pad_type_id": 0, "pad_token": "!"}
        truncation = {"max_length": 4, "strategy": "LongestFirst", "stride": 0, "direction": "Right"}
        content = byte_level(
            added_tokens=[special(256, "<s>")],
            post_processor=template,
            padding=padding | {"pad_to_multiple_of": None},
            truncation=truncation,
        )
        (tmp_path / "tokenizer.json").write_text(json.dumps(content), "utf-8")
        tokenizer = built(tmp_path)
        assert len(tokenizer.encode("many letters")) == 12
        assert tokenizer.decode(tokenizer.encode("a<s>b")) == "a<s>b"
        assert tokenizer.vocab_size == 257
        assert tokenizer.special_tokens == {"<s>": 256}
        assert tokenizer.notes == (
            "its truncation to 4 tokens is switched off",
            "its padding is switched off",
            "the id that its file adds to every text is left out: <s>",
            "vocab_size counts 1 added token",
        )

    def test_bytes_of_tokens_are_exact(self, tmp_path: Path) -> None:
        (tmp_path / "tokenizer.json").write_text(json.dumps(byte_level(added_tokens=[special(256, "<s>")])), "utf-8")
        tokenizer = built(tmp_path)
        text = "caf\u00e9\n \U0001f388<s>"
        assert b"".join(map(tokenizer.token_bytes, tokenizer.encode(text))) == text.encode()
        with pytest.raises(KeyError):
            tokenizer.token_bytes(257)

    def test_bytes_that_are_not_known_have_a_reason(self, tmp_path: Path) -> None:
        content = byte_level(decoder={"type": "CTC", "pad_token": "a", "word_delimiter_token": "b", "cleanup": False})
        content["pre_tokenizer"] = None
        (tmp_path / "tokenizer.json").write_text(json.dumps(content), "utf-8")
        tokenizer = built(tmp_path)
        assert not isinstance(tokenizer, TokenBytes)
        assert "the bytes of its tokens are not known: its decoder is CTC" in tokenizer.notes

    def test_tokens_of_the_file_beside_it_are_added(self, tmp_path: Path) -> None:
        (tmp_path / "tokenizer.json").write_text(json.dumps(byte_level()), "utf-8")
        config = {"added_tokens_decoder": {"256": special(256, "<|x|>"), "900": special(900, "<|y|>")}}
        (tmp_path / "tokenizer_config.json").write_text(json.dumps(config), "utf-8")
        tokenizer = built(tmp_path)
        assert tokenizer.encode("a<|x|>")[-1] == 256
        assert "<|y|> is to have id 900 in tokenizer_config.json, and has 257" in tokenizer.notes

    def test_damage_is_a_sentence(self, tmp_path: Path) -> None:
        (tmp_path / "tokenizer.json").write_text('{"model": {}', "utf-8")
        with pytest.raises(assay.AssayError, match="cannot be read by tokenizers"):
            built(tmp_path)

    def test_where_words_have_an_end_of_their_own_spaces_come_back(self, tmp_path: Path) -> None:
        tokens = [*stand_ins(), *(f"{char}</w>" for char in stand_ins()), "ab</w>", "<|end|>"]
        (tmp_path / "vocab.json").write_text(json.dumps({token: n for n, token in enumerate(tokens)}), "utf-8")
        (tmp_path / "merges.txt").write_text("#version: 0.2\na b</w>\n", "utf-8")
        tokenizer = built(tmp_path)
        ids = tokenizer.encode("AB  b<|end|>")
        assert ids == [512, 256 + tokens.index("b"), 513]
        assert tokenizer.decode(ids) == "ab b <|end|>"
        assert b"".join(map(tokenizer.token_bytes, ids)) == b"abb<|end|>"

    @pytest.mark.parametrize(("words", "ids"), [("the\nThe\n", [1, 3, 4]), ("the\nthee\n", [1, 3, 3])])
    def test_case_shows_in_a_vocabulary_of_words(self, tmp_path: Path, words: str, ids: list[int]) -> None:
        (tmp_path / "vocab.txt").write_text(f"[PAD]\n[UNK]\n[MASK]\n{words}", "utf-8")
        tokenizer = built(tmp_path / "vocab.txt")
        assert tokenizer.encode("zebra the The") == ids
        assert tokenizer.unk_id == 1


class TestPythonObjects:
    @pytest.mark.parametrize("name", ["Letters", "one", "make", "train"])
    def test_a_class_an_object_and_a_function(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "mine.py").write_text(
            "class Letters:\n vocab_size, unk_id = 300, None\n def encode(self, text): return list(text.encode())\n"
            " def decode(self, ids): return bytes(ids).decode()\n"
            "one = Letters()\ndef make(): return one\ndef train(text):\n assert text == 'the text'\n return one\n",
            "utf-8",
        )
        plugin = sources.find(f"py:{tmp_path}/mine.py:{name}")
        assert plugin is not None
        assert (plugin.name, plugin.files) == (f"mine.{name}", (str(tmp_path / "mine.py"),))
        assert plugin.build("the text").encode("ab") == [97, 98]

    def test_a_module_is_found_without_being_imported(self) -> None:
        plugin = python_object.find("json.decoder:JSONDecoder")
        assert [Path(file).name for file in plugin.files] == ["decoder.py"]
        with pytest.raises(assay.AssayError, match="there is no Python module nosuch"):
            python_object.find("nosuch.thing:it")
        with pytest.raises(assay.AssayError, match="does not name an object"):
            python_object.find("json")

    def test_objects_of_libraries_need_no_more(self) -> None:
        import tiktoken

        encoding = tiktoken.Encoding("x", pat_str=patterns.GPT2, mergeable_ranks=RANKS, special_tokens={"<s>": 257})
        tokenizer: Any = python_object.as_tokenizer(encoding)
        assert (tokenizer.vocab_size, tokenizer.encode("ab<s>")) == (258, [256, 257])

    def test_what_is_not_there_is_a_sentence(self) -> None:
        with pytest.raises(assay.AssayError, match="json has no nothing"):
            python_object.build("", module="json", name="nothing")


class TestHubCache:
    def test_a_name_is_looked_up_in_the_cache_only(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
        with pytest.raises(assay.AssayError, match=r"nor in the hub cache .*; nothing is downloaded"):
            sources.find("hf:owner/name")
        repository = tmp_path / "models--owner--name"
        (repository / "refs").mkdir(parents=True)
        (repository / "refs" / "main").write_text("abc", "utf-8")
        snapshot = repository / "snapshots" / "abc"
        snapshot.mkdir(parents=True)
        (snapshot / "tokenizer.json").write_text(json.dumps(byte_level()), "utf-8")
        plugin = sources.find("hf:owner/name")
        assert plugin is not None
        assert (plugin.name, plugin.files) == ("name", (str(snapshot / "tokenizer.json"),))

    def test_the_cache_is_where_the_library_has_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setenv("HF_HOME", "/a")
        with pytest.raises(assay.AssayError, match="the hub cache /a/hub;"):
            hub_cache.find("owner/name")


class TestGguf:
    def test_what_is_not_known_is_skipped_with_the_reason(self, tmp_path: Path) -> None:
        gguf = pytest.importorskip("gguf")
        for pre, model, told in (
            ("tea", "gpt2", "how it cuts texts, 'tea', is not known"),
            ("", "t5", "of the kind 't5'"),
        ):
            writer = gguf.GGUFWriter(str(tmp_path / "a.gguf"), "x")
            writer.add_tokenizer_model(model)
            writer.add_tokenizer_pre(pre)
            writer.add_token_list(["a", "b"])
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
            writer.close()
            with pytest.raises(assay.Unavailable, match=told):
                built(tmp_path / "a.gguf")


def test_stand_ins_are_read_back() -> None:
    assert bytes_of("\u0120a") == b" a"
    assert bytes_of(" ") is None
