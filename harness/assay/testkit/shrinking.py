"""Try a rule on many strings, and show the shortest that breaks it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Sequence

from assay.records.text import quoted as quoted
from assay.testkit.result import ConformanceError
from assay.tokenizer.fuzzing import smallest as smallest

DRAWN = 200
SHOWN = 8

Rule = Callable[[str], None]


def hold(rule: Rule, texts: Iterable[str]) -> str:
    """Try a rule, which raises `ConformanceError`, on strings and, where it is installed, on those of hypothesis.

    Raises it again for the shortest string found that breaks it; else returns on what it was tried.
    """
    count = 0
    for text in texts:
        _try(rule, text)
        count += 1
    if importlib.util.find_spec("hypothesis") is None:
        return f"{count:,} fuzz strings; without hypothesis, which is not installed"
    return f"{count:,} fuzz strings and {_drawn(rule)} of hypothesis"


def _try(rule: Rule, text: str) -> None:
    try:
        rule(text)
    except ConformanceError:
        rule(smallest(text, lambda shorter: _breaks(rule, shorter)))
        raise  # it held the second time, so the first is shown


def _drawn(rule: Rule) -> int:
    """Draw strings by hypothesis, the same ones each time; shortening them is left to `smallest`."""
    from hypothesis import HealthCheck, Phase, given, settings, strategies

    drawn: list[str] = []

    @settings(
        max_examples=DRAWN,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategies.text())
    def draw(text: str) -> None:
        drawn.append(text)

    draw()
    for text in dict.fromkeys(sorted(drawn, key=len)):
        _try(rule, text)
    return len(set(drawn))


def _breaks(rule: Rule, text: str) -> bool:
    try:
        rule(text)
    except ConformanceError:
        return True
    return False


def shown(ids: Sequence[object]) -> str:
    """Ids in a sentence: the first few."""
    more = f", ... {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    return f"[{', '.join(map(str, ids[:SHOWN]))}{more}]"
