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
PACKAGE: Mapping[str, Mapping[str, str]] = MappingProxyType(  # kinds whose package has data beside its module
    {
        "tokenizer": {"tokenizer_package.py": "$module/__init__.py", "vocabulary.txt": "$module/vocabulary.txt"},
        "corpus": {"corpus_package.py": "$module/__init__.py", "texts.txt": "$module/texts.txt"},
    }
)
CHECKED: Mapping[str, str] = MappingProxyType(  # one case for each kind that makes figures
    {
        "tokenizer": "--tokenizers $name --corpora the-verdict --held-out 0 --attentions none",
        "attention": "--attentions $name --workload core/fwd/causal/b1.h4.s256.d64/f32/cpu.t1 --tokenizers none",
        "corpus": "--corpora $name --tokenizers bytes --held-out 0 --attentions none",
        "metric": "--metrics $name --tokenizers bytes --corpora the-verdict --held-out 0 --attentions none",
    }
)
TRIED: Mapping[str, str] = MappingProxyType(
    {
        **CHECKED,
        "report": "--tokenizers bytes --corpora the-verdict --held-out 0 --attentions none --report report.$name",
        "executor": "--tokenizers bytes --corpora $text --attentions none --executor $name",
    }
)
EXTRA: Mapping[str, str] = MappingProxyType({"attention": "[attention]"})  # brings torch
REPOSITORY = "https://github.com/OWNER/$distribution"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaffold:
    """A plugin that was written: its name and kind, the files, and the commands that come next."""

    name: str
    kind: str
    files: tuple[str, ...]
    commands: tuple[str, ...]


def scaffold(
    host: Host,
    name: str,
    kind: str,
    *,
    output: Path | None = None,
    single_file: bool = False,
    repository: str | None = None,
) -> Scaffold:
    """Write a plugin of a kind that does something, and conforms, from the templates.

    A project goes to the new folder `output`, by default one of its name; a single file to `output`, by default one of
    its module's name. `repository` is the URL of the project on GitHub, for its links. Raises `AssayError`, and
    writes nothing, for a name that cannot be one, or that something here has, and for an `output` that exists.
    """
    module = name.replace("-", "_").lower()
    _nameable(name, module)
    announced = module if kind == "metric" else name  # metrics are columns, which are written with underscores
    _free(host, dict.fromkeys((name, announced)), module)
    place = output or Path(f"{module}.py" if single_file else name)
    values = _values(name, announced, module, kind) | {"text": shlex.quote(str(place)) if single_file else "README.md"}
    values["try_it"] = f"assay run {_filled_in(TRIED[kind], values)} --budget 0.2s"
    if single_file:
        if place.suffix != ".py":
            raise AssayError(f"{place} is no name of a Python file", remedy="give -o one that ends in .py")
        contents = {place: _filled(f"{kind}.py", values)}
        option = f"--plugin {shlex.quote(str(place))}"
        commands = [f"assay conform {announced} {option}", f"{values['try_it']} {option}"]
    else:
        values |= _project(kind, values, repository)
        files = {**PACKAGE.get(kind, {f"{kind}.py": "$module/__init__.py"}), **PROJECT}
        files |= {"check.yml": ".github/workflows/check.yml"} if kind in CHECKED else {}
        contents = {place / _filled_in(to, values): _filled(each, values) for each, to in files.items()}
        commands = [f"cd {shlex.quote(str(place))}", 'pip install -e ".[test]"', "pytest"]
        commands += [f"assay conform {announced}", values["try_it"]]
    _write(place, contents)
    return Scaffold(name=announced, kind=kind, files=tuple(map(str, contents)), commands=tuple(commands))


def _values(name: str, announced: str, module: str, kind: str) -> dict[str, str]:
    return {
        "name": announced,
        "kind": kind,
        "article": "An" if kind in ("attention", "executor") else "A",
        "distribution": name,
        "module": module,
        "assay": f"{DISTRIBUTION}{EXTRA.get(kind, '')}>={Version(metadata.version(DISTRIBUTION)).public}",
    }


def _project(kind: str, values: Mapping[str, str], repository: str | None) -> dict[str, str]:
    """The links of a project, and how CI compares it with its main branch, where it makes figures."""
    check = f"assay check --baseline origin/main {_filled_in(CHECKED[kind], values)}" if kind in CHECKED else ""
    checks = ", and compares each pull request with `main`: `assay check`" if check else ""
    home = (repository or _filled_in(REPOSITORY, values)).rstrip("/")
    return {"repository": home, "check": f"{check} --budget 60s", "checks": checks}


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
    return _filled_in(text, values)


def _filled_in(text: str, values: Mapping[str, str]) -> str:
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
