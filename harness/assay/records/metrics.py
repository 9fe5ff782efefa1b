"""The figures of a row, by name."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, Mapping
from typing import Any, Self

Value = int | float | str | bool


class Metric(str):
    """The name of one figure of a row, which knows its value too.

    Its unit and formula stand in the metric catalogue.
    """

    value: Value

    def __new__(cls, name: str, value: Value) -> Self:
        """Return a name that knows its value."""
        self = super().__new__(cls, name)
        self.value = value
        return self

    def __getnewargs__(self) -> tuple[str, Value]:  # type: ignore[override]
        return self.name, self.value

    @property
    def name(self) -> str:
        """The name as a plain text."""
        return str(self)


class Metrics(Mapping[str, Value]):
    """The figures of a row: a mapping from names to values, in order, that never changes.

    `ours | theirs` has the figures of both. It raises `TypeError` for a name that both have.
    """

    def __init__(self, figures: Mapping[str, Value | None] | None = None, /, **named: Value | None) -> None:
        """Take figures from a mapping and by name, without those that are None; raise `TypeError` for a name twice."""
        both = dict(**({} if figures is None else figures), **named)
        self._values = {name: value for name, value in both.items() if value is not None}

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Metric]:
        """Return the names, each as a `Metric`."""
        return (Metric(name, value) for name, value in self._values.items())

    def get(self, name: str, default: Any = None, /) -> Any:
        """Return a figure by its name, the default where there is none."""
        return self._values.get(name, default)

    def keys(self) -> KeysView[str]:
        """Return the names as plain texts."""
        return self._values.keys()

    def items(self) -> ItemsView[str, Value]:
        """Return the figures, each as its plain name and its value."""
        return self._values.items()

    def __or__(self, others: Mapping[str, Value | None]) -> Metrics:
        return Metrics(self, **others)

    def __hash__(self) -> int:
        return hash(frozenset(self.items()))

    def __repr__(self) -> str:
        return f"Metrics({self._values})"
