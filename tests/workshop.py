"""Real repositories, projects and environments for the tests of baselines; none needs a package registry."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import venv
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# A project that builds itself: a wheel is a zip file with its modules, or with a .pth file that names their folder.
BACKEND = """
import pathlib, tomllib, zipfile

def _build(folder, editable):
    project = tomllib.loads(pathlib.Path("pyproject.toml").read_text("utf-8"))["project"]
    name = f"{project['name']}-{project['version']}"
    head = f"Metadata-Version: 2.1\\nName: {project['name']}\\nVersion: {project['version']}\\n"
    needs = "".join(f"Requires-Dist: {need}\\n" for need in project.get("dependencies", []))
    points = "".join(f"{key} = {value}\\n" for key, value in project.get("entry-points", {}).get("assay", {}).items())
    info = f"{name}.dist-info"
    wheel = f"{name}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, wheel), "w") as file:
        file.writestr(f"{info}/METADATA", head + needs)
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: us\\nRoot-Is-Purelib: true\\n")
        file.writestr(f"{info}/entry_points.txt", "[assay]\\n" + points)
        file.writestr(f"{info}/RECORD", "")
        if editable:
            file.writestr(f"{project['name']}.pth", str(pathlib.Path("src").absolute()))
        else:
            for path in pathlib.Path("src").rglob("*.py"):
                file.write(path, path.relative_to("src"))
    return wheel

def build_wheel(folder, settings=None, metadata=None):
    return _build(folder, editable=False)

def build_editable(folder, settings=None, metadata=None):
    return _build(folder, editable=True)
"""
PLUGIN = """
import assay

class Bytes:
    vocab_size, unk_id = 256, None

    def encode(self, text):
        return list(text.encode("utf-8"))

    def decode(self, ids):
        return bytes(ids).decode("utf-8")

@assay.hookimpl
def assay_tokenizers():
    yield assay.TokenizerPlugin(name={name!r}, summary={summary!r}, build=lambda text: Bytes())
"""
DRIVER = """
import dataclasses, json, pathlib, sys
from assay.errors import AssayError
from assay.comparison.sides import baseline, candidate
what, plugins, cache = sys.argv[1], sys.argv[3:], pathlib.Path(sys.argv[2])
told = []
try:
    side = baseline(what, plugins, cache / "results", cache, told.append)
    found = {"candidate": dataclasses.asdict(candidate(plugins, cache)), "baseline": dataclasses.asdict(side)}
except AssayError as error:
    found = {"error": str(error)}
print(json.dumps(found | {"told": told}))
"""
LOOK = """
import json, sys
import assay
from assay.plugins.discovery import discover
host = discover(sys.argv[1:])
tokenizers = {plugin.name: plugin.summary for plugin in host.every(assay.TokenizerPlugin)}
print(json.dumps({"assay": assay.__file__, "tokenizers": tokenizers, "failures": list(map(str, host.failures))}))
"""


def plugin(name: str, summary: str) -> str:
    """The source of a plugin with one tokenizer."""
    return PLUGIN.format(name=name, summary=summary)


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write files by their relative paths; an empty text removes one."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text:
            path.write_text(textwrap.dedent(text), "utf-8")
        else:
            path.unlink()


def project(name: str, version: str, *, needs: Sequence[str] = (), points: Mapping[str, str] | None = None) -> str:
    """The pyproject.toml of a project that builds itself."""
    listed = "\n".join(f"{key} = {value!r}" for key, value in (points or {}).items())
    return (
        f"[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n[project]\nname = '{name}'\n"
        f"version = '{version}'\ndependencies = {list(needs)!r}\n[project.entry-points.assay]\n{listed}\n"
    )


def wheel(folder: Path, name: str, version: str, source: str) -> Path:
    """Make a wheel with one module."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as file:
        info = f"{name}-{version}.dist-info"
        file.writestr(f"{name}.py", source)
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: us\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")
    return path


def git(folder: Path, *arguments: str) -> str:
    """Run git as nobody in particular."""
    who = {f"GIT_{role}_{what}": "a@b.example" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    apart = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    command = ["git", "-c", "init.defaultBranch=main", *arguments]
    return subprocess.run(
        command, cwd=folder, env=os.environ | who | apart, capture_output=True, text=True, check=True
    ).stdout


def commit(folder: Path, files: Mapping[str, str], *, tag: str = "") -> str:
    """Write files and commit all; the first commit makes the repository. Gives the commit."""
    folder.mkdir(exist_ok=True)
    write(folder, files)
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "a change")
    if tag:
        git(folder, "tag", tag)
    return git(folder, "rev-parse", "HEAD").strip()


@dataclass(frozen=True)
class Environment:
    """A virtual environment that sees all that the tests have installed, and may have more."""

    folder: Path

    @property
    def python(self) -> str:
        """Its interpreter."""
        return str(self.folder / "bin" / "python")

    def run(self, *arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> str:
        """Run its interpreter."""
        ours = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "ASSAY_CACHE")}
        ended = subprocess.run(
            [self.python, *arguments], cwd=cwd, env=ours | dict(env or {}), capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def unpack(self, wheel: Path) -> None:
        """Install a wheel of pure Python as what it is, a zip file."""
        site = self.run("-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=self.folder).strip()
        with zipfile.ZipFile(wheel) as file:
            file.extractall(site)

    def install(self, *arguments: str) -> None:
        """Have pip install without a registry."""
        alone = ("--quiet", "--no-index", "--no-build-isolation", "--disable-pip-version-check")
        self.run("-m", "pip", "install", *alone, *arguments, cwd=self.folder, env={"PIP_FIND_LINKS": ""})

    def sides(
        self, what: str, *plugins: str, cwd: Path, cache: Path, env: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Ask in a fresh process for both sides of a check, or for the error."""
        lonely = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "GIT_CEILING_DIRECTORIES": str(cache.parent)}
        answer = self.run("-c", DRIVER, what, str(cache), *plugins, cwd=cwd, env=lonely | dict(env or {}))
        return dict(json.loads(answer))


def environment(folder: Path) -> Environment:
    """Make an environment without pip that inherits all that the running one has."""
    venv.EnvBuilder(with_pip=False, symlinks=True).create(folder)
    made = Environment(folder)
    site = made.run("-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip()
    folders = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    Path(site, "zz_ours.pth").write_text(f"import site; list(map(site.addsitedir, {folders!r}))\n", "utf-8")
    return made


def look(side: Mapping[str, Any]) -> dict[str, Any]:
    """Start a process as the worker of a side is started; give what it discovers."""
    ended = subprocess.run(
        [side["python"], "-P", "-c", LOOK, *side["plugins"]],
        cwd=side["folder"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(side["paths"])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return dict(json.loads(ended.stdout))
