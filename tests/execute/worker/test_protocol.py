"""What host and worker say to each other, through a real pipe."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.execute.worker.protocol import (
    DOING,
    Answer,
    Request,
    StepName,
    receive_answer,
    receive_request,
    send_answer,
    send_request,
)
from assay.records.results import Status

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
CONTENT = st.dictionaries(st.text(max_size=8), JSON, max_size=4)
WORDS = st.none() | st.text(st.characters())  # half characters too: a plugin may raise anything
reuse = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture
def line() -> Iterator[tuple[Connection, Connection]]:
    host, worker = Pipe()
    yield host, worker
    host.close()
    worker.close()


Line = tuple[Connection, Connection]


class TestRoundTrip:
    @reuse
    @given(step=st.sampled_from(get_args(StepName)), arguments=CONTENT)
    def test_request(self, line: Line, step: StepName, arguments: dict[str, Any]) -> None:
        host, worker = line
        request = Request(step=step, arguments=arguments)
        send_request(host, request)
        assert receive_request(worker) == request

    @reuse
    @given(
        answer=st.builds(
            Answer,
            content=CONTENT,
            status=st.sampled_from(Status),
            reason=WORDS,
            remedy=WORDS,
            expected=st.booleans(),
        )
    )
    def test_answer(self, line: Line, answer: Answer) -> None:
        host, worker = line
        send_answer(worker, answer)
        received = receive_answer(host)
        assert received == answer
        assert type(received.status) is Status

    def test_figures_keep_their_types(self, line: Line) -> None:
        host, worker = line
        content = {"whole": 1, "part": 1.0, "flag": True, "text": "1", "none": None, "big": 2**62, "end": float("inf")}
        send_answer(worker, Answer(content=content))
        received = receive_answer(host).content
        assert list(received) == list(content)
        assert [type(value) for value in received.values()] == [type(value) for value in content.values()]
        assert dict(received) == content


class TestLine:
    def test_messages_come_in_order_both_ways(self, line: Line) -> None:
        host, worker = line
        for number in range(20):
            send_request(host, Request(step="sample", arguments={"loops": number}))
            send_answer(worker, Answer(content={"wall_ns": -number}))
        assert [receive_request(worker).arguments["loops"] for _ in range(20)] == list(range(20))
        assert [receive_answer(host).content["wall_ns"] for _ in range(20)] == [-number for number in range(20)]

    def test_a_message_larger_than_the_pipe(self, line: Line) -> None:
        host, worker = line
        reason = "字" * 1_000_000
        sender = threading.Thread(target=send_answer, args=(worker, Answer(content={}, reason=reason)))
        sender.start()
        assert receive_answer(host).reason == reason
        sender.join()

    def test_an_answer_that_was_sent_is_read_after_the_worker_has_gone(self, line: Line) -> None:
        host, worker = line
        send_answer(worker, Answer(content={"loops": 3}))
        worker.close()
        assert receive_answer(host).content == {"loops": 3}
        with pytest.raises(EOFError):
            receive_answer(host)

    def test_a_host_that_has_gone(self, line: Line) -> None:
        host, worker = line
        host.close()
        with pytest.raises(EOFError):
            receive_request(worker)
        with pytest.raises(OSError, match="Broken pipe"):
            send_answer(worker, Answer(content={}))

    @pytest.mark.parametrize("noise", [b"", b"Segmentation fault\n", b"\xff\xfe", b'{"content"'])
    def test_what_is_no_message_is_refused(self, line: Line, noise: bytes) -> None:
        """As a `ValueError`, which the host takes for the end of a worker."""
        host, worker = line
        worker.send_bytes(noise)
        with pytest.raises(ValueError):  # noqa: PT011 - json and unicode have their own words
            receive_answer(host)


def test_every_step_has_a_word_for_what_is_done() -> None:
    assert set(DOING) == set(get_args(StepName))


def test_an_answer_is_good_unless_it_says_otherwise() -> None:
    assert Answer(content={}) == Answer(content={}, status=Status.OK, reason=None, remedy=None, expected=False)
