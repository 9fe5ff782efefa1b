"""Accepted baselines: written alike, read back whole, and compared with where we are."""

from __future__ import annotations

import json
import resource
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.errors import AssayError, StoreError
from assay.records.results import AttentionCase, Case, Measurement, Metrics, Run, Sample, Status, Timing, TokenizerCase
from assay.records.semantics import Semantics
from assay.records.workload import TextSource, Workload
from assay.store.baselines import accept, default_name, differing, machine, path_of, read, to_json

LINUX = {
    "python": "CPython 3.11.9",
    "platform": "Linux-5.15.0-91-generic-x86_64-with-glibc2.31",
    "processor": "Some Processor 8000",
    "cores": "2",
    "load": "0.41",
    "torch": "2.13.0",
    "git": "0123456789ab+",
}
RUN = Run(
    id="20261123-020000-abcd",
    started="2026-11-23T02:00:00.000+00:00",
    suite="tutorial/1",
    command="assay run",
    environment=LINUX,
    settings='{"budget_s": 30.0, "plugins": []}',
    state="complete",
    finished="2026-11-23T02:01:00.000+00:00",
)
WORKLOAD = replace(
    Workload.self_attention("module", batch=1, length=4, d_model=8, semantics=Semantics(mask="window", reach=2)),
    source=TextSource(corpus="the-verdict", tokenizer="gpt2"),
    seed=7,
)
CASES: tuple[Case, ...] = (
    TokenizerCase(tokenizer="regex", corpus="the-verdict", held_out=0.1, sample=0.01),
    TokenizerCase(tokenizer="regex", corpus="limit-empty", trained_on="the-verdict"),
    AttentionCase(attention="sdpa", workload=WORKLOAD),
)
values = (
    st.integers(-(2**62), 2**62) | st.floats(allow_nan=False) | st.booleans() | st.text(st.characters(), max_size=9)
)
rows = st.builds(
    Measurement,
    case=st.sampled_from(CASES),
    status=st.sampled_from(Status),
    reason=st.none() | st.text(st.characters(), max_size=9),
    remedy=st.none() | st.text(max_size=9),
    expected=st.booleans(),
    metrics=st.dictionaries(st.text(st.characters(), max_size=9), values, max_size=5).map(lambda found: Metrics(found)),
)


@pytest.mark.long
@given(st.lists(rows, max_size=4).map(tuple))
@settings(deadline=None, max_examples=100)
def test_what_is_accepted_is_read_back(tmp_path_factory: Any, measurements: tuple[Measurement, ...]) -> None:
    folder = tmp_path_factory.getbasetemp() / "accepted"
    found = read(accept(folder, "one", RUN, measurements))
    assert (found.run, found.measurements, found.manifest.missing) == (RUN, measurements, 0)
    kinds = [[(name, type(value)) for name, value in row.metrics.items()] for row in found.measurements]
    assert kinds == [[(name, type(value)) for name, value in row.metrics.items()] for row in measurements]


def test_not_a_number_is_kept_and_samples_are_not(tmp_path: Path) -> None:
    row = Measurement(
        case=CASES[0],
        status=Status.OK,
        metrics=Metrics(odd=float("nan")),
        timings=(Timing(name="encode", samples=(Sample(1, 2, 3),)),),
    )
    (found,) = read(accept(tmp_path, "one", RUN, [row])).measurements
    assert found.timings == ()
    assert str(found.value("odd")) == "nan"


def test_a_changed_metric_is_a_changed_line() -> None:
    before = Measurement(case=CASES[0], status=Status.OK, metrics=Metrics(tokens=5))
    after = replace(before, metrics=Metrics(tokens=6))
    texts = [to_json(RUN, [row]).splitlines() for row in (before, after)]
    changed = [pair for pair in zip(*texts, strict=True) if pair[0] != pair[1]]
    assert changed == [('        "tokens": 5', '        "tokens": 6')]
    assert to_json(RUN, [before]) == to_json(replace(RUN), [replace(before)])


def test_it_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    accept(tmp_path, "one", RUN, ())
    path = accept(tmp_path, "one", replace(RUN, id="another"), ())
    assert path == path_of(tmp_path, "one") == tmp_path / "baselines" / "one.json"
    assert read(path).run.id == "another"


def test_a_baseline_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    """The kernel refuses the last bytes, as on a full disk."""
    path = accept(tmp_path, "one", RUN, ())
    before, limit = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, limit[1]))
    try:
        with pytest.raises(StoreError, match="cannot be written: File too large"):
            accept(tmp_path, "one", replace(RUN, id="another"), ())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert [(file, file.read_bytes()) for file in path.parent.iterdir()] == [(path, before)]


