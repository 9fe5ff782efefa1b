"""How often the judge of stored timings is wrong: sessions of the same code, far apart, and planted slowdowns.

python -m benchmarks.stored_sessions collect --sessions 4 --every 30 --out FOLDER
python -m benchmarks.stored_sessions table FOLDER

A session times eight functions, each with 0, 25, 50 and 100 percent more work, in turn. Each session is then judged
against each earlier one alone, and against all earlier ones where there are three: with nothing changed, with one
function slower, and with all of them slower.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from assay.comparison.session_drift import Readings, Session, judge
from assay.records.verdicts import Verdict

LEVELS = (0, 25, 50, 100)
ROUNDS = 60
READING_S = 0.002  # of a reading with nothing added
FEWEST = 4  # calls, of which 25 % are one
TEXT = "The stored readings of a session are those of one machine at one time. " * 20
BYTES = TEXT.encode()
NUMBERS = tuple(range(3000))
WORK: Mapping[str, Callable[[], object]] = MappingProxyType(
    {
        "split": lambda: TEXT.split(),
        "replace": lambda: TEXT.replace("s", "st"),
        "decode": lambda: BYTES.decode(),
        "sum": lambda: sum(NUMBERS),
        "sort": lambda: sorted(NUMBERS, key=lambda number: -number),
        "json": lambda: json.loads(json.dumps(NUMBERS[:500])),
        "dict": lambda: dict.fromkeys(NUMBERS),
        "loop": lambda: [number * 3 for number in NUMBERS if number % 7],
    }
)
Taken = Mapping[str, Mapping[str, list[float]]]


def take() -> Taken:
    """Time a session: seconds by function and level."""
    found: dict[str, dict[str, list[float]]] = {name: {str(level): [] for level in LEVELS} for name in WORK}
    calls = {name: calibrated(work) for name, work in WORK.items()}
    for _ in range(ROUNDS):
        for name, work in WORK.items():
            for level in LEVELS:
                count = calls[name] * (100 + level) // 100
                start = time.perf_counter()
                for _ in range(count):
                    work()
                found[name][str(level)].append((time.perf_counter() - start) / calls[name])
    return found


def calibrated(work: Callable[[], object]) -> int:
    """Return how many calls fill a reading, a multiple of four, by the fastest of some calls."""
    fastest = float("inf")
    for _ in range(50):
        start = time.perf_counter()
        work()
        fastest = min(fastest, time.perf_counter() - start)
    return FEWEST * max(1, round(READING_S / fastest / FEWEST))


def session(taken: Taken, slower: Sequence[str] = (), level: int = 0) -> Session:
    """Return a session to judge, in which some functions are slower."""
    cells = {name: times[str(level if name in slower else 0)] for name, times in taken.items()}
    return Session(
        source="session", environment={}, cells={name: Readings(seconds=tuple(own)) for name, own in cells.items()}
    )


def decisions(taken: Sequence[Taken]) -> Iterator[tuple[str, str, Verdict]]:
    """Yield what was planted, against what, and the verdict on each cell of which the truth is known."""
    for place, now in enumerate(taken):
        against = [("one session", [one]) for one in taken[:place]]
        against += [("all earlier", list(taken[:place]))] if place >= 3 else []
        for name, earlier in against:
            stored = [session(one) for one in earlier]
            for judgement in judge(session(now), stored):
                yield "nothing", name, judgement.verdict
            for level in LEVELS[1:]:
                for cell in WORK:
                    judged = judge(session(now, [cell], level), stored)
                    yield f"one +{level} %", name, next(one.verdict for one in judged if one.cell == cell)
                for judgement in judge(session(now, [*WORK], level), stored):
                    yield f"all +{level} %", name, judgement.verdict


def main() -> None:
    """Collect sessions, or show what the judge makes of those that were collected."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    collect = commands.add_parser("collect")
    collect.add_argument("--sessions", type=int, default=4)
    collect.add_argument("--every", type=float, default=30.0, help="minutes")
    collect.add_argument("--out", type=Path, required=True)
    commands.add_parser("table").add_argument("folder", type=Path)
    given = parser.parse_args()
    if given.command == "collect":
        given.out.mkdir(parents=True, exist_ok=True)
        for number in range(given.sessions):
            time.sleep(given.every * 60 if number else 0)
            (given.out / f"{int(time.time())}.json").write_text(json.dumps(take()), encoding="utf-8")
        return
    taken = [json.loads(path.read_text("utf-8")) for path in sorted(given.folder.glob("*.json"))]
    counts: dict[tuple[str, str], Counter[Verdict]] = {}
    for planted, against, verdict in decisions(taken):
        counts.setdefault((against, planted), Counter())[verdict] += 1
    for (against, planted), found in sorted(counts.items()):
        total = sum(found.values())
        shares = ", ".join(f"{verdict} {count / total:.1%}" for verdict, count in found.most_common())
        print(f"against {against}, {planted} slower: {total} cells: {shares}")


if __name__ == "__main__":
    main()
