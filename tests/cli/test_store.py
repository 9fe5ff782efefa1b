"""`--store` and `assay store`: every command reads the chosen store, and no password is told."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.records.results import GroupResult, Measurement, Metrics, Run, Status, TokenizerCase
from assay.store.location import at
from assay.store.store import Store
from commands import Ran
from postgres import PASSWORD, QUOTED, Server

Cli = Callable[..., Any]
WEIGH = ("run", "--tokenizers", "bytes", "--attentions", "none", "--held-out", "0", "--budget", "0.1s")
# A run that asks a lost server again for a second only.
IMPATIENT = """
import sys
from assay.cli.app import run
from assay.store import fallback
fallback.ASKED_AGAIN_S = 1.0
sys.exit(run(sys.argv[1:]))
"""
SECRETS = (PASSWORD, QUOTED, "%25w", "p%w")


def fill(where: str | Path, name: str, *, tokens: int = 7) -> None:
    """Store a run with one case."""
    case = TokenizerCase(tokenizer="one", corpus="c")
    row = Measurement(case=case, status=Status.OK, metrics=Metrics(tokens=tokens))
    record = Run(id=name, started=f"{name[:4]}-01-01", suite="s/1", command="assay run", environment={"cores": "2"})
    with Store(where) as store:
        store.begin(record, [case])
        store.add(record.id, GroupResult(measurements=(row,)))
        store.finish(record.id, "complete")


def silent(ran: Any) -> Any:
    """A command that told no password."""
    assert not any(secret in ran.stdout + ran.stderr for secret in SECRETS), ran
    return ran


def masked(url: str) -> str:
    """How Assay shows the URL of a store."""
    return url.replace(f"ann:{QUOTED}", "***")


@pytest.fixture
def url(postgresql: Server) -> str:
    return postgresql.room()


@pytest.fixture
def ask(cli: Cli) -> Cli:
    """Carry out a command line, with `store` as the setting of the environment."""

    def call(*arguments: str, store: str | None = None) -> Ran:
        return silent(cli(*arguments, env={} if store is None else {"ASSAY_STORE": store}))

    return call


@pytest.mark.long
def test_a_run_goes_to_the_server_and_every_command_reads_it(ask: Cli, url: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a b c " * 50, "utf-8")
    there = ("--store", url)
    ran = ask(*WEIGH, "--corpora", "a.txt", *there, "--json", "--report", "report.json")
    assert ran.rc == 0, ran.stderr
    first = ran.json["run"]
    shown = masked(url)
    assert f"stored in {shown}" in ran.stderr
    assert first["command"].endswith(f"--store '{shown}' --json --report report.json")
    assert not (tmp_path / "results").exists()
    assert not any(secret in (tmp_path / "report.json").read_text("utf-8") for secret in SECRETS)

    assert ask("show", first["id"], "--json", *there).json["tokenizers"] == ran.json["tokenizers"]
    assert ask("run", "--resume", first["id"], "--json", store=url).json["tokenizers"] == ran.json["tokenizers"]
    assert f"{first['id']}" in ask("report", "--format", "md", store=url).stdout
    limits = ("--tokenizers", "bytes", "--attentions", "none", "--budget", "0.1s")
    checked = ask("check", "--baseline", f"run:{first['id']}", *limits, *there, "--json")
    assert (checked.rc, checked.json["baseline"]) == (0, f"run {first['id']}"), checked.stderr
    accepted = ask("accept", "--name", "mine", store=url)
    assert accepted.stdout == "results/baselines/mine.json\n"
    assert not any(secret in (tmp_path / accepted.stdout.strip()).read_text("utf-8") for secret in SECRETS)
    assert ask("show").complaint == "assay: error: there are no results in results (make some with `assay run`)"


@pytest.mark.long
def test_commands_that_read_several_runs(ask: Cli, url: str) -> None:
    for name, tokens in (("2025", 7), ("2026", 8)):
        fill(url, name, tokens=tokens)
    assert [run["id"] for run in ask("show", "--runs", "--json", store=url).json["runs"]] == ["2025", "2026"]
    compared = ask("compare", "2025", "2026", "--json", store=url)
    assert (compared.rc, len(compared.json["changes"])) == (1, 1)
    (series,) = ask("history", "tokens", "--json", "--store", url).json["series"]
    assert [point["value"] for point in series["points"]] == [7, 8]
    assert list(assay.results("all", store=url).tokenizers["tokens"]) == [7, 8]


@pytest.mark.long
@pytest.mark.parametrize("given", ["option", "variable"])
def test_a_server_that_dies_during_a_run(
    ask: Cli, own_postgresql: Server, tmp_path: Path, child_environment: Any, given: str
) -> None:
    """The tables are printed, and the printed command brings the results over when it is pasted."""
    url = own_postgresql.room()
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("a b c " * 50, "utf-8")
    env = child_environment({"ASSAY_STORE": url} if given == "variable" else {})
    option = ["--store", url] if given == "option" else []
    command = [sys.executable, "-c", IMPATIENT, *WEIGH, "--corpora", "a.txt,b.txt", *option]
    child = subprocess.Popen(command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    told = ""
    while "[1/2]" not in told:
        told += (line := child.stderr.readline())
        assert line, told
    own_postgresql.stop()
    try:
        stdout, rest = child.communicate(timeout=60)
    finally:
        own_postgresql.start()
    *_, last = rest.splitlines()
    assert child.returncode == 2
    assert [line.split("\t")[:2] for line in stdout.splitlines()[1:]] == [
        ["a.txt/all", "bytes"],
        ["b.txt/all", "bytes"],
    ]
    assert "; it is asked again for 1 s" in told + rest
    assert last.startswith("assay: error: the store postgresql+psycopg://***@127.0.0.1")
    assert "; 2 of 2 cases are kept as run " in last
    assert not any(secret in told + rest for secret in SECRETS)
    (record,) = ask("show", "--runs", "--json").json["runs"]
    pasted = re.search("`(assay store copy .*?)`", last)[1]
    env |= {"PGUSER": "ann", "PGPASSWORD": PASSWORD} if given == "option" else {}
    script = f'assay() {{ "{sys.executable}" -m assay "$@"; }}\n{pasted}'
    ran = subprocess.run(["sh", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "2 cases copied from" in ran.stderr or "1 case copied from" in ran.stderr
    (whole,) = ask("show", "--runs", "--json", "--store", url).json["runs"]
    assert whole == record
    assert (whole["state"], whole["manifest"]["ok"]) == ("complete", 2)


@pytest.mark.long
def test_info(ask: Cli, url: str) -> None:
    for name in ("2025", "2026"):
        fill(url, name)
    found = ask("store", "info", "--store", url, "--json").json["store"]
    assert found.pop("bytes") > 0
    assert found.pop("database").startswith("PostgreSQL ")
    assert found == {
        "store": masked(url),
        "format": 3,
        "runs": 2,
        "planned": 2,
        "measured": 2,
        "figures": 2,
        "samples": 0,
        "oldest": "2025",
        "newest": "2026",
    }


def test_info_of_a_file(ask: Cli, tmp_path: Path) -> None:
    fill(tmp_path / "results", "2025")
    lines = ask("store", "info").stdout.splitlines()
    assert lines[0] == "what\tfound"
    assert f"database\tSQLite {sqlite3.sqlite_version}" in lines
    assert "runs\t1" in lines


def test_copy_there_and_back(ask: Cli, url: str, tmp_path: Path) -> None:
    for name in ("2025", "2026"):
        fill(tmp_path / "results", name)
    ran = ask("store", "copy", "results", url)
    assert ran.stdout == "run\tadded\tpresent\n2025\t1\t0\n2026\t1\t0\n"
    assert ran.stderr == f"2 runs: 2 cases copied from results/assay.sqlite to {masked(url)}\n"
    assert ask("store", "copy", "results", url).stdout == "run\tadded\tpresent\n2025\t0\t1\n2026\t0\t1\n"
    back = ask("store", "copy", url, "back.sqlite", "2026", "--json")
    assert back.json["runs"] == [{"run": "2026", "added": 1, "present": 0}]
    assert [run["id"] for run in ask("show", "--runs", "--json", "--store", "back.sqlite").json["runs"]] == ["2026"]
    assert "are the same store" in ask("store", "copy", "results", "sqlite:///results/assay.sqlite").complaint
    assert "'2027' fits no run in results/assay.sqlite" in ask("store", "copy", "results", "new", "2027").complaint
    assert not (tmp_path / "new").exists()
    assert "there are no results in nowhere" in ask("store", "copy", "nowhere", "new").complaint


def test_upgrade(ask: Cli, url: str) -> None:
    import psycopg

    fill(url, "2025")
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("DROP VIEW results; ALTER TABLE metrics DROP COLUMN unit; DROP TABLE plugins")
        connection.execute("ALTER TABLE measurements DROP COLUMN code; ALTER TABLE runs DROP COLUMN process")
        connection.execute("ALTER TABLE cases DROP COLUMN corpus, DROP COLUMN split, DROP COLUMN workload")
        connection.execute("UPDATE meta SET value = '1' WHERE key = 'format'")
    assert "`assay store upgrade` upgrades it" in ask("show", "--store", url).complaint
    ran = ask("store", "upgrade", "--store", url)
    assert (ran.rc, ran.stderr) == (0, f"{masked(url)} has format 3\n")
    assert ask("show", "--json", "--store", url).json["tokenizers"][0]["tokens"] == 7


def test_the_store_from_settings_and_the_environment(ask: Cli, url: str, tmp_path: Path) -> None:
    """`store` names an option and a group of commands: a text is the option, a table the commands'."""
    fill(url, "2025", tokens=1)
    fill(tmp_path / "team.sqlite", "2026", tokens=2)
    (tmp_path / "assay.toml").write_text(f"store = {json.dumps(url)}\n", "utf-8")
    shown = ask("show", "--json")
    assert shown.json["tokenizers"][0]["tokens"] == 1
    assert ask("store", "info", "--json").json["store"]["newest"] == "2025"
    assert ask("show", "--json", store="team.sqlite").json["tokenizers"][0]["tokens"] == 2
    (tmp_path / "assay.toml").write_text('[store]\nstore = "team.sqlite"\n', "utf-8")
    assert ask("store", "info", "--json").json["store"]["newest"] == "2026"
    assert "there are no results in results" in ask("show").complaint
    (tmp_path / "assay.toml").write_text("store = 5\n", "utf-8")
    assert ask("show").rc == 2


