"""All plugins of the red team in one file: `PYTHONPATH=tests assay run --plugin tests/redteam/plugins.py ...`."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import assay
from redteam.announced import PLUGINS

assay_hooks = 3
MODULES = (
    "right",
    "replays",
    "clocks",
    "judges",
    "elsewhere",
    "claims",
    "state",
    "scores",
    "masks",
    "precision",
    "sizes",
    "layouts",
    "dropouts",
    "gradients",
    "decoding",
)

for module in MODULES:
    importlib.import_module(f"redteam.{module}")


@assay.hookimpl
def assay_attentions() -> Iterator[assay.AttentionPlugin]:
    """Announce them."""
    yield from PLUGINS.values()
