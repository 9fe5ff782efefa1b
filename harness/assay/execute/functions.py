"""What a user hands over in Python, made into descriptors: functions, objects and classes, and texts."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assay.errors import AssayError
from assay.plugins.types import AttentionPlugin, CorpusPlugin, Document, Step, Tokenizer, TokenizerPlugin, Weights
from assay.records.workload import Workload
from assay.tokenizer.answers import typed
from assay.tokenizer.python_tokenizer import as_whole

TOKENIZER = "give encode(text), an object that has encode, a class of such objects, a plugin, or a name"
ATTENTION = "give step(q, k, v), build(workload, weights), a plugin, or a name"
TEXTS = "give a string, a list of strings or of assay.Document, or a dict of these by name"
FROM = "from Python"
TEXT = "text"


@dataclass(frozen=True, slots=True)
class BuildTokenizer:
    """Builds what was handed over: the object itself, or what a class or function makes of the training text."""

    given: Any
    factory: bool
    takes_text: bool

    def __call__(self, training_text: str) -> Tokenizer:
        """Build the tokenizer."""
        built = self.given if not self.factory else self.given(training_text) if self.takes_text else self.given()
        return as_whole(built)


@dataclass(frozen=True, slots=True)
class BuildStep:
    """Builds the step that was handed over: the function itself, or an object of its class."""

    given: Any
    factory: bool

    def __call__(self, workload: Workload, weights: Weights | None) -> Step:
        """Return the step, the same for each workload."""
        return self.given() if self.factory else self.given  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Alike:
    """Takes workloads that differ from those that were asked for in size alone: a function is written for these."""

    asked: tuple[Workload, ...]

    def __call__(self, workload: Workload) -> str | None:
        """Return why a workload is not done, or None."""
        if _form(workload) in map(_form, self.asked):
            return None
        return "a function from Python is tried on the kinds of workloads that were asked for"


@dataclass(frozen=True, slots=True)
class Repeated:
    """Reads documents that were handed over."""

    documents: tuple[Document, ...]

    def __call__(self) -> Iterator[Document]:
        """Yield each document."""
        yield from self.documents


def tokenizer_of(name: str, given: Any, *, factory: bool = False) -> TokenizerPlugin:
    """Describe a tokenizer that was handed over; raise `AssayError` for what is not one.

    A class is a factory, and so is what is said to be one. A factory that cannot be called without an argument gets the
    training text. Anything else is the tokenizer: an object with `encode`, or a function that encodes.
    """
    if isinstance(given, TokenizerPlugin):
        return replace(given, name=name)
    factory = factory or isinstance(given, type)
    if not callable(given) and not hasattr(given, "encode"):
        raise AssayError(f"the tokenizer {name!r} is {typed(given)}", remedy=TOKENIZER)
    takes_text = False
    if factory:
        takes_text = not _fits(given) and _fits(given, "")
        if not takes_text and not _fits(given):
            raise AssayError(
                f"the tokenizer {name!r} cannot be built: {_called(given)} takes neither nothing nor the training text",
                remedy="wrap it in a function that takes one of them, or in assay.TokenizerPlugin(build=...)",
            )
    else:
        encode = given.encode if hasattr(given, "encode") else given
        if not callable(encode) or not _fits(encode, ""):
            raise AssayError(
                f"the tokenizer {name!r} cannot encode: {_called(encode)} does not take one text", remedy=TOKENIZER
            )
    return TokenizerPlugin(
        name=name,
        summary=f"{_called(given)} {FROM}",
        build=BuildTokenizer(given, factory, takes_text),
        pretrained=not takes_text,
        lossless=False,
        thread_safe=False,
    )


def attention_of(name: str, given: Any, workloads: Sequence[Workload], *, factory: bool = False) -> AttentionPlugin:
    """Describe an attention that was handed over for some workloads; raise `AssayError` for others.

    What must have exactly two arguments is `build(workload, weights)`, and so is what is said to be a factory. A class
    that can be made without arguments makes the step. Anything else that can be called is the step.
    """
    if isinstance(given, AttentionPlugin):
        return replace(given, name=name)
    if not callable(given):
        raise AssayError(f"the attention {name!r} is {typed(given)}", remedy=ATTENTION)
    if not factory and isinstance(given, type) and _required(given) != 2 and not _fits(given):
        raise AssayError(
            f"the attention {name!r} cannot be built: {_called(given)} takes neither nothing nor (workload, weights)",
            remedy=ATTENTION,
        )
    if _required(given) == 0 and not isinstance(given, type) and not _fits(given, 0, 0, 0) and not _fits(given, 0):
        raise AssayError(
            f"the attention {name!r} cannot be called: {_called(given)} takes no tensors", remedy=ATTENTION
        )
    build: Callable[[Workload, Weights | None], Step]
    build = given if factory or _required(given) == 2 else BuildStep(given, isinstance(given, type))
    return AttentionPlugin(
        name=name, summary=f"{_called(given)} {FROM}", build=build, unsupported=Alike(tuple(workloads))
    )


def _form(workload: Workload) -> tuple[object, ...]:
    """What a workload is without its size, its dtype and its device."""
    step, semantics = workload.of_step, workload.semantics
    kind = replace(semantics, dropout=0.0, reach=int(semantics.reach > 0))
    square, width = step.q_len == step.kv_len, step.d_qk == step.d_v
    return step.level, step.phase, kind, square, step.q_heads // step.kv_heads, width


def corpora_of(text: object) -> tuple[CorpusPlugin, ...]:
    """Describe a text, or texts by their names, as corpora; raise `AssayError` for what is not text."""
    named = text if isinstance(text, Mapping) and text else {TEXT: text}
    return tuple(_corpus_of(name, each) for name, each in named.items())


def _corpus_of(name: str, text: object) -> CorpusPlugin:
    """Describe a text, or a list of texts or documents."""
    given: Sequence[Any] = (text,) if isinstance(text, str) else _listed(text)
    documents = given
    if not given or not all(isinstance(each, Document) for each in given):
        strange = [each for each in given if not isinstance(each, str)]
        if strange or not any(given):
            what = typed(strange[0]) if strange else "empty"
            raise AssayError(f"text is {what}", remedy=TEXTS)
        documents = [Document(text=each, id=f"{TEXT} {number}") for number, each in enumerate(given, start=1)]
    return CorpusPlugin(
        name=name,
        summary=f"text {FROM}",
        documents=Repeated(tuple(documents)),
        sha256=None,
        title="text",
        author="the user",
        source=FROM,
        language="und",
        kind="prose",
    )


def _listed(text: object) -> Sequence[object]:
    if isinstance(text, Iterable) and not isinstance(text, bytes | Mapping):
        return tuple(text)
    raise AssayError(f"text is {typed(text)}", remedy=TEXTS)


def _fits(function: Any, *arguments: object) -> bool:
    """Whether a function takes these arguments by position; True for one in C, whose signature may name `self` too."""
    if inspect.isbuiltin(function):
        return True
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError:
        return False
    except ValueError:
        return True
    return True


def _required(function: Any) -> int:
    """How many arguments a function must have by position; 0 where that is not known."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 0
    by_position = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(each.kind in by_position and each.default is each.empty for each in parameters)


def _called(function: Any) -> str:
    """Return a function with its arguments, as it is written, or the class of an object."""
    name = getattr(function, "__name__", type(function).__name__)
    name = "a lambda" if name == "<lambda>" else str(name)
    try:
        return f"{name}{inspect.signature(function)}" if callable(function) else name
    except (TypeError, ValueError):
        return name
