"""What the rows of a group have in common, in words: `causal forward, batch 8, 4 heads x 64, length 4`."""

from __future__ import annotations

from assay.records.results import Case, TokenizerCase
from assay.records.workload import Workload

PHASES = {"fwd": "forward", "bwd": "backward", "fwd_bwd": "forward and backward"}
LEVELS = {"core": "", "qkv": "with q, k, v projections", "module": "whole module", "decode": "decoding"}
LEVELS["pipeline"] = "from text"
DTYPES = {"f32": "float32", "bf16": "bfloat16", "f16": "float16"}


def group_words(case: Case) -> str:
    """Return what the group of a case compares."""
    return _text_words(case) if isinstance(case, TokenizerCase) else workload_words(case.workload)


def workload_words(workload: Workload, *, length: bool = True) -> str:
    """Return a workload in words, without its length where the lengths stand elsewhere."""
    heads = str(workload.q_heads)
    if workload.kv_heads != workload.q_heads:
        heads += f" (of k and v {workload.kv_heads})"
    width = str(workload.d_qk) if workload.d_qk == workload.d_v else f"{workload.d_qk} and {workload.d_v}"
    same = workload.q_len == workload.kv_len
    long = f"length {workload.kv_len:,}" if same else f"length {workload.q_len:,} of {workload.kv_len:,}"
    semantics = workload.semantics.label.replace("+", " ").replace("weightless", "parameter-free")
    parts = (
        f"{semantics} {PHASES[workload.phase]}",
        LEVELS[workload.level],
        f"batch {workload.batch}",
        f"{heads} head{'s' * (workload.q_heads != 1)} x {width}",
        long if length else "",
        DTYPES[workload.dtype],
        "CPU" if workload.device == "cpu" else workload.device,
        f"{workload.threads} threads" if workload.threads > 1 else "",
        f"text {workload.source.corpus} by {workload.source.tokenizer}" if workload.source else "",
    )
    return ", ".join(filter(None, parts))


def _text_words(case: TokenizerCase) -> str:
    share = f"{case.held_out * 100:g}"
    part = f"unseen text (last {share} %)" if case.held_out else "shards" if case.shards else "whole text"
    return f"{case.corpus}, {part}" + (f", a sample good to {case.sample * 100:g} %" if case.sample else "")
