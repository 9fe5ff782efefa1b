import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.comparison.bisect import bisect
from assay.environment.git import Revision, between, resolve
from assay.errors import AssayError
from assay.records.verdicts import Change, Comparison, Judgement, Verdict

WORDS = {True: Verdict.REGRESSED, False: Verdict.UNCHANGED, None: Verdict.INCONCLUSIVE}


def revisions(count: int) -> list[Revision]:
    return [Revision(asked=str(place), commit=f"{place:040x}", root=Path()) for place in range(count)]


def comparison(verdicts: Sequence[Verdict], changes: Sequence[Change] = ()) -> Comparison:
    return Comparison(
        baseline="good",
        candidate="it",
        suite="quick/1",
        started="",
        command="",
        environment={},
        budget_s=1.0,
        seconds=1.0,
        changes=tuple(changes),
        judgements=tuple(Judgement(cell=f"cell-{place}", verdict=verdict) for place, verdict in enumerate(verdicts)),
    )


def answering(truth: Sequence[bool | None]) -> Callable[[Revision], Comparison]:
    return lambda revision: comparison([WORDS[truth[int(revision.asked)]]])


@given(count=st.integers(1, 200), data=st.data())
def test_the_first_bad_revision_is_found_in_few_steps(count: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, count - 1))
    found = bisect(revisions(count), answering([place >= first for place in range(count)]))
    assert [each.asked for each in found.suspects] == [str(first)]
    assert len(found.steps) <= 2 + count.bit_length()


@given(count=st.integers(1, 60), data=st.data())
def test_what_cannot_be_told_leaves_suspects_with_the_first_bad_one_among_them(count: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, count - 1))
    silent = data.draw(st.sets(st.integers(0, max(0, count - 2))))
    truth = [None if place in silent and place != count - 1 else place >= first for place in range(count)]
    found = bisect(revisions(count), answering(truth))
    names = [int(each.asked) for each in found.suspects]
    assert first in names
    assert names == list(range(names[0], names[-1] + 1))
    assert all(place in silent for place in names[:-1]), "only what cannot be told stays open"


def test_each_revision_is_checked_once() -> None:
    asked: list[str] = []

    def compare(revision: Revision) -> Comparison:
        asked.append(revision.asked)
        return answering([None] * 5 + [True])(revision)

    found = bisect(revisions(6), compare)
    assert sorted(asked) == sorted(set(asked))
    assert len(found.suspects) == 6


@pytest.mark.parametrize(("last", "said"), [(False, "not found slower"), (None, "cannot be told")])
def test_a_last_revision_that_is_not_bad_is_refused(last: bool | None, said: str) -> None:
    with pytest.raises(AssayError, match=said):
        bisect(revisions(3), answering([True, True, last]))


def test_no_revision_is_refused() -> None:
    with pytest.raises(AssayError, match="no revision between"):
        bisect([], answering([]))


def test_a_changed_figure_is_bad_and_doubt_is_neither() -> None:
    change = Change(case="case", metric="tokens", baseline=1, candidate=2)
    told = bisect(revisions(1), lambda _: comparison([Verdict.NOT_COMPARABLE], [change]))
    assert told.steps[0].bad is True
    mixed = {0: [Verdict.UNCHANGED, Verdict.INCONCLUSIVE], 1: [Verdict.UNCHANGED, Verdict.REGRESSED]}
    found = bisect(revisions(2), lambda revision: comparison(mixed[int(revision.asked)]))
    assert [step.bad for step in found.steps] == [True, None]


def git(folder: Path, *arguments: str) -> str:
    own = ("-c", "user.name=a", "-c", "user.email=a@b")
    return subprocess.run(["git", *own, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def test_revisions_between_two_are_those_of_the_first_parents(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    for message in ("zero", "one", "two"):
        git(tmp_path, "commit", "-q", "--allow-empty", "-m", message)
    git(tmp_path, "checkout", "-q", "-b", "side", "HEAD~1")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "aside")
    git(tmp_path, "checkout", "-q", "main")
    git(tmp_path, "merge", "-q", "--no-ff", "-m", "merged", "side")
    good, bad = resolve("HEAD~2", tmp_path), resolve("HEAD", tmp_path)
    found = between(good, bad)
    subjects = [git(tmp_path, "show", "-s", "--format=%s", each.commit).strip() for each in found]
    assert subjects == ["two", "merged"]
    assert found[-1].commit == bad.commit
    assert found[-1].name == bad.commit[:12], "not the digits twice"
    with pytest.raises(AssayError, match="not an ancestor"):
        between(bad, good)
