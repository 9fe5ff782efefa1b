"""Virtual environments for the baseline of a check: overlays of the candidate's, but for what is to differ."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from itertools import chain
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from assay.credentials import mask
from assay.environment import cache, git, projects, site_inheritance
from assay.environment.cache import Tell
from assay.environment.git import Revision
from assay.errors import AssayError

FORMAT = "2"  # of what is built; another one makes all that was built before unused
HELPER = "_assay_inherit"
MISDIRECTING = ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT")
ASIDE = ("note: ", "hint: ", "[notice]", "WARNING: ", "full command: ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Venv:
    """A virtual environment: its interpreter, its own site-packages, and the files of the revision that is in it."""

    python: str
    site: str
    checkout: Path | None = None

    @property
    def adds(self) -> bool:
        """Whether anything is installed in it that the candidate does not have."""
        return any(Path(self.site).glob("*.dist-info"))


def of_requirements(requirements: Sequence[str], store: Path, tell: Tell) -> Venv:
    """Return an environment in which pip installed requirements beside what the candidate has.

    One that does not name an exact version is looked up anew each day, one that names a folder or an address always.
    Raises `AssayError` where pip fails.
    """
    what = mask(" ".join(requirements))

    def build(entry: Path) -> None:
        tell(f"installing {what} for the baseline")
        made = _create(entry)
        _pip(made.python, *requirements, what=what)
        _mask_origins(made.site)

    parts = (part for text in requirements for part in (mask(text), _validity(text)))
    return _venv(cache.entry(store, _key("pip", *parts, *_installed()), build, tell))


def of_revision(revision: Revision, below: Path, store: Path, tell: Tell) -> Venv:
    """Return an environment in which the project of a folder (relative to the root) is as a revision has it.

    The project is that of the nearest folder upwards. It is installed only if it is installed in the candidate's
    environment too: plugins given by file or `PYTHONPATH` are so on both sides. Raises `AssayError` where git or pip
    fails.
    """

    def build(entry: Path) -> None:
        tell(f"writing the files of {revision.name}")
        checkout = entry / "checkout"
        git.checkout(revision, checkout)
        made = _create(entry, moved=(str(revision.root), str(checkout)))
        project = next(filter(projects.is_project, projects.upwards(checkout, below)), None)
        if project is None:
            return
        counterpart = revision.root / project.relative_to(checkout)
        name = projects.name_of(counterpart) or projects.name_of(project)
        if name is None or projects.is_installed(name):
            tell(f"installing the project of {revision.name}")
            _install(made.python, project, counterpart, what=f"the project of {revision.name}")
            if name is not None:
                _hide(name, made.site)

    ours = tuple(projects.upwards(revision.root, below))
    own = frozenset(filter(None, map(projects.name_of, ours)))
    facts = (*(f"{name} {projects.is_installed(name)}" for name in sorted(own)), *chain(*map(projects.pins, ours)))
    key = _key("git", revision.commit, str(revision.root), str(below), *facts, *_installed(without=own))
    entry = cache.entry(store, key, build, tell)
    return _venv(entry, entry / "checkout")


def _mask_origins(site: str) -> None:
    """Mask the addresses that pip wrote down: it leaves tokens in their queries."""
    for path in Path(site).glob("*.dist-info/direct_url.json"):
        origin = json.loads(path.read_text("utf-8"))
        path.write_text(json.dumps(origin | {"url": mask(origin["url"])}), "utf-8")


def _install(python: str, project: Path, counterpart: Path, what: str) -> None:
    """Install a project with what it needs that the candidate does not have.

    Only constraints that changed between the two versions count: the others would bring differences of their own.
    """
    arguments = [str(project)]
    pins = projects.new_pins(project, counterpart)
    if pins:
        path = Path(python).parents[2] / projects.CONSTRAINTS
        path.write_text("\n".join(pins) + "\n", "utf-8")
        arguments += ["--constraint", str(path)]
    if not projects.builds_here(project):
        _pip(python, *arguments, what=what)
        return
    try:
        _pip(python, "--no-build-isolation", *arguments, what=what)
    except AssayError as error:  # some projects ask for more once they are being built
        try:
            _pip(python, *arguments, what=what)
        except AssayError:
            raise error from None


def _hide(name: str, site: str) -> None:
    """Hide the candidate's distribution of the project where the revision has it under another name.

    Otherwise both would announce their plugins. Python takes the first distribution of a name on `sys.path`.
    """
    if not any(metadata.distributions(name=name, path=[site])):
        version = metadata.version(name)
        info = Path(site, f"{canonicalize_name(name).replace('-', '_')}-{version}.dist-info")
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", "utf-8")


def _create(entry: Path, moved: tuple[str, str] | None = None) -> Venv:
    """Make an empty environment that inherits from ours, with pip only if ours has none."""
    try:
        venv.EnvBuilder(symlinks=True, with_pip=importlib.util.find_spec("pip") is None).create(entry / "env")
    except (OSError, subprocess.SubprocessError) as error:
        raise AssayError(
            f"no virtual environment can be made for the baseline: {error}",
            remedy="`python -m venv` must work here; Debian has it in the package python3-venv",
        ) from None
    made = _venv(entry)
    shutil.copyfile(site_inheritance.__file__, Path(made.site, f"{HELPER}.py"))
    folders = projects.site_folders()
    call = f"import {HELPER}; {HELPER}.inherit({folders!r}, {moved!r}, {folders!r})\n"
    Path(made.site, f"{HELPER}.pth").write_text(call, "utf-8")
    return made


def _venv(entry: Path, checkout: Path | None = None) -> Venv:
    base = str(entry / "env")
    variables = {"base": base, "platbase": base}
    return Venv(
        python=str(Path(sysconfig.get_path("scripts", "venv", variables), "python")),
        site=sysconfig.get_path("purelib", "venv", variables),
        checkout=checkout,
    )


def _pip(python: str, *arguments: str, what: str) -> None:
    """Install; pip takes what the environment inherits as satisfied, and leaves it where it is."""
    environment = {name: value for name, value in os.environ.items() if name not in MISDIRECTING}
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input", "--no-warn-script-location")
    answer = subprocess.run(
        # Without -P what lies in the current folder would be taken for installed.
        [python, "-P", "-m", "pip", "install", *quiet, *arguments],
        env=environment | {"PIP_USER": "0", "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if answer.returncode != 0:
        remedy = "fix that, or give another baseline, such as env:PATH with an environment of your own"
        raise AssayError(f"pip cannot install {what}: {_why(answer.stderr)}", remedy=remedy)


def _why(stderr: str) -> str:
    """The line of pip's complaint that says why: the last of a build's own output, or else the last error."""
    lines = [line.strip(" \t│╰─>\N{MULTIPLICATION SIGN}") for line in stderr.splitlines()]
    lines = [line for line in lines if line and not line.startswith(ASIDE)]
    if "[end of output]" in lines:
        built = lines[: lines.index("[end of output]")]
        if built and not re.fullmatch(r"\[\d+ lines of output\]", built[-1]):
            return built[-1]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return (errors or lines or ["it did not say why"])[-1]


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join((FORMAT, *parts)).encode()).hexdigest()[:16]


def _installed(without: frozenset[str] = frozenset()) -> list[str]:
    """What an environment inherits: interpreter, place, and the versions of all that is installed.

    Projects in `without` do not count: the baseline has its own, and many get a new version with each commit.
    """
    folders = projects.site_folders()
    own = set(map(canonicalize_name, without))
    found = {(canonicalize_name(item.name), item.version) for item in metadata.distributions(path=list(folders))}
    versions = sorted(f"{name}=={version}" for name, version in found if name not in own)
    return [sys.version, sys.prefix, *folders, *versions]


def _validity(requirement: str) -> str:
    """A text that changes when pip's answer to a requirement may change."""
    try:
        asked = Requirement(requirement)
    except InvalidRequirement:
        path = Path(requirement)
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else secrets.token_hex()
    if asked.url is not None:
        return secrets.token_hex()
    exact = any(part.operator in ("==", "===") and "*" not in part.version for part in asked.specifier)
    return "" if exact else f"{datetime.now(UTC):%Y-%m-%d}"
