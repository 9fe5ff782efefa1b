"""Noise as a sentence."""

from __future__ import annotations

import math

from assay.records.noise import Noise


def test_noise_is_a_sentence_also_where_intervals_have_no_end() -> None:
    noise = Noise(median=0.006, worst=0.02, minimum_detectable_effect=0.026, groups=3)
    assert str(noise).endswith("(median of 3 groups, worst 2.00%); a change under 2.6% does not stand out")
    endless = Noise(median=0.006, worst=0.02, minimum_detectable_effect=math.inf, groups=3)
    assert str(endless).endswith("worst 2.00%); too short to tell what is noise")
