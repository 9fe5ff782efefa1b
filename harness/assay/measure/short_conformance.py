"""The short part of conformance: what documents do not show of a tokenizer, once in each run."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from assay.errors import WrongOutput, reason_of
from assay.measure.call_growth import call_growth
from assay.measure.memory import in_bytes
from assay.measure.round_trip import round_trip
from assay.plugins.types import TokenBytes, Tokenizer, TokenizerPlugin
from assay.records.results import Metrics
from assay.records.text import quoted
from assay.tokenizer.answers import as_bytes, as_ints, special_ids, unknown_id, vocabulary_size
from assay.tokenizer.fuzzing import edge_strings, special_strings, strings
from assay.tokenizer.python_tokenizer import decodes
from assay.tokenizer.special_names import special_names

FUZZ, SEED = 200, 2_003
WORDS, NAMES = 4, 6
LARGEST_SIZE = 1 << 31
EXCERPT = 2_000
LONGEST, PATIENCE_S, STRINGS_S = 1 << 18, 0.25, 2.0
LINEAR = 1.5
FEWEST_IDS, LONG = 16, 100
MOST_GROWTH = 16 << 10
UNRELATED = ("a", "the", "Z", "7", ".", "é", "的", "x y")
WHOLE = "give the ids of the whole text"


def verify_shortly(plugin: TokenizerPlugin, tokenizer: Tokenizer, text: str) -> Metrics:
    """Verify that memory does not grow with calls, and then as `verify_strings`; return by how much it does."""
    grown = memory_kept(tokenizer, text)
    verify_strings(plugin, tokenizer, text)
    return Metrics(call_growth_bytes=grown)


def memory_kept(tokenizer: Tokenizer, text: str) -> float | None:
    """Return the bytes that each call adds to memory, None where they cannot be known; raise `WrongOutput` for many."""
    excerpt = text[:EXCERPT]
    back = decodes(tokenizer)
    call = (lambda: tokenizer.decode(list(tokenizer.encode(excerpt)))) if back else lambda: tokenizer.encode(excerpt)
    grown = call_growth(call)
    if grown is not None and grown > MOST_GROWTH:
        raise WrongOutput(
            f"memory grows by {in_bytes(grown)} with each call that encodes{' and decodes' * back} the same text",
            remedy="keep nothing of a call, or nothing that grows",
        )
    return grown


def verify_strings(plugin: TokenizerPlugin, tokenizer: Tokenizer, text: str) -> None:
    """Verify a tokenizer on short strings, for two seconds at most, and on a known `text`, made longer and longer.

    Raises `WrongOutput` for what no tokenizer may do: see the functions of this module.
    """
    text = text[:EXCERPT]
    size = vocabulary_size(tokenizer)
    if size is not None:
        known_ids(tokenizer, sane_size(tokenizer) if size or _spoken(text) else 0)
    words = text.split()[:WORDS]
    added = added_ids(tokenizer, text) or ()
    end = time.perf_counter() + STRINGS_S
    for probe in probes(words, special_names(plugin.specials.tokens, tokenizer)):
        verify_string(plugin, tokenizer, probe, added)
        if time.perf_counter() > end:
            break
    not_capped(tokenizer, text)


def probes(words: Sequence[str], specials: Sequence[str]) -> Iterator[str]:
    """Yield in turn words between white space, special tokens in all their forms, and fuzz strings that have them."""
    kinds = edge_strings(words), special_strings(specials[:NAMES]), strings(FUZZ, SEED, specials)
    return (probe for turn in zip_longest(*kinds) for probe in turn if probe is not None)


def sane_size(tokenizer: Tokenizer) -> int:
    """Return the vocabulary size; raise `WrongOutput` unless it is from 1 to 2**31, and `decode` knows its last id."""
    remedy = "vocab_size is one more than the largest id that encode can give"
    size = vocabulary_size(tokenizer) or 0
    if not 1 <= size <= LARGEST_SIZE:
        raise WrongOutput(f"vocab_size is {size:,}", remedy=remedy)
    if not decodes(tokenizer):
        return size
    try:
        tokenizer.decode([size - 1])
    except UnicodeError:  # half a character, of an id that is known
        pass
    except Exception as error:
        found = f"vocab_size is {size:,}, and decode([{size - 1}]) raises {reason_of(error)}"
        raise WrongOutput(found, remedy=remedy) from None
    return size


def known_ids(tokenizer: Tokenizer, size: int) -> None:
    """Raise `WrongOutput` where the unknown id, or one of a special token, is outside a vocabulary of this size."""
    unk = unknown_id(tokenizer)
    if unk is not None and not 0 <= unk < size:
        raise WrongOutput(f"unk_id is {unk}, and the vocabulary has {size}", remedy="give an id of it, or None")
    for name, value in (special_ids(tokenizer) or {}).items():
        if not 0 <= value < size:
            raise WrongOutput(f"the id of {name!r} is {value}, and the vocabulary has {size}", remedy="fix the id")


def verify_string(plugin: TokenizerPlugin, tokenizer: Tokenizer, text: str, added: Sequence[int] = ()) -> None:
    """Hold a tokenizer to its promises on a string, which it may refuse; raise `WrongOutput`.

    The ids are integers of the vocabulary, the same twice, and can be decoded: to the text where that is promised. The
    bytes of the tokens are those of the decoded text. A text that has one of the `added` ids itself need not come back,
    since decoding leaves them out.
    """
    try:
        given = tokenizer.encode(text)
    except Exception:
        return
    noun, ids = quoted(text), as_ints(given)
    try:
        changed = round_trip(tokenizer, noun, text, ids)
    except WrongOutput:
        raise
    except Exception as error:
        raise WrongOutput(f"decode of the ids of {noun} raises {reason_of(error)}") from None
    if has_added(ids, added) or not decodes(tokenizer):
        return
    if changed is not None and plugin.lossless:
        raise WrongOutput(
            f"it promises a lossless round trip, but {changed}", remedy="fix it, or announce it with lossless=False"
        )
    decoded = tokenizer.decode(list(ids))
    bytes_agree(tokenizer, noun, ids, decoded, exactly=plugin.lossless and not _spaced(tokenizer, ids, decoded))


def has_added(ids: Sequence[int], added: Sequence[int]) -> bool:
    """Whether a text has one of the ids itself that are added to every text."""
    return any(ids.count(value) > added.count(value) for value in set(added))


def bytes_agree(tokenizer: Tokenizer, noun: str, ids: Sequence[int], decoded: str, *, exactly: bool) -> None:
    """Raise `WrongOutput` where the bytes of the tokens are not those of the text that the ids are decoded to.

    Unless `exactly`, white space and what is no UTF-8 do not count, and neither do ids that are unknown or have no
    bytes, with all other ids of their text.
    """
    if not isinstance(tokenizer, TokenBytes):
        return
    parts: list[bytes] = []
    for value in ids:
        try:
            parts.append(as_bytes(tokenizer.token_bytes(value)))
        except KeyError:
            if exactly:
                told = f"token_bytes knows no bytes of id {value}, which is one of {noun}"
                raise WrongOutput(told, remedy="give its bytes") from None
            return
    joined = b"".join(parts)
    if exactly:
        agree = joined == decoded.encode("utf-8", "surrogatepass")
    else:
        agree = tokenizer.unk_id in ids or _bare(joined.decode("utf-8", "replace")) == _bare(decoded)
    if not agree:
        raise WrongOutput(
            f"the tokens of {noun} have the bytes {joined[:EXCERPT]!r}, and decode gives {quoted(decoded)}",
            remedy="give the bytes that each token stands for in a text",
        )


def _spaced(tokenizer: Tokenizer, ids: Sequence[int], decoded: str) -> bool:
    """Whether each token alone is decoded to its bytes, and all together to more: then decode puts space between."""
    if not isinstance(tokenizer, TokenBytes):
        return False
    try:
        alone = [tokenizer.decode([value]) for value in ids]
        return "".join(alone) != decoded and all(
            text.encode() == tokenizer.token_bytes(value) for text, value in zip(alone, ids, strict=True)
        )
    except Exception:
        return False


def _bare(text: str) -> str:
    return "".join(text.replace("\ufffd", "").split())


def not_capped(tokenizer: Tokenizer, text: str) -> None:
    """Make a text longer until it has 262,144 characters or a quarter of a second is over.

    Raises `WrongOutput` where twice the text has less than one and a half times the ids: then they have an end
    somewhere, or text is left out.
    """
    part, end = text[:EXCERPT].strip(), time.perf_counter() + PATIENCE_S
    number = _length(tokenizer, part)
    while number and len(part) < LONGEST and time.perf_counter() < end:
        part = f"{part} {part}"
        twice = _length(tokenizer, part)
        if twice is None:
            return
        if (number >= FEWEST_IDS or len(part) > EXCERPT) and twice < LINEAR * number:
            raise WrongOutput(
                f"a text of {len(part) // 2:,} characters has {number:,} ids, and written twice it has {twice:,}",
                remedy=WHOLE,
            )
        number = twice


def has_tokens_where_long(text: str, ids: Sequence[int]) -> None:
    """Raise `WrongOutput` as `has_tokens` where a text of 100 characters or more has no token."""
    if len(text) >= LONG:
        has_tokens([text], [ids])


def has_tokens(texts: Sequence[str], ids: Sequence[Sequence[int]]) -> None:
    """Raise `WrongOutput` where texts have letters or digits, and no token at all.

    A text of fewer than 100 characters may have none, as long as another one has some.
    """
    without = [text for text, found in zip(texts, ids, strict=True) if not len(found) and _spoken(text)]
    if without and (len(without) == sum(map(_spoken, texts)) or len(max(without, key=len)) >= LONG):
        longest = max(without, key=len)
        raise WrongOutput(
            f"a text of {len(longest):,} characters, {quoted(longest)}, has no token at all", remedy=WHOLE
        )


def _spoken(text: str) -> bool:
    return any(map(str.isalnum, text))


def added_ids(tokenizer: Tokenizer, text: str) -> tuple[int, ...] | None:
    """Return the ids that begin and end every text, by words of a known one; None where too few have ids.

    Texts with unknown tokens do not count.
    """
    words = (*text[:EXCERPT].split()[:WORDS], *UNRELATED)
    lists = [ids for word in words if (ids := _ids(tokenizer, word)) and tokenizer.unk_id not in ids]
    if len({tuple(ids) for ids in lists}) < 2:
        return None
    leading = _shared(lists)
    trailing = _shared([ids[len(leading) :][::-1] for ids in lists])
    return (*leading, *reversed(trailing))


def _shared(lists: Sequence[Sequence[int]]) -> Sequence[int]:
    """Return the first items that all lists have in common."""
    places = range(min(map(len, lists)))
    end = next((place for place in places if len({ids[place] for ids in lists}) > 1), len(places))
    return lists[0][:end]


def _ids(tokenizer: Tokenizer, text: str) -> list[int] | None:
    try:
        return as_ints(tokenizer.encode(text))
    except Exception:
        return None


def _length(tokenizer: Tokenizer, text: str) -> int | None:
    try:
        return len(tokenizer.encode(text))
    except Exception:
        return None
