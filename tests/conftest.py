"""What several test files need: commands, distributions that are really installed, finished runs, a server."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib
import itertools
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from commands import Ran, call, environment, execute
from postgres import NoServer, Server, end, join, start
from third_party.clean import Place, build, make

PROCESSES = {"process", "command", "finished", "once", "child_environment", "unshared", "own_postgresql"}
LONGEST = {"third_party", "faults", "docs", "browser"}
ROOT = Path(__file__).parents[1]
SERVER = "postgresql.json"

settings.register_profile("no stopwatch", deadline=None)  # a shared machine may take its time
settings.load_profile("no stopwatch")


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that only one process of the session holds at a time."""
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def pytest_configure(config: pytest.Config) -> None:
    """Let signals reach the commands that tests start, also where a shell or nohup runs the tests in the background."""
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.fixture(scope="session", autouse=True)
def quiet() -> Iterator[None]:
    """Let the machine be idle, as far as code in this process can tell: who else uses it is no matter of a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0))
        yield


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One worker more than there are cores, because some tests only wait; at most eight, each of which loads torch."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores + 1, 8)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Call long what starts processes. Try again what reads a clock, and nothing else: a property must always hold.

    What has the longest single tests comes first, lest a worker begin one of them when the others are done.
    """
    items.sort(key=lambda item: LONGEST.isdisjoint(item.path.parts))
    for item in items:
        if not PROCESSES.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.long)
        if item.get_closest_marker("alone") is not None:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before a test is tried again, end what it shares with its module, so that all is measured again."""
    if getattr(item, "execution_count", 1) > 1:
        for definition in itertools.chain.from_iterable(item._fixtureinfo.name2fixturedefs.values()):
            if definition.scope in ("class", "module"):
                definition.finish(item._request)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """End the PostgreSQL server of this session; its workers have ended before."""
    if not hasattr(session.config, "workerinput"):
        factory: pytest.TempPathFactory = session.config._tmp_path_factory  # type: ignore[attr-defined]
        end(factory.getbasetemp() / SERVER)


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
    """Run `assay ARGUMENTS` in this process, in the test's own empty folder unless told otherwise."""

    def run(*arguments: str | os.PathLike[str], cwd: Path = tmp_path, **options: Any) -> Ran:
        return call(list(map(os.fspath, arguments)), cwd=cwd, **options)

    return run


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., Ran]:
    """Run `assay ARGUMENTS` likewise, in a process of its own."""

    def run(*arguments: str | os.PathLike[str], cwd: Path = tmp_path, **options: Any) -> Ran:
        return execute([sys.executable, "-m", "assay", *map(os.fspath, arguments)], cwd=cwd, **options)

    return run


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all workers of this session share."""
    mine = tmp_path_factory.getbasetemp()
    return mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine


@pytest.fixture(scope="session")
def once(shared_folder: Path) -> Callable[[str, Callable[[Path], object]], Path]:
    """Return the folder of a name, which `make(folder)` fills once for all workers: `once(name, make)`.

    A test that writes there takes a copy. What judges times has no place there: it would see the same times when it
    is tried again.
    """

    def get(name: str, make: Callable[[Path], object]) -> Path:
        folder, done = shared_folder / name, shared_folder / f"{name}.done"
        with locked(shared_folder / f"{name}.lock"):
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                done.touch()
        return folder

    return get


@pytest.fixture(scope="session")
def finished(once: Callable[..., Path]) -> Callable[..., Path]:
    """Return a folder in which `assay ARGUMENTS` has ended well: `finished(*ARGUMENTS, times=1)`, once for all workers.

    What each wrote is in `1.json` and `1.stderr`, `2.json` and so on.
    """

    def get(*arguments: str, times: int = 1) -> Path:
        def make(folder: Path) -> None:
            for number in range(1, times + 1):
                ran = execute([sys.executable, "-m", "assay", *arguments], cwd=folder, timeout=280)
                assert ran.rc == 0, ran.stderr
                (folder / f"{number}.json").write_text(ran.stdout, "utf-8")
                (folder / f"{number}.stderr").write_text(ran.stderr, "utf-8")

        key = hashlib.sha256(json.dumps([arguments, times]).encode()).hexdigest()[:16]
        return once(f"finished-{key}", make)

    return get


@pytest.fixture(scope="session")
def assay_wheel(once: Callable[..., Path]) -> Path:
    """Assay's wheel, built from this checkout."""
    (wheel,) = once("wheel", lambda folder: build([ROOT], folder)).glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def clean_place(once: Callable[..., Path], assay_wheel: Path) -> Callable[[Path], Place]:
    """Make a clean environment in a folder, with Assay from its wheel, and compiled: `clean_place(folder)`."""

    def make_one(folder: Path) -> None:
        place = make(folder)
        place.install(assay_wheel)
        assert place.run("python", "-m", "compileall", "-q", str(place.environment / "lib")).rc == 0

    folder = once("clean", make_one)
    return Place(folder / "environment", folder / "elsewhere").copy


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
def postgresql(shared_folder: Path) -> Server:
    """The PostgreSQL server of all workers of this session; skips where this machine cannot run one."""
    try:
        with locked(shared_folder / "postgresql.lock"):
            return join(shared_folder / SERVER)
    except NoServer as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def own_postgresql() -> Iterator[Server]:
    """A server of this worker's own, for tests that stop it."""
    try:
        server = start()
    except NoServer as error:
        pytest.skip(str(error))
    yield server
    server.end()


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
