"""A file is replaced as a whole: through links, with its permissions, and not at all where something goes wrong."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from assay.environment import replace_file as module
from assay.environment.replace_file import replace_file
from rights import drop_rights

CODE = "import sys; from assay.environment.replace_file import replace_file; replace_file(sys.argv[1], b'new')"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    replace_file(tmp_path / "a", b"new")
    (tmp_path / "b").write_bytes(b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode
    assert names(tmp_path) == ["a", "b"]


def test_a_reader_keeps_the_old_file_and_the_next_finds_the_new(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"old")
    file.chmod(0o640)
    with file.open("rb") as reader:
        replace_file(file, b"new")
        assert reader.read() == b"old"
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").write_bytes(b"old")
    (tmp_path / "second").symlink_to("there/file")
    (tmp_path / "first").symlink_to(tmp_path / "second")
    (tmp_path / "loose").symlink_to("there/new")
    for name in ("first", "loose"):
        replace_file(tmp_path / name, b"new")
        assert (tmp_path / name).is_symlink()
    assert {path.name: path.read_bytes() for path in (tmp_path / "there").iterdir()} == {"file": b"new", "new": b"new"}


def test_what_cannot_be_written_whole_leaves_the_old_file(tmp_path: Path) -> None:
    """The kernel refuses the last bytes, as on a full disk."""
    file = tmp_path / "a"
    file.write_bytes(b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            replace_file(file, b"new" * 4096)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert file.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_ctrl_c_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(number: int) -> None:
        raise KeyboardInterrupt

    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr(module.os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        replace_file(tmp_path / "a", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"old")]


@pytest.mark.parametrize("name", ["/dev/stdout", "link"])
def test_a_pipe_and_a_redirected_output_are_written_to(tmp_path: Path, name: str) -> None:
    (tmp_path / "link").symlink_to("/dev/stdout")
    command = [sys.executable, "-c", CODE, name]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout == b"new"
    with (tmp_path / "out").open("wb") as out:
        subprocess.run(command, cwd=tmp_path, stdout=out, check=True)
    assert (tmp_path / "out").read_bytes() == b"new"


def test_a_named_pipe_is_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE) as reader:
        replace_file(tmp_path / "pipe", b"new")
        assert reader.communicate()[0] == b"new"
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_a_file_that_may_be_written_in_a_folder_that_may_not(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    tmp_path.chmod(0o555)
    command = [sys.executable, "-c", CODE, tmp_path / "a"]
    ran = subprocess.run(command, preexec_fn=drop_rights, capture_output=True, text=True, check=False)
    tmp_path.chmod(0o755)
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "a").read_bytes() == b"new"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        replace_file(tmp_path / "folder", b"new")
    assert names(tmp_path) == ["folder"]
