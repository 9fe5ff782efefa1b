"""Where results are: a folder, and the store, which is a file in it unless another one or a server is named."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote, unquote

from assay.credentials import MASK, keep, mask_argument
from assay.errors import AssayError

RESULTS = "results"
FILE = "assay.sqlite"
SUFFIXES = (".sqlite", ".sqlite3", ".db")
SERVER = re.compile(
    r"postgres(?:ql)?(?:\+psycopg)?"
    r"(://(?:[^:/?@]*(?::[^@]*)?@)?(?:\[[^\]/?@]*\]|[^:/?@]*)(?::\d+)?(?:/[^?@]*)?(?:\?[^@]*)?)"
)
CONNINFO = re.compile(r"\b(host|hostaddr|port|dbname|user|password|service|sslmode)\s*=")  # as libpq takes it
VARIABLE = "ASSAY_STORE"
FORMS = "a folder, a SQLite file, or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A results folder and a store: `file` is a SQLite file, `url` a server's, with its password; one of them is set.

    As text it is the store, without a user and a password.
    """

    folder: Path
    file: Path | None = None
    url: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return str(self.file) if self.url is None else mask_argument(self.url)

    @property
    def elsewhere(self) -> bool:
        """Whether the store is not the file in the folder, into which results go when the store is lost."""
        return not self.same(_in(self.folder))

    @property
    def pasted(self) -> str:
        """The store as an argument of a command in a shell, which works although it has no user and password.

        A URL with a user is the variable ASSAY_STORE, where that has it; else `***` stands for user and password.
        """
        if self.file is not None:
            return _pasted(str(self) if self.file.suffix in SUFFIXES else f"sqlite:///{quote(str(self.file))}")
        assert self.url is not None
        masked = mask_argument(self.url)
        return f'"${VARIABLE}"' if masked != self.url and _in_variable(self.url) else _pasted(masked)

    @property
    def option(self) -> str:
        """The options by which a command finds this store, with a space before; nothing where it is the default."""
        if self.elsewhere:
            return f" --store {self.pasted}"
        return "" if self.folder == Path(RESULTS) else f" --results {_pasted(str(self.folder))}"

    def same(self, other: Location) -> bool:
        """Return whether two names are of the same store, as far as names tell."""
        if self.file is None or other.file is None:
            return self.file == other.file and self.url == other.url
        return self.file.resolve() == other.file.resolve()


Where = str | Path | Location


def locate(store: str | Path | None, folder: str | Path) -> Location:
    """Return the location of a store that stands beside a results folder; None for the store in the folder."""
    return _in(Path(folder)) if store is None else replace(at(store), folder=Path(folder))


def at(where: Where) -> Location:
    """Return the location of a name: a URL, a file, or else a folder, with the store in it.

    Raises `AssayError` for the URL of another kind of database, and for one that cannot be read; never with the URL,
    since whatever is wrong with it may be the password.
    """
    if isinstance(where, Location):
        return where
    scheme, separator, rest = str(where).partition("://")
    if not separator:
        path = Path(where)
        if CONNINFO.match(str(where).lstrip()) and not path.exists():
            raise AssayError("a store is not named by options of libpq", remedy=f"it is {FORMS}")
        return Location(folder=Path(RESULTS), file=path) if path.suffix in SUFFIXES else _in(path)
    if scheme.lower() == "sqlite":
        return Location(folder=Path(RESULTS), file=_file(rest))
    if not scheme.lower().startswith("postgres"):
        kind = f"a database of {scheme}" if re.fullmatch(r"[\w+.-]+", scheme) else "that"
        raise AssayError(f"a store cannot be {kind}", remedy=f"it is {FORMS}")
    found = SERVER.fullmatch(scheme.lower() + separator + rest)
    if found is None:
        raise AssayError(
            "the URL of the store cannot be read",
            remedy="write postgresql+psycopg://USER:PASSWORD@HOST:PORT/DATABASE, with %40 for an @ in a password",
        )
    url = _unmasked(f"postgresql+psycopg{found[1]}")
    keep(url)  # what psycopg quotes of it is masked too
    return Location(folder=Path(RESULTS), url=url)


def _unmasked(url: str) -> str:
    """A URL as Assay prints it works when it is pasted: ASSAY_STORE has user and password, or else libpq finds them."""
    if MASK not in url:
        return url
    given = os.environ.get(VARIABLE, "")
    if given and MASK not in given and mask_argument(at(given).url or "") == url:
        return at(given).url or url
    path, mark, query = url.replace(f"://{MASK}@", "://", 1).partition("?")
    return path + mark + "&".join(part for part in query.split("&") if not part.endswith(f"={MASK}"))


def _in_variable(url: str) -> bool:
    """Whether ASSAY_STORE has this URL."""
    given = os.environ.get(VARIABLE)
    if not given:
        return False
    try:
        return at(given).url == url
    except AssayError:
        return False


def _pasted(argument: str) -> str:
    return shlex.quote(f"./{argument}" if argument.startswith("-") else argument)


def _in(folder: Path) -> Location:
    return Location(folder=folder, file=folder / FILE)


def _file(rest: str) -> Path:
    """The path in the URL of a SQLite file: relative after three slashes, absolute after four."""
    path = unquote(rest.removeprefix("/"))
    if not rest.startswith("/") or path in ("", ":memory:") or "?" in path:
        raise AssayError("the URL of the store names no file", remedy="write sqlite:///PATH, without options")
    return Path(path)
