"""Texts of the fields of CSV and of JSON arrays."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.corpus.fields import of_array, of_table
from assay.errors import CorpusError

TEXT = st.text(st.sampled_from('ab,"\n \té'))


@given(texts=st.lists(TEXT, min_size=1), block=st.integers(1, 30), tab=st.booleans())
def test_what_a_writer_of_csv_writes_is_read_whatever_the_blocks(texts: list[str], block: int, tab: bool) -> None:
    delimiter = "\t" if tab else ","
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter)
    writer.writerows([["id", "text"], *([number, text] for number, text in enumerate(texts))])
    content = f"\ufeff{stream.getvalue()}"
    blocks = [content[start : start + block] for start in range(0, len(content), block)]
    assert list(of_table(blocks, "text", "a.csv", delimiter)) == texts


def test_a_short_row_has_an_empty_text_and_an_empty_line_none() -> None:
    assert list(of_table(["id,text\n1,a\n\n2\n3,\n"], "text", "a.csv", ",")) == ["a", "", ""]


@given(texts=st.lists(st.none() | st.text()))
def test_an_array_of_objects_or_of_texts(texts: list[str | None]) -> None:
    written = [text if number % 2 and text is not None else {"text": text} for number, text in enumerate(texts)]
    assert list(of_array(["\ufeff", json.dumps(written)], "text", "a.json")) == [text or "" for text in texts]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("id,body\n1,a\n", "a.csv has no text 'text'.*name one of id, body with --field"),
        ("", "a.csv has no text 'text'"),
        ('text\n"a', "line 2 of a.csv is not valid CSV"),
    ],
)
def test_what_is_wrong_in_csv_is_a_sentence(content: str, said: str) -> None:
    with pytest.raises(CorpusError) as caught:
        list(of_table([content], "text", "a.csv", ","))
    assert re.search(said, f"{caught.value.message} {caught.value.remedy}")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('[{"text": "a"}, {"body": "b", "n": 1}]', "element 2 of a.json has no text 'text'.*name one of body with"),
        ('[{"text": 1}]', "element 1 of a.json has no text 'text'.*name one of text with"),
        ('[{"n": 1, "m": 2}]', "element 1 of a.json has no text 'text'.*name one of n, m with"),
        ('[{"text": 1, "body": null}]', "name one of body with"),
        ("[1]", "element 1 of a.json has no text 'text'.*each record must be an object"),
        ('{"text": "a"}', "a.json is not a JSON array of objects"),
        ("[", "a.json is not valid JSON"),
        ("[" * 100_000, "a.json is not valid JSON"),
    ],
)
def test_what_is_wrong_in_json_is_a_sentence(content: str, said: str) -> None:
    with pytest.raises(CorpusError) as caught:
        list(of_array([content], "text", "a.json"))
    assert re.search(said, f"{caught.value.message} {caught.value.remedy}")
