"""What comes with Assay and is ready here conforms."""

from __future__ import annotations

import functools

import pytest

import assay
from assay.plugins.types import (
    NAMES_OF_KINDS,
    AttentionPlugin,
    CorpusPlugin,
    MetricPlugin,
    Provided,
    ReportPlugin,
    TokenizerPlugin,
)
from assay.testkit import Examination, Finding
from assay.testkit.registry import KINDS

HOST = assay.discover()
ELSEWHERE = ("sdpa-efficient", "sdpa-cudnn")  # for a CUDA device only


def ready(kind: type[Provided]) -> list[str]:
    ours = (plugin for plugin in HOST.every(kind) if HOST.origin(plugin).distribution == "assay-bench")
    return [plugin.name for plugin in ours if HOST.missing(plugin) is None]


@functools.cache
def light(origin: assay.Origin) -> Finding:
    """What comes of importing a plugin, which is the same for all that it announces."""
    found = next(item.plugin for item in HOST.found if item.origin == origin)
    return Examination(HOST, NAMES_OF_KINDS[type(found)], found.name).finding("loads-light")


def refused(kind: str, name: str) -> list[str]:
    origin = HOST.origin(HOST.one(KINDS[kind], name))
    findings = Examination(HOST, kind, name, [light(origin)]).findings()
    assert any(finding.status == "ok" for finding in findings)
    return [str(finding) for finding in findings if finding.status == "failed"]


@pytest.mark.long
@pytest.mark.parametrize("name", ready(TokenizerPlugin))
def test_tokenizers_conform(name: str) -> None:
    assert refused("tokenizer", name) == []


@pytest.mark.long
@pytest.mark.parametrize("name", ready(CorpusPlugin))
def test_corpora_conform(name: str) -> None:
    assert refused("corpus", name) == []


@pytest.mark.long
@pytest.mark.parametrize("name", ready(ReportPlugin))
def test_reports_conform(name: str) -> None:
    assert refused("report", name) == []


def test_metrics_conform() -> None:
    assert [one for name in ready(MetricPlugin) for one in refused("metric", name)] == []


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in ready(AttentionPlugin) if name not in ELSEWHERE])
def test_attentions_conform(name: str) -> None:
    if HOST.one(AttentionPlugin, name).compiles or name == "flex-eager":
        pytest.skip("it takes from 15 s to a minute; tests/first_party/test_attention_compiled.py holds it to the gate")
    assert refused("attention", name) == []


@pytest.mark.long
@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_is_for_another_device_conforms_there_and_cannot_be_said_to_here(name: str) -> None:
    import torch

    if torch.cuda.is_available():
        assert refused("attention", name) == []
        return
    (one,) = refused("attention", name)
    assert one.startswith("offers-something failed: none of 35 small workloads is offered on cpu, ")
    assert one.endswith("on cuda (conform it on a machine with a CUDA device)")
