"""Count a set of shards with several tokenizers: from the cache, or by an executor, and add it all up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from assay.corpus.shards import Shard
from assay.errors import WrongOutput
from assay.execute.sharded.aggregation import width
from assay.execute.sharded.count_cache import CountCache
from assay.execute.sharded.messages import Counted, CountedPlugin, Draw, Task, TaskAnswer
from assay.execute.sharded.partial_counts import MergeableCounts, unseen
from assay.execute.sharded.task_runner import answer
from assay.execute.worker.requests import PluginSelection
from assay.plugins.executor import Executor
from assay.records.dataclass_json import from_json, to_json
from assay.records.refusal import Refusal

Tell = Callable[[str], object]
PILOT = 400  # documents, of about so many bytes each
USUAL_BYTES = 2_000
MARGIN = 1.2  # on the documents that the pilot asks for


@dataclass(slots=True, kw_only=True, eq=False)
class Tally:
    """The counts of one tokenizer so far, and the CPU time that they took, without and for reading."""

    subject: CountedPlugin
    part: MergeableCounts | None = None
    ended: Refusal | None = None
    cached: int = 0
    restarts: int = 0
    cpu_s: float = 0.0
    read_s: float = 0.0
    draws: int = 0
    machines: dict[str, None] = field(default_factory=dict)

    def add(self, counted: Counted, *, known: bool) -> None:
        """Add the counts of a shard; `known` where these documents add to a sample that was drawn before."""
        if counted.refusal is not None:
            self.fail(counted.refusal)
        if counted.partial is None:
            return
        part = unseen(counted.partial) if known else counted.partial
        try:
            self.part = part if self.part is None else self.part + part
        except WrongOutput as error:
            self.fail(Refusal(reason=error.message, remedy="make it the same in every process"))

    def fail(self, refusal: Refusal) -> None:
        """End with a failure, the first there was."""
        self.ended = self.ended or refusal


class Coordinator:
    """Counts the shards of one corpus."""

    def __init__(
        self,
        shards: Sequence[Shard],
        subjects: Sequence[CountedPlugin],
        plugins: PluginSelection,
        executor: Executor,
        cache: CountCache,
        *,
        fresh: bool = False,
    ) -> None:
        """With a running executor; with `fresh` nothing is taken from the cache."""
        self.shards = tuple(shards)
        self.tallies = [Tally(subject=subject) for subject in subjects]
        self._plugins, self._executor, self._cache, self._fresh = plugins, executor, cache, fresh
        self._sha256: dict[Shard, str] = {}
        self._restarts = 0

    @property
    def live(self) -> list[Tally]:
        """Those with which nothing is wrong."""
        return [tally for tally in self.tallies if tally.ended is None]

    def fail(self, refusal: Refusal) -> None:
        """End all that is not ended."""
        for tally in self.tallies:
            tally.fail(refusal)

    def look(self, tell: Tell) -> None:
        """Find the content of every shard; one that cannot be read is everybody's failure."""
        tasks = (Task(shard=shard, plugins=self._plugins) for shard in self.shards)
        for number, (task, found) in enumerate(self._spread(tasks), start=1):
            tell(f"looking at shards, {number} of {len(self.shards)}")
            if found.refusal is None:
                self._sha256[task.shard] = found.sha256
            else:
                self.fail(found.refusal)

    def count_all(self, target: float, seed: int, tell: Tell) -> None:
        """Count all documents; with a target above 0 a sample that is as good as that."""
        if target:
            self.sample(target, seed, tell)
        else:
            self.count(Draw(), tell)

    def count(self, draw: Draw, tell: Tell) -> None:
        """Count the documents of a draw, of all shards."""
        done = 0
        for tally in self.live:
            tally.draws += 1

        def fresh() -> Iterator[Task]:
            nonlocal done
            for shard in self.shards:
                missing = [tally.subject for tally in self.live if not self._known(tally, shard, draw)]
                if missing:
                    yield self._task(shard, missing, draw)
                else:
                    done += 1

        tasks: Iterator[Task] = fresh()
        while True:
            apart: list[Task] = []
            for task, found in self._spread(tasks):
                if found.refusal is not None and found.machine == "" and len(task.subjects) > 1:
                    # One of several tokenizers ended the process: each is tried by itself.
                    apart += [replace(task, subjects=(subject,)) for subject in task.subjects]
                    continue
                done += 1
                self._take(task, found)
                tell(f"counting, {done} of {len(self.shards)} shards{self._so_far()}")
            if not apart:
                return
            done -= len(apart)
            tasks = iter(apart)

    def sample(self, target: float, seed: int, tell: Tell) -> None:
        """Count documents drawn at random, the same for all tokenizers, until the worst width is within a target."""
        low, high = 0.0, min(1.0, PILOT * USUAL_BYTES / max(1, sum(shard.size for shard in self.shards)))
        while True:
            self.count(Draw(low=low, high=high, seed=seed), tell)
            doubt = max((width(tally.part) for tally in self.live if tally.part is not None), default=0.0)
            if doubt <= target or high >= 1.0 or not self.live:
                return
            growth = min(64.0, MARGIN * (doubt / target) ** 2) if doubt < float("inf") else 4.0
            low, high = high, min(1.0, high * max(growth, MARGIN))

    def _so_far(self) -> str:
        cached = sum(tally.cached for tally in self.tallies)
        said = [f"{cached} kept from before"] if cached else []
        said += [f"{self._restarts} started again"] if self._restarts else []
        return f" ({', '.join(said)})" if said else ""

    def _known(self, tally: Tally, shard: Shard, draw: Draw) -> bool:
        found = None if self._fresh else self._cache.get(tally.subject, self._sha256[shard], shard.field, draw)
        if found is None:
            return False
        tally.cached += 1
        tally.add(found, known=draw.low > 0.0)
        return True

    def _task(self, shard: Shard, subjects: Sequence[CountedPlugin], draw: Draw) -> Task:
        return Task(shard=shard, sha256=self._sha256[shard], subjects=tuple(subjects), plugins=self._plugins, draw=draw)

    def _take(self, task: Task, found: TaskAnswer) -> None:
        """Add an answer to the tallies that it is for, and to the cache."""
        of = {tally.subject: tally for tally in self.tallies}
        tallies = [of[subject] for subject in task.subjects]
        if found.refusal is not None:
            for tally in tallies:
                tally.fail(found.refusal)
            return
        for tally, counted in zip(tallies, found.counted, strict=True):
            tally.machines[found.machine] = None
            tally.cpu_s += counted.cpu_s + found.words_s / len(tallies)
            tally.read_s += found.read_s / len(tallies)
            if counted.refusal is not None:
                reason = f"{task.shard.name}: {counted.refusal.reason}"
                counted = replace(counted, refusal=replace(counted.refusal, reason=reason))
            else:
                self._cache.put(tally.subject, task.sha256, task.shard.field, task.draw, counted)
            tally.add(counted, known=task.draw.low > 0.0)

    def _spread(self, tasks: Iterator[Task]) -> Iterator[tuple[Task, TaskAnswer]]:
        """Have the executor answer tasks; one that it gave up has an answer from no machine."""
        sent: dict[int, Task] = {}

        def texts() -> Iterator[str]:
            for place, task in enumerate(tasks):
                sent[place] = task
                yield to_json(task)

        for ended in self._executor.map(answer, texts()):
            task = sent.pop(ended.place)
            again = ended.starts - 1
            self._restarts += again
            for tally in self.tallies:
                tally.restarts += again if not task.subjects or tally.subject in task.subjects else 0
            if ended.result is None:
                reason = f"{task.shard.name}: its worker died {ended.starts} times, at last it {_was(ended.error)}"
                yield task, TaskAnswer(machine="", refusal=Refusal(reason=reason))
            else:
                yield task, from_json(TaskAnswer, ended.result)


def _was(outcome: str | None) -> str:
    """An outcome such as `killed by SIGKILL`, after `it`."""
    return f"was {outcome}" if outcome is not None and outcome.startswith("killed") else str(outcome)
