"""The A/A test: the baseline against itself, which shows the noise of this machine and what a check can find in it."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from assay.records.verdicts import AATest, EpochRatio, Evidence, Tolerance, Verdict
from assay.stats.sequential_test import (
    FEWEST,
    AlphaSpending,
    Q,
    analyse,
    minimum_detectable_effect,
    next_analysis,
)
from assay.stats.trimmed_mean import estimate

REPLAYS = 1_000
FEWEST_REPLAYS = 40
MOST_DECISIONS = 5_000
FEWEST_OWN = 3  # epoch ratios that tell the size of a cell's noise
MOST_SIZES = 128


def aa_test(
    logs: Sequence[Sequence[float]],
    epochs: int,
    *,
    tolerance: Tolerance | None = None,
    q: float = Q,
    seed: int = 0,
) -> AATest | None:
    """Summarise the log ratios of each cell's epochs of the baseline against itself; None for fewer than five in all.

    `spread` is the root mean square of all log ratios, whose true value is 0. The minimum detectable effect is that of
    one cell alone, at the p-value that a final analysis asks of one cell among all, with the error of the trimmed mean
    over all ratios. For `false_alarms` the whole decision is replayed a thousand times (with more than five cells,
    fewer times): the share of replays in which a cell regressed. For every cell and epoch a size is drawn with
    replacement from the ratios of all cells, each over the root mean square of its cell, made the size of this cell
    (that of all where a cell has fewer than three), and its sign by the toss of a coin, since baseline and baseline may
    change places. It cannot show tails that the ratios do not have.
    """
    cells = [cell for cell in logs if cell]
    flat = [log for cell in cells for log in cell]
    if len(flat) < FEWEST or epochs < FEWEST:
        return None
    overall = _spread(flat)
    spreads = [_spread(cell) if len(cell) >= FEWEST_OWN else overall for cell in cells]
    sizes = sorted(abs(log) / spread for cell, spread in zip(cells, spreads, strict=True) for log in cell if spread)
    if len(sizes) > MOST_SIZES:  # evenly spaced ones, the extremes among them
        sizes = [sizes[round(place * (len(sizes) - 1) / (MOST_SIZES - 1))] for place in range(MOST_SIZES)]
    pools = [[_ratio(sign * size * spread) for size in sizes or [0.0] for sign in (1, -1)] for spread in spreads]
    limits = Tolerance() if tolerance is None else tolerance
    replays = max(FEWEST_REPLAYS, min(REPLAYS, MOST_DECISIONS // len(cells)))
    chance = random.Random(seed)
    alarms = sum(_alarm([chance.choices(pool, k=epochs) for pool in pools], limits, q) for _ in range(replays))
    smallest = minimum_detectable_effect(estimate(flat).spread, epochs, q / 2 / len(cells), limits.minimum_effect)
    return AATest(
        cells=len(cells),
        readings=len(flat),
        epochs=epochs,
        spread=overall,
        minimum_detectable_effect=smallest,
        false_alarms=alarms / replays,
        replays=replays,
    )


def _spread(logs: Sequence[float]) -> float:
    return math.sqrt(math.fsum(log * log for log in logs) / len(logs))


def _ratio(log: float) -> EpochRatio:
    return EpochRatio(epoch=0, cpu=log, wall=log, pairs=1, seconds=1.0)


def _alarm(cells: Sequence[Sequence[EpochRatio]], tolerance: Tolerance, q: float) -> bool:
    """Whether a whole check on these epoch ratios calls a cell slower."""
    live = {str(number): tuple(ratios) for number, ratios in enumerate(cells)}
    state, epochs, done = AlphaSpending(len(cells), q), len(cells[0]), 0
    while live:
        done = min(next_analysis(done), epochs)
        evidences = [Evidence(cell=cell, epoch_ratios=own[:done], tolerance=tolerance) for cell, own in live.items()]
        settled, state = analyse(state, evidences, final=done == epochs)
        if any(judgement.verdict is Verdict.REGRESSED for judgement in settled):
            return True
        for judgement in settled:
            del live[judgement.cell]
    return False
