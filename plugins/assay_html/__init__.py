"""Reports as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Iterator

import assay

assay_hooks = 3  # the version of the hooks that this is written for


@assay.hookimpl
def assay_reports() -> Iterator[assay.ReportPlugin]:
    """Announce `html`."""
    yield assay.ReportPlugin(
        name="html",
        summary="one self-contained page: tables, charts and tokens, without any request",
        requires=("jinja2>=3.1", "vl-convert-python>=1.7"),
        license="MIT",
        write=assay.lazy("assay_html.page:write"),
        suffix=".html",
        shows=("run", "runs", "comparison", "history"),
    )
