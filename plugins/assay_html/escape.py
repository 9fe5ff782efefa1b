"""Text of plugins and corpora made harmless: what cannot be seen is shown, and nothing closes a script.

The template shows and escapes what goes through it; what goes into a drawing or a script is prepared here.
"""

from __future__ import annotations

import json
import re

LONGEST = 120
# Controls, marks that turn the direction of text, half characters that UTF-8 cannot write, and what XML cannot hold.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)

RUN = re.compile(" {2,}")


def show_unseen(text: str) -> str:
    """Show what would not be seen, or would turn the text around, as its code point: `<U+202E>`.

    A run of spaces becomes no-break spaces: a page shows each of them.
    """
    return RUN.sub(lambda run: "\u00a0" * len(run[0]), UNSEEN.sub(lambda match: f"<U+{ord(match[0]):04X}>", text))


def short(text: str) -> str:
    """Return text that fits a cell; what is longer is cut in the middle, and stands whole elsewhere."""
    shown = show_unseen(text)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 30]} … {shown[-20:]}"


def paired(text: str) -> str:
    """Return a text of a corpus with one sign for each of its UTF-16 units, so that places in it stay what they are."""
    return UNSEEN.sub(lambda match: chr(0x2400 + ord(match[0])) if match[0] < "\x20" else "\ufffd", text)


def script_json(content: object) -> str:
    """Write JSON that may stand in a script element: no tag can begin or end in it."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
