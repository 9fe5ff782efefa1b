"""No secret of a URL survives masking; masking twice is masking once; distinct names stay distinct."""

from __future__ import annotations

import string
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assay import credentials
from assay.credentials import is_unknown, keep, mask, mask_argument, reveal
from assay.errors import AssayError, reason_of

SECRET_NAMES = (
    *("token", "access_token", "X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "sig", "key", "apikey"),
    *("api_key", "api-key", "password", "auth", "code", "Signature", "AWSAccessKeyId", "GoogleAccessId", "user"),
    *("X-Goog-Signature", "client_secret", "sessionid", "sslpassword", "accessToken", "subscription-key"),
)
SCHEMES = ("https", "http", "s3", "git+https", "git+ssh", "postgresql", "postgresql+psycopg", "tcp")
SAFE = string.ascii_letters + string.digits + "-._~"
# Letters of a secret that occur nowhere else, so that any that survives is seen.
SECRETS = st.text(st.sampled_from("ÄÖÜäöü%:@/?#&=+ ;,'\"<>`"), min_size=1).map(lambda text: f"ß{text}ß")
HARMLESS = st.text(st.sampled_from(SAFE), min_size=1, max_size=12)


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this process know no secrets of other tests."""
    with monkeypatch.context() as patch:
        patch.setattr(credentials, "_urls", {})
        patch.setattr(credentials, "_secrets", set())
        yield


@st.composite
def urls(draw: st.DrawFn) -> tuple[str, str]:
    """A URL with secrets, as people should write it, and the same with other secrets."""
    scheme, host, path, number = draw(st.tuples(st.sampled_from(SCHEMES), HARMLESS, HARMLESS, HARMLESS))
    names = draw(st.lists(st.sampled_from(SECRET_NAMES), max_size=3, unique=True))

    def one() -> str:
        def secret() -> str:
            return quote(draw(SECRETS), safe="")

        query = "&".join(["shard=" + number, *(f"{name}={secret()}" for name in names)])
        return f"{scheme}://{secret()}:{secret()}@{host}/{path}.jsonl?{query}#{secret()}"

    return one(), one()


@given(urls())
def test_no_secret_survives_and_the_name_does_not_depend_on_it(pair: tuple[str, str]) -> None:
    one, other = pair
    for form in (mask, mask_argument):
        masked = form(one)
        assert "ß" not in masked
        assert quote("ß") not in masked
        assert form(masked) == masked
        assert masked == form(other)


@given(urls(), st.sampled_from(['cannot read "{}"', "<{}>", "{}", "at {}, and then", "({})", "a,{},b", "x={}\nnext"]))
def test_no_secret_survives_within_a_sentence(pair: tuple[str, str], sentence: str) -> None:
    text = sentence.format(pair[0])
    for masked in (mask(text), str(AssayError(text, remedy=text)), reason_of(ValueError(text))):
        assert quote("ß") not in masked
        assert mask(masked) == masked


@given(urls(), HARMLESS, HARMLESS)
def test_a_harmless_parameter_keeps_names_distinct(pair: tuple[str, str], one: str, other: str) -> None:
    assume(one != other)
    before, hash_, fragment = pair[0].partition("#")
    first, second = (mask(f"{before}&part={value}{hash_}{fragment}") for value in (one, other))
    assert first != second


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.sampled_from(["postgresql", "postgres", "mysql"]))
def test_a_password_of_a_database_need_not_be_quoted(password: str, scheme: str) -> None:
    masked = mask_argument(f"--store={scheme}://ann:ß{password}ß@db/assay")
    assert masked == f"--store={scheme}://***@db/assay"


@given(st.text(min_size=1))
def test_masking_any_text_twice_is_masking_it_once(text: str) -> None:
    for shown in (text, f"https://{text}", f"a://b?{text}", f"password={text}", f"host=a user={text}"):
        assert mask(mask(shown)) == mask(shown)
        assert mask_argument(mask_argument(shown)) == mask_argument(shown)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("https://h/a.jsonl", "https://h/a.jsonl"),
        ("https://h:8080/pkg@1.2/a?part=1&v=2", "https://h:8080/pkg@1.2/a?part=1&v=2"),
        ("https://ann@h/a", "https://***@h/a"),
        ("https://ann:pa/ss@h/a", "https://***@h/a"),
        ("https://h/a?tokenizer=gpt2&max_tokens=3&token=x", "https://h/a?tokenizer=gpt2&max_tokens=3&token=***"),
        (
            "https://h/a?sv=2022&se=2026-01-01&sp=r&sig=abc",
            "https://h/a?sv=***&se=***&sp=***&sig=***",
        ),
        ("https://h/a?sv=2022&sp=7", "https://h/a?sv=2022&sp=7"),
        ("https://h/a?X-Amz-Date=1&X-Amz-Expires=2", "https://h/a?X-Amz-Date=***&X-Amz-Expires=***"),
        ("https://h/a?next=https%3A%2F%2Fann%3Apw%40i%2F", "https://h/a?next=https://***@i/"),
        ("https://h/a?0123456789abcdef0123", "https://h/a?***"),
        ("https://h/a?token=ab;cd&x=1;y=2", "https://h/a?token=***&x=1;y=2"),
        ("pkg @ git+https://tok@h/r@v1#subdirectory=a", "pkg @ git+https://***@h/r@v1#***"),
        ("https://u:p@h/a.csv#include=*.py&field=b c", "https://***@h/a.csv#include=*.py&field=b c"),
        ("https://h/a?sig=x#tok#field=body", "https://h/a?sig=***#***#field=body"),
        ("https://h/a#field=body&token=tok", "https://h/a#***"),
        ("https://a?token=1,https://u:p@b/c", "https://a?token=***,https://***@b/c"),
        ("host=db user=ann password='a \\' b' dbname=x", "host=db user=*** password=*** dbname=x"),
        (
            'FATAL: password authentication failed for user "ann"',
            'FATAL: password authentication failed for user "***"',
        ),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("password = a&b;c,d", "password=***"),
        ("GET /a.whl?part=1&token=ab HTTP/1.1", "GET /a.whl?part=1&token=*** HTTP/1.1"),
        ("4 user defined tokens", "4 user defined tokens"),
    ],
)
def test_examples(text: str, masked: str) -> None:
    assert mask(text) == masked
    assert mask_argument(text) == masked


@pytest.mark.long
@pytest.mark.parametrize(
    "part",
    ["a", "://a", "a=", "?a", "&;", "user '", "password='", "a,b://", "https://a@", "@", "%3A", "#field=", "&field="],
)
def test_a_long_text_is_masked_in_linear_time(part: str) -> None:
    """If the time grew with the square of the length, this would take minutes."""
    text = part * (100_000 // len(part))
    for shown in (text, f"https://{text}", f"https://h/?{text}", f"{text}://h host=a"):
        assert mask(shown)
        assert mask_argument(shown)


def test_what_was_masked_is_known_to_this_process_only() -> None:
    url = "https://ann:pass%2Fword@h/a.jsonl?sig=longsignature"
    masked = keep(url)
    assert (masked, reveal(masked), is_unknown(masked)) == ("https://***@h/a.jsonl?sig=***", url, False)
    assert is_unknown("https://***@other/a.jsonl")
    assert not is_unknown("https://other/*.jsonl")
    assert (keep("data/*.jsonl"), reveal("data/*.jsonl")) == ("data/*.jsonl", "data/*.jsonl")
    assert keep(f"{url}#field=body text") == f"{masked}#field=body text"
    assert mask("the column body text, field=body text") == "the column body text, field=body text"
    # What another library quotes of it is no URL.
    assert mask("nonnumeric port: 'pass%2Fword@h'") == "nonnumeric port: '***@h'"
    assert mask("no such key: longsignature, pass/word") == "no such key: ***, ***"
