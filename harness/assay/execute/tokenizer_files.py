"""Tokenizers that a selection names by their files, and ids that are claimed by `--same-ids-as`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from assay.errors import AssayError, UnknownName
from assay.execute.selection import Selection
from assay.plugins.host import Host
from assay.plugins.tokenizer_files import add_file, add_sources, changes_of, claim, is_source, whole
from assay.records.name_list import join_names, split_names
from assay.records.settings import Settings
from assay.records.tokenizer_file import TokenizerFile

CLAIM = "write --same-ids-as A=B, where A and B are names or files of tokenizers"


def name_files(host: Host, selection: Selection, settings: Settings) -> tuple[Selection, Settings]:
    """Add the tokenizers that are named by files to the host; return the selection by names, and settings with them.

    Raises `AssayError` for a file that cannot be read, and `UnknownName` for a claim of what is not there.
    """
    words = () if selection.tokenizers is None else split_names(selection.tokenizers)
    names, settings = name_words(host, words, settings)
    if selection.tokenizers is not None:
        selection = replace(selection, tokenizers=join_names(names))
    return selection, settings


def name_words(host: Host, words: Sequence[str], settings: Settings) -> tuple[tuple[str, ...], Settings]:
    """Return words as names, and settings with the files of those that are sources, as `name_files`."""
    claims = [_sides(text) for text in settings.same_ids_as]
    baselines = settings.baselines
    wanted = [*words, *(side for claim in claims for side in claim), *baselines]
    names, files = _names_of(host, wanted, settings.files)
    for ours, theirs in claims:
        claim(host, names.get(ours, ours), names.get(theirs, theirs))
    return tuple(names.get(word, word) for word in words), replace(
        settings,
        files=files,
        baselines=tuple(names.get(name, name) for name in baselines),
        same_ids_as=tuple(f"{names.get(ours, ours)}={names.get(theirs, theirs)}" for ours, theirs in claims),
    )


def with_files_of(host: Host, settings: Settings, stored: str) -> tuple[Settings, tuple[str, ...]]:
    """Add what a stored run named by files; return settings with it, and a sentence for each file that has changed.

    A file that is gone is left out.
    """
    then = Settings.from_json(stored)
    kept: list[TokenizerFile] = []
    changed: list[str] = []
    for file in then.files:
        with suppress(AssayError):
            add_file(host, file)
            kept.append(file)
            changed += changes_of(host, file)
    for text in then.same_ids_as:
        with suppress(UnknownName):
            claim(host, *text.split("=", 1))
    return replace(settings, files=tuple(kept), same_ids_as=then.same_ids_as), tuple(changed)


def _names_of(
    host: Host, words: Sequence[str], files: Sequence[TokenizerFile]
) -> tuple[dict[str, str], tuple[TokenizerFile, ...]]:
    """Add what some words name to the host; return the name of each that is a source, and all files that are known."""
    given = {word.partition("=")[0] for word in words if "=" in word}
    known = {file.source: file.name for file in files}
    sources = [word for word in dict.fromkeys(words) if word not in given and is_source(host, word)]
    names = {word: name for word in sources if (name := known.get(whole(word))) is not None}
    added = add_sources(host, [word for word in sources if word not in names])
    return names | {word: file.name for word, file in added.items()}, tuple(dict.fromkeys((*files, *added.values())))


def _sides(claim: str) -> tuple[str, str]:
    ours, equals, theirs = claim.partition("=")
    if not (ours and equals and theirs):
        raise AssayError(f"{claim!r} does not say whose ids are to be the same", remedy=CLAIM)
    return ours.strip(), theirs.strip()
