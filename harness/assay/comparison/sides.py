"""The two sides of a check: what is installed, and what `--baseline` means, each as a worker is to be started."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assay.comparison import validity
from assay.credentials import keep, mask
from assay.environment import git, interpreters, projects, virtualenvs
from assay.environment.cache import folder as cache_folder
from assay.environment.site_inheritance import inside, relocate
from assay.errors import AssayError
from assay.records.results import LocatedRun
from assay.store.baselines import read
from assay.store.location import Where

RUN = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SideEnvironment:
    """How the worker of one side is started: an interpreter with `-P`, a whole `PYTHONPATH`, and a working folder.

    The first of `paths` holds nothing but a link to the running `assay`: both sides are measured by one harness.
    `meant` are the distributions that are to differ from those of the other side. `warnings` say why what is measured
    may not be what the user means.
    """

    name: str
    python: str
    paths: tuple[str, ...]
    folder: str
    plugins: tuple[str, ...] = ()
    meant: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def candidate(plugins: Sequence[str] = (), cache: Path | None = None) -> SideEnvironment:
    """Return the side of this very process: its interpreter, its `sys.path`, its folder."""
    folder = str(Path.cwd())
    # The folder comes first, as `python -m` has it.
    paths = (folder, *(path or folder for path in sys.path))
    side = _side(_candidate_name(Path.cwd(), plugins), sys.executable, paths, plugins, cache or cache_folder())
    return replace(side, warnings=tuple(_doubts(Path.cwd(), plugins)), meant=tuple(projects.editable_projects()))


def baseline(
    what: str,
    plugins: Sequence[str],
    results: Where,
    cache: Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> SideEnvironment | LocatedRun:
    """Find or make what a candidate is compared with.

    `what` is `env:PATH` or the path of an environment or interpreter, `pip:REQUIREMENTS`, `run:ID`, the id of a run or
    the path of a .json file, or else a git revision. `tell` is called with a line before each slow step. Raises
    `AssayError` where there is no such thing and where it cannot be made ready.
    """
    cache = cache or cache_folder()
    kind, _, rest = what.partition(":")
    path = Path(what).expanduser()
    if kind == "pip":
        return _of_requirements(rest, plugins, cache, tell)
    if kind == "env":
        return _of_environment(Path(rest).expanduser(), plugins, cache)
    if kind == "run" or RUN.fullmatch(what):
        return _of_run(rest if kind == "run" else what, results)
    if path.suffix == ".json":
        if not path.is_file():
            raise AssayError(f"there is no file {path}", remedy="--baseline takes a .json file that assay wrote")
        return LocatedRun(name=str(path), outcome=read(path))
    root = git.repository(Path.cwd())
    if interpreters.find(path) is not None or (root is None and path.exists()):
        return _of_environment(path, plugins, cache)
    if root is None:
        raise AssayError(
            f"there is no {what!r} here, and this folder is in no git repository whose revision it could be",
            remedy="--baseline takes a git revision, env:PATH, pip:REQUIREMENT or a saved run",
        )
    return _of_revision(what, root, plugins, cache, tell)


def _of_revision(
    what: str, root: Path, plugins: Sequence[str], cache: Path, tell: Callable[[str], None]
) -> SideEnvironment:
    revision = git.resolve(what, root)
    below = Path.cwd().resolve().relative_to(root)
    made = virtualenvs.of_revision(revision, below, cache, tell)
    assert made.checkout is not None
    moved, kept = (str(root), str(made.checkout)), projects.site_folders()
    files = tuple(relocate(file, moved, kept) for file in _absolute(plugins))
    for given, file in zip(plugins, files, strict=True):
        if Path(given).is_file() and not Path(file).is_file():
            raise AssayError(
                f"the plugin file {given} does not exist at {revision.name}",
                remedy="take a baseline that has it, or a file outside of the repository, which both sides can see",
            )
    folder = str(next(place for place in projects.upwards(made.checkout, below) if place.is_dir()))
    pythonpath = (relocate(path, moved, kept) for path in _pythonpath())
    side = _side(revision.name, made.python, (made.site, folder, *pythonpath), files, cache, folder)
    if _is_here(root, plugins) or validity.measured_elsewhere(root, below, (*_absolute(plugins), *_pythonpath())):
        return side
    told = f"what is checked is installed elsewhere, not edited in {root}; `pip install -e .` checks the latter"
    return replace(side, warnings=(told,))


def _of_requirements(text: str, plugins: Sequence[str], cache: Path, tell: Callable[[str], None]) -> SideEnvironment:
    keep(text)
    requirements = _split(text)
    if not requirements or any(part.startswith("-") for part in requirements):
        problem = f"pip:{text} names no requirement" if not requirements else f"pip:{text} holds an option of pip"
        raise AssayError(problem, remedy="write requirements only, such as pip:tiktoken==0.11.0")
    made = virtualenvs.of_requirements(requirements, cache, tell)
    name = f"pip:{mask(' '.join(requirements))}" + ("" if made.adds else " (as installed)")
    side = _side(name, made.python, (made.site, str(Path.cwd()), *_pythonpath()), plugins, cache)
    return replace(side, meant=tuple(re.split(r"[\s\[<>=!~;@]", mask(part))[0] for part in requirements))


def _of_environment(path: Path, plugins: Sequence[str], cache: Path) -> SideEnvironment:
    found = interpreters.ask(path, _harness(cache))
    version = "" if found.version == sys.version_info[:2] else f" (Python {found.dotted})"
    # What it has goes before the current folder, which may hold the candidate's own code.
    paths = (*found.path, *_pythonpath(), str(Path.cwd()))
    return _side(f"env:{path}{version}", found.python, paths, plugins, cache)


def _side(
    name: str, python: str, paths: Iterable[str], plugins: Sequence[str], cache: Path, folder: str | None = None
) -> SideEnvironment:
    """A side whose paths are led by the link to the running harness, by default in the current folder."""
    return SideEnvironment(
        name=name,
        python=python,
        paths=tuple(dict.fromkeys((_harness(cache), *paths))),
        folder=folder or str(Path.cwd()),
        plugins=_absolute(plugins),
    )


def _of_run(name: str, results: Where) -> LocatedRun:
    from assay.store.store import Store

    with Store(results, read_only=True) as store:
        outcome = store.outcome(name or None, raw=False)
    return LocatedRun(name=f"run {outcome.run.id}", outcome=outcome)


def _candidate_name(here: Path, plugins: Sequence[str]) -> str:
    root = git.repository(here)
    if root is None or not _is_here(root, plugins):
        return "installed"
    return f"working tree ({git.state(root) or 'no commit'})"


def _doubts(here: Path, plugins: Sequence[str]) -> Iterator[str]:
    """Yield why what is measured as the candidate may not be the code that lies here."""
    root = git.repository(here)
    if root is None:
        return
    below = here.resolve().relative_to(root)
    told = validity.measured_elsewhere(root, below, (*_absolute(plugins), *_pythonpath()))
    if told is not None:
        yield told
    folders = [folder for folder in projects.editables() if inside(str(folder), str(root))]
    yield from validity.stale_binaries(folders or ([root] if _is_here(root, plugins) else []))


def _is_here(root: Path, plugins: Sequence[str]) -> bool:
    """Whether the candidate lies in a repository: a project installed editable, a plugin file, or a `PYTHONPATH`."""
    places = (*map(str, projects.editables()), *_absolute(plugins), *_pythonpath())
    own = projects.site_folders()
    return any(inside(place, str(root)) and not any(inside(place, folder) for folder in own) for place in places)


def _harness(cache: Path) -> str:
    """A folder that holds nothing but a link `assay` to the running package."""
    package = Path(__file__).resolve().parent.parent
    folder = cache / "harness" / hashlib.sha256(os.fsencode(package)).hexdigest()[:16]
    link = folder / "assay"
    try:
        if not link.is_symlink():
            folder.mkdir(parents=True, exist_ok=True)
            fresh = folder.parent / secrets.token_hex(8)
            fresh.symlink_to(package, target_is_directory=True)
            fresh.replace(link)  # at once, whoever else is making it
    except OSError as error:
        remedy = "fix the permissions, or name another folder in ASSAY_CACHE"
        raise AssayError(f"the cache {cache} cannot be written: {error.strerror}", remedy=remedy) from None
    return str(folder)


def _split(text: str) -> list[str]:
    """Requirements between commas and spaces: `a>=1,<2 b[x,y]==3` are two."""
    text = re.sub(r"\s*(===|[<>=!~]=|[<>])\s*", r"\1", text.strip())
    return [part for part in re.split(r"\s*,\s*(?![^\[\]]*\])(?![<>=!~])|\s+", text) if part]


def _pythonpath() -> tuple[str, ...]:
    """The user's own `PYTHONPATH`; an empty entry means the current folder."""
    entries = os.environ.get("PYTHONPATH")
    return _absolute(entries.split(os.pathsep)) if entries else ()


def _absolute(paths: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(Path(path).absolute()) for path in paths)
