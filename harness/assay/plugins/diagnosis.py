"""The status of each plugin, and why one of a given name can or cannot be used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from assay.errors import UnknownName
from assay.plugins.hookspecs import HOOKS_VERSION
from assay.plugins.host import Failure, Host, Origin
from assay.plugins.loading import Deprecated, Excluded, Loading
from assay.plugins.types import NAMES_OF_KINDS, Descriptor, Missing, TokenizerPlugin
from assay.records.near_names import did_you_mean, near_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What a plugin announces, and what it lacks here."""

    plugin: Descriptor
    missing: Missing | None

    @property
    def kind(self) -> str:
        """Its kind in one word: `tokenizer`."""
        return next(noun for kind, noun in NAMES_OF_KINDS.items() if isinstance(self.plugin, kind))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One plugin: what was loaded, what it announces, and what went wrong."""

    origin: Origin
    loading: Loading | None = None
    announced: tuple[Announced, ...] = ()
    failures: tuple[Failure, ...] = ()
    deprecated: tuple[Deprecated, ...] = ()
    excluded: Excluded | None = None

    @property
    def status(self) -> str:
        """`left out`, `failed` where anything did, `missing` where nothing that it announces is ready, or `ready`."""
        if self.excluded is not None:
            return "left out"
        if self.failures:
            return "failed"
        lacking = [each for each in self.announced if each.missing is not None]
        return "missing" if lacking and len(lacking) == len(self.announced) else "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Whether one thing can be used, in sentences, with what to do where it cannot."""

    subject: str
    usable: bool
    sentences: tuple[str, ...]
    remedies: tuple[str, ...] = ()


def standings(host: Host) -> tuple[Standing, ...]:
    """Return the status of every plugin that was found."""
    excluded = {each.origin: each for each in host.excluded}
    loadings = {each.origin: each for each in host.loadings}
    origins = dict.fromkeys([*loadings, *(each.origin for each in host.failures), *excluded])
    return tuple(
        Standing(
            origin=origin,
            loading=loadings.get(origin),
            announced=tuple(
                Announced(plugin=item.plugin, missing=host.missing(item.plugin))
                for item in host.found
                if item.origin == origin
            ),
            failures=tuple(each for each in host.failures if each.origin == origin),
            deprecated=tuple(each for each in host.deprecated if each.origin == origin),
            excluded=excluded.get(origin),
        )
        for origin in origins
    )


def diagnose(host: Host, name: str) -> tuple[Diagnosis, ...]:
    """Explain why what has this name can or cannot be used.

    `name` is that of anything announced, a tokenizer for example, or a plugin as `--block` takes it. Raises
    `UnknownName` with the nearest names.
    """
    known = standings(host)
    found = (*_of_things(known, name), *_of_plugins(known, name))
    if not found:
        raise _unknown(known, name)
    return found


def _of_things(known: Sequence[Standing], name: str) -> Iterator[Diagnosis]:
    """What is announced under a name: ready, lacking something, refused, or claimed by several."""
    told: set[str] = set()
    announced = any(each.plugin.name == name for standing in known for each in standing.announced)
    for standing in known:
        for each in standing.announced:
            if each.plugin.name == name:
                lacks = each.missing
                verdict = (
                    f"{each.kind} {name} can be used: {each.plugin.summary}."
                    if lacks is None
                    else f"{each.kind} {name} cannot be used here: {lacks.what}."
                )
                yield Diagnosis(
                    subject=f"{each.kind} {name}",
                    usable=lacks is None,
                    sentences=(
                        verdict,
                        *_whence(standing, "It is announced by"),
                        *_versions(standing),
                        *_training(each.plugin),
                    ),
                    remedies=() if lacks is None else (lacks.remedy,),
                )
        for failure in standing.failures:
            beside = failure.stage == "clash" and announced  # one of ours has the name
            if failure.name == name and failure.message not in told and not beside:
                told.add(failure.message)
                clash = failure.stage == "clash"
                yield Diagnosis(
                    subject=f"{failure.kind} {name}",
                    usable=False,
                    sentences=(
                        f"{failure.kind} {name} cannot be used: {failure.message}.",
                        *(("It belongs to neither until one of them is left out.",) if clash else ()),
                        *(() if clash else _whence(standing, "It is announced by")),
                    ),
                    remedies=(failure.remedy,),
                )


