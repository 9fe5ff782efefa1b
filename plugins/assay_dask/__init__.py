"""Counts over the workers of a Dask cluster, one that is there or one that is started on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata

import assay

NEEDED = ("dask", "distributed")
assay_hooks = 3  # the version of the hooks that this is written for


def missing() -> assay.Missing | None:
    """Report that Dask is not installed, and which extra brings it."""
    for name in NEEDED:
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError:
            return assay.Missing(f"needs {name}, which is not installed", 'pip install "assay-bench[dask]"')
    return None


@assay.hookimpl
def assay_executors() -> Iterator[assay.ExecutorPlugin]:
    """Announce `dask`."""
    yield assay.ExecutorPlugin(
        name="dask",
        summary="a Dask cluster: by --scheduler ADDRESS, or one that is started here",
        license="MIT",
        open=assay.lazy("assay_dask.cluster:Cluster"),
        missing=missing,
        isolated=True,
    )
