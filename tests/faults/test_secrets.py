"""Planted secrets: no table, no blob, no file of results and caches, no export and no line that is written has one."""

from __future__ import annotations

import gzip
import json
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from assay import credentials
from commands import Ran
from postgres import Server
from web_server import serving
from workshop import wheel

Cli = Callable[..., Any]
# Each stands in another part of a URL, raw or percent-encoded; all can be told from whatever else is written.
SECRETS = [f"Qz{number}w7secret{number}" for number in range(8)]
USER, PASSWORD, TOKEN, SIGNATURE, FRAGMENT, NEXT, AZURE, KEY = SECRETS
EXPORTS = ("json", "csv", "md", "html", "junit", "openmetrics", "parquet")
ASKED = ("--tokenizers", "bytes", "--attentions", "none")


def secret_url(host: str, name: str = "lines.jsonl", scheme: str = "http") -> str:
    """A URL with a secret in each of its parts."""
    query = f"X-Amz-Signature={SIGNATURE}/{SIGNATURE}&access_token={TOKEN}&sig={AZURE}&part=1&key={KEY}%2B"
    return (
        f"{scheme}://{USER}:{PASSWORD}%40@{host}/{name}?{query}&next={quote(f'https://{NEXT}@h/', safe='')}#{FRAGMENT}"
    )


def leaks(content: bytes) -> list[str]:
    """Which secrets bytes have, packed or not, in any case."""
    unpacked = [content]
    for unpack in (zlib.decompress, gzip.decompress):
        with suppress(zlib.error, OSError, EOFError):
            unpacked.append(unpack(content))
    return [secret for secret in SECRETS for each in unpacked if secret.lower().encode() in each.lower()]