@pytest.mark.parametrize(
    ("store", "words"),
    [
        (
            "postgresql://ann:secret@127.0.0.1:1/assay",
            "postgresql+psycopg://***@127.0.0.1:1/assay cannot be reached",
        ),
        ("postgresql://ann:sec@ret@h/assay", "the URL of the store cannot be read"),
        ("mysql://ann:secret@h/assay", "a store cannot be a database of mysql"),
        ("sqlite://", "the URL of the store names no file"),
        ("absent.sqlite", "there are no results in absent.sqlite"),
    ],
)
def test_a_store_that_is_none_is_one_sentence(ask: Cli, store: str, words: str) -> None:
    for command in (["show"], ["store", "info"]):
        line = ask(*command, "--store", store).complaint
        assert words in line
        assert "sec" not in line
    if not store.startswith("absent"):
        assert words in ask(*WEIGH, "--store", store).complaint


def test_a_wrong_password_and_an_absent_database(ask: Cli, postgresql: Server) -> None:
    wrong = ask("show", "--store", postgresql.root.replace(QUOTED, "not-that-one")).complaint
    assert "cannot be reached: connection failed" in wrong
    assert 'password authentication failed for user "***"' in wrong
    assert "not-that-one" not in wrong
    assert "does not exist" in ask("show", "--store", f"{postgresql.root}-absent").complaint


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("sslmode=no", 'cannot be reached: connection is bad: invalid sslmode value: "no"'),
        ("connect_timeout=soon", "bad value for connect_timeout"),
        ("nonsense=1", 'invalid connection option "nonsense"'),
        ("autocommit=true", "sets autocommit, which is not an option of a server (leave it out of the URL)"),
        ("prepare_threshold=0", "sets prepare_threshold, which is not an option of a server"),
    ],
)
def test_an_option_of_a_server_that_is_none(ask: Cli, postgresql: Server, option: str, words: str) -> None:
    assert words in ask("show", "--store", f"{postgresql.root}?{option}").complaint


