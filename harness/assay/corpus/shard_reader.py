"""Reading a shard as a stream of documents, and long ones in passages: never more of it in memory than needed.

Bytes that are not UTF-8, and lone surrogates that JSON may spell, each become U+FFFD, and are counted.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import IO, Any, cast

from assay.corpus.fields import LONGEST, no_field, of_array, of_table, text_of
from assay.corpus.shards import Shard, file_system
from assay.corpus.web_file import WebFile, is_web
from assay.errors import AssayError, CorpusError
from assay.plugins.requirements import pip_install

BLOCK = 1 << 20
PACKED = 1 << 10  # of zstandard: four bytes may unpack to 128 KB, and these to 32 MB
CHUNK = 1 << 20
LOOK = 64  # characters behind a cut that must be known, for what an expression looks ahead
BAD = re.compile("[\ud800-\udfff]")
REPLACEMENT = "\ufffd"
Cut = Callable[[str, int], int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A document, or a part of one: the `last` part ends it. `bad` counts what was replaced in it."""

    document: int
    text: str
    last: bool = True
    bad: int = 0


class Meter:
    """A stream of bytes that knows the sha256 of what went through it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read so many bytes, fewer at the end."""
        data = self._stream.read(size)
        self._hash.update(data)
        return data

    def hexdigest(self) -> str:
        """Read the rest, and return the sha256 of all."""
        while self.read(BLOCK):
            pass
        return self._hash.hexdigest()


def sha256_of(shard: Shard) -> str:
    """Return the sha256 of a shard's bytes as they lie there; raise `OSError` where it cannot be read."""
    with closing(_opened(shard)) as stream:
        return Meter(stream).hexdigest()


def unpacked_size(shard: Shard, most: int) -> int:
    """Return the bytes of a file, unpacked, or any number above `most`; raise whatever its form raises."""
    if shard.form == "parquet":
        from pyarrow.parquet import read_metadata

        metadata: Any = read_metadata(shard.path)
        groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
        return sum(int(group.total_byte_size) for group in groups)
    if shard.compression is None:
        return shard.size
    size = 0
    with closing(_opened(shard)) as stream:
        for block in _blocks(shard, Meter(stream)):
            size += len(block)
            if size > most:
                break
    return size


def passages(shard: Shard, sha256: str | None, cut: Cut, *, chunk: int = CHUNK) -> Iterator[Passage]:
    """Read the documents of a shard in order; those of more than `chunk` characters in passages.

    A document that is empty or null is one empty passage. `cut(text, start)` returns the first place from `start` on
    where a passage may end, None where there is none yet. Raises `CorpusError` for what is not of its form, at the end
    also where the sha256 is another than one given, and `OSError` where it cannot be read.
    """
    if shard.form == "parquet":
        if sha256 is not None and sha256_of(shard) != sha256:
            raise _changed(shard)
        yield from _all_cut(_rows(shard), cut, chunk, shard.shown)
        return
    with closing(_opened(shard)) as stream:
        meter = Meter(stream)
        blocks = _blocks(shard, meter)
        try:
            if shard.form == "text":
                yield from _cut(0, _decoded(blocks), cut, chunk, shard.shown)
            else:
                yield from _all_cut(_records(shard, blocks), cut, chunk, shard.shown)
        except (AssayError, FileNotFoundError, PermissionError, ConnectionError, TimeoutError):
            raise
        except Exception as error:  # zlib.error, EOFError and zstandard.ZstdError have nothing in common
            if shard.compression is None:
                raise
            raise CorpusError(f"{shard.shown} is not a whole {shard.compression} file: {error}") from None
        if sha256 is not None and meter.hexdigest() != sha256:
            raise _changed(shard)


def _changed(shard: Shard) -> CorpusError:
    return CorpusError(
        f"{shard.shown} is not the file that was looked at before",
        remedy="leave shards as they are while they are counted, and show all workers the same ones",
    )


def _opened(shard: Shard) -> IO[bytes]:
    if is_web(shard.path):
        return cast("IO[bytes]", WebFile(shard.path, shard.timeout_s))
    files, path = file_system(shard.path)
    return cast("IO[bytes]", files.open(path, "rb"))


def _seekable(shard: Shard) -> IO[bytes]:
    """The file, or a copy of what a web server sends: Parquet is read from its end."""
    stream = _opened(shard)
    if not is_web(shard.path):
        return stream
    copy = cast("IO[bytes]", tempfile.TemporaryFile())  # noqa: SIM115
    with closing(stream):
        while data := stream.read(BLOCK):
            copy.write(data)
    copy.seek(0)
    return copy


def too_long(what: str) -> CorpusError:
    """Return the error for what would have to be held in memory and is too long for it."""
    return CorpusError(
        f"{what} has more than {LONGEST / 2**20:g} Mi characters that cannot be cut: they are not held in memory",
        remedy="make shorter documents or lines of it, or leave it out",
    )