def walk(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every name and content below a folder, and every value of every table of every SQLite file there."""
    for path in folder.rglob("*"):
        yield f"the name {path}", str(path).encode()
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        yield str(path), content
        if content.startswith(b"SQLite format 3"):
            with closing(sqlite3.connect(path)) as database:
                tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
                for table in tables:
                    for row in database.execute(f'SELECT * FROM "{table}"'):
                        for value in row:
                            yield f"{path}: {table}", value if isinstance(value, bytes) else str(value).encode()


@pytest.fixture
def planted(tmp_path: Path) -> Iterator[Callable[..., Ran]]:
    """Be told what was written; at the end nothing of it, and no file of the test, has a secret."""
    written: list[tuple[str, bytes]] = []

    def told(ran: Ran) -> Ran:
        written.extend((line, line.encode()) for line in (ran.stdout + ran.stderr).splitlines())
        return ran

    yield told
    found = {place: leaks(content) for place, content in (*written, *walk(tmp_path)) if leaks(content)}
    assert found == {}


@pytest.fixture
def run(cli: Cli, tmp_path: Path, planted: Callable[..., Ran]) -> Callable[..., Ran]:
    """Run a command with a cache of this test, as a process that was told nothing before."""

    def call(*arguments: str, env: dict[str, str] | None = None) -> Ran:
        credentials._urls.clear()
        credentials._secrets.clear()
        return planted(cli(*arguments, env={"ASSAY_CACHE": str(tmp_path / "cache")} | (env or {})))

    return call


@pytest.fixture
def host() -> Iterator[str]:
    with serving() as (found, _):
        yield found


def test_secrets_are_found_where_they_are(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as database, database:
        database.execute("CREATE TABLE t (a TEXT, b BLOB)")
        database.execute("INSERT INTO t VALUES (?, ?)", ("x", zlib.compress(TOKEN.encode() * 9)))
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(KEY.encode()))
    (tmp_path / FRAGMENT).mkdir()
    found = {secret for _, content in walk(tmp_path) for secret in leaks(content)}
    assert found == {TOKEN, KEY, FRAGMENT}


@pytest.mark.long
def test_a_run_its_store_and_every_export(run: Callable[..., Ran], host: str, tmp_path: Path) -> None:
    url = secret_url(host)
    ran = run("run", "--corpora", url, *ASKED, "--json", "--report", "r.html")
    assert ran.rc == 0, ran
    (row,) = ran.json["tokenizers"]
    masked = (
        f"http://***@{host}/lines.jsonl?X-Amz-Signature=***&access_token=***&sig=***&part=1&key=***"
        "&next=https://***@h/#***"
    )
    assert (row["corpus"], row["documents"]) == (masked, 2)
    assert masked in ran.json["run"]["command"]
    for name in EXPORTS:
        assert run("export", name, "-o", f"export.{name}").rc == 0
    for arguments in (
        *(("show",), ("show", "--json"), ("show", "--runs"), ("export", "md"), ("export", "csv")),
        *(("history", "tokens"), ("history", "tokens", "--json"), ("history", "tokens", "-o", "h.html")),
        *(("report", "--site", "site"), ("report", "--interactive", "-o", "i.html"), ("store", "info")),
        ("accept", "--name", "ours"),
    ):
        run(*arguments)
    again = run("run", "--corpora", secret_url(host).replace(SIGNATURE, SIGNATURE[::-1]), *ASKED, "--json")
    assert again.json["tokenizers"][0]["case"] == row["case"]
    assert again.json["tokenizers"][0]["shards_kept"] == 1
    first, second = (each["id"] for each in run("show", "--runs", "--json").json["runs"])
    run("compare", first, second, "--json")
    assert run("run", "--corpora", url, *ASKED, "--dry-run").rc == 0
    assert run("run", "--corpora", url, *ASKED, "--executor", "processes", "--workers", "1", "--fresh").rc == 0


@pytest.mark.long
def test_what_goes_wrong(run: Callable[..., Ran], host: str) -> None:
    for url in (
        secret_url(host, "refused.jsonl"),
        secret_url(host, "*.jsonl"),
        secret_url(host, ""),
        secret_url("localhost:1"),
        secret_url("localhost:port"),
        secret_url("[::1"),
        secret_url("host", scheme="bucket-of-nobody"),
        secret_url("host", scheme="s3"),
        secret_url("nowhere", scheme="memory"),
        f"http://{USER}:{PASSWORD}/{TOKEN}@{host}/a.jsonl",
    ):
        assert run("run", "--corpora", url, *ASKED).rc == 2, url
        assert run("data", "fetch", url).rc == 2
        assert run("check", "--baseline", "env:nowhere", "--corpora", url, *ASKED).rc == 2
    assert run("run", "--corpora", secret_url(host, "short.jsonl"), *ASKED).rc == 3
    assert run("run", f"--corpora={secret_url(host)},{secret_url(host)}2", *ASKED).rc == 2
    assert run("run", secret_url(host)).rc == 2
    assert run(secret_url(host)).rc == 2
    assert run("run", f"--{secret_url(host)}").rc == 2
    assert run("run", "--tokenizers", secret_url(host)).rc != 0
    assert run("list", env={"ASSAY_PLUGIN": secret_url(host)}).rc == 2


@pytest.mark.long
def test_a_settings_file_and_a_plugin_that_quote_it(run: Callable[..., Ran], host: str, tmp_path: Path) -> None:
    (tmp_path / "assay.toml").write_text(f"[run]\ncorpora = {json.dumps(secret_url(host))}\n")
    assert run("run", *ASKED).rc == 0
    (tmp_path / "assay.toml").rename(tmp_path / "elsewhere.toml")
    (tmp_path / "mine.py").write_text(
        "import assay, os\n\n@assay.hookimpl\ndef assay_tokenizers():\n    raise ValueError(os.environ['ADDRESS'])\n"
    )
    address = {"ADDRESS": secret_url(host)}
    assert run("list", "--plugin", "mine.py", env=address).rc in (0, 2)
    (tmp_path / "elsewhere.toml").unlink()


@pytest.mark.long
def test_a_run_goes_on_when_the_address_is_given_again(
    run: Callable[..., Ran], host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assay.execute import job

    with monkeypatch.context() as patch:

        def interrupted(*_: object) -> Iterator[object]:
            raise KeyboardInterrupt
            yield

        patch.setattr(job, "execute", interrupted)
        assert run("run", "--corpora", secret_url(host), *ASKED).rc == 130
    (kept,) = run("show", "--runs", "--json").json["runs"]
    without = run("run", "--resume", kept["id"])
    assert without.rc == 2
    assert "was given with credentials, which are not stored (give it again: `assay run --resume " in without.stderr
    assert f"--resume {kept['id']} --corpora URL`, or in ASSAY_CORPORA)" in without.stderr
    ran = run("run", "--resume", kept["id"], "--json", env={"ASSAY_CORPORA": secret_url(host)})
    assert (ran.rc, ran.json["tokenizers"][0]["documents"]) == (0, 2), ran


@pytest.mark.long
def test_a_baseline_of_pip(run: Callable[..., Ran], tmp_path: Path, host: str) -> None:
    once = {"PIP_RETRIES": "0", "PIP_INDEX_URL": f"http://{USER}:{PASSWORD}@{host}/refused/"}
    for text in (f"pip:{secret_url(host, 'thing-1-py3-none-any.whl')}", f"pip:thing@{secret_url('localhost:1')}"):
        assert run("check", "--baseline", text, *ASKED, env=once).rc == 2
    made = wheel(tmp_path / "made", "thing", "1", "VALUE = 1")
    ran = run(
        "check",
        "--baseline",
        f"pip:thing@file://{made}?token={TOKEN}#egg={FRAGMENT}",
        *ASKED,
        "--budget",
        "0.1s",
        env=once,
    )
    assert "cannot install" not in ran.stderr, ran
    (origin,) = (tmp_path / "cache").rglob("direct_url.json")
    assert json.loads(origin.read_text())["url"].endswith("?token=***")


@pytest.mark.parametrize(
    "store",
    [
        f"postgresql://{USER}:{PASSWORD}@localhost:1/assay?password={TOKEN}",
        f"postgresql://{USER}:{PASSWORD}@{KEY}@localhost:1/assay",
        f"host=localhost user={USER} password={PASSWORD} dbname=assay",
        f"user='{USER}' password='{PASSWORD} {KEY}' host=localhost",
        f"mysql://{USER}:{PASSWORD}@localhost/assay",
        f"sqlite://{PASSWORD}/a.db",
    ],
)
def test_a_store_that_is_none(run: Callable[..., Ran], store: str) -> None:
    for arguments in (("show",), ("store", "info"), ("run", *ASKED)):
        assert run(*arguments, "--store", store).rc == 2
    assert run("show", env={"ASSAY_STORE": store}).rc == 2
    assert run("store", "copy", store, "there").rc == 2


@pytest.mark.long
def test_a_store_on_a_server(run: Callable[..., Ran], postgresql: Server, host: str, tmp_path: Path) -> None:
    room = postgresql.room()
    scheme, _, rest = room.partition("://")
    ran = run("show", "--store", f"{scheme}://{USER}:{PASSWORD}@{rest.partition('@')[2]}")
    assert (ran.rc, "***" in ran.stderr) == (2, True)
    assert run("run", "--corpora", secret_url(host), *ASKED, "--store", room).rc == 0
    assert run("show", "--store", room, "--json").rc == 0
    assert run("store", "copy", room, "there").rc == 0  # every table of the server, to be walked
    assert any(place == f"{tmp_path / 'there' / 'assay.sqlite'}: cases" for place, _ in walk(tmp_path))