def test_a_user_who_may_only_read(ask: Cli, postgresql: Server) -> None:
    import psycopg

    url = postgresql.url()
    reader = url.replace(f"ann:{QUOTED}", "bob:secret")
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("DROP ROLE IF EXISTS bob; CREATE ROLE bob LOGIN PASSWORD 'secret'")
    denied = ask(*WEIGH, "--store", reader).complaint
    assert "cannot be read or written: permission denied for schema public" in denied
    assert "secret" not in denied
    fill(url, "2025")
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO bob")
    assert ask("show", "--json", "--store", reader).json["tokenizers"][0]["tokens"] == 7
    assert ask("store", "info", "--json", "--store", reader).json["store"]["runs"] == 1
    assert "permission denied for table runs" in ask(*WEIGH, "--store", reader).complaint


def test_without_psycopg_it_says_how_to_install_it(process: Callable[..., Any], tmp_path: Path) -> None:
    code = "import sys; sys.modules['psycopg'] = None; from assay.cli.app import run; sys.exit(run(sys.argv[1:]))"
    ran = process([sys.executable, "-c", code, "show", "--store", "postgresql://ann:secret@h/assay"], cwd=tmp_path)
    assert 'pip install "assay-bench[store]"' in ran.complaint
    assert "secret" not in ran.complaint


