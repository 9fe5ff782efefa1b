"""Hugging Face's files, run by `tokenizers`: tokenizer.json, vocab.json with merges.txt, and WordPiece's vocab.txt."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

import assay
from assay_files.binding import Binding, BytesBinding, ListingBinding
from assay_files.byte_level import stand_ins
from assay_files.token_bytes import of_tokenizer

SHOWN = 4
END_OF_WORD = "</w>"
IN_BRACKETS = re.compile(r"\[[A-Z]+\]")
# OpenAI's CLIP (MIT): without the repair of texts by ftfy, which is not the tokenizer's.
CLIP = r"""'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""


def from_file(training_text: str = "", *, paths: tuple[str, ...]) -> Binding:
    """Build the tokenizer of a tokenizer.json and of the files beside it; the training text is not used."""
    del training_text
    content = Path(paths[0]).read_text("utf-8")
    try:
        tokenizer = Tokenizer.from_str(content)
    except Exception as error:  # the library raises nothing more special
        raise assay.AssayError(f"{paths[0]} cannot be read by tokenizers: {error}", remedy="update either") from None
    notes = list(_switched_off(tokenizer))
    notes += _added_later(tokenizer, _companions(paths))
    return bind_whole(tokenizer, (*notes, *_notes(tokenizer)))


def from_merges(training_text: str = "", *, paths: tuple[str, ...]) -> Binding:
    """Build byte-level BPE of vocab.json and merges.txt, as GPT-2 and CLIP have them; the training text is not used."""
    del training_text
    vocabulary: dict[str, int] = json.loads(Path(paths[0]).read_bytes())
    lines = Path(paths[1]).read_text("utf-8").split("\n")
    merges = [
        (left, right)
        for line in lines[lines[0].startswith("#version") :]
        for left, _, right in [line.partition(" ")]
        if right
    ]
    tokenizer = byte_level_bpe(vocabulary, merges)
    return bind_whole(tokenizer, tuple(_notes(tokenizer)))


def from_vocabulary(training_text: str = "", *, paths: tuple[str, ...]) -> Binding:
    """Build WordPiece of a vocab.txt, as BERT has it; the training text is not used.

    Whether it is lower-cased stands in tokenizer_config.json; else it shows in the vocabulary.
    """
    del training_text
    lines = Path(paths[0]).read_text("utf-8").split("\n")
    vocabulary = {line.rstrip("\r"): number for number, line in enumerate(lines) if line.strip()}
    lowercase = _companions(paths).get("do_lower_case")
    told = ", as tokenizer_config.json says"
    if not isinstance(lowercase, bool):
        lowercase, told = not any(re.search("[A-Z]", each) for each in vocabulary if not IN_BRACKETS.match(each)), ""
    note = f"texts are {'lower-cased' if lowercase else 'not lower-cased'}{told or ', as its vocabulary shows'}"
    tokenizer = wordpiece(vocabulary, lowercase=lowercase)
    return bind_whole(tokenizer, (note, *_notes(tokenizer)))


def wordpiece(vocabulary: Mapping[str, int], *, lowercase: bool) -> Tokenizer:
    """Build BERT's WordPiece, its special tokens recognised, without [CLS] and [SEP] around a text."""
    tokenizer = Tokenizer(models.WordPiece(dict(vocabulary), unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    specials = ("[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]")
    tokenizer.add_special_tokens([token for token in specials if token in vocabulary])
    return tokenizer


def byte_level_bpe(
    vocabulary: Mapping[str, int],
    merges: Sequence[tuple[str, str]],
    pattern: str | None = None,
    specials: Iterable[str] | None = None,
) -> Tokenizer:
    """Build byte-level BPE; the special tokens are those given, else the entries that no merge makes.

    A text is cut by GPT-2's pattern, or by the one given; where words have an end of their own, as CLIP cuts it.
    """
    clip = any(right.endswith(END_OF_WORD) for _, right in merges)
    ends = {"end_of_word_suffix": END_OF_WORD} if clip else {}
    tokenizer = Tokenizer(models.BPE(dict(vocabulary), list(merges), **ends))
    if clip:
        spaces = normalizers.Replace(Regex(r"\s+"), " ")
        tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), spaces, normalizers.Lowercase()])
        pattern = CLIP
    if pattern is None:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    else:
        behavior = "removed" if clip else "isolated"
        cut = pre_tokenizers.Split(Regex(pattern), behavior=behavior, invert=clip)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [cut, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
        )
    tokenizer.decoder = decoders.ByteLevel()
    if clip:
        tokenizer.decoder = decoders.Sequence([decoders.ByteLevel(), decoders.Replace(END_OF_WORD, " ")])
    if specials is None:
        last = [f"{byte}{END_OF_WORD}" for byte in stand_ins()] if clip else []
        made = {*stand_ins(), *last, *(left + right for left, right in merges)}
        specials = sorted(vocabulary.keys() - made, key=vocabulary.__getitem__)
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in specials])
    return tokenizer


