"""The metric catalogue: what each figure is called, its unit, and how it is computed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from assay.records.results import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One metric of the catalogue. `exact` figures carry no noise: any change of them is a finding."""

    name: str
    unit: str
    meaning: str
    exact: bool = True


CATALOGUE = (
    Definition(name="vocabulary_size", unit="entries", meaning="one more than the largest id"),
    Definition(name="assigned_ids", unit="ids", meaning="ids below vocabulary_size for which token_bytes gives bytes"),
    Definition(name="special_ids", unit="ids", meaning="ids of the special tokens, as the tokenizer lists them"),
    Definition(name="used_ids", unit="ids", meaning="different ids over all documents"),
    Definition(name="vocabulary_utilisation", unit="share", meaning="used_ids / vocabulary_size"),
    Definition(
        name="renyi_efficiency_used",
        unit="share",
        meaning="Rényi entropy (alpha 2.5) of the ids / log2 used_ids",
    ),
    Definition(
        name="renyi_efficiency_nominal",
        unit="share",
        meaning="Rényi entropy (alpha 2.5) of the ids / log2 vocabulary_size",
    ),
    Definition(name="documents", unit="documents", meaning="documents measured"),
    Definition(name="characters", unit="code points", meaning="Unicode code points of the documents"),
    Definition(name="bytes", unit="bytes", meaning="UTF-8 bytes of the documents"),
    Definition(name="words", unit="words", meaning="words as UAX 29 segments them; absent in scripts without spaces"),
    Definition(
        name="spaceless_share",
        unit="share",
        meaning="code points of scripts that put no spaces between words / characters",
    ),
    Definition(name="tokens", unit="tokens", meaning="ids over all documents, each encoded by itself"),
    Definition(name="unknown_tokens", unit="tokens", meaning="ids equal to the tokenizer's unknown id"),
    Definition(name="unknown_token_rate", unit="share", meaning="unknown_tokens / tokens"),
    Definition(name="bytes_per_token", unit="bytes", meaning="bytes / tokens"),
    Definition(name="characters_per_token", unit="code points", meaning="characters / tokens"),
    Definition(name="fertility", unit="tokens", meaning="tokens / words"),
    Definition(name="continued_words", unit="share", meaning="words with a border between tokens inside / words"),
    *(
        Definition(name=f"{name}_{end}", unit=unit, meaning=f"{side} end of the 95 % interval of {name} over documents")
        for name, unit in (("unknown_token_rate", "share"), ("bytes_per_token", "bytes"), ("fertility", "tokens"))
        for end, side in (("low", "lower"), ("high", "upper"))
    ),
    Definition(name="parity", unit="ratio", meaning="tokens of a language / tokens of English, on parallel documents"),
    Definition(name="premium", unit="ratio", meaning="the largest parity of a language; 1 where English has it"),
    Definition(name="premium_language", unit="text", meaning="the language of the largest parity"),
    Definition(
        name="compression", unit="ratio", meaning="bytes_per_token / the baseline's bytes_per_token", exact=False
    ),
    Definition(name="sample_documents", unit="documents", meaning="documents drawn for the sample"),
    Definition(name="corpus_documents", unit="documents", meaning="documents that the sample was drawn from"),
    Definition(name="sample_share", unit="share", meaning="bytes / bytes of the documents drawn from"),
    Definition(
        name="sample_width",
        unit="share",
        meaning="half the 95 % interval of bytes_per_token over documents / bytes_per_token",
    ),
    Definition(
        name="full_pass_seconds",
        unit="s",
        meaning="encode_seconds / sample_share: one pass over all documents at the measured speed",
        exact=False,
    ),
    Definition(name="round_trip", unit="share", meaning="documents with decode(encode(text)) == text / documents"),
    Definition(name="round_trip_difference", unit="text", meaning="the first place where the round trip differs"),
    Definition(name="limit", unit="text", meaning="what came of a limit, of its gravest text"),
    Definition(name="ids_as", unit="text", meaning="the type of what encode gives: list, tuple, array, ndarray"),
    Definition(name="ids_sha256", unit="hex", meaning="sha256 of all ids as 64-bit little-endian integers"),
    Definition(
        name="ids_sum",
        unit="hex",
        meaning="sum over documents of the sha256 of their ids as 64-bit little-endian integers, modulo 2^256",
    ),
    *(
        Definition(
            name=f"document_tokens_p{share}",
            unit="tokens",
            meaning=f"tokens that {share} % of documents do not exceed (nearest rank), down to 8 binary digits",
        )
        for share in (50, 90, 99)
    ),
    Definition(name="replaced_bytes", unit="bytes", meaning="bytes that are no UTF-8, each counted as U+FFFD"),
    Definition(name="documents_not_cut", unit="documents", meaning="documents over a million characters, not cut"),
    Definition(name="shards", unit="shards", meaning="files that were counted"),
    Definition(name="shard_bytes", unit="bytes", meaning="their bytes as they lie there, compressed or not"),
    Definition(name="shards_kept", unit="shards", meaning="those whose counts were known from before", exact=False),
    Definition(name="restarts", unit="starts", meaning="starts of a shard after its worker died", exact=False),
    Definition(name="counted_by", unit="text", meaning="the executor, and its workers", exact=False),
    Definition(name="counted_on", unit="text", meaning="the machines that counted, by name", exact=False),
    Definition(name="counted_seconds", unit="s", meaning="wall time of counting with all tokenizers", exact=False),
    Definition(
        name="counted_cpu_seconds",
        unit="s",
        meaning="CPU time of counting the row, and its share of reading, over all workers",
        exact=False,
    ),
    Definition(
        name="full_pass_core_seconds",
        unit="s",
        meaning="CPU time of counting the sample / sample_share, and of reading all documents once",
        exact=False,
    ),
    Definition(name="family", unit="text", meaning="tokenizers that differ in vocabulary size alone, as announced"),
    Definition(name="special_tokens", unit="text", meaning="the special-token policy of the descriptor"),
    Definition(name="build_seconds", unit="s", meaning="wall time of building the plugin, once", exact=False),
    Definition(name="encode_mb_per_s", unit="MB/s", meaning="bytes / 10^6 / median encode time", exact=False),
    Definition(name="encode_tokens_per_s", unit="tokens/s", meaning="tokens / median encode time", exact=False),
    Definition(name="decode_mb_per_s", unit="MB/s", meaning="bytes / 10^6 / median decode time", exact=False),
    Definition(name="decode_tokens_per_s", unit="tokens/s", meaning="tokens / median decode time", exact=False),
    Definition(name="tokens_per_s", unit="tokens/s", meaning="tokens of one call / its median time", exact=False),
    Definition(name="mb_per_s", unit="MB/s", meaning="bytes of one call / 10^6 / its median time", exact=False),
    Definition(name="first_call_seconds", unit="s", meaning="the first call, on an eighth of the text", exact=False),
    Definition(name="cold_bytes", unit="bytes", meaning="documents first encoded for cold_mb_per_s", exact=False),
    Definition(name="cold_mb_per_s", unit="MB/s", meaning="cold_bytes / 10^6 / CPU time of encoding them", exact=False),
    Definition(
        name="cold_ratio",
        unit="ratio",
        meaning="the same pass: CPU time / that of the tokenizer whose ids are claimed, document by document in turn",
        exact=False,
    ),
    Definition(
        name="words_seen_before", unit="share", meaning="words (split at white space) that occurred earlier / words"
    ),
    Definition(name="latency_p50_seconds", unit="s", meaning="median wall time of one line, once each", exact=False),
    Definition(name="latency_p99_seconds", unit="s", meaning="99th percentile of the same", exact=False),
    Definition(name="latency_p99_cpu_seconds", unit="s", meaning="99th percentile of CPU time of a line", exact=False),
    Definition(
        name="growth_exponent",
        unit="exponent",
        meaning="slope of log CPU time over log characters, by least squares over the ladder",
        exact=False,
    ),
    Definition(name="growth_characters", unit="code points", meaning="longest text of the ladder timed", exact=False),
    Definition(name="growth_seconds", unit="s", meaning="median CPU time of encoding that text", exact=False),
    Definition(name="same_ids_as", unit="text", meaning="the tokenizer whose ids are claimed, and were found"),
    Definition(name="fuzz_strings", unit="strings", meaning="nasty strings with equal ids, beside the documents"),
    Definition(name="context_bytes", unit="bytes", meaning="q_len * bytes of text / tokens: text in one window"),
    Definition(name="flop_per_kb", unit="FLOP/kB", meaning="credited_flop / 1,000 bytes of text"),
    *(
        Definition(
            name=f"{stage}_share",
            unit="share",
            meaning=f"{stage}_seconds / those of all three stages of a pipeline",
            exact=False,
        )
        for stage in ("tokenize", "embed", "attend")
    ),
    Definition(
        name="overhead_seconds",
        unit="s",
        meaning="least of 20 calls of the same implementation on two positions of one item",
        exact=False,
    ),
    Definition(
        name="launch_seconds",
        unit="s",
        meaning="median wall time for which a step keeps the host, on a GPU, which may go on after it",
        exact=False,
    ),
    Definition(name="overhead_share", unit="share", meaning="overhead_seconds / step_seconds", exact=False),
    Definition(
        name="overhead_bound",
        unit="flag",
        meaning="overhead_share is above a half (where unknown: the median step is under 100 microseconds)",
        exact=False,
    ),
    Definition(
        name="error",
        unit="absolute",
        meaning="largest |output - float64 reference| over the trials",
        exact=False,
    ),
    Definition(
        name="naive_error",
        unit="absolute",
        meaning="the same for the definition in the row's precision",
        exact=False,
    ),
    Definition(
        name="gradient_error", unit="absolute", meaning="the largest error of a gradient of q, k or v", exact=False
    ),
    Definition(
        name="naive_gradient_error",
        unit="absolute",
        meaning="the same for the definition in the row's precision",
        exact=False,
    ),
    Definition(name="checked_queries", unit="share", meaning="queries held to the reference in a trial / q_len"),
    Definition(name="properties", unit="text", meaning="the properties that were tried, and held"),
    Definition(name="dispatched", unit="text", meaning="the ATen operations that a step ran, most telling first"),
    Definition(
        name="first_step_seconds",
        unit="s",
        meaning="wall time of the first call of a step, compiling included",
        exact=False,
    ),
    Definition(name="executed_flop", unit="FLOP", meaning="what the plugin says that it executes"),
    Definition(name="credited_bytes", unit="bytes", meaning="what must be moved at least, see assay.Workload.bytes"),
    Definition(name="gb_per_s", unit="GB/s", meaning="credited_bytes / 10^9 / median step time", exact=False),
    Definition(name="credited_flop", unit="FLOP", meaning="what the semantics ask for, see assay.Workload.flop"),
    Definition(name="flop_per_s", unit="FLOP/s", meaning="credited_flop / median step time", exact=False),
    Definition(
        name="gemm_fraction",
        unit="share",
        meaning="paired over rounds: flop_per_s / FLOP/s of a square product in the row's dtype, by CPU time",
        exact=False,
    ),
    Definition(
        name="stream_fraction",
        unit="share",
        meaning="paired over rounds: credited bytes/s / bytes/s read and written by a copy, by CPU time",
        exact=False,
    ),
    Definition(
        name="roofline_fraction",
        unit="share",
        meaning="the larger of gemm_fraction and stream_fraction",
        exact=False,
    ),
    Definition(
        name="copy_fraction",
        unit="share",
        meaning="paired over rounds: encoded bytes/s / bytes/s of a copy of 8 MiB, by CPU time",
        exact=False,
    ),
    Definition(name="build_bytes", unit="bytes", meaning="growth of VmRSS while the plugin is built", exact=False),
    Definition(
        name="peak_bytes",
        unit="bytes",
        meaning="attention: largest sum of living torch allocations of a step, from the profiler;"
        " tokenizer: VmHWM of encoding all documents, above VmRSS before",
        exact=False,
    ),
    Definition(name="peak_resident_bytes", unit="bytes", meaning="VmHWM of a step, above VmRSS before", exact=False),
    Definition(
        name="predicted_seconds", unit="s", meaning="first operation, by a power law from two small sizes", exact=False
    ),
    Definition(
        name="predicted_bytes",
        unit="bytes",
        meaning="peak_bytes, as the plugin says or by a power law from two small sizes",
        exact=False,
    ),
    Definition(name="prediction_error", unit="share", meaning="predicted_seconds / measured seconds - 1", exact=False),
    Definition(name="memory_prediction_error", unit="share", meaning="predicted_bytes / peak_bytes - 1", exact=False),
    Definition(name="stopped_by", unit="text", meaning="precision, or budget", exact=False),
    Definition(name="baseline", unit="text", meaning="the plugin that ratios are taken to", exact=False),
    Definition(
        name="ratio",
        unit="ratio",
        meaning="paired over rounds: the operation's CPU time / the baseline's; above 1 is slower",
        exact=False,
    ),
    Definition(name="ratio_low", unit="ratio", meaning="lower end of the ratio's 95 % interval", exact=False),
    Definition(name="ratio_high", unit="ratio", meaning="upper end of the ratio's 95 % interval", exact=False),
    Definition(name="seconds", unit="s", meaning="median wall time of one call of the operation", exact=False),
    Definition(name="spread", unit="share", meaning="half the interquartile range / median", exact=False),
    Definition(name="contention", unit="ratio", meaning="median of wall time / CPU time", exact=False),
    Definition(name="samples", unit="samples", meaning="timed readings behind the figure", exact=False),
)
TIMED = ("mb_per_s", "tokens_per_s", "seconds", "spread", "contention", "samples", "ratio", "ratio_low", "ratio_high")
OF_LANGUAGES = ("tokens", "parity")
LANGUAGE = r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*"
DEFINITIONS = {definition.name: definition for definition in CATALOGUE}


def definition(name: str, run: Run | None = None) -> Definition | None:
    """Find a metric's definition, of a `run` also where a plugin brought the metric.

    `encode_spread` is the `spread` of the operation `encode`, `tokens_pt-BR` the `tokens` of the documents in
    that language.
    """
    operation, _, rest = name.partition("_")
    if name in DEFINITIONS:
        return DEFINITIONS[name]
    if operation in OF_LANGUAGES and re.fullmatch(LANGUAGE, rest):
        return DEFINITIONS[operation]
    if operation and rest in TIMED:
        return DEFINITIONS[rest]
    return None if run is None else next((own for own in of_plugins(run) if own.name == name), None)


def of_plugins(run: Run) -> tuple[Definition, ...]:
    """Give the metrics of plugins that a run asked for, as they were announced then."""
    return tuple(Definition(**fields) for fields in json.loads(run.settings).get("metrics", ()))
