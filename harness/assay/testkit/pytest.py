"""The checks of a plugin as a parametrised pytest test, one case for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from assay.errors import AssayError
from assay.plugins.discovery import discover
from assay.testkit.registry import Check
from assay.testkit.runner import Examination, kind_of


def conformance(
    name: str, *, kind: str | None = None, plugins: Sequence[str | Path] = (), block: Sequence[str] = ()
) -> Callable[[Check], None]:
    """Make a test of what is installed under a name, with one case for each rule of its kind.

    The plugin is found as a user's Assay finds it, by its entry point, or in one of the files `plugins`. A name that
    nothing has, and a plugin that cannot be loaded, are errors at collection, with the sentence that says why.
    """
    import pytest

    try:
        host = discover(plugins, block)
        examination = Examination(host, kind_of(host, name, kind), name)
    except AssayError as error:
        pytest.fail(f"assay: {error}", pytrace=False)

    @pytest.mark.parametrize("check", [pytest.param(check, id=check.name) for check in examination.checks.values()])
    def test_conforms(check: Check) -> None:
        """The plugin keeps this rule."""
        finding = examination.finding(check.name)
        if finding.status == "failed":
            pytest.fail(f"{check.rule}\n{finding}", pytrace=False)
        if finding.status == "skipped":
            pytest.skip(finding.reason or "")

    return test_conforms
