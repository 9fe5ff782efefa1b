"""The process of a pool: calls one function for one task after the other."""

from __future__ import annotations

import importlib

from assay.execute.worker.requests import CallFunction
from assay.execute.worker.serve import serve


def call(request: CallFunction) -> str:
    """Call the function that is given by name."""
    module, _, name = request.function.partition(":")
    result: str = getattr(importlib.import_module(module), name)(request.task)
    return result


if __name__ == "__main__":
    serve({CallFunction: call})
