"""What a report must be."""

from __future__ import annotations

from collections.abc import Mapping

from assay.plugins.types import ReportPlugin
from assay.testkit.context import Context
from assay.testkit.registry import Check
from assay.testkit.result import ConformanceError
from assay.testkit.subprocess import FreshProcessAnswer, ask

SHOWN = 60


def writes(plugin: ReportPlugin, context: Context) -> str:
    """For a small publication of each kind that it shows it gives text or bytes, and something in it."""
    found = _written(plugin, context)
    for shows, answer in found.items():
        kind, size = answer.content["type"], answer.content["size"]
        if kind not in ("str", "bytes"):
            raise ConformanceError(f"for a {shows} it gives {kind}", remedy="give the whole report as str or bytes")
        if not size:
            raise ConformanceError(f"for a {shows} it gives nothing", remedy="write the report")
    return ", ".join(f"{shows}: {answer.content['size']:,}" for shows, answer in found.items())


def prints_nothing(plugin: ReportPlugin, context: Context) -> None:
    """It prints nothing: standard output may be where the report goes."""
    for shows, answer in _written(plugin, context).items():
        if answer.printed:
            raise ConformanceError(
                f"for a {shows} it prints {answer.printed[:SHOWN]!r}", remedy="put it into the report, or leave it out"
            )


def writes_no_file(plugin: ReportPlugin, context: Context) -> None:
    """It writes no file of its own: the host puts the report where it is wanted. Temporary files are nobody's."""
    for shows, answer in _written(plugin, context).items():
        if answer.content["opened"]:
            raise ConformanceError(
                f"for a {shows} it opens {answer.content['opened'][0]!r} for writing",
                remedy="give what is to be written, or use a temporary file",
            )


def _written(plugin: ReportPlugin, context: Context) -> Mapping[str, FreshProcessAnswer]:
    """Have it write each kind in a fresh process, once for all checks."""

    def write() -> Mapping[str, FreshProcessAnswer]:
        return {shows: ask(context.origin, "write", name=plugin.name, shows=shows) for shows in plugin.shows}

    return context.once("written", write)


CHECKS = (Check.of(writes, "ready"), *Check.all_of((prints_nothing, writes_no_file), "writes"))
