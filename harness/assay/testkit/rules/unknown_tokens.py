"""What a tokenizer makes of what it does not know, and of special tokens in a text: as its descriptor says."""

from __future__ import annotations

from assay.errors import UnknownToken
from assay.plugins.types import TokenizerPlugin
from assay.testkit.context import Context
from assay.testkit.registry import Check
from assay.testkit.result import ConformanceError, Skip
from assay.testkit.shrinking import quoted, shown
from assay.tokenizer.answers import special_ids, unknown_id


def refusal(plugin: TokenizerPlugin, text: str, error: BaseException) -> str | None:
    """Return what to do about an error that the descriptor does not announce, None where it does."""
    if isinstance(error, UnknownToken):
        return None if plugin.closed_vocabulary else "encode it, or announce closed_vocabulary=True"
    if isinstance(error, Exception) and plugin.specials.in_text == "refused" and _named(plugin, text):
        return None
    return "encode every text" if not plugin.closed_vocabulary else "raise assay.UnknownToken(word) for unknown words"


def unknown_text(plugin: TokenizerPlugin, context: Context) -> str:
    """Text with what it was not trained on is as declared: refused by a closed vocabulary, else unk_id or known.

    An `unk_id` lies in the vocabulary; what is trained here and has one gives it for something.
    """
    unk = unknown_id(context.tokenizer)
    if plugin.specials.unk is not None and unk is None:
        raise ConformanceError(
            f"its special token for the unknown is {plugin.specials.unk!r}, and unk_id is None",
            remedy="give the id of that token as unk_id",
        )
    tried = [(text, context.ids(text)) for text in context.strings]
    refused = [text for text, ids in tried if ids is None and not _named(plugin, text)]
    if plugin.closed_vocabulary:
        if not refused:
            raise ConformanceError(
                f"it announces a closed vocabulary, and refuses none of {len(tried):,} strings in 14 scripts",
                remedy="raise assay.UnknownToken(word) for what was not trained on, or do not announce it",
            )
        return f"{len(refused):,} of {len(tried):,} strings refused, the shortest {quoted(refused[0])}"
    if unk is None:
        return f"nothing is unknown in {len(tried):,} strings"
    size = context.vocabulary_size
    if not 0 <= unk < size:
        raise ConformanceError(f"unk_id is {unk!r}, and the vocabulary has {size}", remedy="give an id of it, or None")
    given = [text for text, ids in tried if ids is not None and unk in ids]
    if not given and not plugin.pretrained:
        raise ConformanceError(
            f"unk_id is {unk}, and none of {len(tried):,} strings in 14 scripts gives it",
            remedy="give it for what was not trained on, or set unk_id to None where nothing is unknown",
        )
    return f"{len(given):,} of {len(tried):,} strings have the unknown token {unk}"


def special_tokens(plugin: TokenizerPlugin, context: Context) -> str:
    """Special tokens have ids in the vocabulary, and a text with one is recognised, read or refused as in_text says."""
    specials, tokenizer = plugin.specials, context.tokenizer
    if not specials.tokens:
        raise Skip("its descriptor names no special token")
    ids: dict[str, int] = special_ids(tokenizer) or {}
    lacking = [token for token in specials.tokens if ids and token not in ids]
    if lacking:
        raise ConformanceError(f"special_tokens lacks {lacking[0]!r}, which the descriptor names", remedy="add its id")
    size = context.vocabulary_size
    strange = next(((token, value) for token, value in ids.items() if not 0 <= value < size), None)
    if strange is not None:
        raise ConformanceError(
            f"the id of {strange[0]!r} is {strange[1]}, and the vocabulary has {size}", remedy="fix the id"
        )
    unk = tokenizer.unk_id
    if specials.unk is not None and unk is not None:
        if ids.get(specials.unk, unk) != unk:
            raise ConformanceError(
                f"unk_id is {unk}, and special_tokens gives {ids[specials.unk]} for {specials.unk!r}",
                remedy="make them one",
            )
        ids[specials.unk] = unk
    for token in specials.tokens:
        _held(plugin, context, token, ids.get(token))
    return f"{', '.join(specials.tokens)}: {specials.in_text}"


def _held(plugin: TokenizerPlugin, context: Context, token: str, value: int | None) -> None:
    policy = plugin.specials.in_text
    remedy = f"fix it, or announce another in_text than {policy!r}"
    found = context.ids(token)
    if policy == "refused":
        if found is not None:
            raise ConformanceError(
                f"it announces that special tokens are refused, and {token!r} encodes to {shown(found)}", remedy=remedy
            )
        return
    if found is None:
        if not plugin.closed_vocabulary:
            raise ConformanceError(
                f"it announces that special tokens are {policy}, and refuses {token!r}", remedy=remedy
            )
        return
    if value is None:
        return
    # Some put special tokens around every text: only what the token adds to an empty one counts.
    more = found.count(value) - (context.ids("") or []).count(value)
    if (policy == "recognised") != (more > 0) and not (policy == "text" and value == context.tokenizer.unk_id):
        raise ConformanceError(
            f"it announces that special tokens in a text are {policy}, and {token!r}, whose id is {value},"
            f" encodes to {shown(found)}",
            remedy=remedy,
        )


def _named(plugin: TokenizerPlugin, text: str) -> bool:
    """Whether a text may be refused because of a special token in it."""
    return plugin.specials.in_text == "refused" and any(token in text for token in plugin.specials.tokens)


CHECKS = Check.all_of((unknown_text, special_tokens), "takes-any-text", "deterministic")