def _of_plugins(known: Sequence[Standing], name: str) -> Iterator[Diagnosis]:
    for standing in known:
        if standing.origin.matches(name):
            subject = f"plugin {standing.origin.block}"
            yield Diagnosis(
                subject=subject,
                usable=standing.status == "ready",
                sentences=(
                    _verdict(standing, subject),
                    *_whence(standing, "It is"),
                    *_versions(standing),
                    *_announces(standing),
                    *(f"Not usable: {each.what}." for each in standing.failures if each.name is not None),
                    *(f"Deprecated: {each}." for each in standing.deprecated),
                ),
                remedies=_remedies(standing),
            )


def _verdict(standing: Standing, subject: str) -> str:
    whole = [each for each in standing.failures if each.name is None]
    if standing.excluded is not None:
        return f"{subject} was not loaded, because of {standing.excluded.because}."
    if standing.status == "missing":
        return f"{subject} is loaded, and nothing that it announces can be used here."
    if standing.status == "ready":
        return f"{subject} can be used."
    if standing.loading is None:
        return f"{subject} {whole[0].what}."
    return f"{subject} can be used in part{''.join(f'; it {each.what}' for each in whole)}."


def _whence(standing: Standing, how: str) -> Iterator[str]:
    origin = standing.origin
    loaded = standing.loading
    if origin.path is not None:
        yield f"{how} the file {Path(origin.path).resolve()}{_took(loaded)}."
    else:
        whose = f"of {origin.distribution} {origin.version}, " if origin.distribution else ""
        lies = f"loaded from {loaded.file}" if loaded and loaded.file else f"installed in {_folder(origin)}"
        yield f"{how} the entry point {origin.entry_point} = {origin.target} {whose}{lies}{_took(loaded)}."


def _took(loaded: Loading | None) -> str:
    return "" if loaded is None else f"; its import took {1000 * loaded.import_s:.1f} ms in this process"


def _folder(origin: Origin) -> str:
    try:
        return str(metadata.distribution(origin.distribution or "").locate_file("")).rstrip("/")
    except (metadata.PackageNotFoundError, ValueError):
        return "a folder of sys.path"


def _versions(standing: Standing) -> Iterator[str]:
    loaded = standing.loading
    if loaded is not None:
        hooks = ", ".join(dict.fromkeys(loaded.hooks))
        written = f"is written for version {loaded.written_for} of the hooks"
        silent = "does not say for which version of the hooks it is written"
        said = silent if loaded.written_for is None else written
        yield f"It implements {hooks}, and {said}; this is version {HOOKS_VERSION}."


def _training(plugin: Descriptor) -> Iterator[str]:
    if isinstance(plugin, TokenizerPlugin) and plugin.trained_on:
        yield f"Its vocabulary was trained on: {plugin.trained_on}."


def _announces(standing: Standing) -> Iterator[str]:
    if standing.loading is None:
        return
    by_kind: dict[str, list[str]] = {}
    for each in standing.announced:
        by_kind.setdefault(each.kind, []).append(each.plugin.name)
    listed = "; ".join(f"{kind} {', '.join(names)}" for kind, names in by_kind.items())
    yield f"It announces {listed or 'nothing that can be used'}."
    lacking: dict[str, list[str]] = {}
    for each in standing.announced:
        if each.missing is not None:
            lacking.setdefault(each.missing.what, []).append(each.plugin.name)
    for what, names in lacking.items():
        yield f"Not usable here: {', '.join(names)}: {what}."


def _remedies(standing: Standing) -> tuple[str, ...]:
    lacks = [each.missing.remedy for each in standing.announced if each.missing is not None]
    excluded = [] if standing.excluded is None else [standing.excluded.remedy]
    remedies = [*excluded, *(each.remedy for each in standing.failures), *lacks]
    uninstall = f"pip uninstall {standing.origin.distribution}"
    told = any(uninstall in remedy for remedy in remedies)
    if standing.failures and standing.origin.distribution and standing.loading is None and not told:
        remedies.append(f"to be rid of it: {uninstall}")
    return tuple(dict.fromkeys(remedies))


def _unknown(known: Sequence[Standing], name: str) -> UnknownName:
    names = {each.plugin.name for standing in known for each in standing.announced}
    names |= {failure.name for standing in known for failure in standing.failures if failure.name}
    names |= {called for standing in known for called in standing.origin.names}
    out = [standing.origin.block for standing in known if standing.excluded]
    remedy = did_you_mean(near_names(name, sorted(names), cutoff=0.5), "see `assay list --verbose`")
    if out:
        remedy += f"; not loaded, so unknown, is what {', '.join(out)} may announce"
    return UnknownName(f"there is no plugin {name!r}, and nothing that one announces", remedy=remedy)
