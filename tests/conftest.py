"""What several test files need: distributions that are really installed, and `assay` in real processes."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from postgres import NoServer, Server, end, start

settings.register_profile("no stopwatch", deadline=None)  # a shared machine may take its time
settings.load_profile("no stopwatch")


@dataclass(frozen=True)
class Ran:
    """How a process ended, and what it wrote."""

    rc: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON document on standard output; anything beside it is an error."""
        document = json.loads(self.stdout)
        assert document["schema"] == 1
        return document

    @property
    def complaint(self) -> str:
        """The one line that a refused command writes: exit code 2, no traceback, nothing on standard output."""
        assert (self.rc, self.stdout) == (2, ""), self
        assert self.stderr.startswith("assay: error: "), self.stderr
        assert self.stderr.count("\n") == 1, self.stderr
        return self.stderr.strip()


def environment(extra: Mapping[str, str | os.PathLike[str]] | None = None) -> dict[str, str]:
    """The environment of a child: ours without settings of Assay and of pytest, and `PYTHONPATH` put before ours.

    `CI` is left out, because it silences the progress that some tests follow, and the size of a terminal that
    pytest-xdist sets.
    """
    gone = {"CI", "COLUMNS", "LINES"}
    kept = (name for name in os.environ if not name.startswith(("ASSAY_", "PYTEST_")) and name not in gone)
    ours = {name: os.environ[name] for name in kept}
    added = {name: os.fspath(value) for name, value in (extra or {}).items()}
    paths = [path for path in (added.get("PYTHONPATH"), ours.get("PYTHONPATH")) if path]
    return {**ours, **added, "PYTHONPATH": os.pathsep.join(paths)}


def execute(
    command: list[str],
    *,
    cwd: Path,
    env: Mapping[str, str | os.PathLike[str]] | None = None,
    timeout: float = 120,
    stdin: str = "",
) -> Ran:
    """Run a command to its end."""
    ended = subprocess.run(
        command,
        cwd=cwd,
        env=environment(env),
        timeout=timeout,
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return Ran(ended.returncode, ended.stdout, ended.stderr)


@pytest.fixture(scope="session")
def process() -> Callable[..., Ran]:
    """Run any command in a real process: `process([...], cwd=..., env=..., timeout=..., stdin=...)`."""
    return execute


@pytest.fixture(scope="session")
def child_environment() -> Callable[..., dict[str, str]]:
    """Make the environment that `process` and `cli` give a child, for a test that starts its own."""
    return environment


@pytest.fixture
def cli(tmp_path: Path) -> Callable[..., Ran]:
    """Run `assay ARGUMENTS` in a real process, in the test's own empty folder unless told otherwise."""

    def call(*arguments: str | os.PathLike[str], cwd: Path = tmp_path, **options: Any) -> Ran:
        return execute([sys.executable, "-m", "assay", *map(os.fspath, arguments)], cwd=cwd, **options)

    return call


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """Really install a distribution into a site folder, and give that folder.

    `entry_points` are those of the group `assay`, `modules` maps module names to their source. This process
    sees the distribution at once; a child process does with the folder as its `PYTHONPATH`.
    """
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    written: list[str] = []

    def add(name: str, version: str, entry_points: Mapping[str, str], modules: Mapping[str, str]) -> Path:
        for module, source in modules.items():
            (site / f"{module}.py").write_text(source, encoding="utf-8")
            written.append(module)
        info = site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        lines = [f"{point} = {target}" for point, target in entry_points.items()]
        files = {
            "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            "INSTALLER": "pip\n",
            "entry_points.txt": "\n".join(["[assay]", *lines]) + "\n",
        }
        for file, content in files.items():
            (info / file).write_text(content, encoding="utf-8")
        recorded = [*(f"{module}.py" for module in modules), *(f"{info.name}/{file}" for file in [*files, "RECORD"])]
        (info / "RECORD").write_text("".join(f"{path},,\n" for path in recorded), encoding="utf-8")
        importlib.invalidate_caches()
        return site

    yield add
    for module in written:
        sys.modules.pop(module, None)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL server of this worker's own; skips where this machine cannot run one."""
    try:
        server = start()
    except NoServer as error:
        pytest.skip(str(error))
    yield server
    end(server)


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    """Where a store is to be made: a folder, and an empty schema on a server."""
    if request.param == "sqlite":
        return tmp_path / "store"
    server: Server = request.getfixturevalue("postgresql")
    return server.room()


@pytest.fixture
def unshared(tmp_path: Path) -> Callable[..., Ran]:
    """Run a shell script in namespaces of its own: `unshared("-rm", script, ARGUMENT...)`.

    Skips the test where this machine does not permit them.
    """

    def call(flags: str, script: str, *arguments: str | os.PathLike[str], **options: Any) -> Ran:
        if shutil.which("unshare") is None:
            pytest.skip("there is no unshare on this machine")
        permitted = execute(["unshare", flags, "true"], cwd=tmp_path)
        if permitted.rc:
            pytest.skip(f"unshare {flags} is not permitted on this machine: {permitted.stderr.strip()}")
        command = ["unshare", flags, "sh", "-c", script, "sh", *map(os.fspath, arguments)]
        return execute(command, **{"cwd": tmp_path, **options})

    return call
