"""The frozen records that a report is made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from assay.records.display import Displayed
from assay.records.results import Outcome, Value
from assay.records.segmentation import TokenAlignment
from assay.records.verdicts import Clock, Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The value of one run.

    `git` is the revision of the folder that it ran in, `environment` a digest of all that is known of where it ran,
    versions of packages included, but for the load and that revision.
    """

    run: str
    started: str
    git: str | None
    value: Value
    environment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A step in a series: from its point `index` on the level is another.

    `change` is that of the level, as a share; None for texts. `differs` says what else was new, such as
    `torch: 2.12.0 -> 2.13.0`.
    """

    index: int
    change: float | None
    differs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The values of a metric of one case on one machine, the oldest first. Values of other machines are not of it.

    Nor are values by another clock: `clock` is that of a speed or a ratio, `cpu` or `wall`, and None for other figures.
    """

    case: str
    group: str
    plugin: str
    metric: str
    exact: bool
    machine: Mapping[str, str]
    points: tuple[Point, ...]
    marks: tuple[Mark, ...]
    unit: str | None = None
    clock: Clock | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class History(Displayed):
    """A metric over the runs of a store: a series for each case and machine. A notebook shows it as a table."""

    metric: str
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A plugin of a run, as it was then.

    `kind` is tokenizer, attention, corpus, metric, executor or report; of a plugin that failed to load it is `plugin`.
    `reason` and `remedy` say why one that was not ready could not be used, and what to do.
    """

    kind: str
    name: str
    summary: str
    origin: str
    license: str
    status: Literal["ready", "missing", "failed"]
    reason: str | None = None
    remedy: str | None = None

    @property
    def licence(self) -> str:
        """The former spelling of `license`."""
        return self.license


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizedText:
    """A text and how tokenizers cut it: the whole of it, token by token."""

    corpus: str
    text: str
    pieces: tuple[TokenAlignment, ...]


Shown = Literal["run", "runs", "comparison", "history"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportContext:
    """What a report is made from: runs, the oldest first, and what was found between or over them.

    `shows` says what it is to be a report of: one `run` (the last; its `comparison` with another beside it where there
    is one), an index of several `runs` (to `RUN.html` beside it), a `comparison` of several, or the `history` of a
    metric in `series`. `read`, when it is called, cuts a text that the run was measured on with its tokenizers, in
    other processes; it gives None where no such text can be had here. `plugins` are those of the run that is shown, as
    they were then. `command` repeats the report. With
    `interactive` a reader may be given more than a still picture.
    """

    shows: Shown
    outcomes: tuple[Outcome, ...] = ()
    comparison: Comparison | None = None
    series: tuple[Series, ...] = ()
    plugins: tuple[Listed, ...] = ()
    read: Callable[[], TokenizedText | None] = lambda: None
    command: str = ""
    interactive: bool = False
