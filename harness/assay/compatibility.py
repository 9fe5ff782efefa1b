"""Plugins of other times: written for a later version of the hooks, or using what will go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import MISSING, dataclass, fields

from assay.contracts import Descriptor
from assay.hookspecs import HOOKS_VERSION, OLDEST_HOOKS_VERSION, PROVIDES
from assay.host import Deprecated, Found, Loading, Origin

DECLARED = "assay_hooks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deprecation:
    """What plugins should no longer use, until when it works, and what takes its place.

    `what` is a hook (`assay_corpora`) or a field of a descriptor (`TokenizerPlugin.family`).
    """

    what: str
    until: str
    instead: str


# Empty: nothing is deprecated in version 1 of the hooks. A line here is all that it takes.
DEPRECATIONS: tuple[Deprecation, ...] = ()


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why a plugin cannot be used with this version, and what to do."""

    message: str
    remedy: str


def unfit(
    declared: object, origin: Origin, version: int = HOOKS_VERSION, oldest: int = OLDEST_HOOKS_VERSION
) -> Unfit | None:
    """Say why a plugin cannot be used that declares this version of the hooks, or None for nothing, if it can."""
    if declared is None:
        return None
    if not isinstance(declared, int) or isinstance(declared, bool) or declared < 1:
        message = f"{DECLARED} is {declared!r}, not the number of a version"
        return Unfit(message, f"write {DECLARED} = {version}, or leave it out with --block {origin.block}")
    if declared > version:
        message = f"it is written for hooks version {declared}, this is {version}"
        return Unfit(message, f"pip install --upgrade assay, or leave it out with --block {origin.block}")
    if declared < oldest:
        message = f"it is written for hooks version {declared}, this is {version} and takes {oldest} and later"
        newer = f"pip install --upgrade {origin.distribution}" if origin.distribution else f"mend {origin.path}"
        return Unfit(message, f"{newer}, or leave it out with --block {origin.block}")
    return None


def used(
    deprecations: Sequence[Deprecation], loadings: Iterable[Loading], found: Sequence[Found]
) -> Iterator[Deprecated]:
    """Note what each plugin uses that is deprecated: a hook, or a field that is not left at its default."""
    for loading in loadings:
        descriptors = [item.plugin for item in found if item.origin == loading.origin]
        for deprecation in deprecations:
            owner, _, field = deprecation.what.rpartition(".")
            setters = [each.name for each in descriptors if field and owner and _sets(each, owner, field)]
            if setters or deprecation.what in loading.hooks:
                yield Deprecated(
                    origin=loading.origin,
                    what=f"{deprecation.what} in {', '.join(setters)}" if setters else deprecation.what,
                    until=deprecation.until,
                    instead=deprecation.instead,
                )


def known(deprecation: Deprecation) -> bool:
    """Whether a deprecation speaks of a hook or a field that there is: a typing error would never be noticed."""
    kinds = {kind for provided in PROVIDES.values() for kind in provided.__mro__ if kind is not object}
    names = {f"{kind.__name__}.{field.name}" for kind in kinds for field in fields(kind)}
    return deprecation.what in names | PROVIDES.keys()


def _sets(descriptor: Descriptor, owner: str, name: str) -> bool:
    if owner not in (kind.__name__ for kind in type(descriptor).__mro__):
        return False
    field = next(field for field in fields(descriptor) if field.name == name)
    default = field.default_factory() if field.default_factory is not MISSING else field.default
    return bool(getattr(descriptor, name) != default)
