"""The kind of a file by what is in it, without a library; and which file of a folder is the tokenizer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import assay

HEAD = 1 << 16
COMPANIONS = ("tokenizer_config.json", "special_tokens_map.json")
# In a folder the first that is there is taken.
IN_FOLDERS = ("tokenizer.json", "tekken.json", "vocab.json", "tokenizer.model", "*.model", "vocab.txt")
MORE_IN_FOLDERS = ("*.tiktoken", "*.gguf", "*.model.v*", "tekken*.json")
RANK = re.compile(rb"[A-Za-z0-9+/]+={0,2} \d+\r?\n")
KEYS = re.compile(r'"(?:model|added_tokens|pre_tokenizer|post_processor|normalizer)"\s*:\s*[\[{n]')
TEKKEN = re.compile(r'"(?:token_bytes|default_num_special_tokens|default_vocab_size)"')
FLAT = re.compile(r'\s*\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\d+\s*,')


def detect(path: Path, kinds: Sequence[str]) -> tuple[str, tuple[Path, ...]]:
    """Return the kind of a file or folder, one of some `kinds`, and all the files that belong to it.

    Raises `AssayError` where it is none of them, with what was tried.
    """
    try:
        if path.is_dir():
            return _in_folder(path, kinds)
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        raise assay.AssayError(f"the tokenizer {path} cannot be read: {error.strerror}") from None
    for kind in kinds:
        if TESTS[kind](path, head):
            return kind, tuple(_files(path, kind))
    raise assay.AssayError(
        f"{path} is not a tokenizer that is known; tried {', '.join(NAMES[kind] for kind in kinds)}", remedy=_hint(path)
    )


def _in_folder(folder: Path, kinds: Sequence[str]) -> tuple[str, tuple[Path, ...]]:
    for pattern in (*IN_FOLDERS, *MORE_IN_FOLDERS):
        found = sorted(folder.glob(pattern))
        if len(found) > 1:
            names = ", ".join(each.name for each in found[:4])
            raise assay.AssayError(f"the folder {folder} has {len(found)} tokenizers: {names}", remedy="name one file")
        if found:
            return detect(found[0], kinds)
    tried = ", ".join((*IN_FOLDERS, *MORE_IN_FOLDERS))
    raise assay.AssayError(f"the folder {folder} has no tokenizer: it was searched for {tried}")


def _files(path: Path, kind: str) -> Iterator[Path]:
    """Yield the file, and those beside it that belong to it."""
    if path.name == "merges.txt":
        path = path.with_name("vocab.json")
    yield path
    if kind == "vocab.json":
        yield path.with_name("merges.txt")
    if kind in ("tokenizer.json", "vocab.json", "vocab.txt"):
        yield from (file for name in COMPANIONS if (file := path.with_name(name)).is_file())


def _hint(path: Path) -> str:
    if path.name in COMPANIONS:
        return "name the folder, or the tokenizer.json beside it"
    if path.name in ("vocab.json", "merges.txt"):
        return "vocab.json and merges.txt must lie beside each other"
    return "say the kind, as in hf:FILE, sp:FILE, tiktoken:FILE, gguf:FILE"


def _text(head: bytes) -> str:
    return head.decode("utf-8", "replace")


def _is_tokenizer_json(path: Path, head: bytes) -> bool:
    if head.lstrip()[:1] != b"{" or TEKKEN.search(_text(head)):
        return False
    if KEYS.search(_text(head)):
        return True
    return path.name not in COMPANIONS and not FLAT.match(_text(head)) and isinstance(_json(path).get("model"), dict)


def _json(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_bytes())
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _is_vocabulary(path: Path, head: bytes) -> bool:
    """Whether it is a map from tokens to ids, and the merges lie beside it."""
    if path.name == "merges.txt":
        return path.with_name("vocab.json").is_file()
    return bool(FLAT.match(_text(head))) and path.with_name("merges.txt").is_file()


def _is_word_list(path: Path, head: bytes) -> bool:
    lines = set(_text(head).split("\n"))
    return bool({"[UNK]", "[PAD]"} & {line.strip() for line in lines})


def _is_sentencepiece(path: Path, head: bytes) -> bool:
    """Whether it begins as a ModelProto does: field 1, a piece, which begins with its text, also field 1."""
    return len(head) > 3 and head[0] == 0x0A and head[2] == 0x0A and head[1] > head[3]


TESTS: dict[str, Callable[[Path, bytes], bool]] = {
    "gguf": lambda path, head: head[:4] == b"GGUF",
    "tekken": lambda path, head: head.lstrip()[:1] == b"{" and bool(TEKKEN.search(_text(head))),
    "tokenizer.json": _is_tokenizer_json,
    "vocab.json": _is_vocabulary,
    "tiktoken": lambda path, head: bool(RANK.match(head)),
    "sentencepiece": _is_sentencepiece,
    "vocab.txt": _is_word_list,
}
KINDS = tuple(TESTS)
NAMES = {
    "gguf": "GGUF",
    "tekken": "tekken JSON",
    "tokenizer.json": "tokenizer.json",
    "vocab.json": "vocab.json with merges.txt",
    "tiktoken": ".tiktoken",
    "sentencepiece": "SentencePiece .model",
    "vocab.txt": "WordPiece vocab.txt",
}
