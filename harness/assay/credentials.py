"""Credentials in URLs and connection strings: masked in what is stored, printed or reported, kept in this process only.

A user, a password, a fragment, and the secret parameters of a query become `***`. Nothing is hashed: the hash of a weak
password can be guessed.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

MASK = "***"
SHORTEST = 8  # characters of a secret that is masked wherever it stands; a shorter one may be a common word
BARE = 20  # characters of a parameter without a name that is taken for a token
_SCHEME = r"[A-Za-z][A-Za-z0-9+.\-]{0,30}"  # bounded, as time must not grow with the square of a text
_URL = re.compile(rf"({_SCHEME})://((?:(?!,{_SCHEME}://)[^\s\"'`<>])+)")
_WHOLE = re.compile(rf"({_SCHEME})://(.*)", re.DOTALL)
_LIST = re.compile(rf",(?={_SCHEME}://)")
_CLOSING = ".,;:)]}"
# What stands behind the name of a corpus and says how it is read is no fragment.
_OPTIONS = re.compile(r"#(?:include|field)=[^#&@]*(?:&(?:include|field)=[^#&@]*)*\Z")
_DATABASE = re.compile(r"(postgres|mysql|mariadb|redis|mongodb|amqp|clickhouse)", re.IGNORECASE)
# The value of a parameter goes on behind a semicolon, if no other parameter begins there.
_PARAMETER = re.compile(r"(?<![^&;])([^&;=]+)=([^&;]*(?:;[^&;=]*(?=[&;]|$))*)")
_RELATIVE = re.compile(r"(?<=[?&])([\w.%\-]+)=(?!\*\*\*)([^\s&\"'`<>]+)")
_BARE = re.compile(rf"(?<![^&;])[^&;=]{{{BARE},}}(?![^&;])")
_ENDINGS = (
    *("password", "passwd", "passphrase", "pwd", "secret", "token", "signature", "credential", "credentials"),
    *("apikey", "accesskey", "accesskeyid", "secretkey", "accountkey", "privatekey", "authkey", "auth"),
    *("authorization", "jwt", "session", "sessionid", "cookie", "ticket", "user", "username", "login"),
    *("googleaccessid", "keypairid", "authcode"),
)
_NAMES = {"key", "sig", "code", "pass", "sas"}
_SIGNING = re.compile(r"x(amz|goog|oss|cos|obs|ms)[a-z]")
# What changes with each signature of Azure and CloudFront, in a query that has one.
_SIGNED = {
    *("se", "sp", "st", "sv", "sr", "ss", "srt", "sip", "spr", "skoid", "sktid", "skt", "ske", "sks", "skv"),
    *("expires", "policy"),
}
_SIGNATURES = {"sig", "signature"}
_SECRET_KEY = re.compile(r"[-_.]key$")
_VALUE = r"\s*=\s*(?:\*\*\*|'(?:\\.|[^'\\])*'|[^\s\"]+)"
_CONNINFO = re.compile(rf"\b((?:ssl)?password|passwd|pwd|passphrase)({_VALUE})", re.IGNORECASE)
_CONNINFO_USER = re.compile(rf"\b(user)({_VALUE})", re.IGNORECASE)
_OF_CONNINFO = re.compile(r"\b(host|hostaddr|dbname|(?:ssl)?password|sslmode)\s*=", re.IGNORECASE)
_ROLE = re.compile(r"""\b(user|role) (["'])(?:(?!\2).){1,200}\2""")
_HEADER = re.compile(r"\b(authorization:\s*(?:[a-z]+\s+)?)[^\s\"']+", re.IGNORECASE)

_urls: dict[str, str] = {}
_secrets: set[str] = set()


def mask(text: str) -> str:
    """Return a text without the credentials of its URLs and connection strings; masking twice changes nothing more."""
    if "://" in text:
        text = _URL.sub(lambda found: _closed(found[1], found[2]), text)
    if "=" in text:
        text = _RELATIVE.sub(lambda found: f"{found[1]}={MASK}" if _is_secret(found[1]) else found[0], text)
        if _OF_CONNINFO.search(text):
            text = _CONNINFO_USER.sub(rf"\1={MASK}", text)
        text = _CONNINFO.sub(rf"\1={MASK}", text)
    text = _ROLE.sub(rf"\1 \2{MASK}\2", text)
    text = _HEADER.sub(rf"\g<1>{MASK}", text)
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def mask_argument(text: str) -> str:
    """Return a word of a command line likewise: its URLs, between commas, may hold anything, white space too."""
    if _WHOLE.search(text) is None:
        return mask(text)
    return mask(",".join(_WHOLE.sub(lambda found: _masked(found[1], found[2]), each) for each in _LIST.split(text)))


def keep(url: str) -> str:
    """Return the masked form of a URL, and remember for this process what it stands for."""
    masked = mask_argument(url)
    found = _WHOLE.search(url)
    if masked != url and found is not None:
        _urls[masked] = url
        _secrets.update(secret for secret in _secrets_of(found[1], found[2]) if len(secret) >= SHORTEST)
    return masked


def reveal(name: str) -> str:
    """Return the URL that a masked form stands for in this process; any other text as it is."""
    return _urls.get(name, name)


def is_unknown(name: str) -> bool:
    """Return whether a text is the masked form of a URL that this process was not given."""
    return MASK in name and "://" in name and name not in _urls and mask_argument(name) == name


def _closed(scheme: str, rest: str) -> str:
    """A URL in a sentence, whose last signs may be those of the sentence."""
    body = rest.rstrip(_CLOSING)
    return _masked(scheme, body) + rest[len(body) :]


def _masked(scheme: str, rest: str) -> str:
    rest, options = _split_options(rest)
    at, question, hash_ = _borders(scheme, rest)
    userinfo = f"{MASK}@" if at > 0 else ""
    query = _query(rest[question:hash_]) if question < hash_ else ""
    fragment = rest[hash_ : hash_ + 1] + (MASK if rest[hash_ + 1 :] else "")
    return f"{scheme}://{userinfo}{rest[at:question]}{query}{fragment}{options}"


def _split_options(rest: str) -> tuple[str, str]:
    found = _OPTIONS.search(rest)
    return (rest, "") if found is None else (rest[: found.start()], found[0])


def _borders(scheme: str, rest: str) -> tuple[int, int, int]:
    """Where the host begins, where the query begins with its question mark, and where the fragment does with its `#`.

    A password that is not quoted may hold a slash. It is told from a path by what stands in the place of a port.
    """
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    port = authority.rpartition(":")[2] if ":" in authority and not authority.endswith("]") else ""
    whole = _DATABASE.match(scheme) or ("@" not in authority and port and not port.isdigit())
    at = (rest if whole else authority).rfind("@") + 1
    hash_ = rest.find("#", at)
    hash_ = len(rest) if hash_ < 0 else hash_
    question = rest.find("?", at, hash_)
    return at, hash_ if question < 0 else question, hash_


def _query(query: str) -> str:
    signed = any(_plain(found[1]) in _SIGNATURES for found in _PARAMETER.finditer(query[1:]))

    def value(found: re.Match[str]) -> str:
        if found[2] and _is_secret(found[1], signed=signed):
            return f"{found[1]}={MASK}"
        plain = unquote(found[2])
        inner = mask(plain) if "://" in plain else plain
        return found[0] if inner == plain else f"{found[1]}={quote(inner, safe=':/@*?=')}"

    return "?" + _BARE.sub(MASK, _PARAMETER.sub(value, query[1:]))


def _is_secret(name: str, *, signed: bool = False) -> bool:
    plain = _plain(name)
    if plain in _NAMES or plain.endswith(_ENDINGS) or _SECRET_KEY.search(unquote(name).lower()):
        return True
    return _SIGNING.match(plain) is not None or (signed and plain in _SIGNED)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", unquote(name).lower())


def _secrets_of(scheme: str, rest: str) -> set[str]:
    """What may stand by itself in an error of another library: as it was written, and decoded."""
    rest, _ = _split_options(rest)
    at, question, hash_ = _borders(scheme, rest)
    user, colon, password = rest[: max(0, at - 1)].partition(":")
    password = password if colon or _DATABASE.match(scheme) else user
    found = {password, rest[hash_ + 1 :], *re.split("[/?#@:]", password)}  # what takes one for a host or a port
    for each in _PARAMETER.finditer(rest[question + 1 : hash_]):
        if _plain(each[1]) in _NAMES or _plain(each[1]).endswith(_ENDINGS):
            found.add(each[2])
        if (inner := _WHOLE.search(unquote(each[2]))) is not None:
            found |= _secrets_of(inner[1], inner[2])
    return found | {unquote(secret) for secret in found}
