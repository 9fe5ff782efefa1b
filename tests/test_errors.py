"""An exception in one line, however much it says."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay.errors import LONGEST, AssayError, one_line, reason_of


def raised(error: BaseException) -> BaseException:
    with pytest.raises(type(error)) as caught:
        raise error
    return caught.value


def test_what_was_raised_and_where() -> None:
    assert reason_of(raised(ValueError("two\n lines"))).startswith("ValueError: two lines (test_errors.py:")
    assert reason_of(raised(KeyboardInterrupt())).startswith("KeyboardInterrupt (test_errors.py:")


def test_a_sentence_of_ours_stands_alone() -> None:
    assert reason_of(raised(AssayError("it is\nwrong", remedy="fix it"))) == "it is wrong"


def test_spaces_in_quotes_are_kept() -> None:
    assert reason_of(AssayError("'  a'\n   comes back as ' a'")) == "'  a' comes back as ' a'"


@given(st.text())
def test_one_line_changes_white_space_alone(text: str) -> None:
    line = one_line(text)
    assert line.split() == text.split()
    assert {char for char in line if char.isspace()} <= {" "}
    assert one_line(line) == line


@given(st.text())
@example("x" * 1_000_000)
@example(" y" * LONGEST)
def test_it_is_short_and_one_line_and_begins_and_ends_as_the_message_does(message: str) -> None:
    reason, words = reason_of(AssayError(message)), one_line(message)
    assert len(reason) <= LONGEST + 40
    assert "\n" not in reason
    if len(words) <= LONGEST:
        assert reason == words
    else:
        assert reason.startswith(words[: LONGEST // 2])
        assert reason.endswith(words[-LONGEST // 2 :])


def test_a_notebook_shows_the_sentence_alone() -> None:
    """IPython asks an error for its lines, where it can be asked."""
    error = AssayError("it is gone", remedy="put it back")
    assert error._render_traceback_() == ["AssayError: it is gone (put it back)"]
