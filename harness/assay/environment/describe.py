"""Where a run took place: machine, versions, settings. Read without importing anything heavy."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from assay.environment.cpu_affinity import available_cores
from assay.environment.git import state
from assay.plugins.host import DISTRIBUTION
from assay.records.results import AttentionCase, Case

PACKAGES = ("torch", "triton", "tiktoken", "pluggy", "numpy", "pandas")
ASK_GPU = ("nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader")
PATIENCE_S = 10.0
SETTINGS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "PYTHONHASHSEED")


def describe(cases: Iterable[Case] = ()) -> Mapping[str, str]:
    """Describe this machine and this process, as text by name; its GPU where a case is computed on one."""
    facts = {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": str(len(available_cores())),
    }
    if hasattr(os, "getloadavg"):
        facts["load"] = f"{os.getloadavg()[0]:.2f}"
    if any(isinstance(case, AttentionCase) and case.workload.device != "cpu" for case in cases):
        facts |= gpu()
    facts["assay"] = metadata.version(DISTRIBUTION)
    for package in PACKAGES:
        try:
            facts[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    facts |= {name: os.environ[name] for name in SETTINGS if name in os.environ}
    revision = state(Path.cwd())
    return facts if revision is None else facts | {"git": revision}


def gpu() -> Mapping[str, str]:
    """Describe the GPUs of this machine and their driver, by NVIDIA's tool; return nothing where that is absent."""
    try:
        told = subprocess.run(ASK_GPU, capture_output=True, text=True, check=True, timeout=PATIENCE_S).stdout
    except (OSError, subprocess.SubprocessError):
        return {}
    cards = [tuple(part.strip() for part in line.split(",")) for line in told.splitlines() if line.count(",") == 2]
    if not cards:
        return {}
    names = Counter(f"{name}, {memory}" for name, memory, _ in cards)
    return {
        "gpu": "; ".join(name if number == 1 else f"{number} x {name}" for name, number in names.items()),
        "driver": cards[0][2],
    }


def available_memory() -> int:
    """Return the memory that programs can still take without swapping, in bytes (MemAvailable; else all there is)."""
    meminfo = Path("/proc/meminfo")
    if meminfo.is_file():
        for line in meminfo.read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if sys.platform == "linux" and cpuinfo.is_file():
        for line in cpuinfo.read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def now() -> str:
    """Return the time in UTC, ISO 8601, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
