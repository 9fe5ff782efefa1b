"""What a check needs beside the descriptor: the host, a text to train on, strings to try, what was built."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

from assay.corpus import loading as corpus
from assay.errors import AssayError, UnknownName, WrongOutput, guard
from assay.measure.short_conformance import WORDS, added_ids, probes
from assay.measure.token_ids import as_ints
from assay.plugins.host import Host, Origin
from assay.plugins.types import NAMES_OF_KINDS, CorpusPlugin, Descriptor, Tokenizer, TokenizerPlugin
from assay.testkit.result import Skip
from assay.tokenizer.answers import vocabulary_size
from assay.tokenizer.fuzzing import strings

T = TypeVar("T")
TEXT = "the-verdict"
STRINGS = 500
SEED = 1_908
PROSE = """\
A scale tells the weight of a thing, and nothing of its worth. She had learned that at the mint, where the assayer
put a grain of every bar into the fire before he would hear of its price: "First what it is," he used to say, "then how
much." There were 24 bars that morning; two were not gold. Nobody was surprised, and nobody laughed.
"""


class Context:
    """What the checks of one plugin share; made anew for each plugin, and filled in when it is first asked for."""

    def __init__(self, host: Host, plugin: Descriptor) -> None:
        self.host = host
        self.plugin = plugin
        self.kind = NAMES_OF_KINDS[type(plugin)]
        self._found: dict[str, Any] = {}

    @property
    def origin(self) -> Origin:
        """Where the plugin comes from."""
        return self.host.origin(self.plugin)

    @cached_property
    def training(self) -> str:
        """The text that trainable tokenizers are built on: the tutorial's where it is installed, else some lines."""
        try:
            return corpus.divide(self.host.one(CorpusPlugin, TEXT), 0.0).training
        except UnknownName:
            return PROSE

    @cached_property
    def strings(self) -> tuple[str, ...]:
        """Short strings that tokenizers trip over, and the training text line by line; the shortest first.

        White space stands at both ends of words, and special tokens stand in all their forms.
        """
        lines = [line for line in self.training.splitlines() if line.strip()]
        declared = self.plugin.specials.tokens if isinstance(self.plugin, TokenizerPlugin) else ()
        tried = (*probes(self.training.split()[:WORDS], declared), *strings(STRINGS, SEED, declared))
        return tuple(sorted({*tried, *lines}, key=lambda text: (len(text), text)))

    @cached_property
    def added(self) -> tuple[int, ...]:
        """The ids that begin and end every text."""
        return added_ids(self.tokenizer, self.training) or ()

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer, built once; raises what the plugin raises."""
        build: Any = self.plugin
        built: Tokenizer = build.build(self.training)
        return built

    @cached_property
    def encoded(self) -> tuple[tuple[str, list[int]], ...]:
        """Those of the strings that are not refused, with their ids."""
        pairs = ((text, self.ids(text)) for text in self.strings)
        return tuple((text, ids) for text, ids in pairs if ids is not None)

    @cached_property
    def vocabulary_size(self) -> int:
        """The size of the vocabulary; raises `Skip` where it is not a size, which is a matter of one check alone."""
        try:
            size = vocabulary_size(self.tokenizer)
        except WrongOutput as error:
            raise Skip(f"tells nothing as {error.message}") from None
        if not size:
            raise Skip("tells nothing as vocab_size is 0")
        return size

    def once(self, name: str, find: Callable[[], T]) -> T:
        """Return what takes long to find out and serves several checks; it is found at the first call."""
        if name not in self._found:
            self._found[name] = find()
        found: T = self._found[name]
        return found

    def ids(self, text: str) -> list[int] | None:
        """Return the ids of a text, None where it is refused: whether it may be is a matter of one check alone."""
        try:
            with guard():
                return as_ints(self.tokenizer.encode(text))
        except AssayError:
            return None
