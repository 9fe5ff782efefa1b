"""What host and worker say to each other: one JSON list a message, each behind its number and its length."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, dataclass_transform, get_args

from assay.execute.worker.answer_shape import misfit
from assay.records.dataclass_json import read, to_json
from assay.records.refusal import Refusal

A = TypeVar("A")
Requests = Mapping[str, "type[Request[Any]]"]
HEADER = struct.Struct("!QQ")  # the number of the request, and the length of what follows
MOST_BYTES = 1 << 26  # of an answer
STRAY = int.from_bytes(b"a stray!", "big")  # the number by which a process that a plugin forked tells of itself


class BrokenAnswer(ValueError):
    """What came through the pipe is not the answer to the request; the message says what it is instead."""


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

    def fault(self, answer: A) -> str | None:
        """Return why a value of the right type cannot be the answer, or None."""
        return None


@dataclass(frozen=True, slots=True)
class Answer(Generic[A]):
    """What a step gave, or why it gave nothing; a text that breaks a tokenizer has both."""

    value: A | None = None
    refusal: Refusal | None = None


def pack_request(number: int, request: Request[Any]) -> bytes:
    """Return the message that has a worker take a step."""
    return _pack(number, to_json([type(request).__name__, request]))


def pack_answer(number: int, answer: Answer[Any]) -> bytes:
    """Return the message that answers the request of a number; one that is too long is a refusal that says so."""
    message = _pack(number, to_json([answer.value, answer.refusal]))
    if len(message) <= HEADER.size + MOST_BYTES:
        return message
    reason = f"its answer has {len(message) / 2**20:,.0f} MiB, and {MOST_BYTES >> 20} is the most"
    return pack_answer(number, Answer(refusal=Refusal(reason=reason, remedy="return less")))


def pack_stray() -> bytes:
    """Return the message of a process that a plugin forked, and that went on as its worker would."""
    return _pack(STRAY, "")


def _pack(number: int, content: str) -> bytes:
    text = content.encode()
    return HEADER.pack(number, len(text)) + text


def read_request(text: bytes, known: Requests) -> Request[Any]:
    """Read one of the known requests."""
    name, content = json.loads(text)
    return read(known[name], content)


def read_answer(text: bytes, request: Request[A]) -> Answer[A]:
    """Read the answer to a request; raise `BrokenAnswer` for what is not one."""
    try:
        message = json.loads(text)
    except RecursionError:
        raise BrokenAnswer("its answer is nested too deeply") from None
    except ValueError:
        raise BrokenAnswer("its answer is not valid JSON") from None
    if not isinstance(message, list) or len(message) != 2:
        raise BrokenAnswer(f"its answer is not a value and a refusal: {text[:100]!r}")
    content, refused = message
    try:
        value: A | None = None if content is None else read(request.answer, content)
        refusal = None if refused is None else read(Refusal, refused)
        fault = None if refusal is None else misfit(Refusal, refusal)
        if fault is None and (content is not None or refusal is None):
            fault = misfit(request.answer, value) or request.fault(value)  # type: ignore[arg-type]
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        fault = f"{error!s:.300}"
    if fault is not None:
        raise BrokenAnswer(f"its answer has another form: {fault}")
    return Answer(value, refusal)
