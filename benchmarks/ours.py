"""The check of this project on work with an exact slowdown: every decision is made by the code that `assay check` runs.

Each cell is a check of its own: its budget of wall time for timing, its looks, its verdict. Many cells share their
processes, as the cells of a check do. All readings are kept, so that a smaller budget can be decided on them again.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from assay.comparison.paired_sampling import PairedSampler, affordable
from assay.comparison.sides import SideEnvironment, candidate
from assay.records.results import Measurement, TokenizerCase
from assay.records.settings import Settings
from assay.records.verdicts import EpochRatio, Evidence, Judgement, Tolerance, Verdict
from assay.stats.sequential_test import AlphaSpending, analyse, next_analysis
from benchmarks.work import encodings, paragraph, training_text

PLUGIN = '''"""Tokenizers that encode each text several times over; this side's share of the work is in their names."""

import assay
from assay_regex.tokenizer import with_unknown

CELLS = {cells!r}


class Repeated:
    def __init__(self, inner, times):
        self.inner, self.times = inner, times
        self.vocab_size, self.unk_id = inner.vocab_size, inner.unk_id

    def encode(self, text):
        for _ in range(self.times - 1):
            self.inner.encode(text)
        return self.inner.encode(text)

    def decode(self, ids):
        return self.inner.decode(ids)


@assay.hookimpl
def assay_tokenizers():
    text = {text!r}
    for name, times in CELLS.items():
        yield assay.TokenizerPlugin(
            name=name,
            summary="the same text several times over",
            build=lambda _, times=times: Repeated(with_unknown(text), times),
            lossless=False,
        )
'''
OPERATION = "encode"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one check of one cell came to, with all its readings; `slowdown` is the true one, in percent."""

    slowdown: int
    budget_s: float
    effect: float
    verdict: str
    ratio: float | None
    epochs: int
    seconds: float
    load: float
    started: float
    readings: tuple[EpochRatio, ...]


class Trial:
    """One cell on its way to a verdict."""

    def __init__(self, name: str, slowdown: int, budget_s: float, tolerance: Tolerance) -> None:
        self.name, self.slowdown, self.budget_s, self.tolerance = name, slowdown, budget_s, tolerance
        self.readings: list[EpochRatio] = []
        self.state = AlphaSpending(1)
        self.goal = next_analysis(0)
        self.judgement: Judgement | None = None
        self.effort = 1.0

    def take(self, epoch_ratio: EpochRatio) -> None:
        """Take a reading; look, where one is due."""
        self.readings.append(epoch_ratio)
        spent = sum(each.seconds for each in self.readings)
        if len(self.readings) == 1:
            self.effort = affordable(spent, self.budget_s - spent)
        last = spent + spent / len(self.readings) / 2 > self.budget_s
        if not last and len(self.readings) < self.goal:
            return
        evidence = Evidence(cell=self.name, epoch_ratios=tuple(self.readings), tolerance=self.tolerance)
        settled, self.state = analyse(self.state, [evidence], final=last)
        self.goal = next_analysis(len(self.readings))
        self.judgement = settled[0] if settled else None


def round_of(
    cells: Mapping[str, tuple[int, float, float]], folder: Path, seed: int, until: float = math.inf
) -> Iterator[Decision]:
    """Check all cells (name: slowdown in %, budget in s, smallest effect) together; give each decision as it is made.

    No epoch begins after `until` (seconds of time.time()): cells without a verdict by then give none.
    """
    text = paragraph(training_text())
    corpus = folder / "paragraph.txt"
    corpus.write_text(text, encoding="utf-8")
    sides = []
    for side in ("baseline", "candidate"):
        times = {name: encodings(level if side == "candidate" else 0) for name, (level, _, _) in cells.items()}
        file = folder / f"{side}.py"
        file.write_text(PLUGIN.format(cells=times, text=training_text()), encoding="utf-8")
        sides.append(_side(side, file))
    cases = [TokenizerCase(tokenizer=name, corpus=str(corpus)) for name in cells]
    trials = {
        f"{case.id}/{OPERATION}": Trial(case.id, level, budget, Tolerance(minimum_effect=effect))
        for case, (level, budget, effect) in zip(cases, cells.values(), strict=True)
    }
    started = time.time()
    with PairedSampler(sides[0], sides[1], Settings(seed=seed)) as sampler:
        for case in cases:
            verified = sampler.verify(case)
            for row in (verified.baseline, verified.candidate):
                if row.reason:
                    raise RuntimeError(f"{row.case.id}: {row.reason}")
        epoch = 0
        while trials and time.time() < until:
            live = [case for case in cases if f"{case.id}/{OPERATION}" in trials]
            for measured, found in sampler.epoch(
                epoch, live, trials.__contains__, effort=lambda cell: trials[cell].effort
            ):
                if isinstance(found, Measurement):
                    raise RuntimeError(f"{measured.id}: {found.reason}")
                for name, epoch_ratio in found.items():
                    trial = trials[name]
                    trial.take(epoch_ratio)
                    if trial.judgement is not None:
                        yield _decision(trials.pop(name), started)
            epoch += 1


def keep(decision: Decision, file: Path) -> None:
    """Append a decision to a file of JSON lines."""
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps(asdict(decision)) + "\n")


def kept(file: Path) -> tuple[Decision, ...]:
    """Read the decisions of a file."""
    decisions = []
    for line in file.read_text("utf-8").splitlines():
        fields = json.loads(line)
        fields["readings"] = tuple(EpochRatio(**one) for one in fields["readings"])
        decisions.append(Decision(**fields))
    return tuple(decisions)


def raised(verdict: str) -> bool:
    """Whether a verdict is an alarm."""
    return verdict == Verdict.REGRESSED


def _side(name: str, file: Path) -> SideEnvironment:
    return replace(candidate((str(file),)), name=name)


def _decision(trial: Trial, started: float) -> Decision:
    assert trial.judgement is not None
    return Decision(
        slowdown=trial.slowdown,
        budget_s=trial.budget_s,
        effect=trial.tolerance.minimum_effect,
        verdict=trial.judgement.verdict.value,
        ratio=trial.judgement.ratio,
        epochs=len(trial.readings),
        seconds=sum(one.seconds for one in trial.readings),
        load=os.getloadavg()[0],
        started=started,
        readings=tuple(trial.readings),
    )
