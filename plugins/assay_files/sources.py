"""What a user named: its kind, by prefix and by content, and the descriptor that builds it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import assay
from assay_files import hub_cache, python_object
from assay_files.detection import KINDS, detect

LICENSE = "LicenseRef-of-the-file"
PREFIXES = {
    "hf": ("tokenizer.json", "vocab.json", "vocab.txt"),
    "sp": ("sentencepiece",),
    "tiktoken": ("tiktoken", "tekken"),
    "gguf": ("gguf",),
}
SOURCE = re.compile(r"(?:(?P<prefix>[a-z]\w*):)?(?P<path>[^#]+)(?:#(?P<options>.*))?", re.DOTALL)
PATTERN = "pattern="


@dataclass(frozen=True, slots=True)
class Library:
    """What reads a kind of file: the requirement, the function, and what it is called in a list."""

    requires: str
    build: str
    what: str


LIBRARIES = {
    "tokenizer.json": Library("tokenizers>=0.20", "hugging_face:from_file", "Hugging Face tokenizer.json"),
    "vocab.json": Library("tokenizers>=0.20", "hugging_face:from_merges", "byte-level BPE, vocab.json and merges.txt"),
    "vocab.txt": Library("tokenizers>=0.20", "hugging_face:from_vocabulary", "WordPiece, vocab.txt"),
    "sentencepiece": Library("sentencepiece>=0.2", "sentencepiece:from_file", "SentencePiece model"),
    "tiktoken": Library("tiktoken>=0.7", "ranks:from_file", "tiktoken ranks"),
    "tekken": Library("tiktoken>=0.7", "tekken:from_file", "Mistral's tekken"),
    "gguf": Library("gguf>=0.10", "gguf:from_file", "GGUF"),
}


def find(source: str) -> assay.TokenizerPlugin | None:
    """Return the descriptor of a source; None for a prefix of others.

    Raises `AssayError` for what does not exist or is of no known kind, with what was tried.
    """
    parts = SOURCE.fullmatch(source)
    prefix = None if parts is None else parts["prefix"]
    if parts is None or (prefix is not None and prefix not in (*PREFIXES, "py")):
        return None
    if prefix == "py":
        return python_object.find(source.removeprefix("py:"))
    path, options = Path(parts["path"]).expanduser(), parts["options"] or ""
    if prefix == "hf" and not path.exists() and hub_cache.is_name(parts["path"]):
        folder = hub_cache.find(parts["path"])
        return _described(folder, options, PREFIXES["hf"], parts["path"].rpartition("/")[2])
    if not path.exists():
        raise assay.AssayError(f"there is no tokenizer {parts['path']}", remedy="give a file or a folder")
    return _described(path, options, PREFIXES[prefix] if prefix else KINDS, path.resolve().name)


def _described(path: Path, options: str, kinds: tuple[str, ...], name: str) -> assay.TokenizerPlugin:
    kind, files = detect(path, kinds)
    library = LIBRARIES[kind]
    build: Callable[..., assay.Tokenizer] = assay.lazy(f"assay_files.{library.build}")
    build = partial(build, paths=tuple(map(str, files)))
    if kind == "tiktoken":
        from assay_files.patterns import pattern_of

        build = partial(build, pattern=pattern_of(files[0], options.removeprefix(PATTERN)))
    elif options:
        raise assay.AssayError(f"a {kind} takes no #{options}", remedy="leave it out: only .tiktoken has #pattern=")
    return assay.TokenizerPlugin(
        name=name,
        summary=f"{library.what}, {files[0]}",
        requires=(library.requires,),
        license=LICENSE,
        build=build,
        pretrained=True,
        lossless=False,
        files=tuple(map(str, files)),
    )
