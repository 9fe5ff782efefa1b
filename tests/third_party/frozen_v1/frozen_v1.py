"""A plugin for version 1 of Assay's hooks, with every hook, every field of every descriptor, and every ability.

NEVER EDIT THIS FILE. It stands for the plugins of others that were written for version 1 and will not be written anew:
whatever becomes of Assay, this must go on working as it is. `test_frozen.py` knows its SHA-256. For a later version of
the hooks write a file beside it.
"""

from __future__ import annotations

from hashlib import sha256

import assay

assay_hooks = 1

POEM = "Little fly, thy summer's play my thoughtless hand has brushed away. Am not I a fly like thee? " * 12
OTHER = " Or art not thou a man like me?"


def nothing_is_missing():
    return None


class Words:
    """Words between single spaces, by number; what was not in the training text is refused."""

    unk_id = None

    def __init__(self, text):
        self._words = list(dict.fromkeys(["<|end|>", "", *text.split(" ")]))
        self._ids = {word: number for number, word in enumerate(self._words)}

    @property
    def vocab_size(self):
        return len(self._words)

    @property
    def special_tokens(self):
        return {"<|end|>": 0}

    def encode(self, text):
        for word in text.split(" ") if text else []:
            if word not in self._ids:
                raise assay.UnknownToken(word)
        return [self._ids[word] for word in text.split(" ")] if text else []

    def encode_batch(self, texts, threads):
        return [self.encode(text) for text in texts]

    def decode(self, ids):
        return " ".join(self._words[number] for number in ids)

    def token_bytes(self, token_id):
        if not 0 <= token_id < len(self._words):
            raise KeyError(token_id)
        return self._words[token_id].encode("utf-8")

    def spans(self, text):
        found, start = [], 0
        for word in text.split(" ") if text else []:
            found.append((start, start + len(word)))
            start += len(word) + 1
        return found


class Characters:
    """One id a code point."""

    vocab_size = 0x110000
    unk_id = None

    def encode(self, text):
        return [ord(character) for character in text]

    def decode(self, ids):
        return "".join(map(chr, ids))


def build_characters(text):
    return Characters()


@assay.hookimpl
def assay_tokenizers():
    yield assay.TokenizerPlugin(
        name="frozen-words",
        summary="words between spaces",
        requires=("pluggy>=1.0",),
        licence="MIT",
        missing=nothing_is_missing,
        build=Words,
        pretrained=False,
        lossless=True,
        closed_vocabulary=True,
        same_ids_as=None,
        family="frozen",
        specials=assay.SpecialTokens(bos=None, eos="<|end|>", pad=None, unk=None, other=(), in_text="recognised"),
        thread_safe=True,
    )
    for name, claim in (("frozen-characters", None), ("frozen-letters", "frozen-characters")):
        yield assay.TokenizerPlugin(
            name=name,
            summary="one id a code point",
            requires=(),
            licence="MIT",
            missing=None,
            build=build_characters,
            pretrained=True,
            lossless=True,
            closed_vocabulary=False,
            same_ids_as=claim,
            family=None,
            specials=assay.SpecialTokens(),
            thread_safe=True,
        )


def attend(workload, q, k, v):
    import torch

    scores = q @ k.transpose(-2, -1) * workload.d_qk**-0.5
    if workload.semantics.mask == "causal":
        hidden = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool, device=q.device)
        scores = scores.masked_fill(hidden.triu(1 + k.shape[-2] - q.shape[-2]), -torch.inf)
    return torch.softmax(scores, dim=-1) @ v


class Module:
    """Attention with the host's projections; at level `decode` it remembers what came before."""

    def __init__(self, workload, weights):
        self._workload, self._weights, self._past = workload, weights, None

    def prefill(self, past):
        self._past = past

    def __call__(self, x):
        import torch

        weights, heads = self._weights, self._workload.q_heads
        before = x if self._past is None else torch.cat([self._past, x], dim=1)
        q, k, v = (
            (given @ projection).unflatten(-1, (heads, -1)).transpose(1, 2)
            for given, projection in ((x, weights.wq), (before, weights.wk), (before, weights.wv))
        )
        out = attend(self._workload, q, k, v).transpose(1, 2).flatten(2)
        return out if weights.wo is None else out @ weights.wo


