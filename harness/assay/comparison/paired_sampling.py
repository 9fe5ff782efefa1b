"""Two sides of a check, driven in turn: verified once, then sampled in epochs of fresh processes."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

from assay.comparison.side_process import SideProcess
from assay.comparison.sides import SideEnvironment
from assay.environment import shared_memory
from assay.environment.cpu_affinity import one_core, pinned
from assay.execute.case_run import CaseRun, check_together, judge_answers
from assay.execute.group import predict
from assay.execute.judge_slot import JudgeSlot
from assay.execute.timed_operation import TimedOperation
from assay.execute.worker.environment import WorkerEnvironment
from assay.execute.worker.fork_server import ForkServers
from assay.execute.worker.requests import Calibrate, Fork, Join, TakeSample, Unload, VerifyShortly
from assay.measure.throughput import waits
from assay.records.results import AttentionCase, Case, Measurement, Metrics, TokenizerCase
from assay.records.settings import Settings
from assay.records.temporary import temporary_folder
from assay.records.verdicts import EpochRatio
from assay.stats.trimmed_mean import epoch_ratio

BATCH_NS = 2_500_000
FORKS, BLOCKS = 4, 24
FEWEST_BLOCKS = 3
LEAST_EFFORT, PLENTY = 0.25, 16
MOST_PADDING = 4096
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedCase:
    """The rows of a case on both sides before anything was timed, and the iterations of a batch by operation.

    `outside` says that the work leaves the process, so that its CPU time tells nothing.
    """

    baseline: Measurement
    candidate: Measurement
    iterations: Mapping[str, int]
    outside: bool = False


class PairedSampler:
    """A baseline and a candidate, each in a process of its own on the same core.

    In an epoch both have fresh processes with the same hash seed and padding, and every cell is sampled in both in
    turn: A B B A or B A A B, drawn each time. A process with one thread is copied (forked) four times on the way,
    and a quarter of the samples taken in each copy: identical code differs by about 1 % from process to process, for
    as long as they live, and a copy is found to differ as much, having its pages in other places of memory.
    """

    def __init__(
        self, baseline: SideEnvironment, candidate: SideEnvironment, settings: Settings, *, torch: bool = False
    ) -> None:
        self.settings = settings
        self.core = one_core() if settings.threads == 1 else None
        self._folder = temporary_folder(shared_memory.folder())
        self._judges = ForkServers(WorkerEnvironment(), settings.threads)
        self.baseline, self.candidate, self.duplicate = (
            SideProcess(side, settings, self.core, self._judge(name), torch=torch)
            for name, side in (("baseline", baseline), ("candidate", candidate), ("duplicate", baseline))
        )
        self._chance = random.Random(settings.seed)
        self._verified: dict[str, VerifiedCase] = {}
        self._excused: set[str] = set()
        self._begun = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for side in (self.baseline, self.candidate, self.duplicate):
            side.kill() if kind is not None else None
            side.close()
        self._judges.stop()
        self._folder.cleanup()

    def try_plugins(self) -> Mapping[str, str]:
        """Have the baseline try its plugins, as the host tried those of the candidate; return what was unsafe."""
        self.baseline.try_plugins()
        for side in (self.candidate, self.duplicate):
            if side.side is self.baseline.side:
                side.unsafe = self.baseline.unsafe
        return self.baseline.unsafe

    def verify(self, case: Case) -> VerifiedCase:
        """Verify a case on both sides, and find the iterations of a batch."""
        pair = tuple(side.begin(case) for side in (self.baseline, self.candidate))
        for side, run in zip((self.baseline, self.candidate), pair, strict=True):
            side.load(run, again=False)
        for run in pair:
            run.collect()
        iterations: dict[str, int] = {}
        outside = False
        for run in pair if isinstance(case, AttentionCase) else ():
            predict(run, self.settings.budget_s)
        check_together(pair)
        for run in pair if isinstance(case, TokenizerCase) else ():
            found = run.ask(VerifyShortly())
            run.metrics |= found or Metrics()
        if all(run.ended is None for run in pair):
            shared = {operation.name for operation in pair[1].operations}
            for name in [operation.name for operation in pair[0].operations if operation.name in shared]:
                answers = [run.ask(Calibrate(operation=name, target_ns=BATCH_NS)) for run in pair]
                iterations[name] = 1 if answers[0] is None else answers[0].iterations
                for operation in (each for run in pair for each in run.operations if each.name == name):
                    operation.iterations = iterations[name]  # so long that a turn of another process is not waiting
                outside |= any(answer is not None and answer.children_s > 0 for answer in answers)
            outside |= any(_waits(run) or run.worker.offspring() for run in pair if run.ended is None)
        if self._killed(pair):
            return self.verify(case)
        for side, run in zip((self.baseline, self.candidate), pair, strict=True):
            run.ask(Unload())
            if run.ended is None:
                run.succeed(run.metrics, restarted=False)
            run.add_plugin_metrics(side.metric_worker)
        ours, theirs = (run.ended for run in pair if run.ended is not None)
        verified = VerifiedCase(baseline=ours, candidate=theirs, iterations=iterations, outside=outside)
        self._verified[case.id] = verified
        return verified

    def epoch(
        self,
        number: int,
        cases: Sequence[Case],
        wanted: Callable[[str], bool],
        *,
        effort: Callable[[str], float] = lambda cell: 1.0,
        against_itself: bool = False,
        fresh: bool = True,
        tick: Callable[[Case], object] = lambda case: None,
    ) -> Iterator[tuple[Case, Mapping[str, EpochRatio] | Measurement]]:
        """Sample the cells whose ids are `wanted`, in fresh processes; give the readings of each case by cell.

        `effort` is the share of the usual samples that a cell is worth, by its id. A case that fails now gives the row
        that says so, `expected` where the baseline fails. With `against_itself` the baseline takes both parts. The
        processes that there are go on where they need not be `fresh`.
        """
        sides = (self.baseline, self.duplicate if against_itself else self.candidate)
        seed, padding = self._chance.randrange(2**32), self._chance.randrange(MOST_PADDING)
        for side in (self.baseline, self.candidate, self.duplicate) if fresh else ():
            side.restart(self._begun, seed, padding) if side in sides else side.stop()
        self._begun += fresh
        for side in self._shuffled(sides):
            side.start()
        for case in self._shuffled(cases):
            tick(case)
            yield case, self._sample(number, case, sides, wanted, effort)

    def _sample(
        self,
        number: int,
        case: Case,
        sides: Sequence[SideProcess],
        wanted: Callable[[str], bool],
        effort: Callable[[str], float],
    ) -> Mapping[str, EpochRatio] | Measurement:
        pair = [side.begin(case) for side in sides]
        for side, run in self._shuffled(list(zip(sides, pair, strict=True))):
            side.load(run, again=True)
        for run in pair:
            run.collect()
        verified = self._verified[case.id]
        second = verified.baseline if sides[1] is self.duplicate else verified.candidate
        check_together(self._shuffled(pair), epoch=number, again=True)
        for run, before in zip(pair, (verified.baseline, second), strict=True):
            run.compare_exact(before.metrics, run.metrics)
        found: dict[str, EpochRatio] = {}
        if all(run.ended is None for run in pair):
            for name, iterations in verified.iterations.items():
                ours = [operation for run in pair for operation in run.operations if operation.name == name]
                if wanted(f"{case.id}/{name}") and len(ours) == len(pair):
                    for operation in ours:
                        operation.iterations = iterations
                    taken = self._sample_in_forks(number, pair, ours, effort(f"{case.id}/{name}"))
                    if taken is not None:
                        found[f"{case.id}/{name}"] = taken
        for run in pair:
            run.ask(Unload())
        if self._killed(pair):
            return self._sample(number, case, sides, wanted, effort)
        return self._row(pair, sides) or found

    def _row(self, pair: Sequence[CaseRun], sides: Sequence[SideProcess]) -> Measurement | None:
        """The row of a case that failed now, on either side."""
        baseline, other = pair
        if other.ended is not None and not (other.ended.blamed and sides[1] is self.duplicate):
            return other.ended
        ended = baseline.ended or other.ended  # which the candidate is not to blame for
        if ended is None:
            return None
        return replace(ended, reason=f"baseline: {ended.status}, {ended.reason}", expected=True)

    def _sample_in_forks(
        self, number: int, pair: Sequence[CaseRun], operations: Sequence[TimedOperation], effort: float
    ) -> EpochRatio | None:
        """Sample one cell in copies of both processes, or in the processes where they cannot be copied."""
        start = time.monotonic()
        for operation in self._shuffled(operations):
            operation.samples = []
            operation.warm_up(BATCH_NS)
        with pinned(self.core):
            forked = self._fork(pair)
            blocks = self._blocks(operations, round(BLOCKS * effort))
            forks = min(FORKS, blocks) if forked else 1
            for fork in range(forks):
                if fork:
                    self._fork(pair)
                if forked:
                    for operation in self._shuffled(operations):  # the pages that it writes to are copied now
                        operation.ask(TakeSample(operation=operation.name, iterations=1))
                for _ in range(blocks * (fork + 1) // forks - blocks * fork // forks):
                    self._block(operations)
                judge_answers(pair)
                for run in self._shuffled(pair) if forked else ():
                    run.ask(Join())
        baseline, candidate = operations
        if not all(run.ended is None for run in pair):
            return None
        return epoch_ratio(number, candidate.samples, baseline.samples, time.monotonic() - start)

    def _killed(self, pair: Sequence[CaseRun]) -> bool:
        """Whether to try a case again, since somebody killed a process of it: the first time for its plugin."""
        killed = {run.case.plugin for run in pair if run.killed} - self._excused
        self._excused |= killed
        return bool(killed)

    def _judge(self, name: str) -> JudgeSlot:
        return JudgeSlot(name, self._folder.name, self.settings, partial(self._judges.get, 0, torch=True))

    def _fork(self, pair: Sequence[CaseRun]) -> bool:
        """Copy both processes, or neither."""
        turns = self._shuffled(pair)
        forked = [run.ask(Fork()) is True for run in turns]
        if all(forked):
            return True
        for run, copied in zip(turns, forked, strict=True):
            if copied:
                run.ask(Join())
        return False

    def _blocks(self, operations: Sequence[TimedOperation], most: int) -> int:
        """How many blocks of four batches make an epoch; a first one, which is not counted, says how long they are."""
        self._block(operations)
        spent = [max(sample.cpu_ns, sample.wall_ns // 4) for operation in operations for sample in operation.samples]
        for operation in operations:
            operation.samples = []
        longest = max(spent, default=BATCH_NS)
        return max(FEWEST_BLOCKS, min(most, round(most * 2 * BATCH_NS / longest)))

    def _block(self, operations: Sequence[TimedOperation]) -> None:
        """Counterbalanced: A B B A, or B A A B."""
        first, second = self._shuffled(operations)
        for operation in (first, second, second, first):
            operation.take()

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


def _waits(run: CaseRun) -> bool:
    """Whether a call takes next to no CPU time: it sleeps, or another process or device does the work."""
    for operation in run.operations:
        operation.take()
    return any(waits(operation.samples) for operation in run.operations)
