"""Counting by shards and passages comes to what counting all documents at once does, and no promise goes unchecked."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import add
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assay
from assay.corpus.loading import load
from assay.corpus.shard_reader import Passage, _cut
from assay.errors import CorpusError, Unavailable, WrongOutput
from assay.execute.from_python import pickled
from assay.execute.functions import tokenizer_of
from assay.execute.sharded import shard_counter, task_runner
from assay.execute.sharded.aggregation import figures
from assay.execute.sharded.partial_counts import STRATA, MergeableCounts
from assay.execute.sharded.shard_counter import ShardCounter, cut_of
from assay.execute.sharded.task_runner import chance
from assay.execute.worker.requests import PluginSelection
from assay.plugins.host import Found, Host, Origin
from assay.plugins.types import CorpusPlugin, Document, Tokenizer, TokenizerPlugin
from assay.tokenizer.metrics import packed, token_counts, vocabulary_of
from assay.tokenizer.text_loss import TextLoss, loss_figures
from assay.tokenizer.words import word_spans

HOST = assay.discover()
VERDICT = load(HOST.one(CorpusPlugin, "the-verdict"))[0].text
DECLARED = [plugin for plugin in HOST.every(TokenizerPlugin) if plugin.splits_at is not None]
READY = [plugin for plugin in DECLARED if HOST.missing(plugin) is None]
# What patterns look at: letters, digits, punctuation, contractions, runs of every kind of white space, specials.
PIECES = st.sampled_from(
    [
        *"aZé9.,'!_/-ж字²\u0301\x1c\u00a0\u2028🙂",
        " ",
        "  ",
        "\n",
        "\n\n",
        "\r\n",
        "\t",
        " 's",
        "'ll",
        "123456",
        "<|endoftext|>",
    ]
)


class Letters:
    """One id a letter; `joined` makes one of `ab`, wherever it stands."""

    unk_id = None
    vocab_size = 0x110001

    def __init__(self, *, joined: bool = False) -> None:
        self.joined = joined

    def encode(self, text: str) -> list[int]:
        return (
            [0x110000 if piece == "a b" else ord(piece) for piece in re.findall("a b|.", text, re.DOTALL)]
            if (self.joined)
            else [ord(char) for char in text]
        )

    def decode(self, ids: Sequence[int]) -> str:
        return "".join("a b" if value == 0x110000 else chr(value) for value in ids)


def plugin(**fields: object) -> TokenizerPlugin:
    return TokenizerPlugin(name="letters", summary="", build=lambda text: Letters(), **fields)  # type: ignore[arg-type]


def counted(
    of: TokenizerPlugin, tokenizer: Tokenizer, texts: Sequence[str], *, chunk: int = 1 << 20
) -> MergeableCounts:
    """Count documents as a shard's are."""
    counting = ShardCounter(of, tokenizer, vocabulary_of(tokenizer), "shard")
    for number, text in enumerate(texts):
        passages = (
            _cut(number, [text], cut_of([of]), chunk) if len(text) > chunk else [Passage(document=number, text=text)]
        )
        for passage in passages:
            counting.take(passage, word_spans(passage.text), chance("", number, 0))
    return counting.partial()


@pytest.fixture(scope="module")
def built() -> dict[str, Tokenizer]:
    """Every tokenizer that declares where a text may be cut."""
    return {plugin.name: plugin.build(VERDICT) for plugin in READY if not plugin.closed_vocabulary}


