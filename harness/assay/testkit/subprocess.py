"""Ask a plugin something in a fresh process, where nothing is loaded yet and strings have other hashes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assay.plugins.host import Origin
from assay.records.temporary import temporary_folder
from assay.records.tokenizer_file import TokenizerFile
from assay.testkit.result import ConformanceError, Skip

PATIENCE_S = 60.0
SEED = "1"
OTHER_SEED = "2"


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshProcessAnswer:
    """What a fresh process answered, what it wrote to standard output meanwhile, and its hash seed."""

    content: Mapping[str, Any]
    printed: str
    seed: str


def ask(origin: Origin, task: str, *, files: Sequence[TokenizerFile] = (), **arguments: Any) -> FreshProcessAnswer:
    """Have a task of `assay.testkit.subprocess_main` done with one plugin; nothing else is loaded there.

    Raises `ConformanceError` where the plugin ends or hangs the process, or raises, and `Skip` for a plugin that was
    made in this process and cannot be found in another.
    """
    if origin.path is None and origin.distribution is None:
        raise Skip("the plugin was made in this process, and cannot be loaded in another")
    seed = OTHER_SEED if os.environ.get("PYTHONHASHSEED") == SEED else SEED
    with temporary_folder() as folder:
        names = ("answer", "stdout", "stderr", "here")
        answer, stdout, stderr, here = (Path(folder, name) for name in names)
        here.mkdir()
        located = _located(origin) | {"files": [asdict(file) for file in files]}
        request = {"task": task, "origin": located, "arguments": arguments, "answer": str(answer)}
        with stdout.open("wb") as out, stderr.open("wb") as err:
            try:
                ended = subprocess.run(
                    [sys.executable, "-P", "-m", "assay.testkit.subprocess_main"],
                    input=json.dumps(request).encode(),
                    stdout=out,
                    stderr=err,
                    cwd=here,
                    env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": _paths()},
                    timeout=PATIENCE_S,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise ConformanceError(
                    f"it gave no answer for {PATIENCE_S:g} s in a fresh process", remedy="fix what hangs"
                ) from None
        if not answer.exists():
            raise ConformanceError(f"its fresh process {_end(ended.returncode)}", remedy="fix what ends the process")
        content = json.loads(answer.read_text("utf-8"))
        printed = stdout.read_text("utf-8", "replace")
    if content["error"] is not None:
        raise ConformanceError(f"in a fresh process, {content['error']}", remedy="fix what differs in another process")
    return FreshProcessAnswer(content=content["content"], printed=printed, seed=seed)


def _located(origin: Origin) -> dict[str, Any]:
    return {"path": None if origin.path is None else str(Path(origin.path).resolve()), "block": origin.block}


def _paths() -> str:
    return os.pathsep.join(path or str(Path.cwd()) for path in sys.path)


def _end(code: int) -> str:
    return f"exited with code {code}" if code >= 0 else f"was killed by {signal.Signals(-code).name}"
