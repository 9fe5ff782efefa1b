"""Writes the reference of the hooks, of what they yield, and of every type that a plugin meets, from the docstrings.

python docs/reference.py docs/reference.md
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import assay
from assay.plugins import hookspecs
from assay.plugins.types import Provided, TokenizerPlugin

BEHAVIOUR = ("Tokenizer", "TokenBytes", "Spans", "EncodeBatch", "SpecialIds", "Step", "Prefill")
TOOLS = ("lazy", "Supports", "Download", "AssayError", "Unavailable", "UnknownToken")
EXAMPLE = "For example:"
HEAD = """# Reference

Every hook, every field of what it yields, and every type that a plugin is given or gives, as the docstrings have it:
`make reference` writes this page. How it all fits together: [plugins.md](plugins.md). A first plugin, step by step:
[tutorial.md](tutorial.md).

## Hooks

A hook is a function in the module that the entry point names, marked with `@assay.hookimpl`. All but one are without
arguments. This is version {version} of the hooks: the module says `assay_hooks = {version}`. Each example is a whole
module, which `--plugin FILE` takes.
"""


class Undocumented(Exception):
    """Something on the page has no words of its own, or is not to be had from `import assay`."""


def page() -> str:
    """Give the whole page; raise `Undocumented` for what nothing can be said of."""
    kinds = list(hookspecs.PROVIDES.values())
    types, shorts = _met(kinds)
    behaviour = [getattr(assay, name) for name in BEHAVIOUR]
    parts = [HEAD.format(version=hookspecs.HOOKS_VERSION)]
    hooks = {**hookspecs.PROVIDES, hookspecs.READS: TokenizerPlugin}
    parts += [_hook(name, kind) for name, kind in hooks.items()]
    parts += ["## What they yield\n", _provided(), *map(_descriptor, kinds)]
    parts += ["## What a plugin can do\n", *map(_type, behaviour)]
    parts += ["## What a plugin is given, and gives\n", *(_type(each) for each in types if each not in behaviour)]
    parts += ["## Short names\n", "\n".join(f"- `{name}` is `{value}`" for name, value in sorted(shorts.items())), ""]
    parts += ["## Tools and errors\n", *(_type(getattr(assay, name)) for name in TOOLS)]
    return "\n".join(parts)


def _hook(name: str, kind: type) -> str:
    hook = getattr(hookspecs.Hooks, name, None)
    says = None if hook is None else inspect.getdoc(hook)
    if not says:
        raise Undocumented(f"the hook {name} has no docstring")
    words, _, example = says.partition(f"\n\n{EXAMPLE}\n\n")
    if not example:
        raise Undocumented(f"the docstring of the hook {name} has no example")
    reads = name == hookspecs.READS
    each = "It" if reads else "Each"
    return (
        f"### `{name}({'source' if reads else ''})`\n\n"
        f"{words}\n\n{each} is an [`assay.{kind.__name__}`](#assay{kind.__name__.lower()}).\n\n"
        f"```python\n{_spaced(textwrap.dedent(example))}\n```\n"
    )


def _spaced(code: str) -> str:
    """Have two empty lines around the functions and classes of an example, as a formatter of pages has them."""
    return re.sub(r"\n\n(?=@|def |class )|(?<=\n)( .*)\n\n(?=\S)", lambda found: f"{found[1] or ''}\n\n\n", code)


def _provided() -> str:
    _worded(Provided)
    return f"### Every kind\n\n{_says(Provided)}\n\n{_fields_of(Provided)}"


def _descriptor(kind: type) -> str:
    _worded(kind)
    return _type(kind)


def _worded(kind: type) -> None:
    """Refuse a descriptor whose docstring leaves out a field."""
    silent = [field for field in _fields(kind) if f"`{field}`" not in _says(kind)]
    if silent:
        raise Undocumented(f"the docstring of {kind.__name__} says nothing of {', '.join(silent)}")


def _type(thing: type) -> str:
    """The entry of a class or a function: docstring, fields, methods."""
    definition = _definition(thing)
    if thing.__name__ not in assay.__all__:
        raise Undocumented(f"a plugin meets {thing.__name__}, which `import assay` does not give")
    if isinstance(definition, ast.FunctionDef):
        return f"### `assay.{_call(definition)}`\n\n{_says(thing)}\n"
    parts = (f"### `assay.{thing.__name__}`\n", f"{_says(thing)}\n", _fields_of(thing), *_methods(thing))
    return "\n".join(filter(None, parts))


@functools.cache
def _source(thing: type) -> str:
    return textwrap.dedent(inspect.getsource(thing))


def _definition(thing: type) -> ast.ClassDef | ast.FunctionDef:
    (found,) = ast.parse(_source(thing)).body
    assert isinstance(found, ast.ClassDef | ast.FunctionDef)
    return found


def _says(thing: type) -> str:
    return _docstring(_definition(thing), thing.__name__)


def _docstring(definition: ast.ClassDef | ast.FunctionDef, name: str) -> str:
    doc = ast.get_docstring(definition)
    if not doc:
        raise Undocumented(f"{name} has no docstring")
    return doc


def _fields(thing: type) -> dict[str, ast.AnnAssign | ast.Assign]:
    """The fields of a class, or the members of an enumeration, by name."""
    lines = [line for line in _definition(thing).body if isinstance(line, ast.AnnAssign | ast.Assign)]
    return {ast.unparse(line.target if isinstance(line, ast.AnnAssign) else line.targets[0]): line for line in lines}


def _fields_of(thing: type) -> str:
    """The fields as they are written: `lossless: bool = True`."""
    lines = [str(ast.get_source_segment(_source(thing), line)) for line in _fields(thing).values()]
    return "\n".join(("```python", *lines, "```\n")) if lines else ""


def _functions(thing: type) -> list[ast.FunctionDef]:
    """The methods and properties of a class that are meant for others."""
    functions = [each for each in _definition(thing).body if isinstance(each, ast.FunctionDef)]
    return [each for each in functions if each.name in ("__call__", "__iter__") or not each.name.startswith("_")]


def _methods(thing: type) -> Iterator[str]:
    for each in _functions(thing):
        doc = textwrap.indent(_docstring(each, f"{thing.__name__}.{each.name}"), "  ").lstrip()
        yield f"- `{_call(each)}`: {doc}\n"


def _call(function: ast.FunctionDef) -> str:
    """How a function is called and what it answers: `value(name: str) -> Value | None`."""
    answer = f" -> {ast.unparse(function.returns)}" if function.returns else ""
    if "property" in map(ast.unparse, function.decorator_list):
        return f"{function.name}{answer}"
    arguments = ast.unparse(function.args).removeprefix("self").removeprefix("cls").removeprefix(", ")
    return f"{function.name}({arguments}){answer}"


def _met(kinds: list[type]) -> tuple[list[type], dict[str, str]]:
    """What stands in the fields and methods of these, and in those of what stands there: types, and short names."""
    waiting, shorts = [*kinds, Provided], dict[str, str]()
    for thing in waiting:  # grows meanwhile
        for name in _names(thing):
            found = vars(sys.modules[thing.__module__]).get(name)
            parts = (found,) if inspect.isclass(found) else get_args(found)
            if not inspect.isclass(found) and parts:
                shorts[name] = re.sub(r"\b(typing|assay)\.(\w+\.)*", "", str(found)).replace("'", '"')
            types = (each for each in parts if inspect.isclass(each) and each.__module__.startswith("assay."))
            waiting += [each for each in types if each not in waiting]
    return waiting[len(kinds) + 1 :], shorts


def _names(thing: type) -> dict[str, None]:
    """The names in the annotations of a class."""
    annotations = [line.annotation for line in _fields(thing).values() if isinstance(line, ast.AnnAssign)]
    for function in _functions(thing):
        arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
        annotations += [each.annotation for each in arguments if each.annotation]
        annotations += [function.returns] if function.returns else []
    nodes = (node for annotation in annotations for node in ast.walk(annotation))
    return dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
