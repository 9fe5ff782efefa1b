"""Signals that ask a command to end, and the exit code that each makes."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from assay.cli.interrupt import INTERRUPTED, Interrupt

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def as_at_start() -> Iterator[None]:
    """Handle signals as a process does that a shell has just started."""
    before = {number: signal.getsignal(number) for number in NUMBERS}
    for number in NUMBERS:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
@pytest.mark.usefixtures("as_at_start")
def test_a_signal_is_an_interrupt_with_the_exit_code_of_shells(number: signal.Signals, code: int) -> None:
    interrupt = Interrupt()
    interrupt.listen()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)
    signal.raise_signal(number)  # the same one, which the parent has passed on
    assert interrupt.code(INTERRUPTED) == code
    assert [interrupt.code(other) for other in (0, 1, 3)] == [0, 1, 3]


@pytest.mark.usefixtures("as_at_start")
def test_a_signal_that_nohup_ignores_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    Interrupt().listen()
    signal.raise_signal(signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
