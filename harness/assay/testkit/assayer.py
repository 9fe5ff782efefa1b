"""What the fixture `assayer` gives to the tests of a plugin: hosts, rows and checks, in a folder of the test's own."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from assay.errors import AssayError
from assay.execute.from_python import pickled
from assay.execute.job import run
from assay.plugins.discovery import discover
from assay.plugins.host import Host
from assay.plugins.origin import Origin
from assay.plugins.types import (
    AttentionPlugin,
    CorpusPlugin,
    ExecutorPlugin,
    MetricPlugin,
    Provided,
    TokenizerPlugin,
)
from assay.records.name_list import as_list
from assay.records.plugin_label import plugin_label
from assay.records.results import Outcome
from assay.records.settings import Settings
from assay.testkit.isolated_runner import ConformanceReport, examine
from assay.testkit.workloads import small

if TYPE_CHECKING:
    from assay.store.dataframes import Frames

P = TypeVar("P", bound=Provided)
BUILT_IN = "assay"
BUDGET_S = 0.1
TEXT = "It was a bright cold day in April, and the clocks were striking thirteen.\n" * 40


class Assayer:
    """Tries plugins in a temporary folder: the settings, caches and results of the user are not touched.

    A plugin is a module, a class or an object with hooks, a descriptor, the text of a module, or the `Path` of one.
    `path` is the folder, which is the working folder too. `results` is the folder of the rows.
    """

    def __init__(self, path: Path, started_in: Path, module: str) -> None:
        """Work in the folder `path`; paths of plugins are relative to `started_in`, `module` is that of the test."""
        self.path = path
        self.results = path / "results"
        self._started_in, self._module = started_in, module
        self._files: list[Path] = []

    def host(self, *plugins: object, load: str = "none") -> Host:
        """Find these plugins, and of the installed ones those that `load` names, as `--load` does.

        What fails is among the `failures` of the host.
        """
        return discover(self._written(plugins), load=load)

    def run(self, *plugins: object, load: str = BUILT_IN, **options: Any) -> Outcome:
        """Measure what these plugins announce, once and shortly, and store the rows in `results`.

        The options are those of `assay.run`. What is not announced is made up for: a short text for tokenizers, the
        tokenizer `bytes` for all else, and the first small workload that every attention computes. Raises `AssayError`
        for a plugin that cannot be used.
        """
        files = self._written(plugins)
        host = self._sound(discover(files, load=load), files)
        chosen = {**self._selection(host, files), "budget_s": BUDGET_S, "epochs": 1, "held_out": 0.0}
        return run(results=self.results, plugins=files, load=load, **(chosen | options))

    def conform(
        self, plugin: object, name: str | None = None, *, kind: str | None = None, load: str = BUILT_IN
    ) -> ConformanceReport:
        """Make the checks of `assay conform`, in a process of their own, of the one thing that a plugin announces.

        Of several, `name` and `kind` choose. Raises `AssayError` for a plugin that cannot be used.
        """
        files = self._written([plugin])
        host = self._sound(discover(files, load=load), files)
        names = dict.fromkeys(item.plugin.name for item in host.found if _is_among(item.origin, files))
        if name is None and len(names) != 1:
            raise AssayError(f"the plugin announces {', '.join(names) or 'nothing'}", remedy="name one of them")
        return examine(name or next(iter(names)), kind, Settings(plugins=tuple(files), load=load), host=host)

    def frames(self) -> Frames:
        """Return the rows of the last run as data frames."""
        from assay.store.dataframes import results  # pandas

        return results(store=self.results)

    def _selection(self, host: Host, files: list[str]) -> dict[str, Any]:
        """What is measured unless options say otherwise: all that the given plugins announce."""

        def given(kind: type[P]) -> list[P]:
            return [one for one in host.every(kind) if _is_among(host.origin(one), files)]

        def names(kind: type[Provided]) -> list[str]:
            return [one.name for one in given(kind)]

        attentions, executors = given(AttentionPlugin), names(ExecutorPlugin)
        tokenizers = names(TokenizerPlugin) or ([] if attentions else ["bytes"])
        corpora = names(CorpusPlugin)
        if not corpora:
            (self.path / "text.txt").write_text(TEXT, "utf-8")
            corpora = ["text.txt"]
        fitting = (each.id for each in small() if all(one.unsupported(each) is None for one in attentions))
        return {
            "tokenizers": as_list(tokenizers) if tokenizers else "none",
            "attentions": as_list([one.name for one in attentions]) if attentions else "none",
            "corpora": as_list(corpora),
            "metrics": as_list(names(MetricPlugin)) if given(MetricPlugin) else "none",
            "workloads": [next(fitting, small()[0].id)] if attentions else [],
            "executor": executors[0] if executors else None,
        }

    def _sound(self, host: Host, files: list[str]) -> Host:
        """Return a host; raise for a failure of the given plugins."""
        for failure in host.failures:
            if _is_among(failure.origin, files):
                raise AssayError(f"the plugin {failure.what}", remedy=failure.remedy)
        return host

    def _written(self, plugins: Iterable[Any]) -> list[str]:
        """Write what is not a file to one, since workers load files; return the paths."""
        own = {self._module, *(str(getattr(plugin, "__module__", "")) for plugin in plugins)}
        return list(pickled([self._given(plugin) for plugin in plugins], self.path, by_value=own))

    def _given(self, plugin: object) -> object:
        if isinstance(plugin, Path):
            return (self._started_in / plugin).resolve()
        if not isinstance(plugin, str):
            return plugin
        if plugin.endswith(".py") and "\n" not in plugin:
            raise AssayError(f"{plugin!r} is not the text of a module", remedy=f"for a file, give Path({plugin!r})")
        file = self.path / f"plugin_{len(self._files) + 1}.py"
        self._files.append(file)
        file.write_text(textwrap.dedent(plugin), "utf-8")
        return file

    def forget(self) -> None:
        """Forget the modules of what was written."""
        for file in self._files:
            sys.modules.pop(f"assay_file_{file.stem}", None)


def _is_among(origin: Origin, files: Iterable[str]) -> bool:
    return origin.location in map(plugin_label, files)
