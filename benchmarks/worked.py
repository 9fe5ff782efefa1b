"""A worked plan: ten tokenizers over fifteen trillion tokens, from costs that were measured on this machine."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assay.execute.sharded.partial_counts import STRATA, MergeableCounts
from assay.tokenizer.metrics import Total, Vocabulary

TOKENS = 15e12
TOKENIZERS = 10
SHARD_BYTES = 1e9
CORES = 16
MACHINES = (10, 100)
BPE = ("gpt2", "r50k_base", "p50k_base", "cl100k_base", "o200k_base")
SAMPLED = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """The plan: bytes of text, core hours of all documents and of a sample, hours on machines, bytes to the host.

    `host_hours` is what the host takes to add up all answers, on one core; it does so while workers count.
    """

    text: float
    shards: float
    core_hours: float
    sampled_core_hours: float
    hours: Mapping[int, float]
    answers: float
    host_hours: float


def worked(forecast: Mapping[str, Any], bytes_per_token: float, merge_s: float) -> Worked:
    """Reckon with ten tokenizers that cost what the five BPE vocabularies cost on average."""
    paces = [pace for pace in forecast["paces"] if pace["tokenizer"] in BPE and pace["bytes_per_s"]]
    encoding = TOKENIZERS * sum(1.0 / pace["bytes_per_s"] for pace in paces) / len(paces)
    text = TOKENS * bytes_per_token
    shards = text / SHARD_BYTES
    per_byte = forecast["words_s"] + encoding
    core_hours = text * (forecast["read_s"] + per_byte) / 3_600
    answers = shards * TOKENIZERS * sum(pace["answer_bytes"] for pace in paces) / len(paces)
    return Worked(
        text=text,
        shards=shards,
        core_hours=core_hours,
        sampled_core_hours=text * (forecast["read_s"] + SAMPLED * per_byte) / 3_600,
        hours={machines: core_hours / machines / CORES for machines in MACHINES},
        answers=answers,
        host_hours=shards * TOKENIZERS * merge_s / 3_600,
    )


def merge_s(vocabulary: int = 100_000) -> float:
    """Time reading an answer with every id of a vocabulary, and adding it to what there is, in CPU seconds."""
    one = Total(documents=9, characters=9_999, size=9_999, words=999, tokens=2_222)
    part = MergeableCounts(
        vocabulary=Vocabulary(size=vocabulary),
        strata=dict.fromkeys(range(STRATA), one),
        used=Counter(dict.fromkeys(range(vocabulary), 12_345)),
    )
    text = json.dumps(part.to_plain())
    start = time.process_time()
    _ = part + MergeableCounts.from_plain(json.loads(text))
    return time.process_time() - start
