"""Versions of the hooks, and deprecations, which are told with the name of the plugin."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

import assay
from assay.plugins.former_names import FORMER, used_in
from assay.plugins.hook_versions import DEPRECATIONS, Deprecation, incompatibility
from assay.plugins.hookspecs import PROVIDES
from assay.plugins.host import Origin

Install = Callable[..., Path]

OURS = Origin(entry_point="mine", distribution="mine-dist", version="1.0")
PLUGIN = """
import assay

{declared}

@assay.hookimpl
def assay_tokenizers():
    for name in ("first", "second"):
        yield assay.TokenizerPlugin(name=name, summary="", build=print{fields})
"""
FAMILY = Deprecation(what="TokenizerPlugin.family", until="hooks version 3", instead="the name")
HOOK = Deprecation(what="assay_tokenizers", until="hooks version 4", instead="assay_vocabularies")
LICENCE = Deprecation(what="Provided.licence", until="hooks version 5", instead="the metadata of the distribution")


def plugin(declared: str = "", fields: str = "") -> dict[str, str]:
    return {"mine_plugin": PLUGIN.format(declared=declared, fields=fields)}


@pytest.mark.parametrize("declared", ["", "assay_hooks = 1", "assay_hooks = assay.HOOKS_VERSION"])
def test_a_plugin_of_this_version_or_of_none_is_loaded(install: Install, declared: str) -> None:
    install("mine-dist", "1.0", {"mine": "mine_plugin"}, plugin(declared))
    host = assay.discover()
    assert host.failures == ()
    assert host.one(assay.TokenizerPlugin, "first")


def test_a_plugin_of_a_later_version_is_told_so_before_its_hooks_are_looked_at(install: Install) -> None:
    install(
        "mine-dist", "1.0", {"mine": "mine_plugin"}, plugin("assay_hooks = 4\n@assay.hookimpl\ndef assay_new(): ...")
    )
    (failure,) = assay.discover().failures
    assert str(failure) == (
        "plugin mine-dist 1.0 (mine) cannot be used with this version of assay: it is written for hooks version 4, this"
        " is 3 (pip install --upgrade assay-bench, or leave it out with --block mine-dist:mine)"
    )
    assert failure.stage == "version"


@pytest.mark.parametrize("declared", ["'1'", "1.0", "True", "0", "-1", "(1, 2)"])
def test_a_version_that_is_none_is_a_failure(install: Install, declared: str) -> None:
    install("mine-dist", "1.0", {"mine": "mine_plugin"}, plugin(f"assay_hooks = {declared}"))
    (failure,) = assay.discover().failures
    assert failure.message == f"assay_hooks is {declared}, not the number of a version"
    assert failure.remedy == "write assay_hooks = 3, or leave it out with --block mine-dist:mine"


def test_the_version_of_a_class_or_object_is_its_own(install: Install) -> None:
    source = "import assay\nassay_hooks = 1\nclass Mine:\n    assay_hooks = 7\n"
    install("mine-dist", "1.0", {"mine": "mine_plugin:Mine"}, {"mine_plugin": source})
    assert "hooks version 7" in assay.discover().failures[0].message


@pytest.mark.parametrize(
    ("declared", "said", "advice"),
    [
        (None, None, None),
        (4, None, None),
        (3, None, None),
        (2, "it is written for hooks version 2, this is 4 and takes 3 and later", "pip install --upgrade mine-dist"),
        (5, "it is written for hooks version 5, this is 4", "pip install --upgrade assay-bench"),
    ],
)
def test_a_host_takes_the_versions_between_its_oldest_and_its_own(
    declared: int | None, said: str | None, advice: str | None
) -> None:
    found = incompatibility(declared, OURS, version=4, oldest=3)
    assert (found and found.message) == said
    assert (found and found.remedy.partition(",")[0]) == advice


def test_a_file_that_is_too_old_is_for_its_author_to_mend() -> None:
    found = incompatibility(1, Origin(entry_point="mine", path="here/mine.py"), version=4, oldest=3)
    assert found is not None
    assert found.remedy == "fix here/mine.py, or leave it out with --block mine"


def test_what_is_deprecated_is_told_once_with_the_plugin_and_what_to_do(install: Install) -> None:
    install("mine-dist", "1.0", {"mine": "mine_plugin"}, plugin(fields=", family='words'"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        host = assay.discover(load="mine", deprecations=[FAMILY, HOOK, LICENCE])
    field, hook = map(str, host.deprecated)
    assert field == (
        "plugin mine-dist 1.0 (mine) uses TokenizerPlugin.family in first, second, which works until hooks version 3;"
        " use the name instead"
    )
    assert hook == (
        "plugin mine-dist 1.0 (mine) uses assay_tokenizers, which works until hooks version 4; use assay_vocabularies"
        " instead"
    )
    assert host.failures == ()
    assert host.one(assay.TokenizerPlugin, "first").family == "words", "it still works"


def test_a_field_that_every_descriptor_inherits_can_be_deprecated(install: Install) -> None:
    install("mine-dist", "1.0", {"mine": "mine_plugin"}, plugin(fields=", licence='MIT'"))
    (told,) = assay.discover(load="mine", deprecations=[LICENCE]).deprecated
    assert told.what == "Provided.licence in first, second"


def test_the_former_spelling_of_license_works_and_is_told(install: Install) -> None:
    install("mine-dist", "1.0", {"mine": "mine_plugin"}, plugin(fields=", licence='MIT'"))
    host = assay.discover(load="mine")
    assert host.one(assay.TokenizerPlugin, "first").license == "MIT"
    (told,) = host.deprecated
    assert (told.what, told.until, told.instead) == ("Provided.licence in first, second", "hooks version 4", "license")


@pytest.mark.parametrize(
    "source", ["import assay\nx = assay.Only()", "from assay import Only as O", "import assay as a\ny: a.Only"]
)
def test_a_former_public_name_works_and_is_told(install: Install, source: str) -> None:
    hook = "import assay\n@assay.hookimpl\ndef assay_tokenizers():\n    return ()\n"
    install("mine-dist", "1.0", {"mine": "mine_plugin"}, {"mine_plugin": f"{source}\n{hook}"})
    host = assay.discover(load="mine")
    assert host.failures == ()
    (told,) = host.deprecated
    assert (told.what, told.until, told.instead) == ("assay.Only", "hooks version 4", "assay.Supports")


def test_every_former_name_is_its_successor_and_no_other_is_found() -> None:
    for old, new in FORMER.items():
        assert issubclass(getattr(assay, old), getattr(assay, new))
        assert old not in assay.__all__
    ended = getattr(assay, "Ended")  # noqa: B009 (a type checker knows no former name)
    assert ended(place=1, lost="killed").error == "killed"
    assert (
        used_in("def Only(): ...\nOnly()") == used_in("import other as assay\nassay.Ended") == used_in("Only (") == ()
    )


def test_former_fields_of_public_records_can_still_be_read() -> None:
    sample = assay.Sample(iterations=3, wall_ns=1, cpu_ns=1)
    edge_case = assay.TokenizerCase(tokenizer="t", corpus="c", trained_on="d")
    listed = assay.Listed(kind="tokenizer", name="t", summary="s", origin="o", license="MIT", status="ready")
    tolerance = assay.Tolerance(minimum_effect=0.1, equivalence_margin=0.2)
    assert (sample.loops, edge_case.limit, listed.licence) == (3, True, "MIT")
    assert (tolerance.effect, tolerance.margin) == (0.1, 0.2)


def test_what_is_left_at_its_default_is_not_told(install: Install) -> None:
    install("mine-dist", "1.0", {"mine": "mine_plugin"}, plugin())
    assert assay.discover(load="mine", deprecations=[FAMILY, LICENCE]).deprecated == ()


def known(deprecation: Deprecation) -> bool:
    """Return whether a deprecation names a hook, field or name that exists: a typing error would never be noticed."""
    kinds = {kind for provided in PROVIDES.values() for kind in provided.__mro__ if kind is not object}
    names = {f"{kind.__name__}.{field.name}" for kind in kinds for field in fields(kind)}
    return deprecation.what in names | PROVIDES.keys() | {f"assay.{name}" for name in FORMER}


def test_a_deprecation_speaks_of_what_there_is() -> None:
    assert all(map(known, DEPRECATIONS))
    assert known(FAMILY)
    assert known(HOOK)
    assert known(LICENCE)
    assert not known(Deprecation(what="TokenizerPlugin.famliy", until="", instead=""))
    assert not known(Deprecation(what="assay_tokenisers", until="", instead=""))
    assert not known(Deprecation(what="family", until="", instead=""))
