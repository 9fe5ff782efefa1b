"""The store: what goes in comes out, nothing acknowledged is lost, and what is not ours is refused."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.errors import StoreError, UnknownName
from assay.records.process_identity import ProcessIdentity
from assay.records.results import (
    AttentionCase,
    Case,
    GroupResult,
    Measurement,
    Metrics,
    ProbeTiming,
    Run,
    Sample,
    Status,
    Timing,
    TokenizerCase,
    Value,
)
from assay.records.semantics import Semantics
from assay.records.workload import TextSource, Workload
from assay.store.location import FILE
from assay.store.schema import FORMAT
from assay.store.store import Store, new_run_id, now
from postgres import Server

OURS = ProcessIdentity.current()
RUN = Run(
    id="20260101-120000-abcd",
    started="2026-01-01T12:00:00.000+00:00",
    suite="tutorial/1",
    command="assay run",
    environment={"python": "CPython 3.11", "processor": "fast “one”"},
    settings='{"seed": 1}',
)
WORKLOAD = Workload(
    level="qkv",
    batch=2,
    q_len=4,
    kv_len=4,
    q_heads=4,
    kv_heads=2,
    d_qk=3,
    d_v=5,
    d_model=7,
    semantics=Semantics(mask="causal", dropout=0.1),
    dtype="bf16",
    threads=2,
    seed=5,
    source=TextSource(corpus="c", tokenizer="t"),
)
CASES: tuple[Case, ...] = (
    TokenizerCase(tokenizer="one", corpus="c"),
    TokenizerCase(tokenizer="two", corpus="path/to a/corpus é.txt", held_out=0.1),
    AttentionCase(attention="a", workload=WORKLOAD),
    AttentionCase(attention="a", workload=replace(WORKLOAD, source=None, dtype="f32")),
)
READINGS = (
    Sample(iterations=3, wall_ns=5_000_000_000, cpu_ns=4_999_999_999),
    Sample(iterations=1, wall_ns=1, cpu_ns=0, epoch=1),
)


Where = str | Path


@pytest.fixture
def store(where: Where) -> Iterator[Store]:
    with Store(where) as opened:
        yield opened


def kept(where: Where, *measurements: Measurement) -> tuple[Measurement, ...]:
    """Store measurements, and read them back with another store."""
    run = replace(RUN, id=new_run_id())
    with Store(where) as writer:
        writer.begin(run, [measurement.case for measurement in measurements])
        writer.add(run.id, GroupResult(measurements=measurements))
    with Store(where, create=False) as reader:
        return reader.measurements(run.id)


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


class TestRoundTrip:
    def test_run_and_cases(self, store: Store) -> None:
        store.begin(RUN, CASES)
        assert store.runs() == (RUN,)
        assert store.planned(RUN.id) == CASES

    def test_measurement_in_full(self, where: Where) -> None:
        whole = Measurement(
            case=CASES[2],
            status=Status.OK,
            metrics=Metrics(tokens=5145, error=1e-7),
            timings=(Timing(name="step", samples=READINGS),),
        )
        assert kept(where, whole) == (whole,)

    @pytest.mark.parametrize("status", list(Status))
    def test_each_status_with_reason_and_remedy(self, where: Where, status: Status) -> None:
        row = Measurement(case=CASES[0], status=status, reason="“so”\nand so", remedy="do that", expected=True)
        assert kept(where, row) == (row,)

    @pytest.mark.parametrize(
        "value",
        [0, 1, -1, 5145, 2**53, 0.0, 1.0, 0.1, -1e-300, 1e300, float("inf"), True, False, "", "1", "字\n\t", "None"],
        ids=repr,
    )
    def test_a_metric_keeps_value_and_type(self, where: Where, value: Value) -> None:
        row = Measurement(case=CASES[0], status=Status.OK, metrics=Metrics(any=value))
        (found,) = kept(where, row)
        assert found.value("any") == value
        assert type(found.value("any")) is type(value)

    def test_a_metric_that_is_no_number(self, where: Where) -> None:
        row = Measurement(case=CASES[0], status=Status.OK, metrics=Metrics(any=float("nan")))
        (found,) = kept(where, row)
        assert str(found.value("any")) == "nan"

    @pytest.mark.long
    @settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        values=st.lists(
            st.one_of(st.integers(-(2**53), 2**53), st.floats(allow_nan=False), st.booleans(), TEXTS), max_size=6
        )
    )
    def test_any_metrics_in_their_order(self, where: Where, values: list[Value]) -> None:
        """PostgreSQL's texts have no NUL, see below."""
        metrics = Metrics({f"m{9 - number}": value for number, value in enumerate(values)})
        row = Measurement(case=CASES[0], status=Status.OK, metrics=metrics)
        (found,) = kept(where, row)
        assert found == row
        assert list(found.metrics.items()) == list(metrics.items())

    def test_a_nul_is_an_escape_where_texts_have_none(self, where: Where) -> None:
        row = Measurement(case=CASES[0], status=Status.FAILED, reason="a\0b", metrics=Metrics(m="\0"))
        (found,) = kept(where, row)
        told = ("a\0b", "\0") if isinstance(where, Path) else (r"a\x00b", r"\x00")
        assert (found.reason, found.value("m")) == told

    @pytest.mark.long
    @pytest.mark.parametrize("names", [("encode", "decode"), ("decode", "encode"), ("z", "a", "m")])
    def test_timings_in_their_order(self, where: Where, names: tuple[str, ...]) -> None:
        timings = tuple(Timing(name=name, samples=READINGS * 6) for name in names)
        rows = [Measurement(case=case, status=Status.OK, timings=timings) for case in CASES]
        assert kept(where, *rows) == tuple(rows)

    def test_measurements_come_in_the_order_of_the_plan(self, store: Store) -> None:
        rows = [Measurement(case=case, status=Status.OK) for case in CASES]
        store.begin(RUN, CASES)
        for row in (rows[3], rows[0], rows[2]):
            store.add(RUN.id, GroupResult(measurements=(row,)))
        assert store.measurements(RUN.id) == (rows[0], rows[2], rows[3])

    def test_the_manifest_tells_what_became_of_the_plan(self, store: Store) -> None:
        store.begin(RUN, CASES)
        statuses = (Status.OK, Status.FAILED, Status.OK)
        rows = tuple(Measurement(case=case, status=status) for case, status in zip(CASES, statuses, strict=False))
        store.add(RUN.id, GroupResult(measurements=rows))
        counted = store.manifest(RUN.id)
        assert (counted.planned, counted.ok, counted.failed, counted.missing) == (4, 2, 1, 1)

    def test_anchors(self, store: Store) -> None:
        probes = (
            ProbeTiming(group="g", name="copy", work=8 << 40, samples=READINGS),
            ProbeTiming(group="h", name="copy", work=8 << 20, samples=READINGS * 10),
        )
        store.begin(RUN, CASES)
        for probe in probes:
            store.add(RUN.id, GroupResult(measurements=(), probes=(probe,)))
        assert store.probes(RUN.id) == probes
        assert store.probes("another") == ()

    def test_a_reason_that_is_no_unicode_is_still_a_result(self, where: Where) -> None:
        """A plugin may raise an error with half a character in its message; a row it is nevertheless."""
        row = Measurement(case=CASES[0], status=Status.FAILED, reason="cannot encode \ud800")
        (found,) = kept(where, row)
        assert found.status is Status.FAILED
        assert str(found.reason).startswith("cannot encode ")

    def test_a_command_that_is_no_unicode_is_still_a_run(self, store: Store) -> None:
        store.begin(replace(RUN, command="assay run --results 'caf\udce9'"), CASES)
        assert store.run().command == r"assay run --results 'caf\udce9'"

    def test_a_group_is_stored_whole_or_not_at_all(self, store: Store) -> None:
        store.begin(RUN, CASES)
        row = Measurement(case=CASES[0], status=Status.OK, metrics=Metrics(tokens=1))
        with pytest.raises(StoreError, match="another process"):
            store.add(RUN.id, GroupResult(measurements=(row, row)))
        assert store.measurements(RUN.id) == ()

    def test_a_measurement_of_an_unplanned_case_is_refused(self, store: Store) -> None:
        store.begin(RUN, CASES[:1])
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            store.add(RUN.id, GroupResult(measurements=(Measurement(case=CASES[1], status=Status.OK),)))


