"""Which plugins have a part in a run, and which code each row is of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from assay.environment.plugin_code import kind_of, plugin_codes
from assay.execute.sharded.group import LOCAL
from assay.plugins.host import Host
from assay.records.plugin_code import PluginCode, code_of
from assay.records.results import AttentionCase, Case, GroupResult
from assay.records.serialization import kind_of as kind_of_case
from assay.records.settings import Settings


def participants(
    host: Host, cases: Iterable[Case], settings: Settings, reports: Iterable[str] = ()
) -> tuple[PluginCode, ...]:
    """Return the code of what is measured, what it is measured on and what adds to the rows, in this order.

    `reports` are the names of those that write this run when it is done.
    """
    found = {(kind_of(item.plugin), item.plugin.name): item.plugin for item in host.found}
    names = dict.fromkeys([*_named(cases, settings), *(("report", name) for name in reports)])
    return plugin_codes(host, [found[name] for name in names if name in found])


def _named(cases: Iterable[Case], settings: Settings) -> Iterator[tuple[str, str | None]]:
    """The kinds and names of what cases are about, and of metrics and executors."""
    cases = tuple(cases)
    yield from ((kind_of_case(case), case.plugin) for case in cases)
    for case in cases:
        if isinstance(case, AttentionCase):
            source = case.workload.source
            yield from () if source is None else (("tokenizer", source.tokenizer), ("corpus", source.corpus))
        else:
            yield from (("corpus", case.corpus), ("corpus", case.trained_on))
    yield from (("metric", metric.name) for metric in settings.metrics)
    if any(case.shards for case in cases):
        yield "executor", settings.executor or LOCAL


def marked(result: GroupResult, codes: Sequence[PluginCode]) -> GroupResult:
    """Return the result of a group, each row of which says of which code it is."""
    rows = []
    for row in result.measurements:
        code = code_of(codes, kind_of_case(row.case), row.case.plugin)
        rows.append(row if code is None else replace(row, code=code.sha256))
    return replace(result, measurements=tuple(rows))
