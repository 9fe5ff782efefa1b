"""Edge cases whose process somebody kills; all else is tried on real processes by the command."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from assay.execute.edge_cases import try_group
from assay.execute.worker.process import WorkerDied
from assay.execute.worker.protocol import Answer, Request
from assay.execute.worker.requests import Checked, PluginSelection, Setup, Verify
from assay.execute.worker_pool import WorkerPool
from assay.records.results import Case, Metrics, Status, TokenizerCase
from assay.records.settings import Settings

CASE = TokenizerCase(tokenizer="t", corpus="c")


@dataclass
class Pool:
    """Has processes of which the first few are killed; only whose is tried again is that of a real pool."""

    kills: int
    killed: bool
    setup: Setup = field(default_factory=lambda: Setup(plugins=PluginSelection(), core=None))
    ended: int = 0
    real: WorkerPool = field(default_factory=lambda: WorkerPool(cast("Any", None), Settings()))

    def refusal(self, case: Case) -> None:
        return None

    def worker(self, case: Case) -> Pool:
        return self

    def ask(self, request: Request[Any]) -> Answer[Any]:
        if self.ended < self.kills:
            raise WorkerDied("killed by SIGKILL", "its process was killed", "fix it", killed=self.killed)
        return Answer(Checked(metrics=Metrics(limit="ok")) if isinstance(request, Verify) else None)

    def mark_dead(self, worker: Pool, *, counted: bool) -> None:
        assert not counted
        self.ended += 1

    def try_again(self, case: Case) -> bool:
        return self.real.try_again(case)


@pytest.mark.parametrize(
    ("kills", "killed", "status"), [(1, True, Status.OK), (2, True, Status.FAILED), (1, False, Status.FAILED)]
)
def test_one_that_somebody_killed_is_tried_once_more(kills: int, killed: bool, status: Status) -> None:
    pool = Pool(kills, killed)
    (row,) = try_group([CASE], cast("WorkerPool", pool)).measurements
    assert row.status is status
    assert pool.ended == kills
    assert row.metrics["limit"] == ("ok" if status is Status.OK else "killed by SIGKILL")
