"""What a command was asked for: all that click read, as one record."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from assay.cli import options
from assay.cli.config import tolerance_table
from assay.cli.plugin_options import PluginOptions, takes_plugins
from assay.comparison.judging import Judging
from assay.comparison.tolerance import tolerances
from assay.corpus.forms import FileName, is_path
from assay.execute.selection import Selection
from assay.records.name_list import join_names, split_names
from assay.records.options import take
from assay.records.settings import Settings
from assay.records.verdicts import Tolerance
from assay.store.location import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRequest:
    """What is measured, how, and how it is judged; the plugins, where results are, and what is shown.

    `tolerance` is that of a cell for which the settings files have none.
    """

    selection: Selection
    settings: Settings
    judging: Judging
    tolerance: Tolerance
    plugins: PluginOptions
    results: Location
    as_json: bool
    quiet: bool

    def selection_of_sides(self) -> Selection:
        """Return the selection with whole paths of corpora: the sides of a check may have other working folders."""
        if self.selection.corpora is None:
            return self.selection
        parts = split_names(self.selection.corpora)
        whole = (_resolved(part) if is_path(part) else part for part in parts)
        return replace(self.selection, corpora=join_names(whole))

    def judging_by_cell(self) -> Judging:
        """Return the judging with the tolerances of the settings files; raises `AssayError` for a wrong one."""
        least = self.tolerance.minimum_effect
        usual = replace(self.tolerance, equivalence_margin=max(self.tolerance.equivalence_margin, least))
        return replace(self.judging, budgets=tolerances(tolerance_table(), usual))


def _resolved(name: str) -> str:
    file = FileName.of(name)
    return str(replace(file, path=str(Path(file.path).resolve()))) if Path(file.path).exists() else name


def takes_request(command: Callable[..., object]) -> Callable[..., object]:
    """Decorate a command with the options for results, plugins and output; its argument `request` has all options.

    What is not a field of a part of the request stays an argument of its own.
    """

    @functools.wraps(command)
    def call(*, plugins: PluginOptions, results: Location, as_json: bool, quiet: bool, **given: object) -> object:
        request = CommandRequest(
            selection=Selection(**take(Selection, given)),
            settings=plugins.settings(**take(Settings, given)),
            judging=Judging(**take(Judging, given)),
            tolerance=Tolerance(**take(Tolerance, given)),
            plugins=plugins,
            results=results,
            as_json=as_json,
            quiet=quiet,
        )
        return command(request=request, **given)

    return options.together(options.results, takes_plugins, options.as_json, options.quiet)(call)
