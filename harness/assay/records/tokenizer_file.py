"""A tokenizer that was named by its file: kept with the settings of a run, so that it can be found again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizerFile:
    """The `name` of its rows, and its `source` as `--tokenizers` takes it, with a whole path.

    `size` is that of all its files in bytes. `sha256` is over their content, one file after the other; None where
    there is no file, or one is larger than a gibibyte.
    """

    name: str
    source: str
    size: int | None = None
    sha256: str | None = None

    @property
    def named(self) -> str:
        """The source with the name of its rows before it, which `--tokenizers` takes too."""
        return f"{self.name}={self.source}"

    def __str__(self) -> str:
        size = "" if self.size is None else f", {self.size:,} bytes"
        return f"{self.name} is {self.source}{size}" + (f", sha256 {self.sha256}" if self.sha256 else "")
