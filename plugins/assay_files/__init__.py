"""Tokenizers that a user names by their files; nothing is loaded until one is named."""

from __future__ import annotations

import assay

assay_hooks = 3  # the version of the hooks that this is written for


@assay.hookimpl
def assay_tokenizer_file(source: str) -> assay.TokenizerPlugin | None:
    """Find out the kind of a file, a folder or a Python object; it is read when it is built."""
    from assay_files.sources import find

    return find(source)