class TestRuns:
    def test_the_newest_is_the_last_that_began(self, store: Store) -> None:
        for number in (3, 1, 2):
            store.begin(replace(RUN, id=f"run-{number}", started=f"2026-01-0{number}T00:00:00.000+00:00"), [])
        assert [run.id for run in store.runs()] == ["run-1", "run-2", "run-3"]
        assert store.run().id == "run-3"

    @pytest.mark.parametrize("state", ["complete", "interrupted", "failed"])
    def test_how_it_ended(self, store: Store, state: str) -> None:
        store.begin(RUN, [])
        assert (store.run().state, store.run().finished) == ("running", None)
        store.finish(RUN.id, state)
        assert store.run().state == state
        assert str(store.run().finished) > RUN.started

    def test_one_that_goes_on_has_not_finished(self, store: Store) -> None:
        store.begin(RUN, [])
        store.finish(RUN.id, "interrupted")
        store.reopen(RUN.id)
        assert (store.run().state, store.run().finished) == ("running", None)
        store.finish(RUN.id, "complete")
        assert store.run().state == "complete"
        assert str(store.run().finished) > RUN.started

    def test_another_that_goes_on_changes_nothing(self, store: Store) -> None:
        other = replace(RUN, id="other")
        for run in (RUN, other):
            store.begin(run, [])
            store.finish(run.id, "interrupted")
        before = store.run(RUN.id)
        store.reopen(other.id)
        assert store.run(RUN.id) == before

    def test_by_the_beginning_of_its_id(self, store: Store) -> None:
        for name in ("aa1", "aa2", "b", "bb"):
            store.begin(replace(RUN, id=name), [])
        assert store.run("aa1").id == "aa1"
        assert store.run("bb").id == "bb"
        assert store.run("b").id == "b"
        with pytest.raises(UnknownName, match=r"'aa' fits several runs.*aa1, aa2"):
            store.run("aa")
        with pytest.raises(UnknownName, match="'c' fits no run"):
            store.run("c")

    def test_the_order_is_that_of_their_starts_and_then_of_their_ids(self, store: Store) -> None:
        for name, day in (("c", 1), ("a", 3), ("b", 2), ("e", 2), ("d", 2)):
            store.begin(replace(RUN, id=name, started=f"2026-01-0{day}T00:00:00.000+00:00"), [])
        assert [run.id for run in store.runs()] == ["c", "b", "d", "e", "a"]
        assert (store.run().id, store.outcome().run.id) == ("a", "a")

    def test_a_name_that_is_not_of_one_run_lists_the_newest_of_those_meant(self, store: Store) -> None:
        for number in range(7):
            store.begin(replace(RUN, id=f"x{number}", started=f"2026-01-0{number + 1}T00:00:00.000+00:00"), [])
        store.begin(replace(RUN, id="y", started="2026-01-09T00:00:00.000+00:00"), [])
        for name, problem, listed in (
            ("x", "fits several runs", "x2, x3, x4, x5, x6"),
            ("z", "fits no run", "x3, x4, x5, x6, y"),
        ):
            with pytest.raises(UnknownName) as caught:
                store.run(name)
            assert caught.value.message == f"{name!r} {problem} in {store.location}"
            assert caught.value.remedy == f"the newest are: {listed}"

    def test_runs_are_kept_apart(self, store: Store) -> None:
        """Their plans, rows, readings, probes and counts; and the figures of one come without its samples."""
        other, rows = replace(RUN, id="other", started="2026-01-02"), []
        for run, cases, status in ((RUN, CASES, Status.OK), (other, CASES[:2], Status.FAILED)):
            store.begin(run, cases)
            timings = (Timing(name="encode", samples=READINGS if run is RUN else READINGS[:1]),)
            rows.append(Measurement(case=CASES[0], status=status, metrics=Metrics(tokens=len(cases)), timings=timings))
            probe = ProbeTiming(group="g", name=run.id, work=1, samples=READINGS)
            store.add(run.id, GroupResult(measurements=(rows[-1],), probes=(probe,)))
        for run, cases, row in ((RUN, CASES, rows[0]), (other, CASES[:2], rows[1])):
            assert store.planned(run.id) == cases
            assert store.measured(run.id) == {CASES[0].id}
            assert store.measurements(run.id) == (row,)
            assert store.measurements(run.id, raw=False) == (replace(row, timings=()),)
            assert [probe.name for probe in store.probes(run.id)] == [run.id]
            counted = store.manifest(run.id)
            assert (counted.planned, counted.ok, counted.failed) == (len(cases), run is RUN, run is other)
            assert store.outcome(run.id, raw=False).measurements == (replace(row, timings=()),)
            assert store.outcome(run.id).measurements == (row,)

    def test_probes_come_group_by_group_and_tell_the_noise(self, store: Store) -> None:
        store.begin(RUN, CASES)
        for group, name, work in (("h", "python", 5), ("g", "stream", 3), ("g", "python", 5), ("h", "python-twin", 5)):
            probe = ProbeTiming(
                group=group, name=name, work=work, samples=(Sample(iterations=1, wall_ns=9, cpu_ns=9),) * 8
            )
            store.add(RUN.id, GroupResult(measurements=(), probes=(probe,)))
        assert [(probe.group, probe.name, probe.work) for probe in store.probes(RUN.id)] == [
            ("g", "python", 5),
            ("g", "stream", 3),
            ("h", "python", 5),
            ("h", "python-twin", 5),
        ]
        noise = store.outcome().noise
        assert noise is not None
        assert (noise.median, noise.groups) == (0.0, 1)

    def test_results_of_a_run_that_is_not_there_are_refused(self, store: Store) -> None:
        with pytest.raises(StoreError) as caught:
            store.add("gone", GroupResult(measurements=()))
        assert caught.value.message == f"{store.location} has no run gone"
        assert caught.value.remedy == "was it restored, or emptied?"

    def test_none_at_all(self, store: Store) -> None:
        with pytest.raises(UnknownName, match=r"there is no run in .*assay run"):
            store.run()

    def test_ids_sort_by_time(self) -> None:
        assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{4}", new_run_id())
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", now())


