"""A judge and the worker that it asks: what a case comes to, whoever of them dies, and what is refused."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
import torch
from torch import Tensor

from assay.attention.inputs import EmbeddedText
from assay.attention.support import Supports
from assay.errors import Unavailable, WrongOutput
from assay.execute.case_run import check_again, check_together, judge_again, judge_answers
from assay.execute.judge_exchange import JudgeExchange, ready
from assay.execute.judge_slot import JudgeSlot
from assay.execute.worker.judge import Judge
from assay.execute.worker.process import Worker
from assay.execute.worker.requests import KeepAnswer, TakeSample
from assay.execute.worker.step_requests import BuildStep, CallStep, GoOn, JudgeAnswer, JudgeStep, TakeInputs
from assay.plugins.types import AttentionPlugin, Step, Weights
from assay.records.results import AttentionCase, Metrics, Status, TokenizerCase
from assay.records.semantics import Semantics
from assay.records.settings import Settings
from assay.records.workload import TextSource, Workload
from near import Near, Scene, scene

CAUSAL = Workload.parse("core/fwd/causal/b2.h2.s24.d8/f32/cpu.t1")
DROPOUT = replace(CAUSAL, semantics=Semantics(mask="causal", dropout=0.1))


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Mine:
    """A right causal attention, until a test changes what it gives."""

    def __init__(self) -> None:
        self.change: Callable[[Tensor, Tensor], Tensor] = lambda output, v: output
        self.built: list[Workload] = []

    def build(self, workload: Workload, weights: Weights | None) -> Step:
        self.built.append(workload)

        def step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            hidden = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool).triu(1 + k.shape[-2] - q.shape[-2])
            scores = (q @ k.mT * q.shape[-1] ** -0.5).masked_fill(hidden, -math.inf)
            shares = torch.dropout(torch.softmax(scores, -1), workload.semantics.dropout, train=True)
            return self.change(shares @ v, v)

        return step

    def plugin(self, **known: object) -> AttentionPlugin:
        return AttentionPlugin(
            name="mine",
            summary="",
            build=self.build,
            unsupported=Supports(levels=("core",)),
            **known,  # type: ignore[arg-type]
        )


def begun(folder: Path, mine: Mine, workload: Workload = CAUSAL, *, again: bool = True, **known: object) -> Scene:
    made = scene(folder, mine.plugin(**known), workload)
    check_together([made.run], again=again)
    return made


def sampled(made: Scene, iterations: int = 3, batches: int = 1) -> None:
    (operation,) = made.run.operations
    operation.iterations = iterations
    for _ in range(batches):
        operation.take()


class TestCheck:
    @pytest.mark.long
    def test_a_right_one_has_the_figures_of_both(self, tmp_path: Path) -> None:
        made = begun(tmp_path, Mine(), again=False, approximate=None)
        assert made.run.ended is None
        assert {"error", "properties", "dispatched", "build_seconds"} <= set(made.run.metrics)
        assert [operation.answers for operation in made.run.operations] == [True]
        assert made.worker.asked[0] == "Describe"
        assert made.worker.asked[-2:] == ["TakeInputs", "Verify"]

    def test_the_text_is_asked_for_by_each_judge_once_also_by_one_that_starts_later(self, tmp_path: Path) -> None:
        workload = replace(CAUSAL, source=TextSource(corpus="c", tokenizer="t"))
        made = scene(tmp_path, Mine().plugin(), workload)
        read: list[str] = []

        def text() -> EmbeddedText:
            read.append("read")
            return EmbeddedText(list(range(64)), 64)

        made.subject.text = text
        later = Near(Judge().handlers, settings=made.judge.settings)
        for times, judge in ((1, made.judge), (1, made.judge), (2, later)):
            made.run.judge._worker, made.run.metrics = cast("Worker", judge), Metrics()
            check_together([made.run], again=True)
            assert made.run.ended is None
            assert len(read) == times

    @pytest.mark.parametrize("phase", ["fwd", "bwd", "fwd_bwd"])
    def test_in_another_process_it_is_judged_on_one_problem(self, tmp_path: Path, phase: str) -> None:
        made = begun(tmp_path, Mine(), replace(CAUSAL, phase=phase))
        assert made.run.ended is None
        assert made.worker.asked == ["Describe", "BuildStep", "CallStep", "TakeInputs", "Verify"]

    def test_a_wrong_one_ends_as_failed_and_nothing_is_timed(self, tmp_path: Path) -> None:
        mine = Mine()
        mine.change = lambda output, v: v.clone()
        made = begun(tmp_path, mine)
        assert made.run.ended is not None
        assert made.run.ended.status is Status.FAILED
        assert str(made.run.ended.reason).startswith("reference: wrong output, first at ")
        assert made.run.operations == []
        assert "Verify" not in made.worker.asked
        assert not made.judge.killed

    @pytest.mark.parametrize(
        ("error", "status", "reason"),
        [
            (ValueError("too wide"), Status.FAILED, r"ValueError: too wide \(test_judge_exchange.py:\d+\)"),
            (Unavailable("no kernel here", remedy="install one"), Status.SKIPPED, "no kernel here"),
            (WrongOutput("mine: is wrong"), Status.FAILED, "mine: is wrong"),
        ],
    )
    def test_what_the_plugin_raises_ends_its_case(
        self, tmp_path: Path, error: Exception, status: Status, reason: str
    ) -> None:
        mine = Mine()

        def change(output: Tensor, v: Tensor) -> Tensor:
            raise error

        mine.change = change
        ended = begun(tmp_path, mine).run.ended
        assert ended is not None
        assert ended.status is status
        assert re.fullmatch(reason, str(ended.reason))

    def test_an_end_before_is_not_judged(self, tmp_path: Path) -> None:
        made = scene(tmp_path, Mine().plugin(), CAUSAL)
        made.run.fail("before", "")
        check_together([made.run])
        assert made.judge.asked == made.worker.asked == []

    def test_steps_that_are_called_no_more_are_dropped(self, tmp_path: Path) -> None:
        """Of one with dropout there are two, and a fresh judgement builds two more."""
        made = begun(tmp_path, Mine(), DROPOUT)
        check_again([made.run], 1)
        assert made.run.ended is None
        assert made.worker.asked.count("BuildStep") == 4
        assert {1, 2}.isdisjoint(made.subject._steps)

    def test_several_are_judged_at_the_same_time(self, tmp_path: Path) -> None:
        mine, wrong = Mine(), Mine()
        wrong.change = lambda output, v: torch.zeros_like(output)
        folders = [tmp_path / name for name in ("a", "b", "c")]
        for folder in folders:
            folder.mkdir()
        made = [scene(folder, one.plugin(), CAUSAL) for folder, one in zip(folders, (mine, wrong, mine), strict=True)]
        check_together([each.run for each in made], again=True)
        assert [each.run.ended is None for each in made] == [True, False, True]

    def test_a_fresh_process_must_agree_and_goes_on_with_the_same_operations(self, tmp_path: Path) -> None:
        made = begun(tmp_path, Mine())
        operations = list(made.run.operations)
        check_again([made.run], 1)
        assert made.run.ended is None
        assert made.run.operations == operations


class TestAnswers:
    def test_a_right_one_is_taken(self, tmp_path: Path) -> None:
        made = begun(tmp_path, Mine())
        for _ in range(3):
            sampled(made)
            judge_answers([made.run])
        assert made.run.ended is None
        assert made.judge.asked.count("JudgeAnswer") == 3
        assert len(made.run.operations[0].samples) == 3

    def test_one_of_many_batches_is_kept_for_the_judge(self, tmp_path: Path) -> None:
        made = begun(tmp_path, Mine())
        sampled(made, batches=12)
        kept = made.worker.asked.count("KeepAnswer")
        judge_answers([made.run])
        assert made.judge.asked.count("JudgeAnswer") == 1
        assert 1 <= kept < 12
        judge_answers([made.run])
        assert made.judge.asked.count("JudgeAnswer") == 1

    def test_a_wrong_one_ends_its_case(self, tmp_path: Path) -> None:
        mine = Mine()
        made = begun(tmp_path, mine)
        mine.change = lambda output, v: v.clone()
        sampled(made)
        assert made.run.ended is None
        judge_answers([made.run])
        assert made.run.ended is not None
        assert str(made.run.ended.reason).startswith("timed: the answer of a timed call is wrong: wrong output")
        assert made.run.ended.timings == ()
        sampled(made)
        assert len(made.run.operations[0].samples) == 1

    def test_what_cannot_be_judged_ends_its_case_at_once(self, tmp_path: Path) -> None:
        mine = Mine()
        made = begun(tmp_path, mine)
        mine.change = lambda output, v: output[:1]
        for _ in range(2):
            sampled(made)
        judge_answers([made.run])
        assert made.run.ended is not None
        assert "shape" in str(made.run.ended.reason)

    def test_after_timing_only_dropout_is_judged_again(self, tmp_path: Path) -> None:
        mine = Mine()
        made = begun(tmp_path, mine, DROPOUT)
        asked = len(made.worker.asked)
        judge_again([made.run])
        assert made.run.ended is None
        assert made.worker.asked[asked:].count("CallStep") > 100
        plain = begun(tmp_path, Mine())
        asked = len(plain.worker.asked)
        judge_again([plain.run])
        assert plain.worker.asked[asked:] == []


class TestDeaths:
    @pytest.mark.parametrize("request_", [JudgeStep, GoOn])
    def test_a_judge_that_dies_ends_the_case_and_is_no_fault_of_the_plugin(
        self, tmp_path: Path, request_: type
    ) -> None:
        made = scene(tmp_path, Mine().plugin(), CAUSAL)
        made.judge.deaf = (request_,)
        check_together([made.run], again=True)
        assert made.run.ended is not None
        assert (made.run.ended.reason, made.run.ended.remedy) == ("its judge is gone: it died", "report it to assay")
        assert made.dead == []
        assert made.judge.killed
        assert made.run.judge._worker is None  # another is started for the next case

    @pytest.mark.parametrize("request_", [BuildStep, CallStep, TakeInputs])
    def test_a_worker_that_dies_while_it_is_judged_is_reported(self, tmp_path: Path, request_: type) -> None:
        made = scene(tmp_path, Mine().plugin(), CAUSAL)
        made.worker.deaf = (request_,)
        check_together([made.run], again=True)
        assert made.run.ended is not None
        assert (made.run.ended.reason, made.run.ended.remedy) == ("it died", "fix it")
        assert made.dead == [made.worker]
        assert made.judge.killed  # it waits for an answer that nobody gives

    def test_a_judge_that_dies_of_an_answer(self, tmp_path: Path) -> None:
        made = begun(tmp_path, Mine())
        sampled(made)
        made.judge.deaf = (JudgeAnswer,)
        judge_answers([made.run])
        assert made.run.ended is not None
        assert made.run.ended.reason == "its judge is gone: it died"

    @pytest.mark.parametrize("request_", [TakeSample, KeepAnswer])
    def test_a_worker_that_dies_when_it_is_timed_is_not_judged(self, tmp_path: Path, request_: type) -> None:
        made = begun(tmp_path, Mine())
        made.worker.deaf = (request_,)
        sampled(made)
        judge_answers([made.run])
        assert made.run.ended is not None
        assert made.run.ended.reason == "it died"
        assert "JudgeAnswer" not in made.judge.asked

    def test_the_death_of_one_is_not_that_of_another(self, tmp_path: Path) -> None:
        folders = [tmp_path / name for name in ("a", "b")]
        for folder in folders:
            folder.mkdir()
        made = [scene(folder, Mine().plugin(), CAUSAL) for folder in folders]
        made[0].worker.deaf = (CallStep,)
        check_together([each.run for each in made], again=True)
        assert [each.run.ended is None for each in made] == [False, True]


def silent(timeout_s: float) -> Near:
    made = Near({}, settings=Settings(timeout_s=timeout_s), deaf=(GoOn,), dies=False)
    made.post(GoOn(reply=""))
    return made


class TestReady:
    def exchange(self, near: Near) -> JudgeExchange:
        made = JudgeExchange(cast("Worker", near), cast("Worker", near))
        made.asked, made.since = cast("Worker", near), time.monotonic()
        return made

    def test_those_whose_answer_is_there(self) -> None:
        quiet, answered = self.exchange(silent(20.0)), self.exchange(Near({GoOn: lambda request: None}))
        answered.asked.post(GoOn(reply=""))
        assert ready([quiet, answered]) == [answered]

    def test_those_whose_time_is_over(self) -> None:
        quiet, late = self.exchange(silent(20.0)), self.exchange(silent(20.0))
        late.since -= 30.0
        assert ready([quiet, late]) == [late]

    def test_it_waits_until_then(self) -> None:
        assert len(ready([self.exchange(silent(0.01))])) == 1


class TestSlot:
    def slot(self, name: str, seed: int | None = 7) -> JudgeSlot:
        return JudgeSlot(name, "/there", Settings(run_seed=seed, threads=3), lambda: None)

    def test_each_plugin_has_files_of_its_own_whatever_its_name(self) -> None:
        names = ["attention:a", "attention:b", "attention:../../x", "attention:" + "y" * 300, "attention:a/b"]
        files = [self.slot(name).file for name in names]
        assert len(set(files)) == len(names)
        assert all(Path(file).parent == Path("/there") and len(Path(file).name) == 16 for file in files)

    def test_a_judge_is_asked_of_attentions_only(self) -> None:
        workload = replace(CAUSAL, threads=3)
        request = self.slot("a").request(AttentionCase(attention="a", workload=workload), 4, again=True)
        assert request is not None
        assert (request.workload, request.seed, request.epoch, request.again) == (workload, 7, 4, True)
        assert (request.folder, request.threads) == ("/there", 3)
        assert f"{request.folder}/{request.key}" == self.slot("a").file
        assert self.slot("a").request(TokenizerCase(tokenizer="t", corpus="c"), 0, again=False) is None

    def test_killing_what_was_not_started_is_nothing(self) -> None:
        self.slot("a").kill()
