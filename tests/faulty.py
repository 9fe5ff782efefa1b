"""Single-file plugins, good ones and the same with one fault each, for the conformance kit to find."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

LETTERS = """
import assay

assay_hooks = 1


class Letters:
    # One id a character: right in every way.
    unk_id = None
    vocab_size = 0x110000

    def encode(self, text):
        return [ord(char) for char in text]

    def decode(self, ids):
        return "".join(map(chr, ids))


class Able(Letters):
    def encode_batch(self, texts, threads):
        return [self.encode(text) for text in texts]

    def token_bytes(self, value):
        if not 0 <= value < self.vocab_size:
            raise KeyError(value)
        return chr(value).encode()

    def spans(self, text):
        return [(place, place + 1) for place in range(len(text))]


{body}


@assay.hookimpl
def assay_tokenizers():
    fields = dict(name="mine", summary="one id a character", license="MIT", build=lambda text: Mine()) | dict({fields})
    yield assay.TokenizerPlugin(**fields)
"""
ATTENTION = """
import assay

assay_hooks = 1
OFFERED = assay.Supports(levels=("core",), masks=("none", "causal", "window"), dropout=False)
LINE = 1 << 20


class Step:
    # By the book: right in every way.
    def __init__(self, workload):
        import torch

        self.torch, self.workload, self.calls = torch, workload, 0
        row = torch.arange(workload.q_len).unsqueeze(-1) + workload.kv_len - workload.q_len
        key = torch.arange(workload.kv_len)
        self.seen = self.visible(row, key)

    def visible(self, row, key):
        mask, reach = self.workload.semantics.mask, self.workload.semantics.reach
        seen = (key <= row) if mask != "none" else (key >= 0) & (row >= 0)
        return seen & (key > row - reach) if mask == "window" else seen

    def __call__(self, q, k, v):
        scores = (q @ k.mT * self.scale()).masked_fill(~self.seen, -self.torch.inf)
        return self.torch.softmax(scores, dim=-1) @ v

    def scale(self):
        return self.workload.d_qk**-0.5


{body}


@assay.hookimpl
def assay_attentions():
    fields = dict(
        name="mine", summary="by the book", license="MIT", build=lambda workload, weights: Mine(workload),
        unsupported=OFFERED, requires=("torch",),
    ) | dict({fields})
    yield assay.AttentionPlugin(**fields)
"""
CORPUS = """
import assay

assay_hooks = 1
TEXTS = ["A first document.", "A second one."]
SHA256 = "2caa2572057e83dfa07224c6f1a6752bda1516418820cfbb08bac531599e3587"


def documents():
    for number, text in enumerate(TEXTS):
        yield assay.Document(text=text, id=str(number), language="en")


{body}


@assay.hookimpl
def assay_corpora():
    fields = dict(
        name="mine", summary="two lines", license="MIT", documents=documents, sha256=SHA256, title="Two",
        author="the tests", source="made here", language="en", kind="prose",
    ) | dict({fields})
    yield assay.CorpusPlugin(**fields)
"""
METRIC = """
import assay

assay_hooks = 1


def characters(documents, tokenizer):
    return sum(len(document.text) for document in documents)


def of_row(row):
    return row.value("tokens")


{body}


@assay.hookimpl
def assay_metrics():
    fields = dict(
        name="mine", summary="characters", license="MIT", unit="characters", of_tokens=characters, of_row=of_row
    ) | dict({fields})
    yield assay.MetricPlugin(**fields)
"""
REPORT = """
import assay

assay_hooks = 1


def write(publication):
    return f"{{len(publication.outcomes)}} runs"


{body}


@assay.hookimpl
def assay_reports():
    fields = dict(name="mine", summary="a line", license="MIT", write=write, suffix=".mine") | dict({fields})
    yield assay.ReportPlugin(**fields)
"""
EXECUTOR = """
import assay

assay_hooks = 3


class Loop:
    label = "a loop"

    def __init__(self, spread):
        pass

    def map(self, function, tasks):
        for place, task in enumerate(tasks):
            yield assay.TaskResult(place=place, result=function(task))

    def close(self):
        pass


{body}


@assay.hookimpl
def assay_executors():
    fields = dict(name="mine", summary="a loop", license="MIT", open=Mine) | dict({fields})
    yield assay.ExecutorPlugin(**fields)
