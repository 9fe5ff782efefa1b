"""What a notebook shows of a run."""

from __future__ import annotations

import math
import re

import pytest

from assay.records.results import Manifest, Measurement, Metrics, Noise, Outcome, Run, Status, TokenizerCase
from assay.report import notebook


@pytest.mark.parametrize(
    ("least", "words"), [(0.026, "differences under 2.6 % are noise"), (math.inf, "too short to tell what is noise")]
)
def test_noise_that_a_short_run_cannot_tell_has_no_figure(least: float, words: str) -> None:
    run = Run(id="r", started="2026-11-30T13:50:12", suite="s/1", command="assay run", environment={}, state="complete")
    row = Measurement(case=TokenizerCase(tokenizer="a", corpus="text"), status=Status.OK, metrics=Metrics(tokens=5))
    counts = Manifest(planned=1, ok=1, failed=0, skipped=0, unsupported=0, missing=0)
    noise = Noise(median=0.006, worst=0.01, minimum_detectable_effect=least, groups=2)
    shown = notebook.text(Outcome(run=run, manifest=counts, measurements=(row,), noise=noise))
    assert f"{words} (identical code differed by 0.6 %)" in re.sub(r"\s+", " ", shown)
