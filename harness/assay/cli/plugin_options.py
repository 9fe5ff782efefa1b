"""Which plugins a command loads: the options for it, and what becomes of plugins that fail."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import click
from click.core import ParameterSource

from assay.cli import options
from assay.cli.config import setter
from assay.cli.echo import echo_stderr, echo_warning
from assay.errors import AssayError
from assay.plugins.isolation import TIMEOUT_S
from assay.records.name_list import split_names

if TYPE_CHECKING:
    from assay.plugins.host import Failure, Host
    from assay.records.settings import Settings

BRINGING: Mapping[str, str] = MappingProxyType(
    {"plugins": "plugin", "tokenizers": "tokenizers", "same_ids_as": "same-ids-as", "baselines": "baseline"}
)
PYTHON = re.compile(r"(^|=)py:")  # a tokenizer that is an object of a module, or of a file

plugins = options.variable_option(
    "--plugin",
    "plugins",
    multiple=True,
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Also load the plugin in this Python file. May be repeated.",
)
block = options.variable_option(
    "--block",
    multiple=True,
    metavar="NAME",
    help="Leave out a plugin: an entry point, a distribution, or DISTRIBUTION:ENTRY_POINT. May be repeated.",
)
load = options.variable_option(
    "--load",
    metavar="GLOBS",
    help="Of the installed plugins load only these, by the names that --block takes or patterns of them, or none."
    " `assay` loads the built-in ones only.  [default: all]",
)
strict = options.variable_option(
    "--strict-plugins", is_flag=True, help="Exit with 3 when a plugin failed, after the work is done without it."
)


class PluginOptions:
    """The plugins that a command was asked to load; they are found once, when they are first needed."""

    def __init__(self, plugins: Sequence[str], block: Sequence[str], load: str | None) -> None:
        self.plugins, self.block, self.load = tuple(plugins), tuple(block), load
        self.timeout_s = TIMEOUT_S
        self.brought: dict[str, str] = {}  # by settings files: the code, and which of them names it
        self._host: Host | None = None

    def add(self, kept: Settings) -> None:
        """Load also what a stored run loaded, and leave out what it left out."""
        self.plugins, self.block = (*kept.plugins, *self.plugins), (*kept.block, *self.block)
        self.load = kept.load if self.load is None else self.load

    def settings(self, **others: Any) -> Settings:
        """Return settings with these plugins."""
        from assay.records.settings import Settings

        return Settings(plugins=self.plugins, block=self.block, load=self.load, **others)

    def host(self) -> Host:
        """Discover the plugins, and warn of nothing; report before what a settings file brought."""
        from assay.plugins.discovery import discover

        if self._host is None:
            for plugin, file in self.brought.items():
                echo_stderr(f"assay: loads the plugin {plugin}, which {file} names (--no-config ignores that)")
            self._host = discover(self.plugins, self.block, self.load, timeout_s=self.timeout_s)
        return self._host

    def find(self, *, to_measure: bool = False) -> Host:
        """Discover the plugins, and warn of those that failed, and of those that use what will go.

        Raises `AssayError` where they are `to_measure`, files were given, and none of them can be loaded.
        """
        warned = self._host is not None
        host = self.host()
        if not warned:
            broken = self.broken_files()
            if to_measure and broken and len(broken) == len(set(self.plugins)):
                raise AssayError(
                    "; ".join(f"plugin {each.origin} {each.what}" for each in broken), remedy=broken[0].remedy
                )
            warn(host)
        return host

    def broken_files(self) -> list[Failure]:
        """Return the failures of given files that could not be loaded."""
        if not self.plugins or self._host is None:
            return []
        unsafe = set(self._host.unsafe)
        found = {each.origin: each for each in self._host.failures if each.origin.path in unsafe}
        return list(found.values())

    def code(self, code: int) -> int:
        """Return the exit code of `--strict-plugins`, and report why: a failed plugin counts like a failed case."""
        failed = dict.fromkeys(str(failure.origin) for failure in self.host().failures)
        if not failed or code not in (0, 4, 5):
            return code
        echo_stderr(f"assay: failed: plugins, which --strict-plugins counts: {', '.join(failed)}")
        return 3


def warn(host: Host) -> None:
    """Report on standard error which plugins failed, and which use what will go."""
    for each in (*host.failures, *host.deprecated):
        echo_warning(str(each))


def _brought(given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield code that settings files have loaded, plugins and tokenizers of Python, with the file that names it."""
    context = click.get_current_context()
    for option in (each for each in BRINGING if context.get_parameter_source(each) is ParameterSource.DEFAULT_MAP):
        value = given.get(option) or ()
        words = split_names(value) if isinstance(value, str) else cast("Sequence[str]", value)
        for word in words:
            if option == "plugins" or PYTHON.search(word):
                yield word, setter(BRINGING[option])


def takes_plugins(command: Callable[..., object]) -> Callable[..., object]:
    """Decorate a command with the options above, whose values are its argument `plugins`."""

    @functools.wraps(command)
    def call(
        *, plugins: tuple[str, ...], block: tuple[str, ...], load: str | None, strict_plugins: bool, **others: object
    ) -> int:
        chosen = PluginOptions(plugins, block, load)
        chosen.brought = dict(_brought({"plugins": plugins, **others}))
        if isinstance(timeout_s := others.get("timeout_s"), float):
            chosen.timeout_s = timeout_s
        code = cast("int", command(plugins=chosen, **others))
        if strict_plugins:
            return chosen.code(code)
        if code == 0 and (broken := chosen.broken_files()):
            echo_stderr(f"assay: error: cannot be loaded: {', '.join(str(each.origin) for each in broken)}")
            return 2
        return code

    return options.together(plugins, block, load, strict)(call)


def takes_plugins_and_timeout(command: Callable[..., object]) -> Callable[..., object]:
    """Decorate a command likewise that measures nothing, with --timeout for its plugins."""

    @functools.wraps(command)
    def call(*, timeout_s: float, **others: object) -> object:
        return command(**others)

    return options.timeout(takes_plugins(call))
