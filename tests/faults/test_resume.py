"""A run whose host is killed at random moments, and goes on: the same rows as of an undisturbed run, none twice."""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from assay.records.metric_catalogue import definition
from assay.records.results import Measurement
from assay.store.store import Store

pytestmark = pytest.mark.long

Cli = Callable[..., Any]
Outcome = dict[str, tuple[str, bool, dict[str, Any]]]

KILLS = 20 if os.environ.get("ASSAY_FULL") else 3
SEED = 20_479
# Moments are drawn from nine tenths of what an undisturbed run takes: some fall before the run is recorded, the
# others on all of the run, since each process goes on where the one before it was killed.
LATEST = 0.9
TEXTS = ("one.txt", "two.txt")
TOKENIZERS = ("regex", "regex-unk", "gpt2")
CASES = len(TEXTS) * 2 * len(TOKENIZERS)
COMMAND = [
    "run",
    "--tokenizers",
    ",".join(TOKENIZERS),
    "--attentions",
    "none",
    "--corpora",
    ",".join(TEXTS),
]
QUICK = [
    "run",
    "--tokenizers",
    "regex,regex-unk,gpt2",
    "--attentions",
    "none",
    "--corpora",
    "one.txt",
    "--held-out",
    "0",
]


@dataclass
class Place:
    """A folder to run in, and the processes that were started there; all of them inherit its mark."""

    folder: Path
    environment: dict[str, str]
    mark: str = field(default_factory=lambda: secrets.token_hex(8))

    def __post_init__(self) -> None:
        (self.folder / "tmp").mkdir(parents=True)
        for number, name in enumerate(TEXTS, start=1):
            text = f"It was the best of {number} times, it was the worst of times. " * number
            (self.folder / name).write_text(text, encoding="utf-8")
        self.environment = {**self.environment, "TMPDIR": str(self.folder / "tmp"), "RESUME_TEST": self.mark}

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / "stderr").open("ab") as stderr:
            return subprocess.Popen(
                [sys.executable, "-m", "assay", *arguments],
                cwd=self.folder,
                env=self.environment,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )

    def survivors(self) -> list[psutil.Process]:
        """The processes that do not end within ten seconds of the host's end; who only waits to be reaped has ended."""
        end = time.monotonic() + 10
        while True:
            found = []
            for process in psutil.process_iter():
                with contextlib.suppress(psutil.Error):  # among them that of a zombie, which has no environment
                    if process.environ().get("RESUME_TEST") == self.mark:
                        found.append(process)
            if not found or time.monotonic() > end:
                return found
            time.sleep(0.05)

    @property
    def complaints(self) -> str:
        return (self.folder / "stderr").read_text("utf-8")


