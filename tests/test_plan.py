"""From what was asked to cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

import assay
from assay.contracts import LADDER, LIMIT, PARALLEL, Missing
from assay.corpus import digest
from assay.errors import AssayError, UnknownName
from assay.host import Found, Host, Origin
from assay.plan import Selection, plan
from assay.records import AttentionCase, TokenizerCase
from assay.suites import TUTORIAL

OURS, THEIRS = (
    Origin(entry_point="o", distribution="assay", version="1"),
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


@pytest.fixture
def host() -> Host:
    ours = [
        *(tokenizer(name, pretrained=not name.startswith("regex")) for name in (*TUTORIAL, "peer")),
        corpus("adversarial-x", LADDER),
        corpus("the-verdict"),
        corpus("far", missing=Missing("is not here", "assay data fetch far")),
        assay.AttentionPlugin(name="a", summary="", build=assay.lazy("no:thing"), unsupported=lambda workload: None),
    ]
    found = [Found(plugin=plugin, origin=OURS) for plugin in ours]
    return Host([*found, Found(plugin=tokenizer("third"), origin=THEIRS)], [])


def names(host: Host, selection: Selection, *, held_out: bool = False) -> list[tuple[str, str]]:
    cases = [case for case in plan(host, selection) if isinstance(case, TokenizerCase)]
    return [(case.tokenizer, case.corpus) for case in cases if bool(case.held_out) == held_out]


def test_the_tutorial_has_its_own_tokenizers_and_those_of_others(host: Host) -> None:
    chosen = {name for name, _ in names(host, Selection())}
    assert chosen == {*TUTORIAL, "third"}


def test_what_is_asked_for_is_given(host: Host) -> None:
    assert names(host, Selection(tokenizers="peer,reg*")) == [
        (name, "the-verdict") for name in ("peer", "regex", "regex-unk")
    ]
    with pytest.raises(UnknownName):
        plan(host, Selection(tokenizers="nobody"))


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
    cases = [case for case in plan(more, selection) if isinstance(case, TokenizerCase) and not case.held_out]
    assert {case.corpus: case.split for case in cases} == {
        "adversarial-x": "all",
        "the-verdict": "all~1%",
        "far": "all~1%",
        "both": "all",
    }


@pytest.mark.parametrize("width", [-0.01, 1.0, 2.0, float("nan")])
def test_a_width_that_cannot_be_is_refused(host: Host, width: float) -> None:
    with pytest.raises(AssayError, match="the width of a sample must lie in"):
        plan(host, Selection(sample=width))


def test_nothing_is_held_out_of_a_ladder(host: Host) -> None:
    found = names(host, Selection(suite="standard"), held_out=True)
    assert {corpus for _, corpus in found} == {"the-verdict", "far"}


def test_the_text_of_attention_is_its_own_corpus_where_that_is_selected(host: Host) -> None:
    def sources(corpora: str) -> set[str]:
        cases = plan(host, Selection(corpora=corpora, tokenizers="none"))
        workloads = [case.workload for case in cases if isinstance(case, AttentionCase)]
        return {workload.source.corpus for workload in workloads if workload.source is not None}

    assert sources("adversarial-x,far,the-verdict") == {"the-verdict"}
    other = Host([*host.found, Found(plugin=corpus("other"), origin=THEIRS)], [])
    cases = plan(other, replace(Selection(), corpora="far,other", tokenizers="none"))
    assert {
        case.workload.source.corpus for case in cases if isinstance(case, AttentionCase) and case.workload.source
    } == {"other"}


class TestLimits:
    def cases(self, host: Host, selection: Selection) -> list[TokenizerCase]:
        limits = [Found(plugin=corpus(name, LIMIT), origin=OURS) for name in ("limit-a", "limit-b")]
        more = [*limits, *host.found, Found(plugin=corpus("other"), origin=THEIRS)]
        return [case for case in plan(Host(more, []), selection) if isinstance(case, TokenizerCase)]

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
