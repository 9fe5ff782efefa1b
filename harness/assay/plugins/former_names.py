"""Public names of earlier versions of the hooks: each still works, and who uses one is told its successor."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from assay.plugins.executor import TaskResult

UNTIL = "hooks version 4"
FORMER: Mapping[str, str] = MappingProxyType(
    {
        "Alike": "AATest",
        "Ended": "TaskResult",
        "Only": "Supports",
        "Pieces": "TokenAlignment",
        "Publication": "ReportContext",
        "Reading": "TokenizedText",
        "Spread": "ExecutorConfig",
    }
)


class Ended(TaskResult):
    """The former `TaskResult`, whose `error` was called `lost`."""

    def __init__(self, *, place: int, result: str | None = None, lost: str | None = None, starts: int = 1) -> None:
        super().__init__(place=place, result=result, error=lost, starts=starts)


def used_in(source: str) -> tuple[str, ...]:
    """Return the former names that the source of a module takes from `assay`, in alphabetical order."""
    if not any(name in source for name in FORMER):
        return ()
    try:
        return tuple(sorted(set(_taken(ast.parse(source))) & FORMER.keys()))
    except (SyntaxError, ValueError):
        return ()


def _taken(tree: ast.Module) -> Iterator[str]:
    """Yield every name that is imported from `assay`, or looked up in it under whatever name it was imported."""
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "assay" and not node.level:
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            modules |= {alias.asname or alias.name for alias in node.names if alias.name == "assay"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield node.attr
