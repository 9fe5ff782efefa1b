"""Bad plugins beside a good one: its rows are complete, each bad one is named, and nothing is left running."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

GOOD = """
import assay

class Bytes:
    vocab_size, unk_id = 256, None

    def encode(self, text):
        return list(text.encode())

    def decode(self, ids):
        return bytes(ids).decode()

@assay.hookimpl
def assay_tokenizers():
    yield assay.TokenizerPlugin(name="good", summary="", build=lambda text: Bytes())
"""
CORPUS = """
import assay, os, time

def documents():
    yield assay.Document(text="a text", id="1")
    {what}

@assay.hookimpl
def assay_corpora():
    yield assay.CorpusPlugin(
        name="{name}", summary="", documents=documents, sha256=None, title="", author="", source="", language="en",
        kind="prose",
    )
"""
BAD = {
    "leaves.py": "import os\nos._exit(0)",
    "crashes.py": "import ctypes\nctypes.string_at(0)",
    "patches.py": "import re\nre.compile = None",
    "forks.py": "import os, time\nif os.fork() == 0: time.sleep(60)",
    "waits.py": "import threading\nthreading.Thread(target=threading.Event().wait).start()",
    "yields.py": "import assay\n@assay.hookimpl\ndef assay_metrics():\n    while True: yield 1",
    "exits.py": CORPUS.format(name="exits", what="os._exit(0)"),
    "hangs.py": CORPUS.format(name="hangs", what="time.sleep(60)"),
}
TIMEOUT = ("--timeout", "4s")


@pytest.mark.long
def test_a_run_beside_bad_plugins_is_complete_and_names_each(command: Callable[..., Any], tmp_path: Path) -> None:
    for name, source in (BAD | {"good.py": GOOD}).items():
        (tmp_path / name).write_text(source)
    files = [word for name in (*BAD, "good.py") for word in ("--plugin", name)]
    chosen = ["--tokenizers", "good", "--attentions", "none", "--corpora", "the-verdict,exits,hangs"]
    ran = command("run", *files, *chosen, "--held-out", "0", "--budget", "0.3s", *TIMEOUT, "--json")
    assert ran.stdout, ran.stderr
    rows = {row["corpus"]: (row["status"], row["reason"] or "") for row in ran.json["tokenizers"]}
    assert rows["the-verdict"][0] == "ok"
    assert [rows[name][0] for name in ("exits", "hangs")] == ["failed", "failed"]
    assert "it ended the process with exit code 0" in rows["exits"][1]
    assert "it gave no answer for 4 s, in documents (hangs.py:6)" in rows["hangs"][1]
    assert ran.rc == 3
    assert not [name for name in BAD if name not in ran.stderr and name.removesuffix(".py") not in rows]
    mine = str(tmp_path)
    assert not [each for each in psutil.process_iter() if each.pid != os.getpid() and _folder(each) == mine]


def _folder(process: psutil.Process) -> str:
    try:
        return process.cwd()
    except psutil.Error:
        return ""
