"""Plugins that do everything a plugin should not; installed by `test_workers.py` as a distribution of its own."""

from __future__ import annotations

import ctypes
import locale
import os
import sys
import time

import assay

LATE = 6_000  # calls: more than come before the timing


class Characters:
    """A good tokenizer: one id a character."""

    vocab_size = 0x110000
    unk_id = None

    def __init__(self, text: str = "") -> None:
        self.calls = 0

    def encode(self, text: str) -> list[int]:
        self.calls += 1
        return self.crime([ord(char) for char in text])

    def decode(self, ids: list[int]) -> str:
        return "".join(map(chr, ids))

    def crime(self, ids: list[int]) -> list[int]:
        return ids


class Segfault(Characters):
    def crime(self, ids):
        ctypes.string_at(0)
        return ids


class SegfaultWhileTimed(Characters):
    def crime(self, ids):
        if self.calls == LATE:
            ctypes.string_at(0)
        return ids


class Hang(Characters):
    def crime(self, ids):
        while True:
            pass


class HangAsleep(Characters):
    def crime(self, ids):
        time.sleep(3600)
        return ids


class Exit(Characters):
    def crime(self, ids):
        os._exit(3)


class Panic(BaseException):
    pass


class RaiseBase(Characters):
    def crime(self, ids):
        raise Panic("no Exception at all")


class Hoard(Characters):
    def crime(self, ids):
        hoard = []
        while True:
            hoard.append(bytearray(64 << 20))


class Print(Characters):
    def crime(self, ids):
        if self.calls <= 2:
            print("x" * (1 << 20))
        return ids


class CloseStdout(Characters):
    def crime(self, ids):
        if self.calls == 1:
            os.close(1)
        return ids


class Threads(Characters):
    def __init__(self, text=""):
        super().__init__()
        import torch

        self.torch = torch

    def crime(self, ids):
        self.torch.set_num_threads(2)
        return ids


class Locale(Characters):
    def crime(self, ids):
        locale.setlocale(locale.LC_ALL, "C.UTF-8" if locale.setlocale(locale.LC_ALL) == "C" else "C")
        return ids


class Orphan(Characters):
    def crime(self, ids):
        if self.calls == 1 and os.fork() == 0:
            os.setsid()
            while True:
                time.sleep(1)
        return ids


class Thousandth(Characters):
    def crime(self, ids):
        return [0] * len(ids) if self.calls == LATE else ids


class Mutate:
    """An attention that changes its input, but only after the gate has looked."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, q, k, v):
        import torch

        self.calls += 1
        out = torch.softmax(q @ k.transpose(-2, -1), dim=-1) @ v
        if self.calls == 200:
            q.mul_(1.0001)
        return out


TOKENIZERS = {
    "good-before": Characters,
    "segfault": Segfault,
    "segfault-while-timed": SegfaultWhileTimed,
    "hang": Hang,
    "hang-asleep": HangAsleep,
    "exit": Exit,
    "raise-base": RaiseBase,
    "hoard": Hoard,
    "print": Print,
    "close-stdout": CloseStdout,
    "threads": Threads,
    "locale": Locale,
    "orphan": Orphan,
    "thousandth": Thousandth,
    "good-after": Characters,
}


@assay.hookimpl
def assay_tokenizers():
    for name, build in TOKENIZERS.items():
        yield assay.TokenizerPlugin(name=name, summary=name, build=build)


@assay.hookimpl
def assay_attentions():
    only = assay.Supports(levels=("core",), kinds=("weightless",), max_heads=1)
    yield assay.AttentionPlugin(name="mutate", summary="mutate", build=lambda w, weights: Mutate(), unsupported=only)


if __name__ == "__main__":
    sys.exit("this is a plugin")
