"""A web server on loopback for tests: it answers, refuses, sends elsewhere, and drips."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyarrow as pa
from pyarrow import parquet

LINES = b'{"text": "one"}\n{"text": "two"}\n'


class Handler(BaseHTTPRequestHandler):
    """Answers by path, and takes down what it was asked."""

    asked: list[tuple[str, str | None]]
    ended: threading.Event

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Authorization")))
        getattr(self, "answer_" + self.path.partition("?")[0].strip("/").partition(".")[0])()

    def answer_lines(self, content: bytes = LINES) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def answer_packed(self) -> None:
        self.answer_lines(gzip.compress(LINES))

    def answer_rows(self) -> None:
        sink = pa.BufferOutputStream()
        parquet.write_table(pa.table({"text": ["one", "two"]}), sink)
        self.answer_lines(sink.getvalue().to_pybytes())

    def answer_short(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(LINES)

    def answer_header(self) -> None:
        """Drip a header that never ends, each byte well within any timeout of a socket."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        self.drip()

    def answer_body(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        self.drip()

    def drip(self) -> None:
        while not self.ended.wait(0.02):
            try:
                self.wfile.write(b"x")
            except OSError:
                return

    def answer_elsewhere(self) -> None:
        self.send_response(302)
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_address[1]}/lines.jsonl")
        self.end_headers()

    def answer_file(self) -> None:
        self.send_response(302)
        self.send_header("Location", "file:///etc/passwd")
        self.end_headers()

    def answer_refused(self) -> None:
        self.send_error(403)

    def log_message(self, *_: object) -> None:
        """Keep still."""


@contextmanager
def serving() -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    """Serve while the context lasts; yields where, and what was asked so far: paths and headers of authorization."""
    asked: list[tuple[str, str | None]] = []
    ended = threading.Event()
    handler = type("Handled", (Handler,), {"asked": asked, "ended": ended})
    with ThreadingHTTPServer(("localhost", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"localhost:{running.server_address[1]}", asked
        ended.set()
        running.shutdown()
        thread.join()