@pytest.mark.long
@pytest.mark.parametrize("name", ["gpt2", "regex-unk", "bytes", "whitespace"])
def test_shards_come_to_the_figures_of_all_documents(built: dict[str, Tokenizer], name: str) -> None:
    lines = [line for line in VERDICT.splitlines() if line] + ["", "🙂 ไทย"]
    of, tokenizer = HOST.one(TokenizerPlugin, name), built[name]
    parts = [counted(of, tokenizer, lines[start::3]) for start in range(3)]
    found = dict(figures(of, reduce(add, parts), sampled=False))
    ids = [list(tokenizer.encode(line)) for line in lines]
    expected = {
        name: value
        for name, value in token_counts([Document(text=line, id=line) for line in lines], ids, tokenizer).items()
        if name != "ids_sha256" and not name.endswith(("_low", "_high"))
    }
    assert {name: found[name] for name in expected} == expected
    digests = (int.from_bytes(hashlib.sha256(packed(each)).digest()) for each in ids)
    assert found["ids_sum"] == f"{sum(digests) % 2**256:064x}"
    assert found["bytes_per_token_low"] <= found["bytes_per_token"] <= found["bytes_per_token_high"]
    exact = sum(tokenizer.decode(each) == line for each, line in zip(ids, lines, strict=True))
    assert found["round_trip"] == exact / len(lines)
    loss = TextLoss(of.normalization)
    for line, each in zip(lines, ids, strict=True):
        loss.add(line, tokenizer.decode(each))
    expected = loss_figures(loss.plain, loss.after, of.normalization)
    assert {name: found.get(name) for name in expected} == expected
    assert (found["characters_back"] == 1.0) == (found["round_trip"] == 1.0)


@pytest.mark.long
@pytest.mark.parametrize("name", [plugin.name for plugin in READY if not plugin.closed_vocabulary])
@settings(max_examples=60)
@given(pieces=st.lists(PIECES, min_size=30, max_size=150))
def test_a_declared_cut_changes_no_id(built: dict[str, Tokenizer], name: str, pieces: list[str]) -> None:
    """What every first-party tokenizer declares, on texts made of what its pattern looks at."""
    text, tokenizer = "".join(pieces), built[name]
    cut = cut_of([HOST.one(TokenizerPlugin, name)])
    whole = list(tokenizer.encode(text))
    place = 0
    while (place := cut(text, place + 1)) is not None:  # type: ignore[assignment]
        assert [*tokenizer.encode(text[:place]), *tokenizer.encode(text[place:])] == whole, (text[:place], text[place:])


@pytest.mark.long
@pytest.mark.parametrize("name", ["gpt2", "regex-unk", "bytes"])
def test_documents_that_are_cut_are_counted_as_if_they_were_not(built: dict[str, Tokenizer], name: str) -> None:
    of, tokenizer = HOST.one(TokenizerPlugin, name), built[name]
    if name == "regex-unk":
        of = replace(of, lossless=False)
    whole, parts = (counted(of, tokenizer, [VERDICT, "a b c"], chunk=chunk) for chunk in (1 << 20, 1_000))
    assert parts.returned == pytest.approx(whole.returned, rel=0.01)  # a part too loses white space at its ends
    loss = {"first": None, "returned": whole.returned, "returnable": whole.returnable}
    assert replace(parts, **loss) == replace(whole, **loss)


def test_what_declares_nothing_takes_documents_whole_and_says_so() -> None:
    part = counted(plugin(), Letters(joined=True), ["a b " * 100, "short"], chunk=50)
    assert (part.whole, part.total.tokens) == (1, 200 + 5)
    assert part.total.words == 201
    part = counted(plugin(splits_at=""), Letters(), ["a b " * 100], chunk=50)
    assert (part.whole, part.total.tokens, part.total.words) == (0, 400, 200)


def test_a_document_that_is_taken_whole_has_a_longest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard_counter, "LONGEST", 300)
    with pytest.raises(CorpusError, match=r"a document of shard has more than .* Mi characters that cannot be cut"):
        counted(plugin(), Letters(), ["a b " * 100], chunk=50)
    assert counted(plugin(splits_at=""), Letters(), ["a b " * 100], chunk=50).total.tokens == 400


def test_a_cut_that_changes_ids_is_a_broken_promise() -> None:
    with pytest.raises(WrongOutput, match=r"declares that a text may be cut at '', but document 0 gets other ids"):
        counted(plugin(splits_at=""), Letters(joined=True), ["a b" * 100], chunk=50)


