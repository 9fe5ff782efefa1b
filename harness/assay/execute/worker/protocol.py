"""What host and worker say to each other: one JSON list a message, over a pipe of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, ClassVar, Generic, TypeVar, dataclass_transform, get_args

from assay.records.dataclass_json import read, to_json
from assay.records.refusal import Refusal

A = TypeVar("A")
Requests = Mapping[str, "type[Request[Any]]"]


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Request(Generic[A]):
    """One step that a worker is to take, and an answer of type `A`; `doing` names the step within a sentence.

    Every class of requests is a frozen dataclass.
    """

    doing: ClassVar[str]
    answer: ClassVar[type[Any]]

    def __init_subclass__(cls, doing: str) -> None:
        (cls.answer,) = get_args(cls.__orig_bases__[0])  # type: ignore[attr-defined]
        cls.doing = doing
        dataclass(frozen=True, kw_only=True)(cls)


@dataclass(frozen=True, slots=True)
class Answer(Generic[A]):
    """What a step gave, or why it gave nothing; a text that breaks a tokenizer has both."""

    value: A | None = None
    refusal: Refusal | None = None


def send_request(connection: Connection, request: Request[Any]) -> None:
    """Send a request to a worker."""
    connection.send_bytes(to_json([type(request).__name__, request]).encode())


def receive_request(connection: Connection, known: Requests) -> Request[Any]:
    """Wait for one of the known requests; raise EOFError when the host has gone."""
    name, content = json.loads(connection.recv_bytes())
    return read(known[name], content)


def send_answer(connection: Connection, answer: Answer[Any]) -> None:
    """Send an answer to the host."""
    connection.send_bytes(to_json([answer.value, answer.refusal]).encode())


def receive_answer(connection: Connection, request: Request[A]) -> Answer[A]:
    """Wait for the answer to a request.

    Raises EOFError when the worker has gone, and ValueError for what is not an answer to it.
    """
    message = json.loads(connection.recv_bytes())
    if not isinstance(message, list) or len(message) != 2:
        raise ValueError(f"{message!r:.200} is not an answer")
    value, refusal = message
    return Answer(
        value=None if value is None else read(request.answer, value),
        refusal=None if refusal is None else read(Refusal, refusal),
    )
