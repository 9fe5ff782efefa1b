"""A file on a web server, read as a stream within a time: by the standard library, since a server may never end."""

from __future__ import annotations

import threading
import time
from base64 import b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit

from assay.credentials import keep
from assay.errors import CorpusError

if TYPE_CHECKING:
    from urllib.request import OpenerDirector, Request

PACE_BYTES = 10_000_000  # for each of so many, a transfer may take the whole time once more
SCHEMES = ("http", "https")
Answer = TypeVar("Answer")


class TooSlow(CorpusError):
    """A server did not answer, or not fast enough."""


def is_web(where: str) -> bool:
    """Return whether a name is the URL of a web server."""
    return where.partition("://")[0].lower() in SCHEMES and "://" in where


def within(seconds: float, call: Callable[[], Answer], late: Callable[[], CorpusError]) -> Answer:
    """Return what a call returns, or raise what it raises; raise `late()` where it takes longer, and leave it behind.

    No other way ends a name server, a handshake and a header that come a byte at a time.
    """
    answers: list[Answer] = []
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            answers.append(call())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not answers:
        raise late()
    return answers[0]


class WebFile:
    """The body of an answer; `size` is what the server says that it has, `place` where it was found in the end."""

    def __init__(self, url: str, timeout_s: float) -> None:
        """Ask for a file. Raises `CorpusError` where a server refuses, and where none answers in time."""
        from http.client import HTTPException
        from urllib.error import HTTPError, URLError

        self.shown, self._timeout_s = keep(url), timeout_s
        self._waited_s, self._read = 0.0, 0
        try:
            self._body = within(timeout_s, lambda: _opener().open(_request(url), timeout=timeout_s), self._late)
        except HTTPError as error:
            error.close()
            raise CorpusError(
                f"{self.shown} cannot be read: the server answers {error.code} {error.reason}",
                remedy="check the address, and that its signature or token still holds",
            ) from None
        except (URLError, TimeoutError) as error:
            reason = error.reason if isinstance(error, URLError) else error
            if isinstance(reason, TimeoutError):
                raise self._late() from None
            raise OSError(f"{getattr(reason, 'strerror', None) or reason}") from None
        except (ValueError, HTTPException) as error:  # an address or an answer that is not valid
            raise CorpusError(f"{self.shown} cannot be read: {type(error).__name__}: {error}") from None
        length = self._body.headers.get("Content-Length", "")
        self.size = int(length) if length.isdigit() else 0
        self.place = str(self._body.url)

    def read(self, size: int = -1) -> bytes:
        """Read at most so many bytes, none at the end. Raises `TooSlow` where the transfer takes too long in all."""
        from http.client import HTTPException

        began = time.monotonic()
        allowed = self._timeout_s * (1 + self._read // PACE_BYTES) - self._waited_s
        if allowed <= 0.0:
            raise self._late()
        try:
            data: bytes = within(allowed, lambda: self._body.read1(size), self._late)
        except TimeoutError:
            raise self._late() from None
        except HTTPException as error:
            raise OSError(f"the connection ended: {error}") from None
        self._waited_s += time.monotonic() - began
        self._read += len(data)
        if not data and size and self._read < self.size:
            raise OSError(f"the connection ended after {self._read:,} of {self.size:,} bytes")
        return data

    def close(self) -> None:
        """Close the connection."""
        self._body.close()

    def _late(self) -> TooSlow:
        body = getattr(self, "_body", None)
        if body is not None:
            threading.Thread(target=body.close, daemon=True).start()  # which waits for whoever reads
        return TooSlow(
            f"{self.shown} did not come within {self._timeout_s:g} s for each {PACE_BYTES // 1_000_000} MB",
            remedy="give it more time with --timeout, or fetch it first",
        )


def _request(url: str) -> Request:
    """A request without user, password and fragment in its address: they go into a header, not to another server."""
    from urllib.request import Request

    parts = urlsplit(url)
    userinfo, at, host = parts.netloc.rpartition("@")
    request = Request(urlunsplit((parts.scheme, host, parts.path, parts.query, "")), headers={"User-Agent": "assay"})
    if at:
        user, _, password = userinfo.partition(":")
        login = b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode("ascii")
        request.add_unredirected_header("Authorization", f"Basic {login}")
    return request


def _opener() -> OpenerDirector:
    """What asks web servers only: no file and no other protocol, wherever one of them sends us."""
    from urllib.request import (
        HTTPDefaultErrorHandler,
        HTTPErrorProcessor,
        HTTPHandler,
        HTTPRedirectHandler,
        HTTPSHandler,
        OpenerDirector,
        ProxyHandler,
        UnknownHandler,
    )

    opener = OpenerDirector()
    handlers: tuple[Any, ...] = (ProxyHandler(), UnknownHandler(), HTTPHandler(), HTTPSHandler(), HTTPRedirectHandler())
    for handler in (*handlers, HTTPErrorProcessor(), HTTPDefaultErrorHandler()):
        opener.add_handler(handler)
    return opener
