"""All tokenizers of the red team in one file: `PYTHONPATH=tests assay run --plugin ...`. It loads no torch."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import assay
from redteam.tokenizers.announced import TOKENIZERS

assay_hooks = 3
MODULES = ("right", "added", "lossy", "unsteady", "caches", "answers")

for module in MODULES:
    importlib.import_module(f"redteam.tokenizers.{module}")


@assay.hookimpl
def assay_tokenizers() -> Iterator[assay.TokenizerPlugin]:
    """Announce them."""
    yield from TOKENIZERS.values()
