"""CPU time of what reads a store, by its number of rows.

python -m benchmarks.many_rows --rows 1000 --rows 3000 --rows 10000

It makes a store of two runs with so many synthetic rows each, through the store's own classes. Then it runs each
command in a process of its own, and prints CPU seconds (with those of all its children) as a table of Markdown.
"""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click

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
from assay.records.workload import Workload
from assay.report.tables.results import Table, as_markdown
from assay.store.store import Store

TOKENIZERS = tuple(f"tokenizer-{number}" for number in range(10))
ATTENTIONS = tuple(f"attention-{number}" for number in range(5))
SHARE_OF_ATTENTIONS = 5  # one row in five
RUNS = ("20260101-120000-aaaa", "20260102-120000-bbbb")
COMMANDS = {
    "show": ("show", "--as", "table"),
    "show (TSV)": ("show",),
    "show --json": ("show", "--json"),
    "html": ("report", "--format", "html"),
    "md": ("report", "--format", "md"),
    "csv": ("export", "csv"),
    "compare": ("compare", *RUNS),
    "store copy": ("store", "copy"),
}


@click.command(help=(__doc__ or "").partition("\n")[0])
@click.option("--rows", "sizes", multiple=True, type=int, help="Rows of a run; repeatable.  [default: 1000 3000 10000]")
@click.option("--only", "names", multiple=True, type=click.Choice(tuple(COMMANDS)), help="Only these; repeatable.")
@click.option("--keep", type=click.Path(path_type=Path), help="Make the stores, and what is written, in this folder.")
def main(sizes: tuple[int, ...], names: tuple[str, ...], keep: Path | None) -> None:
    """Make the stores, run the commands, print the table."""
    chosen = [name for name in COMMANDS if name in (names or COMMANDS)]
    sizes = sizes or (1_000, 3_000, 10_000)
    with tempfile.TemporaryDirectory() as temporary:
        folder = keep or Path(temporary)
        found = {rows: _measure(folder / str(rows), rows, chosen) for rows in sizes}
    lines = ("fill", *chosen)
    table = Table(
        title="CPU seconds by rows",
        columns=("command", *(f"{rows:,}" for rows in sizes)),
        rows=tuple((name, *(f"{found[rows][name]:.1f}" for rows in sizes)) for name in lines),
        numeric=frozenset(f"{rows:,}" for rows in sizes),
    )
    click.echo(as_markdown(table))


def fill(store: Store, run: str, rows: int) -> None:
    """Store a run of so many rows, group by group; the same for the same id."""
    chance = random.Random(run)
    groups = list(_groups(rows))
    record = Run(
        id=run,
        started=f"2026-01-0{1 + RUNS.index(run)}T12:00:00.000+00:00",
        suite="tutorial/1",
        command="assay run",
        environment={"python": "CPython 3.11.9", "processor": "synthetic", "cores": "2"},
    )
    store.begin(record, [case for group in groups for case in group])
    for group in groups:
        probe = ProbeTiming(group=group[0].group, name="loop", work=1000, samples=_samples(chance, 7))
        results = tuple(_measurement(case, group[0].plugin, chance) for case in group)
        store.add(run, GroupResult(measurements=results, probes=(probe,)))
    store.finish(run, "complete")


