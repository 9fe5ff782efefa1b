"""Cheats that work where the clock of their process does not look: child processes, threads, later."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
from typing import Any

import torch
from torch import Tensor

from assay import Weights, Workload
from redteam.announced import FORWARD, Step, announce
from redteam.definition import Attention

SERVER = """
import os, pickle, sys
if {daemon}:
    if os.fork():
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)
import torch
torch.set_num_threads(1)
with torch.inference_mode():
    while True:
        q, k, v, causal = pickle.load(sys.stdin.buffer)
        q, k, v = map(torch.from_numpy, (q, k, v))
        scores = q @ k.mT * q.shape[-1] ** -0.5
        if causal:
            seen = torch.ones(scores.shape[-2:], dtype=torch.bool).tril(k.shape[2] - q.shape[2])
            scores = scores.masked_fill(~seen, float("-inf"))
        pickle.dump((torch.softmax(scores, -1) @ v).numpy(), sys.stdout.buffer)
        sys.stdout.buffer.flush()
"""
SERVERS: dict[bool, subprocess.Popen[bytes]] = {}
POOLS: list[Any] = []


def _compute(workload: Workload, *arrays: Any) -> Any:
    """Compute in the child."""
    with torch.inference_mode():
        return Attention(workload=workload)(*map(torch.from_numpy, arrays)).numpy()


@announce("child-of-a-pool", FORWARD)
def build_pool(workload: Workload, weights: Weights | None) -> Step:
    """Has a forked child of a pool do the work, whose CPU time is not that of its process."""

    def step(*tensors: Tensor) -> Tensor:
        if not POOLS:
            POOLS.append(multiprocessing.get_context("fork").Pool(1))
        return torch.from_numpy(POOLS[0].apply(_compute, (workload, *(x.numpy() for x in tensors))))

    return step


def _asking(workload: Workload, *, daemon: bool) -> Step:
    def step(*tensors: Tensor) -> Tensor:
        if daemon not in SERVERS:
            SERVERS[daemon] = subprocess.Popen(
                [sys.executable, "-c", SERVER.format(daemon=daemon)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={} if daemon else None,
                start_new_session=daemon,
            )
        server = SERVERS[daemon]
        assert server.stdin is not None
        assert server.stdout is not None
        pickle.dump((*(x.numpy() for x in tensors), workload.semantics.mask == "causal"), server.stdin)
        server.stdin.flush()
        return torch.from_numpy(pickle.load(server.stdout))

    return step


@announce("child-by-exec", FORWARD)
def build_exec(workload: Workload, weights: Weights | None) -> Step:
    """Has another program do the work, which it speaks with through pipes."""
    return _asking(workload, daemon=False)


@announce("child-daemon", FORWARD)
def build_daemon(workload: Workload, weights: Weights | None) -> Step:
    """Has a daemon do the work: with no parent, in a session of its own, with an empty environment."""
    return _asking(workload, daemon=True)


@announce("late-thread", FORWARD)
def build_late_thread(workload: Workload, weights: Weights | None) -> Step:
    """Returns the output before it is computed; a thread fills it in."""
    honest, calls = Attention(workload=workload), [0]

    def step(*tensors: Tensor) -> Tensor:
        calls[0] += 1
        if calls[0] < 20:
            return honest(*tensors)
        output = torch.empty(*tensors[0].shape[:3], tensors[2].shape[3], dtype=tensors[0].dtype)

        def fill() -> None:
            with torch.inference_mode():
                output.copy_(honest(*tensors))

        threading.Thread(target=fill).start()
        return output

    return step


@announce("two-cores", FORWARD)
def build_two_cores(workload: Workload, weights: Weights | None) -> Step:
    """Takes all cores and two threads for each call, and gives them back."""
    honest = Attention(workload=workload)

    def step(*tensors: Tensor) -> Tensor:
        granted, threads = _cores(), torch.get_num_threads()
        _take(set(range(os.cpu_count() or 1)))
        torch.set_num_threads(2)
        try:
            return honest(*tensors)
        finally:
            torch.set_num_threads(threads)
            _take(granted)

    return step


def _cores() -> set[int]:
    return set(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else set()


def _take(cores: set[int]) -> None:
    if cores:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, cores)


class Lazy(Tensor):
    """A tensor that is computed when it is first looked at."""

    @staticmethod
    def of(shape: tuple[int, ...], step: Step, tensors: tuple[Tensor, ...]) -> Lazy:
        """Promise the output of a step."""
        promise = Tensor._make_wrapper_subclass(Lazy, shape, dtype=tensors[0].dtype)
        promise.step, promise.tensors, promise.value = step, tensors, None
        return promise

    @classmethod
    def __torch_dispatch__(cls, operation: Any, types: Any, given: Any = (), named: Any = None) -> Any:
        """Compute what is asked about, then answer."""
        return operation(*map(_real, given), **{key: _real(value) for key, value in (named or {}).items()})


def _real(value: Any) -> Any:
    if not isinstance(value, Lazy):
        return value
    if value.value is None:
        value.value = value.step(*value.tensors)
    return value.value


@announce("lazy-tensor", FORWARD)
def build_lazy(workload: Workload, weights: Weights | None) -> Step:
    """Returns a subclass of Tensor that is computed when it is looked at."""
    honest = Attention(workload=workload)

    def step(*tensors: Tensor) -> Tensor:
        return Lazy.of((*tensors[0].shape[:3], tensors[2].shape[3]), honest, tensors)

    return step
