"""What interruptions cost: runs that are killed at random moments, looked at afterwards, and resumed.

python -m benchmarks.interruptions [--tries 20] [--seed N]

A run measures four tokenizers on three texts. Each try sends one signal at a random moment. Then it is looked at: are
the rows in the store that were told to be there, is a process or a temporary folder left, does `--resume` make the run
whole, and are all exact figures those of a run that nobody interrupted? STOP is followed by CONT. OOM is a SIGKILL to a
worker, as the system sends it for want of memory.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psutil

TOKENIZERS = "bytes,characters,whitespace,regex"
RUN = ("run", "--tokenizers", TOKENIZERS, "--attentions", "none", "--corpora", "a.txt,b.txt,c.txt", "--held-out", "0")
BUDGET = ("--budget", "2s", "--epochs", "1")
PATIENCE_S = 120.0
PAUSE_S = 2.0
# Signal, share of the tries, and the exit codes that are honest: also that of a run that was just done.
KINDS: Mapping[str, tuple[float, tuple[int, ...]]] = MappingProxyType(
    {"KILL": (1, (-9, 0)), "TERM": (0.5, (143, 0)), "HUP": (0.5, (129, 0)), "STOP": (0.25, (0,)), "OOM": (0.5, (0,))}
)


def assay(*words: str, folder: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [sys.executable, "-m", "assay", *words]
    return subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", timeout=PATIENCE_S, check=False, **options
    )


def figures(folder: Path, run: str) -> dict[tuple[str, str], Any]:
    """Return the exact figures of the rows of a run that are fine."""
    shown = assay("show", run, "--json", folder=folder)
    rows = json.loads(shown.stdout)["tokenizers"] if shown.returncode == 0 else []
    names = ("ids_sha256", "tokens", "used_ids", "words", "unknown_tokens")
    return {(row["corpus"], row["tokenizer"]): [row[name] for name in names] for row in rows if row["status"] == "ok"}


def texts(folder: Path) -> None:
    """Write the three texts."""
    for name, words in (("a", 2000), ("b", 3000), ("c", 4000)):
        (folder / f"{name}.txt").write_text(" ".join(f"{name}{number % 97}" for number in range(words)), "utf-8")


def family(pid: int) -> list[psutil.Process]:
    """Return a process and its descendants."""
    try:
        return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def strike(kind: str, process: subprocess.Popen[str]) -> tuple[list[psutil.Process], int]:
    """Send the signal; return all processes of the run, and how many got it."""
    members = family(process.pid)
    hit = members[:1]
    if kind == "OOM":
        hit = [one for one in members[2:] if _is_worker(one)][-1:]
        for one in hit:
            one.kill()
    elif kind == "STOP":
        for one in members:
            with suppress(psutil.NoSuchProcess):
                one.suspend()
        time.sleep(PAUSE_S)
        for one in members:
            with suppress(psutil.NoSuchProcess):
                one.resume()
    else:
        process.send_signal(getattr(signal, f"SIG{kind}"))
    return members, len(hit)


def _is_worker(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return any("assay.execute.worker" in word for word in process.cmdline())
    return False


def attempt(kind: str, delay_s: float, expected: Mapping[tuple[str, str], Any], codes: Sequence[int]) -> Counter[str]:
    """Interrupt one run after so many seconds; count what was found."""
    with tempfile.TemporaryDirectory(prefix="interruptions-") as name:
        folder = Path(name)
        temporary = folder / "tmp"
        temporary.mkdir()
        texts(folder)
        variables = os.environ | {"TMPDIR": str(temporary)}
        process = subprocess.Popen(
            [sys.executable, "-m", "assay", *RUN, *BUDGET],
            cwd=folder,
            env=variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )
        lines: list[str] = []
        reader = threading.Thread(target=lambda: lines.extend(process.stderr or ()))
        reader.start()
        time.sleep(delay_s)
        members, sent = strike(kind, process)
        process.wait(PATIENCE_S)
        reader.join(PATIENCE_S)
        found: Counter[str] = Counter(tries=1, honest=process.returncode in codes)
        said = "".join(lines)
        if process.returncode not in codes:
            print(kind, delay_s, process.returncode, said[-500:], sep="\n")
        found["signals sent"] = sent
        found["left running"] = len(psutil.wait_procs(members, timeout=20)[1])
        begun = re.search(r"^run (\S+?):", said, re.MULTILINE)
        if begun is None:
            found["before the run"] = 1
            return found
        announced = max((int(match[1]) for match in re.finditer(r"^\[(\d+)/\d+\]", said, re.MULTILINE)), default=0)
        kept = figures(folder, begun[1])
        found["announced"], found["stored"] = announced, len(kept)
        found["lost"] = max(0, announced - len(kept))
        found["other figures"] = sum(expected[case] != row for case, row in kept.items())
        resumed = assay("run", "--resume", begun[1], folder=folder, env=variables)
        found["whole after resume"] = resumed.returncode == 0 and figures(folder, begun[1]) == expected
        found["folders left"] = len([*temporary.glob("assay-*")])
        return found


def main() -> None:
    """Try all kinds, and print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory(prefix="interruptions-") as name:
        texts(Path(name))
        start = time.monotonic()
        whole = assay(*RUN, *BUDGET, folder=Path(name))
        took_s = time.monotonic() - start
        match = re.search(r"^run (\S+?):", whole.stderr, re.MULTILINE)
        if match is None or whole.returncode:
            raise SystemExit(whole.stderr)
        expected = figures(Path(name), match[1])
    print(f"a run without interruption: {took_s:.1f} s, {len(expected)} rows")
    for kind, (share, codes) in KINDS.items():
        total: Counter[str] = Counter()
        for _ in range(max(1, round(given.tries * share))):
            total.update(attempt(kind, chance.uniform(0.05, took_s), expected, codes))
        print(f"{kind}: " + ", ".join(f"{value} {name}" for name, value in total.items()), flush=True)


if __name__ == "__main__":
    main()
