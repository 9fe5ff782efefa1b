"""Which code plugins are made of: their distribution, where it was installed from, and a hash of their files."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import importlib.util
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path, PurePath
from typing import Any

from assay.credentials import mask
from assay.environment.describe import now
from assay.environment.git import state
from assay.environment.projects import editable_folder, modules
from assay.environment.site_inheritance import inside
from assay.plugins.host import DISTRIBUTION, Host, Origin
from assay.plugins.types import NAMES_OF_KINDS, Provided
from assay.records.plugin_code import HARNESS, PluginCode

WHOLE_BELOW = 64 << 20  # a larger file, such as a model's, counts by its size, its beginning and its end
END = 1 << 20
BLOCK = 1 << 20
INSTALLER = (".dist-info", ".egg-info", ".data")
Files = dict[str, Path]


def plugin_codes(host: Host, plugins: Iterable[Provided]) -> tuple[PluginCode, ...]:
    """Return the code of Assay, of these plugins of a host, and of the plugins that it could not load.

    The files of a distribution are read once, whatever the number of its plugins.
    """
    known: dict[object, PluginCode] = {}

    def code(origin: Origin, *more: str) -> PluginCode:
        whose = origin.distribution or origin.path or origin
        if whose not in known:
            one = [each for each in host.loadings if each.origin == origin or each.origin.distribution == whose]
            known[whose] = _code(origin, [*more, *(each.file for each in one if each.file is not None)])
        return replace(known[whose], origin=str(origin))

    ours = Origin(entry_point="assay", distribution=DISTRIBUTION, version=metadata.version(DISTRIBUTION))
    found = [replace(code(ours, __file__), kind=HARNESS, name="assay", license="MIT")]
    for plugin in plugins:
        missing = host.missing(plugin)
        found.append(
            replace(
                code(host.origin(plugin)),
                kind=kind_of(plugin),
                name=plugin.name,
                summary=plugin.summary,
                license=plugin.license,
                failure=None if missing is None else missing.what,
                remedy=None if missing is None else missing.remedy,
            )
        )
    return (*found, *_failures(host))


def kind_of(plugin: Provided) -> str:
    """Return the word for the kind of a plugin."""
    return next(word for kind, word in NAMES_OF_KINDS.items() if isinstance(plugin, kind))


def _failures(host: Host) -> Iterator[PluginCode]:
    """The plugins that could not be loaded: their files are not read, since none of them ran."""
    for failure in host.failures:
        origin = failure.origin
        yield PluginCode(
            kind="plugin",
            name=origin.entry_point,
            origin=str(origin),
            source=_source(origin),
            recorded=now(),
            distribution=origin.distribution,
            version=origin.version,
            path=origin.path,
            failure=failure.what,
            remedy=failure.remedy,
        )


def _source(origin: Origin) -> Any:
    if origin.distribution is not None:
        return "distribution"
    return "file" if origin.path is not None else "object" if origin.is_object else "module"


@dataclass(frozen=True, slots=True)
class _Found:
    """Files by the names that the hash has for them, and what they are in words."""

    files: Files
    what: str


def _code(origin: Origin, loaded: Sequence[str]) -> PluginCode:
    """Return the code of an origin, of which these files were loaded."""
    code = PluginCode(
        kind="",
        name="",
        origin=str(origin),
        source=_source(origin),
        recorded=now(),
        distribution=origin.distribution,
        version=origin.version,
    )
    if origin.is_object:
        return replace(code, sha256=origin.sha256, covers=origin.covers)
    if origin.path is not None:
        path = Path(origin.path).resolve()
        return _hashed(replace(code, path=str(path)), _beside(path))
    try:
        distribution = metadata.distribution(origin.distribution or "")
    except (metadata.PackageNotFoundError, ValueError):
        return _hashed(replace(code, path=_folder(loaded)), _named(_packages(loaded)))
    editable = editable_folder(distribution)
    found = _installed(distribution, loaded) if editable is None else None
    elsewhere = None if found is not None else _folder(loaded)
    if editable is not None and elsewhere is not None and inside(elsewhere, str(editable)):
        elsewhere = None
    place = None if editable is None else Path(elsewhere or editable)
    revision = state(place) if place is not None and place.is_dir() else None
    code = replace(code, direct_url=_direct_url(distribution), revision=revision, path=elsewhere)
    return _hashed(code, found or _on_disk(distribution, loaded))


def _hashed(code: PluginCode, found: _Found) -> PluginCode:
    if not found.files:
        return code
    sha256, cut = digest(found.files, whole_below=WHOLE_BELOW)
    count = len(found.files)
    what = f"{found.what} ({count:,} file{'s' * (count != 1)})"
    more = f"; {cut:,} above {WHOLE_BELOW >> 20} MiB by size, first and last MiB" if cut else ""
    return replace(code, sha256=sha256, covers=what + more)


def _installed(distribution: metadata.Distribution, loaded: Sequence[str]) -> _Found | None:
    """The files that an installer put there; None where a module was loaded from elsewhere."""
    files: Files = {}
    for file in distribution.files or ():
        first, *_ = file.parts
        if first != ".." and not first.endswith(INSTALLER) and _counts(file):
            files[file.as_posix()] = Path(str(file.locate()))
    if not files or not _resolved(map(Path, loaded)) <= _resolved(files.values()):
        return None
    return _Found(files, "all files that were installed, but for compiled caches")


def _on_disk(distribution: metadata.Distribution, loaded: Sequence[str]) -> _Found:
    """The files of the packages and modules of a distribution, as Python finds them here."""
    origins = []
    for name in modules(distribution):
        with contextlib.suppress(ImportError, ValueError, AttributeError):
            spec = importlib.util.find_spec(name)
            origins += [spec.origin] if spec is not None and spec.has_location and spec.origin else []
    files = _packages(origins)
    known = _resolved(files.values())
    rest = [one for one in loaded if Path(one).resolve() not in known]  # of a namespace, or named by no metadata
    return _named(files | _packages(rest))


def _packages(origins: Iterable[str]) -> Files:
    return {name: path for origin in origins for name, path in package_files(Path(origin)).items()}


def _named(files: Files) -> _Found:
    return _Found(files, f"all files of {', '.join(sorted({PurePath(name).parts[0] for name in files}))}")


def _resolved(paths: Iterable[Path]) -> set[Path]:
    return {path.resolve() for path in paths}


def _folder(loaded: Sequence[str]) -> str | None:
    """The folder from which the packages of modules were imported; of several, the one that all of these lie in."""
    folders = {str(_root(Path(file)).parent) for file in loaded}
    return os.path.commonpath(folders) if folders else None


def _root(path: Path) -> Path:
    """The folder of the outermost package that a file is in, or the file itself where it is in none."""
    root = path
    while root.parent.joinpath("__init__.py").is_file():
        root = root.parent
    return root


def package_files(path: Path) -> Files:
    """Return a module, or all files of the package that it is in, vocabularies too, by their names below its folder."""
    root = _root(path)
    if root == path:
        return {path.name: path}
    found: Files = {}
    for folder, below, names in os.walk(root):
        below[:] = [name for name in below if name != "__pycache__"]
        for each in (Path(folder, name) for name in names):
            if each.is_file() and _counts(each):
                found[each.relative_to(root.parent).as_posix()] = each
    return found


def _counts(file: PurePath) -> bool:
    return "__pycache__" not in file.parts and file.suffix not in (".pyc", ".pyo")


def _beside(path: Path) -> _Found:
    """A plugin file, and what it imports of the modules beside it, as far as the text of the imports says."""
    files: Files = {}
    waiting = [path]
    while waiting:
        file = waiting.pop()
        if file.name in files or not file.is_file():
            continue
        package = file.name == "__init__.py" and file.parent != path.parent
        files |= package_files(file) if package else {file.name: file}
        for name in _imported(file):
            waiting += [path.parent / f"{name}.py"]
            if (init := path.parent / name / "__init__.py").is_file() and f"{name}/__init__.py" not in files:
                waiting.append(init)
    more = " and the modules beside it that it imports" if len(files) > 1 else ""
    return _Found(files, f"its file{more}")


def _imported(file: Path) -> Iterator[str]:
    with contextlib.suppress(OSError, ValueError, SyntaxError, RecursionError):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Import):
                yield from (each.name.partition(".")[0] for each in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


def digest(files: Mapping[str, Path], *, whole_below: int | None = None) -> tuple[str, int]:
    """Hash files with their names, in the order of the names; return the sha256, and how many did not count whole.

    They are read in blocks. A file of `whole_below` bytes or more counts by its size, its first and its last MiB.
    """
    hasher, cut = hashlib.sha256(), 0
    for name in sorted(files, key=lambda name: PurePath(name).parts):
        content, partly = _content(files[name], whole_below)
        hasher.update(os.fsencode(name))
        hasher.update(content)
        cut += partly
    return hasher.hexdigest(), cut


def _content(path: Path, whole_below: int | None) -> tuple[bytes, bool]:
    hasher = hashlib.sha256()
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            partly = whole_below is not None and size >= whole_below
            if partly:
                hasher.update(f"{size}:".encode() + file.read(END))
                file.seek(-END, os.SEEK_END)
                hasher.update(file.read(END))
            else:
                while block := file.read(BLOCK):
                    hasher.update(block)
    except OSError as error:  # installed once, and gone or not readable now
        return f"cannot be read: {type(error).__name__}".encode(), False
    return hasher.digest(), partly


def _direct_url(distribution: metadata.Distribution) -> Mapping[str, Any] | None:
    """The direct_url.json of a distribution, without what may be secret in its URL."""
    with contextlib.suppress(ValueError, OSError):
        found = json.loads(distribution.read_text("direct_url.json") or "null")
        if isinstance(found, dict) and isinstance(found.get("url"), str):
            return found | {"url": mask(found["url"])}
    return None
