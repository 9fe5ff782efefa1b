"""The fresh process in which a plugin is asked one thing: see `assay.testkit.subprocess`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from assay.errors import AssayError, guard, reason_of
from assay.measure.round_trip import text_or_none
from assay.plugins.discovery import discover
from assay.plugins.host import Host
from assay.plugins.types import NAMES_OF_KINDS, Descriptor, Lazy
from assay.records.report_data import Shown
from assay.records.tokenizer_file import TokenizerFile

Content = Mapping[str, Any]
Located = Mapping[str, Any]


def main() -> None:
    """Do the task on standard input; write the answer to the file that it names."""
    request = json.loads(sys.stdin.buffer.read())
    content: Content = {}
    error = None
    try:
        with guard(interrupts=True):
            content = TASKS[request["task"]](request["origin"], **request["arguments"])
    except AssayError as raised:
        error = reason_of(raised)
    sys.stdout.flush()
    Path(request["answer"]).write_text(json.dumps({"content": content, "error": error}), "utf-8")


def load(origin: Located) -> Content:
    """Load the plugin and let it announce; return the modules that this loaded and the CPU seconds that it took."""
    discover(load="none")  # whatever Assay itself needs is loaded before
    before, start = set(sys.modules), time.process_time()
    host = _load_alone(origin)
    seconds = time.process_time() - start
    return {
        "modules": sorted(set(sys.modules) - before),
        "seconds": seconds,
        "failures": [str(failure) for failure in host.failures],
    }


def encode(origin: Located, name: str, training: str, texts: list[str], documents: list[list[int]]) -> Content:
    """Build a tokenizer; return the texts of some ids, and then the ids of some texts, None for what it refuses."""
    tokenizer: Any = _descriptor(_load_alone(origin), "tokenizer", name)
    built = tokenizer.build(training)
    decoded = [text_or_none(built, ids) for ids in documents]
    return {"texts": decoded, "ids": [_ids(built.encode, text) for text in texts]}


def unsupported(origin: Located, name: str, workloads: list[str]) -> Content:
    """Ask an attention what it offers; return its answers as Python writes them, and what was loaded for them."""
    from assay.records.workload import Workload

    plugin: Any = _descriptor(_load_alone(origin), "attention", name)
    asked = [Workload.parse(text) for text in workloads]
    before = set(sys.modules)
    answers: list[object] = [plugin.unsupported(workload) for workload in asked]
    target = plugin.build.target.partition(":")[0] if isinstance(plugin.build, Lazy) else None
    return {
        "answers": [None if answer is None else repr(answer) for answer in answers],
        "kinds": sorted({type(answer).__name__ for answer in answers}),
        "modules": sorted(set(sys.modules) - before),
        "built": target if target in set(sys.modules) - before else None,
    }


def documents(origin: Located, name: str) -> Content:
    """Read a corpus; return its documents in short."""
    from assay.testkit.rules.corpus import in_short

    plugin: Any = _descriptor(_load_alone(origin), "corpus", name)
    return {"documents": in_short(plugin.documents())}


def write(origin: Located, name: str, shows: Shown) -> Content:
    """Have a report written; return the type and size of what came, and the files that were opened for writing."""
    from assay.testkit.examples import publication
    from assay.testkit.file_audit import watched

    plugin: Any = _descriptor(_load_alone(origin), "report", name)
    shown = publication(shows)
    opened: list[str] = []
    with watched(opened):
        content: object = plugin.write(shown)
    size = len(content) if isinstance(content, str | bytes) else 0
    return {"type": type(content).__name__, "size": size, "opened": opened}


def _load_alone(origin: Located) -> Host:
    """Find this one plugin: its file, or its entry point."""
    files = [TokenizerFile(**file) for file in origin["files"]]
    if origin["path"] is not None:
        return discover([origin["path"]], load="none", files=files)
    return discover(load=origin["block"], files=files)


def _descriptor(host: Host, kind: str, name: str) -> Descriptor:
    found = [item.plugin for item in host.found if NAMES_OF_KINDS[type(item.plugin)] == kind]
    plugin = next((plugin for plugin in found if plugin.name == name), None)
    if plugin is None:
        raise LookupError(
            f"it announces no {kind} {name!r} there: {'; '.join(map(str, host.failures)) or 'no failure'}"
        )
    return plugin


def _ids(encode: Callable[[str], Any], text: str) -> list[int] | None:
    try:
        return [int(value) for value in encode(text)]
    except Exception:
        return None


TASKS: Mapping[str, Callable[..., Content]] = {
    "load": load,
    "encode": encode,
    "unsupported": unsupported,
    "documents": documents,
    "write": write,
}


if __name__ == "__main__":
    main()
