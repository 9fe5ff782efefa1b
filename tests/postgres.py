"""A real PostgreSQL server for tests: in a folder of its own, on loopback, as a user that may run one."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PASSWORD = "p%w:r/d é"  # of all that a URL must write otherwise
QUOTED = "p%25w%3Ar%2Fd%20%C3%A9"
USERS = ("postgres", "nobody")


class NoServer(Exception):
    """This machine cannot run one; says why."""


def programs() -> Path:
    """The folder of `initdb` and `postgres`, which Debian keeps off the path; raise `NoServer`."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    program = shutil.which("initdb")
    if program is None:
        raise NoServer("there is no PostgreSQL here (apt-get install postgresql)")
    return Path(program).resolve().parent


@dataclass
class Server:
    """A server: `url` makes an empty database, `room` an empty schema, which is quicker."""

    folder: Path
    programs: Path
    identity: dict[str, Any]
    port: int
    token: str = field(default_factory=lambda: secrets.token_hex(4))  # so that no two workers make the same
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs."""
        environment = {"PGPASSWORD": PASSWORD, "PATH": os.environ["PATH"], "LC_ALL": "C"}
        command = [str(self.programs / program), *arguments]
        with (self.folder / "output").open("ab") as output:
            ended = subprocess.run(
                command, cwd=self.folder, env=environment, stdout=output, stderr=output, check=False, **self.identity
            )
        if ended.returncode:
            raise NoServer(f"{program} failed: {(self.folder / 'output').read_text('utf-8', 'replace')[-500:]}")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        self.run("pg_ctl", "start", "-w", "-s", "-D", str(self.folder / "data"), "-o", settings)

    def stop(self) -> None:
        """Stop it at once, as a crash would: connections break, and it recovers when it is started."""
        self.run("pg_ctl", "stop", "-w", "-s", "-m", "immediate", "-D", str(self.folder / "data"))

    def end(self) -> None:
        """Stop it, if it runs, and remove all that it had."""
        with contextlib.suppress(NoServer):
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def running(self) -> bool:
        """Whether it runs."""
        return (self.folder / "data" / "postmaster.pid").exists()

    def url(self, *, encoding: str = "UTF8") -> str:
        """Make an empty database; give its URL, with the password."""
        name = f"assay_{self.token}_{next(self.numbers)}"
        self.run("createdb", *self.access, "-T", "template0", "-E", encoding, name)
        return f"postgresql+psycopg://ann:{QUOTED}@127.0.0.1:{self.port}/{name}"

    def room(self) -> str:
        """Make an empty schema in the database that is there already, which costs next to nothing; give its URL."""
        name = f"room_{self.token}_{next(self.numbers)}"
        self.run("psql", *self.access, "-q", "-c", f"CREATE SCHEMA {name}", "postgres")
        return f"{self.root}?options=-csearch_path%3D{name}"

    @property
    def root(self) -> str:
        """The URL of the database that is there already, in which no test makes anything but rooms."""
        return f"postgresql+psycopg://ann:{QUOTED}@127.0.0.1:{self.port}/postgres"

    @property
    def access(self) -> tuple[str, ...]:
        """How its programs reach it."""
        return ("-h", "127.0.0.1", "-p", str(self.port), "-U", "ann")


def start() -> Server:
    """Make and start a server; raise `NoServer` where that is not possible."""
    where = programs()
    folder = Path(tempfile.mkdtemp(prefix="assay-postgresql-"))
    identity: dict[str, Any] = {}
    if os.geteuid() == 0:  # which the server refuses to run as
        known = {entry.pw_name: entry for entry in pwd.getpwall()}
        user = next((known[name] for name in USERS if name in known), None)
        if user is None:
            raise NoServer(f"PostgreSQL does not run as root, and there is no user {' or '.join(USERS)}")
        identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        os.chown(folder, user.pw_uid, user.pw_gid)
    server = Server(folder, where, identity, _free_port())
    secret = folder / f"password-{secrets.token_hex(4)}"
    secret.write_text(PASSWORD, "utf-8")
    secret.chmod(0o644)
    try:
        options = (
            "--no-sync",
            "--auth=scram-sha-256",
            "-U",
            "ann",
            f"--pwfile={secret}",
            "--encoding=UTF8",
            "--locale=C",
        )
        server.run("initdb", "-D", str(folder / "data"), *options)
        server.start()
    except NoServer:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return server


def join(path: Path) -> Server:
    """Return the server that a file tells of; start one where there is no such file. Raise `NoServer`."""
    if path.exists():
        told = json.loads(path.read_text("utf-8"))
        return Server(Path(told["folder"]), Path(told["programs"]), told["identity"], told["port"])
    server = start()
    told = {"folder": str(server.folder), "programs": str(server.programs), "identity": server.identity}
    path.write_text(json.dumps(told | {"port": server.port}), "utf-8")
    return server


def end(path: Path) -> None:
    """End the server that a file tells of, if there is one."""
    if path.exists():
        join(path).end()
        path.unlink(missing_ok=True)


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])
