"""The tutorial's word tokenizers, held to the numbers it printed and to properties of any text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assay
from assay.tokenizer.normalization import normalized
from assay_regex.tokenizer import RegexTokenizer, split

FIRST_20 = "I HAD always thought Jack Gisburn rather a cheap genius -- though a good fellow enough -- so it was"
PARDONABLE = '"It\'s the last he painted, you know," Mrs. Gisburn said with pardonable pride.'
PARDONABLE_IDS = [1, 58, 2, 872, 1013, 615, 541, 763, 5, 1155, 608, 5, 1, 69, 7, 39, 873, 1136, 773, 812, 7]
PARDONABLE_DECODED = '" It\' s the last he painted, you know," Mrs. Gisburn said with pardonable pride.'
MOVIE = '"This is a test! <|endoftext|> What is your favourite movie'
MOVIE_IDS = [1, 101, 595, 119, 1160, 0, 1159, 113, 595, 1157, 1160, 1160]

# Any string at all, lone surrogates and NULs included, rich in words and separators of the vocabulary.
PIECES = ["Jack", "thought", "--", "-", ",", ".", '"', "'", "_", ":", "<|unk|>", "<|endoftext|>", " ", "\n", "\x1c"]
ANY_TEXT = st.lists(st.one_of(st.sampled_from(PIECES), st.text(st.characters(), max_size=8)), max_size=30).map("".join)
properties = settings(deadline=None, max_examples=200)


@pytest.fixture(scope="module")
def host() -> assay.Host:
    return assay.discover()


@pytest.fixture(scope="module")
def verdict(host: assay.Host) -> str:
    (document,) = host.one(assay.CorpusPlugin, "the-verdict").documents()
    return document.text


@pytest.fixture(scope="module")
def regex(host: assay.Host, verdict: str) -> assay.Tokenizer:
    return host.one(assay.TokenizerPlugin, "regex").build(verdict)


@pytest.fixture(scope="module")
def regex_unk(host: assay.Host, verdict: str) -> assay.Tokenizer:
    return host.one(assay.TokenizerPlugin, "regex-unk").build(verdict)


class TestPlain:
    def test_the_verdict_counts(self, regex: assay.Tokenizer, verdict: str) -> None:
        assert (len(regex.encode(verdict)), regex.vocab_size, regex.unk_id) == (4649, 1159, None)

    def test_the_verdict_first_tokens(self, regex: assay.Tokenizer, verdict: str) -> None:
        first = [regex.decode([token]) for token in regex.encode(verdict)[:20]]
        assert first == FIRST_20.split()

    def test_vocabulary_ids(self, regex: assay.Tokenizer) -> None:
        first = [regex.decode([index]) for index in range(11)]
        assert first == ["!", '"', "'", "(", ")", ",", "--", ".", ":", ";", "?"]
        assert [regex.decode([index]) for index in (25, 44, 50)] == ["Carlo;", "Grindle:", "He"]

    def test_the_tutorials_sentence(self, regex: assay.Tokenizer) -> None:
        assert regex.encode(PARDONABLE) == PARDONABLE_IDS
        assert regex.decode(PARDONABLE_IDS) == PARDONABLE_DECODED

    def test_it_is_lossy_and_says_so(self, host: assay.Host, regex: assay.Tokenizer) -> None:
        assert regex.decode(PARDONABLE_IDS) != PARDONABLE
        for name in ("regex", "regex-unk"):
            assert not host.one(assay.TokenizerPlugin, name).lossless

    @pytest.mark.parametrize("name", ["regex", "whitespace"])
    def test_what_it_changes_is_what_it_declares(self, host: assay.Host, verdict: str, name: str) -> None:
        plugin = host.one(assay.TokenizerPlugin, name)
        tokenizer = plugin.build(verdict)
        back = tokenizer.decode(tokenizer.encode(verdict))
        assert back != verdict
        assert normalized(back, plugin.normalization) == normalized(verdict, plugin.normalization)

    def test_colon_and_semicolon_are_no_separators(self) -> None:
        assert split("Carlo; Grindle:--so") == ["Carlo;", "Grindle:", "--", "so"]

    def test_every_separator_is_kept_and_white_space_is_not(self) -> None:
        assert split("a,b.c?d_e!f\"g(h)i'j--k \t\nl") == [*"a,b.c?d_e!f\"g(h)i'j", "--", "k", "l"]

    def test_decoding_takes_white_space_from_before_punctuation(self) -> None:
        tokenizer = RegexTokenizer("a , . ? ! \" ( ) ' _ -- b")
        assert tokenizer.decode(tokenizer.encode("a , . ? ! \" ( ) ' _ -- b")) == "a,.?!\"()' _ -- b"

    def test_an_unseen_word_is_an_error_that_names_it(self, host: assay.Host, regex: assay.Tokenizer) -> None:
        assert host.one(assay.TokenizerPlugin, "regex").closed_vocabulary
        with pytest.raises(assay.UnknownToken, match="'favourite'") as caught:
            regex.encode("Jack thought favourite movie")
        assert caught.value.token == "favourite"

    def test_nothing_is_nothing(self, regex: assay.Tokenizer) -> None:
        assert regex.encode("") == regex.encode(" \n\t ") == []
        assert regex.decode([]) == ""


class TestUnknown:
    def test_vocabulary(self, regex_unk: assay.Tokenizer) -> None:
        assert (regex_unk.vocab_size, regex_unk.unk_id) == (1161, 1160)
        assert regex_unk.special_tokens == {"<|endoftext|>": 1159, "<|unk|>": 1160}

    def test_the_tutorials_sentence(self, regex_unk: assay.Tokenizer) -> None:
        assert regex_unk.encode(MOVIE) == MOVIE_IDS

    def test_the_words_keep_the_ids_of_the_plain_tokenizer(
        self, regex: assay.Tokenizer, regex_unk: assay.Tokenizer, verdict: str
    ) -> None:
        assert regex_unk.encode(verdict) == regex.encode(verdict)

    def test_nothing_is_unknown_in_the_training_text(self, regex_unk: assay.Tokenizer, verdict: str) -> None:
        assert regex_unk.unk_id not in regex_unk.encode(verdict)


ROLES = {"bos": "[BOS]", "eos": "[EOS]", "pad": "[PAD]", "unk": "[UNK]"}


class TestSpecialTokens:
    def test_all_four_roles(self) -> None:
        tokenizer = RegexTokenizer("a b", assay.SpecialTokens(**ROLES, in_text="recognised"))
        assert tokenizer.special_tokens == {"[BOS]": 2, "[EOS]": 3, "[PAD]": 4, "[UNK]": 5}
        assert tokenizer.unk_id == 5
        assert tokenizer.encode("[BOS] a never b [EOS] [PAD] [PAD]") == [2, 0, 5, 1, 3, 4, 4]
        assert tokenizer.decode([2, 0, 5, 1, 3, 4, 4]) == "[BOS] a [UNK] b [EOS] [PAD] [PAD]"

    @pytest.mark.parametrize("role", ["bos", "eos", "pad", "unk"])
    def test_each_role_alone(self, role: str) -> None:
        tokenizer = RegexTokenizer("a b", assay.SpecialTokens(**{role: ROLES[role]}, in_text="recognised"))
        assert tokenizer.encode(f"a {ROLES[role]}") == [0, 2]
        assert tokenizer.unk_id == (2 if role == "unk" else None)

    def test_one_token_in_several_roles_is_one_entry(self) -> None:
        end = "<|endoftext|>"
        tokenizer = RegexTokenizer("a b", assay.SpecialTokens(bos=end, eos=end, pad=end, in_text="recognised"))
        assert (tokenizer.vocab_size, tokenizer.encode(f"a {end} b")) == (3, [0, 2, 1])

    def test_a_special_token_in_the_training_text_is_no_word(self) -> None:
        tokenizer = RegexTokenizer("a [EOS] b", assay.SpecialTokens(eos="[EOS]", in_text="recognised"))
        assert (tokenizer.vocab_size, tokenizer.encode("a [EOS] b")) == (3, [0, 2, 1])

    def test_as_text_it_is_a_word_like_any_other(self) -> None:
        with pytest.raises(assay.UnknownToken, match=r"\[EOS\]"):
            RegexTokenizer("a b", assay.SpecialTokens(eos="[EOS]", in_text="text")).encode("a [EOS]")
        tokenizer = RegexTokenizer("a b", assay.SpecialTokens(eos="[EOS]", unk="[UNK]", in_text="text"))
        assert tokenizer.encode("a [EOS]") == [0, tokenizer.unk_id]

    def test_as_text_it_is_known_where_it_was_trained_on(self) -> None:
        tokenizer = RegexTokenizer("a [EOS] b", assay.SpecialTokens(eos="[EOS]", in_text="text"))
        ids = tokenizer.encode("a [EOS] b")
        assert tokenizer.special_tokens["[EOS]"] not in ids
        assert tokenizer.decode(ids) == "a [EOS] b"

    @pytest.mark.parametrize("token", ["[EOS]", "[UNK]"])
    def test_refused_is_an_error_that_names_it(self, token: str) -> None:
        tokenizer = RegexTokenizer("a b", assay.SpecialTokens(eos="[EOS]", unk="[UNK]", in_text="refused"))
        assert tokenizer.encode("a never b") == [0, 3, 1]
        with pytest.raises(assay.AssayError, match="refused") as caught:
            tokenizer.encode(f"a {token} b")
        assert repr(token) in str(caught.value)


class TestAnyText:
    @properties
    @given(text=ANY_TEXT)
    def test_with_unknown_nothing_raises(self, regex_unk: assay.Tokenizer, text: str) -> None:
        ids = regex_unk.encode(text)
        assert all(0 <= token < regex_unk.vocab_size for token in ids)
        assert regex_unk.encode(text) == ids
        assert regex_unk.encode(regex_unk.decode(ids)) == ids

    @properties
    @given(text=ANY_TEXT)
    def test_plain_names_the_first_unseen_word_or_is_in_range(
        self, regex: assay.Tokenizer, verdict: str, text: str
    ) -> None:
        seen = set(split(verdict))
        unseen = [word for word in split(text) if word not in seen]
        if unseen:
            with pytest.raises(assay.UnknownToken) as caught:
                regex.encode(text)
            assert caught.value.token == unseen[0]
        else:
            ids = regex.encode(text)
            assert all(0 <= token < regex.vocab_size for token in ids)
            assert regex.encode(regex.decode(ids)) == ids

    @properties
    @given(text=ANY_TEXT)
    def test_no_word_is_unknown_in_the_text_it_was_trained_on(self, text: str) -> None:
        tokenizer = RegexTokenizer(text)
        ids = tokenizer.encode(text)
        assert set(ids) == set(range(tokenizer.vocab_size))
        assert tokenizer.encode(tokenizer.decode(ids)) == ids
