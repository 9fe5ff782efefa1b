from __future__ import annotations

import pytest

from assay_regex.tokenizer import RegexTokenizer
from benchmarks import work


@pytest.mark.parametrize(("level", "expected"), [(0, 200), (1, 202), (2, 204), (3, 206), (5, 210), (10, 220)])
def test_a_call_at_k_percent_makes_exactly_k_percent_more_encodings(
    level: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded = []
    encode = RegexTokenizer.encode

    def counted(self: RegexTokenizer, text: str) -> object:
        encoded.append(text)
        return encode(self, text)

    monkeypatch.setattr(RegexTokenizer, "encode", counted)
    assert work.work(level)()
    assert len(encoded) == work.encodings(level) == expected
    assert len(set(encoded)) == 1


def test_the_paragraph_is_a_whole_one_without_unknown_words() -> None:
    text = work.training_text()
    chunk = work.paragraph(text)
    assert f"\n\n{chunk}\n\n" in text
    assert 400 < len(chunk) <= work.LONGEST


def test_a_session_does_the_work_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(work.LEVEL, "05")
    asked: list[int] = []
    monkeypatch.setattr(work, "work", asked.append)
    work.chosen()
    assert asked == [5]
