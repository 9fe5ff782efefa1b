"""`assay store`: the database that the results are in."""

from __future__ import annotations

from dataclasses import asdict

import click

from assay.cli import options
from assay.cli.echo import echo_stderr, echo_tables
from assay.errors import AssayError
from assay.records.json_document import write
from assay.report.text.table import Table
from assay.store.location import Location, at


@click.group("store")
def store() -> None:
    """Look at the store of the results, copy runs to another, upgrade it.

    A store is a SQLite file, or a PostgreSQL database that a team shares.
    """


@store.command("info")
@options.results
@options.as_json
def info(results: Location, as_json: bool) -> int:
    """Show which database the store is, and how much it holds."""
    from assay.store.statistics import inventory
    from assay.store.store import Store

    with Store(results, read_only=True) as opened:
        found = asdict(inventory(opened))
    if as_json:
        click.echo(write({"store": found}))
        return 0
    rows = tuple(
        (name, f"{value:,}" if isinstance(value, int) else value or "-")
        for name, value in found.items()
        if name != "store"
    )
    echo_tables(Table(title=found["store"], columns=("what", "found"), rows=rows))
    return 0


@store.command("copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.argument("names", metavar="[RUN]...", nargs=-1)
@options.as_json
def copy(source: str, target: str, names: tuple[str, ...], as_json: bool) -> int:
    """Copy runs FROM one store TO another, each a folder, a SQLite file, or the URL of a database.

    RUN is an id or its beginning; without one all are copied. What TO has already stays as it is there, so that it can
    be repeated: what has come meanwhile is added. Each run is copied whole or not at all.
    """
    from assay.store.copy import transfer
    from assay.store.store import Store

    there, here = at(source), at(target)
    if there.same(here):
        raise AssayError(f"{there} and {here} are the same store", remedy="name two")
    with Store(there, read_only=True) as opened:
        runs = tuple(map(opened.run, names)) if names else opened.runs()
        with Store(here) as filled:
            moved = [transfer(opened, filled, run.id) for run in runs]
    if as_json:
        rows = [{"run": one.run, "added": one.added, "present": one.present} for one in moved]
        click.echo(write({"from": str(there), "to": str(here), "runs": rows}))
        return 0
    lines = tuple((one.run, f"{one.added:,}", f"{one.present:,}") for one in moved)
    if lines:
        echo_tables(Table(title=f"cases copied to {here}", columns=("run", "added", "present"), rows=lines))
    cases, count = sum(one.added for one in moved), len(moved)
    echo_stderr(f"{count} run{'s' * (count != 1)}: {cases:,} case{'s' * (cases != 1)} copied from {there} to {here}")
    return 0


@store.command("upgrade")
@options.results
def upgrade(results: Location) -> int:
    """Take a store to the format of this Assay; older versions of Assay cannot read it then.

    A store in a file is upgraded when it is opened; one on a server is so by this only, since others use it too.
    """
    from assay.store.schema import FORMAT
    from assay.store.store import Store

    Store(results, create=False, upgrade=True).close()
    echo_stderr(f"{results} has format {FORMAT}")
    return 0
