"""What plugins of third parties lack is asked in child processes, and one that does not answer costs itself."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.errors import AssayError
from assay.plugins.host import Found, Host, Origin
from assay.plugins.types import Missing, ReportPlugin, TokenizerPlugin

Answer = Callable[[], Missing | None]


def tokenizer(name: str, missing: Answer | None) -> TokenizerPlugin:
    return TokenizerPlugin(name=name, summary="", build=len, missing=missing)


def host_of(*plugins: TokenizerPlugin | ReportPlugin) -> Host:
    origin = Origin(entry_point="odd", path="odd.py")
    return Host([Found(plugin=each, origin=origin) for each in plugins], [], timeout_s=0.5)


def test_it_is_never_asked_in_this_process() -> None:
    asked = tokenizer("asked", lambda: Missing(f"process {os.getpid()}", "none"))
    found = host_of(asked).missing(asked)
    assert found is not None
    assert found.what.startswith("process ")
    assert found.what != f"process {os.getpid()}"


def test_those_that_end_or_hang_cost_themselves() -> None:
    good = tokenizer("good", lambda: Missing("a file", "fetch it"))
    hangs = tokenizer("odd", lambda: time.sleep(60))  # type: ignore[arg-type, return-value]
    ends = ReportPlugin(name="odd", summary="", write=str, suffix=".odd", missing=lambda: os._exit(0))
    raises, wrong = tokenizer("raises", lambda: 1 / 0), tokenizer("wrong", lambda: 5)  # type: ignore[arg-type, return-value]
    host = host_of(hangs, good, ends, raises, wrong)
    assert host.missing(good) == Missing("a file", "fetch it")
    assert "it gave no answer for 0.5 s" in str(host.missing(hangs))
    assert "it ended the process with exit code 0" in str(host.missing(ends))
    assert "ZeroDivisionError: division by zero" in str(host.missing(raises))
    assert "int is not a valid assay.Missing" in str(host.missing(wrong))
    with pytest.raises(AssayError, match="could not say what it needs: it gave no answer"):
        host.need(hangs)


def test_it_is_asked_once_until_the_plugin_is_called(tmp_path: Path) -> None:
    file = tmp_path / "fetched"

    def missing() -> Missing | None:
        return None if file.exists() else Missing("a file", "fetch it")

    host = host_of(asked := tokenizer("asked", missing))
    assert host.missing(asked) is not None
    file.touch()
    assert host.missing(asked) is not None
    host.call(asked, "fetch", lambda channel: None)
    assert host.missing(asked) is None
