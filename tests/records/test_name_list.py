"""Lists of names with commas between them, and the escape of a comma in a name."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay.records.name_list import as_list, join_names, split_names

NAMES = st.lists(st.text(st.sampled_from("ab, \\*"), min_size=1, max_size=8).filter(lambda name: name == name.strip()))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ()),
        (" , ,", ()),
        ("gpt2", ("gpt2",)),
        ("gpt2, regex ,", ("gpt2", "regex")),
        (r"a\,b.txt,c", ("a,b.txt", "c")),
        (r"C:\texts\a.txt,C:\b", (r"C:\texts\a.txt", r"C:\b")),
        (r"C:\texts\\,b", ("C:\\texts\\", "b")),
        (r"a\\\,b", (r"a\,b",)),
        ("C:\\texts\\", ("C:\\texts\\",)),
    ],
)
def test_where_a_list_is_cut(text: str, names: tuple[str, ...]) -> None:
    assert split_names(text) == names


@given(names=NAMES)
@example(names=["a,", "b"])
@example(names=["a\\", ",", "\\,\\"])
def test_what_is_joined_is_split_into_the_same_names(names: list[str]) -> None:
    assert split_names(join_names(names)) == tuple(names)


@given(names=st.lists(st.text(st.sampled_from("ab-*./"), min_size=1)))
def test_names_without_comma_need_no_escape(names: list[str]) -> None:
    assert join_names(names) == ",".join(names)


def test_names_that_stand_apart_are_escaped_and_a_text_is_a_list_already() -> None:
    assert as_list(("a,b", "c")) == r"a\,b,c"
    assert as_list("a,b") == "a,b"
    assert as_list(None) is None
