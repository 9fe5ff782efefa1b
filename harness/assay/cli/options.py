"""Options that several commands share."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path

import click

from assay.cli.plugin_options import loading
from assay.comparison.tolerance import read_percent
from assay.corpus.loading import is_path
from assay.corpus.shards import FIELD
from assay.errors import AssayError
from assay.store.location import locate

Decorator = Callable[[Callable[..., object]], Callable[..., object]]
GLOBS = "Comma-separated names and patterns, or none."


def share(context: click.Context, parameter: click.Parameter, value: object) -> float:
    """Read a share, `10%` or `0.1`, in [0, 1)."""
    text = str(value).strip()
    try:
        number = read_percent(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no share; write 10% or 0.1") from None
    if not 0.0 <= number < 1.0:
        raise click.BadParameter(f"{text!r} is not between 0% and 100%")
    return number


def width(context: click.Context, parameter: click.Parameter, value: object) -> float:
    """Read the half width of an interval, `1%` or `0.01`, in (0, 1); 0 where none is given."""
    if value is None:
        return 0.0
    number = share(context, parameter, value)
    if not number:
        raise click.BadParameter(f"{str(value).strip()!r} is no width above 0%")
    return number


def seconds(context: click.Context, parameter: click.Parameter, value: object) -> float:
    """Read a time above 0, `30`, `30s` or `2m`, in seconds."""
    text = str(value).strip()
    unit = 60.0 if text.endswith("m") else 1.0
    try:
        number = float(text.removesuffix("m").removesuffix("s")) * unit
    except ValueError:
        raise click.BadParameter(f"{text!r} is no time; write 30s or 2m") from None
    if not 0.0 < number < float("inf"):
        raise click.BadParameter(f"{text!r} is no time above 0")
    return number


def size(context: click.Context, parameter: click.Parameter, value: object) -> int | None:
    """Read a size, `2GiB`, `500MB` or a number of bytes."""
    if value is None:
        return None
    text = str(value).strip().lower().removesuffix("b")
    units = {"ki": 2**10, "mi": 2**20, "gi": 2**30, "k": 10**3, "m": 10**6, "g": 10**9, "": 1}
    unit = next(unit for unit in units if text.endswith(unit))
    try:
        number = int(float(text.removesuffix(unit)) * units[unit])
    except (ValueError, OverflowError):
        number = 0
    if number <= 0:
        raise click.BadParameter(f"{value!r} is no size; write 2GiB or 500MB")
    return number


def device(context: click.Context, parameter: click.Parameter, value: object) -> str | None:
    """Read the name of a device, `cpu`, `cuda` or `cuda:1`."""
    if value is None:
        return None
    text = str(value).strip()
    if re.fullmatch(r"cpu|cuda(:\d+)?", text) is None:
        raise click.BadParameter(f"{text!r} is no device; write cpu, cuda or cuda:1")
    return text


as_json = click.option(
    "--json", "as_json", envvar="ASSAY_JSON", is_flag=True, help="Write one JSON document instead of tables."
)
folder = click.option(
    "--results",
    envvar="ASSAY_RESULTS",
    default="results",
    show_default=True,
    metavar="DIR",
    help="The folder of the results.",
)
store = click.option(
    "--store",
    envvar="ASSAY_STORE",
    metavar="URL|PATH",
    help="Where the results are stored: postgresql+psycopg://USER@HOST/DATABASE, a SQLite file, or a folder."
    "  [default: in the folder of the results]",
)
tokenizers = click.option(
    "--tokenizers", envvar="ASSAY_TOKENIZERS", metavar="GLOBS", help=f"{GLOBS}  [default: the suite's]"
)
attentions = click.option(
    "--attentions", envvar="ASSAY_ATTENTIONS", metavar="GLOBS", help=f"{GLOBS}  [default: the suite's]"
)
corpora = click.option(
    "--corpora",
    envvar="ASSAY_CORPORA",
    metavar="GLOBS|PATHS",
    help="Corpora by name or pattern, files, folders, patterns and URLs of files.  [default: the suite's]",
)
metrics = click.option(
    "--metrics",
    envvar="ASSAY_METRICS",
    metavar="GLOBS",
    help="Figures of plugins to add to the rows, see `assay list metrics`.  [default: all that are installed]",
)
workloads = click.option(
    "--workload",
    "workloads",
    multiple=True,
    metavar="ID",
    help="An attention workload, such as core/fwd/causal/b1.h8.s1024.d64/f32/cpu.t1, in place of a suite; repeatable.",
)
timeout = click.option(
    "--timeout",
    "timeout_s",
    envvar="ASSAY_TIMEOUT",
    default="120s",
    show_default=True,
    callback=seconds,
    help="The longest a plugin may take over one step.",
)
memory = click.option(
    "--memory",
    "memory_bytes",
    envvar="ASSAY_MEMORY",
    callback=size,
    metavar="SIZE",
    help="The most memory a plugin may take, such as 2GiB.  [default: 4/5 of what is available]",
)
threads = click.option(
    "--threads",
    envvar="ASSAY_THREADS",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Threads that a plugin's libraries may use.",
)
dtype = click.option(
    "--dtype",
    envvar="ASSAY_DTYPE",
    type=click.Choice(["f32", "bf16", "f16"]),
    help="Precision of the attentions' inputs.  [default: the workload's, f32]",
)
on_device = click.option(
    "--device",
    envvar="ASSAY_DEVICE",
    callback=device,
    metavar="DEVICE",
    help="Where the attentions run: cpu, cuda or cuda:1.  [default: the workload's, cpu]",
)
executor = click.option(
    "--executor",
    envvar="ASSAY_EXECUTOR",
    metavar="NAME",
    help="Count corpora that are paths shard by shard, and do not time them: by local, processes, dask or another of"
    " `assay list executors`.  [default: local, for patterns, URLs and files that are never read whole]",
)
workers = click.option(
    "--workers",
    envvar="ASSAY_WORKERS",
    type=click.IntRange(1),
    help="How many processes the executor starts.  [default: one for each core]",
)
scheduler = click.option(
    "--scheduler",
    envvar="ASSAY_SCHEDULER",
    metavar="ADDRESS",
    help="The scheduler of a cluster that is there, such as tcp://10.0.0.5:8786.  [default: a cluster on this machine]",
)
field = click.option(
    "--field",
    envvar="ASSAY_FIELD",
    default=FIELD,
    show_default=True,
    metavar="NAME",
    help="The field of JSON Lines, or the column of Parquet, that holds the text.",
)
fresh = click.option(
    "--fresh", envvar="ASSAY_FRESH", is_flag=True, help="Count every shard, also what was counted before and is kept."
)
operations = click.option(
    "--operation",
    "operations",
    multiple=True,
    metavar="NAME",
    help="Time only this operation: encode, decode or step. May be repeated.  [default: all]",
)
effect = click.option(
    "--effect",
    envvar="ASSAY_EFFECT",
    default="1%",
    show_default=True,
    callback=share,
    help="The smallest change that matters; [tool.assay.budget] sets it by cell.",
)
margin = click.option(
    "--margin",
    envvar="ASSAY_MARGIN",
    default="3%",
    show_default=True,
    callback=share,
    help="Unchanged means that the 90 % interval of the ratio lies within this.",
)
quiet = click.option("-q", "--quiet", envvar="ASSAY_QUIET", is_flag=True, help="No progress on standard error.")


def together(*options: Decorator) -> Decorator:
    """Make one decorator of several options, in the order in which help lists them."""

    def decorate(command: Callable[..., object]) -> Callable[..., object]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def results(command: Callable[..., object]) -> Callable[..., object]:
    """Give a command --results and --store, and what they come to as its argument `results`."""

    @functools.wraps(command)
    def call(*, results: str, store: str | None, **others: object) -> object:
        return command(results=locate(store, results), **others)

    return folder(store(call))


cases = together(workloads, tokenizers, attentions, corpora)
judging = together(operations, effect, margin)
limits = together(threads, timeout, memory)
spreading = together(executor, workers, scheduler, field, fresh)
finding = together(results, loading, as_json, quiet)


def write_file(path: str, content: str) -> None:
    """Write a file that was asked for, or raise `AssayError`."""
    try:
        Path(path).write_text(content, encoding="utf-8")
    except OSError as error:
        raise AssayError(f"{path} cannot be written: {error.strerror}", remedy="give another path") from None


def absolute(corpora: str | None) -> str | None:
    """Make paths of corpora whole: the sides of a check may have other working folders."""
    if corpora is None:
        return None
    parts = [part.strip() for part in corpora.split(",")]
    return ",".join(str(Path(part).resolve()) if is_path(part) and Path(part).exists() else part for part in parts)
