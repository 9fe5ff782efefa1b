"""Which code of a plugin ran: its distribution or file, where it came from, and a hash."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

DIGITS = 12
MOST_NAMED = 4
HARNESS = "harness"


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginCode:
    """The code of a plugin that has a part in a run, as it was then.

    `kind` and `name` are those of the plugin, `summary` and `license` what it announces, `origin` whose it is in words.
    The kind is `harness` for Assay itself, and `plugin` for a plugin that could not be loaded. `failure` and `remedy`
    say why a plugin could not be used, and what to do. `source` is the sort of origin: an installed `distribution`, a
    plugin `file`, a `module` without a distribution, or an `object` that was handed over in Python.

    `direct_url` is that of the distribution as PEP 610 has it, without users, passwords and tokens; None for one that
    was installed by its name. `revision` is the commit of an editable one, with a plus sign where files were changed.
    `path` is the file, or the folder of the code where that is not where the distribution is installed. `sha256` is
    over the files that `covers` names; None where no file is known. `recorded` is when it was computed.
    """

    kind: str
    name: str
    origin: str
    source: Literal["distribution", "file", "module", "object"]
    recorded: str
    summary: str = ""
    license: str = "unstated"
    distribution: str | None = None
    version: str | None = None
    direct_url: Mapping[str, Any] | None = None
    revision: str | None = None
    path: str | None = None
    sha256: str | None = None
    covers: str | None = None
    failure: str | None = None
    remedy: str | None = None

    @property
    def package(self) -> str:
        """The distribution with its version, or the file or object."""
        return self.path or self.origin if self.distribution is None else f"{self.distribution} {self.version}"

    @property
    def short(self) -> str:
        """The first digits of the hash, as tables have it."""
        return "-" if self.sha256 is None else self.sha256[:DIGITS]

    @property
    def came_from(self) -> str:
        """Where the code came from, in words."""
        if self.source != "distribution":
            return self.path or "an object in Python"
        direct = self.direct_url or {}
        url = direct.get("url")
        editable = (direct.get("dir_info") or {}).get("editable")
        commit = (direct.get("vcs_info") or {}).get("commit_id") or self.revision
        parts = ["installed by name" if url is None else f"editable from {url}" if editable else str(url)]
        parts += [f"but loaded from {self.path}"] if self.path else []
        parts += [f"at {commit if str(commit).endswith('+') else str(commit)[:DIGITS]}"] if commit else []
        return ", ".join(parts)


def code_of(codes: Iterable[PluginCode], kind: str, name: str) -> PluginCode | None:
    """Return the code of a plugin; None where it is not recorded."""
    return next((code for code in codes if (code.kind, code.name) == (kind, name)), None)


def by_package(codes: Iterable[PluginCode], *, licenses: bool = False) -> tuple[list[PluginCode], ...]:
    """Return the codes that have the package, where it came from and the hash in common, or the license too."""
    found: dict[tuple[str, ...], list[PluginCode]] = {}
    for code in codes:
        found.setdefault((code.package, code.came_from, code.short, code.license if licenses else ""), []).append(code)
    return tuple(found.values())


def other_code(before: Iterable[PluginCode], after: Iterable[PluginCode]) -> tuple[str, ...]:
    """Return a text for each package whose code is not the same: `p 1 (12ab) -> p 2 (34cd): tokenizers a, b`.

    Plugins of which one side knows no code are left out.
    """
    known: dict[tuple[str, str], list[PluginCode]] = {}
    for code in before:
        known.setdefault((code.kind, code.name), []).append(code)
    found: dict[str, list[PluginCode]] = {}
    for code in after:
        earlier = known.get((code.kind, code.name), [])
        if code.sha256 and all(one.sha256 for one in earlier) and earlier and _hashes(earlier) != {code.sha256}:
            olds = dict.fromkeys(f"{one.package} ({one.short})" for one in earlier)
            found.setdefault(f"{', '.join(olds)} -> {code.package} ({code.short})", []).append(code)
    return tuple(f"{what}: {names_of(codes)}" for what, codes in found.items())


def changed_code(codes: Iterable[PluginCode]) -> tuple[str, ...]:
    """Return a warning where code changed within a run, between its beginning and a later part; else nothing."""
    first: dict[tuple[str, str], PluginCode] = {}
    later = [code for code in codes if first.setdefault((code.kind, code.name), code) is not code]
    changed = "; ".join(other_code(first.values(), later))
    warning = f"The run was resumed with other code: {changed}. `assay show --json` tells the code of each row."
    return (warning,) if changed else ()


def names_of(codes: Sequence[PluginCode], most: int | None = MOST_NAMED) -> str:
    """Name plugins by their kinds: `tokenizers gpt2, regex; corpus the-verdict`."""
    kinds: dict[str, dict[str, None]] = {}
    for code in codes[:most]:
        kinds.setdefault(code.kind, {})[code.name] = None
    more = f" and {len(codes) - most} more" if most is not None and len(codes) > most else ""
    return "; ".join(_named(kind, tuple(names)) for kind, names in kinds.items()) + more


def _named(kind: str, names: tuple[str, ...]) -> str:
    if kind == HARNESS:
        return "the harness"
    several = {"corpus": "corpora"}.get(kind, f"{kind}s") if len(names) > 1 else kind
    return f"{several} {', '.join(names)}"


def _hashes(codes: Iterable[PluginCode]) -> set[str | None]:
    return {code.sha256 for code in codes}


def latest(codes: Iterable[PluginCode]) -> Iterator[PluginCode]:
    """Yield the codes, of a plugin that has several only the last one."""
    yield from {(code.kind, code.name): code for code in codes}.values()
