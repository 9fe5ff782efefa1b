"""Where a store is, by its name; a password is in no text."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.environment.command_line import command_line
from assay.errors import AssayError
from assay.store.location import Location, at, locate

SERVER = "postgresql+psycopg://ann:secret@db.example:5433/assay"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("results", "results/assay.sqlite"),
        (Path("/a/b"), "/a/b/assay.sqlite"),
        ("team.sqlite", "team.sqlite"),
        ("a/team.db", "a/team.db"),
        ("sqlite:///team", "team"),
        ("sqlite:////a/the%20team.db", "/a/the team.db"),
        ("SQLite:///team", "team"),
    ],
)
def test_a_folder_or_a_file(name: str | Path, file: str) -> None:
    found = at(name)
    assert (found.file, found.url, str(found)) == (Path(file), None, file)


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "postgresql", "postgres", "PostgreSQL"])
def test_a_server_by_any_name_that_people_give_it(scheme: str) -> None:
    assert at(f"{scheme}{SERVER.removeprefix('postgresql+psycopg')}").url == SERVER


@pytest.mark.parametrize(
    "rest",
    [
        "db/assay",
        "ann@db/assay",
        "ann:@db:1/assay",
        "/assay?host=/run/postgresql",
        "ann:a:b/c?d#e@[::1]:5433/assay?sslmode=require",
        "db",
    ],
)
def test_forms_of_a_server(rest: str) -> None:
    assert at(f"postgresql://{rest}").url == f"postgresql+psycopg://{rest}"


@pytest.mark.parametrize(
    "name",
    [
        "postgresql://ann:sec@ret@db/assay",
        "postgresql://ann:secret/assay",
        "postgresql://ann:secret@db:port/assay",
        "postgresql+asyncpg://ann:secret@db/assay",
        "postgresql://an/n:secret@db/assay",
        "mysql://ann:secret@db/assay",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///a.db?mode=ro",
        "sqlite://secret/a.db",
        "host=db.example user=ann password=secret dbname=assay",
        "password='secret' host=db.example",
    ],
)
def test_what_is_no_store_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(AssayError) as caught:
        at(name)
    assert "secret" not in str(caught.value)
    assert "sec@" not in str(caught.value)
    assert "ret@" not in str(caught.value)
    assert caught.value.remedy


def test_a_store_beside_the_folder_of_the_results() -> None:
    own = locate(None, "here.db")  # whatever it is called, it is a folder
    assert (own.folder, own.file, own.elsewhere) == (Path("here.db"), Path("here.db/assay.sqlite"), False)
    other = locate(SERVER, "here")
    assert (other.folder, other.url, other.elsewhere) == (Path("here"), SERVER, True)
    assert locate("there", "here").elsewhere
    assert not locate("here", "here").elsewhere


def test_the_same_store_by_two_names(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert at(tmp_path).same(at(tmp_path / "link" / "assay.sqlite"))
    assert not at(tmp_path).same(at("elsewhere"))
    assert not at(tmp_path).same(at(SERVER))
    assert at(SERVER).same(at(SERVER.replace("+psycopg", "")))


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_no_password_is_in_the_text_of_a_location(password: str) -> None:
    written = quote(f"<{password}>", safe="")
    found = at(f"postgresql://ann:{written}@db/assay?password={written}&sslpassword={written}&sslmode=require")
    assert isinstance(found, Location)
    assert "url" not in repr(found)
    assert str(found) == "postgresql+psycopg://***@db/assay?password=***&sslpassword=***&sslmode=require"


def test_the_command_line_has_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ["assay", "run", "--store", SERVER, "--corpora", "my file.txt", f"--store={SERVER}"]
    monkeypatch.setattr("sys.argv", arguments)
    shown = SERVER.replace("ann:secret", "***")
    assert command_line() == f"assay run --store '{shown}' --corpora 'my file.txt' '--store={shown}'"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["/usr/bin/assay", "show"], "assay show"),
        (["/site-packages/assay/__main__.py", "show"], "assay show"),
        (["study.py", "--token", "secret"], "run from Python (study.py): no command line of assay repeats it"),
        ([""], "run from Python: no command line of assay repeats it"),
    ],
)
def test_the_words_of_another_program_are_no_command_line(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.setattr("sys.argv", arguments)
    assert command_line() == words
