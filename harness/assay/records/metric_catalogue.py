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


def _exact(name: str, unit: str, meaning: str) -> Definition:
    return Definition(name=name, unit=unit, meaning=meaning)


def _measured(name: str, unit: str, meaning: str) -> Definition:
    """Define a figure that carries noise, or tells how the run went: a change of it is not a finding."""
    return Definition(name=name, unit=unit, meaning=meaning, exact=False)


CATALOGUE = (
    _exact("vocabulary_size", "entries", "one more than the largest id"),
    _exact("assigned_ids", "ids", "ids below vocabulary_size for which token_bytes gives bytes"),
    _exact("special_ids", "ids", "ids of the special tokens, as the tokenizer lists them"),
    _exact("used_ids", "ids", "different ids over all documents"),
    _exact("vocabulary_utilisation", "share", "used_ids / vocabulary_size"),
    _exact("renyi_efficiency_used", "share", "Rényi entropy (alpha 2.5) of the ids / log2 used_ids"),
    _exact("renyi_efficiency_nominal", "share", "Rényi entropy (alpha 2.5) of the ids / log2 vocabulary_size"),
    _exact("documents", "documents", "documents measured"),
    _exact("characters", "code points", "Unicode code points of the documents"),
    _exact("bytes", "bytes", "UTF-8 bytes of the documents"),
    _exact("words", "words", "words as UAX 29 segments them; absent in scripts without spaces"),
    _exact("spaceless_share", "share", "code points of scripts that put no spaces between words / characters"),
    _exact("tokens", "tokens", "ids over all documents, each encoded by itself"),
    _exact("unknown_tokens", "tokens", "ids equal to the tokenizer's unknown id"),
    _exact("unknown_token_rate", "share", "unknown_tokens / tokens"),
    _exact("bytes_per_token", "bytes", "bytes / tokens"),
    _exact("characters_per_token", "code points", "characters / tokens"),
    _exact("fertility", "tokens", "tokens / words"),
    _exact("continued_words", "share", "words with a border between tokens inside / words"),
    *(
        _exact(f"{name}_{end}", unit, f"{side} end of the 95 % interval of {name} over documents")
        for name, unit in (("unknown_token_rate", "share"), ("bytes_per_token", "bytes"), ("fertility", "tokens"))
        for end, side in (("low", "lower"), ("high", "upper"))
    ),
    _exact("parity", "ratio", "tokens of a language / tokens of English, on parallel documents"),
    _exact("premium", "ratio", "the largest parity of a language; 1 where English has it"),
    _exact("premium_language", "text", "the language of the largest parity"),
    _measured("compression", "ratio", "bytes_per_token / the baseline's bytes_per_token"),
    _measured("corpus_notes", "text", "of the user's files: which were read, and what is unusual in their text"),
    _measured("held_out_share", "share", "bytes of the documents held out / bytes of the corpus"),
    _exact("passed_over", "documents", "documents of shards that were empty or null, which are not counted"),
    _exact("sample_documents", "documents", "documents drawn for the sample"),
    _exact("corpus_documents", "documents", "documents that the sample was drawn from"),
    _exact("sample_share", "share", "bytes / bytes of the documents drawn from"),
    _exact("sample_width", "share", "half the 95 % interval of bytes_per_token over documents / bytes_per_token"),
    _measured(
        "full_pass_seconds", "s", "encode_seconds / sample_share: one pass over all documents at the measured speed"
    ),
    _exact("round_trip", "share", "documents with decode(encode(text)) == text / documents"),
    _exact("round_trip_difference", "text", "the first place where the round trip differs"),
    _exact(
        "characters_back",
        "share",
        "characters that come back, the longest common subsequence of text and decoded text / the longer of both",
    ),
    _exact("characters_back_normalized", "share", "the same after the normalization that the plugin declares"),
    _exact("normalization", "text", "the steps of that normalization; absent without one"),
    _exact("limit", "text", "what came of a limit, of its gravest text"),
    _exact("ids_as", "text", "the type of what encode gives: list, tuple, array, ndarray"),
    _exact("ids_sha256", "hex", "sha256 of all ids as 64-bit little-endian integers"),
    _exact(
        "ids_sum", "hex", "sum over documents of the sha256 of their ids as 64-bit little-endian integers, modulo 2^256"
    ),
    *(
        _exact(
            f"document_tokens_p{share}",
            "tokens",
            f"tokens that {share} % of documents do not exceed (nearest rank), down to 8 binary digits",
        )
        for share in (50, 90, 99)
    ),
    _exact("replaced_bytes", "bytes", "bytes that are no UTF-8, each counted as U+FFFD"),
    _exact("documents_not_cut", "documents", "documents over a million characters, not cut"),
    _exact("shards", "shards", "files that were counted"),
    _exact("shard_bytes", "bytes", "their bytes as they lie there, compressed or not"),
    _measured("shards_kept", "shards", "those whose counts were known from before"),
    _measured("restarts", "starts", "starts of a shard after its worker died"),
    _measured("counted_by", "text", "the executor, and its workers"),
    _measured("counted_on", "text", "the machines that counted, by name"),
    _measured("counted_seconds", "s", "wall time of counting with all tokenizers"),
    _measured("counted_cpu_seconds", "s", "CPU time of counting the row, and its share of reading, over all workers"),
    _measured(
        "full_pass_core_seconds",
        "s",
        "CPU time of counting the sample / sample_share, and of reading all documents once",
    ),
    _exact("family", "text", "tokenizers that differ in vocabulary size alone, as announced"),
    _exact("pretrained_on", "text", "what the vocabulary was trained on, as announced"),
    _exact("special_tokens", "text", "the special-token policy of the descriptor"),
    _measured("build_seconds", "s", "wall time of building the plugin, once"),
    _measured("encode_mb_per_s", "MB/s", "bytes / 10^6 / median encode time"),
    _measured("encode_tokens_per_s", "tokens/s", "tokens / median encode time"),
    _measured("fresh_mb_per_s", "MB/s", "bytes / 10^6 / median time of encoding fresh text, made of the same words"),
    _measured("fresh_tokens_per_s", "tokens/s", "tokens of fresh text / the same time"),
    _measured("repeat_speedup", "ratio", "encode_mb_per_s / fresh_mb_per_s, by the clock of encode"),
    _measured(
        "caches_whole_texts",
        "flag",
        "the fast quarter of fresh calls takes over three times as long a byte as the slow quarter of repeated ones",
    ),
    _measured(
        "decode_repeat_speedup", "ratio", "CPU time of decoding ids of fresh text / of the same ids again, after others"
    ),
    _measured("decode_mb_per_s", "MB/s", "bytes / 10^6 / median decode time"),
    _measured("decode_tokens_per_s", "tokens/s", "tokens / median decode time"),
    _measured("tokens_per_s", "tokens/s", "tokens of one call / its median time"),
    _measured("mb_per_s", "MB/s", "bytes of one call / 10^6 / its median time"),
    _measured("first_call_seconds", "s", "the first call, on an eighth of the text"),
    _measured("cold_bytes", "bytes", "documents first encoded for cold_mb_per_s"),
    _measured("cold_mb_per_s", "MB/s", "cold_bytes / 10^6 / CPU time of encoding them"),
    _measured(
        "cold_ratio",
        "ratio",
        "the same pass: CPU time / that of the tokenizer whose ids are claimed, document by document in turn",
    ),
    _measured("cold_ratio_low", "ratio", "lower end of the 95 % interval of cold_ratio over documents"),
    _measured("cold_ratio_high", "ratio", "upper end of the same"),
    _exact("words_seen_before", "share", "words (split at white space) that occurred earlier / words"),
    _measured("latency_p50_seconds", "s", "median CPU time of one line, once each"),
    _measured("latency_p99_seconds", "s", "99th percentile of the same"),
    _measured("latency_p50_wall_seconds", "s", "median wall time of the same lines"),
    _measured("latency_p99_wall_seconds", "s", "99th percentile of the same"),
    _measured(
        "growth_exponent", "exponent", "slope of log CPU time over log characters, by least squares over the ladder"
    ),
    _measured("growth_exponent_low", "exponent", "lower end of its 95 % interval: Student's t, n - 2 degrees"),
    _measured("growth_exponent_high", "exponent", "upper end of the same"),
    _measured("growth_characters", "code points", "longest text of the size sweep timed"),
    _measured("growth_seconds", "s", "median CPU time of encoding that text"),
    _exact("tokenizer_notes", "text", "what the tokenizer itself says that a reader must know"),
    _exact("same_ids_as", "text", "the tokenizer whose ids are claimed, and were found"),
    _exact("added_ids_per_text", "ids", "ids that begin and end every text, such as those of a beginning and an end"),
    _measured(
        "call_growth_bytes",
        "bytes",
        "resident memory that each call adds which encodes and decodes the same text, the lesser of two halves",
    ),
    _exact("fuzz_strings", "strings", "nasty strings with equal ids, beside the documents"),
    _exact("context_bytes", "bytes", "q_len * bytes of text / tokens: text in one window"),
    _exact("flop_per_kb", "FLOP/kB", "credited_flop / 1,000 bytes of text"),
    *(
        _measured(f"{stage}_share", "share", f"{stage}_seconds / those of all three stages of a pipeline")
        for stage in ("tokenize", "embed", "attend")
    ),
    _measured("overhead_seconds", "s", "least of 20 calls of the same implementation on two positions of one item"),
    _measured(
        "launch_seconds", "s", "median wall time for which a step keeps the host, on a GPU, which may go on after it"
    ),
    _measured("overhead_share", "share", "overhead_seconds / step_seconds"),
    _measured(
        "overhead_bound",
        "flag",
        "overhead_share is above a half (where unknown: the median step is under 100 microseconds)",
    ),
    _measured("error", "absolute", "largest |output - float64 reference| over the trials"),
    _measured("naive_error", "absolute", "the same for the definition in the row's precision"),
    _measured("gradient_error", "absolute", "the largest error of a gradient of q, k or v"),
    _measured("naive_gradient_error", "absolute", "the same for the definition in the row's precision"),
    _exact("checked_queries", "share", "queries held to the reference in a trial / q_len"),
    _exact("properties", "text", "the properties that were tried, and held"),
    _exact("dispatched", "text", "the ATen operations that a step ran, most telling first"),
    _measured("first_step_seconds", "s", "wall time of the first call of a step, compiling included"),
    _exact("executed_flop", "FLOP", "what the plugin says that it executes"),
    _measured("mispredicted", "text", "predictions of the plugin that are more than a tenth off"),
    _exact("approximate", "text", "what is approximated, as the plugin announces"),
    _exact("credited_bytes", "bytes", "what must be moved at least, see assay.Workload.bytes"),
    _measured("gb_per_s", "GB/s", "credited_bytes / 10^9 / median step time"),
    _exact("credited_flop", "FLOP", "what the semantics ask for, see assay.Workload.flop"),
    _measured("flop_per_s", "FLOP/s", "credited_flop / median step time"),
    _measured(
        "gemm_fraction",
        "share",
        "paired over rounds: flop_per_s / FLOP/s of a square product in the row's dtype, by the row's clock",
    ),
    _measured(
        "stream_fraction",
        "share",
        "paired over rounds: credited bytes/s / bytes/s read and written by a copy, by the row's clock",
    ),
    _measured("roofline_fraction", "share", "the larger of gemm_fraction and stream_fraction"),
    _measured(
        "copy_fraction", "share", "paired over rounds: encoded bytes/s / bytes/s of a copy of 8 MiB, by CPU time"
    ),
    _measured("build_bytes", "bytes", "growth of VmRSS while the plugin is built"),
    _measured(
        "peak_bytes",
        "bytes",
        "attention: largest sum of living torch allocations of a step, and what is held between steps;"
        " tokenizer: VmHWM of encoding all documents, above VmRSS before",
    ),
    _measured("peak_resident_bytes", "bytes", "VmHWM of a step, above VmRSS before"),
    _measured("predicted_seconds", "s", "first operation, from smaller sizes, or read where a call is short"),
    _measured("predicted_bytes", "bytes", "peak_bytes, as the plugin says or from smaller sizes"),
    _measured("prediction_error", "share", "predicted_seconds / measured seconds - 1"),
    _measured("memory_prediction_error", "share", "predicted_bytes / peak_bytes - 1"),
    _measured("stopped_by", "text", "precision, or budget"),
    _measured("baseline", "text", "the plugin that ratios are taken to"),
    _measured(
        "ratio", "ratio", "paired over rounds: the operation's time / the baseline's, by its clock; above 1 is slower"
    ),
    _measured("ratio_low", "ratio", "lower end of the ratio's 95 % interval"),
    _measured("ratio_high", "ratio", "upper end of the ratio's 95 % interval"),
    _measured(
        "clock",
        "text",
        "by what speeds and ratio are told: cpu, CPU time; wall, wall time, where several threads work or it waits for"
        " others (on a GPU the device's events). Rows without it are older: their speeds are by wall time",
    ),
    _measured("seconds", "s", "median time of one call of the operation, by its clock"),
    _measured("wall_seconds", "s", "median wall time of the same calls"),
    _measured("busy", "flag", "wall time / CPU time is above 1.1 for an operation that is told by CPU time"),
    _measured("spread", "share", "half the interquartile range / median"),
    _measured("contention", "ratio", "median of wall time / CPU time"),
    _measured("samples", "samples", "timed readings behind the figure"),
)
TIMED = (
    *("mb_per_s", "tokens_per_s", "clock", "seconds", "wall_seconds", "spread", "contention", "samples"),
    *("ratio", "ratio_low", "ratio_high"),
)
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
    """Return the metrics of plugins that a run asked for, as they were announced then."""
    return tuple(Definition(**fields) for fields in json.loads(run.settings).get("metrics", ()))
