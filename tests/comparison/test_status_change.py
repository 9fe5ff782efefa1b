import pytest

import assay
from assay.comparison.status_change import missing_plugins
from assay.execute.selection import Selection
from assay.plugins.host import DISTRIBUTION, Host
from assay.records.verdicts import Verdict

BEFORE = {
    "tokenizers": {"gpt2": DISTRIBUTION, "theirs": "another", "gone": "another"},
    "attentions": {"naive": DISTRIBUTION},
}


@pytest.fixture(scope="module")
def host() -> Host:
    return assay.discover()


def names(host: Host, selection: Selection, after: dict[str, dict[str, str | None]]) -> set[str]:
    return {judgement.cell for judgement in missing_plugins(host, selection, BEFORE, after)}


def test_what_only_the_baseline_has_is_named(host: Host) -> None:
    after: dict[str, dict[str, str | None]] = {
        "tokenizers": {"gpt2": DISTRIBUTION},
        "attentions": {"naive": DISTRIBUTION},
    }
    assert names(host, Selection(suite="quick"), after) == {"tokenizer/theirs", "tokenizer/gone"}
    assert names(host, Selection(suite="quick", tokenizers="g*"), after) == {"tokenizer/gone"}
    assert names(host, Selection(suite="quick", tokenizers="none"), after) == set()
    found = next(missing_plugins(host, Selection(suite="quick"), BEFORE, after))
    assert (found.verdict, found.remedy) == (Verdict.NOT_COMPARABLE, "was it renamed?")


def test_of_ours_only_those_of_the_suite_count(host: Host) -> None:
    after: dict[str, dict[str, str | None]] = {"tokenizers": {"other": None}, "attentions": {"other": None}}
    assert names(host, Selection(suite="quick"), after) == {"tokenizer/gpt2", "tokenizer/theirs", "tokenizer/gone"}
    assert "attention/naive" in names(host, Selection(suite="gpt2-124m"), after)


def test_without_the_names_of_the_candidate_the_host_knows(host: Host) -> None:
    assert names(host, Selection(suite="quick"), {}) == {"tokenizer/theirs", "tokenizer/gone"}


def test_a_plugin_that_no_longer_loads_has_failed(host: Host, tmp_path: object, install: object) -> None:
    install("another", "1", {"broken": "broken_plugin"}, {"broken_plugin": "raise RuntimeError('crash')"})  # type: ignore[operator]
    judged = {each.cell: each for each in missing_plugins(assay.discover(), Selection(suite="quick"), BEFORE, {})}
    assert judged["tokenizer/gone"].verdict is Verdict.FAILED
    assert "crash" in str(judged["tokenizer/gone"].reason)
