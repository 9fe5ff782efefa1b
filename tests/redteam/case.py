"""A case of the red team: a plugin, where it is tried, and what must become of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """What the row of a plugin must say: a metric with some words in it, or that is at least so large."""

    metric: str
    words: str = ""
    least: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A plugin on a workload or, for a tokenizer, a corpus, and what must become of it.

    `checks` are the beginnings that the reason of a refusal may have, or after three dots what it may have in it;
    without any the plugin must be accepted. What is `harmless` may be accepted as well, where it is no faster than what
    is right: its trick found nothing. What is `told` must stand in a row that is accepted.
    """

    plugin: str
    on: str
    checks: tuple[str, ...] = ()
    harmless: bool = False
    told: Told | None = None

    @property
    def tokenizer(self) -> bool:
        """Whether this is a tokenizer: corpora have plain names."""
        return "/" not in self.on

    @property
    def planted(self) -> bool:
        """Whether this is a cheat or a fault."""
        return bool(self.checks or self.told)


def refused(plugin: str, on: str, checks: str, *, harmless: bool = False) -> Case:
    """Return the row of what must be refused by one of some checks."""
    return Case(plugin=plugin, on=on, checks=tuple(checks.split("|")), harmless=harmless)


def told(plugin: str, on: str, metric: str, words: str = "", least: float = 0.0) -> Case:
    """Return the row of what is accepted, and must say something."""
    return Case(plugin=plugin, on=on, told=Told(metric, words, least))


def accepted(on: str, plugins: str) -> tuple[Case, ...]:
    """Return the rows of what is right."""
    return tuple(Case(plugin=plugin, on=on) for plugin in plugins.split())
