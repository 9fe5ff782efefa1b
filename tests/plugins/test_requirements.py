"""What a plugin lacks, and the shortest command that brings it."""

from __future__ import annotations

from importlib import metadata

import pytest

from assay.plugins.requirements import Extras, absent

NEEDS = [
    "pluggy>=1",
    'lacking-a>=2; extra == "a"',
    "lacking-a>=2; extra == 'all'",
    'lacking-b; (python_version >= "3.8") and extra == "all"',
    'lacking-b ; extra == "b"',
    'pluggy>=1 ; extra == "b"',
]


@pytest.fixture
def extras(monkeypatch: pytest.MonkeyPatch) -> Extras:
    """The extras of a distribution that needs the above."""
    found = metadata.requires
    monkeypatch.setattr(metadata, "requires", lambda name: NEEDS if name == "mine" else found(name))
    return Extras()


@pytest.mark.parametrize(
    ("lacking", "command"),
    [
        (["lacking-a>=2"], 'pip install "mine[a]"'),
        (["lacking-b"], 'pip install "mine[b]"'),
        (["lacking-a>=2", "lacking-b"], 'pip install "mine[all]"'),
        (["lacking-c==1"], 'pip install "lacking-c==1"'),
        (["lacking-a>=2", "lacking-c"], 'pip install "lacking-a>=2" "lacking-c"'),
    ],
)
def test_an_extra_that_brings_just_what_is_lacking_is_the_remedy(
    extras: Extras, lacking: list[str], command: str
) -> None:
    assert extras.remedy(lacking, "mine") == command


@pytest.mark.parametrize("distribution", [None, "no-such-distribution"])
def test_without_a_distribution_the_requirements_are_named(extras: Extras, distribution: str | None) -> None:
    assert extras.remedy(["lacking-a>=2"], distribution) == 'pip install "lacking-a>=2"'


def test_a_requirement_of_another_version_is_absent() -> None:
    assert absent(["pluggy>=1", "pluggy>=999", "no-such-distribution", 'x; extra == "y"', "/"]) == (
        "pluggy>=999",
        "no-such-distribution",
        "/",
    )