@pytest.mark.parametrize("name", ["", ".", "../x", "a/b", "-x", "a b", ".hidden", "a" * 201])
def test_a_name_is_the_name_of_a_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(AssayError, match="not a valid name of a baseline"):
        accept(tmp_path, name, RUN, ())


def test_the_default_name_says_suite_and_machine() -> None:
    assert default_name(RUN) == "tutorial-linux-x86_64-py311"
    mac = {"python": "PyPy 3.12.1", "platform": "macOS-14.1-arm64-arm-64bit"}
    assert default_name(replace(RUN, suite="my suite/2", environment=mac)) == "my-suite-macos-arm64-py312"
    assert default_name(replace(RUN, suite="/", environment={})) == "baseline"


def broken(change: Callable[[dict[str, Any]], object]) -> str:
    content = json.loads(to_json(RUN, [Measurement(case=CASES[0], status=Status.OK)]))
    change(content)
    return json.dumps(content)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not valid JSON"),
        ("\udcff", "is not valid JSON"),
        ("[1]", "is not an accepted baseline but another document"),
        ('{"schema": 1, "run": {}}', "is not an accepted baseline but the document of a run"),
        (broken(lambda content: content.update(schema=99)), "has format 99"),
        (broken(lambda content: content.pop("rows")), "is a broken baseline: KeyError"),
        (broken(lambda content: content["run"].update(more=1)), "is a broken baseline: TypeError"),
        (broken(lambda content: content["run"].update(environment=[1])), "is a broken baseline: AttributeError"),
        (broken(lambda content: content["rows"][0].update(status="odd")), "is a broken baseline: ValueError"),
        (broken(lambda content: content["rows"][0].update(case={})), "is a broken baseline: KeyError"),
        (broken(lambda content: content["rows"][0].update(metrics={"x": [1]})), "is a broken baseline: TypeError"),
        (broken(lambda content: content["rows"][0].update(metrics={"x": None})), "is a broken baseline: TypeError"),
        (broken(lambda content: content["rows"][0].update(metrics=[])), "is a broken baseline: AttributeError"),
    ],
)
def test_another_file_is_refused_by_name(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "some.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(StoreError, match=words) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert caught.value.remedy


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read: No such file"):
        read(tmp_path / "none.json")
    (tmp_path / "baselines").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        accept(tmp_path, "one", RUN, ())


class TestEnvironments:
    def test_what_is_checked(self) -> None:
        assert machine(LINUX) == {
            "processor": "Some Processor 8000",
            "cores": "2",
            "platform": "Linux x86_64",
            "python": "CPython 3.11",
        }
        assert machine({}) == {}

    @pytest.mark.parametrize(
        "change",
        [
            {"platform": "Linux-6.8.0-x86_64-with-glibc2.39"},
            {"python": "CPython 3.11.2"},
            {"torch": "2.12.0", "tiktoken": "0.12.0", "assay": "9"},
            {"git": "x", "load": "99", "OMP_NUM_THREADS": "4"},
        ],
    )
    def test_what_is_not(self, change: dict[str, str]) -> None:
        assert differing(LINUX, LINUX | change) == ()

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"cores": "8"}, "cores: 2 there, 8 here"),
            ({"processor": "Other"}, "processor: Some Processor 8000 there, Other here"),
            ({"gpu": "NVIDIA H100"}, "gpu: not recorded there, NVIDIA H100 here"),
            ({"python": "CPython 3.12.0"}, "python: CPython 3.11 there, CPython 3.12 here"),
            ({"python": "PyPy 3.11.9"}, "python: CPython 3.11 there, PyPy 3.11 here"),
            ({"platform": "Linux-6.1-aarch64-x"}, "platform: Linux x86_64 there, Linux aarch64 here"),
            ({"platform": "macOS-14.1-x86_64-i386-64bit"}, "platform: Linux x86_64 there, macOS x86_64 here"),
        ],
    )
    def test_each_difference_is_a_sentence(self, change: dict[str, str], said: str) -> None:
        assert differing(LINUX, LINUX | change) == (said,)

    def test_what_one_does_not_know_differs(self) -> None:
        assert differing(LINUX, {name: fact for name, fact in LINUX.items() if name != "cores"}) == (
            "cores: 2 there, not recorded here",
        )