def sentence(folder: Path, *, create: bool = True) -> str:
    """The one line with which a store is refused."""
    with pytest.raises(StoreError) as caught:
        Store(folder, create=create).close()
    assert "\n" not in str(caught.value)
    return str(caught.value)


class TestRefused:
    @pytest.mark.parametrize("create", [True, False])
    def test_a_newer_format(self, tmp_path: Path, create: bool) -> None:
        Store(tmp_path).close()
        with closing(sqlite3.connect(tmp_path / FILE)) as connection, connection:
            connection.execute("UPDATE meta SET value = ? WHERE key = 'format'", (str(FORMAT + 1),))
        told = sentence(tmp_path, create=create)
        assert f"has format {FORMAT + 1}, and this Assay knows format {FORMAT}" in told
        assert "upgrade assay" in told

    @pytest.mark.parametrize("content", [b"no database, but long enough to be one\n" * 100, b"short"])
    def test_a_file_that_is_no_database(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / FILE).write_bytes(content)
        assert "cannot be read or written" in sentence(tmp_path)
        assert (tmp_path / FILE).read_bytes() == content

    def foreign(self, tmp_path: Path, table: str) -> Path:
        with closing(sqlite3.connect(tmp_path / FILE)) as connection, connection:
            connection.execute(f"CREATE TABLE {table}")
            connection.execute(f"INSERT INTO {table.split('(')[0]} VALUES ('1', '2')")
        return tmp_path / FILE

    @pytest.mark.parametrize("table", ["users (id, name)", "runs (id, name)", "meta (key, value)", "meta (id, name)"])
    def test_a_database_of_something_else(self, tmp_path: Path, table: str) -> None:
        file = self.foreign(tmp_path, table)
        assert str(file) in sentence(tmp_path)
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)
            assert connection.execute(f"SELECT * FROM {table.split()[0]}").fetchall() == [("1", "2")]

    def test_it_is_left_as_it_was(self, tmp_path: Path) -> None:
        file = self.foreign(tmp_path, "users (id, name)")
        before = file.read_bytes()
        sentence(tmp_path)
        assert file.read_bytes() == before

    def test_it_says_that_it_is_no_store(self, tmp_path: Path) -> None:
        self.foreign(tmp_path, "users (id, name)")
        assert "is not an Assay store" in sentence(tmp_path)

    def test_no_results_to_read(self, tmp_path: Path) -> None:
        assert "there are no results" in sentence(tmp_path / "absent", create=False)
        assert not (tmp_path / "absent").exists()

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        assert "cannot be made" in sentence(tmp_path / "file")
        assert "cannot be made" in sentence(tmp_path / "file" / "below")

    def test_an_empty_file_becomes_a_store(self, tmp_path: Path) -> None:
        (tmp_path / FILE).touch()
        row = Measurement(case=CASES[0], status=Status.OK, metrics=Metrics(tokens=1))
        with Store(tmp_path) as made:
            assert made.runs() == ()
            made.begin(RUN, CASES[:1])
            made.add(RUN.id, GroupResult(measurements=(row,)))
        with Store(tmp_path, create=False) as again:
            assert (again.runs(), again.measurements(RUN.id)) == ((RUN,), (row,))


