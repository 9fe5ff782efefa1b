"""pytest-benchmark's JSON, both ways, beside pytest-benchmark itself."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_benchmark.stats import Stats as Theirs

from assay.errors import AssayError
from assay.records.results import AttentionCase, Measurement, Metrics, Run, Sample, Status, Timing, TokenizerCase
from assay.records.workload import Workload
from assay.report.formats.pytest_benchmark import of_document, of_run, read, summarise

RUN = Run(
    id="20260101-000000-abcd",
    started="2026-01-01T00:00:00+00:00",
    suite="quick",
    command="assay run",
    environment={
        "python": "CPython 3.11.7",
        "platform": "Linux-6.1-x86_64-with-glibc2.36",
        "processor": "A processor",
        "cores": "2",
        "git": "0123456789ab+",
    },
)
WORKLOAD = Workload.self_attention("core", batch=1, length=8, d_model=4)
ROWS = (
    Measurement(
        case=TokenizerCase(tokenizer="regex", corpus="the-verdict"),
        status=Status.OK,
        metrics=Metrics(tokens=4649, encode_ratio=1.5, bytes_per_token=float("nan")),
        timings=tuple(
            Timing(
                name=name,
                samples=tuple(Sample(iterations=4, wall_ns=4000 + 40 * n, cpu_ns=3000) for n in range(9)),
            )
            for name in ("encode", "decode")
        ),
    ),
    Measurement(
        case=AttentionCase(attention="naive", workload=WORKLOAD),
        status=Status.OK,
        timings=(Timing(name="step", samples=(Sample(iterations=2, wall_ns=5000, cpu_ns=5000),)),),
    ),
    Measurement(case=TokenizerCase(tokenizer="gpt2", corpus="the-verdict"), status=Status.SKIPPED, reason="no data"),
)


def benchmark(**changes: Any) -> dict[str, Any]:
    return {"fullname": "test_a.py::test_a", "stats": {"data": [0.1, 0.2]}, **changes}


def document(*benchmarks: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    return {"machine_info": {}, "benchmarks": list(benchmarks), **changes}


# --- ours to theirs


def test_a_run_comes_back_as_it_was() -> None:
    written = json.loads(json.dumps(of_run(RUN, ROWS), allow_nan=False))
    found = of_document(written, "out.json")
    assert list(found.cells) == [
        "tokenizer/the-verdict/all/regex/encode",
        "tokenizer/the-verdict/all/regex/decode",
        f"attention/{WORKLOAD.id}/naive/step",
    ]
    encode = found.cells["tokenizer/the-verdict/all/regex/encode"]
    assert encode.seconds == tuple((1000 + 10 * n) / 1e9 for n in range(9))
    assert encode.timer == "perf_counter"
    entry = written["benchmarks"][0]
    assert (entry["group"], entry["stats"]["iterations"]) == ("tokenizer/the-verdict/all/encode", 4)
    assert entry["params"] == {"tokenizer": "regex", "corpus": "the-verdict", "split": "all", "operation": "encode"}
    assert entry["extra_info"] == {"tokens": 4649}
    assert found.environment == {
        "processor": "A processor",
        "cores": "2",
        "system": "Linux",
        "python": "CPython 3.11",
    }


@pytest.mark.parametrize(
    ("clock", "timer", "first"), [("cpu", "process_time", 750e-9), ("wall", "perf_counter", 1000e-9)]
)
def test_seconds_are_by_the_clock_of_the_operation_and_the_timer_says_which(
    clock: str, timer: str, first: float
) -> None:
    marked = replace(ROWS[0], metrics=Metrics(encode_clock=clock, decode_clock="wall"))
    written = of_run(RUN, [marked])
    assert [entry["options"]["timer"] for entry in written["benchmarks"]] == [timer, "perf_counter"]
    encode = of_document(json.loads(json.dumps(written)), "out.json").cells["tokenizer/the-verdict/all/regex/encode"]
    assert (encode.timer, encode.clock, encode.seconds[0]) == (timer, clock, pytest.approx(first))


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=50))
def test_the_figures_are_those_of_pytest_benchmark(numbers: list[int]) -> None:
    seconds = [number / 1e9 for number in numbers]
    theirs = Theirs()
    for value in seconds:
        theirs.update(value)
    ours = summarise(seconds)
    assert ours.keys() == theirs.as_dict().keys()
    for name in set(ours) - {"outliers", "stddev_outliers", "iqr_outliers", "ld15iqr", "hd15iqr"}:
        assert ours[name] == pytest.approx(theirs.as_dict()[name], rel=1e-9, abs=1e-18), name


def test_the_outliers_are_those_of_pytest_benchmark() -> None:
    theirs = Theirs()
    seconds = [1.0, 1.1, 1.2, 1.15, 1.05, 1.07, 9.0, 0.01, 1.13]
    for value in seconds:
        theirs.update(value)
    ours = summarise(seconds)
    assert (ours["outliers"], ours["ld15iqr"], ours["hd15iqr"]) == (theirs.outliers, theirs.ld15iqr, theirs.hd15iqr)


@pytest.mark.parametrize("program", ["pytest-benchmark", "py.test-benchmark"])
def test_pytest_benchmark_compares_what_we_write(process: Callable[..., Any], tmp_path: Path, program: str) -> None:
    for name in ("0001_then.json", "0002_now.json"):
        (tmp_path / name).write_text(json.dumps(of_run(RUN, ROWS)), encoding="utf-8")
    command = [
        str(Path(sys.executable).parent / program), "compare", "0001_then.json", "0002_now.json",
        "--columns=min,max,mean,stddev,median,iqr,outliers,ops,rounds,iterations",
    ]  # fmt: skip
    ran = process(command, cwd=tmp_path)
    assert ran.rc == 0, ran
    printed = ran.stdout + ran.stderr
    assert printed.count("tokenizer/the-verdict/all/regex/encode (") == 2
    assert printed.count("1.0400 (1.0)") >= 2


# --- theirs to ours


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    machine = {
        "node": "vm",
        "machine": "x86_64",
        "system": "Linux",
        "release": "6.1",
        "python_implementation": "CPython",
        "python_version": "3.11.7",
        "cpu": {"brand_raw": "A processor", "count": 2, "hz_actual": [1, 0]},
    }
    path = tmp_path / "0001.json"
    one = benchmark(group="a", options={"timer": "process_time"}, stats={"data": [1, 0.5], "iterations": 3})
    path.write_text(json.dumps(document(one, machine_info=machine, datetime="2026", version="5.3.1")), "utf-8")
    found = read(path)
    assert found.source == str(path)
    read_one = found.cells["test_a.py::test_a"]
    assert (read_one.seconds, read_one.timer) == ((1.0, 0.5), "process_time")
    assert found.environment == {
        "machine": "x86_64",
        "processor": "A processor",
        "cores": "2",
        "system": "Linux",
        "python": "CPython 3.11",
    }
    assert read_one.clock == "cpu"
    assert statistics.fmean(read_one.seconds) == 0.75


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is not valid JSON: Expecting value"),
        ("\x00\x01", "is not valid JSON"),
        ("[]", "it lists no benchmarks"),
        ('{"benchmarks": 3}', "it lists no benchmarks"),
        (json.dumps(document({})), "a benchmark has no name"),
        (json.dumps(document(benchmark(stats={"mean": 0.1}))), "has no raw data of test_a.py::test_a"),
        (json.dumps(document(benchmark(stats={"data": []}))), "has no raw data of test_a.py::test_a"),
        (json.dumps(document(benchmark(stats={"data": [0.1, float("nan")]}))), "has times of test_a.py::test_a that"),
        (
            json.dumps(document(benchmark(stats={"data": [0.1, "x"]}))),
            "has times of test_a.py::test_a that are not valid",
        ),
        (json.dumps(document(benchmark(stats={"data": [-0.1]}))), "has times of test_a.py::test_a that are not valid"),
        (json.dumps(document(benchmark(stats={"data": [0.0, 0.0]}))), "has times of test_a.py::test_a that are zero"),
        (json.dumps(document(benchmark(), benchmark())), "holds two benchmarks of one name"),
    ],
)
def test_what_is_none_is_said_in_one_line(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(AssayError) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))
    assert words in str(caught.value)
    assert "--benchmark-json FILE" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_such_file_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(AssayError, match=r"none\.json cannot be read: No such file or directory"):
        read(tmp_path / "none.json")
    with pytest.raises(AssayError, match="cannot be read: Is a directory"):
        read(tmp_path)
    (tmp_path / "latin.json").write_bytes(b'{"benchmarks": ["\xe9"]}')
    with pytest.raises(AssayError, match=r"latin\.json is not valid JSON"):
        read(tmp_path / "latin.json")
