"""The process of a pool: calls one function for one task after the other."""

from __future__ import annotations

import importlib
import sys

from assay.execute.worker.requests import CallFunction
from assay.execute.worker.serve import serve


def call(request: CallFunction) -> str:
    """Call the function that is given by name."""
    module, _, name = request.function.partition(":")
    result: str = getattr(importlib.import_module(module), name)(request.task)
    return result


def main(descriptor: int, memory: int) -> None:
    """Call what the host asks for, until it goes away."""
    serve(descriptor, memory, {CallFunction: call}, collect=True)


if __name__ == "__main__":
    descriptor, memory = map(int, sys.argv[1:])
    main(descriptor, memory)
