"""What can go wrong, as sentences: what failed, whose it is, what to do."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assay.credentials import mask

LONGEST = 200  # characters: a message may quote a whole text


class AssayError(Exception):
    """One clear line for the user, with an optional remedy and the exit code that goes with it.

    Credentials of URLs in it are masked.
    """

    exit_code = 2

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        self.message = mask(message)
        self.remedy = None if remedy is None else mask(remedy)
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message if self.remedy is None else f"{self.message} ({self.remedy})"

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows: the sentence, without the lines of Assay that led to it."""
        return [f"{type(self).__name__}: {self}"]


class UnknownName(AssayError):
    """A plugin, suite or run was asked for by a name that nothing has."""


class CorpusError(AssayError):
    """A corpus cannot be read, or is not the text its manifest promises."""


class StoreError(AssayError):
    """The results cannot be read or written."""


class DamagedRun(StoreError):
    """A stored run is not what was stored; other runs of its store are sound as far as it tells."""


class ConflictError(StoreError):
    """Another process has stored a result of the same case."""


class Unavailable(AssayError):
    """Raised by a plugin's `build` when it lacks data or a device: the row is skipped, with the remedy."""


class WrongOutput(AssayError):
    """An output is wrong, so it gets no speed."""

    exit_code = 3


class UnknownToken(AssayError):
    """Raised by `Tokenizer.encode` for a token outside a closed vocabulary."""

    exit_code = 3

    def __init__(self, token: str) -> None:
        super().__init__(f"the word {token!r} is not in the vocabulary")
        self.token = token


class PluginFailed(AssayError):
    """A plugin raised something else than a sentence of ours."""

    exit_code = 3


class NotComparable(AssayError):
    """What was saved was measured elsewhere: a difference would say nothing of the code."""

    exit_code = 5


@contextmanager
def guard(failure: Callable[[str], AssayError] = PluginFailed, *, interrupts: bool = False) -> Iterator[None]:
    """Make one `AssayError` of whatever a plugin raises meanwhile, by `failure` from the reason.

    A plugin may raise SystemExit, or a panic that is not an Exception. An `AssayError` passes as it is, and so does the
    user's Ctrl-C. With `interrupts` KeyboardInterrupt is the plugin's too: in a process that Ctrl-C does not reach.
    """
    try:
        yield
    except AssayError:
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and not interrupts:
            raise
        raise failure(reason_of(error)) from error


def raised_by(error: AssayError) -> BaseException:
    """Return what a plugin raised, which `guard` may have made this error of."""
    return (error.__cause__ if isinstance(error, PluginFailed) else None) or error


def reason_of(error: BaseException) -> str:
    """Return one line: what was raised and, unless it is a sentence of ours, where; without credentials of URLs."""
    if isinstance(error, AssayError):
        return error.message if isinstance(error, PluginFailed) else _short(error.message)
    text, frames = _text(error), traceback.extract_tb(error.__traceback__)
    known = frames and "importlib" not in frames[-1].filename  # where importing itself fails, nobody's code does
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if known else ""
    return f"{type(error).__name__}: {text}{place}" if text else f"{type(error).__name__}{place}"


def _text(error: BaseException) -> str:
    """The message of an error; nothing where it cannot say it."""
    try:
        return _short(str(error))
    except Exception:
        return ""


def one_line(text: str) -> str:
    """Return text on one line: white space that is not all spaces becomes one space, and runs of spaces stay.

    A message that quotes a text shows how many spaces are in it.
    """
    return re.sub(r"\s+", lambda white: white[0] if not white[0].strip(" ") else " ", text).strip()


def _short(message: str) -> str:
    """A message on one line, the middle of a long one left out."""
    text = one_line(mask(message))
    if len(text) <= LONGEST:
        return text
    half = LONGEST // 2
    return f"{text[:half]} … {len(text) - 2 * half:,} characters … {text[-half:]}"
