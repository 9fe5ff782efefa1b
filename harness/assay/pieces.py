"""What a tokenizer makes of one text, token by token."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assay.contracts import Missing, TokenBytes, Tokenizer, TokenizerPlugin
from assay.errors import AssayError, UnknownToken
from assay.host import Host
from assay.records import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """The ids of a text and the piece behind each; `reason` says why there are none."""

    tokenizer: str
    status: Status
    ids: tuple[int, ...] = ()
    pieces: tuple[str, ...] = ()
    unknown: int = 0
    decoded: str | None = None
    reason: str | None = None
    remedy: str | None = None
    expected: bool = False


def cut(host: Host, plugins: Sequence[TokenizerPlugin], training: str, text: str) -> Iterator[Pieces]:
    """Encode a text with each tokenizer, built on the training text."""
    for plugin in plugins:
        missing: Missing | None = host.missing(plugin)
        if missing is not None:
            yield Pieces(tokenizer=plugin.name, status=Status.SKIPPED, reason=missing.what, remedy=missing.remedy)
            continue
        try:
            with contextlib.redirect_stdout(sys.stderr):
                pieces = _cut(plugin, training, text)
            yield pieces
        except KeyboardInterrupt:
            raise
        except AssayError as error:
            yield Pieces(
                tokenizer=plugin.name,
                status=Status.FAILED,
                reason=error.message,
                remedy=error.remedy,
                expected=isinstance(error, UnknownToken) and plugin.closed_vocabulary,
            )
        except BaseException as error:  # a plugin may raise SystemExit, or a panic that is no Exception
            yield Pieces(tokenizer=plugin.name, status=Status.FAILED, reason=f"{type(error).__name__}: {error}")


def _cut(plugin: TokenizerPlugin, training: str, text: str) -> Pieces:
    tokenizer = plugin.build(training)
    ids = tuple(tokenizer.encode(text))
    return Pieces(
        tokenizer=plugin.name,
        status=Status.OK,
        ids=ids,
        pieces=tuple(_piece(tokenizer, token) for token in ids),
        unknown=ids.count(tokenizer.unk_id) if tokenizer.unk_id is not None else 0,
        decoded=tokenizer.decode(ids),
    )


def _piece(tokenizer: Tokenizer, token: int) -> str:
    """The text of one token; bytes that are no UTF-8 by themselves as escapes."""
    if isinstance(tokenizer, TokenBytes):
        return tokenizer.token_bytes(token).decode("utf-8", "backslashreplace")
    return tokenizer.decode([token])
