"""A group measured for real: what its workers have in common in every epoch."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest

import assay
from assay.execute.epochs import automatic_epochs
from assay.execute.group import run_group
from assay.execute.rounds import FEWEST_LONG
from assay.execute.worker_pool import WorkerPool
from assay.records.results import FRESH, GroupResult, Status, TokenizerCase
from assay.records.settings import Settings

pytestmark = pytest.mark.alone

EPOCHS = 2
PLUGIN = """
import os
import assay

class Watched:
    vocab_size, unk_id = 128, None
    def __init__(self, name, delay):
        self.name, self.delay = name, delay
    def encode(self, text):
        with open(os.path.join({folder!r}, f"{{self.name}}-{{os.getpid()}}"), "a") as file:
            file.write(str(len(os.sched_getaffinity(0))))
        for _ in range(self.delay):
            pass
        return [ord(character) % 128 for character in text[::64]]
    def decode(self, ids):
        return "".join(map(chr, ids))

@assay.hookimpl
def assay_tokenizers():
    for name, delay in [("one", 9_000), ("same", 9_500), ("slow", 600_000)]:
        yield assay.TokenizerPlugin(
            name=name, summary=name, lossless=False, build=lambda text, name=name, delay=delay: Watched(name, delay)
        )
"""


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, GroupResult]:
    """Where the workers noted on how many cores each call ran, and what the group came to."""
    folder = tmp_path_factory.mktemp("watched")
    file = tmp_path_factory.mktemp("plugin") / "watched.py"
    file.write_text(PLUGIN.format(folder=str(folder)), encoding="utf-8")
    cases = [TokenizerCase(tokenizer=name, corpus="the-verdict") for name in ("one", "same", "slow")]
    settings = Settings(plugins=(str(file),), epochs=EPOCHS, precision=0.0, baselines=("one",))
    with WorkerPool(assay.discover(settings.plugins), settings) as pool:
        result = run_group(cases[0].group, cases, pool, 1e-3)
    assert [row.status for row in result.measurements] == [Status.OK] * 3, result.measurements
    return folder, result


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system does not pin processes")
def test_the_workers_of_every_epoch_are_timed_on_one_core(watched: tuple[Path, GroupResult]) -> None:
    notes = sorted(watched[0].iterdir())
    assert len(notes) == 3 * (1 + EPOCHS)  # a second process compares, and is not timed
    anywhere = str(len(os.sched_getaffinity(0)))  # what is verified before and after may use every core
    timed = [set(found) for note in notes if (found := note.read_text().strip(anywhere))]
    assert timed == [{"1"}] * 3 * EPOCHS


def test_every_epoch_has_its_rounds(watched: tuple[Path, GroupResult]) -> None:
    for row in watched[1].measurements:
        for timing in row.timings:
            epochs = [sample.epoch for sample in timing.samples]
            rounds = math.ceil(FEWEST_LONG / EPOCHS)  # together as many as one epoch would have
            if timing.name == FRESH:  # in the first round, and where there is time
                assert epochs[0] == 0
                assert len(epochs) <= EPOCHS * rounds
            else:
                assert epochs == [epoch for epoch in range(EPOCHS) for _ in range(rounds)]


@pytest.mark.parametrize(("budget_s", "epochs"), [(0.24, 1), (0.25, 5), (30.0, 5)])
def test_a_group_has_five_epochs_where_its_time_is_enough_for_them(budget_s: float, epochs: int) -> None:
    assert automatic_epochs(budget_s) == epochs


def test_times_that_are_alike_are_sampled_with_as_many_iterations(watched: tuple[Path, GroupResult]) -> None:
    iterations = [{sample.iterations for sample in row.timings[0].samples} for row in watched[1].measurements]
    assert iterations[0] == iterations[1]
    assert iterations[2] == {1} != iterations[0]
