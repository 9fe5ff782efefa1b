"""From what was asked to cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import assay
from assay.corpus.loading import digest
from assay.errors import AssayError, CorpusError, UnknownName
from assay.execute.plan import plan
from assay.execute.selection import Selection
from assay.execute.suites import PIPELINE_ATTENTIONS, SUITES, TUTORIAL, TUTORIAL_ATTENTIONS, Suite
from assay.plugins.host import Found, Host, Origin
from assay.plugins.types import EDGE_CASE, PARALLEL, SCALING, Missing
from assay.records.results import AttentionCase, TokenizerCase
from assay.records.settings import Settings

SETTINGS = Settings()
OURS, THEIRS = (
    Origin(entry_point="o", distribution="assay-bench", version="1"),
    Origin(entry_point="t", distribution="theirs"),
)
DOCUMENTS = tuple(assay.Document(text=f"text number {n}\n" * 9, id=str(n)) for n in range(20))


def corpus(name: str, kind: str = "prose", missing: Missing | None = None) -> assay.CorpusPlugin:
    def documents() -> Iterator[assay.Document]:
        assert missing is None, "what is missing is not read"
        return iter(DOCUMENTS)

    return assay.CorpusPlugin(
        name=name, summary="", documents=documents, sha256=digest(DOCUMENTS), title="", author="", source="",
        language="en", kind=kind, missing=lambda: missing,
    )  # fmt: skip


def tokenizer(name: str, pretrained: bool = False) -> assay.TokenizerPlugin:
    return assay.TokenizerPlugin(name=name, summary="", build=assay.lazy("nowhere:nothing"), pretrained=pretrained)


def attention(name: str) -> assay.AttentionPlugin:
    return assay.AttentionPlugin(name=name, summary="", build=assay.lazy("no:thing"), unsupported=lambda workload: None)


@pytest.fixture
def host() -> Host:
    ours = [
        *(tokenizer(name, pretrained=not name.startswith("regex")) for name in (*TUTORIAL, "peer")),
        corpus("adversarial-x", SCALING),
        corpus("the-verdict"),
        corpus("far", missing=Missing("is not here", "assay data fetch far")),
        *(attention(name) for name in (*TUTORIAL_ATTENTIONS, "fused-qkv", "naive", "kv-cache")),
    ]
    found = [Found(plugin=plugin, origin=OURS) for plugin in ours]
    theirs = [Found(plugin=plugin, origin=THEIRS) for plugin in (tokenizer("third"), attention("third-attention"))]
    return Host([*found, *theirs], [])


def names(host: Host, selection: Selection, *, held_out: bool = False) -> list[tuple[str, str]]:
    cases = [case for case in plan(host, selection, SETTINGS) if isinstance(case, TokenizerCase)]
    return [(case.tokenizer, case.corpus) for case in cases if bool(case.held_out) == held_out]


def test_the_tutorial_has_its_own_tokenizers_and_those_of_others(host: Host) -> None:
    chosen = {name for name, _ in names(host, Selection())}
    assert chosen == {*TUTORIAL, "third"}


def test_what_is_asked_for_is_given(host: Host) -> None:
    assert names(host, Selection(tokenizers="peer,reg*")) == [
        (name, "the-verdict") for name in ("peer", "regex", "regex-unk")
    ]
    with pytest.raises(UnknownName):
        plan(host, Selection(tokenizers="nobody"), SETTINGS)


def test_a_comma_in_the_name_of_a_file_is_escaped(host: Host, tmp_path: Path) -> None:
    file = tmp_path / "Poe, E. A.txt"
    file.write_text("Once upon a midnight dreary " * 9, "utf-8")
    escaped = str(file).replace(",", "\\,")
    assert names(host, Selection(tokenizers="peer", corpora=f"{escaped},the-verdict")) == [
        ("peer", str(file)),
        ("peer", "the-verdict"),
    ]
    with pytest.raises(UnknownName, match="no corpus named 'not, here'"):
        plan(host, Selection(tokenizers="peer", corpora="not\\, here"), SETTINGS)


def test_standard_has_all_on_all_corpora_also_those_that_are_not_here(host: Host) -> None:
    found = names(host, Selection(suite="standard"))
    assert {corpus for _, corpus in found} == {"adversarial-x", "the-verdict", "far"}
    assert {name for name, _ in found} == {*TUTORIAL, "peer", "third"}


def test_standard_holds_text_out_for_those_that_are_trained(host: Host) -> None:
    found = names(host, Selection(suite="standard"), held_out=True)
    assert {name for name, _ in found} == {"regex", "regex-unk", "third"}


def test_a_sample_is_drawn_of_all_but_ladders_and_parallel_texts(host: Host) -> None:
    more = Host([*host.found, Found(plugin=corpus("both", PARALLEL), origin=THEIRS)], [])
    selection = Selection(suite="standard", corpora="*", tokenizers="regex", attentions="none", sample=0.01)
    cases = [case for case in plan(more, selection, SETTINGS) if isinstance(case, TokenizerCase) and not case.held_out]
    assert {case.corpus: case.split for case in cases} == {
        "adversarial-x": "all",
        "the-verdict": "all~1%",
        "far": "all~1%",
        "both": "all",
    }


@pytest.mark.parametrize("width", [-0.01, 1.0, 2.0, float("nan")])
def test_a_width_that_cannot_be_is_refused(host: Host, width: float) -> None:
    with pytest.raises(AssayError, match="the width of a sample must lie in"):
        plan(host, Selection(sample=width), SETTINGS)


def test_nothing_is_held_out_of_a_ladder(host: Host) -> None:
    found = names(host, Selection(suite="standard"), held_out=True)
    assert {corpus for _, corpus in found} == {"the-verdict", "far"}


def test_the_text_of_attention_is_its_own_corpus_where_that_is_selected(host: Host) -> None:
    def sources(corpora: str) -> set[str]:
        cases = plan(host, Selection(corpora=corpora, tokenizers="none"), SETTINGS)
        workloads = [case.workload for case in cases if isinstance(case, AttentionCase)]
        return {workload.source.corpus for workload in workloads if workload.source is not None}

    assert sources("adversarial-x,far,the-verdict") == {"the-verdict"}
    other = Host([*host.found, Found(plugin=corpus("other"), origin=THEIRS)], [])
    cases = plan(other, replace(Selection(), corpora="far,other", tokenizers="none"), SETTINGS)
    assert {
        case.workload.source.corpus for case in cases if isinstance(case, AttentionCase) and case.workload.source
    } == {"other"}


class TestLimits:
    def cases(self, host: Host, selection: Selection) -> list[TokenizerCase]:
        limits = [Found(plugin=corpus(name, EDGE_CASE), origin=OURS) for name in ("limit-a", "limit-b")]
        more = [*limits, *host.found, Found(plugin=corpus("other"), origin=THEIRS)]
        return [case for case in plan(Host(more, []), selection, SETTINGS) if isinstance(case, TokenizerCase)]

    def test_every_tokenizer_is_tried_on_every_limit_after_all_that_is_timed(self, host: Host) -> None:
        found = self.cases(host, Selection(suite="standard"))
        limits = [case for case in found if case.trained_on is not None]
        assert found[-len(limits) :] == limits
        assert {(case.tokenizer, case.corpus, case.held_out, case.trained_on) for case in limits} == {
            (name, limit, 0.0, "the-verdict")
            for name in (*TUTORIAL, "peer", "third")
            for limit in ("limit-a", "limit-b")
        }
        assert {case.corpus for case in found if case.trained_on is None}.isdisjoint({"limit-a", "limit-b"})

    @pytest.mark.parametrize(
        ("corpora", "expected"),
        [
            ("limit-*", "the-verdict"),
            ("adversarial-x,limit-a", "the-verdict"),
            ("other,limit-a", "other"),
            ("other,limit-a,the-verdict", "the-verdict"),
            ("far,limit-a", "the-verdict"),
        ],
    )
    def test_what_trains(self, host: Host, corpora: str, expected: str) -> None:
        found = self.cases(host, Selection(corpora=corpora))
        assert {case.trained_on for case in found if case.corpus.startswith("limit-")} == {expected}

    def test_the_tutorial_has_none(self, host: Host) -> None:
        assert {case.trained_on for case in self.cases(host, Selection())} == {None}


class TestAttentions:
    EVERY = (*TUTORIAL_ATTENTIONS, "fused-qkv", "naive", "kv-cache", "third-attention")

    def cases(self, host: Host, selection: Selection) -> list[AttentionCase]:
        return [case for case in plan(host, selection, SETTINGS) if isinstance(case, AttentionCase)]

    @pytest.mark.parametrize("name", ["tutorial", "standard", "quick"])
    def test_the_tutorial_has_its_own_and_those_of_others(self, host: Host, name: str) -> None:
        found = self.cases(host, Selection(suite=name))
        assert {case.attention for case in found} == {*TUTORIAL_ATTENTIONS, "third-attention"}

    @pytest.mark.parametrize("name", ["gpt2-124m", "gqa", "window", "decode", "ragged", "positions"])
    def test_the_others_have_all_and_no_tokenizers(self, host: Host, name: str) -> None:
        (suite,) = (suite for suite in SUITES if suite.name == name)
        found = plan(host, Selection(suite=name), SETTINGS)
        assert len(found) == len(suite.workloads) * len(self.EVERY)
        assert {(case.attention, case.workload) for case in self.cases(host, Selection(suite=name))} == {
            (attention, workload) for attention in self.EVERY for workload in suite.workloads
        }

    def test_those_asked_for_are_given_whatever_the_suite(self, host: Host) -> None:
        found = self.cases(host, Selection(attentions="naive,third*"))
        assert {case.attention for case in found} == {"naive", "third-attention"}

    def test_precision_device_and_threads_reach_every_workload(self, host: Host) -> None:
        for name in ("tutorial", "gpt2-124m", "decode", "pipeline"):
            selection = Selection(suite=name, dtype="bf16", device="cuda:1")
            cases = plan(host, selection, Settings(threads=3))
            workloads = [case.workload for case in cases if isinstance(case, AttentionCase)]
            assert {(work.dtype, work.device, work.threads) for work in workloads} == {("bf16", "cuda:1", 3)}
            assert all("/bf16/cuda:1.t3" in work.id for work in workloads)

    def test_without_being_asked_for_they_are_those_of_the_suite(self, host: Host) -> None:
        found = self.cases(host, Selection(suite="gpt2-124m"))
        assert {(case.workload.dtype, case.workload.device) for case in found} == {("f32", "cpu")}


class TestWorkloads:
    IDS = ("core/bwd/window9/b1.h8:2.s64.d16/f16/cuda.t1", "decode/fwd/causal/b1.h2.s1:64.d8.m16/f32/cpu.t1")

    def test_stand_in_place_of_a_suite(self, host: Host) -> None:
        found = plan(host, Selection(workloads=self.IDS), SETTINGS)
        assert {case.workload.id for case in found if isinstance(case, AttentionCase)} == set(self.IDS)
        assert {case.plugin for case in found} == set(TestAttentions.EVERY)

    def test_their_precision_and_device_can_be_changed(self, host: Host) -> None:
        found = plan(host, Selection(workloads=self.IDS[:1], attentions="naive", dtype="f32", device="cpu"), SETTINGS)
        assert [case.id for case in found] == ["attention/core/bwd/window9/b1.h8:2.s64.d16/f32/cpu.t1/naive"]

    def test_what_is_no_id_is_unknown(self, host: Host) -> None:
        with pytest.raises(UnknownName, match="'casual' is no part of attention semantics"):
            plan(host, Selection(workloads=("core/fwd/casual/b1.h8.s64.d16/f32/cpu.t1",)), SETTINGS)


class TestPipeline:
    def pairs(self, host: Host, selection: Selection) -> list[tuple[str, str]]:
        found = plan(host, selection, SETTINGS)
        assert all(isinstance(case, AttentionCase) for case in found), "there are no rows of tokenizers alone"
        return [
            (case.workload.source.tokenizer, case.attention)
            for case in found
            if isinstance(case, AttentionCase) and case.workload.source is not None
        ]

    def test_every_tokenizer_meets_every_attention(self, host: Host) -> None:
        tokenizers = ("regex-unk", "gpt2", "cl100k_base", "o200k_base", "third")  # of its own, those of this host
        attentions = (*(name for name in PIPELINE_ATTENTIONS), "third-attention")
        found = self.pairs(host, Selection(suite="pipeline"))
        assert sorted(found) == sorted((one, other) for one in tokenizers for other in attentions)

    def test_of_those_asked_for(self, host: Host) -> None:
        selection = Selection(suite="pipeline", tokenizers="gpt2,regex*", attentions="sdpa")
        assert self.pairs(host, selection) == [("gpt2", "sdpa"), ("regex", "sdpa"), ("regex-unk", "sdpa")]

    def test_its_text_is_the_one_selected(self, host: Host) -> None:
        more = Host([*host.found, Found(plugin=corpus("other"), origin=THEIRS)], [])
        found = plan(more, Selection(suite="pipeline", corpora="other"), SETTINGS)
        sources = [case.workload.source for case in found if isinstance(case, AttentionCase)]
        assert {source.corpus for source in sources if source is not None} == {"other"}

    def test_pairs_of_one_tokenizer_are_compared_with_each_other(self, host: Host) -> None:
        found = plan(host, Selection(suite="pipeline", tokenizers="gpt2,regex-unk"), SETTINGS)
        assert len({case.group for case in found}) == 2


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_a_suite_names_plugins_that_there_are(suite: Suite) -> None:
    installed = assay.discover()
    tokenizers = {plugin.name for plugin in installed.every(assay.TokenizerPlugin)}
    attentions = {plugin.name for plugin in installed.every(assay.AttentionPlugin)}
    assert set(suite.tokenizers or ()) <= tokenizers
    assert set(suite.attentions or ()) <= attentions
    assert set(suite.baselines) <= tokenizers | attentions


@pytest.mark.parametrize(
    ("path", "words"),
    [("a/" * 100 + "a.txt", "it has 205 characters"), ("a\u202etxt.txt", "it holds U+202E"), ("a\x1b/*.txt", "U+001B")],
)
def test_a_path_that_cannot_be_a_name_is_refused(host: Host, path: str, words: str) -> None:
    with pytest.raises(CorpusError, match=r"cannot be stored by this name: .*go into its folder") as caught:
        plan(host, Selection(corpora=path), Settings())
    assert words in caught.value.message
