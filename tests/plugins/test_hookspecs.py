"""The example of each hook is a plugin that one can paste: it is found, it conforms, and it does what it says."""

from __future__ import annotations

import inspect
import textwrap
from pathlib import Path

import pytest

import assay
from assay.plugins.hookspecs import PROVIDES, READS, Hooks
from assay.plugins.types import NAMES_OF_KINDS
from assay.testkit import Assayer

HOOKS = (*PROVIDES, READS)


def example(hook: str) -> str:
    """What stands below the words of a hook's docstring."""
    _, _, code = str(inspect.getdoc(getattr(Hooks, hook))).partition("\n\nFor example:\n\n")
    return textwrap.dedent(code)


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_an_example_that_is_a_plugin(assayer: Assayer, hook: str) -> None:
    host = assayer.host(example(hook))
    assert host.failures == ()
    assert host.deprecated == ()
    (loading,) = host.loadings
    assert (loading.hooks, loading.written_for) == ((hook,), assay.HOOKS_VERSION)
    assert [type(item.plugin) for item in host.found] == ([PROVIDES[hook]] if hook in PROVIDES else [])


@pytest.mark.long
@pytest.mark.parametrize("hook", PROVIDES)
def test_every_example_conforms(assayer: Assayer, hook: str) -> None:
    report = assayer.conform(example(hook))
    assert report.failed == ()
    assert report.kind == NAMES_OF_KINDS[PROVIDES[hook]]


@pytest.mark.long
@pytest.mark.parametrize("hook", ["assay_corpora", "assay_tokenizers", "assay_attentions", "assay_metrics"])
def test_an_example_that_makes_figures_has_a_row(assayer: Assayer, hook: str) -> None:
    (row,) = assayer.run(example(hook)).measurements
    assert row.status == assay.Status.OK, row.reason
    if hook == "assay_metrics":
        assert row.value("longest_document") == row.value("tokens")


@pytest.mark.long
def test_the_example_of_a_file_is_asked_for_it(assayer: Assayer) -> None:
    Path("some.letters").write_text("Itwasabrghcoldyin Ap,ektf.\n", "utf-8")
    (row,) = assayer.run(example(READS), tokenizers="./some.letters").measurements
    assert (row.status, row.value("vocabulary_size")) == (assay.Status.OK, 27), row.reason
