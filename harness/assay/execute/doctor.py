"""Looking at this machine as a place to measure: reads, tries, advises, and changes nothing."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from assay.environment.describe import available_memory, describe
from assay.execute.rounds import sample_rounds
from assay.execute.timed_operation import calibrate
from assay.execute.worker_pool import PROBE_NS, WorkerPool, probe_pairs
from assay.plugins.discovery import discover
from assay.records.results import Noise, ProbeTiming
from assay.records.settings import Settings
from assay.stats.noise_floor import DUPLICATE, PROBE, noise_floor

PAIRS = 6
PAIR_S = 1.0
FREQUENCY = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
STAT = Path("/proc/stat")
LITTLE_MEMORY = 2 << 30
LITTLE_DISK = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One fact about the machine, and what to do about it, if anything."""

    name: str
    value: str
    advice: str | None = None


def examine(results: str) -> Iterator[Advice]:
    """Read what the machine says of itself."""
    facts = dict(describe())
    cores = int(facts["cores"])
    yield Advice(name="processor", value=f"{facts['processor']}, {cores} cores for this process")
    if hasattr(os, "getloadavg"):
        load = os.getloadavg()[0]
        busy = load > 0.5 * cores
        advice = "other work is running: wait, or trust ratios and CPU time rather than MB/s" if busy else None
        yield Advice(name="load", value=f"{load:.2f} over the last minute", advice=advice)
    steal = _steal()
    if steal is not None:
        advice = (
            "the host of this virtual machine takes time away: prefer ratios, repeat the run" if steal > 0.01 else None
        )
        yield Advice(name="steal", value=f"{steal:.1%} of CPU time", advice=advice)
    if FREQUENCY.is_file():
        governor = FREQUENCY.read_text("ascii").strip()
        advice = None if governor == "performance" else "the clock rate varies: `cpupower frequency-set -g performance`"
        yield Advice(name="frequency governor", value=governor, advice=advice)
    else:
        yield Advice(name="frequency governor", value="not shown here, as usual in virtual machines")
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        if name in facts:
            yield Advice(name=name, value=facts[name], advice="assay sets this itself for its workers: use --threads")
    memory = available_memory()
    advice = "little memory: large cases will be skipped" if memory < LITTLE_MEMORY else None
    yield Advice(name="memory available", value=f"{memory / 2**30:.1f} GiB", advice=advice)
    disk = shutil.disk_usage(next(path for path in (Path(results), *Path(results).absolute().parents) if path.exists()))
    advice = "little space for results" if disk.free < LITTLE_DISK else None
    yield Advice(name="disk free", value=f"{disk.free / 2**30:.1f} GiB for {results}", advice=advice)
    yield Advice(name="python", value=facts["python"])
    advice = None if "torch" in facts else 'pip install "assay-bench[attention]"'
    yield Advice(name="torch", value=facts.get("torch", "not installed"), advice=advice)


def self_test(tick: Callable[[int, int], object] = lambda done, total: None) -> Noise | None:
    """Time identical code in fresh pairs of processes, as a run does: under 20 s in all.

    Returns None where no process could be started.
    """
    timings: list[ProbeTiming] = []
    # No plugin takes part, so that none can be in the way.
    with WorkerPool(discover(load="none"), Settings(precision=0.0, load="none")) as pool:
        for number in range(PAIRS):
            tick(number, PAIRS)
            probes = {name: probe for name, probe in pool.probes().items() if name in (PROBE, DUPLICATE)}
            pairs = list(probe_pairs(probes))
            calibrate(pairs, PROBE_NS)
            for probe, _ in pairs:
                probe.judged = True
            operations, partners = [probe for probe, _ in pairs], [partner for _, partner in pairs]
            sample_rounds(operations, partners, budget_s=PAIR_S, wanted=0.0, seed=number)
            timings += [
                ProbeTiming(group=str(number), name=name, work=probe.tokens, samples=tuple(probe.samples))
                for name, probe in probes.items()
            ]
            pool.shutdown()
        tick(PAIRS, PAIRS)
    return noise_floor(timings)


def _steal() -> float | None:
    """The share of CPU time that the host of a virtual machine gave to others, over a tenth of a second."""
    if not STAT.is_file():
        return None
    before = _cpu_times()
    time.sleep(0.1)
    passed = [after - earlier for earlier, after in zip(before, _cpu_times(), strict=True)]
    return passed[7] / max(1, sum(passed[:8])) if len(passed) > 7 else None


def _cpu_times() -> list[int]:
    return [int(field) for field in STAT.read_text("ascii").splitlines()[0].split()[1:]]
