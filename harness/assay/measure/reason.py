"""An exception in one line."""

from __future__ import annotations

import traceback
from pathlib import Path

from assay.errors import AssayError

LONGEST = 200  # characters: a message may quote a whole text


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
