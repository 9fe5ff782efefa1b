"""Which process it was, and whether it is gone."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace

import pytest

from assay.records.process_identity import ProcessIdentity, marked_is_gone

OURS = ProcessIdentity.current()


@pytest.fixture(scope="module")
def dead() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_this_process_is_not_gone() -> None:
    assert not OURS.is_gone
    assert not marked_is_gone(OURS.mark)
    assert OURS.pid == os.getpid()


def test_a_process_that_ended_is_gone(dead: int) -> None:
    assert replace(OURS, pid=dead).is_gone
    assert marked_is_gone(replace(OURS, pid=dead).mark)


def test_a_number_that_another_process_has_now_is_gone() -> None:
    assert replace(OURS, started=OURS.started - 1).is_gone
    assert marked_is_gone(replace(OURS, started=OURS.started - 1).mark)


def test_before_the_last_boot_all_are_gone() -> None:
    assert replace(OURS, boot="another").is_gone


def test_of_another_machine_nothing_is_known(dead: int) -> None:
    assert not replace(OURS, machine="another", pid=dead).is_gone
    assert not marked_is_gone(replace(OURS, machine="another", pid=dead).mark)


def test_text_gives_the_identity_back() -> None:
    for one in (OURS, replace(OURS, machine="a/b", boot="")):
        assert ProcessIdentity.parse(str(one)) == one


@pytest.mark.parametrize("text", ["", "a", "a/b/c/d", "a/b/1", "a/b/1/-1"])
def test_other_text_is_none(text: str) -> None:
    assert ProcessIdentity.parse(text) is None


@pytest.mark.parametrize("mark", ["", "a", "a-b-c", "0123abcd-1-2-3", "0-99999999999999999999-0"])
def test_what_is_no_mark_is_not_gone(mark: str) -> None:
    assert not marked_is_gone(mark)
