"""The executor on Dask: real clusters on this machine, real workers that die."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing

import psutil
import pytest
from distributed import Client, LocalCluster

import assay
import assay_dask
from assay.testkit.rules.executor import echo
from assay_dask.cluster import Cluster

KILLS = 10 if os.environ.get("ASSAY_FULL") else 3
TASKS = [f"task {number}" for number in range(6 * KILLS)]


def slow(text: str) -> str:
    """Take a little time."""
    time.sleep(0.05)
    return text.upper()


def refusing(text: str) -> str:
    """Raise, which the work of Assay never does."""
    raise ValueError(text)


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """A cluster that somebody else has started; it forgives more deaths than one of ours."""
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:
        yield cluster


def workers() -> list[psutil.Process]:
    """The processes that run tasks."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it may end meanwhile
            if "spawn_main" in " ".join(process.cmdline()):
                found.append(process)
    return found


@pytest.mark.full
@pytest.mark.long
@pytest.mark.parametrize("ours", [True, False])
def test_dask_workers_that_are_killed_in_mid_run_cost_starts_and_no_answer(ours: bool, cluster: LocalCluster) -> None:
    """kill -9, over and over."""
    others = workers() if ours else []
    spread = assay.ExecutorConfig(workers=2) if ours else assay.ExecutorConfig(scheduler=cluster.scheduler_address)
    found: dict[int, assay.TaskResult] = {}
    killed = 0
    with closing(Cluster(spread)) as executor:
        for ended in executor.map(slow, TASKS):
            found[ended.place] = ended
            victims = [process for process in workers() if process not in others]
            if len(found) % 5 == 3 and killed < KILLS and victims:
                victims[len(found) % len(victims)].kill()
                killed += 1
    assert killed == KILLS
    assert [found[place].result for place in range(len(TASKS))] == [task.upper() for task in TASKS]
    assert sum(ended.starts - 1 for ended in found.values()) >= 1


@pytest.mark.long
def test_a_cluster_that_was_there_stays(cluster: LocalCluster) -> None:
    for _ in range(2):
        executor = Cluster(assay.ExecutorConfig(scheduler=cluster.scheduler_address))
        found = {ended.place: ended.result for ended in executor.map(echo, TASKS)}
        executor.close()
        assert found == {place: echo(task) for place, task in enumerate(TASKS)}
        assert executor.label == f"the workers of {cluster.scheduler_address}"
    with Client(cluster.scheduler_address, set_as_default=False) as client:
        client.wait_for_workers(2, 60)  # of which one may have been ended by another test, and be starting again


@pytest.mark.long
def test_what_a_function_raises_is_told(cluster: LocalCluster) -> None:
    with closing(Cluster(assay.ExecutorConfig(scheduler=cluster.scheduler_address))) as executor:
        (ended,) = executor.map(refusing, ["no"])
    assert (ended.result, ended.error, ended.starts) == (None, "ValueError: no", 1)


@pytest.mark.long
def test_clusters_that_cannot_be_used_are_refused_in_a_sentence(
    cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay_dask.cluster.PATIENCE_S", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(assay.AssayError, match=r"there is no Dask scheduler at tcp://127\.0\.0\.1"):
            Cluster(assay.ExecutorConfig(scheduler=f"tcp://127.0.0.1:{free.getsockname()[1]}"))
    with pytest.raises(assay.AssayError, match="there is no Dask scheduler at nonsense"):
        Cluster(assay.ExecutorConfig(scheduler="nonsense://here"))
    with pytest.raises(assay.AssayError, match="has the workers that it has"):
        Cluster(assay.ExecutorConfig(scheduler=cluster.scheduler_address, workers=3))
    with (
        LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0") as empty,
        pytest.raises(assay.AssayError, match="has no workers"),
    ):
        Cluster(assay.ExecutorConfig(scheduler=empty.scheduler_address))


@pytest.mark.long
def test_without_dask_the_option_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert assay_dask.missing() is None
    monkeypatch.setattr(assay_dask, "NEEDED", ("dask-that-nobody-has",))
    with pytest.raises(assay.AssayError) as refused:
        assay.run(executor="dask", corpora=__file__, tokenizers="bytes", attentions="none", results="nowhere")
    assert str(refused.value) == (
        'the executor dask needs dask-that-nobody-has, which is not installed (pip install "assay-bench[dask]")'
    )
