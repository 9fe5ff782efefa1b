"""Verification and epochs of two real sides: what is sampled, and what becomes of a plugin that breaks on the way."""

from __future__ import annotations

import json
import math
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from assay.comparison.paired_sampling import FEWEST_BLOCKS, PairedSampler, VerifiedCase
from assay.records.results import Measurement, Status
from assay.records.settings import Settings
from assay.records.verdicts import EpochRatio
from planted import DOUBLE, STEADY, case, living, sides

pytestmark = pytest.mark.alone

MARK = "VERSUS_TEST"
TIMEOUT_S = 2.0
EPOCHS = 2
# Each begins its crime when a file named `now` lies beside the plugin; `in_copy` only in a copy of its process.
WATCHED = """
def begin(self):
    notes = Path(__file__).with_name("notes")
    notes.mkdir(exist_ok=True)
    (notes / str(os.getpid())).write_text(json.dumps([hash("assay"), len(os.environ["ASSAY_PADDING"])]))
"""
GUILTY = """
def begin(self):
    self.process = os.getpid()

def crime(self):
    if Path(__file__).with_name("now").exists() and {when}:
        {crime}
"""
IN_COPY = "self.process != os.getpid()"
FICKLE = """
def begin(self):
    self.first = int(Path(__file__).with_name("now").exists())

def encode(self, text):
    return [self.first, *text.encode()]

def decode(self, ids):
    return bytes(ids[1:]).decode()
"""
THREADED = """
def begin(self):
    threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
"""
KILLED = """
def crime(self):
    now = Path(__file__).with_name("now")
    if self.calls == 2 and now.exists():
        now.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
"""
BOTH = {
    "steady": WATCHED,
    "threaded": THREADED,
    "fickle": FICKLE,
    "dies": GUILTY.format(when=IN_COPY, crime="ctypes.string_at(0)"),
    "hangs": GUILTY.format(when="True", crime="time.sleep(3600)"),
}
BEFORE = BOTH | {"doubled": STEADY, "breaks": STEADY, "gone": STEADY}
AFTER = BOTH | {"doubled": DOUBLE, "breaks": "def crime(self):\n    raise RuntimeError('broken')", "come": STEADY}

OK = {"steady", "threaded", "fickle", "dies", "hangs", "doubled"}  # when verified

Found = Mapping[str, EpochRatio] | Measurement


def encoding(cell: str) -> bool:
    return cell.endswith("/encode")


