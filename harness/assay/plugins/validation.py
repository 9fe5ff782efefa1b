"""Validation of plugins: they need no type checker, so their mistakes are found here."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import get_args

import pluggy

from assay.errors import AssayError
from assay.plugins.hookspecs import PROVIDES, READS, Hooks
from assay.plugins.types import NORMALIZATIONS, Descriptor, MetricPlugin, SpecialTokens, TokenizerPlugin
from assay.records.metric_catalogue import definition
from assay.records.near_names import did_you_mean, near_names
from assay.records.report_data import Shown
from assay.records.text import encodable, name_fault, quoted

# What a row says of itself beside its metrics, in JSON and to `assay show --columns`.
OF_ROWS = frozenset(
    (
        *("run", "case", "code", "group", "kind", "plugin", "tokenizer", "attention", "corpus", "split", "workload"),
        *("status", "busy", "reason", "remedy", "expected"),
    )
)
NOT_IN_NAMES = frozenset(",*?[]/\\\n\t ")
TEXTS = frozenset(
    (
        *("summary", "license", "licence", "trained_on"),
        *("title", "author", "source", "language", "kind", "unit", "suffix"),
    )
)
CALLABLES = frozenset({"build", "unsupported", "documents", "write", "open"})
OPTIONAL_CALLABLES = frozenset({"missing", "peak_bytes", "flop", "of_tokens", "of_row"})
FLAGS = frozenset({"pretrained", "lossless", "closed_vocabulary", "thread_safe", "compiles", "exact", "isolated"})
EMPTY_ROWS = ("zero", "nan", "unstated")
SHOWN: tuple[str, ...] = get_args(Shown)


class NoHooks(AssayError):
    """What was loaded has no hooks that can be called; says why."""


@dataclass(frozen=True, slots=True)
class Hook:
    """One hook that a plugin implements."""

    name: str
    call: Callable[..., object]


def hooks_of(plugin: object, name: str) -> list[Hook]:
    """Return the hooks that a plugin implements, in the order of the specification; `name` is its own.

    Those that this version does not know are passed over if they are marked `optionalhook=True`. Raises `NoHooks`
    with a sentence that says what is wrong.
    """
    if plugin is None:
        raise NoHooks("its entry point is None, not a module or an object with hooks")
    manager = pluggy.PluginManager("assay")
    manager.add_hookspecs(Hooks)
    marked = dict(_marked(manager, plugin))
    for hook, function in marked.items():
        if hook == READS:
            continue
        if hook not in PROVIDES:
            question = did_you_mean(near_names(hook, (*PROVIDES, READS), most=1))
            raise NoHooks(f"it has '{hook}', which is no hook" + (f"; {question}" if question else ""))
        if arguments := _required(function):
            raise NoHooks(f"{hook} takes no arguments, and here it has {', '.join(arguments)}")
    if not marked:
        bare = [hook for hook in (*PROVIDES, READS) if callable(getattr(plugin, hook, None))]
        raise NoHooks("it implements no hook" + (f"; {bare[0]} is not marked" if bare else ""))
    manager.register(plugin, name=name)
    manager.check_pending()
    hooks = (*PROVIDES, READS)
    return [Hook(hook, each.function) for hook in hooks for each in getattr(manager.hook, hook).get_hookimpls()]


def _marked(manager: pluggy.PluginManager, plugin: object) -> Iterator[tuple[str, Callable[..., object]]]:
    """What is marked with `hookimpl`, by the name of the hook."""
    for attribute in dir(plugin):
        options = manager.parse_hookimpl_opts(plugin, attribute)
        if options is not None:
            hook = options["specname"] or attribute
            if hook in (*PROVIDES, READS) or not options["optionalhook"]:
                yield hook, getattr(plugin, attribute)


def _required(function: Callable[..., object]) -> list[str]:
    """The arguments without which a function cannot be called."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [each.name for each in parameters if each.default is each.empty and each.kind not in optional]


