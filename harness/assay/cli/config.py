"""Settings from files: `[tool.assay]` in pyproject.toml before assay.toml, both below flags and environment."""

from __future__ import annotations

import os
import reprlib
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import click

from assay.errors import AssayError
from assay.records.name_list import join_names
from assay.records.toml_file import read_toml

FileSettings = dict[str, Any]
FILES: tuple[tuple[Path, tuple[str, ...]], ...] = (
    (Path("assay.toml"), ()),
    (Path("pyproject.toml"), ("tool", "assay")),
)
TOLERANCES = "budget"
NO_CONFIG = "--no-config"
IGNORED: ContextVar[bool] = ContextVar("IGNORED", default=False)  # with --no-config


def defaults(commands: Mapping[str, click.Command]) -> FileSettings:
    """Read the settings of this folder as click's map of defaults by command.

    A setting at the top holds for every command that has such an option, one under a command's name for
    that command only, or for those of a group. With `--no-config` there are none. Raises `AssayError` for a file
    that is not valid TOML, and for an unknown option.
    """
    merged: FileSettings = {}
    options = dict(_options(commands))
    for path, content in _contents():
        for key, value in content.items():
            if key == TOLERANCES and isinstance(value, dict):
                continue  # not an option: see tolerance_table
            owners = [road for road in options if road[0] == key]
            if owners and not isinstance(value, dict) and any(key in names for names in options.values()):
                owners = []  # `store` is an option, and a group of commands
            settings = value if owners else {key: value}
            if not isinstance(settings, dict):
                raise AssayError(f"{path} sets {key!r} to {reprlib.repr(value)}; it takes a table of options")
            for name, setting in settings.items():
                takers = [road for road in owners or options if name in options[road]]
                if not takers:
                    whose = f" {key}" if owners else ""
                    remedy = f"see assay {key if owners else 'run'} --help"
                    raise AssayError(f"{path} sets {name!r}, which is no option of assay{whose}", remedy=remedy)
                for road in takers:
                    option = options[road][name]
                    several = isinstance(setting, list) and not option.multiple
                    _place(merged, road)[str(option.name)] = join_names(setting) if several else setting
    return merged


def no_config(arguments: Sequence[str]) -> tuple[bool, list[str]]:
    """Return whether settings files are to be ignored, and the arguments without `--no-config`, wherever it stands."""
    place = arguments.index("--") if "--" in arguments else len(arguments)
    kept = [word for word in arguments[:place] if word != NO_CONFIG]
    wanted = len(kept) < place or os.environ.get("ASSAY_NO_CONFIG", "").lower() in ("1", "true", "yes", "on", "t", "y")
    return wanted, [*kept, *arguments[place:]]


def setter(option: str) -> str:
    """Return the name of the file that sets an option, or of the files where several mention it."""
    return " or ".join(str(path) for path, content in _contents() if _mentions(content, option)) or "a settings file"


def _mentions(content: FileSettings, option: str) -> bool:
    return option in content or any(_mentions(each, option) for each in content.values() if isinstance(each, dict))


def _options(
    commands: Mapping[str, click.Command], road: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], dict[str, click.Parameter]]]:
    """The options of each command as a file has them, such as `held-out`, and the road to it: `("data", "list")`."""
    for name, command in commands.items():
        if isinstance(command, click.Group):
            yield from _options(command.commands, (*road, name))
        else:
            found = (each for each in command.params if isinstance(each, click.Option))
            yield (*road, name), {max(option.opts, key=len).lstrip("-"): option for option in found}


def _place(settings: FileSettings, road: tuple[str, ...]) -> FileSettings:
    for name in road:
        settings = settings.setdefault(name, {})
    return settings


def tolerance_table() -> FileSettings:
    """Read `[budget]` of assay.toml, then `[tool.assay.budget]` of pyproject.toml: tolerances by pattern of a cell."""
    merged: FileSettings = {}
    for _, content in _contents():
        table = content.get(TOLERANCES, {})
        merged |= table if isinstance(table, dict) else {}
    return merged


def _contents() -> Iterator[tuple[Path, FileSettings]]:
    """Yield the settings of each file; those of a later one win."""
    for path, keys in () if IGNORED.get() else FILES:
        yield path, _read(path, keys)


def _read(path: Path, keys: tuple[str, ...]) -> FileSettings:
    try:
        content: FileSettings = read_toml(path)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    for key in keys:
        content = content.get(key, {})
        if not isinstance(content, dict):
            raise AssayError(f"{path} sets {key!r} to {reprlib.repr(content)}; it takes a table of options")
    return content
