"""A plugin that passed its trial is not tried again before its files change; nothing else is kept."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import assay
from assay.plugins import trial_cache

Install = Callable[..., Path]
GOOD = """
import assay, os, pathlib

with pathlib.Path(os.environ["IMPORTS"]).open("a") as log:
    log.write(f"{os.getpid()}\\n")

@assay.hookimpl
def assay_tokenizers():
    yield assay.TokenizerPlugin(name="once", summary="", build=len)
"""


@pytest.fixture(autouse=True)
def imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("IMPORTS", str(tmp_path / "imports"))
    (tmp_path / "imports").touch()
    return tmp_path / "imports"


def tried(imports: Path, module: str = "once_plugin") -> bool:
    """Discover, and return whether the plugin was imported in a child process first."""
    imports.write_text("")
    sys.modules.pop(module, None)
    host = assay.discover(load="once-dist")
    assert [each.plugin.name for each in host.found] == ["once"]
    return any(int(line) != os.getpid() for line in imports.read_text().split())


def test_what_passed_is_tried_again_after_a_change(install: Install, imports: Path) -> None:
    site = install("once-dist", "1", {"once": "once_plugin"}, {"once_plugin": GOOD})
    assert tried(imports)
    assert not tried(imports)
    (site / "once_plugin.py").write_text(GOOD + "\n# changed")
    assert tried(imports)
    assert not tried(imports)


def test_an_editable_plugin_is_known_by_its_folder(
    install: Install, imports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "project" / "once_package"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from once_package import part")
    (package / "part.py").write_text(GOOD)
    monkeypatch.syspath_prepend(str(package.parent))
    install("once-dist", "1", {"once": "once_package.part"}, {})
    try:
        assert tried(imports, "once_package.part")
        assert not tried(imports, "once_package.part")
        (package / "more.py").touch()
        assert tried(imports, "once_package.part")
    finally:
        sys.modules.pop("once_package", None)
        sys.modules.pop("once_package.part", None)


def test_a_requirement_that_changes_is_another_state(install: Install, imports: Path) -> None:
    site = install("once-dist", "1", {"once": "once_plugin"}, {"once_plugin": GOOD})
    metadata = site / "once_dist-1.dist-info" / "METADATA"
    metadata.write_text(f"{metadata.read_text()}Requires-Dist: needed-dist>=1\n")
    assert tried(imports)
    install("needed-dist", "1", {}, {})
    assert tried(imports)
    assert not tried(imports)


def test_failures_and_files_are_not_kept(install: Install, tmp_path: Path) -> None:
    install("raises-dist", "1", {"raises": "raises_plugin"}, {"raises_plugin": "1 / 0"})
    install("ends-dist", "1", {"ends": "ends_plugin"}, {"ends_plugin": "import os\nos._exit(1)"})
    (tmp_path / "file.py").write_text(GOOD)
    host = assay.discover([tmp_path / "file.py"], load="raises-dist,ends-dist")
    assert len(host.failures) == 2
    assert not (tmp_path / "cache" / "trials").exists()


def test_what_cannot_be_read_is_tried(install: Install, imports: Path) -> None:
    site = install("once-dist", "1", {"once": "once_plugin"}, {"once_plugin": GOOD})
    with (site / "once_dist-1.dist-info" / "RECORD").open("a") as record:
        record.write("gone.py,,\n")
    assert tried(imports)
    assert tried(imports)


@pytest.mark.parametrize("harm", ["no folder", "garbage", "a folder"])
def test_a_broken_cache_costs_only_time(
    install: Install, imports: Path, tmp_path: Path, harm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    install("once-dist", "1", {"once": "once_plugin"}, {"once_plugin": GOOD})
    if harm == "no folder":
        (tmp_path / "cache").write_text("")
    else:
        assert tried(imports)
        (kept,) = (tmp_path / "cache" / "trials").iterdir()
        kept.write_bytes(b"\xff") if harm == "garbage" else kept.unlink()
        if harm == "a folder":
            kept.mkdir()
    assert tried(imports)
    assert tried(imports) is (harm != "garbage")
    assert capsys.readouterr().err == ""


def test_few_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_cache, "MOST_KEPT", 3)
    for number in range(5):
        trial_cache.remember(f"{number}\nfiles")
    assert trial_cache.passed("4\nfiles")
    assert len(list((tmp_path / "cache" / "trials").iterdir())) == 3
