"""Where a worker runs, and how its processes are known."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MARK = "ASSAY_WORKER"
PADDING = "ASSAY_PADDING"
THREADS = (
    *("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"),
    "TORCHINDUCTOR_COMPILE_THREADS",  # with more of them there are processes, which stay
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerEnvironment:
    """Where a worker runs: its interpreter, its PYTHONPATH (None for that of the host), its working folder.

    `seed` is that of Python's hashes, below 2**32; `padding` lengthens the environment by so many bytes, which moves
    the stack. `bytecode` is a folder for compiled modules, in place of those beside their sources: the process that
    has compiled a module runs it 1 % slower than one that found it compiled.
    """

    python: str = sys.executable
    paths: tuple[str, ...] | None = None
    folder: str | None = None
    seed: int = 0
    padding: int = 0
    bytecode: str | None = None

    def variables(self, threads: int, token: str) -> Mapping[str, str]:
        """Return what must stand before heavy imports: threads, hash seed, where plugins lie, the mark."""
        paths = [path or str(Path.cwd()) for path in sys.path] if self.paths is None else self.paths
        fixed = {
            **dict.fromkeys(THREADS, str(threads)),
            "OMP_WAIT_POLICY": "PASSIVE",
            "GOMP_SPINCOUNT": "0",
            "PYTHONHASHSEED": str(self.seed),
            "PYTHONPATH": os.pathsep.join(paths),
            MARK: token,
            PADDING: "-" * self.padding,
        }
        if self.bytecode is not None:
            fixed |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": self.bytecode}
        return os.environ | fixed
