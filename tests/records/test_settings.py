"""Settings are kept with a run as JSON, and come back as they were."""

from __future__ import annotations

import json
import math
from dataclasses import FrozenInstanceError, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import AssayError
from assay.records.metric_catalogue import Definition
from assay.records.results import Run
from assay.records.settings import Settings

NAMES = st.lists(st.text(), max_size=4).map(tuple)
POSITIVE = st.floats(0.0, exclude_min=True, allow_infinity=False)
SETTINGS = st.builds(
    Settings,
    plugins=NAMES,
    block=NAMES,
    baselines=NAMES,
    budget_s=POSITIVE,
    epochs=st.integers(1, 1000),
    precision=st.floats(0.0, 1.0),
    timeout_s=POSITIVE,
    memory_bytes=st.none() | st.integers(1, 2**60),
    threads=st.integers(1, 1024),
    seed=st.integers(-(2**63), 2**63),
    metrics=st.lists(
        st.builds(Definition, name=st.text(), unit=st.text(), meaning=st.text(), exact=st.booleans()), max_size=2
    ).map(tuple),
)


def test_the_defaults() -> None:
    assert Settings.from_json(Settings().to_json()) == Settings()


@given(settings=SETTINGS)
def test_what_is_written_is_read(settings: Settings) -> None:
    assert Settings.from_json(settings.to_json()) == settings


@given(settings=SETTINGS)
def test_every_setting_is_written(settings: Settings) -> None:
    written = json.loads(settings.to_json())
    assert list(written) == [field.name for field in fields(Settings)]
    assert "\n" not in settings.to_json()


def test_lists_come_back_as_tuples() -> None:
    read = Settings.from_json(Settings(plugins=("a.py",), block=("b", "c"), baselines=("gpt2",)).to_json())
    assert (read.plugins, read.block, read.baselines) == (("a.py",), ("b", "c"), ("gpt2",))
    assert hash(read) == hash(Settings(plugins=("a.py",), block=("b", "c"), baselines=("gpt2",)))


def test_a_run_that_says_nothing_has_the_defaults() -> None:
    said_nothing = Run(id="r", started="2026", suite="s", command="c", environment={}).settings
    assert Settings.from_json(said_nothing) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in ("budget_s", "timeout_s") for value in (0.0, -1.0, math.inf, math.nan)),
        *((name, value) for name in ("epochs", "threads") for value in (0, -1)),
        *(("precision", value) for value in (-0.01, -1.0, math.inf, math.nan)),
    ],
)
def test_what_no_run_can_have_is_refused(name: str, value: float) -> None:
    with pytest.raises(AssayError, match=f"{name} cannot be {value}"):
        Settings(**{name: value})
    written = json.dumps(json.loads(Settings().to_json()) | {name: value})
    with pytest.raises(AssayError, match=name):
        Settings.from_json(written)


def test_no_precision_is_ever_enough() -> None:
    assert Settings(precision=0.0).precision == 0.0


def test_they_do_not_change_while_a_run_lasts() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().seed = 1  # type: ignore[misc]


def test_a_python_object_is_stored_by_its_name() -> None:
    settings = Settings(plugins=("mine.py", "/tmp/folder/0123abcd-my-own.assay-object"))
    assert Settings.from_json(settings.to_json()).plugins == ("mine.py", "python:my-own")
