"""Tokenizers that are named by their files: which words mean one, what reads it, and what its rows are called."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from assay.errors import AssayError, PluginFailed, UnknownName, guard
from assay.plugins.calling import calling
from assay.plugins.host import DISTRIBUTION, Failure, Found, Host, Origin
from assay.plugins.isolation import Call, Misbehaved, all_isolated, brief
from assay.plugins.types import TokenizerPlugin
from assay.plugins.validation import validate
from assay.records.tokenizer_file import TokenizerFile

HOOK = "assay_tokenizer_file"
SUFFIXES = (".json", ".model", ".tiktoken", ".gguf", ".txt")
NAMED = re.compile(r"(?P<name>[\w.+-]+)=(?P<source>.+)", re.DOTALL)
PREFIXED = re.compile(r"[a-z]\w*:.", re.DOTALL)
PARTS = re.compile(r"(?P<prefix>[a-z]\w*:)?(?P<path>.+?)(?P<rest>(?:#.*|:[\w.]+)?)", re.DOTALL)
NOT_IN_NAMES = re.compile(r"[\s,*?\[\]/\\=]+")
LARGEST = 1 << 30


@dataclass(frozen=True, slots=True)
class Reader:
    """What makes a tokenizer of a source, and the plugin that it is from; None for a source that it does not read."""

    origin: Origin
    call: Callable[[str], object]


@dataclass(frozen=True, slots=True)
class _Asked:
    """One source that was asked for: its name where one was given, what it is, and where that comes from."""

    name: str | None
    source: str
    plugin: TokenizerPlugin
    origin: Origin


def is_source(host: Host, word: str) -> bool:
    """Return whether a word after `--tokenizers` means a file, a folder or a Python object, and no installed plugin."""
    names = [plugin.name for plugin in host.every(TokenizerPlugin)]
    if word in ("", "none") or fnmatch.filter(names, word) or any(item.origin.matches(word) for item in host.found):
        return False
    name = NAMED.fullmatch(word)
    return _is_source(word) or (name is not None and _is_source(name["source"]))


def _is_source(word: str) -> bool:
    marked = PREFIXED.match(word) or os.sep in word or word[0] in "~."
    return bool(marked) or Path(word).suffix in SUFFIXES or _exists(Path(word))


def add_sources(host: Host, words: Sequence[str]) -> dict[str, TokenizerFile]:
    """Add the tokenizers of some sources to what the host found, each under a name of its own; return them by word.

    A word is a source, or `NAME=SOURCE`. Raises `AssayError` for one that cannot be read, with what was tried, and for
    a name that is taken.
    """
    asked = {word: _ask(host, word) for word in words}
    named = {each.source: each for each in asked.values() if each.name is not None}
    asked = {word: each if each.name else named.get(each.source, each) for word, each in asked.items()}
    distinct = list({(each.name, each.source): each for each in asked.values()}.values())
    files = {}
    for each, name in zip(distinct, _names(host, distinct), strict=True):
        file = files[each.name, each.source] = _record(name, each)
        _add(host, file, each.plugin, each.origin)
    return {word: files[each.name, each.source] for word, each in asked.items()}


def add_files(host: Host, files: Sequence[TokenizerFile], claims: Sequence[str]) -> None:
    """Add tokenizers that were named before, and claims `A=B` of what is there; what is not is a failure."""
    for file in files:
        try:
            add_file(host, file)
        except AssayError as error:
            origin = host.readers[0].origin if host.readers else Origin(entry_point=file.source)
            remedy = error.remedy or "put the file back"
            failure = Failure(origin=origin, stage=HOOK, message=error.message, remedy=remedy)
            host.failures = (*host.failures, replace(failure, kind="tokenizer", name=file.name))
    for ours, _, theirs in (text.partition("=") for text in claims):
        with suppress(UnknownName):
            claim(host, ours, theirs)


def add_file(host: Host, file: TokenizerFile) -> None:
    """Add a tokenizer that was named before; raise `AssayError` where it cannot be read any more."""
    _add(host, file, *_read(host, file.source))


def claim(host: Host, name: str, other: str) -> None:
    """Have a tokenizer claim the ids of another one, as if its plugin had; raise `UnknownName`."""
    before = host.one(TokenizerPlugin, name)
    after = replace(before, same_ids_as=host.one(TokenizerPlugin, other).name)
    host.found = tuple(replace(item, plugin=after) if item.plugin is before else item for item in host.found)
    if (error := host.broken(before)) is not None:
        host.mark_broken(after, error)


def _add(host: Host, file: TokenizerFile, plugin: TokenizerPlugin, origin: Origin) -> None:
    host.found = (*host.found, Found(plugin=replace(plugin, name=file.name), origin=origin))
    host.files = (*host.files, file)


def refuse_changed(host: Host, files: Sequence[TokenizerFile]) -> None:
    """Raise `AssayError` where the content of a file is not what it was, or cannot be read any more."""
    for change in (change for file in files for change in changes_of(host, file)):
        raise AssayError(change, remedy="put the former file back, or begin a new run")


def changes_of(host: Host, file: TokenizerFile) -> Iterator[str]:
    """Yield a sentence where the content of a file is not what it was."""
    now = _record(file.name, _Asked(file.name, file.source, *_read(host, file.source)))
    if (now.size, now.sha256) != (file.size, file.sha256):
        yield (
            f"the tokenizer {file.name} has changed since the run: {file.source} has sha256 {now.sha256}"
            f" ({now.size:,} bytes), and had {file.sha256} ({file.size:,} bytes)"
        )


def size_and_sha256(paths: Sequence[str]) -> tuple[int | None, str | None]:
    """Return the size of some files and the sha256 of their content, one after the other."""
    if not paths:
        return None, None
    sizes = [Path(path).stat().st_size for path in paths]
    if max(sizes) > LARGEST:
        return sum(sizes), None
    hasher = hashlib.sha256()
    for path in paths:
        hasher.update(Path(path).read_bytes())
    return sum(sizes), hasher.hexdigest()


def _record(name: str, asked: _Asked) -> TokenizerFile:
    with guard(lambda reason: AssayError(f"the tokenizer {asked.source} cannot be read: {reason}")):
        size, sha256 = size_and_sha256(asked.plugin.files)
    return TokenizerFile(name=name, source=asked.source, size=size, sha256=sha256)


def _ask(host: Host, word: str) -> _Asked:
    named = None if _exists(Path(word)) else NAMED.fullmatch(word)
    source = whole(word if named is None else named["source"])
    return _Asked(None if named is None else named["name"], source, *_read(host, source))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # no name of a file is so long
        return False


def whole(source: str) -> str:
    """Return a source with the whole path of what it names, where that exists: processes have other folders."""
    parts = PARTS.fullmatch(source)
    if parts is None:
        return source
    path = Path(parts["path"]).expanduser()
    if _exists(path):
        return f"{parts['prefix'] or ''}{path.resolve()}{parts['rest']}"
    whole = Path(source).expanduser()
    return str(whole.resolve()) if _exists(whole) else source


def _read(host: Host, source: str) -> tuple[TokenizerPlugin, Origin]:
    """Ask one plugin after the other for the tokenizer of a source; what one refuses another may read."""
    refusal = None
    for reader in host.readers:
        try:
            with guard(), calling(f"plugin {reader.origin}"):
                found = _call(host, reader, source)
                fault = _fault(found)
        except (PluginFailed, Misbehaved) as error:
            found, fault = None, error.message
        except AssayError as error:
            found, fault, refusal = None, None, refusal or error
        if fault is not None:
            remedy = f"fix it, or leave it out with --block {reader.origin.block}"
            refusal = refusal or AssayError(f"plugin {reader.origin} failed in {HOOK}: {fault}", remedy=remedy)
        elif isinstance(found, TokenizerPlugin):
            return found, reader.origin
    left_out = ", ".join(each.origin.block for each in host.excluded)
    remedy = f"these plugins are left out: {left_out}" if left_out else "see docs/bring-your-own.md"
    raise refusal or AssayError(f"no plugin reads the tokenizer {source}", remedy=remedy)


def _call(host: Host, reader: Reader, source: str) -> object:
    """Call a reader; one that is not first-party in another process first, which it may end."""
    if host.timeout_s is not None and reader.origin.distribution != DISTRIBUTION:
        call = Call(
            subject=f"plugin {reader.origin}", stage=HOOK, function=lambda channel: reader.call(source) is not None
        )
        (answer,) = all_isolated([call], brief(host.timeout_s))
        if isinstance(answer, AssayError):
            raise answer
    found = reader.call(source)
    return replace(found, name=_clean(found.name)) if isinstance(found, TokenizerPlugin) else found


def _fault(found: object) -> str | None:
    if found is None:
        return None
    return validate(found) if isinstance(found, TokenizerPlugin) else f"it gives {type(found).__name__}"


def _clean(name: str) -> str:
    return NOT_IN_NAMES.sub("_", name).strip("_") or "tokenizer"


def _names(host: Host, asked: Sequence[_Asked]) -> Sequence[str]:
    """Return a name for each: the one given, else its own; two alike get more of their paths."""
    taken = {plugin.name for plugin in host.every(TokenizerPlugin)}
    for each in asked:
        if each.name in taken:
            raise AssayError(f"there is a tokenizer named {each.name!r} already", remedy="give another NAME=FILE")
    depths = [0] * len(asked)
    while True:
        names = [each.name or _longer(each, number, depths[number]) for number, each in enumerate(asked)]
        alike = [number for number, name in enumerate(names) if name in taken or names.count(name) > 1]
        longer = [number for number in alike if asked[number].name is None]
        if not longer:
            break
        for number in longer:
            depths[number] += 1
    if alike:
        raise AssayError(f"two tokenizers are named {names[alike[0]]!r}", remedy="give each its own NAME=FILE")
    return names


def _longer(asked: _Asked, number: int, depth: int) -> str:
    """Return the name of a tokenizer with so many folders above its file, or a number where there are no more."""
    if not depth:
        return asked.plugin.name
    folders = list(_folders(asked))
    if depth <= len(folders):
        return "-".join([*reversed(folders[:depth]), asked.plugin.name])
    return f"{asked.plugin.name}-{number + depth - len(folders)}"


def _folders(asked: _Asked) -> Iterator[str]:
    """Yield the names of the folders above a source, the nearest first."""
    parts = PARTS.fullmatch(asked.source)
    path = None if parts is None else Path(parts["path"])
    if path is not None and path.is_absolute():
        yield from (_clean(part) for part in path.parent.parts[:0:-1])