@dataclass(frozen=True)
class Scene:
    """Two sides after verification, with what verification and the epochs gave by tokenizer."""

    folder: Path
    verified: Mapping[str, VerifiedCase]
    epochs: tuple[Mapping[str, Found], ...]
    twins: Mapping[str, Found]
    left: list[object]

    def reading(self, epoch: int, tokenizer: str) -> EpochRatio:
        """The reading of its encode, which is all that was wanted."""
        found = self.epochs[epoch][tokenizer]
        assert isinstance(found, Mapping), found
        (taken,) = found.values()
        return taken

    def failure(self, tokenizer: str) -> Measurement:
        """The row of a tokenizer that failed in an epoch."""
        found = self.epochs[-1][tokenizer]
        assert isinstance(found, Measurement)
        assert found.status is Status.FAILED
        return found


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder = tmp_path_factory.mktemp("versus")
    settings = Settings(timeout_s=TIMEOUT_S)
    mark = secrets.token_hex(8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(MARK, mark)
        with PairedSampler(*sides(folder, BEFORE, AFTER), settings) as versus:
            verified = {name: versus.verify(case(folder, name)) for name in BEFORE | AFTER}

            def epoch(number: int, names: Iterable[str], *, against_itself: bool = False) -> Mapping[str, Found]:
                cases = [case(folder, name) for name in names]
                return {
                    of.plugin: found
                    for of, found in versus.epoch(number, cases, encoding, against_itself=against_itself)
                }

            twins = epoch(0, ["doubled", "steady"], against_itself=True)
            for side in ("baseline", "candidate"):
                for note in (folder / side / "notes").iterdir():
                    note.unlink()
            first = epoch(0, ["doubled", "steady", "threaded"])
            (folder / "candidate" / "now").touch()
            second = epoch(1, ["dies", "doubled", "fickle", "hangs", "steady"])
        left: list[object] = [*living(MARK, mark)]
    return Scene(folder, verified, (first, second), twins, left)


def test_what_passes_on_both_sides_has_iterations_for_each_operation(scene: Scene) -> None:
    for name in OK:
        verified = scene.verified[name]
        assert (verified.baseline.status, verified.candidate.status) == (Status.OK, Status.OK)
        assert set(verified.iterations) == {"encode", "decode", "fresh"}
        assert min(verified.iterations.values()) >= 1
        assert verified.baseline.value("ids_sha256") == verified.candidate.value("ids_sha256") is not None


def test_what_breaks_on_one_side_says_so_and_is_not_timed(scene: Scene) -> None:
    verified = scene.verified["breaks"]
    assert (verified.baseline.status, verified.candidate.status, dict(verified.iterations)) == (
        Status.OK,
        Status.FAILED,
        {},
    )
    assert verified.candidate.reason is not None
    assert "broken" in verified.candidate.reason
    assert verified.candidate.remedy == "fix it in after"


@pytest.mark.parametrize(("name", "lacking"), [("come", "baseline"), ("gone", "candidate")])
def test_a_plugin_that_a_side_lacks_is_skipped_there(scene: Scene, name: str, lacking: str) -> None:
    verified = scene.verified[name]
    rows = {"baseline": verified.baseline, "candidate": verified.candidate}
    assert {side for side, row in rows.items() if row.status is not Status.OK} == {lacking}
    assert rows[lacking].status is Status.SKIPPED
    assert rows[lacking].reason == f"there is no tokenizer named '{name}'"
    assert dict(verified.iterations) == {}


def test_an_epoch_reads_what_is_wanted_in_pairs(scene: Scene) -> None:
    for name, found in scene.epochs[0].items():
        assert isinstance(found, Mapping)
        (cell,) = found
        assert cell == f"{case(scene.folder, name).id}/encode"
        taken = found[cell]
        assert taken.epoch == 0
        assert taken.pairs >= 2 * FEWEST_BLOCKS
        assert taken.seconds > 0
    assert set(scene.epochs[0]) == {"doubled", "steady", "threaded"}


@pytest.mark.parametrize("epoch", range(EPOCHS))
def test_double_the_work_takes_double_the_time_by_both_clocks(scene: Scene, epoch: int) -> None:
    taken = scene.reading(epoch, "doubled")
    assert 1.25 < math.exp(taken.cpu) < 3
    assert math.exp(taken.wall) > 1.2  # others on the machine stretch it
    assert 0.5 < math.exp(scene.reading(epoch, "steady").cpu) < 1.9


def test_what_cannot_be_copied_is_read_where_it_is(scene: Scene) -> None:
    assert 0.6 < math.exp(scene.reading(0, "threaded").cpu) < 1.6


def test_the_baseline_against_itself_has_no_doubled_work(scene: Scene) -> None:
    for found in scene.twins.values():
        assert isinstance(found, Mapping)
        (taken,) = found.values()
        assert 0.6 < math.exp(taken.cpu) < 1.6


def test_both_processes_of_an_epoch_have_one_hash_seed_and_padding_and_the_next_have_others(scene: Scene) -> None:
    seen = {
        side: [tuple(json.loads(note.read_text("utf-8"))) for note in (scene.folder / side / "notes").iterdir()]
        for side in ("baseline", "candidate")
    }
    assert sorted(seen["baseline"]) == sorted(seen["candidate"])
    hashes, paddings = zip(*seen["baseline"], strict=True)
    assert len(set(hashes)) == len(set(paddings)) == EPOCHS


def test_one_that_gives_other_ids_in_another_process_fails(scene: Scene) -> None:
    row = scene.failure("fickle")
    assert row.reason is not None
    assert row.reason.startswith("ids_sha256 is ")
    assert " in a fresh process, and was " in row.reason
    assert row.remedy == "make it the same in every process"


def test_one_that_crashes_while_sampled_fails_with_its_place(scene: Scene) -> None:
    row = scene.failure("dies")
    assert row.reason is not None
    assert re.match(r"its process was killed by SIGSEGV while (sampl|calibrat)ing, in string_at \(", row.reason)
    assert row.remedy == "fix it in after"


def test_one_that_hangs_fails_after_the_time_out(scene: Scene) -> None:
    row = scene.failure("hangs")
    assert row.reason is not None
    assert row.reason.startswith(f"it gave no answer for {TIMEOUT_S:g} s while checking, in crime (planted.py:")
    assert row.remedy == "fix it in after; --timeout allows more time"


def test_no_process_is_left_behind(scene: Scene) -> None:
    assert scene.left == []


def test_nor_by_an_exception_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = secrets.token_hex(8)
    monkeypatch.setenv(MARK, mark)
    one = case(tmp_path, "steady")
    versus = PairedSampler(*sides(tmp_path, {"steady": WATCHED}, {"steady": WATCHED}), Settings())

    def begin() -> None:
        with versus:
            versus.verify(one)
            next(versus.epoch(0, [one], encoding))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        begin()
    assert living(MARK, mark) == []


@pytest.mark.long
@pytest.mark.parametrize("when", ["verified", "sampled"])
def test_one_that_somebody_kills_is_tried_once_more(tmp_path: Path, when: str) -> None:
    tokenizers = {"killed": KILLED}
    before, after = sides(tmp_path, tokenizers, tokenizers)
    now, of = tmp_path / "candidate" / "now", case(tmp_path, "killed")
    with PairedSampler(before, after, Settings(timeout_s=20.0)) as versus:
        now.touch() if when == "verified" else None
        verified = versus.verify(of)
        assert (verified.candidate.status, verified.baseline.status) == (Status.OK, Status.OK)
        now.touch() if when == "sampled" else None
        ((_, found),) = versus.epoch(0, [of], encoding)
        assert isinstance(found, Mapping)
        assert not now.exists()
        now.touch()
        ((_, found),) = versus.epoch(1, [of], encoding)
        assert isinstance(found, Measurement)
        assert re.fullmatch(
            r"its process was killed by SIGKILL while \w+, by itself or from outside", found.reason or ""
        )
