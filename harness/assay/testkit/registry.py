"""The checks of each kind of plugin, in the order in which they are made."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay.errors import UnknownName
from assay.plugins.types import NAMES_OF_KINDS, Provided
from assay.testkit.result import Finding, Verdict

if TYPE_CHECKING:
    from assay.testkit.context import Context

KINDS: dict[str, type[Provided]] = {name: kind for kind, name in NAMES_OF_KINDS.items()}
HOMES = {
    "tokenizer": ("rules.tokenizer", "rules.unknown_tokens", "rules.tokenizer_protocols", "rules.splits_at"),
    "attention": ("rules.attention",),
    "corpus": ("rules.corpus",),
    "metric": ("rules.metric",),
    "report": ("rules.report",),
    "executor": ("rules.executor",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A rule and the function that checks a plugin against it.

    `function(descriptor, context)` raises `ConformanceError` where the rule is broken and `Skip` where it does not
    apply; otherwise it may return in a few words on what it tried the plugin. It tells nothing unless the checks
    in `after` passed.
    """

    name: str
    rule: str
    function: Callable[[Any, Context], str | None]
    after: tuple[str, ...] = ()

    @classmethod
    def of(cls, function: Callable[[Any, Context], str | None], *after: str) -> Check:
        """Make a check of a function: its name with dashes, and the first sentence of its docstring as the rule."""
        text = " ".join((function.__doc__ or "").split())
        rule = text.partition(". ")[0].rstrip(".") + "."
        return cls(name=function.__name__.replace("_", "-"), rule=rule, function=function, after=after)

    @classmethod
    def all_of(cls, functions: Iterable[Callable[[Any, Context], str | None]], *after: str) -> tuple[Check, ...]:
        """Make a check of each of several functions that tell nothing unless the same checks passed."""
        return tuple(cls.of(function, *after) for function in functions)

    def finding(self, status: Verdict, reason: str | None = None, remedy: str | None = None) -> Finding:
        """Return the finding of this check."""
        return Finding(check=self.name, rule=self.rule, status=status, reason=reason, remedy=remedy)


def checks(kind: str) -> tuple[Check, ...]:
    """Return the checks of a kind, such as tokenizer or executor; raise `UnknownName` for what is not a kind."""
    if kind not in HOMES:
        raise UnknownName(f"there is no kind of plugin {kind!r}", remedy=f"the kinds are {', '.join(HOMES)}")
    modules = [importlib.import_module(f"assay.testkit.{home}") for home in ("rules.every_plugin", *HOMES[kind])]
    return tuple(check for module in modules for check in module.CHECKS)
