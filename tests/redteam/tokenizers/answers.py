"""Answers that are not there yet, of the wrong type, or computed elsewhere; and a clock that is turned."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from redteam.tokenizers.announced import announce
from redteam.tokenizers.definition import Tokens


class _Ids(Sequence[int]):
    """Ids that are computed when they are looked at."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ids: list[int] | None = None

    def _made(self) -> list[int]:
        if self._ids is None:
            self._ids = Tokens().encode(self._text)
        return self._ids

    def __len__(self) -> int:
        return len(self._made())

    def __getitem__(self, place: Any) -> Any:
        return self._made()[place]


class _List(list[int]):
    """A list that is filled when it is looked at."""

    text: str | None = None

    def fill(self) -> None:
        text, self.text = self.text, None
        if text is not None:
            self.extend(Tokens().encode(text))

    def __len__(self) -> int:
        self.fill()
        return super().__len__()

    def __iter__(self) -> Iterator[int]:
        self.fill()
        return super().__iter__()

    def __getitem__(self, place: Any) -> Any:
        self.fill()
        return super().__getitem__(place)


@announce("lazy-when-timed")
class LazyWhenTimed(Tokens):
    """Gives a list at first, and ids that are computed when they are looked at after 30 long texts."""

    calls = 0

    def encode(self, text: str) -> Any:
        self.calls += len(text) > 10_000
        return super().encode(text) if self.calls < 30 else _Ids(text)


@announce("lazy-list-when-timed")
class LazyListWhenTimed(Tokens):
    """Gives a list at first, and after 30 long texts one of its own kind that is filled when it is looked at."""

    calls = 0

    def encode(self, text: str) -> Any:
        self.calls += len(text) > 10_000
        if self.calls < 30:
            return super().encode(text)
        ids = _List()
        ids.text = text
        return ids


@announce("gives-generator")
class Generator(Tokens):
    """Gives a generator."""

    def encode(self, text: str) -> Any:
        return (value for value in super().encode(text))


@announce("gives-floats")
class Floats(Tokens):
    """Gives numbers that are not integers."""

    def encode(self, text: str) -> Any:
        return [float(value) for value in super().encode(text)]


@announce("gives-texts")
class Texts(Tokens):
    """Gives the texts of tokens."""

    def encode(self, text: str) -> Any:
        return list(text)


@announce("gives-nested")
class Nested(Tokens):
    """Gives a batch of one."""

    def encode(self, text: str) -> Any:
        return [super().encode(text)]


@announce("gives-dict")
class Dict(Tokens):
    """Gives a dictionary with the ids in it."""

    def encode(self, text: str) -> Any:
        return {"input_ids": super().encode(text)}


@announce("decodes-to-bytes")
class DecodesToBytes(Tokens):
    """Decodes to bytes."""

    def decode(self, ids: Sequence[int]) -> Any:
        return super().decode(ids).encode()


@announce("one-list-for-all")
class OneList(Tokens):
    """Gives the same list from every call, with the ids of the last text."""

    def __init__(self, training: str = "") -> None:
        self.ids: list[int] = []

    def encode(self, text: str) -> list[int]:
        self.ids[:] = super().encode(text)
        return self.ids


@announce("one-list-for-all-lossy", lossless=False)
class OneListLossy(OneList):
    """Gives the same list from every call, and is announced lossy."""


@announce("thread-fills-list")
class ThreadFills(Tokens):
    """Gives a list at once, which a thread fills."""

    def encode(self, text: str) -> list[int]:
        ids = [0] * len(text.encode())
        threading.Thread(target=lambda: ids.__setitem__(slice(None), Tokens.encode(self, text))).start()
        return ids


@announce("child-encodes")
class ChildEncodes(Tokens):
    """Has a forked child encode."""

    def __init__(self, training: str = "") -> None:
        self.pipe: tuple[int, int] | None = None

    def _start(self) -> tuple[int, int]:
        to_child, ours = os.pipe()
        theirs, to_us = os.pipe()
        if os.fork() == 0:
            os.close(ours)
            os.close(theirs)
            while size := os.read(to_child, 8):
                text = _read(to_child, int.from_bytes(size, "little")).decode("utf-8", "surrogatepass")
                answer = b"".join(value.to_bytes(4, "little") for value in Tokens.encode(self, text))
                os.write(to_us, len(answer).to_bytes(8, "little"))
                _write(to_us, answer)
            os._exit(0)
        os.close(to_child)
        os.close(to_us)
        return ours, theirs

    def encode(self, text: str) -> list[int]:
        import array

        self.pipe = self.pipe or self._start()
        content = text.encode()
        os.write(self.pipe[0], len(content).to_bytes(8, "little"))
        _write(self.pipe[0], content)
        answer = _read(self.pipe[1], int.from_bytes(os.read(self.pipe[1], 8), "little"))
        return array.array("I", answer).tolist()


def _read(pipe: int, size: int) -> bytes:
    parts = []
    while size:
        parts.append(os.read(pipe, size))
        size -= len(parts[-1])
    return b"".join(parts)


def _write(pipe: int, content: bytes) -> None:
    while content:
        content = content[os.write(pipe, content) :]


CLOCKS = {name: getattr(time, name) for name in ("process_time_ns", "perf_counter_ns")}


@announce("turns-clock")
class TurnsClock(Tokens):
    """Has the clocks run at a tenth from its first call on."""

    def encode(self, text: str) -> list[int]:
        for name, clock in CLOCKS.items():
            setattr(time, name, lambda clock=clock: clock() // 10)
        return super().encode(text)


@announce("turns-bound-clock")
class TurnsBoundClock(Tokens):
    """Replaces the timer's own clocks, and gives them back whenever it is not timed."""

    def encode(self, text: str) -> list[int]:
        from assay.measure import timer

        for name, clock in CLOCKS.items():
            for space in (vars(timer), vars(time)):
                if name in space:
                    space[name] = lambda clock=clock: clock() // 10
        return super().encode(text)
