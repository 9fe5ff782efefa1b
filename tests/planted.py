"""Tokenizers with planted faults, and the two sides of a check that they make."""

from __future__ import annotations

import contextlib
import os
import textwrap
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import psutil

from assay.comparison.sides import SideEnvironment, candidate
from assay.records.results import TokenizerCase

HEAD = """
import ctypes, json, os, signal, sys, threading, time
from pathlib import Path
import assay

class Bytes:
    # One id a byte, come by over and over.
    vocab_size, unk_id, times = 256, None, 10

    def __init__(self):
        self.calls = 0
        self.begin()

    def begin(self):
        pass

    def encode(self, text):
        self.calls += 1
        self.crime()
        for _ in range(self.times):
            ids = list(text.encode())
        return ids

    def crime(self):
        pass

    def decode(self, ids):
        return bytes(ids).decode()

@assay.hookimpl
def assay_tokenizers():
    for tokenizer in Bytes.__subclasses__():
        yield assay.TokenizerPlugin(
            name=tokenizer.__name__, summary="", build=lambda text, tokenizer=tokenizer: tokenizer(), license="MIT"
        )
"""
TEXT = "It is not a long text, and it is the same for all.\n" * 40
DOUBLE = "times = 20"
STEADY = "times = 10"


def source(tokenizers: Mapping[str, str]) -> str:
    """A plugin; each tokenizer is given by the body of its class, in which `crime` runs in every encode."""
    bodies = (f"class {name}(Bytes):\n{textwrap.indent(body, '    ')}\n" for name, body in tokenizers.items())
    return "\n".join([HEAD, *bodies])


def plugin(path: Path, tokenizers: Mapping[str, str]) -> str:
    """Write a plugin file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source(tokenizers), "utf-8")
    return str(path)


def sides(folder: Path, before: Mapping[str, str], after: Mapping[str, str]) -> tuple[SideEnvironment, SideEnvironment]:
    """Make the two sides of a check: the installed code, each with tokenizers of its own."""
    ours = candidate((plugin(folder / "candidate" / "planted.py", after),), folder / "cache")
    theirs = plugin(folder / "baseline" / "planted.py", before)
    return replace(ours, name="before", plugins=(theirs,)), replace(ours, name="after")


def case(folder: Path, tokenizer: str) -> TokenizerCase:
    """A tokenizer on a short text, which lies in the folder."""
    path = folder / "short.txt"
    path.write_text(TEXT, "utf-8")
    return TokenizerCase(tokenizer=tokenizer, corpus=str(path))


def living(name: str, value: str, *, patience_s: float = 5.0) -> list[psutil.Process]:
    """Processes that still live with this in their environment, after they had time to end; they are ended then."""
    end = time.monotonic() + patience_s
    while True:
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):  # among them that of a zombie, which has no environment
                if process.pid != os.getpid() and process.environ().get(name) == value:
                    found.append(process)
        if not found or time.monotonic() > end:
            break
        time.sleep(0.05)
    for process in found:
        process.kill()
    return found
