"""`assay.run`: options by name, sorted into what is measured and how."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.credentials import reveal
from assay.errors import AssayError
from assay.execute import job
from assay.execute.selection import Selection
from assay.plugins.host import Host
from assay.records.results import Case, GroupResult, Measurement, Outcome, Status, TokenizerCase
from assay.records.settings import Settings
from assay.store.location import locate
from assay.store.store import Store


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Selection, Settings]]:
    """What `assay.run` begins, without doing it."""
    found: list[tuple[Selection, Settings]] = []
    monkeypatch.setattr(job, "discover", lambda *plugins, timeout_s: Host((), ()))
    monkeypatch.setattr(job, "begin", lambda host, selection, settings, *rest: found.append((selection, settings)))
    return found


def test_each_option_reaches_the_record_that_has_it(begun: list[tuple[Selection, Settings]]) -> None:
    assay.run(
        suite="quick",
        workloads=["core/fwd/causal/b1.h8.s1024.d64/f32/cpu.t1"],
        metrics="doubled",
        held_out=0.0,
        plugins=[Path("mine.py")],
        baselines=["gpt2"],
        budget_s=2.0,
        threads=3,
        field="body",
    )
    assert begun == [
        (
            Selection(
                suite="quick",
                workloads=("core/fwd/causal/b1.h8.s1024.d64/f32/cpu.t1",),
                metrics="doubled",
                held_out=0.0,
            ),
            Settings(plugins=("mine.py",), baselines=("gpt2",), budget_s=2.0, threads=3, field="body"),
        )
    ]


def test_a_list_of_names_needs_no_escape(begun: list[tuple[Selection, Settings]]) -> None:
    assay.run(corpora=["a,b.txt", "c"], include="*.py", tokenizers=("gpt2", "regex"), load=["mine"], attentions="none")
    assert begun == [
        (
            Selection(corpora=r"a\,b.txt,c", include=("*.py",), tokenizers="gpt2,regex", attentions="none"),
            Settings(load="mine"),
        )
    ]


def test_an_option_goes_before_the_settings_and_none_is_none(begun: list[tuple[Selection, Settings]]) -> None:
    settings = Settings(budget_s=7.0, epochs=3, plugins=("mine.py",), executor="local")
    assay.run(settings=settings, budget_s=2.0, epochs=None, tokenizers=None, executor=None)
    assert begun == [(Selection(), Settings(budget_s=2.0, epochs=3, plugins=("mine.py",), executor="local"))]


def test_a_url_that_is_given_again_may_have_a_comma(tmp_path: Path) -> None:
    url = "https://ann:comma,password@h/a.jsonl"
    with pytest.raises(AssayError):
        job.resume("1", locate(None, tmp_path), corpora=url.replace(",", "\\,"))
    assert reveal("https://***@h/a.jsonl") == url


class TestRunSeed:
    """What attentions are judged on is drawn from it, so that no plugin may know it while the run goes on."""

    def seeds(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: BaseException | None = None, **options: Any
    ) -> tuple[int | None, int | None, int | None]:
        """Return that of the store meanwhile, the one that is used, and that of the store in the end."""
        where, meanwhile, used = locate(None, tmp_path), [], []

        def execute(host: Host, cases: Sequence[Case], settings: Settings, tick: object) -> Iterator[GroupResult]:
            meanwhile.extend(self.stored(tmp_path))
            used.append(settings.run_seed)
            if ending is not None:
                raise ending
            yield from ()

        monkeypatch.setattr(job, "execute", execute)
        host = assay.discover(load="none")
        selection = Selection(tokenizers="none", attentions="none", corpora="none")
        monkeypatch.setattr(job, "plan", lambda *given: (TokenizerCase(tokenizer="t", corpus="c"),))
        with contextlib.suppress(AssayError):
            job.begin(host, selection, Settings(**options), where)
        (last,) = self.stored(tmp_path)
        return meanwhile[0], used[0], last

    def stored(self, folder: Path) -> list[int | None]:
        with Store(locate(None, folder), create=False) as store:
            return [Settings.from_json(run.settings).run_seed for run in store.runs()]

    @pytest.mark.parametrize("ending", [None, KeyboardInterrupt(), AssayError("an executor that cannot begin")])
    def test_it_is_stored_when_the_run_has_ended(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: BaseException | None
    ) -> None:
        meanwhile, used, last = self.seeds(tmp_path, monkeypatch, ending)
        assert meanwhile is None
        assert used is not None
        assert 0 <= used < 2**32
        assert last == used

    def test_each_run_has_its_own(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert len({self.seeds(tmp_path / str(number), monkeypatch)[1] for number in range(3)}) == 3

    @pytest.mark.parametrize("seed", [0, 7])
    def test_one_that_is_given_is_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
        assert self.seeds(tmp_path, monkeypatch, run_seed=seed) == (seed, seed, seed)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tokenisers": "gpt2"}, "assay.run() has no option 'tokenisers'; did you mean tokenizers?"),
        ({"budget": None}, "assay.run() has no option 'budget'; did you mean budget_s?"),
        ({"zzz": 1}, "assay.run() has no option 'zzz'"),
    ],
)
def test_an_option_that_there_is_not_is_refused_with_the_nearest(
    begun: list[tuple[Selection, Settings]], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(TypeError) as caught:
        assay.run(**options)
    assert str(caught.value) == words
    assert begun == []


class TestTheCodeOfARun:
    """A run that is resumed may find other code than it began with: that is told, and each row says of which it is."""

    CASES = tuple(TokenizerCase(tokenizer=name, corpus="the-verdict") for name in ("mine", "bytes"))

    @pytest.fixture
    def stopped(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A run of a plugin file that was interrupted after its first case."""
        (tmp_path / "mine.py").write_text(PLUGIN_FILE, "utf-8")
        monkeypatch.setattr(job, "plan", lambda *given: self.CASES)

        def execute(host: Host, cases: Sequence[Case], settings: Settings, tick: object) -> Iterator[GroupResult]:
            yield GroupResult(measurements=(Measurement(case=cases[0], status=Status.OK),))
            if len(cases) > 1:
                raise KeyboardInterrupt

        monkeypatch.setattr(job, "execute", execute)
        with pytest.raises(KeyboardInterrupt):
            assay.run(plugins=[tmp_path / "mine.py"], load="assay-bench:*", results=tmp_path / "results")
        return tmp_path

    def resumed(self, folder: Path) -> tuple[Outcome, list[str]]:
        told: list[str] = []
        listener = job.ProgressListener()
        listener.warned = told.append  # type: ignore[method-assign]
        return job.resume("2", locate(None, folder / "results"), listener), told

    def test_the_same_code_is_no_matter(self, stopped: Path) -> None:
        outcome, told = self.resumed(stopped)
        assert (told, outcome.warnings) == ([], ())
        assert len({code.name for code in outcome.codes}) == len(outcome.codes)
        by_name = {(code.kind, code.name): code.sha256 for code in outcome.codes}
        assert [row.code for row in outcome.measurements] == [by_name["tokenizer", name] for name in ("mine", "bytes")]

    def test_other_code_is_told_and_both_are_kept(self, stopped: Path) -> None:
        (stopped / "mine.py").write_text(f"{PLUGIN_FILE}# changed\n", "utf-8")
        outcome, told = self.resumed(stopped)
        assert len(told) == 1
        assert "not all rows so far are of this code" in told[0]
        assert told[0].partition(" -> ")[0].partition(": ")[2].startswith(str(stopped / "mine.py"))
        assert outcome.warnings[0].startswith("The run was resumed with other code: ")
        first, second = (code for code in outcome.codes if code.name == "mine")
        assert (first.kind, first.sha256 == second.sha256) == ("tokenizer", False)
        assert outcome.measurements[0].code == first.sha256


PLUGIN_FILE = """
import assay

assay_hooks = 3


@assay.hookimpl
def assay_tokenizers():
    yield assay.TokenizerPlugin(name="mine", summary="s", build=lambda text: None)
"""
