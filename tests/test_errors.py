"""An exception in one line, however much it says."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay.errors import LONGEST, AssayError, reason_of


def raised(error: BaseException) -> BaseException:
    with pytest.raises(type(error)) as caught:
        raise error
    return caught.value


def test_what_was_raised_and_where() -> None:
    assert reason_of(raised(ValueError("two\n lines"))).startswith("ValueError: two lines (test_errors.py:")
    assert reason_of(raised(KeyboardInterrupt())).startswith("KeyboardInterrupt (test_errors.py:")


def test_a_sentence_of_ours_stands_alone() -> None:
    assert reason_of(raised(AssayError("it is\nwrong", remedy="fix it"))) == "it is wrong"


@given(st.text())
@example("x" * 1_000_000)
@example(" y" * LONGEST)
def test_it_is_short_and_one_line_and_begins_and_ends_as_the_message_does(message: str) -> None:
    reason, words = reason_of(AssayError(message)), " ".join(message.split())
    assert len(reason) <= LONGEST + 40
    assert "\n" not in reason
    if len(words) <= LONGEST:
        assert reason == words
    else:
        assert reason.startswith(words[: LONGEST // 2])
        assert reason.endswith(words[-LONGEST // 2 :])
