"""Options that several commands share."""

from __future__ import annotations

import re

import click

from assay.host import Host

as_json = click.option(
    "--json", "as_json", envvar="ASSAY_JSON", is_flag=True, help="Write one JSON document instead of tables."
)
results = click.option(
    "--results",
    envvar="ASSAY_RESULTS",
    default="results",
    show_default=True,
    metavar="DIR",
    help="The folder of the results.",
)
plugins = click.option(
    "--plugin",
    "plugins",
    envvar="ASSAY_PLUGIN",
    multiple=True,
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Also load the plugin in this Python file. May be repeated.",
)
block = click.option(
    "--block",
    envvar="ASSAY_BLOCK",
    multiple=True,
    metavar="NAME",
    help="Leave out a plugin: an entry point, a distribution, or DISTRIBUTION:ENTRY_POINT. May be repeated.",
)


def share(context: click.Context, parameter: click.Parameter, value: object) -> float:
    """Read a share, `10%` or `0.1`, in [0, 1)."""
    text = str(value).strip()
    try:
        number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
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


def find(plugins: tuple[str, ...], block: tuple[str, ...]) -> Host:
    """Discover the plugins, and warn on standard error of those that failed."""
    from assay.discovery import discover

    host = discover(plugins, block)
    for failure in host.failures:
        click.echo(f"assay: warning: {failure}", err=True)
    return host
