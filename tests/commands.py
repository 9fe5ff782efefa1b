"""Commands for tests: any program in a real process, and `assay` in this one, where the process is not the point."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from assay.cli.app import run

# A run that several files look at: ask `finished` for it. Its budget is ample for what is predicted on a busy machine,
# where five calls longer than that are a skipped row.
MAIN_JOB = (
    *("run", "--suite", "tutorial" if os.environ.get("ASSAY_FULL") else "quick", "--json", "--report", "report.md"),
    *("--tokenizers", "regex,regex-unk,gpt2,p50k_base,bytes", "--budget", "3s", "--epochs", "1"),
)
Variables = Mapping[str, str | os.PathLike[str]]


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it wrote."""

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


def environment(extra: Variables | None = None) -> dict[str, str]:
    """The environment of a command: ours without settings of Assay and of pytest, and `PYTHONPATH` put before ours.

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
    command: list[str], *, cwd: Path, env: Variables | None = None, timeout: float = 120, stdin: str = ""
) -> Ran:
    """Run a command to its end, in a process of its own."""
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


def call(arguments: list[str], *, cwd: Path, env: Variables | None = None, stdin: str = "") -> Ran:
    """Run `assay ARGUMENTS` in this process, and leave it as it was.

    Workers are started as ever. What they write comes back too, because the descriptors themselves are replaced.
    """
    variables = environment(env)
    encoding = variables.get("PYTHONIOENCODING", "utf-8")
    paths = [path for path in os.fspath((env or {}).get("PYTHONPATH", "")).split(os.pathsep) if path]
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as written,
        tempfile.TemporaryFile() as complained,
        _surroundings(["assay", *arguments], cwd, variables),
        _modules(paths, cwd),
    ):
        given.write(stdin.encode())
        given.seek(0)
        with _streams((given, written, complained), encoding):
            code = run(arguments)
        return Ran(code, *(_content(file) for file in (written, complained)))


def _content(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode().replace("\r\n", "\n")


@contextlib.contextmanager
def _surroundings(words: list[str], cwd: Path, variables: Mapping[str, str]) -> Iterator[None]:
    """Be called by these words, in a folder, with an environment."""
    before, called = dict(os.environ), sys.argv
    sys.argv = words
    os.environ.clear()
    os.environ.update(variables)
    try:
        with contextlib.chdir(cwd):
            yield
    finally:
        sys.argv = called
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _modules(paths: list[str], cwd: Path) -> Iterator[None]:
    """Put folders before all others on `sys.path`; at the end forget the plugins that were loaded.

    These come from those folders, from `cwd` or from `--plugin`. The next command reads them anew, as a process would.
    """
    before, known = list(sys.path), set(sys.modules)
    sys.path[:0] = paths
    importlib.invalidate_caches()
    folders = tuple(f"{os.path.realpath(path)}{os.sep}" for path in (*paths, cwd))
    try:
        yield
    finally:
        sys.path[:] = before
        for name in set(sys.modules) - known:
            file = getattr(sys.modules[name], "__file__", None) or ""
            if name.startswith("assay_file_") or os.path.realpath(file).startswith(folders):
                del sys.modules[name]
        importlib.invalidate_caches()


@contextlib.contextmanager
def _streams(files: tuple[IO[bytes], IO[bytes], IO[bytes]], encoding: str) -> Iterator[None]:
    """Have descriptors 0, 1 and 2 be these files, and Python's streams those of a new process."""
    sys.stdout.flush()
    sys.stderr.flush()
    objects = (sys.stdin, sys.stdout, sys.stderr)
    kept = [os.dup(number) for number in range(3)]
    for number, file in enumerate(files):
        os.dup2(file.fileno(), number)
    sys.stdin, sys.stdout, sys.stderr = (
        io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), encoding=encoding),
        io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False)), encoding=encoding),
        io.TextIOWrapper(
            io.BufferedWriter(io.FileIO(2, "w", closefd=False)), encoding=encoding, errors="backslashreplace"
        ),
    )
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdin, sys.stdout, sys.stderr = objects
        for number, descriptor in enumerate(kept):
            os.dup2(descriptor, number)
            os.close(descriptor)