def build_attention(workload, weights):
    if workload.device.startswith("tpu"):
        raise assay.Unavailable("there is no such device here", remedy="take another")
    if workload.level == "core":
        return lambda q, k, v: attend(workload, q, k, v)
    return Module(workload, weights)


def pairs(workload):
    return workload.batch * workload.q_heads * workload.q_len * workload.kv_len


def peak_bytes(workload):
    return None


def flop(workload):
    return 2 * pairs(workload) * (workload.d_qk + workload.d_v) if workload.level == "core" else None


@assay.hookimpl
def assay_attentions():
    yield assay.AttentionPlugin(
        name="frozen-attention",
        summary="softmax by the book",
        requires=("torch>=2.6",),
        licence="MIT",
        missing=nothing_is_missing,
        build=build_attention,
        unsupported=assay.Only(
            levels=("core", "qkv", "module", "decode"),
            kinds=("softmax",),
            masks=("none", "causal"),
            biases=("none",),
            phases=("fwd", "bwd", "fwd_bwd"),
            dtypes=("f32",),
            devices=("cpu", "cuda"),
            max_heads=None,
            min_heads=1,
            dropout=False,
            grouped=False,
            rectangular=False,
            uneven=True,
        ),
        peak_bytes=peak_bytes,
        flop=flop,
        empty_rows="unstated",
        compiles=False,
    )


def documents():
    yield assay.Document(text=POEM, id="fly-1", language="en")
    yield assay.Document(text=OTHER, id="fly-2", language="en")


@assay.hookimpl
def assay_corpora():
    yield assay.CorpusPlugin(
        name="frozen-fly",
        summary="two stanzas, one of them often",
        requires=(),
        licence="public domain",
        missing=nothing_is_missing,
        documents=documents,
        sha256=sha256("\0".join((POEM, OTHER)).encode("utf-8")).hexdigest(),
        title="The Fly",
        author="William Blake",
        source="Songs of Experience, London 1794",
        language="en",
        kind="verse",
    )


def longest_run(documents, tokenizer):
    longest = 0
    for document in documents:
        run = 1
        for one, other in zip(document.ids, document.ids[1:], strict=False):
            run = run + 1 if one == other else 1
            longest = max(longest, run)
    return longest


def ids_per_document(measurement):
    tokens, count = measurement.value("tokens"), measurement.value("documents")
    return None if tokens is None or not count else tokens / count


@assay.hookimpl
def assay_metrics():
    yield assay.MetricPlugin(
        name="frozen_longest_run",
        summary="the most equal ids in a row",
        requires=(),
        licence="MIT",
        missing=None,
        unit="tokens",
        exact=True,
        of_tokens=longest_run,
        of_row=None,
    )
    yield assay.MetricPlugin(
        name="frozen_tokens_per_document",
        summary="tokens over documents",
        requires=(),
        licence="MIT",
        missing=None,
        unit="tokens",
        exact=True,
        of_tokens=None,
        of_row=ids_per_document,
    )


def write(publication):
    if publication.shows != "run":
        raise assay.AssayError("only runs are written")
    rows = publication.outcomes[-1].measurements
    lines = [f"run of {outcome.run.suite}" for outcome in publication.outcomes]
    lines += [f"{row.case.plugin} {row.status} {row.value('tokens')} {row.reason or '-'}" for row in rows]
    lines += [f"{plugin.kind} {plugin.name} {plugin.status}" for plugin in publication.plugins]
    return "\n".join(lines) + "\n"


@assay.hookimpl
def assay_reports():
    yield assay.ReportPlugin(
        name="frozen-lines",
        summary="one line for each row and plugin",
        requires=(),
        licence="MIT",
        missing=None,
        write=write,
        suffix=".frozen",
        shows=("run",),
    )
