"""What a worker does around the requests: which cores it uses, and what it loads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.errors import Unavailable
from assay.execute.worker import main
from assay.execute.worker.main import BenchServer
from assay.execute.worker.requests import Calibrate, Load, MeasureMemory, PluginSelection, Setup, TakeSample, Verify
from assay.plugins.python_objects import ObjectFile
from assay.records.results import TokenizerCase
from assay.records.settings import Settings

pytestmark = pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system pins no process to a core")


@pytest.fixture
def cores() -> Iterator[set[int]]:
    before = os.sched_getaffinity(0)
    yield before
    os.sched_setaffinity(0, before)


def test_what_is_timed_keeps_to_one_core_and_nothing_else_does(cores: set[int]) -> None:
    server, core = BenchServer(), min(cores)
    setup = Setup(plugins=PluginSelection.of(Settings(load="none")), core=core, grid=False)

    def at(request: object) -> set[int]:
        server.handlers[type(request)](request)  # type: ignore[index]
        return os.sched_getaffinity(0)

    assert at(Load(setup=setup, probes="")) == cores
    assert at(Verify()) == cores
    assert at(Calibrate(operation="python", target_ns=1000)) == {core}
    assert at(TakeSample(operation="python", iterations=1)) == {core}
    assert at(MeasureMemory()) == cores
    assert at(Calibrate(operation="python", target_ns=1000)) == {core}


def test_probes_are_of_no_plugin(cores: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main.requests.PluginSelection, "discover", lambda self, *, lenient: pytest.fail("asked"))
    server = BenchServer()
    setup = Setup(plugins=PluginSelection.of(Settings()), core=None, grid=False)
    server.handlers[Load](Load(setup=setup, probes=""))
    assert server.bench.host.found == ()


def test_an_object_that_cannot_be_made_here_says_so(tmp_path: Path) -> None:
    file = ObjectFile.write(tmp_path, "mine", b"cabsent_module\nthing\n.", "ab" * 32, "what was pickled")
    setup = Setup(plugins=PluginSelection(plugins=(str(file.path),), load="none"), core=None)
    with pytest.raises(Unavailable) as raised:
        BenchServer().handlers[Load](Load(setup=setup, case=TokenizerCase(tokenizer="mine", corpus="c")))
    assert "in the process that measures it, it cannot be imported: ModuleNotFoundError" in raised.value.message
    assert raised.value.remedy == "pip install what provides 'absent_module', or leave it out"