@dataclass(frozen=True)
class Stored:
    """What a store holds, read from a copy: to open the killed one's files would already fix them."""

    runs: dict[str, str]
    times: dict[str, str]
    measurements: tuple[Measurement, ...]
    dump: list[str]

    @classmethod
    def of(cls, place: Place, run: str | None = None) -> Stored:
        copy = place.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(place.folder / "results", copy)
        with contextlib.closing(sqlite3.connect(copy / "assay.sqlite")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
            if not tables:
                return cls({}, {}, (), [])
            runs = dict(connection.execute("SELECT id, state FROM runs ORDER BY started, id").fetchall())
            wanted = run or next(reversed(runs), "")
            times = dict(connection.execute('SELECT "case", stored FROM measurements WHERE run = ?', [wanted]))
            _check_numbering(connection, wanted)
            dump = [line for line in connection.iterdump() if not line.startswith('INSERT INTO "runs"')]
        with Store(copy, create=False) as store:
            measurements = store.measurements(wanted) if wanted else ()
        assert {row.case.id for row in measurements} == set(times)
        return cls(runs, times, measurements, dump)

    @property
    def outcome(self) -> Outcome:
        """By case: how it ended, and all figures that carry no noise."""
        cases = [row.case.id for row in self.measurements]
        assert len(cases) == len(set(cases))
        return {row.case.id: (row.status.value, bool(row.timings), _exact(row)) for row in self.measurements}


@dataclass(frozen=True)
class Undisturbed:
    """A run that nobody disturbed, and how long it took."""

    place: Place
    stored: Stored
    seconds: float


def _exact(row: Measurement) -> dict[str, Any]:
    found = {name: (value, definition(name)) for name, value in row.metrics.items()}
    assert all(known is not None for _, known in found.values()), found
    return {name: value for name, (value, known) in found.items() if known is not None and known.exact}


def _check_numbering(connection: sqlite3.Connection, run: str) -> None:
    """Readings are numbered from 0 without a gap: none is lost, and none of a second measuring is among them."""
    for table, owner in (("samples", '"case", operation'), ("anchors", '"group", name')):
        query = f"SELECT count(*), min(number), max(number) FROM {table} WHERE run = ? GROUP BY {owner}"
        for count, first, last in connection.execute(query, [run]):
            assert (first, last) == (0, count - 1)


@pytest.fixture(scope="module")
def make_place(
    child_environment: Callable[..., dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Place]]:
    places: list[Place] = []

    def make() -> Place:
        places.append(Place(tmp_path_factory.mktemp("place") / "folder", child_environment()))
        return places[-1]

    yield make
    for place in places:
        for process in place.survivors():
            process.kill()


@pytest.fixture(scope="module")
def undisturbed(make_place: Callable[[], Place]) -> Undisturbed:
    """A run that nobody disturbs."""
    place = make_place()
    started = time.monotonic()
    assert place.start(*COMMAND, "--budget", "0.4s").wait(120) == 0, place.complaints
    seconds = time.monotonic() - started
    stored = Stored.of(place)
    assert set(stored.runs.values()) == {"complete"}
    assert place.survivors() == []
    return Undisturbed(place, stored, seconds)


def test_an_undisturbed_run_has_all_cases(undisturbed: Undisturbed) -> None:
    stored = undisturbed.stored
    assert len(stored.outcome) == CASES
    failed = {case for case, (status, _, _) in stored.outcome.items() if status == "failed"}
    assert failed == {"tokenizer/one.txt/held-out-10/regex"}
    for case, (status, timed, exact) in stored.outcome.items():
        assert (status == "ok") == timed == ("ids_sha256" in exact), case


@pytest.mark.full
@pytest.mark.timeout(60 + 15 * KILLS)
def test_killed_at_random_moments_and_resumed_it_gives_the_same_rows(
    make_place: Callable[[], Place], undisturbed: Undisturbed
) -> None:
    """Each kill is followed by a resume, which may be killed in its turn; when a run is complete, the next begins."""
    moments = random.Random(SEED)
    expected, latest_s = undisturbed.stored.outcome, LATEST * undisturbed.seconds
    kills, found_in_the_middle = 0, 0
    while kills < KILLS:
        place, run, before = make_place(), None, Stored({}, {}, (), [])
        while True:
            process = place.start(*(["run", "--resume", run] if run else [*COMMAND, "--budget", "0.4s"]))
            moment = moments.uniform(0.05, latest_s) if kills < KILLS else None
            started = time.monotonic()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(120 if moment is None else moment)
            killed = process.poll() is None
            process.kill()
            code = process.wait()
            said = f"seed {SEED}, kill {kills}, after {time.monotonic() - started:.2f} s of {place.folder}"
            assert place.survivors() == [], said
            after = Stored.of(place) if (place.folder / "results" / "assay.sqlite").exists() else before
            assert len(after.runs) <= 1, said
            assert before.times.items() <= after.times.items(), f"measured again: {said}"
            assert after.outcome.items() <= expected.items(), said
            if not killed:
                assert code == 0, f"{said}: {place.complaints}"
                break
            kills += 1
            found_in_the_middle += 0 < len(after.times) < CASES
            run, before = next(iter(after.runs), None), after
        assert after.outcome == expected, said
        assert set(after.runs.values()) == {"complete"}, said
        assert "Traceback" not in place.complaints, place.complaints
    assert kills < 10 or found_in_the_middle >= 1  # else the moments miss what is to be tried


def test_resuming_a_complete_run_measures_nothing(undisturbed: Undisturbed) -> None:
    place, before = undisturbed.place, undisturbed.stored
    (run,) = before.runs
    started = time.monotonic()
    assert place.start("run", "--resume", run).wait(120) == 0, place.complaints
    after = Stored.of(place, run)
    assert after.dump == before.dump
    assert after.runs == {run: "complete"}
    assert time.monotonic() - started < 30
    assert f"run {run}: {CASES} cases of suite tutorial/1, {CASES} done" in place.complaints


def test_a_run_killed_between_its_last_case_and_its_end_is_completed(
    cli: Cli, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    shutil.copytree(undisturbed.place.folder / "results", tmp_path / "results")
    with contextlib.closing(sqlite3.connect(tmp_path / "results" / "assay.sqlite")) as connection, connection:
        connection.execute("UPDATE runs SET state = 'running', finished = NULL")
    (run,) = undisturbed.stored.runs
    ran = cli("run", "--resume", run, "--json")
    assert ran.rc == 0, ran.stderr
    assert ran.json["run"]["state"] == "complete"
    assert len(ran.json["tokenizers"]) == CASES


def test_resuming_a_run_that_is_not_there_is_one_clear_line(cli: Cli, undisturbed: Undisturbed) -> None:
    place, stored = undisturbed.place, undisturbed.stored
    complaint = cli("run", "--resume", "20200101-000000-dead", cwd=place.folder).complaint
    assert "'20200101-000000-dead' fits no run" in complaint
    assert next(iter(stored.runs)) in complaint


@pytest.mark.long
def test_a_tokenizer_whose_file_has_changed_is_not_gone_on_with(cli: Cli, tmp_path: Path) -> None:
    source = (
        "class Bytes:\n vocab_size, unk_id = 256, None\n def encode(self, text): return list(text.encode())\n"
        " def decode(self, ids): return bytes(ids).decode(errors='replace')\n"
    )
    (tmp_path / "mine.py").write_text(source, "utf-8")
    (tmp_path / "text.txt").write_text("a text " * 100, "utf-8")
    chosen = ("--tokenizers", "mine=py:mine.py:Bytes", "--attentions", "none", "--corpora", "text.txt")
    ran = cli("run", *chosen, "--held-out", "0", "--budget", "0.1s", "--json")
    assert ran.rc == 0, ran.stderr
    run = ran.json["run"]["id"]
    assert cli("run", "--resume", run, "--json").rc == 0
    (tmp_path / "mine.py").write_text(f"{source}\n", "utf-8")
    assert "the tokenizer mine has changed since the run" in cli("run", "--resume", run).complaint


def test_resuming_without_any_results_is_one_clear_line(cli: Cli, tmp_path: Path) -> None:
    assert "there are no results in results" in cli("run", "--resume", "20200101-000000-dead").complaint
    assert list(tmp_path.iterdir()) == []


def test_resuming_a_run_that_another_process_measures_is_no_crash(make_place: Callable[[], Place]) -> None:
    """Whatever the second process does, it says it in a sentence and the first completes."""
    place = make_place()
    first = place.start(*QUICK, "--budget", "1s", "--epochs", "1")
    end = time.monotonic() + 60
    while not (place.folder / "results" / "assay.sqlite").exists() or not Stored.of(place).runs:
        assert time.monotonic() < end
        time.sleep(0.1)
    (run,) = Stored.of(place).runs
    second = place.start("run", "--resume", run)
    assert first.wait(120) == 0, place.complaints
    assert second.wait(120) in (0, 2), place.complaints
    assert "Traceback" not in place.complaints, place.complaints
    stored = Stored.of(place, run)
    assert stored.runs == {run: "complete"}
    assert len(stored.outcome) == 3


def test_runs_that_start_together_in_a_fresh_folder_all_finish(make_place: Callable[[], Place]) -> None:
    place = make_place()
    together = [place.start(*QUICK, "--budget", "0.2s") for _ in range(2)]
    codes = [process.wait(120) for process in together]
    assert codes == [0, 0], place.complaints
    runs = Stored.of(place).runs
    assert list(runs.values()) == ["complete", "complete"]
    ours, theirs = (Stored.of(place, run).outcome for run in runs)
    assert ours == theirs
    assert [status for status, _, _ in ours.values()] == ["ok"] * 3
    assert "Traceback" not in place.complaints
