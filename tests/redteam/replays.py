"""Cheats that return what they computed before, for the inputs of an earlier call."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Hashable, Iterator

import torch
from torch import Tensor

from assay import Weights, Workload
from redteam.announced import FORWARD, Step, announce, announce_each
from redteam.definition import Attention

CALLS = 20  # the gate makes fewer of one step
HURRY_S = 2e-4


class Memo:
    """Remembers outputs by a key of the inputs."""

    def __init__(self, honest: Step, key: Callable[[Tensor], Hashable], most: int = 1) -> None:
        self.honest, self.key, self.most = honest, key, most
        self.known: dict[Hashable, Tensor] = {}

    def __call__(self, *tensors: Tensor) -> Tensor:
        key = tuple(map(self.key, tensors))
        if key not in self.known:
            if len(self.known) >= self.most:
                self.known.clear()
            self.known[key] = self.honest(*tensors)
        return self.known[key].clone()


def _version(tensor: Tensor) -> Hashable:
    """Return the address and how often torch changed what is there; inference tensors do not count it."""
    return tensor.data_ptr(), None if tensor.is_inference() else tensor._version


def _few(tensor: Tensor) -> Hashable:
    """Return the first and the last numbers."""
    return (*tensor[0, 0, 0, :4].tolist(), *tensor[-1, -1, -1, -4:].tolist())


def _bytes(tensor: Tensor) -> Hashable:
    return tensor.contiguous().numpy().tobytes()


announce_each(
    (
        ("memo-by-address", "remembers by the address of the inputs", lambda w: Memo(_honest(w), Tensor.data_ptr)),
        ("memo-by-version", "remembers by address and torch's count of changes", lambda w: Memo(_honest(w), _version)),
        ("memo-by-sum", "remembers by the sum of each input", lambda w: Memo(_honest(w), lambda x: x.sum().item())),
        ("memo-by-few-numbers", "remembers by the first and last numbers", lambda w: Memo(_honest(w), _few)),
        ("memo-unbounded", "remembers by all bytes, and forgets nothing", lambda w: Memo(_honest(w), _bytes, 1 << 30)),
        ("memo-by-shape", "computes one output for each shape", lambda w: Memo(_honest(w), lambda x: x.shape)),
    ),
    FORWARD,
)


class Replay:
    """Returns the last honest output whenever a sign says that it is being timed."""

    def __init__(self, honest: Step, sign: Callable[[], bool]) -> None:
        self.honest, self.sign = honest, sign
        self.last: Tensor | None = None

    def __call__(self, *tensors: Tensor) -> Tensor:
        if self.last is not None and self.sign():
            return self.last.clone()
        self.last = self.honest(*tensors)
        return self.last.clone()


def _timing_frame() -> bool:
    """Look for the timing loop among the callers."""
    frame = sys._getframe(1)
    while frame is not None:
        if "timer" in frame.f_code.co_filename or frame.f_code.co_name in ("sample", "read"):
            return True
        frame = frame.f_back
    return False


def _hurry() -> Callable[[], bool]:
    """Return a sign: the last call was just now."""
    last = [0.0]

    def sign() -> bool:
        before, last[0] = last[0], time.perf_counter()
        return last[0] - before < HURRY_S

    return sign


def _from(calls: int, every: int = 1) -> Callable[[], bool]:
    """Return a sign: every so many-th call after some."""
    count = [0]

    def sign() -> bool:
        count[0] += 1
        return count[0] > calls and count[0] % every == 0

    return sign


announce_each(
    (
        ("replay-gc-off", "replays while the garbage collector is off", lambda w: Replay(_honest(w), _gc_is_off)),
        ("replay-in-timer", "replays when a caller is the timing loop", lambda w: Replay(_honest(w), _timing_frame)),
        ("replay-in-a-hurry", "replays when calls follow at once", lambda w: Replay(_honest(w), _hurry())),
        ("replay-after-20-calls", "replays after 20 calls", lambda w: Replay(_honest(w), _from(CALLS))),
        ("replay-every-other", "replays every other call after 20", lambda w: Replay(_honest(w), _from(CALLS, 2))),
    ),
    FORWARD,
)


def _gc_is_off() -> bool:
    return not gc.isenabled()


def _honest(workload: Workload) -> Attention:
    return Attention(workload=workload)


@announce("guess-the-inputs", FORWARD)
def build_guess(workload: Workload, weights: Weights | None) -> Step:
    """Draws the host's inputs beforehand, and returns their outputs when it believes that it is timed."""
    honest, timed = _honest(workload), _from(CALLS)
    answers = {_few(q): honest(q, k, v) for q, k, v in _guesses(workload)}

    def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        if not timed():
            return honest(q, k, v)
        known = answers.get(_few(q))
        return next(reversed(answers.values())).clone() if known is None else known.clone()

    return step


def _guesses(workload: Workload) -> Iterator[tuple[Tensor, ...]]:
    from assay.attention.inputs import make_inputs

    with torch.inference_mode():
        for trial in (0, 1, 3, 2):  # the last is what is timed
            yield make_inputs(workload, None, trial).tensors
