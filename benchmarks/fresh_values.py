"""What other values in each timed call of an attention cost: inside the clock, and outside it."""

from __future__ import annotations

import statistics
import time
from functools import partial

import click
import torch

from assay.attention.fresh_values import FreshValues, part_sizes
from assay.attention.inputs import Inputs, make_inputs
from assay.attention.passes import mode
from assay.measure import timer
from assay.measure.spot_check import AnswerCheck
from assay.records.workload import Workload
from assay.report.tables.results import Table, as_markdown

WORKLOADS = (
    "core/fwd/causal/b1.h2.s16.d16/f32/cpu.t1",
    "core/fwd/causal/b1.h4.s64.d64/f32/cpu.t1",
    "core/fwd/causal/b1.h4.s256.d64/f32/cpu.t1",
    "core/fwd/causal/b1.h12.s1024.d64/f32/cpu.t1",
)
TARGET_NS = 5_000_000


@click.command(help=(__doc__ or "").partition("\n")[0])
@click.option("--rounds", default=40, show_default=True, type=click.IntRange(3), help="Pairs of batches.")
def main(rounds: int) -> None:
    """Measure in turn, and print a table."""
    torch.set_num_threads(1)
    rows = tuple(_measured(Workload.parse(name), rounds) for name in WORKLOADS)
    columns = (
        "workload",
        "µs a call",
        "calls a batch, in parts",
        "inside the clock",
        "ms outside, a batch",
        "of the batch",
    )
    click.echo(as_markdown(Table(title="fresh values", columns=columns, rows=rows)), nl=False)


def _measured(workload: Workload, rounds: int) -> tuple[str, ...]:
    with torch.inference_mode(False), torch.no_grad():
        drawn = make_inputs(workload, None, 0)
        inputs = Inputs(tensors=tuple(tensor.clone() for tensor in drawn.tensors))
        fresh = FreshValues(workload, inputs, None, 0)
    checks = AnswerCheck(fresh)
    q, k, v = inputs.tensors
    step = partial(torch.nn.functional.scaled_dot_product_attention, q, k, v, is_causal=True)

    with mode(workload):
        iterations = timer.calibrate(lambda number: timer.read(step, number)[0], TARGET_NS)
        plain: list[int] = []
        changing: list[int] = []
        outside: list[int] = []
        for number in range(rounds):
            for changed in (True, False) if number % 2 else (False, True):
                before = time.process_time_ns()
                checks.begin(number, iterations)
                sizes = part_sizes(iterations) if changed else (iterations,)
                sample, outputs = timer.read_parts(step, sizes, fresh.prepare if changed else _nothing)
                checks.check(outputs)
                if changed:
                    outside.append(time.process_time_ns() - before - sample.cpu_ns)
                    changing.append(sample.cpu_ns)
                else:
                    plain.append(sample.cpu_ns)
    batch, extra = statistics.median(plain), statistics.median(outside)
    ratios = [ours / theirs - 1 for ours, theirs in zip(changing, plain, strict=True)]
    return (
        workload.id,
        f"{batch / iterations / 1e3:.1f}",
        f"{iterations:,} in {len(part_sizes(iterations))}",
        f"{statistics.median(ratios):+.1%}",
        f"{extra / 1e6:.2f}",
        f"{extra / batch:.0%}",
    )


def _nothing() -> None:
    """Leave the values as they are."""


if __name__ == "__main__":
    main()
