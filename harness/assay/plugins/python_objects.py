"""Plugins that are Python objects: hook implementations or descriptors, live or in a file that has them pickled."""

from __future__ import annotations

import itertools
import json
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from assay.plugins.hookspecs import PROVIDES, hookimpl
from assay.plugins.types import Descriptor, Provided
from assay.records.plugin_label import SUFFIX


class Announced:
    """A plugin that announces the one descriptor that it is made of."""

    def __init__(self, descriptor: Descriptor) -> None:
        self.descriptor = descriptor
        hook = next(name for name, kind in PROVIDES.items() if isinstance(descriptor, kind))
        setattr(self, hook, hookimpl(self._announce()))

    def __reduce__(self) -> tuple[type[Announced], tuple[Descriptor]]:
        return Announced, (self.descriptor,)

    def _announce(self) -> Callable[[], Iterator[Descriptor]]:
        def announce() -> Iterator[Descriptor]:
            yield self.descriptor

        return announce


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectFile:
    """A file with a pickled plugin: the name that it goes by, and the sha256 of it and of the `modules` it refers to.

    `covers` says in words what the hash is over.
    """

    path: Path
    name: str
    sha256: str
    covers: str

    @classmethod
    def read(cls, path: Path) -> ObjectFile:
        """Read what a file says of its object."""
        with path.open("rb") as file:
            return cls(path=path, **json.loads(file.readline()))

    @classmethod
    def write(cls, folder: Path, name: str, content: bytes, sha256: str, covers: str) -> ObjectFile:
        """Write a pickled object to a folder, unless it is there."""
        path = folder / f"{sha256[:16]}-{name}{SUFFIX}"
        if not path.exists():
            header = json.dumps({"name": name, "sha256": sha256, "covers": covers}).encode()
            path.write_bytes(header + b"\n" + content)
        return cls(path=path, name=name, sha256=sha256, covers=covers)

    def load(self) -> object:
        """Return the object, built anew."""
        with self.path.open("rb") as file:
            file.readline()
            return pickle.load(file)  # written by this user's own process, in a folder of its own


def is_object(plugin: object) -> bool:
    """Return whether what stands among plugins is an object, and not the path of a file."""
    return not isinstance(plugin, str | Path)


def named(plugin: object) -> str:
    """Return what a plugin object is called: its descriptor's name, or that of its module or class."""
    name: object = plugin.name if isinstance(plugin, Provided) else getattr(plugin, "__name__", type(plugin).__name__)
    return str(name).rpartition(".")[2]


def distinct(name: str, taken: set[str]) -> str:
    """Return a name, with a number where it is taken, and take it."""
    number = next(each for each in itertools.count(1) if (name if each == 1 else f"{name}-{each}") not in taken)
    name = name if number == 1 else f"{name}-{number}"
    taken.add(name)
    return name


def as_plugin(plugin: object) -> object:
    """Return an object with hooks: a descriptor gets one that announces it."""
    return Announced(plugin) if isinstance(plugin, Descriptor) else plugin
