"""Files of a corpus by URL and sha256: fetched whole or not at all, compared before they are used."""

from __future__ import annotations

import gzip
import hashlib
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import assay
from assay.corpus.fetching import Fetchable
from assay.errors import AssayError
from assay.records.process_identity import ProcessIdentity

TEXT = b"Today nothing happened.\n"
SHA256 = hashlib.sha256(TEXT).hexdigest()


class Shelf(BaseHTTPRequestHandler):
    """Has one file, one that is cut short, and one that comes a byte at a time."""

    def do_GET(self) -> None:
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", self.path.partition("?")[2])
            self.end_headers()
            return
        self.send_response(404 if self.path.startswith("/gone") else 200)
        self.send_header("Content-Length", str(len(TEXT)))
        self.end_headers()
        for number, byte in enumerate(TEXT):
            if self.path == "/slow":
                time.sleep(0.1)
            if self.path == "/short" and number > 9:
                return
            self.wfile.write(bytes([byte]))

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Shelf) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASSAY_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path / "data"


def test_a_corpus_is_fetched_once_and_read(address: str, data: Path) -> None:
    diary = assay.Download({f"{address}/diary%20one.txt?raw=1": SHA256})
    corpus = diary.corpus(name="diary", summary="", title="Diary", author="me", language="en", kind="prose")
    assert isinstance(corpus.documents, Fetchable)
    assert (corpus.sha256, corpus.source) == (None, f"{address}/diary%20one.txt?raw=1")
    assert corpus.missing is not None
    assert corpus.missing() == assay.Missing("has not been fetched", "assay data fetch diary")
    told: list[str] = []
    assert diary.fetch(told.append)
    assert told == [f"fetching {address}/diary%20one.txt?raw=1"]
    assert diary.places == (data / f"{SHA256[:12]}-diary_one.txt",)
    assert [path.name for path in data.iterdir()] == [diary.places[0].name]
    assert corpus.missing() is None
    assert not diary.fetch(told.append)
    (document,) = corpus.documents()
    assert (document.text, document.id) == (TEXT.decode(), diary.places[0].name)


def test_a_damaged_file_is_not_read_and_is_fetched_again(address: str) -> None:
    diary = assay.Download({f"{address}/a.txt": SHA256})
    diary.fetch(lambda step: None)
    diary.places[0].write_bytes(TEXT + b"!")
    with pytest.raises(AssayError, match=f"is not the file of .*/a.txt whose sha256 is {SHA256}"):
        list(diary())
    assert diary.fetch(lambda step: None)
    assert [document.text for document in diary()] == [TEXT.decode()]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/gone", "cannot be read: the server answers 404"),
        ("/short", "cannot be fetched: the connection ended after 10 of 24 bytes"),
        ("/slow", "did not come within 0.3 s"),
        ("/moved?file:///etc/passwd", "cannot be read: the server answers 302"),
        ("/other", f"its sha256 is {SHA256}, not {'0' * 64}"),
    ],
)
def test_what_cannot_be_brought_is_a_sentence_and_leaves_nothing(
    address: str, data: Path, path: str, said: str
) -> None:
    sha256 = "0" * 64 if path == "/other" else SHA256
    with pytest.raises(AssayError, match=said) as caught:
        assay.Download({address + path: sha256}, timeout_s=0.3).fetch(lambda step: None)
    assert caught.value.remedy
    assert list(data.iterdir()) == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/a", "file:///nowhere/a", "nowhere://a", "http:// /a"])
def test_an_address_that_leads_nowhere(url: str) -> None:
    with pytest.raises(AssayError, match="cannot be"):
        assay.Download({url: SHA256}).fetch(lambda step: None)


def test_credentials_are_used_and_not_shown(address: str) -> None:
    secret = "wordthatleaks"
    there = address.replace("://", f"://ann:{secret}@")
    diary = assay.Download({f"{there}/a.txt?token={secret}": SHA256, f"{there}/gone?token={secret}": SHA256})
    corpus = diary.corpus(name="diary", summary="", title="Diary", author="me", language="en", kind="prose")
    shown = address.replace("://", "://***@")
    assert corpus.source == f"{shown}/a.txt?token=***"
    told: list[str] = []
    with pytest.raises(AssayError, match="404") as caught:
        diary.fetch(told.append)
    assert told == [f"fetching {shown}/a.txt?token=***", f"fetching {shown}/gone?token=***"]
    assert secret not in f"{caught.value} {caught.value.remedy} {diary.places}"
    with pytest.raises(AssayError) as caught:
        list(diary())
    assert secret not in str(caught.value)
    with pytest.raises(AssayError) as caught:
        assay.Download({f"{there}/b.txt": "abc"})
    assert secret not in str(caught.value)


def test_a_folder_that_cannot_be_written(address: str, data: Path) -> None:
    data.write_text("a file")
    with pytest.raises(AssayError, match=r"the data folder .* cannot be written") as caught:
        assay.Download({f"{address}/a.txt": SHA256}).fetch(lambda step: None)
    assert "ASSAY_DATA" in str(caught.value.remedy)


def test_records_and_several_files_of_a_folder(tmp_path: Path) -> None:
    lines = gzip.compress(b'{"body": "one"}\n{"body": null}\n{"body": "two"}\n', mtime=0)
    (tmp_path / "a.jsonl.gz").write_bytes(lines)
    (tmp_path / "b.txt").write_bytes(TEXT)
    files = {f"file://{tmp_path}/a.jsonl.gz": hashlib.sha256(lines).hexdigest(), f"file://{tmp_path}/b.txt": SHA256}
    both = assay.Download(files, field="body")
    assert both.fetch(lambda step: None)
    assert [document.text for document in both()] == ["one", "two", TEXT.decode()]
    both.places[1].unlink()
    assert both.missing("both") == assay.Missing("lacks 1 of its files", "assay data fetch both")


def test_a_function_may_read_the_files(address: str) -> None:
    def read(path: Path) -> Iterator[assay.Document]:
        yield assay.Document(text=path.read_text("utf-8").upper(), id="upper")

    diary = assay.Download({f"{address}/a.bin": SHA256}, read=read)
    diary.fetch(lambda step: None)
    assert [document.text for document in diary()] == ["TODAY NOTHING HAPPENED.\n"]


@pytest.mark.parametrize("sha256", ["", "abc", "g" * 64])
def test_what_is_no_hash_is_refused_at_once(sha256: str) -> None:
    with pytest.raises(AssayError, match="is not the sha256 of"):
        assay.Download({"https://example.org/a.txt": sha256})


def test_what_a_killed_fetch_left_goes_with_the_next(address: str, data: Path) -> None:
    ours = ProcessIdentity.current()
    left = data / f"assay-{replace(ours, started=ours.started - 1).mark}-abc"
    left.mkdir(parents=True)
    (left / "file").write_bytes(TEXT[:5])
    assert assay.Download({f"{address}/a.txt": SHA256}).fetch(lambda line: None)
    assert [path.read_bytes() for path in data.iterdir()] == [TEXT]
