"""Objects that are written for other processes: what differs is told apart, and what cannot travel is named."""

from __future__ import annotations

import importlib
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.errors import AssayError
from assay.execute.pickling import write
from assay.plugins.python_objects import ObjectFile


def closure(value: object) -> Callable[[str], object]:
    return lambda text: value


def test_what_is_read_back_is_what_was_written(tmp_path: Path) -> None:
    vocabulary = {str(number): number for number in range(1000)}
    written = write(tmp_path, "mine", closure(vocabulary))
    read = ObjectFile.read(written.path)
    assert read == written
    assert read.load()("x") == vocabulary  # type: ignore[operator]
    assert written.covers.startswith("the Python object as it was pickled")


def test_two_functions_of_one_name_are_told_apart(tmp_path: Path) -> None:
    first, same, other = (write(tmp_path, "mine", closure(value)) for value in (1, 1, 2))
    assert first == same
    assert first.sha256 != other.sha256
    assert first.path != other.path


def test_the_hash_takes_in_the_code_that_is_referred_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    module = tmp_path / "referred_to.py"
    module.write_text("def encode(text):\n    return [1]\n", "utf-8")
    encode = importlib.import_module("referred_to").encode
    before = write(tmp_path, "mine", encode)
    assert before.covers == "the Python object as it was pickled, and all files of referred_to"
    module.write_text("def encode(text):\n    return [2]\n", "utf-8")
    assert write(tmp_path, "mine", encode).sha256 != before.sha256


GUARD = threading.Lock()


class Holder:
    """An object with something in it."""

    def __init__(self, held: object) -> None:
        self.held = held

    def encode(self, text: str) -> object:
        return self.held


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda folder: closure(threading.Lock()), "a _thread.lock, as 'value'"),
        (lambda folder: closure({"a": [threading.Lock()]}), "a _thread.lock"),
        (lambda folder: closure(each for each in "ab"), "a generator, as 'value'"),
        (lambda folder: closure(threading.Thread()), "a threading.Thread, as 'value'"),
        (lambda folder: Holder(threading.Lock()), "a _thread.lock, as 'held'"),
        (lambda folder: Holder((folder / "file").open("w")), "an open file, as 'held'"),
        (lambda folder: Holder(threading.Lock()).encode, "a _thread.lock, as 'held'"),
        (lambda folder: lambda text, guard=GUARD: guard, "a _thread.lock, as a default"),
    ],
)
def test_what_cannot_travel_is_one_sentence(make: Callable[[Path], Any], what: str, tmp_path: Path) -> None:
    with pytest.raises(AssayError) as raised:
        write(tmp_path, "mine", make(tmp_path))
    assert raised.value.message == f"'mine' holds {what}, so it cannot be sent to the processes that measure it"


def test_what_refuses_to_be_pickled_says_why(tmp_path: Path) -> None:
    class Refusing:
        def __reduce__(self) -> str:
            raise pickle.PicklingError("not me")

    with pytest.raises(AssayError, match=r"'mine' cannot be pickled \(PicklingError: not me"):
        write(tmp_path, "mine", Refusing())
