"""What a plugin must not change, and what honest libraries do change."""

from __future__ import annotations

import builtins
import gc
import inspect
import json
import os
import random
import re
import resource
import signal
import sys
import threading
import time
import traceback
import types
import warnings
from collections.abc import Callable

import pytest

from assay.plugins.process_state import changes, state

Change = Callable[[pytest.MonkeyPatch], object]


HONEST: dict[str, Change] = {
    "inspect, as torch and Ray do": lambda patch: patch.setattr(inspect, "getfile", print),
    "warnings": lambda patch: patch.setattr(warnings, "formatwarning", print),
    "the hook for threads": lambda patch: patch.setattr(threading, "excepthook", print),
    "how tracebacks are written": lambda patch: patch.setattr(traceback.TracebackException, "format", print),
    "JSON of more types": lambda patch: patch.setattr(json.JSONEncoder, "default", print),
    "a function more": lambda patch: patch.setattr(time, "clock", time.perf_counter, raising=False),
    "more paths": lambda patch: patch.setenv("PATH", f"/before:{os.environ['PATH']}:/after"),
    "the language": lambda patch: patch.setenv("LC_ALL", "C.UTF-8"),
    "a wrapped stream": lambda patch: patch.setattr(sys, "stderr", types.SimpleNamespace(fileno=sys.stderr.fileno)),
    "a path for modules": lambda patch: patch.syspath_prepend("/more"),
}
BAD: dict[str, Change] = {
    "re.compile": lambda patch: patch.setattr(re, "compile", print),
    "json.dumps": lambda patch: patch.setattr(json, "dumps", print),
    "time.perf_counter": lambda patch: patch.setattr(time, "perf_counter", time.time),
    "os.fork": lambda patch: patch.setattr(os, "fork", print),
    "builtins.open": lambda patch: patch.setattr(builtins, "open", print),
    "random.random": lambda patch: patch.setattr(random, "random", print),
    "threading.Thread.start": lambda patch: patch.setattr(threading.Thread, "start", print),
    "inspect.signature": lambda patch: patch.setattr(inspect, "signature", print),
    "sys.stderr": lambda patch: patch.setattr(sys, "stderr", None),
    "the variable PATH": lambda patch: patch.setenv("PATH", "/elsewhere"),
    "the variable HOME": lambda patch: patch.delenv("HOME"),
}


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home")
    monkeypatch.setenv("LC_ALL", "C")


@pytest.mark.parametrize("change", HONEST.values(), ids=HONEST)
def test_what_honest_libraries_change_is_no_harm(change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state()
    change(monkeypatch)
    found = changes(before)
    monkeypatch.undo()
    assert found == []


@pytest.mark.parametrize("name", BAD)
def test_what_others_need_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state()
    BAD[name](monkeypatch)
    found = changes(before)
    monkeypatch.undo()
    assert found == [name]


def test_a_limit_may_be_raised_and_not_lowered(monkeypatch: pytest.MonkeyPatch) -> None:
    usual, (few, most) = sys.getrecursionlimit(), resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (few - 1, most))
        before = state()
        sys.setrecursionlimit(usual + 1000)
        resource.setrlimit(resource.RLIMIT_NOFILE, (few, most))
        assert changes(before) == []
        before = state()
        sys.setrecursionlimit(usual)
        resource.setrlimit(resource.RLIMIT_NOFILE, (few - 1, most))
        assert changes(before) == ["the recursion limit", "the limits of the process"]
    finally:
        sys.setrecursionlimit(usual)
        resource.setrlimit(resource.RLIMIT_NOFILE, (few, most))


def test_signals_and_the_garbage_collector_are_left_alone() -> None:
    before, handler = state(), signal.getsignal(signal.SIGINT)
    try:
        gc.disable()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        assert changes(before) == ["the garbage collector", "the handler of SIGINT"]
    finally:
        gc.enable()
        signal.signal(signal.SIGINT, handler)
