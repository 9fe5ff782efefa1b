"""A new plugin, ready to be used and to be changed: a whole project, or a single file."""

from __future__ import annotations

import keyword
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata, resources, util
from pathlib import Path
from string import Template
from types import MappingProxyType

from packaging.version import Version

from assay.errors import AssayError
from assay.plugins.host import DISTRIBUTION, Host

NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*([-_][A-Za-z0-9]+)*")
PROJECT: Mapping[str, str] = MappingProxyType(  # where each template goes; the module goes by the plugin's own name
    {
        "project.toml": "pyproject.toml",
        "conforms.py": "tests/test_$module.py",
        "README.md": "README.md",
        "conforms.yml": ".github/workflows/conforms.yml",
        "gitignore": ".gitignore",
    }
)
TRY_IT: Mapping[str, str] = MappingProxyType(
    {
        "tokenizer": "assay run --tokenizers $name --attentions none",
        "attention": "assay run --attentions $name,sdpa --tokenizers none",
        "corpus": "assay run --corpora $name --attentions none",
        "metric": "assay run --metrics $name --attentions none",
        "report": "assay run --attentions none --report report.$name",
        "executor": "assay run --attentions none --corpora text.txt --executor $name",
    }
)
EXTRA: Mapping[str, str] = MappingProxyType({"attention": "[attention]"})  # brings torch


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaffold:
    """A plugin that was written: its name and kind, the files, and the commands that come next."""

    name: str
    kind: str
    files: tuple[str, ...]
    commands: tuple[str, ...]


def scaffold(host: Host, name: str, kind: str, *, output: Path | None = None, single_file: bool = False) -> Scaffold:
    """Write a plugin of a kind that does something, and conforms, from the templates.

    A project goes to the new folder `output`, by default one of its name; a single file to `output`, by default one of
    its module's name. Raises `AssayError`, and writes nothing, for a name that cannot be one, or that something here
    has, and for an `output` that exists.
    """
    module = name.replace("-", "_").lower()
    _nameable(name, module)
    announced = module if kind == "metric" else name  # metrics are columns, which are written with underscores
    _free(host, dict.fromkeys((name, announced)), module)
    values = _values(name, announced, module, kind)
    if single_file:
        place = output or Path(f"{module}.py")
        if place.suffix != ".py":
            raise AssayError(f"{place} is no name of a Python file", remedy="give -o one that ends in .py")
        contents = {place: _filled(f"{kind}.py", values)}
        option = f"--plugin {shlex.quote(str(place))}"
        commands = [f"assay conform {announced} {option}", f"{values['try_it']} {option}"]
    else:
        place = output or Path(name)
        contents = {place / f"{module}.py": _filled(f"{kind}.py", values)}
        contents |= {place / Template(to).substitute(values): _filled(each, values) for each, to in PROJECT.items()}
        commands = [f"cd {shlex.quote(str(place))}", 'pip install -e ".[test]"', "pytest"]
        commands += [f"assay conform {announced}", values["try_it"]]
    _write(place, contents)
    return Scaffold(name=announced, kind=kind, files=tuple(map(str, contents)), commands=tuple(commands))


def _values(name: str, announced: str, module: str, kind: str) -> dict[str, str]:
    values = {
        "name": announced,
        "kind": kind,
        "article": "An" if kind in ("attention", "executor") else "A",
        "distribution": name,
        "module": module,
        "assay": f"{DISTRIBUTION}{EXTRA.get(kind, '')}>={Version(metadata.version(DISTRIBUTION)).public}",
    }
    return values | {"try_it": Template(TRY_IT[kind]).substitute(values)}


def _nameable(name: str, module: str) -> None:
    if not NAME.fullmatch(name):
        raise AssayError(
            f"{name!r} cannot be the name of a plugin and its module",
            remedy="write letters, digits and single dashes, a letter first, such as my-tokenizer",
        )
    if keyword.iskeyword(module):
        raise AssayError(f"no module can be named {module!r}, a word of Python", remedy="choose another name")


def _free(host: Host, names: Mapping[str, object], module: str) -> None:
    """Refuse a name that a plugin, a distribution or a module has: one of the two could not be used."""
    taken = [f"{item.plugin.name!r} from {item.origin}" for item in host.found if item.plugin.name in names]
    taken += [f"{each.name!r} from {each.origin}" for each in host.failures if each.name in names]
    if not taken:
        for name in names:
            try:
                found = metadata.distribution(name)
            except metadata.PackageNotFoundError:
                continue
            taken.append(f"the distribution {found.name} {found.version}")
    if not taken and util.find_spec(module) is not None:
        taken.append(f"the module {module!r}")
    if taken:
        raise AssayError(f"that name is taken: there is {taken[0]} already", remedy="choose another")


def _filled(template: str, values: Mapping[str, str]) -> str:
    text = (resources.files("assay.templates") / template).read_text("utf-8")
    return Template(text).substitute(values)


def _write(place: Path, contents: Mapping[Path, str]) -> None:
    """Write all files into a new folder, or the one that is itself the place."""
    try:
        if place not in contents:
            place.mkdir(parents=True)
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(content)
    except FileExistsError as error:
        raise AssayError(
            f"{error.filename} exists already", remedy="give another place with -o, or another name"
        ) from None
    except OSError as error:
        raise AssayError(f"{place} cannot be written: {error.strerror}", remedy="give another place with -o") from None
