"""What a worker's process is given before anything heavy is imported."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from assay.execute.worker.process import Worker
from assay.records.settings import Settings


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="this system does not tell the environment of a process")
def test_libraries_compute_and_compile_with_as_many_threads_as_were_asked_for() -> None:
    before = set(psutil.Process().children())
    worker = Worker("fix it", Settings(threads=3))
    try:
        (process,) = set(psutil.Process().children()) - before
        while not (given := process.environ()):  # until the system has started the program
            time.sleep(0.01)
    finally:
        worker.kill()
    for library in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS", "TORCHINDUCTOR_COMPILE_THREADS"):
        assert given[library] == "3", library
