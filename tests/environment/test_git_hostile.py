"""Repositories whose own settings name commands: reading a revision runs none of them."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

import pytest

from assay.environment import git as revisions
from assay.errors import AssayError
from workshop import commit, git, write

HOOKS = (
    "post-checkout",
    "post-index-change",
    "reference-transaction",
    "pre-auto-gc",
    "post-rewrite",
    "fsmonitor-watchman",
)


class Trap:
    """A repository with planted commands, each of which makes a file of its own name in the folder `sprung`."""

    def __init__(self, place: Path) -> None:
        self.root, self.sprung = place / "repository", place / "sprung"
        self.sprung.mkdir()
        commit(self.root, {"a.txt": "old", ".gitattributes": "* filter=evil diff=evil\n"}, tag="v1")
        commit(self.root, {"a.txt": "new"})

    def command(self, name: str) -> str:
        return f"touch {self.sprung / name}; cat"

    def plant(self) -> None:
        settings = {
            "core.fsmonitor": self.script("fsmonitor"),
            "core.hooksPath": str(self.hooks()),
            "core.pager": self.command("pager"),
            "core.editor": self.command("editor"),
            "core.sshCommand": self.command("ssh"),
            "core.askPass": self.script("askpass"),
            "core.alternateRefsCommand": self.script("alternates"),
            "credential.helper": f"!{self.command('credential')}",
            "filter.evil.clean": self.command("clean"),
            "filter.evil.smudge": self.command("smudge"),
            "filter.evil.process": self.command("process"),
            "filter.evil.required": "true",
            "diff.external": self.script("external"),
            "diff.evil.command": self.script("diff"),
            "diff.evil.textconv": self.script("textconv"),
            "log.showSignature": "true",
            "gpg.program": self.script("gpg"),
            "gpg.ssh.program": self.script("gpg-ssh"),
            "uploadpack.packObjectsHook": self.script("pack"),
            "init.templateDir": str(self.hooks().parent),
        }
        for key, value in settings.items():
            git(self.root, "config", key, value)

    def script(self, name: str) -> str:
        path = self.sprung.parent / "scripts" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\ntouch {self.sprung / name}\n")
        path.chmod(0o755)
        return str(path)

    def hooks(self) -> Path:
        folder = self.sprung.parent / "template" / "hooks"
        folder.mkdir(parents=True, exist_ok=True)
        for name in HOOKS:
            (folder / name).write_text(f"#!/bin/sh\ntouch {self.sprung / f'hook-{name}'}\n")
            (folder / name).chmod(0o755)
        return folder

    @property
    def ran(self) -> list[str]:
        return sorted(path.name for path in self.sprung.iterdir())


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    return Trap(tmp_path)


def sign(root: Path) -> None:
    """Give the newest commit a signature, so that showing it would have it verified."""
    lines = git(root, "cat-file", "commit", "HEAD").split("\n\n", 1)
    signed = f"{lines[0]}\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n{lines[1]}"
    (root / "commit").write_text(signed)
    made = git(root, "hash-object", "-t", "commit", "-w", "commit").strip()
    (root / "commit").unlink()
    git(root, "update-ref", "HEAD", made)


@pytest.mark.long
def test_reading_a_revision_runs_no_command_of_the_repository(trap: Trap, tmp_path: Path) -> None:
    sign(trap.root)
    trap.plant()
    write(trap.root, {"a.txt": "now"})  # as long as before, so that git has to look into it
    os.utime(trap.root / "a.txt", ns=(1, 1))
    assert revisions.repository(trap.root) == trap.root
    head = revisions.resolve("HEAD", trap.root)
    assert revisions.state(trap.root) == f"{head.commit[:12]}+"
    first = revisions.resolve("v1", trap.root)
    assert [found.commit for found in revisions.between(first, head)] == [head.commit]
    assert revisions.subject(head)
    revisions.checkout(first, tmp_path / "there")
    assert (tmp_path / "there" / "a.txt").read_text() == "old"
    with pytest.raises(AssayError):
        revisions.resolve("nothing", trap.root)
    assert trap.ran == []


@pytest.mark.long
def test_the_traps_are_real(trap: Trap) -> None:
    sign(trap.root)
    trap.plant()
    write(trap.root, {"a.txt": "now"})
    os.utime(trap.root / "a.txt", ns=(1, 1))
    git(trap.root, "show", "--no-patch", "HEAD")
    for arguments in (("status",), ("describe", "--always", "--dirty")):
        with contextlib.suppress(subprocess.CalledProcessError):
            git(trap.root, *arguments)
    assert {"fsmonitor", "gpg"} <= set(trap.ran)
    assert {"clean", "process"} & set(trap.ran)


@pytest.mark.long
def test_a_bare_repository_within_a_folder_is_none(trap: Trap, tmp_path: Path) -> None:
    trap.plant()
    git(tmp_path, "clone", "--quiet", "--bare", str(trap.root), "folder")
    git(tmp_path / "folder", "config", "core.worktree", str(tmp_path / "folder"))
    git(tmp_path / "folder", "config", "core.bare", "false")
    before = trap.ran
    assert revisions.repository(tmp_path / "folder" / "refs") is None
    assert revisions.state(tmp_path / "folder") is None
    assert trap.ran == before


@pytest.mark.long
def test_what_is_missing_is_not_fetched(trap: Trap, tmp_path: Path) -> None:
    revision = revisions.resolve("HEAD", trap.root)
    blob = git(trap.root, "rev-parse", "HEAD:a.txt").strip()
    (trap.root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    for key, value in {
        "extensions.partialClone": "origin",
        "core.repositoryFormatVersion": "1",
        "remote.origin.promisor": "true",
        "remote.origin.url": f"ext::sh -c {trap.script('fetch')}",
        "remote.origin.uploadpack": trap.script("uploadpack"),
        "protocol.ext.allow": "always",
    }.items():
        git(trap.root, "config", key, value)
    with pytest.raises(AssayError, match="cannot be written"):
        revisions.checkout(revision, tmp_path / "there")
    with pytest.raises(AssayError, match="there is no revision"):
        revisions.resolve("1" * 40, trap.root)
    write(trap.root, {"a.txt": "now"})
    revisions.state(trap.root)
    assert trap.ran == []


def test_one_place_calls_git() -> None:
    host = Path(revisions.__file__).parents[1]
    callers = {path.name for path in host.rglob("*.py") if '["git"' in path.read_text("utf-8")}
    assert callers == {"git.py"}
    for setting in ("core.fsmonitor=false", "safe.bareRepository=explicit", f"core.hooksPath={os.devnull}"):
        assert setting in revisions.SAFE
