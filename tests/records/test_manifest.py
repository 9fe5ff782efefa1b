"""What a run planned, and what became of it."""

from __future__ import annotations

import pytest

from assay.records.results import Manifest, Status


def test_what_is_neither_is_missing() -> None:
    counted = Manifest.of(9, {Status.OK: 4, Status.FAILED: 1, Status.SKIPPED: 2})
    assert (counted.planned, counted.ok, counted.failed, counted.skipped) == (9, 4, 1, 2)
    assert (counted.unsupported, counted.missing) == (0, 2)


@pytest.mark.parametrize(
    ("planned", "ended", "told"),
    [
        (3, {Status.OK: 3}, "3 cases planned: 3 ok"),
        (1, {}, "1 case planned: 1 missing"),
        (
            5,
            {Status.OK: 1, Status.FAILED: 2, Status.UNSUPPORTED: 1},
            "5 cases planned: 1 ok, 2 failed, 1 unsupported, 1 missing",
        ),
        (0, {}, "0 cases planned: nothing to do"),
    ],
)
def test_in_words(planned: int, ended: dict[Status, int], told: str) -> None:
    assert str(Manifest.of(planned, ended)) == told
