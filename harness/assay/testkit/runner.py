"""Examine one plugin: check after check, whatever the plugin does."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Mapping

from assay.errors import AssayError, UnknownName, guard, reason_of
from assay.plugins.diagnosis import diagnose
from assay.plugins.host import Host
from assay.testkit.context import Context
from assay.testkit.registry import KINDS, Check, checks
from assay.testkit.result import ConformanceError, Finding, Skip


class Examination:
    """The checks of one plugin and their findings so far; each is made once."""

    def __init__(self, host: Host, kind: str, name: str, known: Iterable[Finding] = ()) -> None:
        """Of a plugin of this host; `known` are findings from elsewhere. Raises `UnknownName` for a name of nothing."""
        self.checks = {check.name: check for check in checks(kind)}
        self.plugin = host.one(KINDS[kind], name)
        self.context = Context(host, self.plugin)  # type: ignore[arg-type]  # every kind is a descriptor
        self._found = {finding.check: finding for finding in known}

    def finding(self, name: str) -> Finding:
        """Make one check, and before it those without which it tells nothing."""
        if name not in self._found:
            check = self.checks[name]
            before = {needed: self.finding(needed) for needed in check.after}
            self._found[name] = held_back(check, before) or self._made(check)
        return self._found[name]

    def findings(self) -> tuple[Finding, ...]:
        """Make all checks."""
        return tuple(self.finding(name) for name in self.checks)

    def _made(self, check: Check) -> Finding:
        """Call the function of a check; whatever it raises is a finding."""
        try:
            with contextlib.redirect_stdout(sys.stderr), guard():
                note = check.function(self.plugin, self.context)
        except Skip as skip:
            return check.finding("skipped", skip.message)
        except AssayError as error:
            reason = error.message if isinstance(error, ConformanceError) else reason_of(error)
            return check.finding("failed", reason, error.remedy or f"fix it in {self.context.origin}")
        return check.finding("ok", note)


def conform(host: Host, kind: str, name: str) -> tuple[Finding, ...]:
    """Check a plugin of a host against the rules of its kind, and return the finding of each.

    Checks run in this process, but for those that need a fresh one: `assay conform` survives what ends a process.
    Raises `UnknownName` for a kind or name that nothing has.
    """
    return Examination(host, kind, name).findings()


def kind_of(host: Host, name: str, kind: str | None = None) -> str:
    """Return the kind of what is announced under a name, of the `kind` given where several are.

    Raises `UnknownName` for a name that nothing has, and `ConformanceError` where what may have it cannot be used.
    """
    wanted = list(KINDS) if kind is None else [kind]
    checks(wanted[0])  # an unknown kind is refused before a name
    found = [noun for noun in wanted if any(plugin.name == name for plugin in host.every(KINDS[noun]))]
    if len(found) == 1:
        return found[0]
    if found:
        remedy = f"say which kind: {' or '.join(found)}"
        raise AssayError(f"{name!r} is the name of a {' and of a '.join(found)}", remedy=remedy)
    try:
        told = diagnose(host, name)
    except UnknownName:
        broken = [failure for failure in host.failures if failure.origin.path is not None]
        if broken:  # a file that was given for the sake of this name
            raise ConformanceError(broken[0].what, remedy=broken[0].remedy) from None
        if kind is not None:
            host.one(KINDS[kind], name)
        raise
    for diagnosis in told:
        if not diagnosis.usable:
            raise ConformanceError(
                " ".join(diagnosis.sentences).rstrip("."), remedy="; ".join(diagnosis.remedies) or None
            )
    if kind is not None:
        host.one(KINDS[kind], name)
    names = [item.plugin.name for item in host.found if item.origin.matches(name)]
    raise UnknownName(
        f"{name!r} is a plugin, and not one of the things that it announces",
        remedy=f"give one of {', '.join(names)}" if names else None,
    )


def held_back(check: Check, found: Mapping[str, Finding]) -> Finding | None:
    """Return that a check is not made, because one without which it tells nothing did not pass; None where all did."""
    broken = next((name for name in check.after if name in found and found[name].status != "ok"), None)
    if broken is None:
        return None
    return check.finding("skipped", f"tells nothing unless {broken} holds")
