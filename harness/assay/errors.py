"""What can go wrong, as sentences: what failed, whose it is, what to do."""

from __future__ import annotations

import traceback
from pathlib import Path

LONGEST = 200  # characters: a message may quote a whole text


class AssayError(Exception):
    """One clear line for the user, with an optional remedy and the exit code that goes with it."""

    exit_code = 2

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return self.message if self.remedy is None else f"{self.message} ({self.remedy})"


class UnknownName(AssayError):
    """A plugin, suite or run was asked for by a name that nothing has."""


class CorpusError(AssayError):
    """A corpus cannot be read, or is not the text its manifest promises."""


class StoreError(AssayError):
    """The results cannot be read or written."""


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


class NotComparable(AssayError):
    """What was saved was measured elsewhere: a difference would say nothing of the code."""

    exit_code = 5


def reason_of(error: BaseException) -> str:
    """One line: what was raised and, unless it is a sentence of ours, where."""
    if isinstance(error, AssayError):
        return _short(error.message)
    text = _short(str(error))
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {text}{place}" if text else f"{type(error).__name__}{place}"


def _short(message: str) -> str:
    """The words of a message with one space between them, the middle of a long one left out."""
    text = " ".join(message.split())
    if len(text) <= LONGEST:
        return text
    half = LONGEST // 2
    return f"{text[:half]} … {len(text) - 2 * half:,} characters … {text[-half:]}"