"""
SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "tokenizer": LETTERS,
        "attention": ATTENTION,
        "corpus": CORPUS,
        "metric": METRIC,
        "report": REPORT,
        "executor": EXECUTOR,
    }
)
GOOD: Mapping[str, str] = MappingProxyType(
    {
        "tokenizer": "class Mine(Able): pass",
        "attention": "class Mine(Step): pass",
        "corpus": "",
        "metric": "",
        "report": "",
        "executor": "class Mine(Loop): pass",
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A plugin with one fault: the code that has it, and the check that must refuse it, saying these words."""

    kind: str
    check: str
    words: str
    body: str = ""
    fields: str = ""

    @property
    def source(self) -> str:
        """The whole file."""
        return plugin(self.kind, self.body, self.fields)


def plugin(kind: str, body: str = "", fields: str = "") -> str:
    """Write a plugin of a kind, a good one unless told otherwise."""
    return SOURCES[kind].format(body=textwrap.dedent(body).strip() or GOOD[kind], fields=fields)


FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        "heavy import": Fault("metric", "loads-light", "importing it loads numpy", "import numpy"),
        "slow import": Fault(
            "metric",
            "loads-light",
            "s of CPU time, and loads",
            "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass",
        ),
        "no version of the hooks": Fault(
            "metric", "hooks-version", "does not say for which version", "del assay_hooks"
        ),
        "no summary": Fault("metric", "descriptor", "its summary is empty", fields="summary=' '"),
        "a requirement that is none": Fault(
            "report", "descriptor", "which pip cannot read", fields="requires=('torch >== 2',)"
        ),
        "unlicensed": Fault("metric", "licence", "states no license", fields="license='unstated'"),
        "not installed": Fault(
            "metric", "ready", "needs no-such-thing>=2, which is not installed", fields="requires=('no-such-thing>=2',)"
        ),
        "no decode": Fault(
            "tokenizer",
            "builds",
            "build gives Mine, which has no decode",
            """
            class Mine:
                vocab_size, unk_id, encode = 9, None, lambda self, text: [1]
            """,
        ),
        "nothing built": Fault(
            "tokenizer", "builds", "build gives None, which has no vocab_size", fields="build=lambda text: None"
        ),
        **{
            f"encode gives {words}": Fault(
                "tokenizer",
                "ids-in-range",
                f"encode gives {words}",
                f"class Mine(Letters): encode = lambda self, text: {given}",
            )
            for given, words in (
                ("None", "None, not a sequence"),
                ("(ord(char) for char in text)", "a generator, not a sequence"),
                ("set(map(ord, text))", "a set, not a sequence"),
                ("[float(ord(char)) for char in text]", "a list whose items are not all integers: item 0 is "),
            )
        },
        **{
            f"decode gives {words}": Fault(
                "tokenizer",
                "takes-any-text",
                f"decode gives {words}, not str",
                f"class Mine(Letters): decode = lambda self, ids: {given}",
            )
            for given, words in (("None", "NoneType"), ("list(map(chr, ids))", "list"))
        },
        **{
            f"vocab_size is {value}": Fault(
                "tokenizer",
                "vocabulary-size",
                f"vocab_size is {value}",
                f"class Mine(Letters): vocab_size = {value}",
                "specials=assay.SpecialTokens(eos='</s>')",
            )
            for value in ("None", "0")
        },
        "an unknown token that is a text": Fault(
            "tokenizer", "unknown-text", "unk_id is '?', a str, not an integer", "class Mine(Letters): unk_id = '?'"
        ),
        "special tokens in a list": Fault(
            "tokenizer",
            "special-tokens",
            "special_tokens is a list, not a mapping",
            "class Mine(Letters): special_tokens = ['</s>']",
            "specials=assay.SpecialTokens(eos='</s>')",
        ),
        "bytes that are a text": Fault(
            "tokenizer",
            "token-bytes",
            "token_bytes gives str, not bytes",
            "class Mine(Letters): token_bytes = lambda self, value: chr(value)",
        ),
        "a batch that is made later": Fault(
            "tokenizer",
            "batch",
            "encode_batch gives a map, not a sequence",
            "class Mine(Able): encode_batch = lambda self, texts, threads: map(self.encode, texts)",
        ),
        "a batch of another number": Fault(
            "tokenizer",
            "batch",
            "encode_batch gives 1 results for",
            "class Mine(Able): encode_batch = lambda self, texts, threads: [[1]]",
        ),
        "spans that are not pairs": Fault(
            "tokenizer",
            "spans",
            "spans gives 1, an int for a token",
            "class Mine(Able): spans = lambda self, text: [1 for _ in text]",
        ),
        "round trip": Fault(
            "tokenizer",
            "round-trip",
            "it declares lossless, and 'B' comes back as 'b'",
            """
            class Mine(Letters):
                def encode(self, text):
                    return [ord(char.lower()) if char in "B" else ord(char) for char in text]
            """,
        ),
        "nondeterminism": Fault(
            "tokenizer",
            "deterministic",
            "encodes to [",
            """
            class Mine(Able):
                calls = 0

                def encode(self, text):
                    self.calls += 1
                    ids = super().encode(text)
                    return ids[::-1] if self.calls % 97 == 0 else ids
            """,
        ),
        "id out of range": Fault(
            "tokenizer",
            "ids-in-range",
            "is not below vocab_size, 65536",
            """
            class Mine(Letters):
                vocab_size = 0x10000
            """,
        ),
        "vocabulary too large": Fault(
            "tokenizer", "vocabulary-size", "and decode([1114116]) raises", "class Mine(Letters): vocab_size = 0x110005"
        ),
        "ids mutated": Fault(
            "tokenizer",
            "ids-kept",
            "that it was given, the ids of",
            """
            class Mine(Letters):
                def decode(self, ids):
                    parts = []
                    while ids:
                        parts.append(chr(ids.pop()))
                    return "".join(reversed(parts))
            """,
        ),
        "a text that raises": Fault(
            "tokenizer",
            "takes-any-text",
            "encode('7') raises ValueError: no digits",
            """
            class Mine(Letters):
                def encode(self, text):
                    if "7" in text:
                        raise ValueError("no digits")
                    return super().encode(text)
            """,
        ),
        "ids of nothing": Fault(
            "tokenizer",
            "empty-text",
            "'' encodes to [98], which decodes to 'b'",
            """
            class Mine(Letters):
                def encode(self, text):
                    return [98, *super().encode(text)]
            """,
            "lossless=False",
        ),
        "ids by hash": Fault(
            "tokenizer",
            "second-process",
            "in a process with PYTHONHASHSEED=",
            """
            class Mine(Letters):
                def __init__(self):
                    self.ids, self.chars = {}, {}

                def encode(self, text):
                    return [hash(char) % 0x110000 for char in text]
            """,
            "lossless=False",
        ),
        "a text that is remembered": Fault(
            "tokenizer",
            "second-process",
            "in a process with PYTHONHASHSEED=",
            """
            class Mine(Letters):
                def __init__(self):
                    self.ids, self.chars, self.kept = {}, {}, {}

                def encode(self, text):
                    ids = [ord(char) for char in text]
                    self.kept[tuple(ids)] = text
                    return ids

                def decode(self, ids):
                    return self.kept.get(tuple(ids), "")
            """,
        ),
        "a memory that grows": Fault(
            "tokenizer",
            "memory-kept",
            "memory grows by ",
            """
            class Mine(Letters):
                kept = []

                def encode(self, text):
                    if len(self.kept) < 3_000:
                        self.kept.append(bytearray(b"x") * 100_000)
                    return super().encode(text)
            """,
        ),
        "ids that end": Fault(
            "tokenizer",
            "any-length",
            "ids, and written twice it has",
            """
            class Mine(Letters):
                def encode(self, text):
                    return super().encode(text)[:1_000]
            """,
            "lossless=False",
        ),
        "a closed vocabulary that is open": Fault(
            "tokenizer", "unknown-text", "and refuses none of", fields="closed_vocabulary=True"
        ),
        "an unknown token that is never given": Fault(
            "tokenizer", "unknown-text", "unk_id is 1114111, and none of", "class Mine(Able): unk_id = 0x10FFFF"
        ),
        "special tokens read as text": Fault(
            "tokenizer",
            "special-tokens",
            "are recognised, and '</s>', whose id is 5, encodes to",
            "class Mine(Letters): special_tokens = {'</s>': 5}",
            "specials=assay.SpecialTokens(eos='</s>', in_text='recognised')",
        ),
        "batch": Fault(
            "tokenizer",
            "batch",
            "encode_batch with 2 threads gives [",
            """
            class Mine(Able):
                def encode_batch(self, texts, threads):
                    found = super().encode_batch(texts, threads)
                    return found if threads == 1 else [*found[:-1], found[-1][1:]]
            """,
        ),
        "a scratch list that threads share": Fault(
            "tokenizer",
            "thread-safety",
            "while 3 other threads encode",
            """
            import time

            class Mine(Letters):
                def __init__(self):
                    self.scratch = []

                def encode(self, text):
                    self.scratch.clear()
                    for char in text:
                        self.scratch.append(ord(char))
                    time.sleep(0)
                    return list(self.scratch)
            """,
        ),
        "bytes of another": Fault(
            "tokenizer",
            "token-bytes",
            "have the bytes b",
            """
            class Mine(Able):
                spans = None

                def token_bytes(self, value):
                    return super().token_bytes(value).lower()
            """,
        ),
        "a cut that changes ids": Fault(
            "tokenizer",
            "splits-at",
            "and not the ids of the whole",
            """
            class Mine(Letters):
                def encode(self, text):
                    return [0] * text.startswith(" ") + super().encode(text.removeprefix(" "))

                def decode(self, ids):
                    return "".join(chr(value or 32) for value in ids)
            """,
            fields="splits_at='(?= )', lossless=False",
        ),
        "a cut that is a character": Fault(
            "tokenizer",
            "splits-at",
            "no place between two characters",
            "class Mine(Able): pass",
            fields="splits_at=' '",
        ),
        "spans one too far": Fault(
            "tokenizer",
            "spans",
            "has the span [",
            """
            class Mine(Able):
                def spans(self, text):
                    return [(min(place + 1, len(text)), min(place + 2, len(text))) for place in range(len(text))]
            """,
        ),
        "ids of another": Fault(
            "tokenizer", "same-ids-as", "it claims the ids of bytes, but", fields="same_ids_as='bytes'"
        ),
        "unsupported loads torch": Fault(
            "attention",
            "unsupported",
            "asking unsupported(workload) loads torch",
            """
            class Mine(Step): pass

            def OFFERED(workload, only=OFFERED):
                import torch

                return only(workload)
            """,
        ),
        "nothing offered": Fault(
            "attention", "offers-something", "none of", fields="unsupported=lambda workload: 'not today'"
        ),
        "offered and not done": Fault(
            "attention",
            "computes",
            "it raises NotImplementedError",
            """
            class Mine(Step):
                def visible(self, row, key):
                    if self.workload.semantics.mask == "window":
                        raise NotImplementedError
                    return super().visible(row, key)
            """,
        ),
        "another precision": Fault(
            "attention",
            "output",
            "it is torch.float64",
            """
            class Mine(Step):
                def __call__(self, q, k, v):
                    return super().__call__(q, k, v).double()
            """,
        ),
        "input mutated": Fault(
            "attention",
            "inputs-kept",
            "the inputs were changed",
            """
            class Mine(Step):
                def __call__(self, q, k, v):
                    q *= self.scale()
                    return super().__call__(q, k, v)
            """,
        ),
        "wrong mask": Fault(
            "attention",
            "mask",
            "causality: query 0 changes by",
            """
            class Mine(Step):
                def visible(self, row, key):
                    return super().visible(row + 1, key)
            """,
        ),
        "an answer remembered": Fault(
            "attention",
            "properties",
            "repeat:",
            """
            class Mine(Step):
                kept = None

                def __call__(self, q, k, v):
                    self.kept = super().__call__(q, k, v) if self.kept is None else self.kept
                    return self.kept.clone()
            """,
        ),
        "wrong scale": Fault(
            "attention",
            "reference",
            "wrong output",
            """
            class Mine(Step):
                def scale(self):
                    return self.workload.d_qk**-0.51
            """,
        ),
        "no dropout": Fault(
            "attention",
            "dropout",
            "a weight is neither dropped nor scaled by 1 / (1 - 0.2)",
            "OFFERED = assay.Supports(levels=('core',), masks=('none', 'causal'))\nMine = Step",
        ),
        "false peak_bytes": Fault(
            "attention", "peak-bytes", "peak_bytes predicts 1,000 bytes", fields="peak_bytes=lambda workload: 1000"
        ),
        "wrong sha256": Fault("corpus", "sha256", "and it declares 0000", fields="sha256='0' * 64"),
        "unstable documents": Fault(
            "corpus",
            "stable",
            "document 0 ('0') has another text when it is read again",
            """
            import itertools

            counter = itertools.count()

            def documents():
                for number, text in enumerate(TEXTS):
                    yield assay.Document(text=f"{text} {next(counter)}", id=str(number))
            """,
        ),
        "documents in the order of a set": Fault(
            "corpus",
            "stable",
            "in a process with PYTHONHASHSEED=",
            """
            def documents():
                for name in {f"file {number}" for number in range(20)}:
                    yield assay.Document(text=name, id=name)
            """,
            "sha256=None",
        ),
        "an empty corpus": Fault("corpus", "reads", "it has no document", "documents = lambda: iter(())"),
        "a lone surrogate": Fault(
            "corpus",
            "unicode-text",
            "has a lone surrogate at character 2",
            "TEXTS = ['a ' + chr(0xD800)]",
            "sha256=None",
        ),
        "one id for two": Fault(
            "corpus",
            "ids-unique",
            "document 1 has the id 'x'",
            "documents = lambda: (assay.Document(text=text, id='x') for text in TEXTS)",
        ),
        "no language": Fault("corpus", "languages", "its language is 'English'", fields="language='English'"),
        "a list for an answer": Fault(
            "metric", "answers", "it answers list", "characters = lambda documents, tokenizer: [1]"
        ),
        "a random answer": Fault(
            "metric",
            "deterministic",
            "and then",
            "import random\ncharacters = lambda documents, tokenizer: random.random()",
        ),
        "words that are no text": Fault(
            "metric", "unit", "its unit is 'characters', and for", "of_row = lambda row: 'many'"
        ),
        "ids eaten": Fault(
            "metric",
            "inputs-kept",
            "it changes the ids of",
            """
            def characters(documents, tokenizer):
                for document in documents:
                    document.ids.clear()
                return 1
            """,
        ),
        "a report that prints": Fault(
            "report",
            "prints-nothing",
            "for a run it prints 'writing",
            "def write(publication):\n    print('writing ...')\n    return 'x'",
        ),
        "a report that writes a file": Fault(
            "report",
            "writes-no-file",
            "opens 'report.mine' for writing",
            "def write(publication):\n    open('report.mine', 'w').write('x')\n    return 'x'",
        ),
        "a report of nothing": Fault(
            "report", "writes", "for a run it gives NoneType", "write = lambda publication: None"
        ),
        "an executor that mixes up its tasks": Fault(
            "executor",
            "answers",
            "for task 1 it gives 'one 3'",
            """
            class Mine(Loop):
                def map(self, function, tasks):
                    for place, task in enumerate(tasks):
                        yield assay.TaskResult(place=place ^ 1, result=function(task))
            """,
        ),
        "an executor that takes all tasks at once": Fault(
            "executor",
            "takes-what-it-needs",
            "it took 100,000 tasks before its first answer",
            """
            class Mine(Loop):
                def map(self, function, tasks):
                    yield from super().map(function, list(tasks) if function.__name__ == "echo" else tasks)
            """,
        ),
        "an executor that leaves a process": Fault(
            "executor",
            "closes",
            "it leaves 1 process(es)",
            """
            import subprocess

            class Mine(Loop):
                def map(self, function, tasks):
                    if function.__name__ == "nap":
                        subprocess.Popen(["sleep", "9"])
                    return super().map(function, tasks)
            """,
        ),
        "an executor that is not isolated": Fault(
            "executor",
            "survives",
            "of four tasks, of which the second ends its worker, it lost 4",
            """
            import os

            class Mine(Loop):
                def map(self, function, tasks):
                    if function.__name__ == "fall":
                        yield from (assay.TaskResult(place=place, error="gone") for place, _ in enumerate(tasks))
                    else:
                        yield from super().map(function, tasks)
            """,
            fields="isolated=True",
        ),
    }
)
