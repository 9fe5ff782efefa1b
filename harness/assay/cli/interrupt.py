"""Signals that ask a command to end: Ctrl-C, SIGTERM and SIGHUP do the same, but for the exit code."""

from __future__ import annotations

import signal
import time
from types import FrameType

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
INTERRUPTED = 130  # what commands return then; 128 and the number of SIGINT
TWICE_S = 1.0  # an interrupt of the terminal reaches the command itself, and once more by its parent


class Interrupt:
    """A handler that raises KeyboardInterrupt; the second of two signals that came together is the same one."""

    def __init__(self) -> None:
        self._last = -TWICE_S
        self._number: int = signal.SIGINT

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Raise KeyboardInterrupt, unless the last one was a moment ago."""
        now = time.monotonic()
        if now - self._last > TWICE_S:
            self._last, self._number = now, number
            raise KeyboardInterrupt

    def listen(self) -> None:
        """Handle the signals from now on, except those that whoever started this process has set to be ignored."""
        for name in SIGNALS:
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number is not None and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                signal.signal(number, self)

    def code(self, code: int) -> int:
        """Return the exit code of a command: for one that was interrupted, that of the signal, such as 143."""
        return 128 + self._number if code == INTERRUPTED else code
