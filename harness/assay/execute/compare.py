"""Comparisons that are begun from Python, with functions and objects beside names of plugins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from assay.errors import AssayError
from assay.execute.from_python import names_of, with_lists
from assay.execute.functions import ATTENTION, TOKENIZER, attention_of, corpora_of, tokenizer_of
from assay.execute.job import run
from assay.execute.suites import of_workloads
from assay.plugins.discovery import discover
from assay.plugins.host import Host
from assay.plugins.tokenizer_files import is_source
from assay.plugins.types import AttentionPlugin, CorpusPlugin, Document, Provided, TokenizerPlugin
from assay.plugins.validation import validate
from assay.records.results import Outcome
from assay.records.settings import Settings
from assay.records.workload import Workload
from assay.tokenizer.answers import typed

HELD_OUT = 0.1
P = TypeVar("P", TokenizerPlugin, AttentionPlugin, CorpusPlugin)
Text = str | Sequence[str | Document]


def compare_tokenizers(
    tokenizers: Mapping[str, Any],
    *,
    text: Text | Mapping[str, Text] | None = None,
    corpora: str | Path | Iterable[str | Path] | None = None,
    factories: Iterable[str] = (),
    **options: Any,
) -> Outcome:
    """Compare tokenizers by name: functions, objects and classes of yours, and plugins.

    A value is `encode(text)`, an object that has `encode`, a class of such objects, an `assay.TokenizerPlugin`, or the
    name or file of a tokenizer. A class is built with the training text where it cannot be built without. `factories`
    names functions that give a tokenizer, as a class does. `text` is a string, a list of strings or
    documents, or a dict of these by name; or `corpora` names texts. The other `options` are those of `assay.run`.

    Where one of them is trained, a tenth of the text is held out in a second row; else the text has one row.

    Raises `AssayError` for what is not a tokenizer, and for what cannot be sent to the processes that measure it.
    """
    named = _named("tokenizers", tokenizers, TOKENIZER)
    chosen = _names(factories, named)
    host = _host(options)
    plugins: list[TokenizerPlugin] = []
    words: list[str] = []
    for name, given in named.items():
        if not isinstance(given, str | Path):
            plugins.append(_new(host, tokenizer_of(name, given, factory=name in chosen)))
            words.append(name)
        elif is_source(host, str(given)):
            words.append(str(given) if name == str(given) else f"{name}={given}")
        else:
            plugins += _alias(host, TokenizerPlugin, name, str(given))
            words.append(name)
    objects: list[Provided] = [*plugins]
    if text is not None:
        texts = [_new(host, corpus) for corpus in corpora_of(text)]
        objects += texts
        corpora = [*(each.name for each in texts), *([] if corpora is None else names_of("corpora", corpora))]
    elif corpora is None:
        raise AssayError(
            "there is no text to compare tokenizers on", remedy='give text="..." or corpora=["the-verdict"]'
        )
    known = {plugin.name: plugin for plugin in (*host.every(TokenizerPlugin), *plugins)}
    trained = any(not known[word].pretrained for word in words if word in known)
    usual: dict[str, Any] = {"held_out": HELD_OUT if trained else 0.0, "attentions": "none"}
    return run(**usual | options | _with(options, objects), tokenizers=words, corpora=corpora)


def compare_attention(
    attentions: Mapping[str, Any],
    *,
    workload: str | Workload | Iterable[str | Workload],
    factories: Iterable[str] = (),
    **options: Any,
) -> Outcome:
    """Compare attention implementations by name: functions and objects of yours, and plugins.

    A value is `step(q, k, v)`, `build(workload, weights)`, an `assay.AttentionPlugin`, or the name of an attention.
    What must have exactly two arguments is `build`; `factories` names others that are. A class is made without
    arguments, and its object is the step. `workload` is an id, an `assay.Workload`, or a list of them. The other
    `options` are those of `assay.run`.

    Raises `AssayError` for what is not an attention, and for what cannot be sent to the processes that measure it.
    """
    named = _named("attentions", attentions, ATTENTION)
    chosen = _names(factories, named)
    ids = names_of("workload", workload)
    if not ids:
        raise AssayError("there is no workload", remedy="an id looks like core/fwd/causal/b1.h8.s1024.d64/f32/cpu.t1")
    asked = of_workloads(ids).workloads
    host = _host(options)
    plugins: list[AttentionPlugin] = []
    for name, given in named.items():
        if isinstance(given, str):
            plugins += _alias(host, AttentionPlugin, name, given)
        else:
            plugins.append(_new(host, attention_of(name, given, asked, factory=name in chosen)))
    usual: dict[str, Any] = {"threads": asked[0].threads}
    usual |= {} if any(each.source for each in asked) else {"corpora": "none"}
    return run(**usual | options | _with(options, plugins), attentions=list(named), workloads=ids)


def _named(what: str, given: object, remedy: str) -> dict[str, Any]:
    """The values by their names, which must be good ones."""
    if not isinstance(given, Mapping):
        raise AssayError(f"{what} is {typed(given)}, not a dict", remedy=f"name each in a dict, and {remedy}")
    if not given:
        raise AssayError(f"there are no {what}", remedy=remedy)
    for name in given:
        if not isinstance(name, str):
            raise AssayError(
                f"{what} names {typed(name)}, and a name is a text", remedy=f"name each in a dict, and {remedy}"
            )
    return dict(given)


def _names(factories: Iterable[str], named: Mapping[str, Any]) -> frozenset[str]:
    chosen = (factories,) if isinstance(factories, str) else tuple(factories)
    for name in chosen:
        if name not in named:
            raise AssayError(
                f"factories names {name!r}, which is not compared", remedy=f"there are: {', '.join(named)}"
            )
    return frozenset(chosen)


def _host(options: Mapping[str, Any]) -> Host:
    """The plugins that the options leave, by which names are told from files."""
    given = with_lists({name: value for name, value in options.items() if name in ("plugins", "block", "load")})
    settings = options.get("settings") or Settings()
    plugins, block, load = (given.get(name) or getattr(settings, name) for name in ("plugins", "block", "load"))
    return discover(plugins, block, load, timeout_s=options.get("timeout_s") or settings.timeout_s)


def _new(host: Host, plugin: P) -> P:
    """Return a plugin whose name is good and belongs to no other."""
    fault = validate(plugin)
    if fault is not None:
        raise AssayError(fault, remedy="give it another name")
    for other in host.every(type(plugin)):
        if other.name == plugin.name:
            raise AssayError(
                f"{plugin.name!r} is the name of a plugin that is installed, and of an object that was handed over",
                remedy="give the object another name",
            )
    return plugin


def _alias(host: Host, kind: type[P], name: str, plugin: str) -> list[P]:
    """A plugin under another name, nothing where the name is its own; raises `UnknownName`."""
    found = host.one(kind, plugin)
    return [] if name == found.name else [_new(host, replace(found, name=name))]


def _with(options: Mapping[str, Any], objects: Sequence[Provided]) -> dict[str, Any]:
    """The plugins of the options, and objects beside them."""
    settings = options.get("settings") or Settings()
    own = with_lists({"plugins": options.get("plugins")}).get("plugins") or settings.plugins
    return {"plugins": [*own, *objects]} if objects else {}
