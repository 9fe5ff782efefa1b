"""The host: asking for plugins by name and pattern, and what they lack on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import assay
from assay.execute.suites import PIPELINE_ATTENTIONS, TUTORIAL_ATTENTIONS

ON_A_GPU_ONLY = ("flash-attn", "xformers", "fla-linear")
Announce = Callable[[str], tuple[assay.Host, assay.TokenizerPlugin]]


@pytest.fixture(scope="module")
def host() -> assay.Host:
    return assay.discover()


@pytest.fixture
def announce(tmp_path: Path) -> Announce:
    """Discover one tokenizer plugin with the given field, from a file."""

    def call(field: str) -> tuple[assay.Host, assay.TokenizerPlugin]:
        file = tmp_path / "needy.py"
        file.write_text(
            "import assay\n\n"
            "def explode():\n    raise RuntimeError('no idea')\n\n"
            "def leave():\n    raise SystemExit(1)\n\n"
            "@assay.hookimpl\n"
            "def assay_tokenizers():\n"
            f"    yield assay.TokenizerPlugin(name='needy', summary='', build=print, {field})\n"
        )
        found = assay.discover([file])
        return found, found.one(assay.TokenizerPlugin, "needy")

    return call


def picked(host: assay.Host, patterns: str) -> list[str]:
    return [plugin.name for plugin in host.select(assay.TokenizerPlugin, patterns)]


def test_every_gives_all_of_a_kind(host: assay.Host) -> None:
    corpora = [plugin.name for plugin in host.every(assay.CorpusPlugin)]
    assert corpora[0] == "the-verdict"
    assert len(set(corpora)) == len(corpora) > 20
    attentions = [plugin.name for plugin in host.every(assay.AttentionPlugin)]
    assert len(set(attentions)) == len(attentions)
    assert {*TUTORIAL_ATTENTIONS, *PIPELINE_ATTENTIONS, "naive", "flash-attn"} <= set(attentions)


def test_one_builds_what_the_tutorial_prints(host: assay.Host) -> None:
    gpt2 = host.one(assay.TokenizerPlugin, "gpt2").build("")
    assert list(gpt2.encode("I HAD always thought Jack")) == [40, 367, 2885, 1464, 1807, 3619]


@pytest.mark.parametrize(
    ("kind", "wrong", "right"),
    [
        (assay.TokenizerPlugin, "gpt-2", "did you mean gpt2"),
        (assay.TokenizerPlugin, "GPT2", "did you mean .*gpt2|there are: .*gpt2"),
        (assay.AttentionPlugin, "casual", "did you mean causal"),
        (assay.CorpusPlugin, "verdict", "did you mean the-verdict"),
        (assay.TokenizerPlugin, "zzz", "there are: .*, regex, regex-unk, regex-fast, regex-unk-fast, gpt2"),
        (assay.TokenizerPlugin, "", "there are: .*regex"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest_ones(
    host: assay.Host, kind: type[assay.TokenizerPlugin], wrong: str, right: str
) -> None:
    with pytest.raises(assay.UnknownName, match=right) as caught:
        host.one(kind, wrong)
    assert repr(wrong) in caught.value.message


def test_a_name_of_another_kind_is_unknown(host: assay.Host) -> None:
    with pytest.raises(assay.UnknownName, match="there is no attention named 'gpt2'"):
        host.one(assay.AttentionPlugin, "gpt2")


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        ("gpt2", ["gpt2"]),
        ("regex*", ["regex", "regex-unk", "regex-fast", "regex-unk-fast"]),
        ("gpt2, regex", ["gpt2", "regex"]),
        ("gpt2,g*,gpt2", ["gpt2", "gigatoken-gpt2", "gigatoken-exact"]),
        ("?50k_base", ["r50k_base", "p50k_base"]),
        ("none", []),
        ("", []),
    ],
)
def test_select_takes_names_and_globs_in_the_order_given(host: assay.Host, patterns: str, names: list[str]) -> None:
    assert picked(host, patterns) == names


def test_select_star_is_everything(host: assay.Host) -> None:
    assert host.select(assay.TokenizerPlugin, "*") == host.every(assay.TokenizerPlugin)


@pytest.mark.parametrize("patterns", ["bert*", "gpt2,bert*", "gpt-2", "REGEX"])
def test_a_pattern_that_matches_nothing_is_unknown(host: assay.Host, patterns: str) -> None:
    with pytest.raises(assay.UnknownName):
        picked(host, patterns)


def test_first_party_plugins_are_ready_where_everything_is_installed(host: assay.Host) -> None:
    """The peers are another matter, and so are kernels for GPUs: each needs a package of its own."""
    every = (*host.every(assay.TokenizerPlugin), *host.every(assay.AttentionPlugin))
    plugins = [
        plugin for plugin in every if host.origin(plugin).entry_point != "peers" and plugin.name not in ON_A_GPU_ONLY
    ]
    assert {plugin.name: host.missing(plugin) for plugin in plugins} == {plugin.name: None for plugin in plugins}


@pytest.mark.parametrize(
    ("requires", "what", "remedy"),
    [
        ("no-such-thing", "no-such-thing", 'pip install "no-such-thing"'),
        ("no-such-thing>=2", "no-such-thing>=2", 'pip install "no-such-thing>=2"'),
        ("pytest>=9999", "pytest>=9999", 'pip install "pytest>=9999"'),
    ],
    ids=["absent", "absent with a version", "too old"],
)
def test_a_requirement_that_is_not_met_comes_with_its_installation(
    announce: Announce, requires: str, what: str, remedy: str
) -> None:
    found, plugin = announce(f"requires=({requires!r},)")
    missing = found.missing(plugin)
    assert missing is not None
    assert what in missing.what
    assert missing.remedy == remedy
    assert found.failures == ()


def test_all_requirements_that_are_not_met_are_named_at_once(announce: Announce) -> None:
    found, plugin = announce("requires=('no-such-thing', 'pytest', 'nor-that>1')")
    missing = found.missing(plugin)
    assert missing is not None
    assert missing.remedy == 'pip install "no-such-thing" "nor-that>1"'


@pytest.mark.parametrize("requires", ["pytest", "PyTest>=1", "no-such-thing; python_version < '3'"])
def test_a_requirement_that_is_met_or_does_not_apply_is_not_missing(announce: Announce, requires: str) -> None:
    found, plugin = announce(f"requires=({requires!r},)")
    assert found.missing(plugin) is None


def test_a_plugin_may_say_itself_what_it_lacks(announce: Announce) -> None:
    found, plugin = announce("missing=lambda: assay.Missing('no ranks here', 'fetch them')")
    assert found.missing(plugin) == assay.Missing("no ranks here", "fetch them")
    found, plugin = announce("missing=lambda: None")
    assert found.missing(plugin) is None


@pytest.mark.parametrize(
    ("callable_", "what"), [("explode", "RuntimeError: no idea"), ("leave", "SystemExit: 1"), ("str", "str")]
)
def test_a_plugin_that_cannot_say_what_it_lacks_is_not_ready(announce: Announce, callable_: str, what: str) -> None:
    found, plugin = announce(f"missing={callable_}")
    missing = found.missing(plugin)
    assert isinstance(missing, assay.Missing)
    assert what in missing.what
    assert "needy.py" in missing.remedy
