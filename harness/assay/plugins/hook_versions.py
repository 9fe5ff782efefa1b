"""Versions of the hooks: plugins written for another one, and plugins that use something deprecated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import MISSING, dataclass, fields
from pathlib import Path

from assay.plugins.former_names import FORMER, UNTIL, used_in
from assay.plugins.hookspecs import HOOKS_VERSION, OLDEST_HOOKS_VERSION
from assay.plugins.host import DISTRIBUTION, Failure, Found, Origin
from assay.plugins.loading import Deprecated, Loading
from assay.plugins.types import Descriptor

DECLARED = "assay_hooks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deprecation:
    """What plugins should no longer use, until when it works, and what takes its place.

    `what` is a hook (`assay_corpora`), a field of a descriptor (`TokenizerPlugin.family`), or a public name
    (`assay.Only`).
    """

    what: str
    until: str
    instead: str


DEPRECATIONS: tuple[Deprecation, ...] = (  # a line here is all that it takes
    Deprecation(what="Provided.licence", until=UNTIL, instead="license"),
    *(Deprecation(what=f"assay.{old}", until=UNTIL, instead=f"assay.{new}") for old, new in FORMER.items()),
)


def incompatibility(
    declared: object, origin: Origin, version: int = HOOKS_VERSION, oldest: int = OLDEST_HOOKS_VERSION
) -> Failure | None:
    """Return why a plugin that declares this version of the hooks, or None for nothing, cannot be used, or None."""
    if declared is None:
        return None
    if not isinstance(declared, int) or isinstance(declared, bool) or declared < 1:
        message = f"{DECLARED} is {declared!r}, not the number of a version"
        remedy = f"write {DECLARED} = {version}"
    elif declared > version:
        message = f"it is written for hooks version {declared}, this is {version}"
        remedy = "pip install --upgrade assay-bench"
    elif declared < oldest:
        message = f"it is written for hooks version {declared}, this is {version} and takes {oldest} and later"
        remedy = f"pip install --upgrade {origin.distribution}" if origin.distribution else f"fix {origin.path}"
    else:
        return None
    remedy = f"{remedy}, or leave it out with --block {origin.block}"
    return Failure(origin=origin, stage="version", message=message, remedy=remedy)


def used(
    deprecations: Sequence[Deprecation], loadings: Iterable[Loading], found: Sequence[Found]
) -> Iterator[Deprecated]:
    """Yield what each plugin uses that is deprecated: a hook, a field not left at its default, or a public name."""
    for loading in loadings:
        names = [f"assay.{name}" for name in _former_names(loading)]
        descriptors = [item.plugin for item in found if item.origin == loading.origin]
        for deprecation in deprecations:
            owner, _, field = deprecation.what.rpartition(".")
            setters = [each.name for each in descriptors if field and owner and _sets(each, owner, field)]
            if setters or deprecation.what in (*loading.hooks, *names):
                yield Deprecated(
                    origin=loading.origin,
                    what=f"{deprecation.what} in {', '.join(setters)}" if setters else deprecation.what,
                    until=deprecation.until,
                    instead=deprecation.instead,
                )


def _former_names(loading: Loading) -> tuple[str, ...]:
    """The former public names in the plugin's module, which a plugin of ours never uses."""
    if loading.file is None or loading.origin.distribution == DISTRIBUTION:
        return ()
    try:
        return used_in(Path(loading.file).read_text("utf-8"))
    except (OSError, ValueError):
        return ()


def _sets(descriptor: Descriptor, owner: str, name: str) -> bool:
    if owner not in (kind.__name__ for kind in type(descriptor).__mro__):
        return False
    field = next(field for field in fields(descriptor) if field.name == name)
    default = field.default_factory() if field.default_factory is not MISSING else field.default
    return bool(getattr(descriptor, name) != default)
