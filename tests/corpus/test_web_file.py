"""Files of web servers: credentials go where they belong, and a server that drips ends in time."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from assay.corpus.shard_reader import passages, sha256_of
from assay.corpus.shards import find_shards
from assay.corpus.web_file import TooSlow, WebFile
from assay.credentials import keep
from assay.errors import CorpusError
from web_server import serving

SECRET = "wordthatleaks"


@pytest.fixture
def server() -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    """A server of this test: where it is, and what it was asked."""
    with serving() as found:
        yield found


def whole(text: str, start: int) -> int | None:
    return None


def read(url: str, timeout_s: float = 60.0) -> list[str]:
    (shard,) = find_shards(url, timeout_s=timeout_s)
    assert SECRET not in shard.shown + shard.name
    return [passage.text for passage in passages(shard, sha256_of(shard), whole)]


@pytest.mark.parametrize("name", ["lines.jsonl", "packed.jsonl.gz", "rows.parquet"])
def test_shards_are_read_and_what_is_secret_goes_where_it_belongs(server: Any, name: str) -> None:
    host, asked = server
    url = f"http://ann:{SECRET}%40@{host}/{name}?sig=ab/{SECRET}&part=1#{SECRET}"
    assert read(url) == ["one", "two"]
    login = base64.b64encode(f"ann:{SECRET}@".encode()).decode()
    assert set(asked) == {(f"/{name}?sig=ab/{SECRET}&part=1", f"Basic {login}")}
    (shard,) = find_shards(url)
    assert (shard.shown, shard.name) == (
        f"http://***@{host}/{name}?sig=***&part=1#***",
        f"{name}?sig=***&part=1#***",
    )


def test_a_field_behind_the_address_is_not_asked_for_and_not_masked(server: Any) -> None:
    host, asked = server
    url = f"http://ann:{SECRET}@{host}/lines.jsonl"
    shown = keep(f"{url}#field=text")
    assert shown == f"http://***@{host}/lines.jsonl#field=text"
    (shard,) = find_shards(shown, "body")
    assert (shard.path, shard.field) == (url, "text")
    assert [path for path, _ in asked] == ["/lines.jsonl"]


def test_another_server_does_not_get_the_password(server: Any) -> None:
    host, asked = server
    assert read(f"http://ann:{SECRET}@{host}/elsewhere.jsonl") == ["one", "two"]
    assert [login for path, login in asked if path == "/lines.jsonl"] == [None] * 3


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("refused.jsonl", "the server answers 403 Forbidden"),
        ("file.jsonl", "cannot be read"),
    ],
)
def test_a_refusal_is_a_sentence_without_secrets(server: Any, name: str, said: str) -> None:
    with pytest.raises(CorpusError, match=said) as raised:
        find_shards(f"http://ann:{SECRET}@{server[0]}/{name}?token={SECRET}")
    assert SECRET not in str(raised.value)
    assert "***@localhost" in str(raised.value)


@pytest.mark.parametrize("url", [f"http://ann:{SECRET}@[::1/a.jsonl", f"http://ann:{SECRET}@localhost:port/a.jsonl"])
def test_an_address_that_is_none_is_a_sentence_without_secrets(url: str) -> None:
    with pytest.raises(CorpusError, match="cannot be read") as raised:
        find_shards(url)
    assert SECRET not in str(raised.value)


def test_a_server_that_drips_its_header_ends_in_time(server: Any) -> None:
    with pytest.raises(TooSlow, match=r"did not come within 0\.2 s .*--timeout"):
        find_shards(f"http://{server[0]}/header.jsonl", timeout_s=0.2)


def test_a_server_that_drips_its_body_ends_in_time(server: Any) -> None:
    with closing(WebFile(f"http://{server[0]}/body.txt", 0.3)) as file, pytest.raises(TooSlow):
        any(not file.read(1 << 20) for _ in range(1_000_000))


def test_a_body_that_ends_too_early_is_not_a_shorter_one(server: Any) -> None:
    (shard,) = find_shards(f"http://{server[0]}/short.jsonl")
    with pytest.raises(OSError, match="the connection ended after 32 of 100 bytes"):
        sha256_of(shard)