@pytest.mark.long
def test_ctrl_c_while_a_server_does_not_answer(tmp_path: Path, child_environment: Any) -> None:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"postgresql://ann@127.0.0.1:{deaf.getsockname()[1]}/assay"
        command = [sys.executable, "-m", "assay", "show", "--store", url]
        child = subprocess.Popen(command, cwd=tmp_path, env=child_environment(), stderr=subprocess.PIPE, text=True)
        deaf.settimeout(30)
        connection, _ = deaf.accept()
        child.send_signal(signal.SIGINT)
        assert child.communicate(timeout=30)[1] == "assay: interrupted\n"
        assert child.returncode == 130
        connection.close()


@pytest.mark.long
@pytest.mark.parametrize("fault", ["file", "folder", "format"])
def test_results_that_are_lost_under_a_run(ask: Cli, tmp_path: Path, child_environment: Any, fault: str) -> None:
    """The command says where they are, exits with 2, and prints the tables; what it prints to do works."""
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("a b c " * 50, "utf-8")
    command = [sys.executable, "-m", "assay", *WEIGH, "--corpora", "a.txt,b.txt"]
    child = subprocess.Popen(
        command, cwd=tmp_path, env=child_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    told = ""
    while "[1/2]" not in told:
        told += (line := child.stderr.readline())
        assert line, told
    file = tmp_path / "results" / "assay.sqlite"
    if fault == "file":
        file.unlink()
    elif fault == "folder":
        shutil.rmtree(file.parent)
    else:
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("UPDATE meta SET value = '99' WHERE key = 'format'")
    stdout, rest = child.communicate(timeout=60)
    *_, last = rest.splitlines()
    assert (child.returncode, len(stdout.splitlines())) == (2, 3)
    assert " is stored in " not in told + rest
    lost = {"file": "results/assay.sqlite was deleted", "folder": "results was deleted", "format": "has format 99 now"}
    assert lost[fault] in last
    there = re.search("cases are kept as run .* in (.*?) ", last)[1]
    assert Path(there).parent == Path("." if fault == "folder" else "results")
    assert len(ask("show", "--json", "--store", there).json["tokenizers"]) == 2
    if fault != "format":
        copied = re.search("`assay (store copy .*?)`", last)[1]
        assert ask(*copied.split()).rc == 0
        assert len(ask("show", "--json").json["tokenizers"]) == 2


def test_a_masked_user_is_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    masked = "postgresql+psycopg://***@db/assay?sslmode=require"
    monkeypatch.delenv("ASSAY_STORE", raising=False)
    assert at(masked).url == "postgresql+psycopg://db/assay?sslmode=require"
    assert at("postgresql://db/assay?user=***&sslmode=require&password=***").url == at(masked).url
    monkeypatch.setenv("ASSAY_STORE", "postgres://ann:secret@other/assay?sslmode=require")
    assert at(masked).url == "postgresql+psycopg://db/assay?sslmode=require"
    monkeypatch.setenv("ASSAY_STORE", "postgres://ann:secret@db/assay?sslmode=require")
    assert at(masked).url == "postgresql+psycopg://ann:secret@db/assay?sslmode=require"
    assert at(os.environ["ASSAY_STORE"]).pasted == '"$ASSAY_STORE"'
    assert at("postgres://ann@db/my db").pasted == "'postgresql+psycopg://***@db/my db'"
    assert at("sqlite:////tmp/my team").pasted == "sqlite:////tmp/my%20team"
    assert at("-a.sqlite").pasted == "./-a.sqlite"