def _groups(rows: int) -> Sequence[Sequence[Case]]:
    attentions = rows // SHARE_OF_ATTENTIONS
    corpora = -(-(rows - attentions) // len(TOKENIZERS))
    workloads = -(-attentions // len(ATTENTIONS))
    return [
        *(
            [TokenizerCase(tokenizer=name, corpus=f"corpus-{number:05d}") for name in TOKENIZERS]
            for number in range(corpora)
        ),
        *(
            [
                AttentionCase(
                    attention=name,
                    workload=Workload.self_attention(
                        "core", batch=1 + number // 256, length=1 + number % 256, d_model=64, heads=4
                    ),
                )
                for name in ATTENTIONS
            ]
            for number in range(workloads)
        ),
    ]


def _measurement(case: Case, baseline: str, chance: random.Random) -> Measurement:
    operations = ("step",) if isinstance(case, AttentionCase) else ("encode", "decode")
    metrics = _of_attention(chance) if isinstance(case, AttentionCase) else _of_tokenizer(case, chance)
    for operation in operations:
        metrics |= _of_operation(operation, chance)
    return Measurement(
        case=case,
        status=Status.OK,
        metrics=Metrics(metrics | {"baseline": baseline}),
        timings=tuple(Timing(name=name, samples=_samples(chance, 7)) for name in operations),
    )


def _of_tokenizer(case: TokenizerCase, chance: random.Random) -> dict[str, Value]:
    size = 20_000 + len(case.corpus) * 7
    tokens = 4_000 + len(case.tokenizer) * 31 + chance.randrange(3)
    return {
        "vocabulary_size": 50_257,
        "documents": 1,
        "characters": size,
        "bytes": size,
        "tokens": tokens,
        "unknown_tokens": 0,
        "unknown_token_rate": 0.0,
        "bytes_per_token": size / tokens,
        "words": 3_747,
        "fertility": tokens / 3_747,
        "ids_sha256": hashlib.sha256(case.id.encode()).hexdigest(),
        "round_trip": 1.0,
        "ids_as": "list",
        "special_tokens": "none",
        "build_seconds": chance.random(),
        "characters_back": 1.0,
        "encode_mb_per_s": 40 + chance.random(),
        "encode_tokens_per_s": 9e6 + chance.random(),
        "decode_mb_per_s": 130 + chance.random(),
        "fresh_mb_per_s": 39 + chance.random(),
        "copy_fraction": chance.random(),
    }


def _of_attention(chance: random.Random) -> dict[str, Value]:
    return {
        "tokens_per_s": 1e6 * chance.random(),
        "flop": 1_000_000,
        "error": 1e-7 * chance.random(),
        "naive_error": chance.random(),
        "gemm_fraction": chance.random(),
        "stream_fraction": chance.random(),
        "predicted_bytes": 1 << 20,
    }


def _of_operation(name: str, chance: random.Random) -> dict[str, Value]:
    ratio = 0.9 + chance.random() / 5
    return {
        f"{name}_clock": "cpu",
        f"{name}_seconds": 0.0005 * ratio,
        f"{name}_wall_seconds": 0.0006 * ratio,
        f"{name}_spread": 0.01 * chance.random(),
        f"{name}_contention": 1.0,
        f"{name}_samples": 7,
        f"{name}_ratio": ratio,
        f"{name}_ratio_low": ratio * 0.98,
        f"{name}_ratio_high": ratio * 1.02,
    }


def _samples(chance: random.Random, count: int) -> tuple[Sample, ...]:
    return tuple(
        Sample(iterations=20, wall_ns=(time := 10_000_000 + chance.randrange(200_000)), cpu_ns=time, epoch=number % 2)
        for number in range(count)
    )


def _measure(folder: Path, rows: int, names: Sequence[str]) -> dict[str, float]:
    folder.mkdir(parents=True, exist_ok=True)
    started = time.process_time()
    if not (folder / "assay.sqlite").exists():
        with Store(folder) as store:
            for run in RUNS:
                fill(store, run, rows)
    found = {"fill": time.process_time() - started}
    for name in names:
        extra = (str(folder), tempfile.mkdtemp(dir=folder)) if name == "store copy" else ("--store", str(folder))
        found[name] = _cpu_s([*COMMANDS[name], *extra], folder / f"{name.replace(' ', '-')}.out")
        click.echo(f"{rows:,} rows: {name}: {found[name]:.1f} s of CPU", err=True)
    return found


def _cpu_s(arguments: Sequence[str], output: Path) -> float:
    """Run a command to its end; return its CPU time and that of its children, whose children they waited for."""
    with output.open("wb") as written:
        process = subprocess.Popen([sys.executable, "-m", "assay", *arguments], stdout=written)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1, 4):
        raise click.ClickException(f"assay {' '.join(arguments)} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
