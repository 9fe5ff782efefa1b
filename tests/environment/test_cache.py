"""The cache: built once, whole or not at all, by one at a time; old entries go."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from assay.environment import cache
from assay.errors import AssayError

SLOW = """
import pathlib, sys, time
from assay.environment import cache
def build(place):
    (place / "half").write_text("")
    print("begun", flush=True)
    time.sleep(60)
cache.entry(pathlib.Path(sys.argv[1]), "a", build, print)
"""


def silent(_: str) -> None:
    pass


def unused(_: Path) -> None:
    raise AssertionError("it is there already")


def age(entry: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(entry / cache.WHOLE, (then, then))


def test_an_entry_is_built_once(tmp_path: Path) -> None:
    made = cache.entry(tmp_path, "a", lambda place: place.joinpath("it").touch(), silent)
    assert made.joinpath("it").is_file()
    assert cache.entry(tmp_path, "a", unused, silent) == made


def test_a_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def build(place: Path) -> None:
        place.joinpath("half").touch()
        raise AssayError("no")

    with pytest.raises(AssayError, match="no"):
        cache.entry(tmp_path, "a", build, silent)
    assert list((tmp_path / "entries").iterdir()) == []


def test_a_killed_build_is_not_taken_for_whole_and_frees_its_lock(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", SLOW, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert (tmp_path / "entries" / "a" / "half").is_file()
    made = cache.entry(tmp_path, "a", lambda place: place.joinpath("it").touch(), silent)
    assert sorted(path.name for path in made.iterdir()) == ["it", cache.WHOLE]


def test_of_two_at_once_one_builds_and_one_waits(tmp_path: Path) -> None:
    begun, told, builds = threading.Event(), threading.Event(), []

    def build(place: Path) -> None:
        builds.append(place)
        begun.set()
        assert told.wait(20)

    first = threading.Thread(target=cache.entry, args=(tmp_path, "a", build, silent))
    first.start()
    assert begun.wait(20)
    made = cache.entry(tmp_path, "a", unused, lambda _: told.set())
    first.join()
    assert builds == [made]


def test_the_newest_stay_and_so_do_those_in_use(tmp_path: Path) -> None:
    made = [cache.entry(tmp_path, f"{number:x}", lambda _: None, silent) for number in range(cache.KEPT + 3)]
    for number, entry in enumerate(made):
        age(entry, cache.IN_USE_S * (2 if number else 0.5) - number)
    cache.entry(tmp_path, made[1].name, unused, silent)  # used now, so that it is the newest
    stay = {made[0], made[1], *made[-(cache.KEPT - 2) :]}
    assert set((tmp_path / "entries").iterdir()) == stay


def test_an_old_entry_that_is_being_built_stays(tmp_path: Path) -> None:
    entries = tmp_path / "entries"
    for number in range(cache.KEPT):
        cache.entry(tmp_path, f"{number:x}", lambda _: None, silent)
    being_built = entries / "f"
    being_built.mkdir()
    os.utime(being_built, (0, 0))
    with cache._lock(tmp_path, "f", silent):
        cache.entry(tmp_path, "0", unused, silent)
        assert being_built.is_dir()
    cache.entry(tmp_path, "0", unused, silent)
    assert not being_built.exists()


def test_the_folder_is_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("ASSAY_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    assert cache.folder() == tmp_path / ".cache" / "assay" / "baselines"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.folder() == tmp_path / "xdg" / "assay" / "baselines"
    monkeypatch.setenv("ASSAY_CACHE", "~/mine")
    assert cache.folder() == tmp_path / "mine" / "baselines"


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AssayError, match=r"cannot be written.*ASSAY_CACHE"):
        cache.entry(tmp_path / "file", "a", unused, silent)
