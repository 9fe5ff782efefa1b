"""What host and worker say to each other: one JSON object a message, over a pipe of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Literal

from assay.records.results import Status

StepName = Literal[
    "load",
    "size",
    "predict",
    "check",
    "calibrate",
    "sample",
    "fork",
    "join",
    "names",
    "memory",
    "recheck",
    "metrics",
    "metric",
    "task",
    "unload",
    "stop",
]
DOING: Mapping[str, str] = {
    "load": "loading",
    "size": "sizing a sample",
    "predict": "predicting",
    "check": "checking",
    "calibrate": "calibrating",
    "sample": "sampling",
    "fork": "forking",
    "join": "ending a fork",
    "names": "naming its plugins",
    "memory": "measuring memory",
    "recheck": "checking again",
    "metrics": "naming its metrics",
    "metric": "computing a metric",
    "task": "counting",
    "unload": "unloading",
    "stop": "stopping",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One step that the worker is to take, with its arguments."""

    step: StepName
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a step gave, or, with a status, why it gave nothing."""

    content: Mapping[str, Any]
    status: Status = Status.OK
    reason: str | None = None
    remedy: str | None = None
    expected: bool = False


def send_request(connection: Connection, request: Request) -> None:
    """Send a request to a worker."""
    connection.send_bytes(json.dumps({"step": request.step, "arguments": request.arguments}).encode())


def receive_request(connection: Connection) -> Request:
    """Wait for a request; raise EOFError when the host has gone."""
    message = json.loads(connection.recv_bytes())
    return Request(step=message["step"], arguments=message["arguments"])


def send_answer(connection: Connection, answer: Answer) -> None:
    """Send an answer to the host; a bare one as its content alone, since that follows every timed sample."""
    fields: dict[str, object] = {"content": answer.content}
    if answer.status is not Status.OK or answer.reason is not None or answer.remedy is not None or answer.expected:
        fields |= {"status": answer.status, "reason": answer.reason}
        fields |= {"remedy": answer.remedy, "expected": answer.expected}
    connection.send_bytes(json.dumps(fields).encode())


def receive_answer(connection: Connection) -> Answer:
    """Wait for an answer; raise EOFError when the worker has gone."""
    message = json.loads(connection.recv_bytes())
    return Answer(**message | ({"status": Status(message["status"])} if "status" in message else {}))
