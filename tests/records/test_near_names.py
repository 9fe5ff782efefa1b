"""The question whether another name was meant."""

from __future__ import annotations

from assay.records.near_names import did_you_mean, near_names

KNOWN = ("encode", "decode", "step", "encoder")


def test_the_nearest_comes_first_and_no_more_than_asked_for() -> None:
    assert near_names("encod", KNOWN) == ["encode", "encoder", "decode"]
    assert near_names("encod", KNOWN, most=1) == ["encode"]
    assert near_names("encod", KNOWN, cutoff=0.9) == ["encode"]
    assert near_names("zzz", KNOWN) == []


def test_the_question_names_them_all_and_is_not_asked_without_one() -> None:
    assert did_you_mean(["encode", "decode"]) == "did you mean encode or decode?"
    assert did_you_mean([], "there are: step") == "there are: step"
    assert did_you_mean([]) == ""
