"""Two sides of a check, driven in turn: the gate once, then epochs of fresh processes."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self, TypeVar

from assay.comparison.side_process import SideProcess
from assay.comparison.sides import SideEnvironment
from assay.execute.case_run import CaseRun
from assay.execute.group import predict
from assay.execute.timed_operation import TimedOperation
from assay.execute.worker.cpu_affinity import one_core, pinned
from assay.records.results import AttentionCase, Case, Measurement
from assay.records.settings import Settings
from assay.records.verdicts import EpochRatio
from assay.stats.trimmed_mean import epoch_ratio

READING_NS = 2_500_000
LIVES, BLOCKS = 4, 24
FEWEST_BLOCKS = 3
LEAST_EFFORT, PLENTY = 0.25, 16
MOST_PADDING = 4096
WAITING = 0.02  # of the wall time; a loaded machine leaves more
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedCase:
    """What one case came to on both sides before anything was timed, and the loops of a reading by operation.

    `outside` says that the work leaves the process, so that its CPU time tells nothing.
    """

    baseline: Measurement
    candidate: Measurement
    loops: Mapping[str, int]
    outside: bool = False


class PairedSampler:
    """A baseline and a candidate, each in a process of its own on the same core.

    In an epoch both have fresh processes with the same hash seed and padding, and every cell is sampled in both in
    turn: A B B A or B A A B, drawn each time. A process with one thread is copied (forked) four times on the way,
    and a quarter of the samples taken in each copy: identical code differs by about 1 % from process to process, for
    as long as they live, and a copy is found to differ as much, having its pages in other places of memory.
    """

    def __init__(self, baseline: SideEnvironment, candidate: SideEnvironment, settings: Settings) -> None:
        self.settings = settings
        self.core = one_core() if settings.threads == 1 else None
        self.baseline = SideProcess(baseline, settings, self.core)
        self.candidate = SideProcess(candidate, settings, self.core)
        self.twin = SideProcess(baseline, settings, self.core)
        self._chance = random.Random(settings.seed)
        self._gated: dict[str, VerifiedCase] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for station in (self.baseline, self.candidate, self.twin):
            station.leave() if kind is None else station.kill()

    def verify(self, case: Case) -> VerifiedCase:
        """Check a case on both sides, and find the loops of a reading."""
        pair = tuple(station.begin(case) for station in (self.baseline, self.candidate))
        for station, item in zip((self.baseline, self.candidate), pair, strict=True):
            station.load(item, again=False)
        for item in pair:
            item.collect("load")
        loops: dict[str, int] = {}
        outside = False
        for item in pair:
            if isinstance(case, AttentionCase):
                predict(item, self.settings.budget_s)
            item.check()
        if all(item.ended is None for item in pair):
            shared = {entry.name for entry in pair[1].entries}
            for name in [entry.name for entry in pair[0].entries if entry.name in shared]:
                answers = [item.ask("calibrate", operation=name, target_ns=READING_NS) for item in pair]
                loops[name] = int(answers[0].get("loops", 1))
                for entry in (entry for item in pair for entry in item.entries if entry.name == name):
                    entry.loops = loops[name]  # long enough that a turn of another process makes no waiting of it
                outside |= any(answer.get("children_s", 0.0) > 0 for answer in answers)
            outside |= any(_waits(item) or item.worker.offspring() for item in pair if item.ended is None)
        for station, item in zip((self.baseline, self.candidate), pair, strict=True):
            item.ask("unload")
            if item.ended is None:
                item.succeed(item.metrics, restarted=False)
            item.add(station.adding)
        rows = [item.ended for item in pair if item.ended is not None]
        self._gated[case.id] = VerifiedCase(baseline=rows[0], candidate=rows[1], loops=loops, outside=outside)
        return self._gated[case.id]

    def epoch(
        self,
        number: int,
        cases: Sequence[Case],
        wanted: Callable[[str], bool],
        *,
        effort: Callable[[str], float] = lambda cell: 1.0,
        against_itself: bool = False,
        tick: Callable[[Case], object] = lambda case: None,
    ) -> Iterator[tuple[Case, Mapping[str, EpochRatio] | Measurement]]:
        """Sample the cells whose ids are `wanted`, in fresh processes; give the readings of each case by cell.

        `effort` is the share of the usual samples that a cell is worth, by its id. A case that fails now gives the row
        that says so, `expected` where the baseline fails. With `against_itself` the baseline takes both parts.
        """
        stations = (self.baseline, self.twin if against_itself else self.candidate)
        seed, padding = self._chance.randrange(2**32), self._chance.randrange(MOST_PADDING)
        for station in (self.baseline, self.candidate, self.twin):
            station.renew(seed, padding) if station in stations else station.leave()
        for station in self._shuffled(stations):
            station.start()
        for case in self._shuffled(cases):
            tick(case)
            yield case, self._sample(number, case, stations, wanted, effort)

    def _sample(
        self,
        number: int,
        case: Case,
        stations: Sequence[SideProcess],
        wanted: Callable[[str], bool],
        effort: Callable[[str], float],
    ) -> Mapping[str, EpochRatio] | Measurement:
        pair = [station.begin(case) for station in stations]
        for station, item in self._shuffled(list(zip(stations, pair, strict=True))):
            station.load(item, again=True)
        for item in pair:
            item.collect("load")
        gated = self._gated[case.id]
        second = gated.baseline if stations[1] is self.twin else gated.candidate
        for item, before in self._shuffled(list(zip(pair, (gated.baseline, second), strict=True))):
            item.check()
            item.hold_to(before.metrics, item.metrics)
        found: dict[str, EpochRatio] = {}
        if all(item.ended is None for item in pair):
            for name, loops in gated.loops.items():
                ours = [entry for item in pair for entry in item.entries if entry.name == name]
                if wanted(f"{case.id}/{name}") and len(ours) == len(pair):
                    for entry in ours:
                        entry.loops = loops
                    taken = self._lives(number, pair, ours, effort(f"{case.id}/{name}"))
                    if taken is not None:
                        found[f"{case.id}/{name}"] = taken
        for item in pair:
            item.ask("unload")
        baseline, other = pair
        if other.ended is not None and not (other.ended.blamed and stations[1] is self.twin):
            return other.ended
        ended = baseline.ended or other.ended  # which the candidate is not to blame for
        return (
            found
            if ended is None
            else replace(ended, reason=f"baseline: {ended.status}, {ended.reason}", expected=True)
        )

    def _lives(
        self, number: int, pair: Sequence[CaseRun], entries: Sequence[TimedOperation], effort: float
    ) -> EpochRatio | None:
        """Sample one cell in copies of both processes, or in the processes where they cannot be copied."""
        start = time.monotonic()
        for entry in self._shuffled(entries):
            entry.samples = []
            entry.warm_up(READING_NS)
        with pinned(self.core):
            forked = self._fork(pair)
            blocks = self._blocks(entries, round(BLOCKS * effort))
            lives = min(LIVES, blocks) if forked else 1
            for life in range(lives):
                if life:
                    self._fork(pair)
                if forked:
                    for entry in self._shuffled(entries):  # the pages that it writes to are copied now
                        entry.ask("sample", operation=entry.name, loops=1)
                for _ in range(blocks * (life + 1) // lives - blocks * life // lives):
                    self._block(entries)
                for item in self._shuffled(pair) if forked else ():
                    item.ask("join")
        baseline, candidate = entries
        if not all(item.ended is None for item in pair):
            return None
        return epoch_ratio(number, candidate.samples, baseline.samples, time.monotonic() - start)

    def _fork(self, pair: Sequence[CaseRun]) -> bool:
        """Copy both processes, or neither."""
        turns = self._shuffled(pair)
        forked = [bool(item.ask("fork").get("forked")) for item in turns]
        if all(forked):
            return True
        for item, copied in zip(turns, forked, strict=True):
            if copied:
                item.ask("join")
        return False

    def _blocks(self, entries: Sequence[TimedOperation], most: int) -> int:
        """How many blocks of four readings make an epoch; a first one, which is not counted, says how long they are."""
        self._block(entries)
        spent = [max(sample.cpu_ns, sample.wall_ns // 4) for entry in entries for sample in entry.samples]
        for entry in entries:
            entry.samples = []
        longest = max(spent, default=READING_NS)
        return max(FEWEST_BLOCKS, min(most, round(most * 2 * READING_NS / longest)))

    def _block(self, entries: Sequence[TimedOperation]) -> None:
        """A B B A, or B A A B."""
        first, second = self._shuffled(entries)
        for entry in (first, second, second, first):
            entry.take()

    def _shuffled(self, things: Sequence[T]) -> list[T]:
        drawn = list(things)
        self._chance.shuffle(drawn)
        return drawn


def affordable(seconds: float, left_s: float) -> float:
    """The effort, as a share, with which sixteen epochs fit into the time left; a whole one took so many seconds.

    Few epochs make wide intervals, however much is sampled in each. At least a quarter, below which starting and
    copying processes takes most of the time.
    """
    return max(LEAST_EFFORT, min(1.0, left_s / (PLENTY * seconds))) if seconds > 0 else 1.0


def _waits(item: CaseRun) -> bool:
    """Whether a call takes next to no CPU time: it sleeps, or another process or device does the work."""
    for entry in item.entries:
        entry.take()
    samples = [sample for entry in item.entries for sample in entry.samples]
    return any(sample.cpu_ns < sample.wall_ns * WAITING for sample in samples)