def bind(tokenizer: Tokenizer, unk: str | None = None, *, notes: tuple[str, ...] = ()) -> Binding:
    """Bind a `tokenizers.Tokenizer`; nothing is put around a text, and no special token is dropped in decoding.

    The call for batches is the one that keeps no offsets, and so the fastest for one text. Without the variable it
    would start threads for that.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    encode = tokenizer.encode_batch_fast
    return Binding(
        vocab_size=max(tokenizer.get_vocab(with_added_tokens=True).values(), default=-1) + 1,
        encode=lambda text: encode([text], add_special_tokens=False)[0].ids,
        decode=lambda ids: tokenizer.decode(ids, skip_special_tokens=False),
        unk_id=None if unk is None else tokenizer.token_to_id(unk),
        notes=notes,
    )


def bind_whole(tokenizer: Tokenizer, notes: tuple[str, ...] = ()) -> Binding:
    """Bind it with its special tokens, and with the bytes of its tokens where they are known."""
    bound = bind(tokenizer, getattr(tokenizer.model, "unk_token", None), notes=notes)
    token_bytes, reason = of_tokenizer(tokenizer)
    fields = {field.name: getattr(bound, field.name) for field in dataclasses.fields(bound)}
    if token_bytes is not None:
        return BytesBinding(**fields, special_tokens=_specials(tokenizer), token_bytes=token_bytes)
    fields |= {"notes": (*notes, *([reason] if reason else []))}
    return ListingBinding(**fields, special_tokens=_specials(tokenizer))


def _specials(tokenizer: Tokenizer) -> dict[str, int]:
    return {token.content: number for number, token in tokenizer.get_added_tokens_decoder().items()}


def _switched_off(tokenizer: Tokenizer) -> Iterator[str]:
    """Switch off what would shorten or fill texts, and yield what the file says of it."""
    if tokenizer.truncation is not None:
        yield f"its truncation to {tokenizer.truncation['max_length']:,} tokens is switched off"
        tokenizer.no_truncation()
    if tokenizer.padding is not None:
        yield "its padding is switched off"
        tokenizer.no_padding()


def _notes(tokenizer: Tokenizer) -> Iterator[str]:
    """Yield what would be added to a text, and what counts for the size of the vocabulary."""
    added = tokenizer.encode("", add_special_tokens=True)
    if added.ids:
        names = ", ".join(map(str, added.tokens[:SHOWN])) + ", ..." * (len(added.ids) > SHOWN)
        one = len(added.ids) == 1
        what = "the id that its file adds to every text is" if one else "the ids that its file adds to every text are"
        yield f"{what} left out: {names}"
    outside = len(tokenizer.get_vocab(with_added_tokens=True)) - len(tokenizer.get_vocab(with_added_tokens=False))
    if outside:
        yield f"vocab_size counts {outside:,} added token{'s' * (outside != 1)}"


def _companions(paths: Sequence[str]) -> dict[str, Any]:
    """Read the files beside the tokenizer, those that there are."""
    found: dict[str, Any] = {}
    for path in paths[1:]:
        if path.endswith(".json"):
            content = json.loads(Path(path).read_bytes())
            found |= content if isinstance(content, dict) else {}
    return found


def _added_later(tokenizer: Tokenizer, companions: Mapping[str, Any]) -> Iterator[str]:
    """Add the tokens that stand in tokenizer_config.json only, as its library does; yield how many."""
    listed = companions.get("added_tokens_decoder") or {}
    count = 0
    for number, token in sorted(listed.items(), key=lambda item: int(item[0])):
        content = token["content"]
        if tokenizer.token_to_id(content) is None:
            flags = {
                name: bool(token.get(name)) for name in ("single_word", "lstrip", "rstrip", "normalized", "special")
            }
            tokenizer.add_tokens([AddedToken(content, **flags)])
            count += 1
            if (found := tokenizer.token_to_id(content)) != int(number):
                yield f"{content} is to have id {number} in tokenizer_config.json, and has {found}"
    if count:
        yield f"{count:,} tokens of tokenizer_config.json are not in tokenizer.json, and were added"
