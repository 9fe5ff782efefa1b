"""Whether a plugin keeps the rules that Assay relies on: check functions, one for each rule.

    from assay.testkit import conformance

    test_conforms = conformance("my-tokenizer", kind="tokenizer")    # one pytest case for each rule

    for finding in assay.testkit.conform(assay.discover(), "tokenizer", "my-tokenizer"):
        print(finding.check, finding.status, finding.reason)

`assay conform NAME` does the same in processes of its own. The pytest fixture `assayer` tries plugins that are not
installed. Everything here is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.testkit.assayer import Assayer
    from assay.testkit.context import Context
    from assay.testkit.isolated_runner import ConformanceReport
    from assay.testkit.pytest import conformance
    from assay.testkit.registry import Check, checks
    from assay.testkit.result import ConformanceError, Finding, Skip
    from assay.testkit.runner import Examination, conform

_HOMES = {
    "assayer": "Assayer",
    "context": "Context",
    "isolated_runner": "ConformanceReport",
    "pytest": "conformance",
    "registry": "Check checks",
    "result": "ConformanceError Finding Skip",
    "runner": "Examination conform",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "Assayer",
    "Check",
    "ConformanceError",
    "ConformanceReport",
    "Context",
    "Examination",
    "Finding",
    "Skip",
    "checks",
    "conform",
    "conformance",
]


if not TYPE_CHECKING:  # a type checker should see the names above, and no others

    def __getattr__(name: str) -> object:
        home = _HOME_OF.get(name)
        if home is None:
            raise AttributeError(f"module 'assay.testkit' has no attribute {name!r}")
        return getattr(importlib.import_module(f"assay.testkit.{home}"), name)


def __dir__() -> list[str]:
    return __all__
