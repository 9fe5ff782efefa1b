"""Git revisions: what a name means, and its files in a folder of their own.

A repository may come from a stranger, and its `.git/config` can name commands. None of them is run: no file system
monitor, no hook, no filter, no signature program, and nothing that would fetch what is missing.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from assay.errors import AssayError
from assay.records.near_names import did_you_mean, near_names

DIGITS = 12
STATE_S = 5.0  # every run records it, and should not wait for it
SAFE = (
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "safe.bareRepository=explicit"),
    *("-c", "log.showSignature=false"),
)
OWN = frozenset(("local", "worktree"))  # scopes of settings that come with a repository
QUIET = {
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # the same for a git that does not know the former
    "LC_ALL": "C",
}
POINTERS = frozenset(
    f"GIT_{name}"
    for name in (
        *("DIR", "WORK_TREE", "INDEX_FILE", "PREFIX", "COMMON_DIR", "NAMESPACE", "SHALLOW_FILE"),
        *("OBJECT_DIRECTORY", "ALTERNATE_OBJECT_DIRECTORIES"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A commit of a repository, by the name that was asked for."""

    asked: str
    commit: str
    root: Path

    @property
    def name(self) -> str:
        """How a person reads it: `HEAD~1 (1a2b3c4d5e6f)`, or only the digits where the commit was asked for."""
        short = self.commit[:DIGITS]
        return short if self.commit.startswith(self.asked) else f"{self.asked} ({short})"


def repository(folder: Path) -> Path | None:
    """Return the root of the working tree that a folder belongs to, resolved; None without one, or without git."""
    try:
        answer = _git(folder, "rev-parse", "--show-toplevel")
    except OSError:
        return None
    top = answer.stdout.rstrip("\n")
    return Path(top).resolve() if answer.returncode == 0 and top else None


def state(root: Path) -> str | None:
    """Return the commit of a working tree, with a plus sign when it has changes; None without one, or without git.

    Changes within submodules do not count: git would ask these, with their own settings.
    """
    try:
        commit = _git(root, "rev-parse", "--verify", "--quiet", f"--short={DIGITS}", "HEAD", within_s=STATE_S)
        if not commit.stdout.strip():
            return None
        asked = ("status", "--porcelain", "--untracked-files=no", "--ignore-submodules=dirty")
        changes = _git(root, *_without_filters(root), *asked, within_s=STATE_S)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return commit.stdout.strip() + ("+" if changes.stdout.strip() or changes.returncode else "")


def _without_filters(root: Path) -> list[str]:
    """The options that take away the filters of a repository: to see whether a file changed, git would run them."""
    asked = ("config", "--null", "--show-scope", "--name-only", "--get-regexp", r"^filter\..")
    fields = _git(root, *asked, within_s=STATE_S).stdout.split("\0")
    names = {name.rpartition(".")[0] for scope, name in zip(fields[::2], fields[1::2], strict=False) if scope in OWN}
    settings = [f"{name}.{key}=" for name in sorted(names) for key in ("clean", "smudge", "process")]
    settings += [f"{name}.required=false" for name in sorted(names)]
    return [part for setting in settings for part in ("-c", setting)]


def resolve(asked: str, root: Path) -> Revision:
    """Find the commit that a name means; raise `AssayError` where there is none."""
    answer = _git(root, "rev-parse", "--verify", "--quiet", f"{asked}^{{commit}}")
    if answer.returncode == 0 and not asked.startswith("-"):
        return Revision(asked=asked, commit=answer.stdout.strip(), root=root)
    if _git(root, "rev-parse", "--is-shallow-repository").stdout.strip() == "true":
        remedy = "the clone is shallow: fetch more of the history with `git fetch --deepen=50`"
        raise AssayError(f"there is no revision {asked!r} in the repository {root}", remedy=remedy)
    listed = _git(root, "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes")
    remedy = did_you_mean(
        near_names(asked, ["HEAD", *listed.stdout.split()], cutoff=0.5),
        "--baseline takes a git revision such as HEAD~1, env:PATH, pip:REQUIREMENT or a saved run",
    )
    raise AssayError(f"there is no revision {asked!r} in the repository {root}", remedy=remedy)


def between(good: Revision, bad: Revision) -> tuple[Revision, ...]:
    """Return the revisions after `good` up to and with `bad`, oldest first, along first parents.

    Raises `AssayError` where `good` is not an ancestor of `bad`.
    """
    if _git(good.root, "merge-base", "--is-ancestor", good.commit, bad.commit).returncode:
        raise AssayError(f"{good.name} is not an ancestor of {bad.name}", remedy="give the older, good revision first")
    listed = _git(good.root, "rev-list", "--first-parent", "--reverse", f"{good.commit}..{bad.commit}")
    return tuple(Revision(asked=commit[:DIGITS], commit=commit, root=good.root) for commit in listed.stdout.split())


def subject(revision: Revision) -> str:
    """Return the first line of its message."""
    return _git(
        revision.root, "show", "--no-patch", "--no-ext-diff", "--no-textconv", "--format=%s", revision.commit
    ).stdout.strip()


def checkout(revision: Revision, folder: Path) -> None:
    """Write the files of a revision into a new folder; raise `AssayError` when git cannot.

    The folder becomes a repository of its own that borrows the objects of the other, into which nothing is written:
    `git worktree` would leave an entry there, and `git archive` leaves out what is marked export-ignore, and the tags
    from which some projects take their version. Submodules stay empty, and files of Git LFS stay pointers.
    """
    root = revision.root
    sha256 = ["--object-format=sha256"] if len(revision.commit) == 64 else []
    _must(_git(root, "init", "--quiet", "--template=", *sha256, str(folder)), revision)
    ours = folder / ".git"
    objects = _path(root, "objects")
    ours.joinpath("objects", "info").mkdir(parents=True, exist_ok=True)
    ours.joinpath("objects", "info", "alternates").write_text(f"{objects}\n", "utf-8")
    shallow = _path(root, "shallow")
    if shallow.is_file():
        ours.joinpath("shallow").write_bytes(shallow.read_bytes())
    tags = _git(root, "for-each-ref", "--format=create %(refname) %(objectname)", "refs/tags").stdout
    if tags:
        _git(folder, "update-ref", "--stdin", given=tags)
    _must(_git(folder, "checkout", "--quiet", "--force", "--detach", revision.commit), revision)


def _path(root: Path, name: str) -> Path:
    """A place in the repository's own folder, which several working trees may share."""
    return Path(root, _git(root, "rev-parse", "--git-path", name).stdout.rstrip("\n")).resolve()


def _must(answer: subprocess.CompletedProcess[str], revision: Revision) -> None:
    if answer.returncode != 0:
        lines = answer.stderr.strip().splitlines() or ["git did not say why"]
        raise AssayError(
            f"the files of {revision.name} cannot be written: {lines[-1].removeprefix('fatal: ')}",
            remedy="check that the repository is whole (`git fsck`) and that there is space",
        )


def _git(
    folder: Path, *arguments: str, given: str | None = None, within_s: float | None = None
) -> subprocess.CompletedProcess[str]:
    """Run git in a folder, free of the variables by which a hook of git points its children at its repository."""
    environment = {name: value for name, value in os.environ.items() if name not in POINTERS}
    return subprocess.run(
        ["git", "-c", "advice.detachedHead=false", *SAFE, *arguments],
        cwd=folder,
        env=environment | QUIET,
        input=given,
        timeout=within_s,
        capture_output=True,
        text=True,
        check=False,
    )
