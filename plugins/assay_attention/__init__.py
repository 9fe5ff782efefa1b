"""The tutorial's attention implementations and PyTorch's own, one idea per file."""

from __future__ import annotations

from collections.abc import Iterator

import assay
from assay_attention import algorithms, compiling, decoding, kernels, optional, tutorial

assay_hooks = 3  # the version of the hooks that this is written for


@assay.hookimpl
def assay_attentions() -> Iterator[assay.AttentionPlugin]:
    """Announce every implementation of this folder."""
    yield from tutorial.PLUGINS
    yield from kernels.PLUGINS
    yield from algorithms.PLUGINS
    yield from decoding.PLUGINS
    yield from compiling.PLUGINS
    yield from optional.PLUGINS