WRITE = """
import sys
from pathlib import Path
from assay.records.results import GroupResult, Measurement, Metrics, Run, Sample, Status, Timing, TokenizerCase
from assay.store.store import Store

folder, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
cases = [TokenizerCase(tokenizer=f"t{number}", corpus="c") for number in range(count)]
print("ready", flush=True)
sys.stdin.readline()
store = Store(folder)
store.begin(Run(id=name, started="2026", suite="s", command="c", environment={}), cases)
for case in cases:
    metrics = Metrics({f"m{number}": number for number in range(10)})
    timings = (Timing(name="encode", samples=(Sample(iterations=1, wall_ns=1, cpu_ns=1),) * 20),)
    row = Measurement(case=case, status=Status.OK, metrics=metrics, timings=timings)
    store.add(name, GroupResult(measurements=(row,)))
    print(case.id, flush=True)
store.finish(name, "complete")
"""
KILLED = """
import os, signal, sys
from sqlalchemy import Engine, event

seen = 0

@event.listens_for(Engine, "after_cursor_execute")
def die_at_the_third(connection, cursor, statement, *rest):
    global seen
    seen += statement.startswith(sys.argv[4])
    if seen == 3:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def intact(where: Where) -> bool:
    """Whether a file is sound; of itself, a server says so when it starts."""
    if not isinstance(where, Path):
        return True
    with closing(sqlite3.connect(where / FILE)) as connection:
        return (
            connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            and not connection.execute("PRAGMA foreign_key_check").fetchall()
        )


def made_at_once(places: Sequence[Where]) -> list[str]:
    """Have eight threads make each store; give what they complained of."""
    together, errors = threading.Barrier(8), []

    def make() -> None:
        for place in places:
            together.wait()
            try:
                Store(place).close()
            except StoreError as error:
                errors.append(str(error))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


class TestSeveralProcesses:
    @pytest.mark.long
    def test_four_that_write_at_once_and_one_is_killed(self, where: Where) -> None:
        """What a process was told is stored is there, whole, whatever became of the process."""
        Store(where).close()
        counts = {"one": 40, "two": 40, "three": 40, "four": 500}
        children = {
            name: subprocess.Popen(
                [sys.executable, "-c", WRITE, str(where), name, str(count)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for name, count in counts.items()
        }
        for child in children.values():
            assert child.stdout.readline() == "ready\n"
        for child in children.values():
            child.stdin.write("go\n")
            child.stdin.flush()
        told = {name: [] for name in counts}
        told["four"] += [children["four"].stdout.readline().strip() for _ in range(5)]
        children["four"].kill()
        for name, child in children.items():
            told[name] += child.communicate()[0].split()
        assert [child.returncode for child in children.values()] == [0, 0, 0, -signal.SIGKILL]
        with Store(where, create=False) as store:
            assert sorted(run.id for run in store.runs()) == sorted(counts)
            for run in store.runs():
                rows = store.measurements(run.id)
                assert all(len(row.metrics) == 10 and len(row.timings[0].samples) == 20 for row in rows)
                assert set(told[run.id]) <= {row.case.id for row in rows}
                assert (len(rows), run.state) == (counts[run.id], "complete") or run.id == "four"
        assert 5 <= len(told["four"]) < counts["four"]
        assert intact(where)

    def test_one_that_reads_while_another_writes(self, store: Store, where: Where) -> None:
        store.begin(RUN, CASES)
        with Store(where, create=False) as reader:
            for number, case in enumerate(CASES):
                store.add(RUN.id, GroupResult(measurements=(Measurement(case=case, status=Status.OK),)))
                assert len(reader.measurements(RUN.id)) == number + 1

    def test_several_that_make_it_at_once(self, tmp_path: Path) -> None:
        """Threads meet more often than processes do; each has a store and connections of its own."""
        assert made_at_once([tmp_path / str(attempt) for attempt in range(5)]) == []

    @pytest.mark.long
    def test_several_that_make_it_at_once_on_a_server(self, postgresql: Server) -> None:
        assert made_at_once([postgresql.room() for _ in range(3)]) == []

    @pytest.mark.long
    @pytest.mark.parametrize("table", ["measurements", "metrics", "samples"])
    def test_one_that_is_killed_in_the_middle_of_a_transaction(self, where: Where, table: str) -> None:
        command = [sys.executable, "-c", KILLED + WRITE, str(where), "one", "5"]
        child = subprocess.run([*command, f"INSERT INTO {table}"], input="go\n", capture_output=True, text=True)
        assert child.returncode == -signal.SIGKILL, child.stderr
        acknowledged = child.stdout.split()[1:]
        assert len(acknowledged) == 2
        assert intact(where)
        with Store(where, create=False) as store:
            rows = store.measurements("one")
            assert [row.case.id for row in rows] == acknowledged
            assert all(len(row.metrics) == 10 and len(row.timings[0].samples) == 20 for row in rows)
            # What the dead one had begun stands in nobody's way.
            lost = store.planned("one")[2]
            store.add("one", GroupResult(measurements=(Measurement(case=lost, status=Status.OK),)))
            assert len(store.measurements("one")) == 3
            assert store.run("one").state == "running"


def test_it_is_readable_with_sql_alone(tmp_path: Path) -> None:
    kept(tmp_path, Measurement(case=CASES[0], status=Status.OK, metrics=Metrics(tokens=5145)))
    with closing(sqlite3.connect(tmp_path / FILE)) as connection, connection:
        query = 'SELECT plugin, number FROM metrics JOIN cases ON cases.run = metrics.run AND cases.id = metrics."case"'
        assert connection.execute(query).fetchall() == [("one", 5145.0)]
        (parameters,) = connection.execute("SELECT parameters FROM cases").fetchone()
        about = "SELECT kind, plugin, corpus, split, workload FROM cases"
        assert connection.execute(about).fetchall() == [("tokenizer", "one", "c", "all", None)]
    assert json.loads(parameters)["tokenizer"] == "one"
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize(
    ("process", "state"),
    [
        (OURS, "running"),
        (replace(OURS, started=OURS.started - 1), "interrupted"),
        (replace(OURS, boot="before"), "interrupted"),
        (replace(OURS, machine="another", started=1), "running"),
        ("", "running"),
    ],
    ids=["ours", "gone", "before the boot", "of another machine", "unknown"],
)
def test_a_run_whose_process_is_gone_is_interrupted(tmp_path: Path, process: ProcessIdentity | str, state: str) -> None:
    with Store(tmp_path) as store:
        store.begin(replace(RUN, process=str(process)), CASES)
        assert store.run(RUN.id).state == state
        store.reopen(RUN.id)
        assert store.run(RUN.id).state == "running"
        store.finish(RUN.id, "complete")
        assert store.run(RUN.id).state == "complete"
