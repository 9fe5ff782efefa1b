"""Git revisions: found by name, written elsewhere, and nothing left in the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.environment import git as revisions
from assay.errors import AssayError
from workshop import commit, git, write


def tree(root: Path) -> dict[str, bytes]:
    """Every file of a repository, that of git included."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository of two commits with a tag on the first."""
    place = tmp_path / "repository"
    commit(place, {"a.txt": "old", "hidden.txt": "old", ".gitattributes": "hidden.txt export-ignore"}, tag="v1.2")
    commit(place, {"a.txt": "new", "b/c.txt": "new"})
    return place


def test_a_checkout_has_the_files_and_the_tags_and_leaves_the_repository_alone(root: Path, tmp_path: Path) -> None:
    before = tree(root)
    revision = revisions.resolve("HEAD~1", root)
    revisions.checkout(revision, tmp_path / "there")
    files = {path.name: path.read_text("utf-8") for path in (tmp_path / "there").glob("*.txt")}
    assert files == {"a.txt": "old", "hidden.txt": "old"}
    assert git(tmp_path / "there", "describe", "--tags").strip() == "v1.2"
    assert git(tmp_path / "there", "status", "--porcelain") == ""
    assert tree(root) == before


def test_a_checkout_of_a_shallow_clone_and_of_a_second_working_tree(root: Path, tmp_path: Path) -> None:
    commit(root, {"a.txt": "newest"})
    git(tmp_path, "clone", "--quiet", "--depth=2", f"file://{root}", "shallow")
    git(root, "worktree", "add", "--quiet", "--detach", str(tmp_path / "second"))
    for name in ("shallow", "second"):
        there = tmp_path / f"{name}-checkout"
        revisions.checkout(revisions.resolve("HEAD~1", tmp_path / name), there)
        assert (there / "a.txt").read_text("utf-8") == "new"
    with pytest.raises(AssayError, match=r"there is no revision 'HEAD~2'.*git fetch --deepen"):
        revisions.resolve("HEAD~2", tmp_path / "shallow")


def test_a_hook_of_git_may_ask(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(root, {"a.txt": "staged"})
    git(root, "add", "a.txt")
    index = (root / ".git" / "index").read_bytes()
    monkeypatch.setenv("GIT_DIR", str(root / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(root / ".git" / "index"))
    revisions.checkout(revisions.resolve("HEAD", root), tmp_path / "there")
    assert (tmp_path / "there" / "a.txt").read_text("utf-8") == "new"
    assert (root / ".git" / "index").read_bytes() == index


def test_names_of_revisions(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = git(root, "rev-parse", "HEAD~1").strip()
    for asked in ("HEAD~1", "v1.2", first[:7], "main^"):
        assert revisions.resolve(asked, root).commit == first
    assert revisions.resolve("v1.2", root).name == f"v1.2 ({first[:12]})"
    for asked in ("v1.3", "HEAD~7", "HEAD:a.txt", "-h", ""):
        with pytest.raises(AssayError, match="there is no revision") as raised:
            revisions.resolve(asked, root)
        assert raised.value.remedy
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert revisions.repository(root / "b") == root
    assert revisions.repository(tmp_path) is None
    monkeypatch.setenv("PATH", "")
    assert revisions.repository(root) is None


def test_the_state_of_a_working_tree(root: Path, tmp_path: Path) -> None:
    known = git(root, "rev-parse", "HEAD").strip()[:12]
    assert revisions.state(root) == known
    write(root, {"a.txt": "changed"})
    assert revisions.state(root) == f"{known}+"
    (tmp_path / "empty").mkdir()
    git(tmp_path / "empty", "init", "--quiet")
    assert revisions.state(tmp_path / "empty") is None


def test_a_repository_that_lacks_an_object(root: Path, tmp_path: Path) -> None:
    revision = revisions.resolve("HEAD~1", root)
    blob = git(root, "rev-parse", "HEAD~1:a.txt").strip()
    (root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(AssayError, match=r"the files of HEAD~1 \(.*\) cannot be written: .*git fsck"):
        revisions.checkout(revision, tmp_path / "there")
