"""`assay.run`: options by name, sorted into what is measured and how."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import assay
from assay.execute import job
from assay.execute.selection import Selection
from assay.records.settings import Settings


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Selection, Settings]]:
    """What `assay.run` begins, without doing it."""
    found: list[tuple[Selection, Settings]] = []
    monkeypatch.setattr(job, "discover", lambda *plugins: None)
    monkeypatch.setattr(job, "begin", lambda host, selection, settings, where: found.append((selection, settings)))
    return found


def test_each_option_reaches_the_record_that_has_it(begun: list[tuple[Selection, Settings]]) -> None:
    assay.run(
        suite="quick",
        workloads=["core/fwd/causal/b1.h8.s1024.d64/f32/cpu.t1"],
        metrics="doubled",
        held_out=0.0,
        plugins=[Path("mine.py")],
        baselines=["gpt2"],
        budget_s=2.0,
        threads=3,
        field="body",
    )
    assert begun == [
        (
            Selection(
                suite="quick",
                workloads=("core/fwd/causal/b1.h8.s1024.d64/f32/cpu.t1",),
                metrics="doubled",
                held_out=0.0,
            ),
            Settings(plugins=("mine.py",), baselines=("gpt2",), budget_s=2.0, threads=3, field="body"),
        )
    ]


def test_an_option_goes_before_the_settings_and_none_is_none(begun: list[tuple[Selection, Settings]]) -> None:
    settings = Settings(budget_s=7.0, epochs=3, plugins=("mine.py",), executor="local")
    assay.run(settings=settings, budget_s=2.0, epochs=None, tokenizers=None, executor=None)
    assert begun == [(Selection(), Settings(budget_s=2.0, epochs=3, plugins=("mine.py",), executor="local"))]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tokenisers": "gpt2"}, "assay.run() has no option 'tokenisers'; did you mean tokenizers?"),
        ({"budget": None}, "assay.run() has no option 'budget'; did you mean budget_s?"),
        ({"zzz": 1}, "assay.run() has no option 'zzz'"),
    ],
)
def test_an_option_that_there_is_not_is_refused_with_the_nearest(
    begun: list[tuple[Selection, Settings]], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(TypeError) as caught:
        assay.run(**options)
    assert str(caught.value) == words
    assert begun == []