def validate(descriptor: Descriptor) -> str | None:
    """Return what is wrong with a descriptor, or None."""
    name: object = descriptor.name
    if not (isinstance(name, str) and name.strip() and not set(name) & NOT_IN_NAMES and encodable(name) == name):
        return f"{name!r} cannot be a name: no white space, comma, slash, wildcard or half a character"
    fault = name_fault(name)
    if fault is not None:
        return f"{quoted(name)} cannot be a name: {fault}"
    for field in fields(descriptor):
        wanted = _wanted(field.name, getattr(descriptor, field.name))
        if wanted is not None:
            return f"{field.name} of {name} is {getattr(descriptor, field.name)!r}, not {wanted}"
    if isinstance(descriptor, TokenizerPlugin):
        return _validate_tokenizer(descriptor)
    return _validate_metric(descriptor) if isinstance(descriptor, MetricPlugin) else None


def _validate_tokenizer(plugin: TokenizerPlugin) -> str | None:
    if plugin.trained_on and not plugin.pretrained:
        return f"trained_on of {plugin.name} is for a pretrained one: set pretrained=True, or leave trained_on out"
    unknown = next((name for name in plugin.normalization if name not in NORMALIZATIONS), None)
    if unknown is None:
        return None
    question = did_you_mean(near_names(unknown, NORMALIZATIONS), f"known are {', '.join(NORMALIZATIONS)}")
    return f"normalization of {plugin.name} names {unknown!r}, which Assay does not know; {question}"


def _validate_metric(plugin: MetricPlugin) -> str | None:
    if plugin.of_tokens is None and plugin.of_row is None:
        return f"{plugin.name} has neither of_tokens nor of_row"
    if plugin.name in OF_ROWS:
        return f"a metric cannot be named {plugin.name!r}, as rows have that beside their metrics: give it another name"
    if definition(plugin.name) is not None:
        return f"the metric name {plugin.name!r} is one of Assay's own, see docs/metrics.md: give it another name"
    return None


def _wanted(name: str, value: object) -> str | None:
    """What a field should be, where it is not."""
    rules: tuple[tuple[frozenset[str], Callable[[object], bool], str], ...] = (
        (TEXTS, lambda found: isinstance(found, str), "text"),
        (CALLABLES, callable, "a callable"),
        (OPTIONAL_CALLABLES, lambda found: found is None or callable(found), "a callable or None"),
        (FLAGS, lambda found: isinstance(found, bool), "True or False"),
        (
            frozenset({"sha256", "same_ids_as", "family", "approximate"}),
            lambda found: found is None or isinstance(found, str),
            "text or None",
        ),
        (frozenset({"splits_at"}), _expression, "a regular expression, or None"),
        (frozenset({"specials"}), lambda found: isinstance(found, SpecialTokens), "assay.SpecialTokens"),
        (frozenset({"requires"}), _texts, "a tuple of requirements"),
        (frozenset({"files"}), _texts, "a tuple of paths"),
        (frozenset({"normalization"}), _texts, f"a tuple of names among {', '.join(NORMALIZATIONS)}"),
        (frozenset({"empty_rows"}), EMPTY_ROWS.__contains__, f"one of {', '.join(EMPTY_ROWS)}"),
        (frozenset({"shows"}), _shown, f"a tuple of {', '.join(SHOWN)}"),
        (frozenset({"suffix"}), lambda found: str(found).startswith("."), "the end of a file's name, such as .html"),
    )
    return next((wanted for names, fits, wanted in rules if name in names and not fits(value)), None)


def _expression(value: object) -> bool:
    try:
        return value is None or (isinstance(value, str) and re.compile(value) is not None)
    except re.error:
        return False


def _shown(value: object) -> bool:
    return isinstance(value, tuple | list) and len(value) > 0 and all(item in SHOWN for item in value)


def _texts(value: object) -> bool:
    return isinstance(value, tuple | list) and all(isinstance(item, str) for item in value)
