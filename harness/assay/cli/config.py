"""Settings from files: `[tool.assay]` in pyproject.toml before assay.toml, both below flags and environment."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from assay.errors import AssayError

Settings = dict[str, Any]


def defaults(commands: Mapping[str, Sequence[click.Parameter]], folder: Path | None = None) -> Settings:
    """Read the settings of a folder (this one, for None) as click's map of defaults by command.

    A setting at the top holds for every command that has such an option, one under a command's name for
    that command only. Raises `AssayError` for a file that is no TOML and for a name that is no option.
    """
    folder = Path() if folder is None else folder
    merged: dict[str, Settings] = {name: {} for name in commands}
    options = {name: {_spelling(option): option for option in found} for name, found in commands.items()}
    for path, keys in ((folder / "assay.toml", ()), (folder / "pyproject.toml", ("tool", "assay"))):
        for key, value in _read(path, keys).items():
            owners = [key] if key in options else [name for name in options if key in options[name]]
            if not owners:
                raise AssayError(f"{path} sets {key!r}, which is no option of assay", remedy="see assay run --help")
            for owner in owners:
                settings = value if key in options else {key: value}
                if not isinstance(settings, dict):
                    raise AssayError(f"{path} sets {key!r} to {value!r}; it takes a table of options")
                for name, setting in settings.items():
                    if name not in options[owner]:
                        raise AssayError(f"{path} sets {name!r}, which is no option of assay {owner}")
                    merged[owner][str(options[owner][name].name)] = setting
    return merged


def _spelling(parameter: click.Parameter) -> str:
    """An option as it is written in a file: `held-out`."""
    return max(parameter.opts, key=len).lstrip("-")


def _read(path: Path, keys: tuple[str, ...]) -> Settings:
    try:
        content: Settings = tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise AssayError(f"{path} cannot be read: {error}") from None
    for key in keys:
        content = content.get(key, {})
        if not isinstance(content, dict):
            raise AssayError(f"{path} sets {key!r} to {content!r}; it takes a table of options")
    return content
