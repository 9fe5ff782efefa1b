"""What the counts of a tokenizer depend on, as one number: its code, its version, what it was trained on."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from assay.environment.plugin_code import digest, package_files
from assay.plugins.host import Host, Origin
from assay.plugins.loading import Loading
from assay.plugins.tokenizer_files import size_and_sha256
from assay.plugins.types import TokenizerPlugin

COUNTING = 3  # to be raised with every change of what is counted, or how


def fingerprint(host: Host, plugin: TokenizerPlugin, training: str) -> str:
    """Hash the name, the distribution and its version, the code, what it requires, and the training text: a sha256.

    The code are all files of its package, its one file, or the Python object: a plugin that is being written keeps its
    version.
    """
    origin = host.origin(plugin)
    known = {
        "counting": COUNTING,
        "name": plugin.name,
        "distribution": origin.distribution,
        "version": origin.version,
        "code": _code(origin, next((loading for loading in host.loadings if loading.origin == origin), None)),
        "requires": dict(_versions((*plugin.requires, "regex"))),  # which knows what a word is
        "python": ".".join(platform.python_version_tuple()[:2]),
        "splits_at": plugin.splits_at,
        "normalization": plugin.normalization,
        **({"files": size_and_sha256(plugin.files)} if plugin.files else {}),
        "trained_on": None if plugin.pretrained else hashlib.sha256(training.encode("utf-8", "replace")).hexdigest(),
    }
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _code(origin: Origin, loaded: Loading | None) -> str | None:
    if origin.sha256 is not None:
        return origin.sha256
    return None if loaded is None or loaded.file is None else digest(package_files(Path(loaded.file)))[0]


def _versions(requirements: Iterable[str]) -> Iterable[tuple[str, str]]:
    for text in requirements:
        try:
            name = Requirement(text).name
            yield name, metadata.version(name)
        except (InvalidRequirement, metadata.PackageNotFoundError):
            continue
