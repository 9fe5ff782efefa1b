"""Options that several commands share."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

import click

from assay.comparison.judging import Judging
from assay.comparison.tolerance import read_percent
from assay.execute.selection import Selection
from assay.plugins.types import NAMES_OF_KINDS
from assay.records.settings import Settings
from assay.records.verdicts import Tolerance
from assay.store.location import RESULTS, locate

Decorator = Callable[[Callable[..., object]], Callable[..., object]]
GLOBS = r"Comma-separated names and patterns, or none; \, is a comma in a name."


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


WRITTEN: Mapping[object, str] = MappingProxyType({share: "{:.0%}", seconds: "{:g}s"})


def variable_option(*names: str, **attributes: Any) -> Decorator:
    """Make an option that an environment variable sets too: ASSAY_ and the option; `attributes` are click's."""
    flag = next(name for name in names if name.startswith("--"))
    variable = f"ASSAY_{flag.removeprefix('--').replace('-', '_').upper()}"
    return click.option(*names, **{"envvar": variable} | attributes)


def option(flag: str, record: type[Any], name: str | None = None, **attributes: Any) -> Decorator:
    """Make the option of a field of a record, from which it has its default, with its environment variable.

    `name` is the field where it is not called as the option is.
    """
    name = name or flag.removeprefix("--").replace("-", "_")
    default = next(field.default for field in fields(record) if field.name == name)
    if default:
        written = WRITTEN.get(attributes.get("callback"))
        attributes = {"default": written.format(default) if written else default, "show_default": True} | attributes
    return variable_option(flag, name, **attributes)


as_json = variable_option("--json", "as_json", is_flag=True, help="Write one JSON document instead of tables.")
folder = variable_option(
    "--results", default=RESULTS, show_default=True, metavar="DIR", help="The folder of the results."
)
store = variable_option(
    "--store",
    metavar="URL|PATH",
    help="Where the results are stored: postgresql+psycopg://USER@HOST/DATABASE, a SQLite file, or a folder."
    "  [default: in the folder of the results]",
)
suite = functools.partial(option, "--suite", Selection, help="See `assay list suites`.")
judged_suite = suite(envvar="ASSAY_CHECK_SUITE", default="quick")
tokenizers = option(
    "--tokenizers",
    Selection,
    metavar="GLOBS|FILES",
    help="Tokenizers by name or pattern, and by their files (see docs/bring-your-own.md): tokenizer.json, its folder,"
    " .model, .tiktoken, .gguf, py:FILE.py:FUNCTION. NAME=FILE names the row.  [default: the suite's]",
)
same_ids_as = option(
    "--same-ids-as",
    Settings,
    "same_ids_as",
    envvar=None,
    multiple=True,
    metavar="A=B",
    help="Claim that tokenizer A gives the ids of B, each by name or file: the claim is checked. May be repeated.",
)
attentions = option("--attentions", Selection, metavar="GLOBS", help=f"{GLOBS}  [default: the suite's]")
corpora = option(
    "--corpora",
    Selection,
    metavar="GLOBS|PATHS",
    help="Corpora by name or pattern, files, folders, patterns and URLs of files.  [default: the suite's]",
)
include = option(
    "--include",
    Selection,
    multiple=True,
    metavar="GLOB",
    help="Of folders read the files that fit this pattern, such as '*.py'; repeatable."
    "  [default: those of text, JSON Lines and Parquet]",
)
field = option(
    "--field",
    Settings,
    metavar="NAME",
    help="The field of JSON Lines, JSON and CSV, or the column of Parquet, that holds the text.",
)
metrics = option(
    "--metrics",
    Selection,
    metavar="GLOBS",
    help="Figures of plugins to add to the rows, see `assay list metrics`.  [default: all that are installed]",
)
held_out = functools.partial(
    option,
    "--held-out",
    Selection,
    callback=share,
    help="The share of each corpus that is kept for rows on unseen text; 0 for none.",
)
workloads = option(
    "--workload",
    Selection,
    "workloads",
    envvar=None,
    multiple=True,
    metavar="ID",
    help="An attention workload, such as core/fwd/causal/b1.h8.s1024.d64/f32/cpu.t1, in place of a suite; repeatable.",
)
budget = functools.partial(option, "--budget", Settings, "budget_s", callback=seconds)
timeout = option(
    "--timeout", Settings, "timeout_s", callback=seconds, help="The longest a plugin may take over one step."
)
memory = option(
    "--memory",
    Settings,
    "memory_bytes",
    callback=size,
    metavar="SIZE",
    help="The most memory a plugin may take, such as 2GiB.  [default: 4/5 of what is available]",
)
threads = option("--threads", Settings, type=click.IntRange(1), help="Threads that a plugin's libraries may use.")
dtype = option(
    "--dtype",
    Selection,
    type=click.Choice(["f32", "bf16", "f16"]),
    help="Precision of the attentions' inputs.  [default: the workload's, f32]",
)
on_device = option(
    "--device",
    Selection,
    callback=device,
    metavar="DEVICE",
    help="Where the attentions run: cpu, cuda or cuda:1.  [default: the workload's, cpu]",
)
executor = option(
    "--executor",
    Settings,
    metavar="NAME",
    help="Count corpora that are paths shard by shard, and do not time them: by local, processes, dask or another of"
    " `assay list executors`.  [default: local, for patterns, URLs and files that are never read whole]",
)
workers = option(
    "--workers",
    Settings,
    type=click.IntRange(1),
    help="How many processes the executor starts.  [default: one for each core]",
)
scheduler = option(
    "--scheduler",
    Settings,
    metavar="ADDRESS",
    help="The scheduler of a cluster that is there, such as tcp://10.0.0.5:8786.  [default: a cluster on this machine]",
)
fresh = option("--fresh", Settings, is_flag=True, help="Count every shard, also what was counted before and is kept.")
operations = option(
    "--operation",
    Judging,
    "operations",
    envvar=None,
    multiple=True,
    metavar="NAME",
    help="Time only this operation: encode, decode or step. May be repeated.  [default: all]",
)
effect = option(
    "--effect",
    Tolerance,
    "minimum_effect",
    callback=share,
    help="The smallest change that matters; [tool.assay.budget] sets it by cell.",
)
margin = option(
    "--margin",
    Tolerance,
    "equivalence_margin",
    callback=share,
    help="Unchanged means that the 90 % interval of the ratio lies within this.",
)
quiet = variable_option("-q", "--quiet", is_flag=True, help="No progress on standard error.")
kind_of_plugin = functools.partial(variable_option, "--kind", type=click.Choice(list(NAMES_OF_KINDS.values())))


def together(*options: Decorator) -> Decorator:
    """Make one decorator of several options, in the order in which help lists them."""

    def decorate(command: Callable[..., object]) -> Callable[..., object]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def results(command: Callable[..., object]) -> Callable[..., object]:
    """Decorate a command with --results and --store, whose location is its argument `results`."""

    @functools.wraps(command)
    def call(*, results: str, store: str | None, **others: object) -> object:
        return command(results=locate(store, results), **others)

    return folder(store(call))


cases = together(workloads, tokenizers, attentions, corpora, include, field)
judging = together(operations, effect, margin)
limits = together(threads, timeout, memory)
counting = together(executor, workers, scheduler, fresh)
