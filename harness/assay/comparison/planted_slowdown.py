"""A first-party tokenizer and copies of it that do a known share more work: what a check should find."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from assay.comparison.check import Tick, VersionCheck
from assay.comparison.judging import Judging
from assay.comparison.sides import candidate
from assay.corpus.loading import find, load
from assay.errors import AssayError
from assay.execute.selection import Selection
from assay.measure import timer as clock
from assay.plugins.discovery import discover
from assay.plugins.host import DISTRIBUTION
from assay.plugins.types import TokenizerPlugin
from assay.records.results import Sample
from assay.records.settings import Settings
from assay.records.verdicts import Judgement
from assay.stats.trimmed_mean import epoch_ratio

NAME = "planted"
TOKENIZER, CORPUS = "regex-unk", "the-verdict"
ENCODINGS = 200  # of a call without a slowdown: about 2 ms
LONGEST = 550  # characters
PAIRS = 300  # of readings that verify the share
OPERATION = "encode"
PLUGIN = '''"""The tokenizer {tokenizer}, which encodes each text {times} times over."""

import assay


class Repeated:
    def __init__(self, inner):
        self.inner = inner
        self.vocab_size, self.unk_id = inner.vocab_size, inner.unk_id

    def encode(self, text):
        encode = self.inner.encode
        for _ in range({times} - 1):
            encode(text)
        return encode(text)

    def decode(self, ids):
        return self.inner.decode(ids)


@assay.hookimpl
def assay_tokenizers():
    inner = assay.discover(load="{source}").one(assay.TokenizerPlugin, "{tokenizer}")
    yield assay.TokenizerPlugin(
        name="{name}", summary="", build=lambda text: Repeated(inner.build(text)), lossless=False, license="MIT"
    )
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedSlowdown:
    """A slowdown of so many `percent`, and what is checked: a text, and the plugin file of either side.

    Both sides encode the text many times over in one call, the candidate `percent` more often.
    """

    percent: int
    text: Path
    baseline: Path
    candidate: Path

    @property
    def ratio(self) -> float:
        """Candidate time over baseline time, as planted."""
        return encodings(self.percent) / encodings(0)


def encodings(percent: int) -> int:
    """Return how often a call encodes the text: a whole number for every whole percent."""
    return ENCODINGS + ENCODINGS * percent // 100


def plant(percent: int, folder: Path) -> PlantedSlowdown:
    """Write the text and the plugin files of both sides to a folder."""
    text, baseline, slower = folder / "paragraph.txt", folder / "baseline.py", folder / "candidate.py"
    folder.mkdir(parents=True, exist_ok=True)
    text.write_text(_paragraph(), "utf-8")
    for file, times in ((baseline, encodings(0)), (slower, encodings(percent))):
        source = f"{DISTRIBUTION}:regex"
        file.write_text(PLUGIN.format(name=NAME, tokenizer=TOKENIZER, source=source, times=times), "utf-8")
    return PlantedSlowdown(percent=percent, text=text, baseline=baseline, candidate=slower)


def read_share(planted: PlantedSlowdown) -> float:
    """Read the CPU time of both plugins in this process, in turn, and return the share that the candidate adds.

    Both encode with one and the same tokenizer here: two that are alike differ by a percent, as they lie in memory.
    """
    text = planted.text.read_text("utf-8")
    theirs, ours = (_build(file, text) for file in (planted.baseline, planted.candidate))
    ours.inner = theirs.inner
    samples: dict[bool, list[Sample]] = {True: [], False: []}
    for number in range(PAIRS):
        for own in (True, False) if number % 2 else (False, True):
            encode = ours.encode if own else theirs.encode
            samples[own].append(clock.read(partial(encode, text), 1)[0])
    return math.expm1(epoch_ratio(0, samples[True], samples[False], 0.0).cpu)


def check(planted: PlantedSlowdown, budget_s: float, seed: int, tick: Tick = lambda what, left_s: None) -> Judgement:
    """Check the candidate against the baseline in fresh processes, as `assay check` does.

    Raises `AssayError` where nothing could be compared, and `KeyboardInterrupt` where it was interrupted.
    """
    files = (str(planted.baseline), str(planted.candidate))
    here = candidate((files[1],))
    sides = (replace(here, name=NAME, plugins=(files[0],)), replace(here, name=f"{NAME} +{planted.percent} %"))
    host = discover((files[1],), load="none")
    selection = Selection(tokenizers=NAME, attentions="none", corpora=str(planted.text), held_out=0.0, metrics="none")
    settings = Settings(plugins=(files[1],), load="none", budget_s=budget_s, seed=seed)
    judging = Judging(operations=(OPERATION,), clock="cpu")
    comparison = VersionCheck(host, selection, settings, sides, judging, tick=tick).run()
    if comparison.interrupted:
        raise KeyboardInterrupt
    (judgement,) = comparison.judgements
    if not judgement.epochs:
        reason = judgement.reason or "nothing could be timed"
        raise AssayError(f"the planted tokenizer could not be checked: {reason}", remedy=judgement.remedy)
    return judgement


def _build(file: Path, text: str) -> Any:
    return discover((str(file),), load="none").one(TokenizerPlugin, NAME).build(text)


def _paragraph() -> str:
    """The longest short paragraph of the corpus."""
    host = discover(load=f"{DISTRIBUTION}:corpora")
    paragraphs = (part for document in load(find(host, CORPUS)) for part in document.text.split("\n\n"))
    return max((part for part in paragraphs if len(part) <= LONGEST), key=len)
