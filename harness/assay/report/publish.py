"""Reports: in which format, made of what, written where. The formats are plugins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

from assay.environment.replace_file import replace_file
from assay.errors import AssayError, PluginFailed, guard
from assay.plugins.host import Host
from assay.plugins.supervision import Channel
from assay.plugins.types import ReportPlugin
from assay.records.plugin_code import HARNESS, PluginCode, latest
from assay.records.report_data import Listed, ReportContext, Shown

PLAIN = "md"
NAMES: Mapping[Shown, str] = MappingProxyType(
    {"run": "a run", "runs": "an index of runs", "comparison": "a comparison", "history": "a history"}
)


class ReportFailed(AssayError):
    """A report plugin broke; what was measured is in the store."""

    exit_code = 3


def find_format(host: Host, shows: Shown, name: str | None, output: str | None) -> ReportPlugin:
    """Return the format of that name; without one that by which the name of the output ends, else Markdown.

    Raises `UnknownName` for a format that nothing has, `AssayError` for one that lacks something, or cannot show this.
    """
    plugin = host.one(ReportPlugin, name) if name is not None else _by_suffix(host, shows, output)
    host.need(plugin, f"the report {plugin.name}")
    if shows not in plugin.shows:
        able = [other.name for other in host.every(ReportPlugin) if shows in other.shows]
        raise AssayError(f"the report {plugin.name} cannot show {NAMES[shows]}", remedy=f"these can: {', '.join(able)}")
    return plugin if host.is_trusted(plugin) else replace(plugin, write=partial(_write_isolated, host, plugin))


def _write_isolated(host: Host, plugin: ReportPlugin, context: ReportContext) -> str | bytes:
    """Have a plugin write a report in a child process, which it may end or hang."""

    def write(channel: Channel) -> object:
        content: object = plugin.write(context)
        known = isinstance(content, str | bytes)
        return {"content": content} if known else {"kind": type(content).__name__}

    try:
        written = host.call(plugin, "write", write, long=True)
    except PluginFailed as error:
        remedy = error.remedy or host.remedy(plugin)
        raise ReportFailed(f"the report {plugin.name} failed: {error.message}", remedy=remedy) from None
    if "kind" in written:
        raise ReportFailed(f"the report {plugin.name} gave {written['kind']}, not text or bytes")
    content: str | bytes = written["content"]
    return content


def publish(plugin: ReportPlugin, context: ReportContext) -> bytes:
    """Have a plugin write a report; whatever it does wrong is one `AssayError`."""
    with guard(lambda reason: ReportFailed(f"the report {plugin.name} failed: {reason}")):
        content: object = plugin.write(context)
    if isinstance(content, str):
        return content.encode("utf-8", "backslashreplace")
    if isinstance(content, bytes):
        return content
    raise ReportFailed(f"the report {plugin.name} gave {type(content).__name__}, not text or bytes")


def save(path: str | Path, content: bytes) -> None:
    """Write a report to a file, or raise `AssayError`."""
    try:
        replace_file(path, content)
    except OSError as error:
        raise AssayError(f"the report {path} cannot be written: {error.strerror}", remedy="give another path") from None


def listed(codes: Iterable[PluginCode]) -> tuple[Listed, ...]:
    """Return the plugins that had a part in a run, then those that failed, as they were then."""
    return tuple(
        Listed(
            kind=code.kind,
            name=code.name,
            summary=code.summary,
            origin=code.origin,
            license=code.license,
            status="failed" if code.kind == "plugin" else "missing" if code.failure else "ready",
            reason=code.failure,
            remedy=code.remedy,
        )
        for code in latest(codes)
        if code.kind != HARNESS
    )


def _by_suffix(host: Host, shows: Shown, output: str | None) -> ReportPlugin:
    name = "" if output is None else Path(output).name.lower()
    able = [one for one in host.every(ReportPlugin) if shows in one.shows]
    fitting = [one for one in able if name.endswith(one.suffix)]
    if fitting:
        return max(fitting, key=lambda one: len(one.suffix))
    if Path(name).suffix:
        known = ", ".join(sorted({one.suffix for one in able}))
        raise AssayError(
            f"no report is written to files like {output}", remedy=f"name it with one of {known}, or give --format"
        )
    return host.one(ReportPlugin, PLAIN)
