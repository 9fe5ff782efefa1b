"""Names of the Hugging Face hub, looked up in the cache of this machine only: nothing is downloaded."""

from __future__ import annotations

import os
import re
from pathlib import Path

import assay

NAME = re.compile(r"[\w.-]+(?:/[\w.-]+)?")


def is_name(text: str) -> bool:
    """Return whether a text may be the name of a repository: `owner/name`."""
    return NAME.fullmatch(text) is not None and not text.startswith(".")


def find(name: str) -> Path:
    """Return the folder of a repository's newest files in the cache; raise `AssayError` where it is not there."""
    cache = _folder()
    repository = cache / f"models--{name.replace('/', '--')}"
    reference = repository / "refs" / "main"
    if reference.is_file():
        snapshot = repository / "snapshots" / reference.read_text("utf-8").strip()
        if snapshot.is_dir():
            return snapshot
    raise assay.AssayError(
        f"{name} is neither a file nor in the hub cache {cache}; nothing is downloaded",
        remedy=f"hf download {name} --include 'tokenizer*' brings it, or give the path of a file",
    )


def _folder() -> Path:
    """The folder of the cache, by the variables that huggingface_hub reads."""
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if value := os.environ.get(variable):
            return Path(value).expanduser()
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME", "~/.cache"), "huggingface")
    return Path(home).expanduser() / "hub"
