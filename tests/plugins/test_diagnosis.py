"""Why a plugin, or what one announces, can or cannot be used: in sentences, with what fixes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import assay
from assay.plugins.diagnosis import Diagnosis, diagnose, standings

Install = Callable[..., Path]

MIXED = """
import assay

assay_hooks = 1

@assay.hookimpl
def assay_tokenizers():
    yield assay.TokenizerPlugin(name="fine", summary="one that works", build=print)
    yield assay.TokenizerPlugin(name="needy", summary="", build=print, requires=("no-such-thing>=2",))
    yield assay.TokenizerPlugin(name="gpt2", summary="", build=print)
    yield assay.TokenizerPlugin(name="crooked", summary=5, build=print)
    yield 7
"""


def one(host: assay.Host, name: str) -> Diagnosis:
    (found,) = diagnose(host, name)
    return found


@pytest.fixture
def mixed(install: Install) -> assay.Host:
    install("mixed-dist", "1.2", {"mixed": "mixed_plugin"}, {"mixed_plugin": MIXED})
    install("broken-dist", "3", {"broken": "broken_plugin"}, {"broken_plugin": "1 / 0"})
    return assay.discover(block=["attention"])


def test_what_can_be_used(mixed: assay.Host) -> None:
    found = one(mixed, "fine")
    assert (found.subject, found.usable, found.remedies) == ("tokenizer fine", True, ())
    verdict, whence, version = found.sentences
    assert verdict == "tokenizer fine can be used: one that works."
    assert "entry point mixed = mixed_plugin of mixed-dist 1.2, loaded from " in whence
    assert "mixed_plugin.py; its import took " in whence
    assert version == ("It implements assay_tokenizers, and is written for version 1 of the hooks; this is version 3.")


def test_what_lacks_something(mixed: assay.Host) -> None:
    found = one(mixed, "needy")
    assert not found.usable
    assert found.sentences[0] == (
        "tokenizer needy cannot be used here: needs no-such-thing>=2, which is not installed."
    )
    assert found.remedies == ('pip install "no-such-thing>=2"',)


def test_a_name_of_ours_that_another_claims_is_ours(mixed: assay.Host) -> None:
    found = one(mixed, "gpt2")
    assert (found.subject, found.usable, found.remedies) == ("tokenizer gpt2", True, ())
    assert "assay-bench 0.2.0" in found.sentences[1]


def test_what_two_claim(tmp_path: Path) -> None:
    for name in ("ann", "bob"):
        (tmp_path / f"{name}.py").write_text(
            "import assay\n@assay.hookimpl\ndef assay_tokenizers():\n"
            "    yield assay.TokenizerPlugin(name='octets', summary='', build=print)\n"
        )
    ann, bob = tmp_path / "ann.py", tmp_path / "bob.py"
    found = one(assay.discover([ann, bob], load="none"), "octets")
    assert (found.subject, found.usable) == ("tokenizer octets", False)
    assert (
        found.sentences[0]
        == f"tokenizer octets cannot be used: the tokenizer name 'octets' is claimed by {ann} and {bob}."
    )
    assert found.remedies == ("choose with --block ann or --block bob",)


def test_what_was_refused(mixed: assay.Host) -> None:
    found = one(mixed, "crooked")
    assert found.sentences[0] == "tokenizer crooked cannot be used: summary of crooked is 5, not text."
    assert "mixed-dist 1.2" in found.sentences[1]
    assert "assay_tokenizers yields TokenizerPlugin objects" in found.remedies[0]


@pytest.mark.parametrize("name", ["mixed", "mixed-dist", "mixed-dist:mixed"])
def test_a_plugin_of_which_some_can_be_used(mixed: assay.Host, name: str) -> None:
    found = one(mixed, name)
    assert (found.subject, found.usable) == ("plugin mixed-dist:mixed", False)
    said = " ".join(found.sentences)
    assert found.sentences[0] == (
        "plugin mixed-dist:mixed can be used in part; it failed in assay_tokenizers: it yielded int, not"
        " TokenizerPlugin."
    )
    assert "It announces tokenizer fine, needy." in said
    assert "Not usable here: needy: needs no-such-thing>=2" in said
    assert "Not usable: failed in assay_tokenizers: summary of crooked is 5, not text." in said
    assert "Not usable: clashes with another: the tokenizer name 'gpt2'" in said
    assert 'pip install "no-such-thing>=2"' in found.remedies


def test_a_plugin_that_cannot_be_imported(mixed: assay.Host) -> None:
    found = one(mixed, "broken")
    verdict, whence = found.sentences
    assert (
        verdict
        == "plugin broken-dist:broken cannot be imported: ZeroDivisionError: division by zero (broken_plugin.py:1)."
    )
    assert whence.startswith("It is the entry point broken = broken_plugin of broken-dist 3, installed in /")
    assert found.remedies == (
        "fix it, or leave it out with --block broken-dist:broken",
        "to be rid of it: pip uninstall broken-dist",
    )


def test_a_plugin_that_was_left_out(mixed: assay.Host) -> None:
    found = one(mixed, "attention")
    assert not found.usable
    assert found.sentences[0] == "plugin assay-bench:attention was not loaded, because of --block attention."
    assert found.remedies == ("do without --block attention",)
    assert one(assay.discover(load="regex"), "plain").remedies == ("--load regex,assay-bench:plain",)


def test_a_plugin_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MIXED.replace("assay_hooks = 1", ""))
    host = assay.discover([tmp_path / "mine.py"], load="none")
    found = one(host, str(tmp_path / "mine.py"))
    assert found.subject == "plugin mine"
    assert f"It is the file {tmp_path / 'mine.py'}; its import took" in found.sentences[1]
    assert "does not say for which version of the hooks it is written; this is version 3" in found.sentences[2]


def test_one_name_of_a_plugin_and_of_what_it_announces_are_two_answers(mixed: assay.Host) -> None:
    assert [each.subject for each in diagnose(mixed, "regex")] == ["tokenizer regex", "plugin assay-bench:regex"]
    assert len(diagnose(mixed, "assay")) > 5


def test_a_plugin_of_which_nothing_can_be_used(install: Install) -> None:
    source = (
        "import assay\n@assay.hookimpl\ndef assay_tokenizers():\n"
        "    yield assay.TokenizerPlugin(name='a', summary='', build=print, requires=('no-such-thing',))\n"
        "    yield assay.TokenizerPlugin(name='b', summary='', build=print, requires=('no-such-thing',))\n"
    )
    install("needy-dist", "1", {"needy-point": "needy_plugin"}, {"needy_plugin": source})
    host = assay.discover(load="needy-dist")
    found = one(host, "needy-point")
    assert found.sentences[0] == (
        "plugin needy-dist:needy-point is loaded, and nothing that it announces can be used here."
    )
    assert (found.usable, found.remedies) == (False, ('pip install "no-such-thing"',))
    assert [standing.status for standing in standings(host) if standing.excluded is None] == ["missing"]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("gtp2", "gpt2"),
        ("mixt", "mixed"),
        ("mixed-dists", "mixed-dist"),
        ("croked", "crooked"),
        ("assay-bench:regexp", "assay-bench:regex"),
    ],
)
def test_an_unknown_name_gets_near_misses(mixed: assay.Host, name: str, near: str) -> None:
    with pytest.raises(assay.UnknownName, match=f"no plugin '{name}', .*did you mean .*{near}") as caught:
        diagnose(mixed, name)
    assert caught.value.exit_code == 2
    assert "not loaded, so unknown, is what assay-bench:attention may announce" in str(caught.value)


def test_what_is_deprecated_is_told(install: Install) -> None:
    from assay.plugins.hook_versions import Deprecation

    install("mixed-dist", "1.2", {"mixed": "mixed_plugin"}, {"mixed_plugin": MIXED})
    going = Deprecation(what="assay_tokenizers", until="hooks version 9", instead="something new")
    host = assay.discover(load="mixed-dist", deprecations=[going])
    said = one(host, "mixed-dist").sentences[-1]
    assert said.startswith("Deprecated: plugin mixed-dist 1.2 (mixed) uses assay_tokenizers, which works until hooks")
