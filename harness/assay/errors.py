"""What can go wrong, as sentences: what failed, whose it is, what to do."""

from __future__ import annotations


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


class Taken(StoreError):
    """Another process has stored a result of the same case."""


class Unavailable(AssayError):
    """Raised by a plugin's `build` when it lacks data or a device: the row is skipped, with the remedy."""


class GateFailed(AssayError):
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
