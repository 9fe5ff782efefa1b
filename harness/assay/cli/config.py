"""Settings from files: `[tool.assay]` in pyproject.toml before assay.toml, both below flags and environment."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from assay.errors import AssayError

FileSettings = dict[str, Any]
TOLERANCES = "budget"


def defaults(commands: Mapping[str, click.Command]) -> FileSettings:
    """Read the settings of this folder as click's map of defaults by command.

    A setting at the top holds for every command that has such an option, one under a command's name for
    that command only, or for those of a group. Raises `AssayError` for a file that is no TOML and for a name that is
    no option.
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
                raise AssayError(f"{path} sets {key!r} to {value!r}; it takes a table of options")
            for name, setting in settings.items():
                takers = [road for road in owners or options if name in options[road]]
                if not takers:
                    whose = f" {key}" if owners else ""
                    remedy = f"see assay {key if owners else 'run'} --help"
                    raise AssayError(f"{path} sets {name!r}, which is no option of assay{whose}", remedy=remedy)
                for road in takers:
                    _place(merged, road)[str(options[road][name].name)] = setting
    return merged


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
    for path, keys in ((Path("assay.toml"), ()), (Path("pyproject.toml"), ("tool", "assay"))):
        yield path, _read(path, keys)


def _read(path: Path, keys: tuple[str, ...]) -> FileSettings:
    try:
        content: FileSettings = tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise AssayError(f"{path} cannot be read: {error}") from None
    for key in keys:
        content = content.get(key, {})
        if not isinstance(content, dict):
            raise AssayError(f"{path} sets {key!r} to {content!r}; it takes a table of options")
    return content
