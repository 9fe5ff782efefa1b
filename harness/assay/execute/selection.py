"""What was asked to be measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.plugins.host import DISTRIBUTION, matches
from assay.plugins.types import Provided, TokenizerPlugin
from assay.records.name_list import split_names
from assay.records.results import AttentionCase, Case
from assay.records.workload import Dtype

if TYPE_CHECKING:
    from assay.execute.suites import Suite


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    r"""What was asked: comma-separated names and globs, or `none`; corpora may also be paths.

    `\,` is a comma in a name. `tokenizers`, `attentions` and `corpora` None take those of the suite. Of a folder
    `include` are patterns of the files that are read; those of text and of records where there is none.
    `held_out` is the share of each corpus that trainable tokenizers do not see in a second row; 0 makes no such row.
    `sample` is the width, as a share, that a sample of each corpus must reach; 0 takes all documents.
    `workloads` are ids of attention workloads, in place of the suite's cases; `dtype` and `device` change those of
    every workload. `metrics` are those of plugins, all that are ready for None.
    """

    suite: str = "tutorial"
    workloads: tuple[str, ...] = ()
    tokenizers: str | None = None
    attentions: str | None = None
    corpora: str | None = None
    include: tuple[str, ...] = ()
    held_out: float = 0.1
    sample: float = 0.0
    dtype: Dtype | None = None
    device: str | None = None
    metrics: str | None = None

    def includes(self, case: Case) -> bool:
        """Whether the names and globs that were given take in the plugin of a case."""
        patterns = self.attentions if isinstance(case, AttentionCase) else self.tokenizers
        return patterns is None or matches(patterns, case.plugin)

    def names(self, case: Case) -> bool:
        """Whether the plugin of a case was asked for by its very name, and not by a glob or the suite."""
        patterns = self.attentions if isinstance(case, AttentionCase) else self.tokenizers
        return case.plugin in split_names(patterns or "")

    def asks_for(self, kind: type[Provided], name: str, distribution: str | None) -> bool:
        """Whether a plugin of this name would take part: by the names given, else of the suite's or others' own."""
        tokenizer = kind is TokenizerPlugin
        patterns = self.tokenizers if tokenizer else self.attentions
        if patterns is not None:
            return matches(patterns, name)
        return takes(self.chosen.tokenizers if tokenizer else self.chosen.attentions, name, distribution)

    @property
    def chosen(self) -> Suite:
        """The suite by its name, or one of the workloads; raises `UnknownName`."""
        from assay.execute.suites import of_workloads, suite

        return of_workloads(self.workloads) if self.workloads else suite(self.suite)


def takes(own: tuple[str, ...] | None, name: str, distribution: str | None) -> bool:
    """Whether a suite with these names of its own (None for all) takes a plugin in; one without names takes none."""
    return own is None or name in own or (bool(own) and distribution != DISTRIBUTION)