def test_two_tokenizers_are_cut_where_both_allow_it() -> None:
    both = [plugin(splits_at=r"(?<=x)"), plugin(splits_at=r"(?= y)")]
    assert cut_of(both)("a x z y x y", 1) == 9
    assert cut_of(both)("a x z", 1) is None
    assert cut_of([plugin()])("a x z", 3) == 3


def test_no_word_is_cut() -> None:
    assert cut_of([plugin(splits_at="")])("word word", 1) == 4
    assert cut_of([plugin(splits_at="")])("word", 1) is None


def test_a_lossless_promise_is_held_to_in_every_document() -> None:
    class Deaf(Letters):
        def decode(self, ids: Sequence[int]) -> str:
            return super().decode(ids).replace("q", "k")

    with pytest.raises(WrongOutput, match="in shard document 1 differs at character 4: 'the q' became 'the k'"):
        counted(plugin(), Deaf(), ["a word", "the q"])
    part = counted(plugin(lossless=False), Deaf(), ["a word", "the q", "q"])
    assert (part.changed, part.first and part.first.document) == (2, 1)


@pytest.mark.parametrize(
    ("encode", "said"),
    [
        (lambda text: [0x110001], "id 1114113 in document 0 is outside the vocabulary"),
        (lambda text: ["a"], "are not all integers"),
        (lambda text, calls=[]: [calls.append(text) or len(calls)], "encodes to other ids the second time"),
    ],
)
def test_ids_that_are_none_are_no_counts(encode: object, said: str) -> None:
    tokenizer = Letters()
    tokenizer.encode = encode  # type: ignore[assignment, method-assign]
    with pytest.raises(WrongOutput, match=said):
        counted(plugin(), tokenizer, ["text"])


def test_documents_fall_into_strata_and_draws_evenly() -> None:
    numbers = [chance("sha", number, 1) for number in range(20_000)]
    strata = [sum(number % STRATA == stratum for number in numbers) for stratum in (0, 99, 199)]
    assert all(60 < count < 140 for count in strata)
    assert 9_700 < sum(number < 2**63 for number in numbers) < 10_300
    assert numbers != [chance("sha", number, 2) for number in range(20_000)]


def test_fingerprints_tell_codes_and_trainings_apart(tmp_path: Path) -> None:
    from assay.execute.sharded.fingerprint import fingerprint

    source = """
import assay

@assay.hookimpl
def assay_tokenizers():
    yield assay.TokenizerPlugin(name="mine", summary="", build=str)
"""
    prints = set()
    for text, training in ((source, "a"), (source, "b"), (source + "# changed\n", "a")):
        (tmp_path / "mine.py").write_text(text)
        host = assay.discover(plugins=[tmp_path / "mine.py"])
        mine = host.one(TokenizerPlugin, "mine")
        prints.add(fingerprint(host, mine, training))
        assert fingerprint(host, mine, training) in prints
    assert len(prints) == 3
    gpt2 = HOST.one(TokenizerPlugin, "gpt2")
    assert fingerprint(HOST, gpt2, "a") == fingerprint(HOST, gpt2, "b")
    assert json.dumps(fingerprint(HOST, gpt2, "")) not in prints


def test_fingerprints_tell_python_objects_apart() -> None:
    from assay.execute.sharded.fingerprint import fingerprint

    plugin = assay.TokenizerPlugin(name="mine", summary="", build=str, pretrained=True)  # type: ignore[arg-type]
    origins = [Origin(entry_point="python:mine", sha256=digit * 64) for digit in "ab"]
    one, two = (fingerprint(Host([Found(plugin=plugin, origin=origin)], []), plugin, "") for origin in origins)
    assert one != two


def test_a_tokenizer_without_decode_is_not_counted(tmp_path: Path) -> None:
    file = pickled([tokenizer_of("mine", lambda text: list(text.encode()))], tmp_path)
    with pytest.raises(Unavailable, match="it has no decode, which counting shards takes"):
        task_runner._built(PluginSelection(plugins=file, load="none"), "mine", "", 0)