def _blocks(shard: Shard, stream: Meter) -> Iterator[bytes]:
    """The content of a file, decompressed, a block at a time."""
    if shard.compression == "zstd":
        yield from _unpacked(shard, stream)
        return
    plain: Meter | gzip.GzipFile = stream
    if shard.compression == "gzip":
        plain = gzip.GzipFile(fileobj=cast("IO[bytes]", stream), mode="rb")
    while data := plain.read(BLOCK):
        yield data


def _unpacked(shard: Shard, stream: Meter) -> Iterator[bytes]:
    """Unpack frame after frame; the package's own reader takes a file that is cut short for a whole one."""
    try:
        import zstandard
    except ImportError:
        raise CorpusError(
            f"{shard.shown} is compressed by zstandard, which is not installed",
            remedy=pip_install(["assay-bench[zstd]"]),
        ) from None
    frame = None
    while data := stream.read(PACKED):
        while data:
            frame = frame or zstandard.ZstdDecompressor().decompressobj()
            yield frame.decompress(data)
            data, frame = (frame.unused_data, None) if frame.eof else (b"", frame)
    if frame is not None:
        raise EOFError("it ends within a frame")


def _decoded(blocks: Iterator[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    for data in blocks:
        yield decoder.decode(data)
    yield decoder.decode(b"", final=True)


def _records(shard: Shard, blocks: Iterator[bytes]) -> Iterator[str]:
    if shard.form == "jsonl":
        return _lines(shard, blocks)
    if shard.form == "json":
        return of_array(_held(shard, _decoded(blocks)), shard.field, shard.shown)
    lines = (line + b"\n" for line in _split(shard, blocks))
    return of_table(_decoded(lines), shard.field, shard.shown, "\t" if shard.form == "tsv" else ",")


def _held(shard: Shard, blocks: Iterator[str]) -> Iterator[str]:
    """The blocks of what is held at once."""
    size = 0
    for text in blocks:
        size += len(text)
        if size > LONGEST:
            raise too_long(f"the array of {shard.shown}")
        yield text


def _lines(shard: Shard, blocks: Iterator[bytes]) -> Iterator[str]:
    for number, line in enumerate(_split(shard, blocks), start=1):
        line = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
        if not line.strip():
            continue
        where = f"line {number} of {shard.shown}"
        try:
            record = json.loads(line.decode("utf-8", "surrogateescape"))
        except ValueError as error:
            raise CorpusError(f"{where} is not valid JSON: {error}") from None
        yield text_of(record, shard.field, where)


def _split(shard: Shard, blocks: Iterator[bytes]) -> Iterator[bytes]:
    rest: list[bytes] = []
    size = 0
    for data in blocks:
        *lines, last = data.split(b"\n")
        if lines:
            yield b"".join((*rest, lines[0]))
            yield from lines[1:]
            rest, size = [], 0
        rest.append(last)
        size += len(last)
        if size > LONGEST:
            raise too_long(f"a line of {shard.shown}")
    yield b"".join(rest)


def _rows(shard: Shard) -> Iterator[str]:
    try:
        from pyarrow import ArrowException, binary
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise CorpusError(
            f"{shard.shown} is Parquet, and pyarrow is not installed", remedy=pip_install(["assay-bench[parquet]"])
        ) from None
    with closing(_seekable(shard)) as stream:
        try:
            file: Any = ParquetFile(stream, pre_buffer=False)
            if shard.field not in file.schema_arrow.names:
                raise no_field(shard.shown, shard.field, file.schema_arrow.names)
            for batch in file.iter_batches(batch_size=256, columns=[shard.field]):
                for value in batch.column(0).cast(binary()).to_pylist():
                    yield "" if value is None else value.decode("utf-8", "surrogateescape")
        except ArrowException as error:
            raise CorpusError(f"{shard.shown} cannot be read as Parquet: {error}") from None


def _all_cut(documents: Iterable[str], cut: Cut, chunk: int, where: str) -> Iterator[Passage]:
    for number, text in enumerate(documents):
        if len(text) <= chunk:
            yield _passage(number, text)
        else:
            yield from _cut(number, (text,), cut, chunk, where)


def _cut(number: int, blocks: Iterable[str], cut: Cut, chunk: int, where: str = "the text") -> Iterator[Passage]:
    """Cut a document that comes in blocks, at the same places whatever the blocks."""
    held, searched = "", chunk
    for block in blocks:
        held += block
        while len(held) >= searched + LOOK:
            place = cut(held, searched)
            if place is None or place > len(held) - LOOK:
                if len(held) > LONGEST:
                    raise too_long(f"document {number} of {where}")
                searched = len(held) - LOOK
                break
            yield _passage(number, held[:place], last=False)
            held, searched = held[place:], chunk
    yield _passage(number, held)


def _passage(number: int, text: str, *, last: bool = True) -> Passage:
    bad = 0
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            text, bad = BAD.subn(REPLACEMENT, text)
    return Passage(document=number, text=text, last=last, bad=bad)
